"""
Problems and plans to and from bytes: the two documents of version 1, JSON in UTF-8.

The tables below are the format; `document` reads and writes by them. What a table cannot say, the types of `problem`
check for any caller.
"""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.document import (
    DAY,
    FLAG,
    FREE_OBJECT,
    NUMBER,
    TEXT,
    WHOLE,
    DocumentError,
    Kind,
    Place,
    Table,
    an_object,
    exactly,
    mapping,
    objects,
    one_of,
    or_null,
    read_document,
    refusal,
    scalar,
    texts,
    write_document,
)
from optimizer.errors import InvalidPlanError, InvalidProblemError
from optimizer.plan import Plan, PlanStatus, Reason, Route, Stop, Unserved
from optimizer.problem import (
    NUMBER_LIMIT,
    Community,
    Fixed,
    GreatCircle,
    Limit,
    LimitScope,
    Location,
    Measure,
    MeasureKind,
    Pause,
    Problem,
    Shift,
    TimeWindow,
    TravelTimes,
    Visit,
)

VERSION = 1
MAX_MATRIX_LOCATIONS = 1_500
"""A document with explicit matrices has at most this many locations."""

_PROBLEM_HEAD = {"format": "moling/instance", "version": VERSION}
_PLAN_HEAD = {"format": "moling/plan", "version": VERSION}


def read_problem(data: bytes) -> Problem:
    """
    The problem that an instance document describes.

    Raises
    ------
    InvalidProblemError
        When the bytes are no instance document of version 1, or the problem breaks a rule of the format. The message
        is one line and names the object, the field, the value and what would be right.
    """
    try:
        problem: Problem = read_document(_PROBLEM, _exact(_PROBLEM_HEAD), data)
    except DocumentError as error:
        raise InvalidProblemError(str(error)) from error
    return problem


def write_problem(problem: Problem) -> bytes:
    """Bytes of the instance document; `read_problem` gives an equal problem back."""
    return write_document(_PROBLEM, _PROBLEM_HEAD, problem)


def read_plan(data: bytes) -> Plan:
    """
    The plan that a plan document describes, whatever rules it breaks.

    Raises
    ------
    InvalidPlanError
        When the bytes are no plan document of version 1. The message is as for `read_problem`.
    """
    try:
        plan: Plan = read_document(_PLAN, _exact(_PLAN_HEAD), data)
    except DocumentError as error:
        raise InvalidPlanError(str(error)) from error
    return plan


def write_plan(plan: Plan) -> bytes:
    """Bytes of the plan document; its ``gap`` is computed, never the one an earlier document stated."""
    return write_document(_PLAN, _PLAN_HEAD, plan)


def sha256_of(data: bytes) -> str:
    """SHA-256 of a document's bytes in hexadecimal, by which a plan names its instance."""
    return hashlib.sha256(data).hexdigest()


def _exact(head: dict[str, Any]) -> dict[str, Kind]:
    return {key: exactly(value) for key, value in head.items()}


def _read_pauses(where: Place, value: object) -> tuple[Pause, ...]:
    if not isinstance(value, list):
        raise refusal(where, value, _PAUSES.right)
    pauses = []
    for number, pair in enumerate(value, 1):
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 (from and to)
            raise refusal(where.at(f"pair {number}"), pair, "a pair [from, to]")
        start, end = (WHOLE.read(where.at(f"pair {number}"), minute) for minute in pair)
        try:
            pauses.append(Pause(start, end))
        except InvalidProblemError as error:
            raise DocumentError(f"{where.owner}: {error}") from error
    return tuple(pauses)


def _read_measure(where: Place, value: object) -> Measure:
    kind, colon, resource = TEXT.read(where, value).partition(":")
    counts_resource = kind == MeasureKind.DEMAND
    shaped = bool(resource) == counts_resource == bool(colon) and ":" not in resource
    if kind not in list(MeasureKind) or not shaped:
        raise refusal(where, value, _MEASURE.right)
    return Measure(MeasureKind(kind), resource or None)


def _read_matrix(where: Place, value: object) -> npt.NDArray[np.int64]:
    if not isinstance(value, list):
        raise refusal(where, value, _MATRIX.right)
    if len(value) > MAX_MATRIX_LOCATIONS:
        raise DocumentError(
            f"{where} has {len(value)} rows; it must have at most {MAX_MATRIX_LOCATIONS}. For more locations give "
            "detour_factor and speed_kmh instead of matrices."
        )
    for number, row in enumerate(value):
        _check_row(where.at(f"row {number} (counted from 0)"), row, len(value))
    return np.array(value, dtype=np.int64).reshape(len(value), len(value))


def _check_row(where: Place, row: object, length: int) -> None:
    if not isinstance(row, list) or len(row) != length:
        raise refusal(where, row, f"a list of {length} whole numbers, one for each row")
    # One pass in C a row: a matrix may hold two million numbers.
    if set(map(type, row)) != {int} or min(row) < 0 or max(row) >= NUMBER_LIMIT:
        column = next(at for at, each in enumerate(row) if type(each) is not int or not 0 <= each < NUMBER_LIMIT)
        raise refusal(where.at(f"column {column}"), row[column], f"a whole number from 0 to {NUMBER_LIMIT - 1}")


def _read_travel(_where: Place, value: object) -> TravelTimes | GreatCircle:
    has_matrices = isinstance(value, dict) and not value.keys().isdisjoint(_MATRICES.kinds)
    travel: TravelTimes | GreatCircle = (_MATRICES if has_matrices else _GREAT_CIRCLE).read("Travel", value)
    return travel


def _write_travel(travel: TravelTimes | GreatCircle) -> object:
    return (_MATRICES if isinstance(travel, TravelTimes) else _GREAT_CIRCLE).write(travel)


def _pairs(pauses: tuple[Pause, ...]) -> list[list[int]]:
    return [[pause.start, pause.end] for pause in pauses]


_SET = texts(frozenset, sorted)
_SEQUENCE = texts(tuple, list)
_MINUTE = scalar(
    f"a whole number between -{NUMBER_LIMIT} and {NUMBER_LIMIT}",
    lambda value: type(value) is int and abs(value) < NUMBER_LIMIT,
)
_PAUSES = Kind("a list of [from, to] pairs", _read_pauses, _pairs)
_MEASURE = Kind("visits, work_min, duty_min or demand:RESOURCE, no colon in the resource", _read_measure, str)
_MATRIX = Kind("a square list of rows of whole numbers", _read_matrix, lambda matrix: matrix.tolist())
_TRAVEL = Kind(
    "an object with duration_min and distance_m, or with detour_factor and speed_kmh", _read_travel, _write_travel
)

LOCATION = Table("Location", Location, {"id": TEXT, "lon": NUMBER, "lat": NUMBER})
_MATRICES = Table("Travel", TravelTimes, {"duration_min": _MATRIX, "distance_m": _MATRIX})
_GREAT_CIRCLE = Table("Travel", GreatCircle, {"detour_factor": NUMBER, "speed_kmh": NUMBER})
_WINDOW = Table("window", TimeWindow, {"start": WHOLE, "end": WHOLE, "cost": NUMBER}, names_itself=False)
_FIXED = Table("fixed", Fixed, {"shift": TEXT, "start": WHOLE}, names_itself=False)
_SHIFT = Table(
    "Shift",
    Shift,
    {
        "id": TEXT,
        "vehicle": TEXT,
        "start_location": TEXT,
        "end_location": TEXT,
        "earliest": WHOLE,
        "latest": WHOLE,
        "overtime_max": WHOLE,
        "overtime_cost": NUMBER,
        "pauses": _PAUSES,
        "fixed_cost": NUMBER,
        "cost_per_km": NUMBER,
        "cost_per_hour": NUMBER,
        "max_stops": WHOLE,
        "kits": WHOLE,
        "capacity": mapping(WHOLE),
        "skills": _SET,
    },
)
VISIT = Table(
    "Visit",
    Visit,
    {
        "id": TEXT,
        "location": TEXT,
        "prize": NUMBER,
        "required": FLAG,
        "setup_min": WHOLE,
        "work_min": WHOLE,
        "windows": objects(_WINDOW, inside=True),
        "finish_by": WHOLE,
        "demand": mapping(WHOLE),
        "skills": _SET,
        "shifts": _SET,
        "shift_cost": mapping(NUMBER),
        "group": TEXT,
        "tags": _SET,
        "reaches": mapping(NUMBER),
        "fixed": an_object(_FIXED),
    },
)
_COMMUNITY = Table("Community", Community, {"id": TEXT, "prize": NUMBER})
_LIMIT = Table(
    "Limit",
    Limit,
    {
        "id": TEXT,
        "measure": _MEASURE,
        "tag": TEXT,
        "per": one_of(LimitScope),
        "max": WHOLE,
        "min": WHOLE,
        "shortfall_cost": NUMBER,
    },
)
_PROBLEM = Table(
    "Instance",
    Problem,
    {
        "name": TEXT,
        "week": DAY,
        "timezone": TEXT,
        "horizon_days": WHOLE,
        "locations": objects(LOCATION),
        "travel": _TRAVEL,
        "shifts": objects(_SHIFT),
        "visits": objects(VISIT),
        "communities": objects(_COMMUNITY),
        "limits": objects(_LIMIT),
    },
    shown=frozenset({"communities", "limits"}),
)
_STOP = Table("stop", Stop, {"visit": TEXT, "arrive": _MINUTE, "start": _MINUTE, "finish": _MINUTE}, known_by="visit")
_ROUTE = Table(
    "Route of shift",
    Route,
    {"shift": TEXT, "leave": _MINUTE, "back": _MINUTE, "distance_m": WHOLE, "stops": objects(_STOP, inside=True)},
    known_by="shift",
)
_UNSERVED = Table(
    "Unserved visit",
    Unserved,
    {"visit": TEXT, "reason": one_of(Reason), "by": _SEQUENCE, "text": TEXT, "remedy": or_null(FREE_OBJECT)},
    known_by="visit",
)
_PLAN = Table(
    "Plan",
    Plan,
    {
        "instance": TEXT,
        "instance_sha256": TEXT,
        "status": one_of(PlanStatus),
        "value": or_null(NUMBER),
        "bound": or_null(NUMBER),
        "gap": or_null(NUMBER),
        "seconds": NUMBER,
        "engine": TEXT,
        "routes": objects(_ROUTE),
        "unserved": objects(_UNSERVED),
        "conflict": _SEQUENCE,
    },
    required=frozenset({"routes", "unserved"}),
    renamed={"gap": "stated_gap"},
)

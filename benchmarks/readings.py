"""
What the readers of public instances share: from points, windows and fleets to one of our problems.

Public sets measure time and distance in one unit without a name and allow decimals; our format has whole minutes and
metres. So a reader scales: with tenths, a distance of 12.3 becomes 123 metres at 100 points a kilometre, and a time of
12.3 becomes 123 minutes. Values of plans then stand in the units of the published tables. The axis ends after 100 days
(144,000 minutes), which bounds how fine times can be.

A shift is a vehicle, a visit a customer. Coordinates only label: travel is always given as matrices.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.errors import InexactInstanceError, UnreadableInstanceError
from optimizer.problem import (
    DAY_MIN,
    MAX_HORIZON_DAYS,
    Limit,
    Location,
    LocationId,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    TravelTimes,
    VehicleId,
    Visit,
    VisitId,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WEEK = date(2026, 1, 5)
"""The Monday on which minute 0 of every public instance lies; nothing depends on it."""
_DEGREES_PER_UNIT = 0.001
"""Shrinks coordinates of any public set onto the globe."""
_METRES_PER_KM = 1_000


@dataclass(frozen=True, slots=True)
class Reading:
    """
    A public instance as one of our problems.

    Attributes
    ----------
    loosened
        Rules of the file that the problem leaves out or eases because our format cannot say them; empty where it says
        the file exactly. A loosened problem holds every plan of the file, so its bound holds for the file too, and the
        file's best plan is worth the same; its own best plan may be worth more.
    offset, factor
        Turn a published objective into the value of a plan, see `value_of`.
    """

    problem: Problem
    offset: float
    factor: float
    loosened: tuple[str, ...] = ()

    def value_of(self, published: float) -> float:
        """Value of a plan whose objective the table of the set gives as ``published``."""
        return round(self.offset + self.factor * published, 6)


@dataclass(frozen=True, slots=True)
class Customer:
    """
    A place of a public instance, in its units; a depot where ``service`` and ``demand`` are 0.

    Attributes
    ----------
    early, late
        Service starts between them, both included; of a depot: vehicles leave and are back between them.
    """

    x: float
    y: float
    service: float
    early: float
    late: float
    demand: float = 0.0
    prize: float = 0.0


def euclidean(places: Sequence[Customer]) -> FloatArray:
    """Straight distances between all places, rows from, columns to."""
    x, y = (np.array([getattr(place, axis) for place in places]) for axis in ("x", "y"))
    distances: FloatArray = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2)
    return distances


def truncated(distances: FloatArray, scale: int) -> IntArray:
    """Distances in units of 1 / scale, what is left over cut off: 10 for tenths as the DIMACS challenge has them."""
    whole: IntArray = (distances * scale).astype(np.int64)
    return whole


def whole(value: float, scale: int, what: str) -> int:
    """
    A time or amount in units of 1 / scale.

    Raises
    ------
    InexactInstanceError
        When it is no whole number of them.
    """
    scaled = round(value * scale)
    if not math.isclose(scaled, value * scale, abs_tol=1e-6):
        raise InexactInstanceError(f"{what} is {value}; it must be a whole number of units of 1/{scale}.")
    return scaled


def customer_visit(number: int, place: Customer, scale: int, **more: Any) -> Visit:  # noqa: ANN401 (as Visit)
    """
    The visit of a customer; ``more`` gives or replaces fields of `Visit`.

    Raises
    ------
    InexactInstanceError
        When the stay takes no time, which our format has no word for, or a number is finer than the scale.
    """
    name = f"Customer {number}"
    stay = whole(place.service, scale, f"{name}: service time")
    if stay < 1:
        raise InexactInstanceError(f"{name}: service time is {place.service}; a visit of ours takes at least a minute.")
    window = TimeWindow(
        whole(place.early, scale, f"{name}: start of the window"),
        whole(place.late, scale, f"{name}: end of the window"),
    )
    fields: dict[str, Any] = {
        "id": VisitId(str(number)),
        "location": location_id(number),
        "prize": place.prize,
        "work_min": stay,
        "windows": (window,),
        "demand": {"load": whole(place.demand, 1, f"{name}: demand")} if place.demand else {},
    }
    return Visit(**{**fields, **more})


def vehicle_shift(number: int, depot: int, place: Customer, scale: int, **more: Any) -> Shift:  # noqa: ANN401 (as Shift)
    """The shift of vehicle ``number``, counted from 1, from the depot and back; ``more`` gives fields of `Shift`."""
    fields: dict[str, Any] = {
        "id": shift_id(number),
        "vehicle": VehicleId(str(number)),
        "start_location": location_id(depot),
        "end_location": location_id(depot),
        "earliest": whole(place.early, scale, "Depot: start of the day"),
        "latest": whole(place.late, scale, "Depot: end of the day"),
    }
    return Shift(**{**fields, **more})


def location_id(number: int) -> LocationId:
    """Name of the place in that row, counted from 0."""
    return LocationId(str(number))


def shift_id(number: int) -> ShiftId:
    """Name of the shift of vehicle ``number``, counted from 1 as solution files do."""
    return ShiftId(f"vehicle-{number}")


def cost_per_km(scale: int) -> float:
    """Points a kilometre at which one unit of distance, ``scale`` metres, costs one point."""
    return _METRES_PER_KM / scale


def build_problem(
    name: str,
    places: Sequence[Customer],
    travel: TravelTimes,
    shifts: Iterable[Shift],
    visits: Iterable[Visit],
    limits: Iterable[Limit] = (),
) -> Problem:
    """
    The problem over those places, whose rows are those of the matrices.

    Raises
    ------
    InexactInstanceError
        When its times reach beyond the longest axis of our format.
    """
    shifts, visits = tuple(shifts), tuple(visits)
    last = max(
        [shift.latest for shift in shifts] + [window.end for visit in visits for window in visit.windows], default=0
    )
    days = max(1, math.ceil(last / DAY_MIN))
    if days > MAX_HORIZON_DAYS:
        raise InexactInstanceError(
            f"{name}: its times reach to minute {last}; the axis of our format ends at {MAX_HORIZON_DAYS * DAY_MIN}."
        )
    locations = tuple(
        Location(location_id(row), round(place.x * _DEGREES_PER_UNIT, 6), round(place.y * _DEGREES_PER_UNIT, 6))
        for row, place in enumerate(places)
    )
    return Problem(
        name=name,
        week=WEEK,
        timezone="Asia/Jakarta",
        locations=locations,
        shifts=shifts,
        visits=visits,
        travel=travel,
        limits=tuple(limits),
        horizon_days=days,
    )


def numbers(row: str, least: int, what: str) -> list[float]:
    """
    All numbers of a line.

    Raises
    ------
    UnreadableInstanceError
        When a word of it is no number, or there are fewer than ``least``.
    """
    try:
        values = [float(word) for word in row.split()]
    except ValueError as error:
        raise UnreadableInstanceError(f"{what} is {row.strip()!r}; it must hold numbers only.") from error
    if len(values) < least:
        raise UnreadableInstanceError(f"{what} is {row.strip()!r}; it must hold at least {least} numbers.")
    return values


Sequences = Mapping[ShiftId, Sequence[VisitId]]
"""The visits of each used shift, in order."""

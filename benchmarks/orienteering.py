"""
Team orienteering with time windows (TOPTW), and with several windows, a budget and types (MCTOPMTW).

Score is value, driving is free. Distances are cut off after one decimal, after two in Cordeau's files (``pr``).

In MCTOPMTW a place has four windows that follow one another. The number behind them says on which tours which of them
hold: at 1, the first and third on odd tours and the second and fourth on even ones; at 0 the other way round. So a
place becomes two visits of one group, one for odd and one for even tours. Budget and types are limits of the plan.
The authors' own notes on the files were not at hand: this is what the files suggest, whose budgets grow with the number
of tours, and how others read them. It stands the test: the published score of MCTOPMTW-3-r109, 699, is then the
optimum, proved by our engine, and no proved bound was below a published score.
"""

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.errors import UnreadableInstanceError
from benchmarks.readings import (
    Customer,
    IntArray,
    Reading,
    build_problem,
    customer_visit,
    euclidean,
    numbers,
    shift_id,
    truncated,
    vehicle_shift,
    whole,
)
from optimizer.problem import Limit, LimitId, Measure, MeasureKind, TimeWindow, TravelTimes, Visit, VisitId

_TYPES = 10
_FEE = "fee"
_HEAD = 3 + _TYPES
_PLACE = 12 + _TYPES
_WINDOW_EDGES = slice(5, 10)
_DEPOT = 7


def read_toptw(text: str, name: str, tours: int) -> Reading:
    """
    The problem of a TOPTW file with that many tours: value is the score.

    Parameters
    ----------
    name
        Of the file, without its folder; it says how fine distances are.

    Raises
    ------
    UnreadableInstanceError
        When the text is no TOPTW file.
    InexactInstanceError
        When a visit takes no time, or a number is finer than distances are.
    """
    rows = [line for line in text.splitlines() if line.strip()][2:]
    places = []
    for number, row in enumerate(rows):
        x, y, stay, score, *rest = numbers(row, 9, f"Place {number} of '{name}'")[1:]
        places.append(Customer(x, y, stay, early=rest[-2], late=rest[-1], prize=score))
    if not places:
        raise UnreadableInstanceError(
            f"The file '{name}' has no places; it must have two lines and then a place a line."
        )
    scale = _scale(name)
    minutes = truncated(euclidean(places), scale)
    visits = [customer_visit(row, place, scale) for row, place in enumerate(places) if row]
    return _scored(f"{name}#m={tours}", places, minutes, tours, visits, [])


def read_mctopmtw(text: str, name: str) -> Reading:
    """
    The problem of a MCTOPMTW file: value is the score.

    Raises
    ------
    UnreadableInstanceError, InexactInstanceError
        As `read_toptw`.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    head = numbers(lines[0] if lines else "", _HEAD, f"First line of '{name}'")
    tours, budget, most = int(head[0]), head[2], head[3 : 3 + _TYPES]
    _, x, y, _, _, early, late, *_ = numbers("".join(lines[1:2]), _DEPOT, f"Depot of '{name}'")
    rows = [numbers(line, _PLACE, f"Place of '{name}'") for line in lines[2:]]
    places = [Customer(x, y, 0, early, late)]
    places += [Customer(row[1], row[2], row[3], row[5], row[9], prize=row[4]) for row in rows]
    scale = _scale(name)
    visits = [
        visit
        for number, row in enumerate(rows, 1)
        for visit in _place_visits(number, places[number], row, tours, scale)
    ]
    limits = [Limit(LimitId("budget"), Measure(MeasureKind.DEMAND, _FEE), max=whole(budget, 1, "Budget"))]
    limits += [
        Limit(LimitId(_type_tag(at)), Measure(MeasureKind.VISITS), tag=_type_tag(at), max=int(count))
        for at, count in enumerate(most, 1)
    ]
    return _scored(name, places, truncated(euclidean(places), scale), tours, visits, limits)


def _place_visits(number: int, place: Customer, row: Sequence[float], tours: int, scale: int) -> list[Visit]:
    """The visits of a place on odd and on even tours."""
    edges = [whole(edge, scale, f"Place {number}: window") for edge in row[_WINDOW_EDGES]]
    odd, fee, types = int(row[10]), int(row[11]), row[12 : 12 + _TYPES]
    whole_day = customer_visit(
        number,
        place,
        scale,
        group=f"place {number}",
        demand={_FEE: fee} if fee else {},
        tags=frozenset(_type_tag(at) for at, has in enumerate(types, 1) if has),
    )
    visits = []
    for first_tour in range(1, min(tours, 2) + 1):
        first_window = 0 if (first_tour + odd) % 2 == 0 else 1
        visits.append(
            replace(
                whole_day,
                id=VisitId(f"{number}/{'odd' if first_tour == 1 else 'even'}"),
                windows=tuple(TimeWindow(edges[at], edges[at + 1]) for at in (first_window, first_window + 2)),
                shifts=frozenset(shift_id(tour) for tour in range(first_tour, tours + 1, 2)),
            )
        )
    return visits


def _scored(
    name: str,
    places: Sequence[Customer],
    minutes: IntArray,
    tours: int,
    visits: Sequence[Visit],
    limits: Sequence[Limit],
) -> Reading:
    scale = _scale(name)
    shifts = [vehicle_shift(number, 0, places[0], scale) for number in range(1, tours + 1)]
    problem = build_problem(name, places, TravelTimes(minutes, minutes), shifts, visits, limits)
    return Reading(problem, offset=0.0, factor=1.0)


def _scale(name: str) -> int:
    """Units in one of the file: hundredths in Cordeau's files, tenths in Solomon's."""
    return 100 if "pr" in name else 10


def _type_tag(at: int) -> str:
    return f"type {at}"

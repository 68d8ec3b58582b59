"""
What would have to go for a visit that a plan leaves out: the best exchange inside one shift.

Stops of one route are dropped, the visit is put in at the best place, and the whole is judged by `evaluate`; so an
exchange is a plan that exists, and its loss an upper bound on what the visit costs. Whether a cheaper way exists beyond
one shift, only a search tells (`explain`).
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from optimizer.evaluate import evaluate_routes
from optimizer.network import Network
from optimizer.plan import Route
from optimizer.problem import ShiftId, VisitId
from optimizer.schedule import build_route

_MOST_STOPS = 8
"""Routes longer than this are not tried: their sets of stops are too many."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    A plan with the visit in it.

    Attributes
    ----------
    shift
        Where the visit goes.
    out
        Visits that go for it, in the order of the route.
    loss
        Points that the plan loses.
    """

    visit: VisitId
    shift: ShiftId
    out: tuple[VisitId, ...]
    loss: float


def find_exchange(
    network: Network, routes: Mapping[ShiftId, Route], value: float, visit: int, *, deadline: float
) -> Exchange | None:
    """
    The exchange that loses least; None where one shift alone cannot make room or the time is up.

    Parameters
    ----------
    routes, value
        The plan that leaves the visit out, which keeps all rules.
    visit
        Position of the visit in the problem.
    deadline
        On the monotonic clock.
    """
    problem = network.problem
    positions = {each.id: at for at, each in enumerate(problem.visits)}
    best: Exchange | None = None
    idle: set[int] = set()
    for shift, each in enumerate(problem.shifts):
        shift_class = network.class_of[shift]
        made = tuple(positions[stop.visit] for stop in routes[each.id].stops) if each.id in routes else ()
        # Shifts of one class that stay at home are all the same.
        if network.classes[shift_class].bars[visit] or len(made) > _MOST_STOPS or (not made and shift_class in idle):
            continue
        if not made:
            idle.add(shift_class)
        others = [route for name, route in routes.items() if name != each.id]
        for kept, route in _with_visit(network, shift, made, visit):
            if time.monotonic() > deadline:
                return best
            judged = evaluate_routes(problem, [*others, route])
            if judged.feasible and (best is None or value - judged.value < best.loss):
                out = tuple(problem.visits[other].id for other in made if other not in kept)
                best = Exchange(problem.visits[visit].id, each.id, out, value - judged.value)
    return best


def _with_visit(
    network: Network, shift: int, made: tuple[int, ...], visit: int
) -> Iterator[tuple[frozenset[int], Route]]:
    """Routes with the visit and as many of the made ones as fit: no set whose superset fits is tried."""
    fitting: list[frozenset[int]] = []
    for count in range(len(made), -1, -1):
        for kept in combinations(made, count):
            names = frozenset(kept)
            if any(names < larger for larger in fitting):
                continue
            tried = (build_route(network, shift, (*kept[:at], visit, *kept[at:])) for at in range(count + 1))
            routes = [route for route in tried if route is not None]
            if routes:
                fitting.append(names)
                for route in routes:
                    yield names, route

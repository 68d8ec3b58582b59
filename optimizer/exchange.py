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
from optimizer.network import FloatArray, Network
from optimizer.plan import Route
from optimizer.problem import ShiftId, VisitId
from optimizer.schedule import best_schedule, build_route, route_distance

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
    network: Network, worth: FloatArray, routes: Mapping[ShiftId, Route], value: float, visit: int, *, deadline: float
) -> Exchange | None:
    """
    The exchange that loses least; None where one shift alone cannot make room or the time is up.

    Parameters
    ----------
    worth
        What each visit adds to the plan, or loses it by going (`Worth.beside`); exact where visits do not depend on
        each other, and there to rank exchanges by.
    routes, value
        The plan that leaves the visit out, which keeps all rules.
    visit
        Position of the visit in the problem.
    deadline
        On the monotonic clock.
    """
    problem = network.problem
    positions = {each.id: at for at, each in enumerate(problem.visits)}
    ranked: list[tuple[float, int, tuple[int, ...], tuple[int, ...]]] = []
    idle: set[int] = set()
    for shift, each in enumerate(problem.shifts):
        shift_class = network.class_of[shift]
        made = tuple(positions[stop.visit] for stop in routes[each.id].stops) if each.id in routes else ()
        # Shifts of one class that stay at home are all the same.
        if network.classes[shift_class].bars[visit] or len(made) > _MOST_STOPS or (not made and shift_class in idle):
            continue
        if not made:
            idle.add(shift_class)
        before = _net_worth(network, worth, shift_class, made) or 0.0
        for sequence in _with_visit(network, shift_class, made, visit):
            if time.monotonic() > deadline:
                return None
            ranked.append((before - (_net_worth(network, worth, shift_class, sequence) or 0.0), shift, made, sequence))
    for _, shift, made, sequence in sorted(ranked):
        if time.monotonic() > deadline:
            return None
        route = build_route(network, shift, sequence)
        others = [other for name, other in routes.items() if name != problem.shifts[shift].id]
        judged = evaluate_routes(problem, others if route is None else [*others, route])
        if route is not None and judged.feasible:
            out = tuple(problem.visits[other].id for other in made if other not in sequence)
            return Exchange(problem.visits[visit].id, problem.shifts[shift].id, out, value - judged.value)
    return None


def _net_worth(network: Network, worth: FloatArray, shift_class: int, visits: tuple[int, ...]) -> float | None:
    """Worth of the visits less what the route costs; None where they do not fit."""
    if not visits:
        return 0.0
    each = network.classes[shift_class]
    schedule = best_schedule(network, each, visits)
    if schedule is None:
        return None
    metres = route_distance(network, each, visits)
    costs = schedule.cost + each.shift.fixed_cost + each.shift.cost_per_km * metres / 1000
    return float(worth[list(visits)].sum()) - costs


def _with_visit(network: Network, shift_class: int, made: tuple[int, ...], visit: int) -> Iterator[tuple[int, ...]]:
    """Orders of stops with the visit and as many of the made ones as fit: no set whose superset fits is tried."""
    fitting: list[frozenset[int]] = []
    for count in range(len(made), -1, -1):
        for kept in combinations(made, count):
            names = frozenset(kept)
            if any(names < larger for larger in fitting):
                continue
            tried = [(*kept[:at], visit, *kept[at:]) for at in range(count + 1)]
            fit = [each for each in tried if best_schedule(network, network.classes[shift_class], each) is not None]
            if fit:
                fitting.append(names)
                yield from fit

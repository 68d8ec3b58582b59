"""
What would have to go for a visit that a plan leaves out: the best exchange inside one shift.

Stops of one route are dropped, the visit is put in at the best place, and the whole is judged by `evaluate`; so an
exchange is a plan that exists, and its loss an upper bound on what the visit costs. Whether a cheaper way exists beyond
one shift, only a search tells (`explain`).
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from optimizer.evaluate import evaluate_routes
from optimizer.network import FloatArray, Network
from optimizer.plan import Route
from optimizer.problem import Problem, ShiftId, VisitId
from optimizer.schedule import best_schedule, build_route, route_distance

_MOST_STOPS = 8
"""Routes longer than this are not tried: their sets of stops are too many."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    A plan with the visit in it.

    Attributes
    ----------
    route
        Of the shift where the visit goes, with it.
    out
        Visits that go for it, in the order of the route.
    loss
        Points that the plan loses.
    """

    visit: VisitId
    route: Route
    out: tuple[VisitId, ...]
    loss: float


def find_exchange(
    network: Network, worth: FloatArray, routes: Mapping[ShiftId, Route], value: float, visit: int, *, deadline: float
) -> Exchange | None:
    """The exchange that loses least, as `list_exchanges` finds it; None where there is none or the time is up."""
    return next(list_exchanges(network, worth, routes, value, visit, deadline=deadline), None)


def list_exchanges(
    network: Network, worth: FloatArray, routes: Mapping[ShiftId, Route], value: float, visit: int, *, deadline: float
) -> Iterator[Exchange]:
    """
    The best exchange of each shift that alone can make room, those that seem to lose least first.

    Of shifts that stay at home and differ in nothing only the first is told. Nothing comes after the deadline, and
    nothing at all where it passes before every shift was looked at.

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
    told: set[int] = set()
    for _, shift, made, sequence in _ranked(network, worth, routes, visit, deadline=deadline):
        if time.monotonic() > deadline:
            return
        if shift in told:
            continue
        route = build_route(network, shift, sequence)
        others = [other for name, other in routes.items() if name != problem.shifts[shift].id]
        judged = evaluate_routes(problem, others if route is None else [*others, route])
        if route is not None and judged.feasible:
            told.add(shift)
            out = tuple(problem.visits[other].id for other in made if other not in sequence)
            yield Exchange(problem.visits[visit].id, route, out, value - judged.value)


def with_required(network: Network, worth: FloatArray, routes: Sequence[Route], *, deadline: float) -> list[Route]:
    """
    Routes that hold the required visits too which these lack, each put in where least seems to be lost.

    What finds no place by the deadline stays out, and whatever other rule is broken stays so.

    Parameters
    ----------
    worth
        As for `list_exchanges`.
    """
    problem = network.problem
    now = {route.shift: route for route in routes}
    made = {stop.visit for route in routes for stop in route.stops}
    missing = [at for at, visit in enumerate(problem.visits) if network.must[at] and visit.id not in made]
    for visit in sorted(missing, key=lambda at: -float(worth[at])):
        broken = _broken(problem, now.values())
        for _, shift, before, sequence in _ranked(network, worth, now, visit, deadline=deadline):
            gone = set(before) - set(sequence)
            if network.must[list(gone)].any():
                continue
            route = build_route(network, shift, sequence)
            changed = now if route is None else {**now, route.shift: route}
            if route is not None and _broken(problem, changed.values()) < broken:
                now = changed
                break
            if time.monotonic() > deadline:
                break
    return list(now.values())


def _broken(problem: Problem, routes: Iterable[Route]) -> int:
    return len(evaluate_routes(problem, tuple(routes)).violations)


_Candidate = tuple[float, int, tuple[int, ...], tuple[int, ...]]
"""Estimated loss, shift, its stops so far, its stops with the visit; positions in the problem."""


def _ranked(
    network: Network, worth: FloatArray, routes: Mapping[ShiftId, Route], visit: int, *, deadline: float
) -> list[_Candidate]:
    """Everything that may be tried, the least estimated loss first; nothing where the time is up before all is seen."""
    problem = network.problem
    positions = {each.id: at for at, each in enumerate(problem.visits)}
    ranked: list[_Candidate] = []
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
                return []
            ranked.append((before - (_net_worth(network, worth, shift_class, sequence) or 0.0), shift, made, sequence))
    return sorted(ranked)


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

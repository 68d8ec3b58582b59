"""
What one more van-day, hour, kit or hundred of a resource is worth to a week.

The duals of the linear program estimate it: in the Lagrangian bound one shift is exchanged for the changed one, and
only a good route of that one has to be found. With these estimates the changes are put in order, and each is then
confirmed by a quick solve of the changed problem that starts from the same routes, as long as there is time.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from optimizer.changes import (
    AddKits,
    AddShift,
    AllowOvertime,
    Change,
    Changes,
    RaiseCapacity,
    RaiseLimit,
    apply_changes,
)
from optimizer.errors import InvalidChangeError
from optimizer.evaluate import evaluate_routes
from optimizer.explanation import OneMore, Remedy
from optimizer.labelling import Dominance
from optimizer.network import Network, build_network
from optimizer.plan import Plan
from optimizer.pricing import ClassPricing, SearchFor
from optimizer.problem import DAY_MIN, Problem, ShiftId, VehicleId
from optimizer.relaxation import Proof, Relaxation
from optimizer.solve import SolveOptions, solve
from optimizer.state import keep

_HOUR_MIN = 60
_HUNDRED = 100
_LABELS = 50_000
_FEW_ROUTES = 1_000
_LEAST_RISE = 0.05
"""Points: less is not worth telling."""
_LEAST_S = 0.5
"""Less time than this is not worth another solve."""


def estimate_one_more(relaxation: Relaxation) -> Iterator[OneMore]:
    """
    One more of everything, with how many points more the linear program promises for it.

    Of the shifts of a day that are alike the first is told. Changes that bring nothing are left out.

    Parameters
    ----------
    relaxation
        With a proof; of the problem as it is.
    """
    assert relaxation.proof is not None
    problem = relaxation.network.problem
    for candidate in _candidates(relaxation):
        try:
            changed = apply_changes(problem, (candidate.change,))
        except InvalidChangeError:
            continue
        rise = _most_gained(relaxation, relaxation.proof, candidate, changed)
        if rise > _LEAST_RISE:
            yield OneMore(Changes((candidate.change,)), rise)


def confirm_one_more(
    relaxation: Relaxation,
    plan: Plan,
    found: Sequence[OneMore],
    remedies: Iterable[Remedy],
    options: SolveOptions,
    deadline: float,
) -> Iterator[OneMore]:
    """
    The same in the same order, with the gain of the best plan found.

    That is the plan of a remedy that makes the same change, and a better one that a quick solve finds while there is
    time.

    Parameters
    ----------
    plan
        The plan in force, from which each solve starts.
    deadline
        On the monotonic clock.
    """
    problem = relaxation.network.problem
    state = keep(relaxation, instance_sha256="", most=_FEW_ROUTES)
    known: dict[tuple[Change, ...], Remedy] = {}
    for remedy in remedies:
        change = remedy.changes.changes[:-1]
        if change not in known or remedy.gain > known[change].gain:
            known[change] = remedy
    longest = 0.0
    for each in found:
        began = time.monotonic()
        left = deadline - began
        start = known.get(each.changes.changes)
        routes = plan.routes if start is None or start.gain <= 0 else start.routes
        if left >= max(_LEAST_S, longest):
            quick = replace(
                options, time_limit_s=left, prove=False, initial_plan=replace(plan, routes=routes), state=state
            )
            routes = solve(apply_changes(problem, each.changes.changes), quick).routes
            longest = max(longest, time.monotonic() - began)
        elif routes is plan.routes:
            yield each
            continue
        worth = evaluate_routes(apply_changes(problem, each.changes.changes), routes).value
        visits = sum(len(route.stops) for route in routes) - sum(len(route.stops) for route in plan.routes)
        yield replace(each, gain=worth - (plan.value or 0.0), visits=visits)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One more of something, and the shift that it changes or adds; None for none."""

    change: Change
    shift: ShiftId | None


def _candidates(relaxation: Relaxation) -> Iterator[_Candidate]:
    problem = relaxation.network.problem
    for shift_class in relaxation.network.classes:
        shift = problem.shifts[shift_class.members[0]]
        name = ShiftId(f"{shift.vehicle}+{shift.earliest // DAY_MIN}")
        if name not in problem.shift_by_id:
            yield _Candidate(AddShift(name, shift.id, VehicleId(f"{shift.vehicle}+")), name)
        yield _Candidate(AllowOvertime(shift.id, _HOUR_MIN), shift.id)
        yield _Candidate(AddKits(shift.id, 1), shift.id)
        for resource in shift.capacity:
            yield _Candidate(RaiseCapacity(shift.id, resource, _HUNDRED), shift.id)
    for limit in problem.limits:
        if limit.max is not None:
            yield _Candidate(RaiseLimit(limit.id, _HUNDRED if limit.max >= _HUNDRED else 1), None)


def _most_gained(relaxation: Relaxation, proof: Proof, candidate: _Candidate, changed: Problem) -> float:
    """By how much the Lagrangian bound rises with the changed shift or limit."""
    master, classes = relaxation.master, relaxation.network.classes
    if isinstance(candidate.change, AddShift):
        # Its routes are those of the shift that it is a copy of, which nobody pays the shift for.
        like = _class_of(relaxation.network, candidate.change.like)
        route = master.class_duals(proof.row_duals, like).route
        return max(0.0, proof.best[like]) + route + master.worth_of_vehicle(proof.row_duals, like)
    network = build_network(changed)
    if isinstance(candidate.change, RaiseLimit):
        # The classes are the same ones, but routes may hold more.
        rise = master.worth_of_more(proof.row_duals, candidate.change.limit, candidate.change.by)
        for at, (each, before) in enumerate(zip(classes, proof.best, strict=True)):
            best = _best_worth(network, at, relaxation, proof, like=at)
            rise += len(each.members) * max(0.0, best - max(0.0, before))
        return rise
    assert candidate.shift is not None
    like = _class_of(relaxation.network, candidate.shift)
    best = _best_worth(network, _class_of(network, candidate.shift), relaxation, proof, like=like)
    return max(0.0, best - max(0.0, proof.best[like]))


def _class_of(network: Network, shift: ShiftId) -> int:
    return network.class_of[list(network.problem.shift_by_id).index(shift)]


def _best_worth(network: Network, position: int, relaxation: Relaxation, proof: Proof, *, like: int) -> float:
    """
    The most that a route of a changed class is worth at the duals of the class that it is like, at least 0.

    As relaxed dominance finds it: routes worth more than nothing are too many there for an exact search.
    """
    duals = relaxation.master.class_duals(proof.row_duals, like)
    pricing = ClassPricing(network, position, elements=relaxation.elements)
    return pricing.price(duals, SearchFor(0.0, Dominance.RELAXED, _LABELS, most_columns=1)).best

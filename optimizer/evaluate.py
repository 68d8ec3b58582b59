"""
The independent judge: whether a plan keeps every rule of its problem, and what it is worth.

It never asks an engine and shares no code with one: times, metres and points are computed afresh in `figures` from the
decisions of the routes. Each stated number is compared with what the decisions before it make of it, so that one
wrong number is reported once. `route_rules` and `document_rules` hold the checks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TypeVar

from optimizer import document_rules, route_rules
from optimizer.figures import TimedRoute, Worth, covered_shares, shortfall, timed_route, worth
from optimizer.plan import Plan, Route
from optimizer.problem import CommunityId, LimitId, Problem, ShiftId, VehicleId, Visit, VisitId
from optimizer.violation import Violation

_K = TypeVar("_K")


@dataclass(frozen=True, slots=True)
class Effort:
    """
    What vans and crews do.

    Attributes
    ----------
    stops, distance_m, driving_min, service_min, duty_min, overtime_min
        Minutes are without pauses, except overtime, which is clock minutes.
    """

    stops: int = 0
    distance_m: int = 0
    driving_min: int = 0
    service_min: int = 0
    duty_min: int = 0
    overtime_min: int = 0

    def __add__(self, other: "Effort") -> "Effort":
        return Effort(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Effort)))


@dataclass(frozen=True, slots=True)
class TagShare:
    """What one tag gets of a plan, to see who is served and who waits: visits made, their ``work_min`` and prizes."""

    visits: int
    work_min: int
    prizes: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    The judgement of a plan (hasil pemeriksaan rencana).

    Attributes
    ----------
    violations
        Hard rules that it breaks; a plan without any is feasible.
    soft
        What costs points or asks for a reason: overtime, costly windows, shortfalls.
    worth
        The true value with its parts; of the routes as they stand, whether or not they keep the rules.
    visits_made
        In the order of the problem.
    covered
        Share, 0 to 1, of each community that the visits serve.
    shortfalls
        Units that limits with a minimum lack; limits that are met are not in it.
    by_shift, by_vehicle, total
        Effort of the shifts used, of every vehicle, and of all.
    by_tag
        What each tag of the problem gets.
    """

    violations: tuple[Violation, ...]
    soft: tuple[Violation, ...]
    worth: Worth
    visits_made: tuple[VisitId, ...]
    covered: Mapping[CommunityId, float]
    shortfalls: Mapping[LimitId, int]
    by_shift: Mapping[ShiftId, Effort]
    by_vehicle: Mapping[VehicleId, Effort]
    total: Effort
    by_tag: Mapping[str, TagShare]

    @property
    def value(self) -> float:
        """The true value in points."""
        return self.worth.value

    @property
    def feasible(self) -> bool:
        """Whether no hard rule is broken."""
        return not self.violations


def evaluate(problem: Problem, plan: Plan, *, instance_sha256: str | None = None) -> Evaluation:
    """
    Judge a plan with everything it states: routes, value, bound, gap, status, unserved visits and conflict.

    Parameters
    ----------
    instance_sha256
        Hash of the instance document's bytes; None leaves the one that the plan names unchecked.
    """
    # Where no plan was found there are no routes to reach a minimum or to hold a required visit.
    found = _judged(problem, plan.routes, complete=document_rules.promises_routes(plan))
    stated = (
        *document_rules.broken_identity(problem, plan, instance_sha256),
        *document_rules.broken_numbers(plan, found.value),
        *document_rules.broken_conflict(problem, plan),
        *document_rules.broken_unserved(problem, plan, frozenset(found.visits_made)),
    )
    return replace(found, violations=(*found.violations, *stated))


def evaluate_routes(problem: Problem, routes: Sequence[Route]) -> Evaluation:
    """Judge routes alone: every rule that concerns them, and their true value."""
    return _judged(problem, routes, complete=True)


def _judged(problem: Problem, routes: Sequence[Route], *, complete: bool) -> Evaluation:
    timed = tuple(
        timed_route(problem, problem.shift_by_id[route.shift], route)
        for route in routes
        if route.shift in problem.shift_by_id
    )
    made = {stop.visit.id for route in timed for stop in route.stops}
    visits = tuple(visit for visit in problem.visits if visit.id in made)
    shortfalls = {limit.id: missing for limit in problem.limits if (missing := shortfall(limit, timed))}
    violations = [*route_rules.broken_membership(problem, routes)]
    if complete:
        violations += route_rules.missing_required(problem, routes)
        violations += route_rules.unmet_limits(problem, shortfalls)
    for route in timed:
        violations += route_rules.broken_route(route)
    violations += route_rules.exceeded_limits(problem, timed)
    return Evaluation(
        violations=tuple(violations),
        soft=tuple(route_rules.soft_violations(problem, timed, shortfalls)),
        worth=worth(problem, timed),
        visits_made=tuple(visit.id for visit in visits),
        covered=MappingProxyType(covered_shares(problem, visits)),
        shortfalls=MappingProxyType(shortfalls),
        by_shift=_summed((route.shift.id, _effort(route)) for route in timed),
        by_vehicle=_summed(
            [(shift.vehicle, Effort()) for shift in problem.shifts]
            + [(route.shift.vehicle, _effort(route)) for route in timed]
        ),
        total=sum(map(_effort, timed), Effort()),
        by_tag=_tag_shares(problem, visits),
    )


def _effort(route: TimedRoute) -> Effort:
    return Effort(
        stops=len(route.stops),
        distance_m=route.distance_m,
        driving_min=route.driving_min,
        service_min=route.service_min,
        duty_min=route.duty_min,
        overtime_min=route.overtime_min,
    )


def _summed(efforts: Iterable[tuple[_K, Effort]]) -> Mapping[_K, Effort]:
    sums: dict[_K, Effort] = {}
    for key, effort in efforts:
        sums[key] = sums.get(key, Effort()) + effort
    return MappingProxyType(sums)


def _tag_shares(problem: Problem, made: Sequence[Visit]) -> Mapping[str, TagShare]:
    bearers: dict[str, list[Visit]] = {tag: [] for tag in sorted({t for visit in problem.visits for t in visit.tags})}
    for visit in made:
        for tag in visit.tags:
            bearers[tag].append(visit)
    return MappingProxyType(
        {
            tag: TagShare(
                visits=len(visits),
                work_min=sum(visit.work_min for visit in visits),
                prizes=round(sum(visit.prize for visit in visits), 3),
            )
            for tag, visits in bearers.items()
        }
    )

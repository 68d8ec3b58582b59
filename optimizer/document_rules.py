"""Rules about what a plan document states beside its routes: instance, value, bound, status, conflict, unserved."""

from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from optimizer.plan import OPTIMALITY_TOLERANCE, Plan, PlanStatus, Unserved, relative_gap
from optimizer.problem import Problem, VisitId
from optimizer.violation import Fact, Rule, Violation, broken

VALUE_TOLERANCE = 1e-6
"""A stated value may differ from the true one by this much, times the value where that is more than 1."""

GAP_TOLERANCE = 1e-4
"""A stated gap may differ by this much, times the gap where that is more than 1: documents may show four decimals."""


def promises_routes(plan: Plan) -> bool:
    """Whether the plan's status says that it found routes."""
    return plan.status in (PlanStatus.OPTIMAL, PlanStatus.FEASIBLE)


def broken_identity(problem: Problem, plan: Plan, instance_sha256: str | None) -> Iterator[Violation]:
    """The plan must be of this instance: by name, and by hash where the instance's is known."""
    if plan.instance != problem.name:
        yield broken(Rule.OTHER_INSTANCE, instance=plan.instance, right=problem.name)
    if instance_sha256 is not None and plan.instance_sha256 != instance_sha256:
        yield broken(Rule.OTHER_INSTANCE_BYTES, sha256=plan.instance_sha256, right=instance_sha256)


def broken_numbers(plan: Plan, value: float) -> Iterator[Violation]:
    """Value, bound, gap and status against each other and the true ``value`` of the routes."""
    if plan.seconds < 0:
        yield broken(Rule.SECONDS_NEGATIVE, seconds=plan.seconds)
    if promises_routes(plan):
        yield from _broken_value(plan, value)
        yield from _broken_bound(plan, value)
    elif plan.routes or plan.value is not None:
        facts: dict[str, Fact] = {"count": len(plan.routes), "value": _shown(plan.value)}
        yield broken(Rule.PLAN_WITHOUT_SUCCESS, status=plan.status.value, **facts)
    yield from _broken_gap(plan)


def _broken_value(plan: Plan, value: float) -> Iterator[Violation]:
    if plan.value is None:
        yield broken(Rule.VALUE_MISSING, status=plan.status.value, right=value)
    elif abs(plan.value - value) > _tolerance(value):
        yield broken(Rule.VALUE_WRONG, value=plan.value, right=value)


def _broken_bound(plan: Plan, value: float) -> Iterator[Violation]:
    if plan.bound is not None and plan.bound < value - _tolerance(value):
        yield broken(Rule.BOUND_BELOW_VALUE, bound=plan.bound, right=value)
    if plan.status is PlanStatus.OPTIMAL and not _is_optimal(plan.bound, value):
        yield broken(Rule.NOT_OPTIMAL, value=value, bound=_shown(plan.bound))


def _is_optimal(bound: float | None, value: float) -> bool:
    if bound is None:
        return False
    gap = relative_gap(value, bound)
    # Near 0 the relative distance says nothing; there the tolerance of values decides.
    return (gap is not None and gap <= OPTIMALITY_TOLERANCE) or bound - value <= _tolerance(value)


def _broken_gap(plan: Plan) -> Iterator[Violation]:
    stated, gap = plan.stated_gap, plan.gap
    if stated is not None and (gap is None or abs(stated - gap) > GAP_TOLERANCE * max(1, abs(gap))):
        yield broken(Rule.GAP_WRONG, gap=stated, right=_shown(gap))


def broken_conflict(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """A conflict stands with an infeasible plan, only with it, and names what the instance holds."""
    if plan.status is PlanStatus.INFEASIBLE:
        if not plan.conflict:
            yield broken(Rule.CONFLICT_MISSING)
    elif plan.conflict:
        ids = ", ".join(plan.conflict)
        yield broken(Rule.CONFLICT_UNCALLED, *plan.conflict, status=plan.status.value, ids=ids)
    known = {*problem.visit_by_id, *problem.shift_by_id, *(limit.id for limit in problem.limits)}
    for each in dict.fromkeys(plan.conflict):
        if each not in known:
            yield broken(Rule.CONFLICT_UNKNOWN, each, id=each)


def broken_unserved(problem: Problem, plan: Plan, made: AbstractSet[VisitId]) -> Iterator[Violation]:
    """Every visit is made or unserved, once; where there is no plan, all are listed or none."""
    for visit_id, count in Counter(each.visit for each in plan.unserved).items():
        if visit_id not in problem.visit_by_id:
            yield broken(Rule.UNSERVED_UNKNOWN, visit_id, visit=visit_id)
        if count > 1:
            yield broken(Rule.UNSERVED_TWICE, visit_id, visit=visit_id, count=count)
        if visit_id in made:
            yield broken(Rule.UNSERVED_BUT_MADE, visit_id, visit=visit_id)
    if plan.unserved or promises_routes(plan):
        listed = {each.visit for each in plan.unserved}
        for visit in problem.visits:
            if visit.id not in made and visit.id not in listed:
                yield broken(Rule.UNSERVED_MISSING, visit.id, visit=visit.id)
    for unserved in plan.unserved:
        yield from _broken_displacement(unserved, made)


def _broken_displacement(unserved: Unserved, made: AbstractSet[VisitId]) -> Iterator[Violation]:
    # An empty `by` is right for a visit that costs more than it brings: nothing has to go for it.
    for other in unserved.by:
        if other not in made:
            yield broken(Rule.DISPLACED_BY_ABSENT, unserved.visit, other, visit=unserved.visit, by=other)


def _tolerance(value: float) -> float:
    return VALUE_TOLERANCE * max(1, abs(value))


def _shown(number: float | None) -> str | float:
    return "null" if number is None else number

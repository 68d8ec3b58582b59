"""From the visits of each shift, which is all that a peer decides, to a plan that the independent judge accepts."""

import math
from dataclasses import dataclass

from benchmarks.errors import EngineFailedError
from benchmarks.readings import Sequences
from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason, Unserved
from optimizer.problem import Problem
from optimizer.schedule import build_route

_METRES_PER_KM = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a peer answers.

    Attributes
    ----------
    sequences
        None where it found no plan of all required visits.
    trace
        Seconds since its search began, and the value of the best plan then.
    """

    sequences: Sequences | None
    trace: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """
    What the judge found about a plan.

    Attributes
    ----------
    value, served, km
        None, 0 and 0.0 where there is no plan.
    broken
        The broken rules, as sentences; none in a plan that counts.
    """

    value: float | None
    served: int
    km: float
    broken: tuple[str, ...]


def plan_from_sequences(problem: Problem, sequences: Sequences, engine: str, seconds: float) -> Plan:
    """
    The plan that makes those visits in that order, at the times that cost least.

    A peer's own times are not used: where waiting for a cheaper window pays, it gets that for nothing.

    Raises
    ------
    EngineFailedError
        When the visits of a shift do not fit it in that order.
    """
    network = build_network(problem)
    shifts = {shift: at for at, shift in enumerate(problem.shift_by_id)}
    visits = {visit: at for at, visit in enumerate(problem.visit_by_id)}
    routes = []
    for shift, made in sequences.items():
        route = build_route(network, shifts[shift], [visits[visit] for visit in made])
        if route is None:
            raise EngineFailedError(f"{engine}: shift '{shift}' cannot make {', '.join(made)} in that order.")
        routes.append(route)
    missing = set(problem.visit_by_id).difference(*sequences.values())
    return Plan(
        instance=problem.name,
        instance_sha256="",
        status=PlanStatus.FEASIBLE,
        value=evaluate_routes(problem, routes).value,
        bound=None,
        seconds=seconds,
        engine=engine,
        routes=tuple(routes),
        unserved=tuple(Unserved(visit, Reason.UNDECIDED) for visit in problem.visit_by_id if visit in missing),
    )


def judge(problem: Problem, plan: Plan) -> Judgement:
    """What the independent evaluation of a plan says; the plan of an engine that found none has no value."""
    if plan.value is None:
        return Judgement(None, 0, 0.0, ())
    found = evaluate(problem, plan)
    assert math.isfinite(found.value)
    return Judgement(
        value=found.value,
        served=found.total.stops,
        km=round(found.total.distance_m / _METRES_PER_KM, 1),
        broken=tuple(violation.text(str) for violation in found.violations),
    )

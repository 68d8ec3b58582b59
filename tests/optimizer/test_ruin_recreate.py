"""Ruin and recreate: every plan it gives keeps the rules it knows, long routes get better, the seed decides alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.network import Network, build_network
from optimizer.plan import Plan, Route
from optimizer.problem import Limit, LimitId, LimitScope, Measure, MeasureKind, Problem
from optimizer.ruin_recreate import Sequences, ruin_and_recreate
from optimizer.schedule import build_route
from optimizer.solve import SolveOptions, solve
from optimizer.violation import Rule
from optimizer.worth import Worth

Problems = Callable[..., st.SearchStrategy[Problem]]
BruteForce = Callable[[Problem], float | None]

few = settings(suppress_health_check=[HealthCheck.too_slow])
UNKNOWN = {Rule.REQUIRED_MISSING, Rule.LIMIT_UNMET}
"""Required visits may find no place; minima, and minutes on duty beyond a shift, are the caller's business."""


def plans_of(network: Network, start: Sequences, rounds: int = 10, seed: int = 1) -> list[Sequences]:
    """All plans of so many rounds."""
    calls = 0

    def share_done() -> float:
        nonlocal calls
        calls += 1
        return calls / (rounds + 1)

    return list(ruin_and_recreate(network, Worth(network), start, seed=seed, share_done=share_done))


def routes_of(network: Network, plan: Sequences) -> list[Route]:
    """The routes of a plan; each can be driven."""
    routes = [build_route(network, shift, visits) for shift, visits in plan.items()]
    driven = [route for route in routes if route is not None]
    assert len(driven) == len(routes)
    return driven


@few
@given(data=st.data())
def test_plans_keep_the_rules_that_the_search_knows(
    problems: Problems, brute_force: BruteForce, data: st.DataObject
) -> None:
    """Over every feature of the format: windows, pauses, kits, skills, capacities, groups, pins, limits of visits."""
    problem = data.draw(problems(max_visits=6, max_shifts=3))
    network = build_network(problem)
    counts_duty = any(limit.measure.kind is MeasureKind.DUTY_MIN for limit in problem.limits)
    unknown = UNKNOWN | ({Rule.LIMIT_EXCEEDED} if counts_duty else set())
    for plan in plans_of(network, {}, rounds=2):
        judged = evaluate_routes(problem, routes_of(network, plan))
        assert {violation.rule for violation in judged.violations} <= unknown
        if judged.feasible:
            optimum = brute_force(problem)
            assert optimum is not None
            assert judged.value <= optimum + 1e-6 * max(1.0, abs(optimum))


@pytest.fixture
def short_stays(week: Problem) -> Problem:
    """A week in which a van makes a dozen stops a day: ten minutes each."""
    visits = tuple(replace(visit, setup_min=0, work_min=10) for visit in week.visits)
    return replace(week, visits=visits)


def test_long_routes_become_worth_more_and_the_seed_decides(short_stays: Problem) -> None:
    """From nothing to more than insertion finds, the same way again with the same seed."""
    network = build_network(short_stays)
    plans = plans_of(network, {}, rounds=30)
    values = [evaluate_routes(short_stays, routes_of(network, plan)).value for plan in plans]
    assert values == sorted(values)
    assert plans == plans_of(network, {}, rounds=30)
    assert max(len(visits) for visits in plans[-1].values()) > 7


def test_a_solve_of_long_routes_is_better_for_it(short_stays: Problem) -> None:
    """The engine goes by the length of the first routes; its plan keeps all rules and beats what ruin began from."""
    first: list[Plan] = []
    problem = replace(short_stays, shifts=short_stays.shifts[:4])
    options = SolveOptions(time_limit_s=60.0, solution_limit=10, prove=False)
    plan = solve(problem, options, on_plan=first.append)
    assert evaluate(problem, plan).violations == ()
    begun = next(each for each in first if each.routes)
    assert plan.value is not None
    assert begun.value is not None
    assert plan.value > begun.value


def test_limits_beyond_a_shift_hold(short_stays: Problem) -> None:
    """Fifty visits in all and thirty a van: no plan on the way has more, and the last one has as many as may be."""
    visits = Measure(MeasureKind.VISITS)
    limits = (
        Limit(LimitId("all"), visits, max=50),
        Limit(LimitId("van"), visits, max=30, per=LimitScope.VEHICLE),
    )
    problem = replace(short_stays, limits=limits)
    network = build_network(problem)
    plans = plans_of(network, {}, rounds=20)
    assert all(evaluate_routes(problem, routes_of(network, plan)).feasible for plan in plans)
    assert sum(map(len, plans[-1].values())) == 50

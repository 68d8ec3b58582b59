"""Plans keep every rule, come close to the true optimum, and say nothing that was not shown."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.evaluate import evaluate
from optimizer.plan import Plan, PlanStatus, Reason
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve

Problems = Callable[..., st.SearchStrategy[Problem]]
BruteForce = Callable[[Problem], float | None]

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
QUICK = SolveOptions(time_limit_s=0.25, solution_limit=60)


def assert_honest(problem: Problem, plan: Plan, optimum: float | None) -> None:
    """The plan keeps every rule, and its status and reasons agree with the optimum found by trying everything."""
    assert [violation.text(str) for violation in evaluate(problem, plan).violations] == []
    assert plan.bound is None
    match plan.status:
        case PlanStatus.INFEASIBLE:
            assert optimum is None
            assert plan.conflict
        case PlanStatus.FEASIBLE:
            assert optimum is not None
            assert plan.value is not None
            assert plan.value <= optimum + 1e-6 * max(1, abs(optimum))
        case status:
            assert status is PlanStatus.UNKNOWN
            assert not plan.routes


def check_problem(problem: Problem, brute_force: BruteForce) -> None:
    """Solve and judge; every visit called impossible must leave no plan when it is forced in."""
    plan = solve(problem, QUICK)
    assert_honest(problem, plan, brute_force(problem))
    for unserved in plan.unserved:
        assert unserved.text
        if unserved.reason is Reason.IMPOSSIBLE:
            forced = tuple(
                replace(visit, required=True) if visit.id == unserved.visit else visit for visit in problem.visits
            )
            assert brute_force(replace(problem, visits=forced)) is None, unserved.text


@few
@given(data=st.data())
def test_plans_over_all_features_are_honest(problems: Problems, brute_force: BruteForce, data: st.DataObject) -> None:
    """Whatever features meet in a problem, the plan breaks no rule and claims no more than is true."""
    check_problem(data.draw(problems(max_visits=5, max_shifts=3)), brute_force)


@pytest.mark.slow
@many
@given(data=st.data())
def test_200_plans_over_all_features_are_honest(
    problems: Problems, brute_force: BruteForce, data: st.DataObject
) -> None:
    """The same over enough problems that rare combinations of features are among them."""
    check_problem(data.draw(problems(max_visits=6, max_shifts=4)), brute_force)

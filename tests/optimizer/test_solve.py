"""
Plans keep every rule, come close to the true optimum, and say nothing that was not shown: the reference engine.

What the proving engine says beyond that is tested in `test_column_generation.py`.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.exchange import with_required
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason
from optimizer.problem import Community, CommunityId, Limit, LimitId, Measure, MeasureKind, Problem
from optimizer.solve import Engine, SolveOptions, solve
from optimizer.worth import Worth

Problems = Callable[..., st.SearchStrategy[Problem]]
BruteForce = Callable[[Problem], float | None]

few = settings(suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ROUTING = SolveOptions(engine=Engine.ROUTING)
QUICK = replace(ROUTING, time_limit_s=0.25, solution_limit=60)


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


def expressible(problem: Problem) -> Problem:
    """The problem without what the routing library cannot express of the value: communities and minima."""
    return replace(
        problem,
        communities=(),
        visits=tuple(replace(visit, reaches={}) for visit in problem.visits),
        limits=tuple(limit for limit in problem.limits if limit.min is None),
    )


def optima_reached(problems: Problems, brute_force: BruteForce, examples: int) -> list[bool]:
    """For each generated problem that has a plan, whether the optimum was reached; it must never be exceeded."""
    reached: list[bool] = []

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(problem=problems(max_visits=5, max_shifts=3))
    def solve_one(problem: Problem) -> None:
        simple = expressible(problem)
        optimum = brute_force(simple)
        plan = solve(simple, QUICK)
        assert_honest(simple, plan, optimum)
        if optimum is not None:
            reached.append(plan.value is not None and plan.value >= optimum - 1e-6 * max(1, abs(optimum)))

    solve_one()
    return reached


def test_nine_optima_in_ten_are_reached(problems: Problems, brute_force: BruteForce) -> None:
    """On tiny problems whose value the library can express, the reference engine is as good as trying everything."""
    reached = optima_reached(problems, brute_force, 30)
    assert sum(reached) >= 0.9 * len(reached) > 0


@pytest.mark.slow
def test_nine_optima_in_ten_are_reached_of_many(problems: Problems, brute_force: BruteForce) -> None:
    """The same over enough problems to mean it."""
    reached = optima_reached(problems, brute_force, 200)
    assert sum(reached) >= 0.9 * len(reached) > 0


def test_a_count_gives_the_same_plan_again(week: Problem) -> None:
    """A search that stops on a count and not on the clock can be repeated, for a bug report or a test."""
    options = replace(ROUTING, time_limit_s=60, solution_limit=30, seed=4)
    first, second = solve(week, options), solve(week, options)
    assert first.routes == second.routes
    assert first.value == second.value


def test_better_plans_are_handed_over_as_they_are_found(week: Problem) -> None:
    """Each is complete and better than the one before; the answer is the last of them."""
    handed: list[Plan] = []
    plan = solve(week, replace(ROUTING, time_limit_s=60, solution_limit=20), on_plan=handed.append)
    values = [each.value for each in handed if each.value is not None]
    assert len(values) == len(handed) > 2
    assert values == sorted(set(values))
    assert plan.routes == handed[-1].routes
    for each in handed:
        assert [violation.text(str) for violation in evaluate(week, each).violations] == []


def test_who_says_stop_gets_the_best_plan_so_far(week: Problem) -> None:
    """A minute's search ends with the first plan that is good enough."""
    handed: list[Plan] = []
    plan = solve(
        week,
        replace(ROUTING, time_limit_s=60),
        on_plan=handed.append,
        should_stop=lambda: len(handed) > 1,
    )
    assert plan.seconds < 30
    assert plan.routes


def test_an_initial_plan_is_never_lost(week: Problem) -> None:
    """A search that finds nothing better in its time hands the planner's own plan back."""
    good = solve(week, replace(ROUTING, time_limit_s=60, solution_limit=40))
    again = solve(week, replace(ROUTING, time_limit_s=0.0, initial_plan=good))
    assert good.value is not None
    assert again.value is not None
    assert again.value >= good.value


def test_an_initial_plan_that_breaks_a_rule_is_not_taken(week: Problem) -> None:
    """A plan of last week may name shifts that this week has not."""
    good = solve(week, replace(ROUTING, time_limit_s=60, solution_limit=5))
    fewer = replace(week, shifts=week.shifts[3:])
    plan = solve(fewer, replace(ROUTING, time_limit_s=0.3, initial_plan=good))
    assert [violation.text(str) for violation in evaluate(fewer, plan).violations] == []


def test_an_initial_plan_is_mended_where_it_lacks_required_visits(week: Problem) -> None:
    """Two visits left out become required: they go into the plan at hand, and nearly everything else stays in it."""
    good = solve(week, replace(ROUTING, time_limit_s=60, solution_limit=40))
    made = {stop.visit for route in good.routes for stop in route.stops}
    wanted = [each.visit for each in good.unserved if each.reason is not Reason.IMPOSSIBLE][:2]
    visits = tuple(replace(visit, required=visit.id in wanted) for visit in week.visits)
    network = build_network(replace(week, visits=visits))
    worth = Worth(network).beside(np.array([visit.id in made for visit in visits]))
    routes = with_required(network, worth, good.routes, deadline=time.monotonic() + 60)
    judged = evaluate_routes(network.problem, routes)
    assert judged.feasible
    assert set(wanted) <= set(judged.visits_made)
    assert len(made - set(judged.visits_made)) <= 4


def test_an_initial_plan_of_another_problem_is_no_error(week: Problem) -> None:
    """Visits and shifts that are not there any more are left, also where something is required."""
    good = solve(week, replace(ROUTING, time_limit_s=60, solution_limit=5))
    gone = {good.routes[0].stops[0].visit}
    rest = [visit for visit in week.visits if visit.id not in gone]
    fewer = replace(week, shifts=week.shifts[1:], visits=(replace(rest[0], required=True), *rest[1:]))
    plan = solve(fewer, replace(ROUTING, time_limit_s=0.3, initial_plan=good))
    assert [violation.text(str) for violation in evaluate(fewer, plan).violations] == []


def test_required_visits_come_first(week: Problem) -> None:
    """Twenty villages promised to the head of the district are in the plan, though they bring nothing."""
    promised = tuple(replace(v, required=True, prize=0.0) if n < 20 else v for n, v in enumerate(week.visits))
    plan = solve(replace(week, visits=promised), replace(ROUTING, time_limit_s=60, solution_limit=20))
    assert plan.status is PlanStatus.FEASIBLE
    made = {stop.visit for route in plan.routes for stop in route.stops}
    assert {visit.id for visit in promised[:20]} <= made


def test_neighbours_do_not_serve_the_same_people_twice(week: Problem) -> None:
    """Thirty stops reach one community fully: one of them is made for it, the rest of the time goes elsewhere."""
    crowd = Community(CommunityId("pasar"), 150.0)
    visits = tuple(
        replace(visit, prize=0.0, reaches={crowd.id: 1.0}) if n % 2 else replace(visit, prize=40.0)
        for n, visit in enumerate(week.visits)
    )
    plan = solve(
        replace(week, visits=visits, communities=(crowd,)), replace(ROUTING, time_limit_s=60, solution_limit=20)
    )
    made = {stop.visit for route in plan.routes for stop in route.stops}
    assert len([visit for visit in visits if visit.reaches and visit.id in made]) == 1


def test_a_shortfall_is_made_good_where_it_pays(week: Problem) -> None:
    """Ten poor villages at 1,000 points each missing: the van goes there although others bring more by themselves."""
    visits = tuple(
        replace(visit, prize=5.0, tags=frozenset({"far"})) if n < 12 else visit for n, visit in enumerate(week.visits)
    )
    floor = Limit(LimitId("far"), Measure(MeasureKind.VISITS), tag="far", min=10, shortfall_cost=1_000.0)
    problem = replace(week, visits=visits, limits=(floor,))
    plan = solve(problem, replace(ROUTING, time_limit_s=60, solution_limit=20))
    assert not evaluate(problem, plan).shortfalls


def test_the_largest_numbers_of_the_format_do_not_overflow(week: Problem) -> None:
    """Prizes and costs of nearly a billion points: the engine loses decimals, never a rule or the true value."""
    dear = 999_999_999.0
    shifts = tuple(replace(each, fixed_cost=dear, cost_per_km=dear, cost_per_hour=dear) for each in week.shifts[:4])
    visits = tuple(replace(visit, prize=dear, required=n == 0) for n, visit in enumerate(week.visits))
    problem = replace(week, shifts=shifts, visits=visits)
    plan = solve(problem, replace(ROUTING, time_limit_s=60, solution_limit=20))
    assert plan.status is PlanStatus.FEASIBLE
    assert [violation.text(str) for violation in evaluate(problem, plan).violations] == []

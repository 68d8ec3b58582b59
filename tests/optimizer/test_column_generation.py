"""What the proving engine says is true: bounds, optima, impossible, displaced and infeasible, against brute force."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from optimizer import column_generation
from optimizer.evaluate import evaluate
from optimizer.incumbent import EngineLimits, Incumbent
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason
from optimizer.problem import Fixed, Problem, Visit, VisitId
from optimizer.relaxation import Features
from optimizer.solve import Engine, SolveOptions, solve

Problems = Callable[..., st.SearchStrategy[Problem]]
BruteForce = Callable[[Problem], float | None]

PROVING = SolveOptions(time_limit_s=20.0)
SOME_ROUNDS = replace(PROVING, time_limit_s=120.0, solution_limit=12)
quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
few = settings(suppress_health_check=quiet)
many = settings(max_examples=2_000, deadline=None, suppress_health_check=quiet, database=None)


def near(value: float) -> float:
    """The accuracy to which the format tells values."""
    return 1e-6 * max(1.0, abs(value))


def with_required(problem: Problem, visit: VisitId) -> Problem:
    """The problem in which a visit must be made."""
    visits = tuple(replace(each, required=True) if each.id == visit else each for each in problem.visits)
    return replace(problem, visits=visits)


def check_claims(problem: Problem, plan: Plan, best: float | None, brute_force: BruteForce) -> None:
    """Whatever the plan claims holds by trying everything."""
    assert not evaluate(problem, plan).violations
    if plan.status is PlanStatus.INFEASIBLE:
        assert best is None
        return
    if plan.value is not None:
        assert best is not None
        assert plan.value <= best + near(best)
    if plan.bound is not None and best is not None:
        assert plan.bound >= best - near(best)
    for each in plan.unserved:
        if each.reason is Reason.UNDECIDED:
            continue
        forced = brute_force(with_required(problem, each.visit))
        if each.reason is Reason.IMPOSSIBLE:
            assert forced is None
        elif forced is not None:
            assert plan.value is not None
            assert forced <= plan.value + 1e-4 * max(1.0, abs(plan.value)) + near(plan.value)


@few
@given(data=st.data())
def test_claims_hold_on_small_problems(problems: Problems, brute_force: BruteForce, data: st.DataObject) -> None:
    """Over every feature of the format nothing is claimed that is not so."""
    problem = data.draw(problems(max_visits=5))
    check_claims(problem, solve(problem, PROVING), brute_force(problem), brute_force)


@pytest.mark.slow
@seed(2_000)
@many
@given(data=st.data())
def _claims_hold(problems: Problems, brute_force: BruteForce, statuses: list[PlanStatus], data: st.DataObject) -> None:
    problem = data.draw(problems(max_visits=7))
    plan = solve(problem, PROVING)
    statuses.append(plan.status)
    check_claims(problem, plan, brute_force(problem), brute_force)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_two_thousand_problems_are_proved(problems: Problems, brute_force: BruteForce) -> None:
    """Of 2,000 problems of up to 7 visits at least 95 in 100 end optimal or infeasible, and none with a false claim."""
    statuses: list[PlanStatus] = []
    _claims_hold(problems, brute_force, statuses)
    ended = sum(status in {PlanStatus.OPTIMAL, PlanStatus.INFEASIBLE} for status in statuses)
    assert len(statuses) >= 2_000
    assert ended >= 0.95 * len(statuses)


def switches() -> Iterator[Features]:
    """Each optimisation switched off by itself, and all of them."""
    for name in ("completion_bounds", "dominance", "cuts", "enumeration"):
        yield replace(Features(), **{name: False})
    yield Features(memory=1)
    yield Features(completion_bounds=False, dominance=False, cuts=False, enumeration=False, memory=2)


def proved(problem: Problem, features: Features) -> Incumbent:
    """What the engine found and proved with those optimisations."""
    network = build_network(problem)
    incumbent = Incumbent(network, lambda *_: None, lambda: False)
    incumbent.offer({})
    column_generation.run(network, incumbent, EngineLimits(time.monotonic() + 20, None, 1), features=features)
    return incumbent


@few
@given(data=st.data())
def test_optimisations_change_no_answer(problems: Problems, brute_force: BruteForce, data: st.DataObject) -> None:
    """What makes the proof quicker makes it no other: bounds hold, and with the gap closed the optimum is found."""
    problem = data.draw(problems(max_visits=5))
    best = brute_force(problem)
    for features in switches():
        found = proved(problem, features)
        if best is None:
            assert found.value is None
            continue
        assert not found.conflict
        assert found.bound is not None
        assert found.bound >= best - near(best)
        if features.enumeration:
            assert found.value == pytest.approx(best, rel=1.1e-4, abs=1e-6)


@pytest.fixture(scope="module")
def some_rounds(week: Problem) -> Plan:
    """The week after as many rounds as it needs for a first bound, before its proof."""
    return solve(week, SOME_ROUNDS)


def test_the_sample_week_is_proved(week: Problem) -> None:
    """A week of a few vans ends with its proof, each visit left out with what would have to go or that it is barred."""
    plan = solve(week, replace(PROVING, time_limit_s=90.0))
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.gap is not None
    assert plan.gap <= 1e-4
    assert {each.reason for each in plan.unserved} <= {Reason.DISPLACED, Reason.IMPOSSIBLE}


def test_no_engine_beats_the_bound(week: Problem, some_rounds: Plan) -> None:
    """The bound of a short run holds for whatever the other engine finds in a longer one."""
    found = solve(week, SolveOptions(time_limit_s=60.0, solution_limit=100, engine=Engine.ROUTING))
    assert some_rounds.bound is not None
    assert found.value is not None
    assert found.value <= some_rounds.bound + near(some_rounds.bound)


def test_required_visits_that_cannot_share_a_van_are_infeasible(short_week: Problem) -> None:
    """Two visits pinned to the same minutes of one shift: each fits alone; together they are a conflict, by name."""
    shift = short_week.shifts[0]
    first, second, *others = short_week.visits
    start = shift.earliest + 120

    def pinned(visit: Visit) -> Visit:
        window = replace(visit.windows[0], start=start, end=start)
        return replace(visit, windows=(window,), finish_by=None, shifts=None, fixed=Fixed(shift.id, start))

    plan = solve(replace(short_week, visits=(pinned(first), pinned(second), *others)), PROVING)
    assert plan.status is PlanStatus.INFEASIBLE
    assert {first.id, second.id} <= set(plan.conflict)


def test_rounds_and_threads_decide_the_plan_alone(week: Problem, some_rounds: Plan) -> None:
    """After the same number of rounds the plan is the same, whatever the machine and the number of threads."""
    again = solve(week, SOME_ROUNDS)
    side_by_side = solve(week, replace(SOME_ROUNDS, threads=2))
    assert some_rounds.routes == again.routes == side_by_side.routes
    assert some_rounds.bound == again.bound == side_by_side.bound


def test_a_pinned_visit_that_no_route_holds_yet_costs_no_time(short_week: Problem) -> None:
    """A pin where nothing else is planned is served although its dual is larger than everything else together."""
    visit, shift = short_week.visits[-1], short_week.shifts[-1]
    pinned = replace(visit, shifts=None, fixed=Fixed(shift.id))
    plan = solve(replace(short_week, visits=(*short_week.visits[:-1], pinned)), replace(PROVING, time_limit_s=60.0))
    assert visit.id in {stop.visit for route in plan.routes if route.shift == shift.id for stop in route.stops}

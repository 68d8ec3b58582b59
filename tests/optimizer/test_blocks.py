"""A problem that falls into blocks is worth what its blocks are worth, and is solved block by block."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from benchmarks.weeks import quarter
from optimizer.blocks import split
from optimizer.evaluate import evaluate
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason
from optimizer.problem import (
    Community,
    CommunityId,
    Limit,
    LimitId,
    LimitScope,
    Location,
    LocationId,
    Measure,
    MeasureKind,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    VehicleId,
    Visit,
    VisitId,
)
from optimizer.solve import Engine, SolveOptions, solve

VISITS = Measure(MeasureKind.VISITS)
many = settings(suppress_health_check=[HealthCheck.too_slow])


def shift(day: int) -> Shift:
    """The van's day, 07:30 to 16:00."""
    office = LocationId("office")
    return Shift(
        ShiftId(f"van/{day}"), VehicleId("van"), office, office, day * 1_440 + 450, day * 1_440 + 960, cost_per_km=0.5
    )


def visit(name: str, *days: int) -> Visit:
    """A hall of 40 people that can be visited on those days, for 200 minutes."""
    windows = tuple(TimeWindow(day * 1_440 + 480, day * 1_440 + 780) for day in days)
    return Visit(VisitId(name), LocationId(f"place-{name[0]}"), 40.0, 200, windows)


@pytest.fixture
def fortnight() -> Problem:
    """
    One van, two Mondays and two Tuesdays; three halls want it in the first week, two in the second.

    Two halls a day are all it can do, so of three on one day only two are made.
    """
    places = [Location(LocationId("office"), 99.5, 3.2)]
    places += [Location(LocationId(f"place-{name}"), 99.5 + at / 100, 3.2) for at, name in enumerate("abcde", 1)]
    return Problem(
        "fortnight",
        date(2026, 12, 7),
        "Asia/Jakarta",
        tuple(places),
        tuple(shift(day) for day in (0, 1, 7, 8)),
        (visit("a", 0, 1), visit("b", 0), visit("c", 0), visit("d", 7, 8), visit("e", 8)),
        horizon_days=14,
    )


def halved(problem: Problem) -> Problem:
    """Every other visit is allowed on every other shift only, so that much falls into blocks."""
    halves = [frozenset(each.id for each in problem.shifts[at::2]) for at in range(2)]
    visits = [
        each
        if each.fixed is not None
        else replace(each, shifts=halves[at % 2] if each.shifts is None else each.shifts & halves[at % 2])
        for at, each in enumerate(problem.visits)
    ]
    return replace(problem, visits=tuple(visits))


def names(problem: Problem) -> list[set[str]]:
    """The visits of each block."""
    return [{visit.id for visit in block.visits} for block in split(build_network(problem))]


def test_weeks_that_share_no_visit_are_blocks(fortnight: Problem) -> None:
    """Monday and Tuesday of a week hang together by the hall that may be visited on either; the weeks do not."""
    first, second = split(build_network(fortnight))
    assert [each.id for each in first.shifts] == ["van/0", "van/1"]
    assert [each.id for each in second.visits] == ["d", "e"]
    assert first.horizon_days == second.horizon_days == 14, "times keep their meaning"


def test_what_adds_visits_up_joins_them_where_it_can_bind(fortnight: Problem) -> None:
    """A rule over visits of both weeks makes one block of them, unless all of them together keep it."""
    visits = fortnight.visits
    cards = Limit(LimitId("stops"), VISITS, max=5)
    assert len(names(replace(fortnight, limits=(cards,)))) == 2
    assert len(names(replace(fortnight, limits=(replace(cards, max=4),)))) == 1
    assert len(names(replace(fortnight, limits=(replace(cards, min=1, shortfall_cost=1.0),)))) == 1
    assert len(names(replace(fortnight, limits=(replace(cards, max=1, per=LimitScope.VEHICLE),)))) == 1
    assert len(names(replace(fortnight, limits=(replace(cards, max=1, per=LimitScope.VEHICLE_WEEK),)))) == 2
    halves = replace(fortnight, visits=(replace(visits[0], group="a"), *visits[1:4], replace(visits[4], group="a")))
    assert len(names(halves)) == 1
    people = Community(CommunityId("a"), 10.0)
    for share, blocks in ((0.5, 2), (0.6, 1)):
        reaching = [replace(visits[at], reaches={people.id: share}) for at in (0, 4)]
        reached = replace(fortnight, communities=(people,), visits=(reaching[0], *visits[1:4], reaching[1]))
        assert len(names(reached)) == blocks


def test_a_visit_that_nobody_can_make_is_in_no_block(fortnight: Problem) -> None:
    """The limit that bars it joins nothing and is in no block; the visit must not come to life there."""
    work = Limit(LimitId("work"), Measure(MeasureKind.WORK_MIN), max=420)
    heavy = replace(visit("b", 1), id=VisitId("heavy"), work_min=430)
    problem = replace(fortnight, visits=(visit("a", 0), visit("d", 7), heavy))
    assert len(names(problem)) == 3
    problem = replace(problem, limits=(work,))
    assert names(problem) == [{"a"}, {"d"}]
    plan = solve(problem)
    assert plan.status is PlanStatus.OPTIMAL
    assert [(each.visit, each.reason) for each in plan.unserved] == [("heavy", Reason.IMPOSSIBLE)]
    assert evaluate(problem, plan).violations == ()


def test_shortfall_of_a_minimum_that_no_visit_can_meet_is_paid_once(fortnight: Problem) -> None:
    """Every plan of the whole pays it, so one block has to."""
    wanted = Limit(LimitId("wanted"), VISITS, tag="nobody", min=2, shortfall_cost=3.0)
    without, paying = solve(fortnight), solve(replace(fortnight, limits=(wanted,)))
    assert without.value is not None
    assert paying.value == pytest.approx(without.value - 6)
    assert paying.status is PlanStatus.OPTIMAL


def test_a_required_visit_that_fits_nowhere_is_told_by_the_whole(fortnight: Problem) -> None:
    """A block without a plan leaves the whole without one, and the conflict names the visits."""
    on_one_day = tuple(replace(visit(name, 0), required=True) for name in "abc")
    problem = replace(fortnight, visits=(*on_one_day, visit("d", 7)))
    assert len(names(problem)) == 2
    plan = solve(problem)
    assert plan.status is PlanStatus.INFEASIBLE
    assert set(plan.conflict) >= {"a", "b", "c"}


@pytest.mark.parametrize("engine", Engine)
def test_plans_of_blocks_are_joined_and_every_better_one_is_handed_on(fortnight: Problem, engine: Engine) -> None:
    """Whoever listens gets whole plans only, each better than the one before or with a better bound."""
    seen: list[Plan] = []
    options = SolveOptions(engine=engine, time_limit_s=4, solution_limit=50)
    plan = solve(fortnight, options, on_plan=seen.append)
    assert {stop.visit for route in plan.routes for stop in route.stops} == {"a", "b", "c", "d", "e"}
    assert evaluate(fortnight, plan).violations == ()
    assert all(evaluate(fortnight, each).violations == () for each in seen)
    values = [each.value or 0.0 for each in seen]
    assert values == sorted(values)
    if engine is Engine.COLUMN_GENERATION:
        assert plan.status is PlanStatus.OPTIMAL


def test_a_quarter_of_two_halves_is_proved_half_by_half() -> None:
    """
    Hubs are visited once in each half of this quarter, so its halves share nothing.

    GLOP's presolve gave up on the linear program of one of them, and the run broke off.
    """
    problem = quarter(1)
    assert [len(block.visits) for block in split(build_network(problem))] == [120, 120]
    plan = solve(problem, SolveOptions(time_limit_s=90))
    assert evaluate(problem, plan).violations == ()
    assert plan.gap is not None
    assert plan.gap <= 0.01


@many
@given(data=st.data())
def test_the_optimum_is_the_sum_over_blocks(
    problems: Callable[..., st.SearchStrategy[Problem]],
    brute_force: Callable[[Problem], float | None],
    data: st.DataObject,
) -> None:
    """Over every feature of the format: were the step not exact, some problem would be worth more or less."""
    problem = halved(data.draw(problems(max_visits=5, max_shifts=4)))
    blocks = split(build_network(problem))
    event(f"blocks: {len(blocks)}")
    values = [brute_force(block) for block in blocks]
    whole = brute_force(problem)
    if whole is None:
        assert None in values
    else:
        assert sum(value for value in values if value is not None) == pytest.approx(whole)
        assert None not in values


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_problems_in_blocks_are_proved_as_well(
    problems: Callable[..., st.SearchStrategy[Problem]],
    brute_force: Callable[[Problem], float | None],
    data: st.DataObject,
) -> None:
    """The sum of the blocks' bounds is reached by the joined plan, and is the optimum that brute force finds."""
    problem = halved(data.draw(problems(max_visits=5, max_shifts=4)))
    assume(len(names(problem)) > 1)
    plan = solve(problem, SolveOptions(time_limit_s=20))
    best = brute_force(problem)
    if best is None:
        assert plan.status is PlanStatus.INFEASIBLE
    else:
        assert plan.status is PlanStatus.OPTIMAL
        assert plan.value == pytest.approx(best)
        assert evaluate(problem, plan).violations == ()

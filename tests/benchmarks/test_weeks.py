"""Generated weeks: the same for the same seed, of the promised size, and rich ones with every feature of the format."""

from collections.abc import Callable

import pytest

from benchmarks.weeks import big_week, quarter, rich_week, sized_week, week
from optimizer.evaluate import evaluate
from optimizer.instance import read_problem, sha256_of, write_problem
from optimizer.plan import PlanStatus
from optimizer.problem import LimitScope, MeasureKind, Problem, TravelTimes
from optimizer.solve import Engine, SolveOptions, solve


def test_a_seed_gives_the_same_bytes_for_ever() -> None:
    """Expected gaps are kept in the tree and rest on these problems: a change of the generator must be seen here."""
    documents = [write_problem(problem) for problem in (week(6, 3, 1, 1), rich_week(1, villages=12, schools=4, vans=3))]
    assert [sha256_of(document)[:16] for document in documents] == ["064500565765548a", "b0de5031fbcaff86"]
    assert write_problem(week(6, 3, 1, 2)) != documents[0]


@pytest.mark.parametrize(
    "make, visits, shifts",
    [
        (lambda: week(150, 60, 5, 7), 210, 25),
        (lambda: big_week(1), 420, 50),
        (lambda: rich_week(1), 210, 25),
        (lambda: quarter(1), 240, 130),
        (lambda: sized_week(50, 1), 50, 5),
        (lambda: sized_week(1_000, 1), 1_000, 120),
    ],
)
def test_sizes_are_those_of_the_series(make: Callable[[], Problem], visits: int, shifts: int) -> None:
    """Each maker gives the size that its name promises, and a document that the format accepts."""
    problem = make()
    assert (len(problem.visits), len(problem.shifts)) == (visits, shifts)
    assert len(read_problem(write_problem(problem)).visits) == visits


def test_a_plain_week_asks_for_more_than_can_be_served() -> None:
    """Choosing among visits is the point: stays alone, without any driving, must exceed the time of all shifts."""
    problem = week(150, 60, 5, 1)
    stays = sum(visit.service_duration(1) for visit in problem.visits)
    assert stays > 1.3 * sum(shift.latest - shift.earliest for shift in problem.shifts)


def test_a_rich_week_has_every_feature_of_the_format() -> None:
    """What the rich set does not hold is measured nowhere: each field of the format must differ from its default."""
    problem = rich_week(1)
    shifts, visits, limits = problem.shifts, problem.visits, problem.limits
    assert isinstance(problem.travel, TravelTimes)
    assert problem.communities
    for field in ("pauses", "overtime_max", "overtime_cost", "fixed_cost", "cost_per_hour", "max_stops", "skills"):
        assert any(getattr(shift, field) for shift in shifts), field
    for field in ("required", "setup_min", "finish_by", "skills", "shifts", "shift_cost", "group", "reaches", "fixed"):
        assert any(getattr(visit, field) for visit in visits), field
    assert len({shift.kits for shift in shifts}) > 1
    assert {len(shift.capacity) for shift in shifts} == {2}
    assert len({(shift.start_location, shift.end_location) for shift in shifts}) > 1
    assert any(window.cost for visit in visits for window in visit.windows)
    assert any(visit.fixed is not None and visit.fixed.start is not None for visit in visits)
    assert {limit.measure.kind for limit in limits} == set(MeasureKind)
    assert {limit.per for limit in limits} == set(LimitScope)
    assert any(limit.min is not None and limit.shortfall_cost is None for limit in limits)
    assert any(limit.shortfall_cost for limit in limits)


def test_rich_driving_breaks_the_triangle_inequality() -> None:
    """The format does not promise it, so the richest set must not keep it."""
    minutes = rich_week(1, villages=20, schools=5, vans=3).travel_times.duration_min
    shortest = (minutes[:, :, None] + minutes[None, :, :]).min(axis=1)
    assert (shortest < minutes).any()
    assert (minutes != minutes.T).any()


def test_a_rich_week_has_a_plan() -> None:
    """Hard rules must leave room, or the set would only measure who says 'infeasible' first."""
    problem = rich_week(3, villages=60, schools=20, vans=3)
    plan = solve(problem, SolveOptions(time_limit_s=60, solution_limit=1, engine=Engine.ROUTING))
    assert plan.status in {PlanStatus.FEASIBLE, PlanStatus.OPTIMAL}
    assert evaluate(problem, plan).feasible

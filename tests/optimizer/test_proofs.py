"""Every rule that bars a visit is named in words, and what is called impossible or infeasible is so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optimizer.evaluate import evaluate
from optimizer.network import build_network
from optimizer.plan import PlanStatus
from optimizer.problem import (
    Fixed,
    Limit,
    LimitId,
    LimitScope,
    Measure,
    MeasureKind,
    Problem,
    ShiftId,
    TimeWindow,
    VisitId,
)
from optimizer.proofs import describe_barrier, find_barriers, find_conflict
from optimizer.solve import SolveOptions, solve

BruteForce = Callable[[Problem], float | None]
ASKED = VisitId("desa-0")
MONDAY = ShiftId("van-0/0")


@pytest.fixture
def small_week(week: Problem) -> Problem:
    """Two vans, Monday and Tuesday, four villages: small enough for trying everything."""
    shifts = tuple(shift for shift in week.shifts if shift.earliest < 2 * 1_440)
    return replace(week, shifts=shifts, visits=week.visits[:4])


def ask(problem: Problem, **changes: Any) -> Problem:  # noqa: ANN401 (any field of a visit)
    """The problem with another first visit."""
    return replace(problem, visits=(replace(problem.visits[0], **changes), *problem.visits[1:]))


def limited(problem: Problem, kind: MeasureKind, most: int, per: LimitScope) -> Problem:
    """The problem with a maximum."""
    return replace(problem, limits=(Limit(LimitId("cap"), Measure(kind), per=per, max=most),))


CASES: dict[str, tuple[Callable[[Problem], Problem], str]] = {
    "skill": (lambda p: ask(p, skills=frozenset({"boat"})), "the van lacks boat"),
    "no shift": (lambda p: ask(p, shifts=frozenset()), "not allowed"),
    "window": (lambda p: ask(p, windows=(TimeWindow(0, 100),)), "no time window falls within working hours"),
    "pause": (lambda p: ask(p, windows=(TimeWindow(725, 779),)), "no time window falls within working hours"),
    "too far": (lambda p: ask(p, windows=(TimeWindow(450, 450),)), "cannot be there before the last window ends"),
    "finish": (lambda p: ask(p, finish_by=480), "cannot end by 08:00"),
    "back": (lambda p: ask(p, windows=(TimeWindow(955, 960),)), "cannot be back by 16:00"),
    "day off": (lambda p: ask(p, windows=(TimeWindow(8_640, 8_700),)), "Sunday: no van works"),
    "capacity": (
        lambda p: replace(
            ask(p, demand={"id_card": 9}), shifts=tuple(replace(s, capacity={"id_card": 8}) for s in p.shifts)
        ),
        "needs 9 of id_card, the van has 8",
    ),
    "work": (
        lambda p: limited(ask(p, work_min=150), MeasureKind.WORK_MIN, 149, LimitScope.VEHICLE_WEEK),
        "limit cap allows 149, the visit comes to 150",
    ),
    "duty": (
        lambda p: limited(p, MeasureKind.DUTY_MIN, 60, LimitScope.VEHICLE),
        "limit cap allows 60 minutes on duty",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_rule_is_named(small_week: Problem, brute_force: BruteForce, case: str) -> None:
    """A planner reads which rule bars the visit; trying everything agrees that nothing helps."""
    change, words = CASES[case]
    problem = change(small_week)
    network = build_network(problem)
    barriers = find_barriers(network)
    assert words in describe_barrier(network, 0, barriers[0], str)
    required = ask(problem, required=True)
    assert brute_force(required) is None
    conflict = find_conflict(build_network(required), find_barriers(build_network(required)))
    assert ASKED in conflict


def test_a_visit_that_fits_is_not_barred(small_week: Problem) -> None:
    """All four villages are within a day's reach."""
    assert find_barriers(build_network(small_week)) == {}


def test_a_required_visit_of_its_group_is_in_the_way(small_week: Problem, brute_force: BruteForce) -> None:
    """The other half of an offer is impossible once one is promised."""
    first, second, *others = small_week.visits
    halves = (replace(first, group="halves"), replace(second, group="halves", required=True), *others)
    problem = replace(small_week, visits=halves)
    network = build_network(problem)
    barriers = find_barriers(network)
    assert list(barriers) == [0]
    assert second.id in describe_barrier(network, 0, barriers[0], str)
    both = ask(problem, required=True)
    assert brute_force(both) is None
    assert set(find_conflict(build_network(both), find_barriers(build_network(both)))) == {first.id, second.id}


def test_required_visits_use_a_limit_up(small_week: Problem, brute_force: BruteForce) -> None:
    """Two visits a week, both promised: the others are impossible, and the text names what is in their way."""
    promised = tuple(replace(visit, required=n in {1, 2}) for n, visit in enumerate(small_week.visits))
    problem = limited(replace(small_week, visits=promised), MeasureKind.VISITS, 2, LimitScope.PLAN)
    network = build_network(problem)
    barriers = find_barriers(network)
    assert list(barriers) == [0, 3]
    text = describe_barrier(network, 0, barriers[0], str)
    assert "cap" in text
    assert "desa-1" in text
    assert brute_force(problem) is not None
    assert brute_force(ask(problem, required=True)) is None


def test_pins_that_do_not_fit_together_are_named(small_week: Problem, brute_force: BruteForce) -> None:
    """A van with one stop a day cannot keep two pins on Monday."""
    shifts = tuple(replace(shift, max_stops=1) for shift in small_week.shifts)
    pinned = tuple(replace(visit, fixed=Fixed(MONDAY)) for visit in small_week.visits[:2])
    problem = replace(small_week, shifts=shifts, visits=(*pinned, *small_week.visits[2:]))
    plan = solve(problem, SolveOptions(time_limit_s=0.2))
    assert plan.status is PlanStatus.INFEASIBLE
    assert set(plan.conflict) == {pinned[0].id, pinned[1].id, MONDAY}
    assert brute_force(problem) is None
    assert evaluate(problem, plan).feasible


def test_a_hard_minimum_that_all_visits_miss_is_infeasible(small_week: Problem, brute_force: BruteForce) -> None:
    """Five visits are promised where four are asked for; with a price on the shortfall it is a plan with a loss."""
    promise = Limit(LimitId("five"), Measure(MeasureKind.VISITS), min=5)
    problem = replace(small_week, limits=(promise,))
    plan = solve(problem, SolveOptions(time_limit_s=0.2))
    assert plan.status is PlanStatus.INFEASIBLE
    assert plan.conflict == (promise.id,)
    assert brute_force(problem) is None
    soft = replace(problem, limits=(replace(promise, shortfall_cost=3.0),))
    assert solve(soft, SolveOptions(time_limit_s=5.0)).status is PlanStatus.OPTIMAL


def test_days_with_the_same_rule_stand_together(small_week: Problem) -> None:
    """One sentence a rule, not one a day."""
    problem = ask(small_week, windows=(TimeWindow(955, 960), TimeWindow(2_395, 2_400), TimeWindow(8_640, 8_700)))
    network = build_network(problem)
    text = describe_barrier(network, 0, find_barriers(network)[0], str)
    assert text == "Monday, Tuesday: the van cannot be back by 16:00. Sunday: no van works."


def test_later_weeks_are_told_apart(small_week: Problem) -> None:
    """In a month there are four Sundays."""
    window = TimeWindow(13 * 1_440 + 500, 13 * 1_440 + 600)
    problem = ask(replace(small_week, horizon_days=14), windows=(window,))
    network = build_network(problem)
    assert "Sunday of week 2: no van works" in describe_barrier(network, 0, find_barriers(network)[0], str)


def test_a_pinned_visit_of_a_group_leaves_no_place(small_week: Problem) -> None:
    """A pin is as binding as `required`."""
    first, second, *others = small_week.visits
    pinned = replace(second, group="places", fixed=Fixed(MONDAY))
    problem = replace(small_week, visits=(replace(first, group="places"), pinned, *others))
    assert list(find_barriers(build_network(problem))) == [0]


def test_a_visit_without_any_shift_is_impossible(small_week: Problem) -> None:
    """A week without vans has no plan but the empty one, and says so of every visit."""
    plan = solve(replace(small_week, shifts=()), SolveOptions(time_limit_s=0.2))
    assert plan.value == 0
    assert {unserved.text for unserved in plan.unserved} == {"On every day: no van works."}

"""
Peers get models that say the same as the problem: their plans keep its rules, and what they cannot say they name.

The peers are installed in the environment of `make bench` only; elsewhere these tests are skipped.
"""

import time
from dataclasses import replace

import pytest

from benchmarks.judged import judge, plan_from_sequences
from benchmarks.peer import list_lacks
from benchmarks.weeks import rich_week, week
from optimizer.problem import Limit, LimitId, LimitScope, Measure, MeasureKind, Problem, ShiftId, TimeWindow, VisitId


@pytest.fixture
def small() -> Problem:
    """A week of one van, 12 visits, and a stop limit, kits and skills that differ by the day."""
    plain = week(8, 4, 1, 1)
    shifts = [
        replace(shift, kits=1 + at % 2, max_stops=2, skills=frozenset({"ramp"} if at % 2 else ()))
        for at, shift in enumerate(plain.shifts)
    ]
    first, second, *rest = plain.visits
    visits = (replace(first, required=True), replace(second, skills=frozenset({"ramp"})), *rest)
    return replace(plain, shifts=tuple(shifts), visits=visits)


@pytest.mark.parametrize("peer", ["pyvrp", "vroom"])
def test_a_peer_keeps_the_rules_that_it_was_given(peer: str, small: Problem) -> None:
    """Windows on several days, kits, skills, capacity and stops a day are all said, so no plan may break one."""
    pytest.importorskip(peer)
    search = {"pyvrp": "solve_with_pyvrp", "vroom": "solve_with_vroom"}[peer]
    module = pytest.importorskip(f"benchmarks.{peer}_model")
    assert list_lacks(peer, small) == []
    found = getattr(module, search)(small, time.monotonic() + 1, 1)
    judged = judge(small, plan_from_sequences(small, found.sequences, peer, 1.0))
    assert judged.broken == ()
    assert judged.served >= 5
    if found.trace:
        assert found.trace[-1][1] == pytest.approx(judged.value, abs=0.05)


def test_pyvrp_weighs_what_shifts_and_windows_cost(small: Problem) -> None:
    """Groups, window costs, shift costs, pauses, overtime and hourly cost are in its model: its cost is our value."""
    pytest.importorskip("pyvrp")
    module = pytest.importorskip("benchmarks.pyvrp_model")
    rich = rich_week(1, villages=20, schools=8, vans=1)
    plain = [
        replace(visit, reaches={}, required=False, fixed=None, finish_by=None, demand=visit.demand)
        for visit in rich.visits
    ]
    a_day = Limit(LimitId("a day"), Measure(MeasureKind.WORK_MIN), per=LimitScope.SHIFT, max=400)
    problem = replace(rich, visits=tuple(plain), communities=(), limits=(a_day,))
    assert module.pyvrp_lacks(problem) == []
    found = module.solve_with_pyvrp(problem, time.monotonic() + 2, 1)
    judged = judge(problem, plan_from_sequences(problem, found.sequences, "pyvrp", 2.0))
    assert judged.broken == ()
    # It starts every service as early as it can, while the judged times wait for a cheaper window where that pays.
    assert judged.value is not None
    assert judged.value >= found.trace[-1][1] - 0.5


@pytest.mark.parametrize("peer", ["pyvrp", "vroom"])
def test_a_peer_names_what_it_cannot_say(peer: str) -> None:
    """Communities and limits of the plan have no counterpart: the peer must not be measured on another problem."""
    pytest.importorskip(peer)
    lacks = " ".join(list_lacks(peer, rich_week(1, villages=20, schools=8, vans=2)))
    assert "communities" in lacks
    assert "limits" in lacks


def test_one_client_stands_for_all_days_with_the_same_hours() -> None:
    """A visit open at the same hours on five days is one client, not five in a group: the model stays small."""
    pytest.importorskip("pyvrp")
    module = pytest.importorskip("benchmarks.pyvrp_model")
    daily = replace(week(8, 4, 1, 1), name="daily")
    windows = tuple(TimeWindow(day * 1_440 + 480, day * 1_440 + 600) for day in range(5))
    visits = tuple(replace(visit, windows=windows) for visit in daily.visits)
    data = module.PyVrpModel(module.build_network(replace(daily, visits=visits))).data()
    assert data.num_clients == len(visits)
    assert data.num_groups == 0


def test_vroom_joins_windows_that_overlap() -> None:
    """VROOM refuses windows that overlap; joined they allow the same minutes."""
    pytest.importorskip("vroom")
    module = pytest.importorskip("benchmarks.vroom_model")
    problem = week(8, 4, 1, 1)
    twice = replace(problem.visits[0], windows=(TimeWindow(450, 600), TimeWindow(500, 900), TimeWindow(1_900, 2_000)))
    problem = replace(problem, visits=(twice, *problem.visits[1:]))
    found = module.solve_with_vroom(problem, time.monotonic() + 2, 1)
    sequences = found.sequences or {}
    assert judge(problem, plan_from_sequences(problem, sequences, "vroom", 2.0)).broken == ()
    assert {ShiftId(shift) for shift in sequences} <= set(problem.shift_by_id)
    assert all(
        isinstance(visit, str) and VisitId(visit) in problem.visit_by_id for v in sequences.values() for visit in v
    )

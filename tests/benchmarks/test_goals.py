"""Goals: what counts as reached, from gaps that a run proved itself, from peers on the same week, and from waits."""

from dataclasses import replace

import pytest

from benchmarks.answers import Answered, measure_answers
from benchmarks.cases import Case
from benchmarks.goals import OURS, answer_rows, goal_rows, peer_rows
from benchmarks.measure import Measured
from benchmarks.weeks import week

RUN = Measured("weekly", "a", 210, 25, OURS, 10, 1, value=995.0, bound=1000.0, status="feasible")


def test_a_goal_counts_the_gap_that_the_run_itself_proved() -> None:
    """Half a percent is within the must of 10 s and not the aim; a better bound of a longer run changes nothing."""
    longer = replace(RUN, limit_s=60, value=995.0, bound=995.0, status="optimal")
    rows = goal_rows([RUN, longer])
    assert rows[0] == ["weekly", "10 s", "0.7 %", "0.3 %", "0.50 %", "0 of 1", "must"]
    assert rows[1] == ["weekly", "60 s", "–", "0.05 %", "0.00 %", "1 of 1", "aim"]


def test_a_run_without_a_bound_reaches_nothing() -> None:
    """One run without a proof is enough: the mean of the others would hide it."""
    rows = goal_rows([RUN, replace(RUN, instance="b", bound=None)])
    assert rows[0][-3:] == ["–", "0 of 2", "no"]


@pytest.mark.parametrize("peer, reached", [(900.0, "aim"), (980.0, "must"), (996.0, "no")])
def test_a_week_is_won_by_a_higher_value_than_any_peer(peer: float, reached: str) -> None:
    """Of 100 points that the peer leaves 95 are closed, of 20 points 15; a peer above ours is a goal missed."""
    rows = peer_rows([RUN, replace(RUN, engine="pyvrp", value=peer, bound=None)])
    assert [row[-1] for row in rows] == [reached]


def test_no_row_without_a_peer() -> None:
    """Alone, nobody is beaten."""
    assert peer_rows([RUN]) == []


def test_waits_and_memory_are_held_against_their_goals() -> None:
    """Four seconds are within a must of 5 and not an aim of 2; a quarter may take 1.5 GB."""
    quarter = replace(RUN, set="quarter", memory_mb=1_700.0)
    rows = answer_rows([Answered("lost van", "a", 5.0, 2.0, 4.0, "")], [quarter])
    assert [row[-1] for row in rows] == ["must", "no"]


def test_every_answer_is_measured_on_a_week_of_five_vans() -> None:
    """Start-up, first plan, a lost van with two limits, and why each visit is left out; other weeks are not asked."""
    cases = [Case("weekly", week(14, 4, 5, 1)), Case("weekly", week(8, 2, 1, 1))]
    answers = list(measure_answers(cases))
    assert len(answers) == 5
    assert {each.instance for each in answers} == {"–", cases[0].name}
    assert all(each.seconds > 0 and each.found for each in answers)

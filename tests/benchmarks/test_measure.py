"""Engines are measured as whole processes, and the quick bench fails where a gap has become worse."""

import json

import pytest

from benchmarks import quick
from benchmarks.cases import Case, cases_of, list_sets
from benchmarks.judged import judge, plan_from_sequences
from benchmarks.measure import measure
from benchmarks.weeks import week
from optimizer.plan import Plan, PlanStatus


def test_our_command_is_measured_from_outside() -> None:
    """Seconds, memory, plan and progress of `moling solve` are those of the process, and the judge gives the value."""
    found = measure(Case("weekly", week(8, 4, 1, 1)), "routing", 3.0, 1)
    assert found.note == ""
    assert found.value is not None
    assert found.value > 0
    assert found.served > 0
    assert 0 < found.seconds <= 4.0
    assert found.memory_mb > 10
    # Progress shows a decimal, so the last value seen may be rounded up by half of it.
    assert found.trace[-1][1] == pytest.approx(found.value, abs=0.051)


def test_an_engine_that_refuses_is_noted() -> None:
    """A limit that is too short ends `moling solve` with one line and no plan: the result says so, the run goes on."""
    found = measure(Case("weekly", week(8, 4, 1, 1)), "routing", 1.0, 1)
    assert found.value is None
    assert found.note.startswith("no answer: exit code 2")


def test_every_set_has_instances_or_needs_the_public_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated sets are there for everyone; public ones are empty without their folder, never an error."""
    monkeypatch.delenv("MOLING_TEST_DATA", raising=False)
    counts = {name: len(cases_of(name)) for name in list_sets() if name != "series"}
    assert all(counts[name] for name in ("weekly", "big", "rich", "quarter"))
    assert not any(count for name, count in counts.items() if "vrptw" in name or "mtw" in name)


@pytest.fixture
def plan() -> Plan:
    """A plan worth what one visit of a small week brings."""
    problem = week(8, 4, 1, 1)
    visit = max(problem.visits, key=lambda each: each.prize)
    return plan_from_sequences(problem, {problem.shifts[visit.windows[0].start // 1_440].id: [visit.id]}, "ours", 1.0)


def test_a_worse_gap_is_a_complaint(plan: Plan) -> None:
    """A plan at 90 % of the reference passes where 10 % is expected, and not where 9 % is."""
    assert plan.value is not None
    reference = plan.value / 0.9
    assert quick.compare("w", {"ours": plan}, {"reference": reference, "gaps": {"ours": 0.1}}) == []
    (complaint,) = quick.compare("w", {"ours": plan}, {"reference": reference, "gaps": {"ours": 0.09}})
    assert "10.0000%" in complaint


def test_an_engine_without_an_expected_gap_is_a_complaint(plan: Plan) -> None:
    """A new engine or case must be written down, or the bench would pass without comparing anything."""
    assert quick.compare("w", {"ours": plan}, {}) == [
        "w: no gap of ours is expected yet; call with --update and commit the file."
    ]


def test_expected_gaps_are_of_the_cases_that_run() -> None:
    """The file in the tree holds each case of the quick bench and no other."""
    expected = json.loads(quick.EXPECTED.read_text())
    assert set(expected) == {make().name for make in quick.CASES}


def test_an_answer_without_a_plan_has_no_value() -> None:
    """Where an engine found no plan there is nothing to judge, and no value may be made up."""
    nothing = Plan("w", "", PlanStatus.UNKNOWN, None, None, 1.0, "ours")
    assert judge(week(8, 4, 1, 1), nothing).value is None

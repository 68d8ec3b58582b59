"""What a solve leaves behind: it reads back as written, helps later solves, and no answer rests on it."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.errors import InvalidStateError
from optimizer.evaluate import evaluate
from optimizer.plan import PlanStatus
from optimizer.problem import Problem, ShiftId, VehicleId, VisitId
from optimizer.solve import SolveOptions, solve
from optimizer.state import KnownRoute, State, read_state, write_state

Problems = Callable[..., st.SearchStrategy[Problem]]
BruteForce = Callable[[Problem], float | None]
quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def state_of(problem: Problem) -> State:
    """What solving a problem leaves behind."""
    kept: list[State] = []
    solve(problem, SolveOptions(time_limit_s=60.0, instance_sha256="ab"), on_state=kept.append)
    (state,) = kept
    return state


def test_a_state_reads_back_as_written(short_week: Problem) -> None:
    """Nothing is lost on the way through a file; the hash of the instance is in it."""
    state = state_of(short_week)
    assert state.routes
    assert state.instance_sha256 == "ab"
    assert read_state(write_state(state)) == state


def document(**changed: object) -> bytes:
    """A state document that names one set of shifts and nothing else, with some fields changed."""
    fields = {
        "format": "moling/state",
        "version": 1,
        "instance_sha256": "",
        "shifts": [["s"]],
        "routes": [],
        "cuts": [],
    }
    return json.dumps({**fields, **changed}).encode()


@pytest.mark.parametrize(
    "data, words",
    [
        (b"{}", "field 'format' is missing"),
        (document(format="moling/plan"), "it must be 'moling/state'"),
        (document(routes=[[1, "a"]]), "route 1 names shifts 1; there are 1"),
        (document(routes=[["a"]]), "must be a whole number"),
        (document(cuts=[["a", 1]]), "must be a text"),
    ],
)
def test_what_is_no_state_is_refused(data: bytes, words: str) -> None:
    """One sentence says what is wrong with it."""
    with pytest.raises(InvalidStateError, match="State") as refused:
        read_state(data)
    assert words in str(refused.value)


def test_a_state_gives_the_plan_again_at_once(short_week: Problem) -> None:
    """From its own state a problem has a plan as good as before after a single linear program."""
    kept: list[State] = []
    before = solve(short_week, SolveOptions(time_limit_s=60.0), on_state=kept.append)
    assert before.value is not None
    quick = solve(short_week, SolveOptions(time_limit_s=20.0, prove=False, state=kept[0]))
    assert quick.value is not None
    assert quick.value >= 0.98 * before.value
    again = solve(short_week, SolveOptions(time_limit_s=60.0, state=kept[0]))
    assert again.value == pytest.approx(before.value, rel=1e-4)


def test_a_state_survives_a_lost_van_and_a_lost_visit(short_week: Problem) -> None:
    """Routes over what is gone are dropped, the others serve the vans that are left; the plan keeps all rules."""
    state = state_of(short_week)
    lost = short_week.shifts[0].vehicle
    gone = state.routes[0].visits[0]
    changed = replace(
        short_week,
        shifts=tuple(shift for shift in short_week.shifts if shift.vehicle != lost),
        visits=tuple(visit for visit in short_week.visits if visit.id != gone),
    )
    plan = solve(changed, SolveOptions(time_limit_s=60.0, state=state))
    fresh = solve(changed, SolveOptions(time_limit_s=60.0))
    assert not evaluate(changed, plan).violations
    assert plan.value == pytest.approx(fresh.value, rel=2e-4)


@settings(suppress_health_check=quiet)
@given(data=st.data())
def test_no_state_makes_an_answer_wrong(problems: Problems, brute_force: BruteForce, data: st.DataObject) -> None:
    """Whatever routes and cuts a state names, of this problem or of none, the optimum and the bound stay true."""
    problem = data.draw(problems(max_visits=5))
    visits = st.sampled_from([*(visit.id for visit in problem.visits), VisitId("of another week")])
    shifts = st.sampled_from([*(shift.id for shift in problem.shifts), ShiftId("of another week")])
    names = st.lists(visits, min_size=1, max_size=4, unique=True).map(tuple)
    state = State(
        "",
        shifts=tuple(data.draw(st.lists(st.lists(shifts, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3))),
        routes=tuple(data.draw(st.lists(st.builds(KnownRoute, st.just(0), names), max_size=6))),
        cuts=tuple(data.draw(st.lists(st.lists(visits, min_size=1, max_size=3, unique=True).map(tuple), max_size=4))),
    )
    plan = solve(problem, SolveOptions(time_limit_s=20.0, state=state))
    best = brute_force(problem)
    assert not evaluate(problem, plan).violations
    if plan.status is PlanStatus.INFEASIBLE:
        assert best is None
    elif best is not None and plan.status is PlanStatus.OPTIMAL:
        assert plan.value == pytest.approx(best, rel=1.1e-4, abs=1e-6)
    if plan.bound is not None and best is not None:
        assert plan.bound >= best - 1e-6 * max(1.0, abs(best))


def test_shifts_of_a_new_van_take_over_known_routes(short_week: Problem) -> None:
    """Only the names of shifts decide who can drive a known route: unknown ones are of no use, and do no harm."""
    state = state_of(short_week)
    renamed = replace(
        short_week,
        shifts=tuple(
            replace(shift, id=ShiftId(f"new {shift.id}"), vehicle=VehicleId("new"))
            for shift in short_week.shifts
            if shift.vehicle == short_week.shifts[0].vehicle
        ),
    )
    plan = solve(renamed, SolveOptions(time_limit_s=60.0, state=state))
    assert plan.status in {PlanStatus.OPTIMAL, PlanStatus.FEASIBLE}

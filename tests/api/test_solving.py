"""`moling solve` and `moling check` as a person calls them: files in, files and exit codes out."""

import contextlib
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from optimizer.instance import read_plan, sha256_of, write_plan
from optimizer.plan import PlanStatus, Reason
from optimizer.problem import Problem, TimeWindow, TravelTimes
from optimizer.state import read_state

RunMoling = Callable[..., subprocess.CompletedProcess[str]]
StartMoling = Callable[..., subprocess.Popen[bytes]]
WriteInstance = Callable[[Problem], Path]
_T = TypeVar("_T")


def test_a_week_is_planned_and_the_plan_checks(
    run_moling: RunMoling, write_instance: WriteInstance, week: Problem, tmp_path: Path
) -> None:
    """The plan is complete, bound to the bytes of its instance, and accepted by `moling check`."""
    instance, out = write_instance(week), tmp_path / "plan.json"
    began = time.monotonic()
    solved = run_moling("--lang", "en", "solve", instance, "--time-limit", 4, "--out", out)
    took = time.monotonic() - began
    assert solved.returncode == 0
    assert solved.stderr == "", "no progress where nobody looks"
    assert took <= 5
    plan = read_plan(out.read_bytes())
    assert plan.status in {PlanStatus.FEASIBLE, PlanStatus.OPTIMAL}
    assert plan.instance_sha256 == sha256_of(instance.read_bytes())
    assert 0 < plan.seconds <= took
    made = sum(len(route.stops) for route in plan.routes)
    assert made >= 20
    assert made + len(plan.unserved) == len(week.visits)
    checked = run_moling("check", instance, out)
    assert checked.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["instance.json", "plan.json"]


def test_check_prints_each_broken_rule(
    run_moling: RunMoling, write_instance: WriteInstance, short_week: Problem, tmp_path: Path
) -> None:
    """A planner who edits a plan by hand sees what no longer holds, a line for each rule."""
    instance, out = write_instance(short_week), tmp_path / "plan.json"
    assert run_moling("solve", instance, "--time-limit", 5, "--out", out).returncode == 0
    plan = read_plan(out.read_bytes())
    out.write_bytes(write_plan(replace(plan, routes=plan.routes[1:])))
    checked = run_moling("check", instance, out)
    assert checked.returncode == 1
    lost = [stop.visit for stop in plan.routes[0].stops]
    for visit in lost:
        assert any(visit in line for line in checked.stdout.splitlines())
    assert len(checked.stdout.splitlines()) > len(lost)


def test_a_required_visit_without_a_day_is_infeasible(
    run_moling: RunMoling, write_instance: WriteInstance, week: Problem, tmp_path: Path
) -> None:
    """Code 3, and the document names the visit that cannot be; the text says so to a planner, too."""
    sunday = TimeWindow(6 * 1_440 + 500, 6 * 1_440 + 600)
    lost = replace(week.visits[0], required=True, windows=(sunday,))
    instance = write_instance(replace(week, visits=(lost, *week.visits[1:])))
    out = tmp_path / "plan.json"
    assert run_moling("solve", instance, "--time-limit", 5, "--out", out).returncode == 3
    plan = read_plan(out.read_bytes())
    assert plan.status is PlanStatus.INFEASIBLE
    assert plan.conflict == (lost.id,)
    assert run_moling("check", instance, out).returncode == 0


def test_an_impossible_visit_is_told_with_its_rule(
    run_moling: RunMoling, write_instance: WriteInstance, short_week: Problem, tmp_path: Path
) -> None:
    """Who asks for a Sunday learns that no van works on it, in Indonesian unless told otherwise."""
    sunday = TimeWindow(6 * 1_440 + 500, 6 * 1_440 + 600)
    asked = replace(short_week.visits[0], windows=(sunday,))
    instance, out = write_instance(replace(short_week, visits=(asked, *short_week.visits[1:]))), tmp_path / "plan.json"
    assert run_moling("--lang", "en", "solve", instance, "--time-limit", 5, "--out", out).returncode == 0
    (told,) = [each for each in read_plan(out.read_bytes()).unserved if each.visit == asked.id]
    assert told.reason is Reason.IMPOSSIBLE
    assert "Sunday: no van works" in told.text


def test_too_many_required_visits_are_refused_or_unknown(
    run_moling: RunMoling, write_instance: WriteInstance, week: Problem, tmp_path: Path
) -> None:
    """All villages in one week cannot be: code 3 from the engine that proves it, 4 from the one that cannot."""
    all_required = tuple(replace(visit, required=True) for visit in week.visits)
    instance, out = write_instance(replace(week, visits=all_required)), tmp_path / "plan.json"
    for engine, limit, code, status in (
        ("routing", 2, 4, PlanStatus.UNKNOWN),
        ("column-generation", 50, 3, PlanStatus.INFEASIBLE),  # it ends as soon as it is proved
    ):
        done = run_moling("solve", instance, "--time-limit", limit, "--engine", engine, "--out", out)
        assert done.returncode == code
        plan = read_plan(out.read_bytes())
        assert (plan.status, plan.value, plan.routes) == (status, None, ())
        assert run_moling("check", instance, out).returncode == 0


@pytest.mark.parametrize(
    "content, limit",
    [(b"{", 5), (b'{"format": "moling/instance", "version": 2}', 5), (None, 1.9), (None, "nan")],
    ids=["not-json", "other-version", "too-short", "no-number"],
)
def test_bad_input_is_refused_in_one_line(
    call_moling: RunMoling,
    write_instance: WriteInstance,
    week: Problem,
    tmp_path: Path,
    content: bytes | None,
    limit: object,
) -> None:
    """Nothing is written for bad input, and one line says what is wrong."""
    instance, out = write_instance(week), tmp_path / "plan.json"
    if content is not None:
        instance.write_bytes(content)
    refused = call_moling("solve", instance, "--time-limit", limit, "--out", out)
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1
    assert refused.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["instance.json"]


def test_the_least_limit_grows_with_the_places(
    call_moling: RunMoling, write_instance: WriteInstance, big_week: Problem, tmp_path: Path
) -> None:
    """3,001 places need 5 seconds: less is refused before time is spent."""
    instance = write_instance(replace(big_week, visits=big_week.visits[:3]))
    refused = call_moling("solve", instance, "--time-limit", 4.9, "--out", tmp_path / "plan.json")
    assert refused.returncode == 2
    assert "4.9" in refused.stderr


def test_a_place_that_cannot_be_written_is_refused_before_solving(
    call_moling: RunMoling, write_instance: WriteInstance, week: Problem, tmp_path: Path
) -> None:
    """Nobody waits half a minute to learn that the folder does not exist or is a device."""
    instance = write_instance(week)
    for out in (tmp_path / "nowhere" / "plan.json", tmp_path, Path(os.devnull)):
        began = time.monotonic()
        refused = call_moling("solve", instance, "--time-limit", 30, "--out", out)
        assert refused.returncode == 2
        assert len(refused.stderr.splitlines()) == 1
        assert time.monotonic() - began < 15


def test_what_a_solve_learned_is_written_beside_the_plan(
    run_moling: RunMoling, write_instance: WriteInstance, short_week: Problem, tmp_path: Path
) -> None:
    """The state is of that instance and holds every route of the plan; the routing engine has none and says so."""
    state, out, instance = tmp_path / "state", tmp_path / "plan.json", write_instance(short_week)
    solved = run_moling("solve", instance, "--time-limit", 5, "--out", out, "--state", state)
    assert (solved.returncode, solved.stderr) == (0, "")
    kept = read_state(state.read_bytes())
    assert kept.instance_sha256 == sha256_of(instance.read_bytes())
    known = {route.visits for route in kept.routes}
    assert {tuple(stop.visit for stop in route.stops) for route in read_plan(out.read_bytes()).routes} <= known
    before = state.read_bytes()
    routed = run_moling("solve", instance, "--time-limit", 3, "--engine", "routing", "--out", out, "--state", state)
    assert routed.returncode == 0
    assert str(state) in routed.stderr
    assert state.read_bytes() == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_with_the_best_plan_so_far(
    start_moling: StartMoling,
    run_moling: RunMoling,
    write_instance: WriteInstance,
    week: Problem,
    tmp_path: Path,
    how: signal.Signals,
) -> None:
    """A planner who has seen enough gets the plan that is there, checked."""
    instance, out = write_instance(week), tmp_path / "plan.json"
    master, slave = pty.openpty()
    arguments = ("--lang", "en", "solve", instance, "--time-limit", 60, "--out", out)
    process = start_moling(*arguments, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    _read_terminal(master, until="Value ")
    process.send_signal(how)
    assert process.wait(timeout=10) == 0
    plan = read_plan(out.read_bytes())
    assert plan.seconds < 30
    assert run_moling("check", instance, out).returncode == 0


def test_progress_is_one_line_on_a_terminal(
    start_moling: StartMoling, write_instance: WriteInstance, week: Problem, tmp_path: Path
) -> None:
    """Value, visits and seconds left rewrite themselves in place; nothing of it is left at the end."""
    master, slave = pty.openpty()
    arguments = ("--lang", "en", "solve", write_instance(week), "--time-limit", 5, "--out", tmp_path / "plan.json")
    process = start_moling(*arguments, stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    shown = _read_terminal(master)
    os.close(master)
    process.wait(timeout=30)
    assert "\n" not in shown
    assert "s left" in shown
    assert "Value " in shown
    assert shown.endswith("\r\x1b[K")


def _read_terminal(master: int, until: str = "nothing that is shown") -> str:
    """What a terminal shows until that text, or until its last writer has gone, which Linux tells by an error."""
    shown = ""
    with contextlib.suppress(OSError):
        while until not in shown:
            shown += os.read(master, 4_096).decode()
    return shown


def test_a_killed_parent_leaves_no_child(
    start_moling: StartMoling, write_instance: WriteInstance, week: Problem, tmp_path: Path
) -> None:
    """However hard the parent dies, no solver goes on alone."""
    arguments = ("solve", write_instance(week), "--time-limit", 50, "--out", tmp_path / "plan.json")
    process = start_moling(*arguments)
    child = _wait_for(lambda: _child_of(process.pid))
    time.sleep(1)
    process.kill()
    process.wait()
    assert _wait_for(lambda: not _runs(child))


def _child_of(pid: int) -> int | None:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def _runs(pid: int) -> bool:
    """Whether a process works: a dead one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait_for(find: Callable[[], _T | None]) -> _T:
    for _ in range(100):
        found = find()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("It did not happen within 10 seconds.")


@pytest.mark.slow
@pytest.mark.parametrize("limit", [5, 8])
def test_the_limit_is_kept_on_3000_visits(
    run_moling: RunMoling, write_instance: WriteInstance, big_week: Problem, tmp_path: Path, limit: int
) -> None:
    """The library would overrun its limit by far; the answer is there within a second of it, and is no empty plan."""
    instance, out = write_instance(big_week), tmp_path / "plan.json"
    began = time.monotonic()
    solved = run_moling("solve", instance, "--time-limit", limit, "--out", out)
    took = time.monotonic() - began
    plan = read_plan(out.read_bytes())
    print(f"limit {limit} s, took {took:.2f} s, value {plan.value}")  # noqa: T201 (measured, for the reader)
    assert solved.returncode == 0
    assert took <= limit + 1
    assert sum(len(route.stops) for route in plan.routes) > 100
    assert run_moling("check", instance, out).returncode == 0


@pytest.mark.slow
def test_the_limit_is_kept_with_matrices(
    run_moling: RunMoling, write_instance: WriteInstance, big_week: Problem, tmp_path: Path
) -> None:
    """So it is on the largest explicit matrices, whose reading alone takes a part of the time."""
    places = big_week.locations[:1_500]
    known = {place.id for place in places}
    visits = tuple(visit for visit in big_week.visits if visit.location in known)
    full = big_week.travel_times
    travel = TravelTimes(full.duration_min[:1_500, :1_500], full.distance_m[:1_500, :1_500])
    instance = write_instance(replace(big_week, locations=places, visits=visits, travel=travel))
    began = time.monotonic()
    solved = run_moling("solve", instance, "--time-limit", 6, "--out", tmp_path / "plan.json")
    assert solved.returncode == 0
    assert time.monotonic() - began <= 7

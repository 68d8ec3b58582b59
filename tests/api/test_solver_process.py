"""The solver's process: it ends when it should, whatever happens in it, and its plans are judged by the parent."""

import contextlib
import os
import re
import time
from pathlib import Path

import pytest

from api.errors import SolverProcessError
from api.solver_process import ChildSettings, Progress, SolverProcess, process_start
from optimizer.evaluate import evaluate
from optimizer.instance import sha256_of, write_plan, write_problem
from optimizer.plan import PlanStatus
from optimizer.problem import Problem


def settings(seconds: float, **more: object) -> ChildSettings:
    """Settings with so many seconds to go."""
    return ChildSettings(deadline=time.monotonic() + seconds, language="en", **more)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    return Path(f"/proc/{pid}").exists()


def test_a_plan_comes_within_the_limit_and_progress_before(week: Problem) -> None:
    """Seconds run down, the value goes up, the plan is judged."""
    seen: list[Progress] = []
    document = write_problem(week)
    with SolverProcess(document, settings(5)) as solver:
        plan = solver.wait(week, on_progress=seen.append)
    assert plan.status in {PlanStatus.FEASIBLE, PlanStatus.OPTIMAL}
    assert not evaluate(week, plan, instance_sha256=sha256_of(document)).violations
    left = [progress.seconds_left for progress in seen]
    assert left == sorted(left, reverse=True)
    values = [progress.value for progress in seen if progress.value is not None]
    assert values == sorted(values)
    assert not alive(solver.pid)


def test_a_plan_to_start_from_reaches_the_child(week: Problem) -> None:
    """Replanning never falls behind the plan there is."""
    document = write_problem(week)
    with SolverProcess(document, settings(60, solution_limit=10)) as solver:
        good = solver.wait(week)
    assert good.value is not None
    with SolverProcess(document, settings(60, solution_limit=1), write_plan(good)) as solver:
        again = solver.wait(week)
    assert again.value is not None
    assert again.value >= good.value


def test_no_time_at_all_is_unknown(week: Problem) -> None:
    """Nothing was found and nothing shown."""
    with SolverProcess(write_problem(week), settings(0)) as solver:
        plan = solver.wait(week)
    assert (plan.status, plan.routes, plan.value) == (PlanStatus.UNKNOWN, (), None)
    assert not evaluate(week, plan).violations


def test_a_child_that_breaks_is_reported(week: Problem) -> None:
    """What it cannot read it says; the parent passes it on instead of waiting for the limit."""
    with SolverProcess(b"{}", settings(60)) as solver, pytest.raises(SolverProcessError, match="InvalidProblemError"):
        solver.wait(week)


def test_a_child_without_memory_is_reported(week: Problem) -> None:
    """A cap on memory ends the search, not the machine, before or after it had a plan."""
    with (
        SolverProcess(write_problem(week), settings(60, memory_mb=60)) as solver,
        contextlib.suppress(SolverProcessError),
    ):
        solver.wait(week)
    assert solver.out_of_memory


def test_a_child_whose_memory_runs_out_leaves_its_best_plan(week: Problem) -> None:
    """With room for a first plan and not for the proof, whose arrays are the largest, the end is told; a plan stays."""
    peak_mb = 0

    def note_memory(_: Progress) -> None:
        nonlocal peak_mb
        with contextlib.suppress(OSError):  # it has just ended
            peak = re.search(r"VmPeak:\s+(\d+) kB", Path(f"/proc/{solver.pid}/status").read_text())
            peak_mb = max(peak_mb, int(peak[1]) // 1_024 if peak else 0)

    with SolverProcess(write_problem(week), settings(60)) as solver:
        solver.wait(week, on_progress=note_memory)
    for less_mb in range(30, 300, 30):  # what was reserved at the peak and never used is not missed
        with SolverProcess(write_problem(week), settings(60, memory_mb=peak_mb - less_mb)) as solver:
            plan = solver.wait(week)
        if solver.out_of_memory:
            break
    assert solver.out_of_memory
    assert plan.status is PlanStatus.FEASIBLE
    assert not evaluate(week, plan, instance_sha256=plan.instance_sha256).violations


def test_a_child_that_is_killed_leaves_its_best_plan(week: Problem) -> None:
    """As when the kernel runs out of memory: what was found counts, and the reason is told."""
    solver_pid = 0

    def kill_when_found(progress: Progress) -> None:
        if progress.value is not None and progress.served and alive(solver_pid):
            os.kill(solver_pid, 9)

    with SolverProcess(write_problem(week), settings(60)) as solver:
        solver_pid = solver.pid
        plan = solver.wait(week, on_progress=kill_when_found)
    assert plan.routes
    assert solver.failure is not None
    assert "-9" in solver.failure


def test_the_child_goes_with_the_block(week: Problem) -> None:
    """An error in the parent leaves nothing running."""
    with pytest.raises(ZeroDivisionError), SolverProcess(write_problem(week), settings(60)) as solver:
        raise ZeroDivisionError
    assert not alive(solver.pid)


def test_the_process_started_before_this_test() -> None:
    """The limit counts from there, not from when Python had loaded the program."""
    assert process_start() < time.monotonic()
    assert process_start() == pytest.approx(process_start(), abs=0.02)

"""`moling explain` as a person calls it: reasons, remedies that replan takes, a plan that checks out."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.instance import read_plan, read_problem, sha256_of, write_plan, write_problem
from optimizer.plan import Reason
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve
from optimizer.state import State, write_state

RunMoling = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def crowded_week(week: Problem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a week of one van and 18 villages, more than can be served, its plan and its state."""
    folder = tmp_path_factory.mktemp("crowded")
    instance = write_problem(replace(week, shifts=week.shifts[:5], visits=week.visits[:18]))
    kept: list[State] = []
    options = SolveOptions(time_limit_s=12, instance_sha256=sha256_of(instance))
    plan = solve(read_problem(instance), options, on_state=kept.append)
    (folder / "instance.json").write_bytes(instance)
    (folder / "plan.json").write_bytes(write_plan(plan))
    (folder / "state").write_bytes(write_state(kept[0]))
    return folder


def test_a_week_is_explained_and_written(run_moling: RunMoling, crowded_week: Path, tmp_path: Path) -> None:
    """By reason, within the limit; the written plan checks out, and its remedy can be replanned as it stands."""
    week = [crowded_week / "instance.json", crowded_week / "plan.json"]
    out, state = tmp_path / "plan.json", crowded_week / "state"
    began = time.monotonic()
    done = run_moling("--lang", "en", "explain", *week, "--state", state, "--time-limit", 6, "--out", out)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 8
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert any(line.startswith(("Displaced, proved: ", "Not settled: ")) for line in lines)
    assert "What one more is worth:" in lines
    assert run_moling("check", week[0], out).returncode == 0
    before, after = read_plan(week[1].read_bytes()), read_plan(out.read_bytes())
    assert after.routes == before.routes
    assert {each.visit for each in after.unserved} == {each.visit for each in before.unserved}
    assert all(each.text in done.stdout.replace("\n    ", " ") for each in after.unserved)
    told = next(each for each in after.unserved if each.remedy is not None)
    assert told.remedy is not None
    changes = tmp_path / "changes.json"
    changes.write_text(json.dumps(dict(told.remedy)))
    new, instance = tmp_path / "new.json", tmp_path / "instance.json"
    done = run_moling("replan", *week, changes, "--out", new, "--out-instance", instance, "--time-limit", 6)
    assert done.returncode == 0, done.stderr
    assert any(stop.visit == told.visit for r in read_plan(new.read_bytes()).routes for stop in r.stops)


def test_programs_get_json_of_one_visit(run_moling: RunMoling, crowded_week: Path) -> None:
    """Values and change documents; Indonesian where nobody asks for English."""
    week = [crowded_week / "instance.json", crowded_week / "plan.json"]
    plan = read_plan(week[1].read_bytes())
    visit = plan.unserved[0].visit
    done = run_moling("explain", *week, "--visit", visit, "--json", "--time-limit", 5)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1, "told that no state was given"
    (told,) = json.loads(done.stdout)["unserved"]
    assert told["visit"] == visit
    assert told["reason"] in list(Reason)
    assert "Terbukti" in told["text"] or "Belum pasti" in told["text"]
    for remedy in told["remedies"]:
        assert remedy["changes"]["format"] == "moling/changes"
        assert remedy["changes"]["changes"][-1] == {"change": "require_visit", "visit": visit}


def test_bad_input_is_refused_in_one_line(call_moling: RunMoling, crowded_week: Path, tmp_path: Path) -> None:
    """A plan of another instance, a visit that is made or unknown, a state that is none: nothing is written."""
    instance, plan = crowded_week / "instance.json", crowded_week / "plan.json"
    problem = read_problem(instance.read_bytes())
    other = tmp_path / "other.json"
    other.write_bytes(write_problem(replace(problem, visits=problem.visits[:12])))
    made = read_plan(plan.read_bytes()).routes[0].stops[0].visit
    out = tmp_path / "out.json"
    for arguments, word in (
        ((other, plan), "SHA-256"),
        ((instance, plan, "--visit", made), made),
        ((instance, plan, "--visit", "nobody"), "nobody"),
        ((instance, plan, "--state", plan), "State"),
        ((instance, plan, "--time-limit", "1"), "--time-limit"),
        ((instance, plan, "--threads", "0"), "--threads"),
    ):
        done = call_moling("--lang", "en", "explain", *arguments, "--out", out)
        assert done.returncode == 2, arguments
        assert len(done.stderr.splitlines()) == 1
        assert word in done.stderr
        assert done.stdout == ""
    assert not out.exists()

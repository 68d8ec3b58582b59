"""`moling replan`, `offers` and `compare` as a person calls them: documents in, documents and exit codes out."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.change_document import read_changes, write_changes
from optimizer.changes import AddVisit, Change, Changes, DeclineVisit, PinVisit, RequireVisit
from optimizer.evaluate import evaluate
from optimizer.instance import VISIT, read_plan, read_problem, sha256_of, write_problem
from optimizer.losses import LoseDay, LoseVehicle
from optimizer.plan import PlanStatus
from optimizer.problem import Problem, TimeWindow, VehicleId, Visit, VisitId

RunMoling = Callable[..., subprocess.CompletedProcess[str]]
_WEDNESDAY = 2 * 1_440 + 450


def write(path: Path, *changes: Change, now: int | None = None) -> Path:
    """A file with those changes."""
    path.write_bytes(write_changes(Changes(changes, now)))
    return path


def letter(folder: Path) -> Visit:
    """A visit like the first of the week, under a name of its own."""
    problem = read_problem((folder / "instance.json").read_bytes())
    return replace(problem.visits[0], id=VisitId("letter"))


def test_a_lost_van_is_replanned(run_moling: RunMoling, published_week: Path, tmp_path: Path) -> None:
    """The new plan and its instance are written, check out, and the past is the published one."""
    changes = write(tmp_path / "changes.json", LoseVehicle(VehicleId("van-0")), now=_WEDNESDAY)
    week = [published_week / "instance.json", published_week / "plan.json"]
    out, instance = tmp_path / "plan.json", tmp_path / "instance.json"
    began = time.monotonic()
    known = ["--state", published_week / "state"]
    done = run_moling("--lang", "en", "replan", *week, changes, "--out", out, "--out-instance", instance, *known)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 12
    lines = done.stdout.splitlines()
    assert lines[:2] == ["Known at Wed 07:30:", "Vehicle van-0 is lost."]
    assert any(line.startswith("Keeping to the published plan costs at most ") for line in lines)
    checked = run_moling("--lang", "en", "check", instance, out)
    assert checked.returncode == 0, checked.stdout
    before, after = read_plan(week[1].read_bytes()), read_plan(out.read_bytes())
    assert [route for route in after.routes if route.leave < _WEDNESDAY] == [
        route for route in before.routes if route.leave < _WEDNESDAY
    ]
    compared = run_moling("--lang", "en", "compare", *week, out, "--other-instance", instance)
    assert compared.returncode == 0
    assert set(compared.stdout.splitlines()) <= set(lines)


def test_programs_get_json(run_moling: RunMoling, published_week: Path, tmp_path: Path) -> None:
    """The plan document and the difference as values, nothing else on standard output."""
    week = [published_week / "instance.json", published_week / "plan.json"]
    plan = read_plan(week[1].read_bytes())
    gone = plan.routes[0].stops[0].visit
    changes = write(tmp_path / "changes.json", DeclineVisit(gone))
    done = run_moling("replan", *week, changes, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["plan"]["format"] == "moling/plan"
    assert told["difference"]["withdrawn"] == [gone]
    assert "--state" in done.stderr, "it says that it began afresh"
    compared = json.loads(run_moling("compare", *week, week[1], "--json").stdout)
    assert compared["dropped"] == compared["added"] == []


def test_an_impossible_change_ends_as_a_solve_does(run_moling: RunMoling, published_week: Path, tmp_path: Path) -> None:
    """Code 3 where a letter that must be served cannot be; the plan is written with its conflict."""
    sunday = replace(letter(published_week), windows=(TimeWindow(9_000, 9_100),))
    changes = write(tmp_path / "changes.json", AddVisit(sunday), RequireVisit(sunday.id))
    week = [published_week / "instance.json", published_week / "plan.json"]
    out, instance = tmp_path / "plan.json", tmp_path / "instance.json"
    done = run_moling("replan", *week, changes, "--out", out, "--out-instance", instance)
    assert done.returncode == 3, done.stderr
    plan = read_plan(out.read_bytes())
    assert (plan.status, plan.conflict) == (PlanStatus.INFEASIBLE, ("letter",))
    assert run_moling("check", instance, out).returncode == 0


def test_offers_can_be_promised(run_moling: RunMoling, published_week: Path, tmp_path: Path) -> None:
    """The best slot is written as changes; replanning with them gives a week that holds it."""
    visit = tmp_path / "visit.json"
    visit.write_text(json.dumps(VISIT.write(letter(published_week))))
    week = [published_week / "instance.json", published_week / "plan.json"]
    changes = tmp_path / "changes.json"
    done = run_moling("--lang", "en", "offers", *week, visit, "--time-limit", 6, "--out", changes)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("Slots for letter")
    promised = read_changes(changes.read_bytes()).changes
    assert isinstance(promised[-1], PinVisit)
    out, instance = tmp_path / "plan.json", tmp_path / "instance.json"
    assert run_moling("replan", *week, changes, "--out", out, "--out-instance", instance).returncode == 0
    plan = read_plan(out.read_bytes())
    assert evaluate(read_problem(instance.read_bytes()), plan).violations == ()
    assert any(r.shift == promised[-1].shift and s.visit == "letter" for r in plan.routes for s in r.stops)
    known = ["--state", published_week / "state", "--quick"]
    told = json.loads(run_moling("offers", *week, visit, "--time-limit", 4, "--json", "--now", 1_440, *known).stdout)
    assert [each["loss"] for each in told] == sorted(each["loss"] for each in told)
    assert all(each["start"] >= 1_440 for each in told)


def test_a_letter_that_fits_nowhere_is_told(run_moling: RunMoling, published_week: Path, tmp_path: Path) -> None:
    """Code 3 and one line."""
    visit = tmp_path / "visit.json"
    visit.write_text(json.dumps(VISIT.write(replace(letter(published_week), windows=(TimeWindow(9_000, 9_100),)))))
    done = run_moling("--lang", "en", "offers", published_week / "instance.json", published_week / "plan.json", visit)
    assert done.returncode == 3
    assert done.stdout.startswith("No shift can take letter")


@pytest.mark.slow
def test_bad_input_is_refused_in_one_line(
    call_moling: RunMoling, published_week: Path, week: Problem, tmp_path: Path
) -> None:
    """A plan of another instance, changes that do not fit, documents that are none: nothing is written."""
    instance, plan = published_week / "instance.json", published_week / "plan.json"
    fine = write(tmp_path / "fine.json", LoseDay(3))
    other = tmp_path / "other.json"
    other.write_bytes(write_problem(replace(week, visits=week.visits[:24])))
    assert read_plan(plan.read_bytes()).instance_sha256 != sha256_of(other.read_bytes())
    unknown = write(tmp_path / "unknown.json", LoseVehicle(VehicleId("van-9")))
    broken = tmp_path / "broken.json"
    broken.write_text('{"format": "moling/changes", "version": 1, "changes": [{"change": "lose_van"}]}')
    files = sorted(tmp_path.iterdir())
    for arguments, word in (
        (("replan", other, plan, fine), "SHA-256"),
        (("replan", instance, plan, unknown), "van-9"),
        (("replan", instance, plan, broken), "lose_van"),
        (("replan", instance, plan, fine, "--out", tmp_path / "out.json"), "--out-instance"),
        (("replan", instance, plan, fine, "--time-limit", "1"), "--time-limit"),
        (("replan", instance, plan, fine, "--state", plan), "State"),
        (("offers", instance, plan, fine), "format"),
        (("offers", other, plan, fine), "SHA-256"),
        (("compare", instance, plan, instance), "field"),
        (("compare", instance, plan, tmp_path / "nowhere.json"), "nowhere.json"),
    ):
        done = call_moling("--lang", "en", *arguments)
        assert done.returncode == 2, arguments
        assert len(done.stderr.splitlines()) == 1
        assert word in done.stderr
        assert done.stdout == ""
    assert sorted(tmp_path.iterdir()) == files

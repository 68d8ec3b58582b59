"""`moling plan`, `demo` and `region check` as an office uses them: real processes, real files."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from geodata import SAMPLE_DIR

SAMPLE = SAMPLE_DIR / "batubara"
RunMoling = Callable[..., CompletedProcess[str]]


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """A copy of the sample region that a test may damage."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "region"))


@pytest.fixture
def two_districts(region: Path) -> Path:
    """The sample region with two of its kecamatan, which is soon planned, and the rules and sites that lie in them."""
    kept = {""}
    for name, code, place in (
        ("villages.csv", "kode", "kode"),
        ("sites.csv", "kode", "kode_desa"),
        ("recurring.csv", "id", "lokasi"),
        ("requests.csv", "id", "lokasi"),
    ):
        with (region / name).open(encoding="utf-8", newline="") as stream:
            table = csv.DictReader(stream)
            rows = [row for row in table if row[place].startswith(("12.19.01.", "12.19.05.")) or row[place] in kept]
        kept |= {row[code] for row in rows}
        with (region / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, table.fieldnames or ())
            writer.writeheader()
            writer.writerows(rows)
    return region


def test_a_planned_week_checks(planned_week: Path, run_moling: RunMoling) -> None:
    """Planning writes every file of the week, and the plan keeps every rule of the instance beside it."""
    names = {path.name for path in planned_week.iterdir()}
    assert {"instance.json", "plan.json", "cards.json", "week.html", "week.xlsx", "week.geojson"} <= names
    assert any(name.startswith("day-moling-1-2026-12-") for name in names)
    checked = run_moling("check", planned_week / "instance.json", planned_week / "plan.json")
    assert checked.returncode == 0, checked.stdout


def test_the_demo_prints_the_week_and_says_how_to_serve_it(
    shown_demo: CompletedProcess[str], planned_week: Path
) -> None:
    """A newcomer sees the week as a table, its figures, and what to do next."""
    assert "Kabupaten Batu Bara" in shown_demo.stdout
    assert "Moling 1" in shown_demo.stdout
    assert f"serve {planned_week}" in shown_demo.stdout
    assert shown_demo.stderr == ""


@pytest.mark.slow
def test_the_demo_plans_next_week_by_itself(run_moling: RunMoling, tmp_path: Path) -> None:
    """Without a week it takes the one that begins on the next Monday."""
    done = run_moling("demo", "--out", tmp_path / "out", "--time-limit", "3")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "week.html").exists()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--week", "2026-50"], "2026-50"),
        (["--week", "2026-W54"], "2026-W54"),
        (["--week", "2026-W50", "--time-limit", "0.5"], "--time-limit"),
    ],
    ids=["form", "number", "limit"],
)
def test_a_wrong_option_is_one_line_and_writes_nothing(
    call_moling: RunMoling, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """Exit code 2, the value named, no folder left behind."""
    out = tmp_path / "out"
    done = call_moling("plan", SAMPLE, "--out", out, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


def test_every_fault_of_a_folder_is_listed(call_moling: RunMoling, region: Path) -> None:
    """The check prints each fault with file, row and column; planning refuses with the first and their number."""
    villages = region / "villages.csv"
    rows = villages.read_text(encoding="utf-8").splitlines()
    rows[1] = rows[1].replace("3.4218", "99.319", 1)
    rows[2] = rows[2].replace("47", "-47", 1)
    villages.write_text("\n".join(rows) + "\n", encoding="utf-8")
    checked = call_moling("--lang", "en", "region", "check", region)
    assert checked.returncode == 1
    lines = checked.stdout.splitlines()
    assert len(lines) == 3
    assert "villages.csv" in lines[0]
    planned = call_moling("--lang", "en", "plan", region, "--week", "2026-W50", "--out", region.parent / "out")
    assert planned.returncode == 2
    assert "villages.csv" in planned.stderr
    assert len(planned.stderr.splitlines()) == 1
    assert not (region.parent / "out").exists()


def test_a_sound_folder_says_what_it_holds(run_moling: RunMoling) -> None:
    """An office sees at once whether its tables were read as meant."""
    checked = run_moling("--lang", "en", "region", "check", SAMPLE)
    assert checked.returncode == 0
    assert "villages 151" in checked.stdout
    assert "letters 14" in checked.stdout


def test_a_missing_folder_is_told(call_moling: RunMoling, tmp_path: Path) -> None:
    """A mistyped name is no traceback."""
    checked = call_moling("region", "check", tmp_path / "nowhere")
    assert checked.returncode == 1
    assert "Traceback" not in checked.stderr
    assert "nowhere" in checked.stdout + checked.stderr


def test_rounds_write_rules_that_the_region_takes(run_moling: RunMoling, two_districts: Path, tmp_path: Path) -> None:
    """The calendar is printed, the plan checks, and with the rules copied into it the region gives the same rounds."""
    region = two_districts
    out = tmp_path / "rounds"
    arguments = ("--from", "2027-W01", "--weeks", "2", "--time-limit", "15", "--out", out)
    done = run_moling("--lang", "en", "rounds", region, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Week 1, Jan 4" in done.stdout
    assert "Longest wait, weeks" in done.stdout
    assert "(also for " in done.stdout
    names = {path.name for path in out.iterdir()}
    assert names == {"recurring.csv", "calendar.html", "instance.json", "plan.json"}
    assert run_moling("check", out / "instance.json", out / "plan.json").returncode == 0
    instance = (out / "instance.json").read_bytes()
    shutil.copy(out / "recurring.csv", region)
    checked = run_moling("region", "check", region)
    assert checked.returncode == 0, checked.stdout
    again = run_moling("--lang", "en", "rounds", region, *arguments)
    assert again.returncode == 0, again.stderr
    assert (out / "instance.json").read_bytes() == instance


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--from", "2027-1"], "2027-1"),
        (["--from", "2027-W01", "--weeks", "15"], "15"),
        (["--from", "2027-W01", "--longest-wait", "0"], "--longest-wait"),
        (["--from", "2027-W01", "--time-limit", "1"], "--time-limit"),
        (["--from", "2027-W01", "--threads", "0"], "--threads"),
    ],
    ids=["form", "weeks", "wait", "limit", "threads"],
)
def test_a_wrong_option_of_rounds_is_one_line_and_writes_nothing(
    call_moling: RunMoling, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """Exit code 2, the value named, no folder left behind."""
    out = tmp_path / "out"
    done = call_moling("rounds", SAMPLE, "--out", out, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not out.exists()


def test_rounds_do_not_overwrite_a_region(call_moling: RunMoling, region: Path) -> None:
    """Someone who names the region itself as the place for results keeps it."""
    before = (region / "recurring.csv").read_bytes()
    done = call_moling("rounds", region, "--from", "2027-W01", "--weeks", "1", "--out", region)
    assert done.returncode == 2
    assert (region / "recurring.csv").read_bytes() == before

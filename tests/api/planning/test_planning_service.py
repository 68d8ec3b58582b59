"""A region folder -> a folder of results, as a whole or not at all."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from api.errors import OutputFolderError
from api.i18n import Language
from api.planning.folder import write_folder
from api.planning.service import PlannedWeek, plan_region, plan_week, week_files
from geodata import SAMPLE_DIR
from geodata.errors import RegionError
from geodata.region import Region
from maps.cards_file import read_cards
from maps.itinerary import itineraries
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.solve import SolveOptions

ENGLISH = Language("en", str, lambda one, many, number: one if number == 1 else many)
MONDAY = date(2026, 12, 7)


def _must_not_run(problem: Problem, options: SolveOptions) -> Plan:
    raise AssertionError(f"the search for {problem.name} began ({options})")


@pytest.fixture(scope="module")
def sample_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's week, planned within a second or two, in a folder beside which nothing else is."""
    out = tmp_path_factory.mktemp("sample") / "out"
    plan_region(SAMPLE_DIR / "batubara", MONDAY, out, language=ENGLISH, time_limit_s=2)
    return out


def test_everything_of_a_week_is_written(sample_out: Path) -> None:
    """Documents, week map, a map and a track a van and day, workbook, GeoJSON; all can be made from the documents."""
    instance = (sample_out / "instance.json").read_bytes()
    problem, plan = read_problem(instance), read_plan((sample_out / "plan.json").read_bytes())
    week = itineraries(problem, plan, read_cards((sample_out / "cards.json").read_bytes()))
    assert evaluate(problem, plan, instance_sha256=sha256_of(instance)).violations == ()
    days = {f"day-{day.vehicle.id}-{day.day}.html" for day in week.itineraries}
    assert days
    tracks = {name.replace(".html", ".gpx") for name in days}
    assert {path.name for path in sample_out.iterdir()} == days | tracks | {
        "instance.json",
        "plan.json",
        "cards.json",
        "week.html",
        "week.xlsx",
        "week.geojson",
    }
    assert list(sample_out.parent.iterdir()) == [sample_out]


def test_a_plan_takes_the_place_of_an_earlier_one(sample_out: Path, tmp_path: Path) -> None:
    """Maps of days that are no longer in the plan must not lie about."""
    out = Path(shutil.copytree(sample_out, tmp_path / "out"))
    write_folder(out, {"plan.json": b"{}"})
    assert [path.name for path in out.iterdir()] == ["plan.json"]
    assert list(tmp_path.iterdir()) == [out]


def test_other_peoples_files_are_never_replaced(tmp_path: Path) -> None:
    """A mistyped folder is refused before the search begins, and nothing in it is touched."""
    (tmp_path / "surat.docx").write_text("penting")
    with pytest.raises(OutputFolderError, match=r"'surat.docx', which no plan wrote"):
        plan_region(SAMPLE_DIR / "batubara", MONDAY, tmp_path, language=ENGLISH, solver=_must_not_run)
    assert (tmp_path / "surat.docx").read_text() == "penting"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """The message says what to do."""
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputFolderError, match="it is no folder"):
        write_folder(tmp_path / "out", {"plan.json": b"{}"})


def test_nothing_is_left_of_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A name that would lead out of the folder is refused, and no half-written folder stays."""
    for name in ("../plan.json", "day-a/b.html", "", ".hidden"):
        with pytest.raises(OutputFolderError, match="is no file name"):
            write_folder(tmp_path / "out", {"week.html": b"", name: b""})
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFolderError, match="cannot take the plan"):
        write_folder(tmp_path / "file" / "out", {"plan.json": b"{}"})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_faulty_region_writes_nothing(tmp_path: Path) -> None:
    """All faults at once, no search, no folder."""
    (tmp_path / "region").mkdir()
    with pytest.raises(RegionError):
        plan_region(tmp_path / "region", MONDAY, tmp_path / "out", language=ENGLISH, solver=_must_not_run)
    assert not (tmp_path / "out").exists()


def test_a_week_without_a_working_day_can_be_written(region: Region) -> None:
    """The planner of Lebaran week gets pages that say so, not an error."""
    planned = plan_week(region, date(2027, 3, 8), language=ENGLISH, time_limit_s=2)
    assert set(week_files(planned, ENGLISH)) == {
        "instance.json",
        "plan.json",
        "cards.json",
        "week.html",
        "week.xlsx",
        "week.geojson",
    }


def test_the_solver_gets_the_hash_of_the_instance(region: Region) -> None:
    """A plan names the very bytes that it is a plan of, so that both can be trusted later."""
    seen: list[str] = []

    def solver(problem: Problem, options: SolveOptions) -> Plan:
        seen.append(options.instance_sha256)
        return _planned(region).plan

    planned = plan_week(region, MONDAY, language=ENGLISH, solver=solver)
    assert seen == [sha256_of(planned.instance)]


def _planned(region: Region) -> PlannedWeek:
    return plan_week(region, MONDAY, language=ENGLISH, time_limit_s=1)

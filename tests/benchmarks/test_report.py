"""The page of a run says what was measured: gaps from the best proved bound, marked where there is none."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.cases import Case
from benchmarks.chart import Line, line_chart
from benchmarks.goals import OURS
from benchmarks.measure import Measured
from benchmarks.report import write_report, yardsticks
from benchmarks.weeks import week

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def runs() -> list[Measured]:
    """An engine that proves a bound of 200, and a peer that is 20 points below it, on one small week."""
    ours = Measured(
        set="weekly",
        instance=week(4, 2, 1, 1).name,
        visits=6,
        shifts=5,
        engine="ours",
        limit_s=10,
        seed=1,
        value=199.0,
        bound=200.0,
        status="feasible",
        served=5,
        km=120.0,
        seconds=9.8,
        memory_mb=210.0,
        trace=((1.0, 150.0), (4.0, 199.0)),
    )
    return [ours, replace(ours, engine="peer", value=180.0, bound=None, trace=((2.0, 180.0),))]


def _page(runs: list[Measured], folder: Path, best_known: float | None = None) -> str:
    page = folder / "benchmarks.md"
    write_report([Case("weekly", week(4, 2, 1, 1), best_known)], runs, page)
    return page.read_text()


def test_gaps_are_measured_from_the_best_bound_of_any_engine(runs: list[Measured], tmp_path: Path) -> None:
    """A peer proves nothing, yet its gap is known where another engine's bound is: 20 of 200."""
    page = _page(runs, tmp_path)
    assert "| peer | 180.0 | – | 10.00 % |" in page
    assert "| ours | 199.0 | 200.0 | 0.50 % |" in page


def test_a_gap_without_a_bound_is_marked(runs: list[Measured], tmp_path: Path) -> None:
    """Distance from the best known value says nothing of what is left, so it must not look like a proved gap."""
    page = _page([replace(run, bound=None) for run in runs], tmp_path, best_known=240.0)
    assert "| peer | 180.0 | – | 25.00 % * |" in page


def test_the_least_bound_counts(runs: list[Measured]) -> None:
    """Every bound is valid, so gaps must be taken from the least; a value published does not replace it."""
    tighter = replace(runs[0], seed=2, bound=199.5)
    found = yardsticks([Case("weekly", week(4, 2, 1, 1), 199.2)], [*runs, tighter])
    assert found[runs[0].instance].value == 199.5
    assert found[runs[0].instance].proved


def test_a_bound_far_off_is_no_yardstick(runs: list[Measured], tmp_path: Path) -> None:
    """A bound of -96 is valid and says nothing of -2,902: gaps are then from the best value, and marked."""
    far = [
        replace(run, value=-2_902.0 if run.engine == "peer" else -3_192.2, bound=run.bound and -96.0) for run in runs
    ]
    page = _page(far, tmp_path)
    assert "| ours | -3,192.2 | -96.0 | 10.00 % * |" in page
    assert "| peer | -2,902.0 | – | 0.00 % * |" in page


def test_goals_say_what_was_reached(runs: list[Measured], tmp_path: Path) -> None:
    """0.5 % is within the 0.7 % that must be reached in 10 s, but not within the 0.3 % aimed at."""
    page = _page([replace(runs[0], engine=OURS), runs[1]], tmp_path)
    assert "| weekly | 10 s | 0.7 % | 0.3 % | 0.50 % | 0 of 1 | must |" in page


def test_what_an_engine_cannot_do_is_said(runs: list[Measured], tmp_path: Path) -> None:
    """An engine that was not asked, or failed, must not vanish from the page."""
    silent = replace(runs[1], value=None, trace=(), note="cannot say: groups")
    page = _page([runs[0], silent], tmp_path)
    assert f"- peer on {silent.instance}: cannot say: groups" in page
    assert "| weekly | 10 s | peer | – | 0 of 1 | 0 | 0 |" in page


def test_charts_are_drawings_with_a_line_for_each_engine(runs: list[Measured], tmp_path: Path) -> None:
    """The chart of values is well-formed SVG and holds both engines and the bound by name."""
    _page(runs, tmp_path)
    drawing = ET.fromstring((tmp_path / "benchmarks" / "weekly-value.svg").read_text())
    names = {element.text for element in drawing.iter(f"{SVG}text")}
    assert {"ours", "peer", "proved bound", "seconds"} <= names


def test_names_in_charts_are_text() -> None:
    """A name is drawn, never read as markup; a chart of a single value has an axis all the same."""
    drawing = ET.fromstring(line_chart("<b>&", "x", "y", [Line("a<b", [(1.0, 5.0)]), Line("none", [])]))
    names = [element.text for element in drawing.iter(f"{SVG}text")]
    assert "<b>&" in names
    assert "a<b" in names
    assert "none" not in names


def test_a_higher_value_is_drawn_higher() -> None:
    """Pixels of SVG count from the top, so the better plan must have the smaller y."""
    drawing = ET.fromstring(line_chart("t", "x", "y", [Line("low", [(0, 1), (9, 1)]), Line("high", [(0, 8), (9, 8)])]))
    heights = {element.text: float(element.attrib["y"]) for element in drawing.iter(f"{SVG}text")}
    assert heights["high"] < heights["low"]


def test_first_plans_do_not_flatten_the_chart(runs: list[Measured], tmp_path: Path) -> None:
    """An engine's first plan is often empty; drawn to scale with it, all that engines differ in would be one line."""
    empty_first = replace(runs[0], trace=((0.5, 0.0), (4.0, 199.0)))
    _page([empty_first, runs[1]], tmp_path)
    drawing = ET.fromstring((tmp_path / "benchmarks" / "weekly-value.svg").read_text())
    ticks = {element.text for element in drawing.iter(f"{SVG}text")}
    assert {"180", "190", "200"} <= ticks
    assert "100" not in ticks

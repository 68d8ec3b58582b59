"""The week as a workbook, read again with openpyxl."""

from dataclasses import replace
from datetime import datetime, time
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from maps.workbook import week_workbook

if TYPE_CHECKING:
    from tests.maps.conftest import Case


def _read(case: "Case") -> Workbook:
    return load_workbook(BytesIO(week_workbook(case.week, gettext=str)))


def test_the_sheets_hold_the_week(case: "Case") -> None:
    """A row a stop, a row a van and day, a row a visit left out; the head stays in sight."""
    book = _read(case)
    assert book.sheetnames == ["Schedule", "Units", "Not served", "Summary"]
    assert [sheet.max_row - 3 for sheet in book.worksheets[:3]] == [17, 9, 3]
    assert all(sheet.freeze_panes == "A4" for sheet in book.worksheets)


def test_dates_times_and_numbers_are_real_ones(case: "Case") -> None:
    """Someone will sort and add them up, so they may not be texts."""
    sheet = _read(case).worksheets[0]
    heads = [cell.value for cell in sheet[3]]
    row = dict(zip(heads, [cell.value for cell in sheet[4]], strict=True))
    assert row["Date"] == datetime(2026, 12, 7)  # noqa: DTZ001 (Excel knows no zones)
    assert (row["Arrives"], row["Ends"]) == (time(8, 0), time(10, 7))
    assert (row["Place"], row["People (estimate)"], row["Record only"]) == ("SMAN 1 Lima Puluh", 61, 41)
    assert row["Drive to it, km"] == pytest.approx(17.5, abs=0.1)
    assert sheet["A4"].number_format.startswith("[$-421]")


def test_the_summary_agrees_with_the_week(case: "Case") -> None:
    """It is copied into reports."""
    figures = {row[0].value: row[1].value for row in _read(case).worksheets[3].iter_rows(min_row=4)}
    assert figures["of these made"] == case.week.totals.visits_made
    assert figures["People (estimate)"] == case.week.totals.people
    assert figures["Price"] == "FREE: no charge is made"


def test_numbers_of_people_carry_the_sign_of_an_estimate(case: "Case") -> None:
    """In every sheet, and they stay numbers: who prints the book sees ≈, who adds them up can."""
    book = _read(case)
    for sheet in book.worksheets[:3]:
        place = [cell.value for cell in sheet[3]].index("People (estimate)")
        assert {row[place].number_format for row in sheet.iter_rows(min_row=4)} == {'"≈ "#,##0'}
    total = next(row for row in book.worksheets[3].iter_rows(min_row=4) if row[0].value == "People (estimate)")
    assert total[1].number_format == '"≈ "#,##0'


@pytest.mark.parametrize("text", ["=1+1", "+62811", "-5", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x","y")'])
def test_a_text_that_looks_like_a_formula_stays_text(case: "Case", text: str) -> None:
    """A school's name must not compute anything on the planner's machine, not even after someone edits its cell."""
    cards = tuple(replace(card, name=text, place=text, bring=(text,)) for card in case.cards.visits)
    hostile = replace(case, cards=replace(case.cards, visits=cards, regency=text, notes=(text,)))
    book = _read(hostile)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not any(cell.data_type == "f" for cell in cells)
    marked = [cell for cell in cells if str(cell.value).startswith(text[0])]
    # Spreadsheets read a carriage return as a line feed, which begins no formula.
    assert all(cell.quotePrefix for cell in marked)
    assert marked or text.startswith("\r")


def test_control_characters_do_not_break_the_file(case: "Case") -> None:
    """XML cannot hold them; a letter scanned by a machine may."""
    cards = tuple(replace(card, name="SMA\x00\x08 1") for card in case.cards.visits)
    book = _read(replace(case, cards=replace(case.cards, visits=cards)))
    assert "SMA\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} 1" in [cell.value for cell in book.worksheets[0]["G"]]


def test_the_same_week_gives_the_same_bytes(case: "Case") -> None:
    """Published files are compared by their hash; the clock on the wall may not be in them."""
    first = week_workbook(case.week, gettext=str)
    assert first == week_workbook(case.week, gettext=str)
    with ZipFile(BytesIO(first)) as file:
        assert {entry.date_time for entry in file.infolist()} == {(2026, 12, 7, 0, 0, 0)}
        core = file.read("docProps/core.xml").decode()
    assert core.count("2026-12-07T00:00:00Z") == 2

"""Cells are read as an office writes them."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata import cells
from geodata.errors import CellError
from geodata.times import DateRange, RelativeDate, TimeRange, Weekday


@pytest.mark.parametrize(
    "text,value",
    [
        ("2026-12-07", date(2026, 12, 7)),
        ("07/12/2026", date(2026, 12, 7)),
        ("H", RelativeDate(0)),
        ("h+3", RelativeDate(3)),
        ("H - 12", RelativeDate(-12)),
        ("H−12", RelativeDate(-12)),
    ],
)
def test_dates_are_fixed_or_relative(text: str, value: object) -> None:
    """ISO dates, Excel's day-first dates and days counted from the planned week are dates."""
    assert cells.day(text) == value


@pytest.mark.parametrize("text", ["2026-13-01", "31/02/2026", "12/31/2026", "H+9999", "H12", "besok", "2026-12-7", ""])
def test_other_dates_are_refused(text: str) -> None:
    """A date that could be meant otherwise is not guessed."""
    with pytest.raises(CellError, match="2026-12-07"):
        cells.day(text)


def test_ranges_of_days() -> None:
    """One day, dots and 's.d.' make ranges; a semicolon separates them; the order of mixed ends is not known yet."""
    assert cells.day_ranges("2026-12-07; H..H+2; 2026-12-01 s.d. 2026-12-03") == (
        DateRange(date(2026, 12, 7), date(2026, 12, 7)),
        DateRange(RelativeDate(0), RelativeDate(2)),
        DateRange(date(2026, 12, 1), date(2026, 12, 3)),
    )
    assert cells.days("H..2026-12-07") == DateRange(RelativeDate(0), date(2026, 12, 7))
    for text in ("H+2..H", "2026-12-07..2026-12-01", "H..H+1..H+2"):
        with pytest.raises(CellError):
            cells.days(text)


@pytest.mark.parametrize(
    "read,text,value",
    [
        (cells.number(0, 100), "0,85", 0.85),
        (cells.number(0, 100), "0.85", 0.85),
        (cells.number(0, 10_000), "1.234,5", 1234.5),
        (cells.whole(0, 10_000), "1.234", 1234),
        (cells.whole(0, 10_000), "007", 7),
        (cells.degrees, "-3,5", -3.5),
        (cells.clock, "7.05", 425),
        (cells.clock, "24:00", 1440),
        (cells.hours, "07.30 - 16.00", TimeRange(450, 960)),
        (cells.weekdays, "Jumat;sen;Sen", (Weekday.MON, Weekday.FRI)),
        (cells.yes_no, "YA", True),
        (cells.area_code(10), "12.19.04.2001", "1219042001"),
        (cells.place_code, "12.19.04.2001", "1219042001"),
        (cells.place_code, "PSR.1", "PSR.1"),
        (cells.texts, "a; b ;", ("a", "b")),
    ],
)
def test_values_are_read(read: Callable[[str], object], text: str, value: object) -> None:
    """Indonesian ways of writing numbers, times and words are understood."""
    assert read(text) == value


@pytest.mark.parametrize(
    "read,text",
    [
        (cells.number(0, 1), "1,5"),
        (cells.number(0, 1, above=True), "0"),
        (cells.number(0, 1), "inf"),
        (cells.number(0, 1), "1e-3"),
        (cells.whole(0, 100), "-1"),
        (cells.whole(0, 100), "1.5"),
        (cells.whole(0, 100), "٣"),
        (cells.whole(0, 100), "9" * 5_000),
        (cells.degrees, "995.301"),
        (cells.degrees, "99°31"),
        (cells.clock, "25:00"),
        (cells.clock, "7:60"),
        (cells.clock, "24:01"),
        (cells.hours, "16:00-07:30"),
        (cells.weekdays, "Mon"),
        (cells.yes_no, "mungkin"),
        (cells.area_code(10), "1,219E+09"),
        (cells.area_code(10), "١٢١٩٠٤٢٠٠١"),
        (cells.identifier, "a/b"),
        (cells.identifier, "-a"),
        (cells.identifier, "x" * 41),
        (cells.time_zone, "../../etc/passwd"),
        (cells.time_zone, "WIB"),
        (cells.free_text, "x" * 1_001),
    ],
)
def test_what_does_not_fit_is_refused(read: Callable[[str], object], text: str) -> None:
    """Nothing is guessed from numbers, times or words that do not fit."""
    with pytest.raises(CellError):
        read(text)


@pytest.mark.parametrize(
    "text",
    ["1219041505900001", "NIK: 1219041505900001.", "1219 0415 0590 0001", "121904.150590.0001", "121904-150590-0001"],
)
def test_identity_numbers_are_refused_and_never_repeated(text: str) -> None:
    """A NIK in free text is refused, and the message that shows the cell strikes it out."""
    with pytest.raises(CellError, match="never named"):
        cells.free_text(text)
    assert "0001" not in cells.without_identity_numbers(text)


@pytest.mark.parametrize("text", ["421.5/118/SMKN1AP", "0812 3456 7890", "12.19.04.2001", "2026-12-07 2026-12-12"])
def test_other_numbers_are_no_identity_numbers(text: str) -> None:
    """Letter numbers, telephones, area codes and dates are ordinary text."""
    assert cells.free_text(text) == text


READERS = (
    cells.free_text,
    cells.identifier,
    cells.area_code(10),
    cells.place_code,
    cells.whole(0, 100),
    cells.number(0, 100),
    cells.degrees,
    cells.yes_no,
    cells.texts,
    cells.weekdays,
    cells.day,
    cells.day_ranges,
    cells.clocks,
    cells.hours,
    cells.time_zone,
)


@given(text=st.text(min_size=1, max_size=60), read=st.sampled_from(READERS))
def test_readers_answer_or_refuse(text: str, read: Callable[[str], object]) -> None:
    """Whatever stands in a cell, a reader fails in the one way that becomes a finding, and its message can be shown."""
    problem = None
    try:
        read(text)
    except CellError as error:
        problem = error
    assert problem is None or "{" not in problem.message.format(**problem.params)

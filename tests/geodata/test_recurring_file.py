"""Recurring stops written as a region folder has them, and dates fixed once for many weeks."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from geodata import SAMPLE_DIR
from geodata.recurring_file import write_recurring
from geodata.region import load_region
from geodata.requests import HolidayPolicy, RecurringRow, ServiceCounts
from geodata.times import RelativeDate, TimeRange, Weekday, all_resolved

SAMPLE = SAMPLE_DIR / "batubara"


def read_back(tmp_path: Path, rows: tuple[RecurringRow, ...]) -> tuple[RecurringRow, ...]:
    """The rows, written into a copy of the sample region and read from there."""
    for file in SAMPLE.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "recurring.csv").write_bytes(write_recurring(rows))
    return load_region(tmp_path).recurring


def test_the_samples_rules_survive(tmp_path: Path) -> None:
    """Relative dates stay relative, village codes keep their dots for spreadsheets."""
    rows = load_region(SAMPLE).recurring
    assert read_back(tmp_path, rows) == rows
    assert b"JT-01,12.19.05.1001,Sel;Rab,1,2026-01-05,," in write_recurring(rows)


def test_every_column_survives(tmp_path: Path) -> None:
    """A rule that fills every cell, with a comma and a quote in its note."""
    full = RecurringRow(
        "TW-1",
        "10204062",
        (Weekday.MON, Weekday.SUN),
        13,
        date(2027, 1, 4),
        ServiceCounts(20, 4, 8, 2),
        valid_from=RelativeDate(-7),
        valid_to=RelativeDate(0),
        hours=TimeRange(450, 1_440),
        holiday_policy=HolidayPolicy.ASK,
        last_visit=date(2026, 12, 1),
        note='juga "Pasar", Desa Dua',
    )
    assert read_back(tmp_path, (full, replace(full, id="TW-2", hours=None, valid_from=None, note=""))) == (
        full,
        replace(full, id="TW-2", hours=None, valid_from=None, note=""),
    )


def test_relative_dates_are_fixed_wherever_they_stand() -> None:
    """All weeks of a quarter count from its first Monday: nothing relative is left in the region."""
    monday = date(2027, 1, 4)
    region = load_region(SAMPLE)
    fixed = all_resolved(region, monday)
    assert "RelativeDate" in repr(region)
    assert "RelativeDate" not in repr(fixed)
    assert fixed.villages[0].last_visit == date(2026, 11, 9), "H-56"
    assert all_resolved(fixed, date(2030, 1, 7)) == fixed

"""Weeks as people name them: ``2026-W50`` (ISO 8601), and their Mondays."""

import re
from datetime import date

from api.errors import InvalidWeekError

_PATTERN = re.compile(r"(?P<year>[0-9]{4})-W(?P<week>[0-9]{2})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2076
"""Years whose fasting month `hijridate` knows, from the first that could be of any use."""


def parse_week(text: str) -> date:
    """
    Monday of the ISO week ``2026-W50``.

    Raises
    ------
    InvalidWeekError
        When it is not written so, the year has no such week, or its fasting month cannot be computed.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise InvalidWeekError(f"Week {text!r} is not written as a year and its ISO week, such as 2026-W50.")
    year, week = int(match["year"]), int(match["week"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidWeekError(
            f"Week {text!r}: year {year} has no calendar here; years go from {FIRST_YEAR} to {LAST_YEAR}."
        )
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError as error:
        raise InvalidWeekError(
            f"Week {text!r}: {year} has no week {week}; ISO weeks go from 01 to 52 or 53."
        ) from error


def week_name(monday: date) -> str:
    """The ISO week of a day, as `parse_week` reads it."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"

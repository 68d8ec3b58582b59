"""Weeks as people name them: ``2026-W50`` (ISO 8601), and their Mondays."""

import re
from datetime import date

from api.errors import InvalidWeekError

_PATTERN = re.compile(r"(?P<year>[0-9]{4})-W(?P<week>[0-9]{2})", re.ASCII)


def parse_week(text: str) -> date:
    """
    Monday of the ISO week ``2026-W50``.

    Raises
    ------
    InvalidWeekError
        When it is not written so, or the year has no such week.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise InvalidWeekError(f"Week {text!r} is not written as a year and its ISO week, such as 2026-W50.")
    year, week = int(match["year"]), int(match["week"])
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

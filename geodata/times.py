"""
Days and clock times as an office writes them: dates fixed or relative to the planned week, weekdays, hours.

A date is an ISO date or relative: ``H`` is the Monday of the planned week, ``H-12`` twelve days before it. Relative
dates keep the sample folder alive in any year; a real office writes ISO dates.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import TypeAlias

DAY_MIN = 1_440


class Weekday(IntEnum):
    """Day of the week (hari), 0 to 6 as `datetime.date.weekday` counts: Senin, Selasa, Rabu, Kamis, Jumat, ..."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


@dataclass(frozen=True, slots=True, order=True)
class RelativeDate:
    """
    A day counted from the Monday of the planned week.

    Attributes
    ----------
    days
        Days after that Monday; negative before it.
    """

    days: int

    def resolve(self, week: date) -> date:
        """The calendar day, given the Monday of the planned week."""
        return week + timedelta(days=self.days)

    def __str__(self) -> str:
        """As the folder writes it: ``H``, ``H-12``, ``H+3``."""
        return f"H{self.days:+d}" if self.days else "H"


When: TypeAlias = date | RelativeDate
"""A day, fixed or relative to the planned week; `resolve` makes both a calendar day."""


def resolve(when: When, week: date) -> date:
    """The calendar day of ``when``, given the Monday of the planned week."""
    return when.resolve(week) if isinstance(when, RelativeDate) else when


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from ``first`` to ``last``, both included."""

    first: When
    last: When

    def holds(self, day: date, week: date) -> bool:
        """Whether ``day`` lies in the range, given the Monday of the planned week."""
        return resolve(self.first, week) <= day <= resolve(self.last, week)


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """
    Hours of a day (jam), local clock.

    Attributes
    ----------
    start, end
        Minutes since midnight, 0 to 1,440, ``start < end``.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        """Check the ends."""
        if not 0 <= self.start < self.end <= DAY_MIN:
            raise ValueError(f"Hours {self.start}-{self.end} are no minutes of a day in order, 0 to {DAY_MIN}.")

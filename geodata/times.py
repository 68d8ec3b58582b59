"""
Days and clock times as an office writes them: dates fixed or relative to the planned week, weekdays, hours.

A date is an ISO date or relative: ``H`` is the Monday of the planned week, ``H-12`` twelve days before it. Relative
dates keep the sample folder alive in any year; a real office writes ISO dates.
"""

from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from enum import IntEnum
from typing import Any, TypeAlias, TypeVar

DAY_MIN = 1_440
T = TypeVar("T")


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


def all_resolved(value: T, week: date) -> T:
    """
    The same with every relative date made a calendar day, given the Monday of the planned week.

    Looks into dataclasses and tuples, however deep: into a whole region, for instance, of which several weeks are to
    be planned that all count from the first one.
    """
    return _resolved(value, week)  # type: ignore[no-any-return]


def _resolved(value: Any, week: date) -> Any:  # noqa: ANN401 (whatever a dataclass may hold)
    if isinstance(value, RelativeDate):
        return value.resolve(week)
    if isinstance(value, tuple):
        return tuple(_resolved(each, week) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        before = {each.name: getattr(value, each.name) for each in fields(value)}
        after = {name: _resolved(each, week) for name, each in before.items()}
        return replace(value, **{name: each for name, each in after.items() if each is not before[name]})
    return value


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

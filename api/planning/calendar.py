"""
The working calendar: which days of a week are worked, from when to when, and why a day is off.

National holidays and joint leave (cuti bersama) come from the `holidays` library, which holds the decrees of the
three ministers (SKB) up to the last one published; the fasting month is computed by `hijridate` (Umm al-Qura) and may
begin a day earlier or later here, where the moon is sighted. What the office sets by hand goes before both. Hours are
those of Presidential Regulation 21/2023 in the office's own rounding; the Friday pause is the prayer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

import holidays
from hijridate import Gregorian, Hijri

from api.i18n import N_
from api.planning.notes import Note
from geodata.calendar import CalendarOverrides, Certainty, DayHours, DayKind, DayOverride
from geodata.times import Weekday, resolve

WEEK_DAYS = 7
RAMADAN_MONTH = 9
_ESTIMATE_MARK = " (perkiraan)"


class OffKind(StrEnum):
    """Why nobody works on a day: weekend, national holiday, joint leave, or no outreach in the fasting month."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    JOINT_LEAVE = "joint_leave"
    RAMADAN = "ramadan"


@dataclass(frozen=True, slots=True)
class DayOff:
    """
    Why a day is off.

    Attributes
    ----------
    name
        Of the holiday, in its official Indonesian; empty for a weekend.
    is_certain
        False where the date is computed and may move by a day until it is decreed.
    """

    kind: OffKind
    name: str = ""
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """
    One day of the office's calendar.

    Attributes
    ----------
    hours
        Regular work and its pause, minutes of the day; None when the day is off.
    off
        Why it is off; None when it is worked.
    in_ramadan
        Whether it is, or is computed to be, in the fasting month.
    """

    day: date
    hours: DayHours | None
    off: DayOff | None
    in_ramadan: bool

    @property
    def weekday(self) -> Weekday:
        """Day of the week."""
        return Weekday(self.day.weekday())

    @property
    def allows_overtime(self) -> bool:
        """Whether crews may be asked for a Saturday shift: a Saturday that is no holiday."""
        return self.weekday is Weekday.SAT and self.off is not None and self.off.kind is OffKind.WEEKEND


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """
    The seven days of a week from Monday, and what a planner should know about them.

    Attributes
    ----------
    notes
        Days off and why, estimated dates, a year without a decree.
    """

    monday: date
    days: tuple[CalendarDay, ...]
    notes: tuple[Note, ...]

    @property
    def working_days(self) -> tuple[CalendarDay, ...]:
        """Days with regular hours."""
        return tuple(day for day in self.days if day.hours is not None)


def calendar_week(monday: date, rules: CalendarOverrides) -> CalendarWeek:
    """The week that begins on that Monday, by the office's rules."""
    days = tuple(_calendar_day(monday + timedelta(days=number), monday, rules) for number in range(WEEK_DAYS))
    return CalendarWeek(monday, days, tuple(_notes(days, monday, rules)))


def is_decreed(year: int) -> bool:
    """Whether the holidays of a year are decreed, as far as known here: every decree names days of joint leave."""
    return bool(_library_days(year, "government"))


@cache
def _library_days(year: int, category: str) -> dict[date, str]:
    return dict(holidays.country_holidays("ID", years=[year], categories=(category,), language="id"))


def _library_off(day: date) -> DayOff | None:
    for category, kind in (("public", OffKind.HOLIDAY), ("government", OffKind.JOINT_LEAVE)):
        name = _library_days(day.year, category).get(day)
        if name is not None:
            is_certain = is_decreed(day.year) and _ESTIMATE_MARK not in name
            return DayOff(kind, name.replace(_ESTIMATE_MARK, ""), is_certain)
    return None


def _override(day: date, monday: date, rules: CalendarOverrides) -> DayOverride | None:
    return next((each for each in rules.days if resolve(each.day, monday) == day), None)


def _calendar_day(day: date, monday: date, rules: CalendarOverrides) -> CalendarDay:
    in_ramadan, _ = _ramadan(day, monday, rules)
    off = _day_off(day, monday, rules)
    if in_ramadan and not rules.outreach_in_ramadan and (off is None or off.kind is OffKind.WEEKEND):
        off = DayOff(OffKind.RAMADAN)
    if off is not None:
        return CalendarDay(day, None, off, in_ramadan)
    season = rules.ramadan_hours if in_ramadan else rules.hours
    return CalendarDay(day, season.friday if day.weekday() == Weekday.FRI else season.mon_thu, None, in_ramadan)


def _day_off(day: date, monday: date, rules: CalendarOverrides) -> DayOff | None:
    override = _override(day, monday, rules)
    if override is not None:
        if override.kind is DayKind.WORKING_DAY:
            return None
        kind = OffKind.HOLIDAY if override.kind is DayKind.HOLIDAY else OffKind.JOINT_LEAVE
        return DayOff(kind, override.name, override.certainty is Certainty.CERTAIN)
    # Five working days (Perpres 21/2023, article 3). A holiday is named even where it falls on a weekend.
    return _library_off(day) or (DayOff(OffKind.WEEKEND) if day.weekday() >= Weekday.SAT else None)


def _ramadan(day: date, monday: date, rules: CalendarOverrides) -> tuple[bool, bool]:
    """Whether a day is in the fasting month, and whether that is certain."""
    for each in rules.ramadan:
        if each.days.holds(day, monday):
            return True, each.certainty is Certainty.CERTAIN
    first, last = _computed_ramadan(day)
    if not first <= day <= last:
        return False, True
    # Where the office has set a month that overlaps the computed one, the computed one no longer counts.
    replaced = any(
        resolve(each.days.first, monday) <= last and first <= resolve(each.days.last, monday) for each in rules.ramadan
    )
    return not replaced, replaced


def _computed_ramadan(day: date) -> tuple[date, date]:
    year = Gregorian(day.year, day.month, day.day).to_hijri().year
    first = Hijri(year, RAMADAN_MONTH, 1).to_gregorian()
    after = Hijri(year, RAMADAN_MONTH + 1, 1).to_gregorian()
    return (
        date(first.year, first.month, first.day),
        date(after.year, after.month, after.day) - timedelta(days=1),
    )


def _notes(days: tuple[CalendarDay, ...], monday: date, rules: CalendarOverrides) -> Iterator[Note]:
    for year in sorted({day.day.year for day in days}):
        if not is_decreed(year):
            yield Note(
                N_("Holidays of {year} are computed: no decree is known here yet, and joint leave is missing."),
                {"year": str(year)},  # a number would be grouped, as 2.028
            )
    for day in days:
        yield from _day_notes(day, monday, rules)
    fasting = [_ramadan(day.day, monday, rules) for day in days]
    if any(inside and not certain for inside, certain in fasting):
        yield Note(N_("The fasting month is computed; it may begin and end a day earlier or later."))
    elif any(inside for inside, _ in fasting):
        yield Note(N_("Working hours of the fasting month hold."))
    if not any(day.hours for day in days):
        yield Note(N_("There is no working day in this week."))


def _day_notes(day: CalendarDay, monday: date, rules: CalendarOverrides) -> Iterator[Note]:
    off, override = day.off, _override(day.day, monday, rules)
    if override is not None and override.kind is DayKind.WORKING_DAY:
        yield Note(
            N_("{day} is worked by decision of the office: {reason}"),
            {"day": day.day, "reason": override.reason or override.name},
        )
    elif off is not None and off.kind is OffKind.RAMADAN and day.weekday < Weekday.SAT:
        yield Note(N_("{day} is off: no outreach in the fasting month."), {"day": day.day})
    elif off is not None and off.kind in {OffKind.HOLIDAY, OffKind.JOINT_LEAVE}:
        message = (
            N_("{day} is off: {name}.")
            if off.is_certain
            else N_("{day} is off: {name} (estimated date, it may move by a day).")
        )
        yield Note(message, {"day": day.day, "name": off.name})

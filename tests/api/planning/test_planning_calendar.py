"""The working calendar."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.planning.calendar import CalendarDay, CalendarWeek, OffKind, calendar_week, is_decreed
from geodata.calendar import CalendarOverrides, Certainty, DayKind, DayOverride, Ramadan
from geodata.times import DateRange, Weekday


def _texts(week: CalendarWeek) -> list[str]:
    return [note.text(str, "en") for note in week.notes]


def _worked_min(day: CalendarDay) -> int:
    assert day.hours is not None
    return (day.hours.work.end - day.hours.work.start) - (day.hours.pause.end - day.hours.pause.start)


def _all_days(year: int, rules: CalendarOverrides) -> list[CalendarDay]:
    first = date(year, 1, 1) - timedelta(days=date(year, 1, 1).weekday())
    weeks = [calendar_week(first + timedelta(weeks=number), rules) for number in range(54)]
    return [day for week in weeks for day in week.days if day.day.year == year]


def test_2026_has_the_days_of_the_decree(rules: CalendarOverrides) -> None:
    """17 national holidays and 8 days of joint leave: what the ministers' joint decree names for 2026."""
    kinds = [day.off.kind for day in _all_days(2026, rules) if day.off is not None]
    assert kinds.count(OffKind.HOLIDAY) == 17
    assert kinds.count(OffKind.JOINT_LEAVE) == 8


def test_an_ordinary_week_has_five_days_of_regular_hours(rules: CalendarOverrides) -> None:
    """Five days; Monday to Thursday 7.5 h worked, Friday less 15 minutes since the prayer pause exceeds the break."""
    week = calendar_week(date(2026, 12, 7), rules)
    assert [day.weekday for day in week.working_days] == list(Weekday)[:5]
    assert [_worked_min(day) for day in week.working_days] == [450, 450, 450, 450, 435]
    assert week.notes == ()


def test_friday_prayer_is_a_pause(rules: CalendarOverrides) -> None:
    """Nobody drives or serves from 11:45 to 13:30 on a Friday, in the fasting month either."""
    for monday in (date(2026, 12, 7), date(2026, 3, 2)):
        friday = calendar_week(monday, rules).days[Weekday.FRI]
        assert friday.hours is not None
        assert (friday.hours.pause.start, friday.hours.pause.end) == (705, 810)


def test_joint_leave_is_off_and_named(rules: CalendarOverrides) -> None:
    """24 December 2026 is joint leave and 25 a holiday: the planner sees both with their names."""
    week = calendar_week(date(2026, 12, 21), rules)
    assert [day.day.day for day in week.working_days] == [21, 22, 23]
    assert any("24 December 2026 is off: Cuti Bersama Hari Raya Natal." in text for text in _texts(week))
    assert any("25 December 2026 is off: Hari Raya Natal." in text for text in _texts(week))


def test_ramadan_has_shorter_hours_and_is_called_an_estimate(rules: CalendarOverrides) -> None:
    """The first full fasting week of 2026: 32.5 h less the longer Friday pause; a note says the month is computed."""
    week = calendar_week(date(2026, 2, 23), rules)
    assert all(day.in_ramadan for day in week.days)
    assert [_worked_min(day) for day in week.working_days] == [390, 390, 390, 390, 345]
    assert any("fasting month is computed" in text for text in _texts(week))


def test_the_office_sets_its_own_ramadan(rules: CalendarOverrides) -> None:
    """A month that the office sets replaces the computed one that overlaps it, a day later as the moon was sighted."""
    month = Ramadan(DateRange(date(2026, 2, 19), date(2026, 3, 20)))
    week = calendar_week(date(2026, 2, 16), replace(rules, ramadan=(month,)))
    assert [day.in_ramadan for day in week.days] == [False, False, False, True, True, True, True]
    assert not any("computed" in text for text in _texts(week))


def test_an_estimated_month_of_the_office_stays_an_estimate(rules: CalendarOverrides) -> None:
    """An office that only expects the month says so, and the note stands."""
    month = Ramadan(DateRange(date(2026, 2, 19), date(2026, 3, 20)), Certainty.ESTIMATED)
    week = calendar_week(date(2026, 2, 23), replace(rules, ramadan=(month,)))
    assert any("fasting month is computed" in text for text in _texts(week))


def test_an_office_may_stay_at_home_in_ramadan(rules: CalendarOverrides) -> None:
    """Some offices pause outreach in the fasting month: no day is worked, Saturday neither."""
    week = calendar_week(date(2026, 2, 23), replace(rules, outreach_in_ramadan=False))
    assert week.working_days == ()
    assert not any(day.allows_overtime for day in week.days)
    assert any("There is no working day in this week." in text for text in _texts(week))


def test_saturday_is_off_but_open_to_overtime_unless_a_holiday(rules: CalendarOverrides) -> None:
    """Schools are free on Saturdays, so crews may be asked; not on Eid, and never on a Sunday."""
    ordinary = calendar_week(date(2026, 12, 7), rules)
    eid = calendar_week(date(2026, 3, 16), rules)
    assert [day.weekday for day in ordinary.days if day.allows_overtime] == [Weekday.SAT]
    assert not any(day.allows_overtime for day in eid.days)


def test_a_year_without_a_decree_says_so(rules: CalendarOverrides) -> None:
    """For 2028 no decree is known: the week says that its holidays are computed, and marks the day as an estimate."""
    assert is_decreed(2026)
    assert not is_decreed(2028)
    week = calendar_week(date(2028, 5, 8), rules)
    assert any("Holidays of 2028 are computed" in text for text in _texts(week))
    assert any("Hari Raya Waisak (estimated date" in text for text in _texts(week))


def test_a_week_over_new_year_asks_both_years(rules: CalendarOverrides) -> None:
    """Friday 1 January 2027 is off in the week that begins in December 2026."""
    week = calendar_week(date(2026, 12, 28), rules)
    assert [day.day for day in week.days if day.off and day.off.kind is OffKind.HOLIDAY] == [date(2027, 1, 1)]


@pytest.mark.parametrize(
    "kind, certainty, expected",
    [
        (DayKind.HOLIDAY, Certainty.CERTAIN, "is off: Hari Jadi."),
        (DayKind.JOINT_LEAVE, Certainty.ESTIMATED, "is off: Hari Jadi (estimated date, it may move by a day)."),
    ],
)
def test_the_office_can_close_a_day(
    rules: CalendarOverrides, kind: DayKind, certainty: Certainty, expected: str
) -> None:
    """A regency's own holiday is off, with the certainty that the office gives it."""
    closed = replace(rules, days=(DayOverride(date(2026, 12, 8), kind, "Hari Jadi", certainty),))
    week = calendar_week(date(2026, 12, 7), closed)
    assert week.days[Weekday.TUE].hours is None
    assert any(expected in text for text in _texts(week))


@pytest.mark.parametrize("day, why", [(date(2026, 12, 25), "a holiday"), (date(2026, 12, 26), "a Saturday")])
def test_the_office_can_open_a_day_with_a_reason(rules: CalendarOverrides, day: date, why: str) -> None:
    """Before elections offices open on days off: the override works the day and its reason is on the week."""
    opened = replace(rules, days=(DayOverride(day, DayKind.WORKING_DAY, why, reason="Pemilihan 2026"),))
    week = calendar_week(date(2026, 12, 21), opened)
    assert week.days[day.weekday()].hours is not None
    assert any("is worked by decision of the office: Pemilihan 2026" in text for text in _texts(week))


def test_lebaran_week_has_no_working_day(rules: CalendarOverrides) -> None:
    """In 2027 Nyepi, Lebaran and joint leave take a whole week: it is a valid week with a note, not an error."""
    week = calendar_week(date(2027, 3, 8), rules)
    assert week.working_days == ()
    assert any("There is no working day in this week." in text for text in _texts(week))


def test_notes_are_dated_in_the_readers_language(rules: CalendarOverrides) -> None:
    """Dates inside notes follow the locale: the office reads Jumat, not Friday."""
    week = calendar_week(date(2026, 12, 21), rules)
    assert any(note.text(str, "id").startswith("Jumat, 25 Desember 2026") for note in week.notes)

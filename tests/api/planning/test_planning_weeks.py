"""Names of weeks."""

from datetime import date, timedelta

import pytest

from api.errors import InvalidWeekError
from api.planning.calendar import calendar_week
from api.weeks import parse_week, week_name
from geodata.calendar import CalendarOverrides


def test_a_week_is_its_monday() -> None:
    """2026-W50 begins on 7 December; 2026 has 53 weeks and the first of 2027 begins in January."""
    assert parse_week("2026-W50") == date(2026, 12, 7)
    assert parse_week("2026-W53") == date(2026, 12, 28)
    assert parse_week("2027-W01") == date(2027, 1, 4)


def test_names_and_mondays_are_inverse() -> None:
    """Every Monday of 20 years is found again from its name."""
    mondays = [date(2026, 1, 5) + timedelta(weeks=number) for number in range(1040)]
    assert [parse_week(week_name(monday)) for monday in mondays] == mondays


@pytest.mark.parametrize(
    "text", ["", "2026W50", "2026-50", "W50", "2026-W5", "2026-W50-1", "２０２６-W50", "next week"]
)
def test_other_forms_are_refused_with_the_right_one(text: str) -> None:
    """The message shows what was given and how a week is written."""
    with pytest.raises(InvalidWeekError, match=r"such as 2026-W50"):
        parse_week(text)


@pytest.mark.parametrize("text", ["2026-W00", "2026-W54", "2027-W53"])
def test_a_week_that_is_not_there_is_refused(text: str) -> None:
    """2027 has only 52 weeks."""
    with pytest.raises(InvalidWeekError, match="has no week"):
        parse_week(text)


@pytest.mark.parametrize("text", ["0000-W10", "1999-W52", "2077-W01", "9999-W20"])
def test_years_without_a_calendar_are_refused(text: str) -> None:
    """Beyond them the fasting month cannot be computed: one clear refusal, not a failure deep inside."""
    with pytest.raises(InvalidWeekError, match="years go from 2000 to 2076"):
        parse_week(text)


def test_every_year_that_is_accepted_has_a_calendar(rules: CalendarOverrides) -> None:
    """The first and the last week can be worked out."""
    for text in ("2000-W01", "2076-W53"):
        assert len(calendar_week(parse_week(text), rules).days) == 7

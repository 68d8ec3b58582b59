"""Recurring stops fall due by their rule."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from geodata.requests import RecurringRow, ServiceCounts
from geodata.times import RelativeDate, Weekday

MONDAY = date(2026, 12, 7)
STOP = RecurringRow(
    id="JT-1",
    place="1219042001",
    weekdays=(Weekday.TUE, Weekday.THU),
    every_weeks=2,
    anchor=date(2026, 12, 8),
    counts=ServiceCounts(record_and_print=20),
)


def test_a_stop_is_due_in_every_nth_week_both_ways() -> None:
    """The rule counts whole weeks from the week of its anchor, whichever day that is, before and after it."""
    due = [bool(STOP.due_days(MONDAY + timedelta(weeks=week))) for week in range(-4, 5)]
    assert due == [True, False, True, False, True, False, True, False, True]


def test_a_due_stop_may_be_made_on_any_of_its_days() -> None:
    """All days of the rule are offered; one visit is made on one of them."""
    assert STOP.due_days(MONDAY) == (date(2026, 12, 8), date(2026, 12, 10))


@pytest.mark.parametrize(
    "first,last,days",
    [
        (date(2026, 12, 9), None, (date(2026, 12, 10),)),
        (None, date(2026, 12, 8), (date(2026, 12, 8),)),
        (RelativeDate(2), RelativeDate(2), ()),
        (RelativeDate(1), RelativeDate(1), (date(2026, 12, 8),)),
    ],
)
def test_days_outside_the_rule_s_time_are_not_offered(
    first: date | RelativeDate | None, last: date | RelativeDate | None, days: tuple[date, ...]
) -> None:
    """The first and last day of a rule bound the days of a week, both included."""
    assert replace(STOP, valid_from=first, valid_to=last).due_days(MONDAY) == days

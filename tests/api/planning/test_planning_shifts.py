"""Vans and the calendar -> shifts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from api.planning.calendar import calendar_week
from api.planning.shifts import ShiftSettings, WeekShifts, duty_min, week_shifts
from geodata.calendar import CalendarOverrides
from geodata.fleet import Fleet, Unit
from geodata.region import Region
from geodata.times import DateRange, TimeRange, Weekday
from optimizer.problem import LocationId, Shift, clock

SETTINGS = ShiftSettings(4, 6.0, 0.1, TimeRange(480, 840))
SATURDAY = date(2026, 12, 12)


def _week(
    rules: CalendarOverrides, fleet: Fleet, monday: date = date(2026, 12, 7), saturdays: Sequence[date] = ()
) -> WeekShifts:
    bases = {unit.id: LocationId("office") for unit in fleet.units}
    return week_shifts(calendar_week(monday, rules), fleet, SETTINGS, bases=bases, saturdays=saturdays)


def _of(week: WeekShifts, vehicle: str) -> list[Shift]:
    return [shift for shift in week.shifts if shift.vehicle == vehicle]


def _alone(region: Region, **changes: object) -> Fleet:
    """Van 1 as the only one, changed."""
    return replace(region.fleet, units=(replace(region.fleet.units[0], **changes),))  # type: ignore[arg-type]


def test_every_van_has_a_shift_on_every_working_day(rules: CalendarOverrides, region: Region) -> None:
    """Two vans and five days make ten shifts with readable names and the office's hours and pauses."""
    shifts = _week(rules, region.fleet).shifts
    assert len(shifts) == 10
    monday, friday = shifts[0], shifts[4]
    assert monday.id == "moling-1/2026-12-07"
    assert (clock(monday.earliest), clock(monday.latest)) == ("Mon 07:30", "Mon 16:00")
    assert [(clock(pause.start), clock(pause.end)) for pause in friday.pauses] == [("Fri 11:45", "Fri 13:30")]


def test_only_willing_crews_work_late(rules: CalendarOverrides, region: Region) -> None:
    """Van 1 agreed to evenings and may grow by the day's overtime, at the office's price a minute; van 2 did not."""
    week = _week(rules, region.fleet)
    assert {(shift.overtime_max, shift.overtime_cost) for shift in _of(week, "moling-1")} == {(150, 0.1)}
    assert {shift.overtime_max for shift in _of(week, "moling-2")} == {0}


def test_saturdays_are_for_willing_crews_and_only_when_asked_for(rules: CalendarOverrides, region: Region) -> None:
    """All of a Saturday is overtime: there when a letter wants it, for crews who agreed, and paid by the hour."""
    assert not any(shift.id.endswith("2026-12-12") for shift in _week(rules, region.fleet).shifts)
    saturday = [shift for shift in _week(rules, region.fleet, saturdays=[SATURDAY]).shifts if "12-12" in shift.id]
    assert [shift.vehicle for shift in saturday] == ["moling-1"]
    assert saturday[0].cost_per_hour == 6.0
    assert (clock(saturday[0].earliest), clock(saturday[0].latest)) == ("Sat 08:00", "Sat 14:00")
    assert [clock(pause.start) for pause in saturday[0].pauses] == ["Sat 12:00"]


def test_the_weeks_overtime_is_one_budget(rules: CalendarOverrides, region: Region) -> None:
    """On duty at most for the regular 2,235 minutes of the week and the budget of 600."""
    (limit,) = _week(rules, region.fleet).limits
    assert (str(limit.measure), limit.per, limit.max) == ("duty_min", "vehicle-week", 2235 + 600)


def test_a_van_away_for_maintenance_cannot_use_the_others_hours(rules: CalendarOverrides, region: Region) -> None:
    """
    The limit is one for all vans, so a van with fewer days is bounded by its own shifts.

    Regular hours and all the overtime of its shifts together stay within its own budget.
    """
    away = DateRange(date(2026, 12, 7), date(2026, 12, 8))
    full = region.fleet.units[0]
    units = (full, replace(full, id="moling-2", maintenance=(away,)))
    week = _week(rules, replace(region.fleet, units=units, overtime_per_week_min=400), saturdays=[SATURDAY])
    shifts = _of(week, "moling-2")
    assert [shift.id[-2:] for shift in shifts] == ["09", "10", "11", "12"]
    most = sum(duty_min(shift) + shift.overtime_max for shift in shifts)
    assert most <= week.regular_min[shifts[0].vehicle] + 400
    assert week.limits[0].max == 2235 + 400


def test_a_saturday_longer_than_the_budget_is_not_offered_to_a_short_week(
    rules: CalendarOverrides, region: Region
) -> None:
    """Five hours of Saturday do not fit a budget of four for a van whose week is short anyway."""
    away = DateRange(date(2026, 12, 7), date(2026, 12, 7))
    full = region.fleet.units[0]
    units = (full, replace(full, id="moling-2", maintenance=(away,)))
    week = _week(rules, replace(region.fleet, units=units, overtime_per_week_min=240), saturdays=[SATURDAY])
    assert [shift.id[-2:] for shift in _of(week, "moling-2")] == ["08", "09", "10", "11"]
    assert [shift.id[-2:] for shift in _of(week, "moling-1")][-1] == "12"


@pytest.mark.parametrize("rest_min", [660, 930, 1000])
def test_crews_have_their_rest(rules: CalendarOverrides, region: Region, rest_min: int) -> None:
    """However late overtime makes an evening, the next start is a full rest later; only then is the start moved."""
    shifts = _of(_week(rules, replace(region.fleet, rest_min=rest_min), saturdays=[SATURDAY]), "moling-1")
    assert all(after.earliest - (before.latest + before.overtime_max) >= rest_min for before, after in pairwise(shifts))
    starts = {clock(shift.earliest)[4:] for shift in shifts[:5]}
    assert (starts == {"07:30"}) is (rest_min <= 930)


def test_own_hours_of_a_unit_go_before_the_calendars(rules: CalendarOverrides, region: Region) -> None:
    """A crew with a late Tuesday; in the fasting month the decree's shorter day holds for it too."""
    fleet = _alone(region, hours={Weekday.TUE: TimeRange(600, 1080)})
    assert [clock(_week(rules, fleet).shifts[1].earliest), clock(_week(rules, fleet).shifts[1].latest)] == [
        "Tue 10:00",
        "Tue 18:00",
    ]
    fasting = _week(rules, fleet, monday=date(2026, 2, 23)).shifts[1]
    assert [clock(fasting.earliest), clock(fasting.latest)] == ["Tue 10:00", "Tue 15:00"]


def test_a_van_without_printer_carries_no_blanks(rules: CalendarOverrides, region: Region) -> None:
    """Its cards are made at the office, so the blanks it could carry do not bound its day."""
    cards = {card.card: 100 for card in region.fleet.stock}
    printing = _week(rules, _alone(region, cards_aboard=cards)).shifts[0]
    plain = _week(rules, _alone(region, cards_aboard=cards, can_print=False)).shifts[0]
    assert (dict(printing.capacity), dict(plain.capacity)) == ({"id_card": 100}, {})


def test_no_vans_no_shifts(rules: CalendarOverrides) -> None:
    """An office whose only van is sold can still open its week."""
    week = _week(rules, Fleet(()))
    assert (week.shifts, week.limits, week.regular_kit_min) == ((), (), 0)


def test_regular_kit_minutes_count_every_kit(rules: CalendarOverrides, region: Region) -> None:
    """Two kits on van 1 and one on van 2: three times the week's 2,235 minutes; Saturdays are not regular."""
    assert _week(rules, region.fleet, saturdays=[SATURDAY]).regular_kit_min == 3 * 2235


def test_stops_a_day_follow_the_unit_then_the_region(rules: CalendarOverrides, region: Region) -> None:
    """A unit with its own most keeps it."""
    plain: Unit = region.fleet.units[0]
    assert _week(rules, _alone(region)).shifts[0].max_stops == 4
    assert _week(rules, replace(region.fleet, units=(replace(plain, max_stops=2),))).shifts[0].max_stops == 2

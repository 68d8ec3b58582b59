"""Recurring stops and days off."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from api.planning.build import PlanningWeek
from geodata.calendar import DayKind, DayOverride
from geodata.region import Region
from geodata.requests import HolidayPolicy, RecurringRow, ServiceCounts
from geodata.times import TimeRange, Weekday
from optimizer.problem import Visit, clock

Build = Callable[..., PlanningWeek]
MakeStop = Callable[..., RecurringRow]
MONDAY = date(2026, 12, 7)


def _rounds(week: PlanningWeek) -> list[Visit]:
    return [visit for visit in week.problem.visits if visit.id.startswith("round:")]


def _closed(region: Region, *days: date) -> Region:
    overrides = tuple(DayOverride(day, DayKind.HOLIDAY, "Hari Jadi") for day in days)
    return replace(region, calendar=replace(region.calendar, days=overrides))


def test_a_due_stop_is_a_visit_on_its_day(build: Build, make_stop: MakeStop) -> None:
    """20 people at the office's word count twice, and by the week since the van was last there."""
    week = build(stops=(make_stop(hours=TimeRange(510, 720)),))
    (visit,) = _rounds(week)
    assert visit.id == "round:R1"
    assert [(clock(window.start), visit.finish_by) for window in visit.windows] == [("Mon 08:30", 720)]
    assert visit.prize == round(20 * 2.0 * 1.0385, 3)
    assert {"round", "recurring"} <= visit.tags
    assert week.cards.get_visit(visit.id).rule == "Every week: Monday"


def test_a_stop_every_fourth_week_is_due_in_every_fourth(build: Build, make_stop: MakeStop) -> None:
    """The rule counts from its anchor."""
    stop = make_stop(every_weeks=4, anchor=date(2026, 12, 9), weekdays=(Weekday.TUE, Weekday.THU))
    assert [clock(window.start)[:3] for window in _rounds(build(stops=(stop,)))[0].windows] == ["Tue", "Thu"]
    for later in (date(2026, 12, 14), date(2026, 12, 21)):
        assert _rounds(build(stops=(stop,), week=later)) == []
    card = build(stops=(stop,), locale="id").cards.get_visit(_rounds(build(stops=(stop,)))[0].id)
    assert card.rule == "Every 4 weeks: Selasa, Kamis"


@pytest.mark.parametrize(
    "policy, why",
    [(HolidayPolicy.SKIP, "skipped by its rule"), (HolidayPolicy.ASK, "decide whether to skip or to move")],
)
def test_a_day_off_skips_or_asks(
    build: Build, make_stop: MakeStop, region: Region, policy: HolidayPolicy, why: str
) -> None:
    """No visit, and the planner reads why: nothing due disappears without a word."""
    week = build(stops=(make_stop(holiday_policy=policy),), of=_closed(region, MONDAY))
    assert _rounds(week) == []
    (left,) = week.left_out
    assert (left.id, left.returned) == ("R1", False)
    assert why in left.reason.text(str, "en")


def test_a_day_off_moves_to_the_next_working_day(build: Build, make_stop: MakeStop, region: Region) -> None:
    """Monday and Tuesday are off: the visit is made on Wednesday and a note tells both days."""
    week = build(stops=(make_stop(holiday_policy=HolidayPolicy.MOVE),), of=_closed(region, MONDAY, date(2026, 12, 8)))
    (visit,) = _rounds(week)
    assert [clock(window.start)[:3] for window in visit.windows] == ["Wed"]
    assert any("moved from Monday, 7 December 2026" in note for note in week.cards.notes)


def test_a_stop_moves_into_the_next_week(build: Build, make_stop: MakeStop, region: Region) -> None:
    """Due every third Friday, a day off: it is made on Monday of the week after, and only there."""
    friday = date(2026, 12, 11)
    stop = make_stop(weekdays=(Weekday.FRI,), every_weeks=3, anchor=friday, holiday_policy=HolidayPolicy.MOVE)
    of = _closed(region, friday)
    assert _rounds(build(stops=(stop,), of=of)) == []
    (visit,) = _rounds(build(stops=(stop,), of=of, week=date(2026, 12, 14)))
    assert [clock(window.start)[:3] for window in visit.windows] == ["Mon"]
    assert _rounds(build(stops=(stop,), of=of, week=date(2026, 12, 21))) == []


def test_a_stop_is_not_moved_when_it_could_be_made(build: Build, make_stop: MakeStop, region: Region) -> None:
    """One of its two days is worked: the stop stays in its week."""
    stop = make_stop(
        weekdays=(Weekday.MON, Weekday.THU), holiday_policy=HolidayPolicy.MOVE, every_weeks=2, anchor=MONDAY
    )
    of = _closed(region, MONDAY)
    assert [clock(window.start)[:3] for window in _rounds(build(stops=(stop,), of=of))[0].windows] == ["Thu"]
    assert _rounds(build(stops=(stop,), of=of, week=date(2026, 12, 14))) == []


def test_a_saturday_market_gets_its_saturday(build: Build, make_stop: MakeStop) -> None:
    """A stop that is always on Saturday opens a Saturday shift, as a letter does."""
    week = build(stops=(make_stop(weekdays=(Weekday.SAT,)),))
    assert [clock(window.start) for window in _rounds(week)[0].windows] == ["Sat 08:00"]
    assert "moling-1/2026-12-12" in week.problem.shift_by_id


def test_expected_counts_are_not_cut_by_attendance(build: Build, make_stop: MakeStop) -> None:
    """They are what past visits saw; only announced pupils are counted at 85 percent."""
    stop = make_stop(counts=ServiceCounts(record_and_print=20, child_id_card=10))
    (visit,) = _rounds(build(stops=(stop,)))
    assert (visit.work_min, dict(visit.demand)) == (120, {"id_card": 20, "child_id_card": 10})


def test_a_stop_at_a_site_reaches_no_village(build: Build, make_stop: MakeStop) -> None:
    """A prison's yard is no place for the village."""
    (visit,) = _rounds(build(stops=(make_stop(place="LAPAS"),)))
    assert dict(visit.reaches) == {}

"""A quarter's rounds: every village gets its stops in time, and the rules that come out make the same weeks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.i18n import language
from api.planning.build import build_week
from api.planning.desk import Desk, desk_from_tables
from api.planning.hubs import RoundsOptions, fortnights
from api.planning.rounds import build_rounds, within_fortnights
from api.planning.rounds_calendar import RoundsCalendar
from api.planning.rounds_result import PlannedRounds, plan_rounds
from geodata import SAMPLE_DIR
from geodata.calendar import CalendarOverrides, Certainty, DayKind, DayOverride, Ramadan
from geodata.recurring_file import write_recurring
from geodata.region import Region, load_region
from geodata.requests import HolidayPolicy, RecurringRow, ServiceCounts
from geodata.sites import Access
from geodata.times import DateRange, RelativeDate, TimeRange, Weekday
from maps.itinerary import itineraries
from maps.rounds_page import rounds_page
from optimizer.blocks import split
from optimizer.evaluate import evaluate
from optimizer.instance import read_problem, sha256_of
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus
from optimizer.problem import DAY_MIN, WEEK_MIN, LimitScope, Problem
from optimizer.solve import SolveOptions, solve

MONDAY = date(2026, 10, 5)
"""Begins thirteen weeks in which no working day is off before Christmas."""
WEEKS = 6
ENGLISH = language("en")
MakeStop = Callable[..., RecurringRow]


def planned(region: Region, weeks: int = WEEKS, monday: date = MONDAY, *, is_proved: bool = True) -> PlannedRounds:
    """The rounds of some weeks, solved, their plan judged and, where they are few enough, proved best."""
    result = plan_rounds(region, monday, weeks, language=ENGLISH, options=SolveOptions(time_limit_s=30))
    assert evaluate(result.rounds.problem, result.plan).violations == ()
    assert result.plan.status is PlanStatus.OPTIMAL or not is_proved
    return result


def with_days(region: Region, **changes: object) -> Region:
    """The region with another calendar."""
    rules: CalendarOverrides = replace(region.calendar, **changes)  # type: ignore[arg-type]
    return replace(region, calendar=rules)


def with_waits(region: Region, *weeks: int) -> Region:
    """The region whose villages have waited so many weeks."""
    villages = tuple(
        replace(village, last_visit=RelativeDate(-7 * waited))
        for village, waited in zip(region.villages, weeks, strict=True)
    )
    return replace(region, villages=villages)


def days_of(result: PlannedRounds, village: int) -> tuple[date, ...]:
    """Days on which Desa 1 to 5 is served."""
    return result.days_served.get(f"121901200{village}", ())


def test_weeks_fall_into_fortnights() -> None:
    """An odd number leaves a week by itself at the end."""
    assert fortnights(5) == (range(2), range(2, 4), range(4, 5))


def test_every_village_is_served_and_each_stop_keeps_its_stretch(region: Region) -> None:
    """Stops of a hub keep apart; kept to their fortnights they fall into blocks, worth no more than the whole."""
    crowded = tuple(replace(village, unrecorded=200) for village in region.villages)
    result = planned(replace(region, villages=crowded), weeks=12)
    rounds = result.rounds
    assert set(result.days_served) == {village.code for village in region.villages}
    for visit, stop in rounds.hub_stops.items():
        assert set(fortnights(12)[stop.fortnight]) <= set(stop.weeks)
        assert {each.start // WEEK_MIN for each in rounds.problem.visit_by_id[visit].windows} <= set(stop.weeks)
    for village in region.villages:
        first, second = days_of(result, int(village.code[-1]))
        assert timedelta(weeks=3) <= second - first <= timedelta(weeks=9)
    assert all(limit.per is LimitScope.PLAN for limit in rounds.problem.limits)
    narrow = within_fortnights(rounds)
    blocks = split(build_network(narrow))
    assert len(blocks) > 1
    plan = solve(narrow, SolveOptions(time_limit_s=30))
    assert evaluate(rounds.problem, plan).violations == (), "a plan in fortnights is one of the whole"
    assert plan.value is not None
    assert result.plan.value is not None
    assert plan.value <= result.plan.value


def test_with_little_time_the_rounds_keep_to_fortnights_and_say_so(region: Region) -> None:
    """What is proved is proved of what is written: the instance beside the plan is the one in fortnights."""
    crowded = tuple(replace(village, unrecorded=200) for village in region.villages)

    def in_a_hurry(problem: Problem, options: SolveOptions) -> Plan:
        if options.initial_plan is None:
            return solve(problem, options)
        return replace(options.initial_plan, bound=None, instance_sha256=options.instance_sha256)

    result = plan_rounds(
        replace(region, villages=crowded),
        MONDAY,
        12,
        language=ENGLISH,
        options=SolveOptions(time_limit_s=30),
        solver=in_a_hurry,
    )
    assert result.keeps_fortnights
    assert read_problem(result.instance) == result.rounds.problem
    assert evaluate(result.rounds.problem, result.plan, instance_sha256=sha256_of(result.instance)).violations == ()
    assert "Each hub stop keeps to its usual fortnight" in "\n".join(RoundsCalendar(result, ENGLISH).lines())


def test_more_people_left_are_visited_more_often_and_evenly_spread(region: Region) -> None:
    """One stop for each 120 people left; the stops of a village stand as far apart as the weeks allow."""
    crowded = replace(region.villages[0], unrecorded=300)
    result = planned(replace(region, villages=(crowded, *region.villages[1:])))
    days = days_of(result, 1)
    assert len(days) == 3
    assert [(day - MONDAY).days // 14 for day in days] == [0, 1, 2]
    assert len(days_of(result, 2)) == 1
    people = [
        stop.people[crowded.code]
        for visit, stop in sorted(result.rounds.hub_stops.items())
        if stop.hub.code == crowded.code
    ]
    assert people == [60, 60, 60], "no more than a stop has time for"


def test_kecamatan_get_stops_for_their_people_however_many_their_hubs(region: Region) -> None:
    """Four villages of 130 would round up to eight stops beside one of 480 with four, for nearly as many people."""
    small = [replace(village, unrecorded=130, population=0) for village in region.villages[:4]]
    large = replace(region.villages[4], code="1219022001", district="Sei Suka", unrecorded=480, population=0)
    rounds = build_rounds(replace(region, villages=(*small, large)), MONDAY, 12)
    stops = {(stop.hub.code, stop.number) for stop in rounds.hub_stops.values()}
    of_large = sum(code == large.code for code, _ in stops)
    assert len(stops) == 12
    assert of_large in {5, 6}
    assert {code for code, _ in stops} == {village.code for village in rounds.region.villages}


def test_villages_near_one_another_share_a_hall(region: Region) -> None:
    """Half the covering radius is near: one stop serves both, told with the hub, at whichever hall suits the van."""
    near = replace(region.villages[1], lon=region.villages[0].lon + 0.01, unrecorded=10)
    result = planned(replace(region, villages=(region.villages[0], near, *region.villages[2:])))
    assert days_of(result, 1) == days_of(result, 2) != ()
    visits = [
        visit
        for visit, stop in result.rounds.hub_stops.items()
        if near.code in {each.code for each in stop.hub.villages}
    ]
    assert len(visits) == 2
    assert len({result.rounds.problem.visit_by_id[visit].group for visit in visits}) == 1
    text = "\n".join(RoundsCalendar(result, ENGLISH).lines())
    assert "(also for Desa 2)" in text or "(also for Desa 1)" in text
    note = next(rule.note for rule in result.rules() if rule.note)
    assert note in {"Also for Desa 2", "Also for Desa 1"}


def test_who_has_waited_longest_comes_first_and_none_waits_too_long(region: Region) -> None:
    """A village that has waited 25 of 26 weeks is served in the first week, whatever its place on the map."""
    waiting = with_waits(region, 2, 4, 25, 23, 6)
    result = planned(waiting)
    assert (days_of(result, 3)[0] - MONDAY).days < 7
    assert (days_of(result, 4)[0] - MONDAY).days < 21
    assert all((result.longest_wait_weeks(village) or 0) <= 26 for village in result.rounds.region.villages)
    assert result.never_served == ()


def test_a_shorter_longest_wait_brings_more_stops(region: Region) -> None:
    """Two stops may stand a fortnight further apart than their spacing, and even so keep the wait."""
    often = replace(region, planning=replace(region.planning, longest_wait_weeks=5))
    result = planned(with_waits(often, 1, 1, 1, 1, 1))
    for village in result.rounds.region.villages:
        assert len(days_of(result, int(village.code[-1]))) >= 2
        assert (result.longest_wait_weeks(village) or 0) <= 5


def test_no_van_goes_out_on_a_day_off(region: Region) -> None:
    """A holiday is skipped by every new stop, and the calendar says why nobody comes."""
    holidays = tuple(DayOverride(MONDAY + timedelta(days=day), DayKind.HOLIDAY, "Hari Jadi") for day in (0, 1, 2, 3))
    result = planned(with_days(region, days=holidays), weeks=2)
    assert {day.day for day in result.itinerary.itineraries}.isdisjoint(each.day for each in holidays)
    assert set(result.days_served) == {village.code for village in region.villages}
    assert "  Mon 5 · day off: Hari Jadi" in RoundsCalendar(result, ENGLISH).lines()


@pytest.mark.parametrize("policy", [HolidayPolicy.SKIP, HolidayPolicy.MOVE])
def test_a_rules_stop_on_a_day_off_goes_by_its_policy(
    region: Region, make_stop: MakeStop, policy: HolidayPolicy
) -> None:
    """Rules of the folder stay; on a holiday their stop is skipped, or moved to the next working day, and both told."""
    holiday = MONDAY + timedelta(days=7)
    stop = make_stop(holiday_policy=policy)
    closed = with_days(region, days=(DayOverride(holiday, DayKind.HOLIDAY, "Hari Jadi"),))
    result = planned(replace(closed, recurring=(stop,)), weeks=3)
    moved = holiday + timedelta(days=1)
    served = [MONDAY, *([moved] if policy is HolidayPolicy.MOVE else []), MONDAY + timedelta(days=14)]
    assert list(days_of(result, 1)) == served
    assert result.rules()[0] == stop
    text = "\n".join(RoundsCalendar(result, ENGLISH).lines())
    assert ("moved from Monday, 12 October 2026" if policy is HolidayPolicy.MOVE else "skipped by its rule") in text


def test_the_hours_of_the_fasting_month_hold(region: Region) -> None:
    """From 08:00 to 15:00 by decree; a fortnight that is half of it closes its halls at its hours."""
    month = Ramadan(DateRange(MONDAY + timedelta(days=7), MONDAY + timedelta(days=20)), Certainty.CERTAIN)
    result = planned(with_days(region, ramadan=(month,)), weeks=4)
    for itinerary in result.itinerary.itineraries:
        if month.days.holds(itinerary.day, MONDAY):
            assert itinerary.leave.hour >= 8
            assert (itinerary.back.hour, itinerary.back.minute) <= (
                (15, 30) if itinerary.day.weekday() == 4 else (15, 0)
            )
    heads = [line for line in RoundsCalendar(result, ENGLISH).lines() if line.startswith("Week ")]
    assert [line.endswith("hours of the fasting month") for line in heads] == [False, True, True, False]


def test_villages_that_a_rule_serves_get_no_other_stop(region: Region, make_stop: MakeStop) -> None:
    """People were told of the rule: it stays as it is, and counts as service of its village."""
    result = planned(replace(region, recurring=(make_stop(every_weeks=2, anchor=MONDAY),)))
    assert "1219012001" not in {stop.hub.code for stop in result.rounds.hub_stops.values()}
    assert days_of(result, 1) == tuple(MONDAY + timedelta(weeks=week) for week in (0, 2, 4))


def test_a_rule_serves_neighbours_only_while_it_has_time_for_them(region: Region, make_stop: MakeStop) -> None:
    """Desa 2 is near the rule's hall: 120 recordings are enough for both villages, 30 are not."""
    near = replace(region.villages[1], lon=region.villages[0].lon + 0.01)
    close = replace(region, villages=(region.villages[0], near, *region.villages[2:]))
    for people, shares in ((40, True), (10, False)):
        rule = make_stop(every_weeks=2, anchor=MONDAY, counts=ServiceCounts(record_and_print=people))
        result = planned(replace(close, recurring=(rule,)))
        assert (days_of(result, 2) == days_of(result, 1)) == shares
        assert days_of(result, 2)
        assert ("1219012002" in {stop.hub.code for stop in result.rounds.hub_stops.values()}) != shares


def test_a_rule_that_comes_too_late_does_not_count(region: Region, make_stop: MakeStop) -> None:
    """A village at the end of its wait gets a stop of its own before the rule's first one."""
    late = make_stop(every_weeks=6, anchor=MONDAY + timedelta(weeks=5))
    result = planned(replace(with_waits(region, 25, 1, 1, 1, 1), recurring=(late,)))
    first, second = days_of(result, 1)
    assert (first - MONDAY).days < 7
    assert second == MONDAY + timedelta(weeks=5)


def test_a_village_without_a_way_is_told_with_the_reason(region: Region) -> None:
    """An island that no unit can reach is never served, and the calendar does not pass over it."""
    island = replace(region.villages[4], lat=3.4, access=frozenset({Access.BOAT}))
    result = planned(replace(region, villages=(*region.villages[:4], island)))
    ((village, why),) = result.never_served
    assert (village.code, why.message) == (island.code, "No unit has a way there, and no hall within reach has one.")
    assert any("Desa 5 (Kecamatan Satu): No unit has a way" in line for line in RoundsCalendar(result, ENGLISH).lines())


def test_where_time_is_short_kecamatan_share_it_and_what_is_left_out_is_told(region: Region) -> None:
    """One van, one day a week: every kecamatan gets its part of the stops that there is time for."""
    two = [
        replace(village, district="Kecamatan Dua", code=f"121902200{at}") for at, village in enumerate(region.villages)
    ]
    far = [replace(village, lat=3.35, unrecorded=100) for village in two]
    near = [replace(village, unrecorded=100) for village in region.villages]
    closed = tuple(
        DayOverride(MONDAY + timedelta(days=7 * week + day), DayKind.HOLIDAY, "Libur")
        for week in range(2)
        for day in range(1, 5)
    )
    short = replace(region, villages=(*near, *far), fleet=replace(region.fleet, units=region.fleet.units[:1]))
    result = planned(with_days(short, days=closed), weeks=2)
    stops = [facts.stops for facts in result.districts]
    assert sum(stops) < 10
    assert min(stops) >= 1
    assert [facts.name for facts in result.districts] == ["Kecamatan Satu", "Kecamatan Dua"]
    lines = list(RoundsCalendar(result, ENGLISH).lines())
    assert "Hub stops left out" in lines
    assert len(result.never_served) == 10 - len(result.days_served)


def in_folder(tmp_path: Path, rules: Sequence[RecurringRow]) -> Region:
    """The sample region with these rules as its file, read back."""
    for file in (SAMPLE_DIR / "batubara").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "recurring.csv").write_bytes(write_recurring(rules))
    return load_region(tmp_path)


def test_rules_read_back_make_the_same_stops_in_a_planned_week(tmp_path: Path) -> None:
    """The file is copied into the folder; each week then plans exactly the stops that the calendar told people of."""
    sample = replace(load_region(SAMPLE_DIR / "batubara"), requests=())
    monday = date(2027, 1, 4)
    rounds = planned(sample, weeks=2, monday=monday, is_proved=False)
    adopted = replace(in_folder(tmp_path, rounds.rules()), requests=())
    assert adopted.recurring == rounds.rules()
    told = {
        (stop.card.village_code, day.day)
        for day in rounds.itinerary.itineraries
        for stop in day.stops
        if stop.card.visit in rounds.rounds.hub_stops
    }
    assert told
    made: set[tuple[str | None, date]] = set()
    for week in (monday, monday + timedelta(weeks=1)):
        # Whoever was served is noted in the folder, as an office does at the end of a week.
        served = {code: [day for day in days if day < week] for code, days in rounds.days_served.items()}
        villages = tuple(
            replace(each, last_visit=served[each.code][-1]) if served.get(each.code) else each
            for each in rounds.rounds.region.villages
        )
        problem = build_week(desk_from_tables(replace(adopted, villages=villages), week))
        plan = solve(problem.problem, SolveOptions(time_limit_s=20))
        assert evaluate(problem.problem, plan).violations == ()
        made |= {
            (stop.card.village_code, day.day)
            for day in itineraries(problem.problem, plan, problem.cards).itineraries
            for stop in day.stops
            if stop.card.visit.startswith("round:TW-")
        }
    assert made == told
    after = build_week(Desk(adopted, monday + timedelta(weeks=2), (), adopted.recurring))
    assert not any(visit.id.startswith("round:TW-") for visit in after.problem.visits), "the rules end with the rounds"


def test_planning_the_same_weeks_again_starts_from_the_same_rules(region: Region, make_stop: MakeStop) -> None:
    """What an earlier run made for these weeks is made anew; what it made for later ones stays."""
    first = planned(replace(region, recurring=(make_stop(every_weeks=2),)), weeks=2)
    later = replace(first.rules()[-1], id="TW-2026W45-001", valid_from=date(2026, 11, 2), valid_to=date(2026, 11, 29))
    again = build_rounds(replace(region, recurring=(*first.rules(), later)), MONDAY, 2)
    assert [rule.id for rule in again.rules] == ["R1", "TW-2026W45-001"]
    assert again.problem.visits == first.rounds.problem.visits


def test_hours_of_a_rule_hold_its_stop_in_half_hours(region: Region) -> None:
    """People are told whole half hours; the stop lies within them."""
    result = planned(region, weeks=2)
    rules = {(rule.place, rule.anchor): rule for rule in result.rules()}
    for day in result.itinerary.itineraries:
        for stop in day.stops:
            rule = rules[str(stop.card.village_code), day.day]
            assert rule.hours is not None
            assert rule.hours.start % 30 == rule.hours.end % 30 == 0
            assert rule.hours.start <= stop.start.hour * 60 + stop.start.minute
            assert stop.finish.hour * 60 + stop.finish.minute <= rule.hours.end
            assert (rule.every_weeks, rule.weekdays) == (2, (Weekday(day.day.weekday()),))


def test_weeks_without_a_van_are_told(region: Region) -> None:
    """All units in maintenance: nothing to plan, and every village says so."""
    away = tuple(
        replace(unit, maintenance=(DateRange(MONDAY, MONDAY + timedelta(days=60)),)) for unit in region.fleet.units
    )
    result = planned(replace(region, fleet=replace(region.fleet, units=away)), weeks=2)
    assert result.rounds.problem.shifts == ()
    assert {why.message for _, why in result.never_served} == {"No van works in these weeks."}
    assert any(line.endswith("No van works in these weeks.") for line in RoundsCalendar(result, ENGLISH).lines())
    assert result.rules() == ()


def test_a_saturday_market_keeps_its_van_within_the_overtime(region: Region, make_stop: MakeStop) -> None:
    """A rule on Saturdays gets a Saturday shift of a crew that agrees, as in a week."""
    market = make_stop(weekdays=(Weekday.SAT,), hours=TimeRange(480, 720), counts=ServiceCounts(record_and_print=30))
    result = planned(replace(region, recurring=(market,)), weeks=2)
    saturdays = [day for day in result.itinerary.itineraries if day.day.weekday() == Weekday.SAT]
    assert [day.vehicle.id for day in saturdays] == ["moling-1", "moling-1"]
    regular = [shift for shift in result.rounds.problem.shifts if shift.earliest // DAY_MIN % 7 < Weekday.SAT]
    assert all(shift.overtime_max == 0 for shift in regular), "overtime stays with letters"


def test_the_page_holds_every_stop_and_no_script(region: Region) -> None:
    """It can be printed and opened anywhere; hostile names are text."""
    hostile = replace(region.villages[0], name="<script>alert(1)</script>")
    result = planned(replace(region, villages=(hostile, *region.villages[1:])), weeks=2)
    calendar = RoundsCalendar(result, ENGLISH)
    page = rounds_page(calendar.sheet(), result.itinerary, gettext=ENGLISH.gettext, locale="en")
    assert "<script" not in page
    assert "script-src &#39;none&#39;" in page
    assert page.count('class="round-stop"') == sum(len(day.stops) for day in result.itinerary.itineraries)
    for facts in result.districts:
        assert facts.name in page


def test_people_a_stop_is_a_setting(region: Region) -> None:
    """An office that wants more stops says how many people each is for."""
    few = build_rounds(region, MONDAY, WEEKS, options=RoundsOptions(people_a_stop=20))
    usual = build_rounds(region, MONDAY, WEEKS)
    assert len(few.problem.visits) > len(usual.problem.visits)

"""Letters of request -> visits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.entities import RequestLetter, RequestState, VisitRequest
from api.planning.build import PlanningWeek
from api.planning.parts import divide
from geodata.calendar import DayKind, DayOverride, NamedRange
from geodata.region import Region
from geodata.requests import ServiceCounts
from geodata.sites import Access, Signal, SiteKind
from geodata.times import DateRange, TimeRange, Weekday
from maps.cards import CountKind
from optimizer.problem import Visit, clock

Make = Callable[..., VisitRequest]
Build = Callable[..., PlanningWeek]

_PEOPLE = (CountKind.RECORD_AND_PRINT, CountKind.RECORD_ONLY, CountKind.CHILD_ID_CARD)


def _letters(week: PlanningWeek) -> list[Visit]:
    return [visit for visit in week.problem.visits if visit.id.startswith("request:")]


def _only(week: PlanningWeek) -> Visit:
    (visit,) = _letters(week)
    return visit


def _days(visit: Visit) -> list[str]:
    return [clock(window.start) for window in visit.windows]


def test_a_letter_becomes_one_visit(make_request: Make, build: Build) -> None:
    """40 pupils, 34 expected: 170 kit minutes and a prize that grew over the letter's week of waiting."""
    week = build(make_request())
    visit = _only(week)
    assert visit.id == "request:PM-001"
    assert (visit.work_min, visit.setup_min, dict(visit.demand)) == (170, 35, {"id_card": 34})
    assert visit.prize == 34 * 1.125
    card = week.cards.get_visit(visit.id)
    assert (card.name, card.place) == ("SMA Satu", "Desa Desa 1, Kec. Kecamatan Satu")
    assert (card.letter_number, card.letter_date) == ("421.3/118", date(2026, 11, 27))
    assert [factor.value for factor in card.factors] == [34, 1.0, 1.125]


def test_a_school_is_visited_between_opening_and_dismissal(make_request: Make, build: Build) -> None:
    """In lesson time until 15:30, on Fridays 11:30; service has to be over by then."""
    visit = _only(build(make_request()))
    assert _days(visit) == ["Mon 07:30", "Tue 07:30", "Wed 07:30", "Thu 07:30", "Fri 07:30"]
    assert visit.finish_by == 930
    friday = visit.windows[-1]
    assert friday.end + visit.service_duration(1) <= 4 * 1440 + 690


def test_outside_working_hours_is_after_dismissal_or_saturday(make_request: Make, build: Build) -> None:
    """Pupils stay after lessons until the evening, or come on the free Saturday, for which a van gets a shift."""
    week = build(make_request(outside_working_hours=True))
    assert _days(_only(week)) == ["Mon 15:30", "Tue 15:30", "Wed 15:30", "Thu 15:30", "Fri 11:30", "Sat 08:00"]
    assert _only(week).finish_by == 1080
    assert "moling-1/2026-12-12" in week.problem.shift_by_id


def test_without_such_a_letter_there_is_no_saturday(make_request: Make, build: Build) -> None:
    """Overtime is not offered for its own sake."""
    assert "moling-1/2026-12-12" not in build(make_request()).problem.shift_by_id


def test_hours_that_a_letter_names_are_taken_as_written(make_request: Make, build: Build) -> None:
    """The school knows when its pupils are free: 13:45 to 17:30 on Tuesday and Thursday, whatever dismissal says."""
    letter = make_request(
        outside_working_hours=True, weekdays=(Weekday.TUE, Weekday.THU), hours=(TimeRange(825, 1050),)
    )
    visit = _only(build(letter))
    assert _days(visit) == ["Tue 13:45", "Thu 13:45"]
    assert visit.finish_by == 1050


def test_days_that_the_host_blocks_are_left_out(make_request: Make, build: Build) -> None:
    """A ceremony from Tuesday to Wednesday, and the visit is of no use after Thursday."""
    blocked = (DateRange(date(2026, 12, 8), date(2026, 12, 9)),)
    visit = _only(build(make_request(blocked=blocked, not_after=date(2026, 12, 10))))
    assert _days(visit) == ["Mon 07:30", "Thu 07:30"]


def test_exams_hold_for_their_level_only(make_request: Make, build: Build, region: Region) -> None:
    """Exams of the SMA bar its days, on Saturday and after lessons too; the SMK next door goes on."""
    exams = NamedRange("Ujian", DateRange(date(2026, 12, 7), date(2026, 12, 10)), frozenset({SiteKind.SMA}))
    of = replace(region, calendar=replace(region.calendar, exams=(exams,)))
    assert _days(_only(build(make_request(), of=of))) == ["Fri 07:30"]
    other = make_request(place="SMK1", kind=SiteKind.SMK)
    assert len(_days(_only(build(other, of=of)))) == 5


def test_school_holidays_close_schools_but_not_prisons(make_request: Make, build: Build, region: Region) -> None:
    """A letter of a closed school waits for a later week, with the reason; a prison does not keep school holidays."""
    holidays = NamedRange("Libur semester", DateRange(date(2026, 12, 1), date(2027, 1, 1)))
    of = replace(region, calendar=replace(region.calendar, school_holidays=(holidays,)))
    week = build(make_request(), make_request("PM-002", place="LAPAS", kind=SiteKind.PRISON), of=of)
    assert [visit.id for visit in _letters(week)] == ["request:PM-002"]
    (left,) = week.left_out
    assert (left.id, left.returned) == ("PM-001", False)
    assert "No day on which vans go out" in left.reason.text(str, "en")


def test_a_holiday_takes_its_day_from_the_windows(make_request: Make, build: Build, region: Region) -> None:
    """The regency's anniversary on Wednesday: no van, no window."""
    closed = DayOverride(date(2026, 12, 9), DayKind.HOLIDAY, "Hari Jadi")
    of = replace(region, calendar=replace(region.calendar, days=(closed,)))
    assert _days(_only(build(make_request(), of=of))) == ["Mon 07:30", "Tue 07:30", "Thu 07:30", "Fri 07:30"]


@pytest.mark.parametrize(
    "letter, why",
    [
        (RequestLetter(None, date(2026, 11, 27), has_scan=True), "no number"),
        (RequestLetter("421.3/118", None, has_scan=True), "no date"),
        (RequestLetter("421.3/118", date(2026, 11, 27)), "scan of the letter is missing"),
    ],
)
def test_an_incomplete_letter_goes_back(make_request: Make, build: Build, letter: RequestLetter, why: str) -> None:
    """Without number, date or scan no request is accepted: the planner sees it returned, with what it lacks."""
    week = build(make_request(letter=letter, state=RequestState.NEEDS_CORRECTION))
    assert _letters(week) == []
    (left,) = week.left_out
    assert left.returned
    assert why in left.reason.text(str, "en")
    assert any("goes back" in note and why in note for note in week.cards.notes)


@pytest.mark.parametrize("state", [RequestState.DRAFT, RequestState.SCHEDULED, RequestState.DONE])
def test_only_requests_that_wait_for_a_slot_are_planned(make_request: Make, build: Build, state: RequestState) -> None:
    """What is not accepted yet, or has its slot, is no business of this run."""
    week = build(make_request(state=state))
    assert _letters(week) == []
    assert week.left_out == ()


def test_a_letter_from_after_the_week_is_not_in_it(make_request: Make, build: Build) -> None:
    """Planning a past week again must not serve letters that had not come yet."""
    assert _letters(build(make_request(received=date(2026, 12, 14)))) == []
    assert len(_letters(build(make_request(received=date(2026, 12, 13))))) == 1


def test_a_letter_that_names_nobody_is_left_out(make_request: Make, build: Build) -> None:
    """A visit for nobody would cost a van its morning."""
    week = build(make_request(counts=ServiceCounts()))
    assert [left.reason.text(str, "en") for left in week.left_out] == ["The letter names nobody to be served."]


def test_priority_sites_and_urgent_letters_count_more(make_request: Make, build: Build) -> None:
    """A prison's people count 1.5 times, a special school's as well; the age of the letter is the same for all."""
    plain = _only(build(make_request())).prize
    prison = _only(build(make_request(place="LAPAS", kind=SiteKind.PRISON))).prize
    special = _only(build(make_request(place="SLB1", kind=SiteKind.SLB))).prize
    assert prison == special == 1.5 * plain


def test_a_letter_counts_more_the_longer_it_waits(make_request: Make, build: Build) -> None:
    """Twice as much after eight weeks, and no more after that."""
    prizes = [
        _only(build(make_request(received=date(2026, 12, 7) - timedelta(weeks=weeks)))).prize for weeks in (0, 4, 8, 20)
    ]
    assert prizes == [34.0, 51.0, 68.0, 68.0]


def test_the_bedridden_need_the_portable_kit(make_request: Make, build: Build) -> None:
    """Only the van that has it may come; the stop is the village hall, since no home address is kept."""
    letter = make_request(
        place="1219012002",
        kind=SiteKind.VILLAGE_HALL,
        counts=ServiceCounts(record_and_print=6),
        needs_portable_kit=True,
    )
    week = build(letter)
    visit = _only(week)
    assert visit.skills == {"portable_kit"}
    assert str(visit.location) == "village:1219012002"
    assert (visit.work_min, visit.setup_min) == (6 * 5, 35 + 6 * 20)
    assert "Portable kit: home visits from here" in week.cards.get_visit(visit.id).notes


def test_weak_signal_doubles_the_time(make_request: Make, build: Build) -> None:
    """As the letter says or as the site is known for; the crew is told."""
    week = build(make_request(signal=Signal.WEAK))
    assert _only(week).work_min == 340
    assert "Weak signal: recording takes longer" in week.cards.get_visit(_only(week).id).notes


def test_people_from_elsewhere_stand_on_the_card(make_request: Make, build: Build) -> None:
    """They may be recorded anywhere but have to show the family card, so the count is not lost."""
    week = build(make_request(counts=ServiceCounts(record_and_print=30, record_only=10, outside_domicile=7)))
    card = week.cards.get_visit(_only(week).id)
    assert card.counts == {CountKind.RECORD_AND_PRINT: 30, CountKind.RECORD_ONLY: 10, CountKind.OUTSIDE_DOMICILE: 7}
    assert any("another regency" in line for line in card.bring)


def test_recording_without_a_card_uses_no_blank(make_request: Make, build: Build) -> None:
    """Those aged 16 get their card later, so only the others' blanks are counted; child cards are another stock."""
    counts = ServiceCounts(record_and_print=20, record_only=20, child_id_card=10)
    assert dict(_only(build(make_request(counts=counts))).demand) == {"id_card": 17, "child_id_card": 9}


def test_an_island_is_for_units_with_a_boat(make_request: Make, build: Build, region: Region) -> None:
    """A unit needs one of the ways that lead there; the others' shifts are barred."""
    island = replace(region.sites[0], access=frozenset({Access.BOAT}))
    boat = replace(region.fleet.units[1], access=frozenset({Access.BOAT}))
    fleet = replace(region.fleet, units=(region.fleet.units[0], boat))
    visit = _only(build(make_request(), of=replace(region, sites=(island, *region.sites[1:]), fleet=fleet)))
    assert visit.shifts is not None
    assert {shift.partition("/")[0] for shift in visit.shifts} == {"moling-2"}


def test_a_request_that_no_shift_can_finish_is_divided(make_request: Make, build: Build) -> None:
    """400 pupils are more than a day's work: equal parts on different vans or days, at most one of them a shift."""
    week = build(make_request(counts=ServiceCounts(record_and_print=200, record_only=200)))
    parts = _letters(week)
    assert [part.id for part in parts] == [f"request:PM-001/{number}" for number in range(1, len(parts) + 1)]
    counts = [week.cards.get_visit(part.id).counts for part in parts]
    assert sum(each[CountKind.RECORD_AND_PRINT] for each in counts) == 200
    assert sum(each[CountKind.RECORD_ONLY] for each in counts) == 200
    (limit,) = [each for each in week.problem.limits if each.id == "request:PM-001"]
    assert (limit.tag, limit.per, limit.max) == ("request:PM-001", "shift", 1)
    assert all("request:PM-001" in part.tags for part in parts)
    assert {(card.part, card.parts) for card in map(week.cards.get_visit, (part.id for part in parts))} == {
        (number, len(parts)) for number in range(1, len(parts) + 1)
    }
    assert any("divided into" in note for note in week.cards.notes)


def test_blanks_aboard_divide_a_request_too(make_request: Make, build: Build, region: Region) -> None:
    """A van that carries 20 blanks a day cannot serve 34 people of one school in one go."""
    unit = replace(region.fleet.units[0], cards_aboard={region.fleet.stock[0].card: 20})
    week = build(make_request(), of=replace(region, fleet=replace(region.fleet, units=(unit,))))
    assert [dict(part.demand) for part in _letters(week)] == [{"id_card": 17}, {"id_card": 17}]


def test_what_the_week_cannot_hold_is_one_last_part() -> None:
    """Three evenings for 40 people each and 200 people: three full parts, and the 80 left over are seen as one."""
    parts = divide(ServiceCounts(record_and_print=200), lambda part: 3 if part.people <= 40 else 0)
    assert [part.people for part in parts] == [40, 40, 40, 80]


def test_equal_parts_are_as_few_as_can_be_served() -> None:
    """Two shifts hold 60 people each: 100 people are two parts of 50, not one and not three."""
    parts = divide(ServiceCounts(record_and_print=100), lambda part: 2 if part.people <= 60 else 0)
    assert [part.people for part in parts] == [50, 50]


def test_a_request_that_nothing_helps_stays_whole() -> None:
    """Division would only multiply the refusals."""
    assert divide(ServiceCounts(record_only=90), lambda _: 0) == (ServiceCounts(record_only=90),)


_COUNTS = st.builds(
    ServiceCounts,
    record_and_print=st.integers(0, 400),
    record_only=st.integers(0, 200),
    child_id_card=st.integers(0, 100),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=_COUNTS,
    elsewhere=st.floats(0, 1),
    outside=st.booleans(),
    weekdays=st.sets(st.sampled_from(list(Weekday)[:6])),
)
def test_everybody_is_in_exactly_one_visit(
    make_request: Make, build: Build, counts: ServiceCounts, elsewhere: float, outside: bool, weekdays: set[Weekday]
) -> None:
    """The counts of a letter's visits add up to the letter, service by service, or it is left out with a reason."""
    counts = replace(counts, outside_domicile=int(counts.recordings * elsewhere))
    letter = make_request(counts=counts, outside_working_hours=outside, weekdays=tuple(sorted(weekdays)))
    week = build(letter)
    cards = [week.cards.get_visit(visit.id) for visit in _letters(week)]
    if not cards:
        assert [left.id for left in week.left_out] == ["PM-001"]
        return
    assert week.left_out == ()
    for kind, whole in (
        (CountKind.RECORD_AND_PRINT, counts.record_and_print),
        (CountKind.RECORD_ONLY, counts.record_only),
        (CountKind.CHILD_ID_CARD, counts.child_id_card),
        (CountKind.OUTSIDE_DOMICILE, counts.outside_domicile),
    ):
        assert sum(card.counts.get(kind, 0) for card in cards) == whole
    for card in cards:
        recorded = card.counts.get(CountKind.RECORD_AND_PRINT, 0) + card.counts.get(CountKind.RECORD_ONLY, 0)
        assert card.counts.get(CountKind.OUTSIDE_DOMICILE, 0) <= recorded
        assert sum(card.counts.get(kind, 0) for kind in _PEOPLE) > 0

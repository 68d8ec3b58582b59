"""The one path to a problem: limits, places, cards, and every week of a year."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.entities import RequestState, VisitRequest
from api.planning.build import PlanningWeek, build_week
from api.planning.desk import desk_from_tables
from geodata import SAMPLE_DIR
from geodata.calendar import DayKind, DayOverride
from geodata.errors import UnknownPlaceError
from geodata.fleet import CardStock, CardType
from geodata.region import Region, load_region
from geodata.requests import RecurringRow, ServiceCounts
from geodata.times import DateRange
from optimizer.evaluate import evaluate
from optimizer.instance import read_problem, write_problem
from optimizer.problem import Limit
from optimizer.solve import SolveOptions, solve

Build = Callable[..., PlanningWeek]
MakeRequest = Callable[..., VisitRequest]
MakeStop = Callable[..., RecurringRow]


@pytest.fixture(scope="module")
def batubara() -> Region:
    """The sample regency."""
    return load_region(SAMPLE_DIR / "batubara")


def _limits(week: PlanningWeek) -> dict[str, Limit]:
    return {str(limit.id): limit for limit in week.problem.limits}


def test_two_schools_a_day(build: Build, make_request: MakeRequest) -> None:
    """As one regency found out in practice; a prison is no school."""
    limit = _limits(build(make_request()))["schools-a-day"]
    assert (limit.tag, limit.per, limit.max, str(limit.measure)) == ("school", "shift", 2, "visits")


def test_blank_cards_are_limited_by_stock_less_reserve(build: Build, region: Region) -> None:
    """500 blanks of which a tenth is kept for the counter; child cards only where the office counts them."""
    assert _limits(build())["stock:id_card"].max == 450
    assert "stock:child_id_card" not in _limits(build())
    stock = (*region.fleet.stock, CardStock(CardType.CHILD_ID_CARD, 81, 0.1))
    both = _limits(build(of=replace(region, fleet=replace(region.fleet, stock=stock))))
    assert (str(both["stock:child_id_card"].measure), both["stock:child_id_card"].max) == ("demand:child_id_card", 72)


def test_a_van_kept_in_a_village_starts_there(build: Build, region: Region) -> None:
    """Its base is a place of the problem and has a name on the cards, after the office."""
    units = (region.fleet.units[0], replace(region.fleet.units[1], base="1219012004"))
    week = build(of=replace(region, fleet=replace(region.fleet, units=units)))
    starts = {str(shift.vehicle): str(shift.start_location) for shift in week.problem.shifts}
    assert starts == {"moling-1": "office", "moling-2": "village:1219012004"}
    assert [(base.location, base.name) for base in week.cards.bases] == [
        ("office", "Disdukcapil Contoh"),
        ("village:1219012004", "Balai Desa Desa 4"),
    ]


def test_every_visit_and_van_has_its_card(build: Build, make_request: MakeRequest, make_stop: MakeStop) -> None:
    """Maps and sheets never meet an identifier without a name."""
    week = build(make_request(), stops=(make_stop(),))
    assert [card.visit for card in week.cards.visits] == [visit.id for visit in week.problem.visits]
    assert [(card.id, card.number, card.can_print) for card in week.cards.vehicles] == [
        ("moling-1", 1, True),
        ("moling-2", 2, False),
    ]


def test_cards_that_are_handed_over_later_are_told(build: Build, make_request: MakeRequest, region: Region) -> None:
    """One van has no printer, so the crew must be able to say it; with printers on all vans there is nothing to say."""
    week = build(make_request())
    assert any("handed over later" in note for note in week.cards.visits[0].notes)
    units = tuple(replace(unit, can_print=True) for unit in region.fleet.units)
    printing = build(make_request(), of=replace(region, fleet=replace(region.fleet, units=units)))
    assert not any("handed over later" in note for note in printing.cards.visits[0].notes)


def test_a_problem_survives_its_document(build: Build, make_request: MakeRequest, make_stop: MakeStop) -> None:
    """Points, shares and minutes are such that the format takes them and gives them back unchanged."""
    big = make_request("PM-002", counts=ServiceCounts(record_and_print=333, record_only=77), outside_working_hours=True)
    problem = build(make_request(), big, stops=(make_stop(),)).problem
    assert read_problem(write_problem(problem)) == problem


def test_the_same_desk_gives_the_same_problem(build: Build, make_request: MakeRequest, make_stop: MakeStop) -> None:
    """Nothing depends on the order of sets or on chance: old plans can be explained."""
    weeks = [build(make_request(), stops=(make_stop(),)) for _ in range(2)]
    assert write_problem(weeks[0].problem) == write_problem(weeks[1].problem)
    assert weeks[0].cards == weeks[1].cards


def test_a_week_without_a_working_day_is_a_valid_empty_problem(
    build: Build, make_request: MakeRequest, make_stop: MakeStop
) -> None:
    """Lebaran 2027 takes a whole week: no shifts, everything left out with its reason, and a note; never a failure."""
    letter = make_request(outside_working_hours=True)
    week = build(letter, stops=(make_stop(),), week=date(2027, 3, 8))
    assert (week.problem.shifts, week.problem.visits, week.problem.limits) == ((), (), ())
    assert {left.id for left in week.left_out} == {"PM-001", "R1"}
    assert any("There is no working day in this week." in note for note in week.cards.notes)
    plan = solve(week.problem, SolveOptions(time_limit_s=2))
    assert (plan.value, plan.routes, evaluate(week.problem, plan).violations) == (0, (), ())


def test_a_week_with_all_vans_in_the_garage_is_no_failure(
    build: Build, make_request: MakeRequest, make_stop: MakeStop, region: Region
) -> None:
    """Days are worked but nobody can drive: the problem is empty and valid, and nothing due goes without a word."""
    away = (DateRange(date(2026, 12, 1), date(2026, 12, 31)),)
    units = tuple(replace(unit, maintenance=away) for unit in region.fleet.units)
    week = build(make_request(), stops=(make_stop(),), of=replace(region, fleet=replace(region.fleet, units=units)))
    assert (week.problem.shifts, week.problem.visits) == ((), ())
    assert [(left.id, left.reason.text(str, "en")) for left in week.left_out] == [
        ("PM-001", "No day on which vans go out suits the days that the letter asks for."),
        ("R1", "No van works on the days on which it is due."),
    ]


def test_an_opened_saturday_is_an_ordinary_day(build: Build, region: Region) -> None:
    """Where the office works a Saturday by decision, villages are served on it too, by all vans."""
    opened = DayOverride(date(2026, 12, 12), DayKind.WORKING_DAY, "Pemilihan", reason="Pemilihan 2026")
    week = build(of=replace(region, calendar=replace(region.calendar, days=(opened,))))
    assert len(week.problem.shifts) == 12
    assert all(len(visit.windows) == 6 for visit in week.problem.visits)


def test_an_unknown_place_is_named(build: Build, make_request: MakeRequest) -> None:
    """A letter whose site was deleted fails at once, with the code."""
    with pytest.raises(UnknownPlaceError, match="'SMA9'"):
        build(make_request(place="SMA9"))


def test_each_of_60_weeks_of_the_sample_builds(batubara: Region) -> None:
    """
    Whatever holidays, fasting month and school calendar do, every week is a valid problem.

    Every complete letter is in it or left out with a reason, and a week with a working day has vans and candidates.
    """
    for number in range(60):
        monday = date(2026, 12, 7) + timedelta(weeks=number)
        desk = desk_from_tables(batubara, monday)
        week = build_week(desk)
        planned = {visit.id.removeprefix("request:").partition("/")[0] for visit in week.problem.visits}
        left = {each.id for each in week.left_out}
        letters = {str(letter.id) for letter in desk.requests}
        assert letters - planned <= left, monday
        assert not letters & planned & left, monday
        assert bool(week.problem.shifts) is bool(week.calendar.working_days), monday
        assert bool(week.problem.visits) is bool(week.calendar.working_days), monday


@pytest.mark.slow
@pytest.mark.parametrize("number", range(60))
def test_no_week_with_a_working_day_has_an_empty_plan(batubara: Region, number: int) -> None:
    """Each of the next 60 weeks is planned with a short limit, keeps every rule and sends the vans out."""
    week = build_week(desk_from_tables(batubara, date(2026, 12, 7) + timedelta(weeks=number)))
    plan = solve(week.problem, SolveOptions(time_limit_s=2))
    assert evaluate(week.problem, plan).violations == ()
    assert bool(plan.routes) is bool(week.calendar.working_days)


def test_the_samples_desk_has_dates_around_its_week(batubara: Region) -> None:
    """Relative dates follow the planned week: letters came before it ends, in whatever year."""
    for monday in (date(2026, 12, 7), date(2031, 6, 2)):
        desk = desk_from_tables(batubara, monday)
        assert all(
            monday - timedelta(days=120) < letter.received < monday + timedelta(days=7) for letter in desk.requests
        )
        assert [letter.state for letter in desk.requests].count(RequestState.NEEDS_CORRECTION) == 1


def test_office_words_are_kept_for_the_crew(batubara: Region) -> None:
    """What a letter says about access, power and special needs reaches the card of its visit."""
    week = build_week(desk_from_tables(batubara, date(2026, 12, 7)))
    for row in batubara.requests:
        cards = [card for card in week.cards.visits if card.visit.startswith(f"request:{row.id}")]
        for card in cards:
            said = {row.special_needs, row.access_note, row.power_note, row.note} - {""}
            assert said <= set(card.notes)


def test_rules_and_notes_are_in_the_readers_language(batubara: Region) -> None:
    """They are written when the week is built, by the gettext function that the caller hands in."""
    desk = desk_from_tables(batubara, date(2026, 12, 7))
    week = build_week(desk, gettext=lambda message: f"«{message}", locale="id")
    assert all(note.startswith("«") for note in week.cards.notes)
    assert all(card.rule.startswith("«") for card in week.cards.visits if card.rule)

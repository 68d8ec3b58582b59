"""Routes as people read them: clock times, names, legs, sums."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from maps.cards import Origin
from maps.document import as_document, unserved_document
from maps.errors import MissingCardError
from maps.itinerary import itineraries
from optimizer.plan import Plan, PlanStatus, Route, Stop, Unserved
from optimizer.plan import Reason as UnservedReason
from optimizer.problem import ShiftId, VisitId

if TYPE_CHECKING:
    from tests.maps.conftest import Case


@pytest.mark.parametrize(
    "timezone, name, hours",
    [("Asia/Jakarta", "WIB", 7), ("Asia/Makassar", "WITA", 8), ("Asia/Jayapura", "WIT", 9)],
)
def test_minutes_become_the_local_clock_of_each_zone(case: "Case", timezone: str, name: str, hours: int) -> None:
    """07:30 in the plan is 07:30 on the wall of the office, wherever it is, and knows its offset."""
    moved = replace(case, problem=replace(case.problem, timezone=timezone))
    leave = moved.week.itineraries[0].leave
    assert leave == datetime(2026, 12, 7, 7, 30, tzinfo=ZoneInfo(timezone))
    assert (leave.hour, leave.minute, leave.tzname(), leave.utcoffset()) == (7, 30, name, timedelta(hours=hours))


def test_itineraries_go_by_day_and_then_by_van(case: "Case") -> None:
    """Papers are handed out in this order, whatever the order of the plan."""
    turned = replace(case, plan=replace(case.plan, routes=case.plan.routes[::-1]))
    order = [(day.day, day.vehicle.number) for day in turned.week.itineraries]
    assert order == sorted(order)
    assert turned.week.itineraries == case.week.itineraries


def test_a_day_has_a_leg_more_than_stops_and_they_join(case: "Case") -> None:
    """The van drives from its base through all stops and back; each leg starts where the last has ended."""
    for day in case.week.itineraries:
        assert len(day.legs) == len(day.stops) + 1
        assert day.legs[0].origin.name == day.legs[-1].destination.name == "Disdukcapil Batu Bara"
        assert [leg.destination.name for leg in day.legs[:-1]] == [stop.card.name for stop in day.stops]
        assert [leg.arrive for leg in day.legs] == [*(stop.arrive for stop in day.stops), day.back]
        assert [leg.depart for leg in day.legs] == [day.leave, *(stop.finish for stop in day.stops)]
        assert sum(leg.distance_m for leg in day.legs) == day.distance_m


def test_only_pauses_within_the_day_are_named(case: "Case") -> None:
    """A crew that is back before Friday prayer has no pause on its sheet, one that is out at noon has."""
    by_day = {(day.day.weekday(), day.vehicle.number): day for day in case.week.itineraries}
    (lunch,) = by_day[1, 1].rests
    assert (lunch.start.hour, lunch.end.hour) == (12, 13)
    assert by_day[4, 1].rests == ()


def test_sums_are_those_of_the_routes(case: "Case") -> None:
    """The strip above the map must agree with the table below it."""
    totals, days = case.week.totals, case.week.itineraries
    assert totals.people == sum(stop.card.people for day in days for stop in day.stops) == 802
    assert totals.distance_m == sum(route.distance_m for route in case.plan.routes)
    assert (totals.visits_made, totals.visits_all, totals.villages_made) == (14, 17, 3)
    assert totals.overtime_min == sum(max(0, day.back.hour * 60 + day.back.minute - 960) for day in days) > 0
    made = {stop.card.visit for day in days for stop in day.stops}
    assert totals.cards_used == {"id_card": sum(case.problem.visit_by_id[visit].demand["id_card"] for visit in made)}


def test_a_village_that_nobody_promised_is_waiting_and_not_unserved(case: "Case") -> None:
    """With 151 villages as candidates a list of refusals would hide the three letters that matter."""
    assert {visit.card.origin for visit in case.week.unserved} == {Origin.LETTER}
    assert [visit.card.visit for visit in case.week.waiting] == ["pematang"]


def test_what_displaces_a_visit_is_named(case: "Case") -> None:
    """The planner reads names, not identifiers."""
    displaced = next(visit for visit in case.week.unserved if visit.reason is UnservedReason.DISPLACED)
    assert displaced.by == ("SMKN 1 Air Putih",)


def test_a_pin_of_the_problem_shows_on_its_stop(case: "Case") -> None:
    """Only the pesantren is pinned in this week."""
    pinned = [stop.card.visit for day in case.week.itineraries for stop in day.stops if stop.is_pinned]
    assert pinned == ["pesantren"]


def test_an_itinerary_is_found_by_van_and_day(case: "Case") -> None:
    """A day off has none."""
    found = case.week.find_itinerary("moling-2", date(2026, 12, 8))
    assert found is not None
    assert found.stops[0].card.name == "SMAN 1 Talawi"
    assert case.week.find_itinerary("moling-2", date(2026, 12, 11)) is None


@pytest.mark.parametrize(
    "change, says",
    [
        ({"routes": (Route(ShiftId("moling-9/0"), 450, 500, 0, ()),)}, "shift 'moling-9/0'"),
        ({"routes": (Route(ShiftId("moling-1/0"), 450, 500, 0, (Stop(VisitId("x"), 1, 1, 2),)),)}, "visit 'x'"),
        ({"unserved": (Unserved(VisitId("y"), UnservedReason.UNDECIDED),)}, "visit 'y'"),
    ],
)
def test_a_plan_of_another_problem_is_refused(case: "Case", change: dict[str, Any], says: str) -> None:
    """Plan and problem are read from two files; the wrong pair must not be drawn."""
    with pytest.raises(MissingCardError, match=says):
        itineraries(case.problem, replace(case.plan, **change), case.cards)


def test_a_week_without_any_shift_has_no_days(case: "Case") -> None:
    """At Lebaran nobody goes out; the outputs still have a week to show."""
    free = replace(case.problem, shifts=(), visits=())
    plan = Plan("free", "0" * 64, PlanStatus.OPTIMAL, 0.0, 0.0, 0.1, "none")
    week = itineraries(free, plan, replace(case.cards, visits=()))
    assert (week.days, week.itineraries, week.unserved) == ((), (), ())
    assert (week.totals.people, week.totals.visits_all) == (0, 0)


def test_the_document_is_plain_json_with_offsets(case: "Case") -> None:
    """What a map holds and what the interface serves is this very value, so it must survive JSON unchanged."""
    for day in case.week.itineraries:
        document = as_document(day, gettext=str)
        assert json.loads(json.dumps(document)) == document
    first: Any = as_document(case.week.itineraries[0], gettext=str)
    assert first["leave"] == "2026-12-07T07:30:00+07:00"
    assert first["stops"][0]["point"] == [99.418, 3.168]
    assert first["stops"][0]["counts"] == {"record_and_print": 62, "record_only": 41}
    assert first["legs"][0]["is_straight"] is True


def test_texts_of_documents_are_translated_and_empty_ones_stay_empty(case: "Case") -> None:
    """Gettext answers the empty message with the head of its catalogue, which is no text for people."""

    def shout(message: str) -> str:
        return message.upper() or "Project-Id-Version: moling"

    document: Any = as_document(case.week.itineraries[2], gettext=shout)
    assert document["stops"][0]["bring"] == ["KARTU KELUARGA (KK)", "AKTA KELAHIRAN"]
    assert document["stops"][1]["rule"] == "EVERY SECOND TUESDAY"
    displaced = next(visit for visit in case.week.unserved if not visit.text)
    assert unserved_document(displaced, gettext=shout)["text"] == ""

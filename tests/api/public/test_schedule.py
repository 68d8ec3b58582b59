"""What the public is told of a published week, and what never."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import icalendar
import pytest

from api.entities import PlanId
from api.office import Office
from api.planning.desk import request_from_row
from api.public.looking import find_places, nearest_coming
from api.schedule import Audience, PublicVisit, find_public_place, read_schedule
from api.store.changes import ChangeKind, change_visit, take_back
from api.store.requests import add_request
from maps.cards import WeekCards
from maps.words import HOME_VISITS
from optimizer.evaluate import evaluate
from optimizer.plan import Plan
from tests.offices import Clock, Visitor
from tests.stores import BATU_BARA

if TYPE_CHECKING:
    from tests.api.public.conftest import Publish, Week

Visit = Callable[[], Visitor]
HALL = "1219051001"
"""Kelurahan Labuhan Ruku, where the van comes on Tuesday by fixed schedule."""
HALL_ROUND = "round:JT-01"
SCHOOL = "10204056"
CLOSED = ("PST-01", "PA-01")
"""A boarding school and an orphanage of the week."""


TYPED = {
    "labuhan ruku": "Kelurahan Labuhan Ruku",
    "LABUHANRUKU": "Kelurahan Labuhan Ruku",
    "sman 1 talawi": "SMA Negeri 1 Talawi",
    "tg tiram": "Kelurahan Tanjung Tiram",
}
HOSTILE = (
    "<script>window.ran=1</script>",
    "\"'><img src=x onerror=window.ran=1>",
    "{{7*7}}${7*7}",
    "%",
    "' OR 1=1 --",
    "\0",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "a" * 400,
    "(" * 90,
    "  ",
    "\\",
)


def visits_at(office: Office, code: str) -> list[PublicVisit]:
    """What the public is told of that place."""
    return [visit for visit in read_schedule(office, BATU_BARA).visits if visit.place.code == code]


def cancel(office: Office, plan: PlanId, visit: str = HALL_ROUND, moved_to: datetime | None = None) -> str:
    """Cancel or move a visit of the plan; the code of the change."""
    kind, at = (ChangeKind.MOVED if moved_to else ChangeKind.CANCELLED), office.now()

    def change(scope: Any) -> str:  # noqa: ANN401 (a scope)
        reason = "Jalan ke desa tergenang."
        return change_visit(scope, plan, visit, kind, reason=reason, by="planner", at=at, moved_to=moved_to).id

    return office.write(BATU_BARA, change)


def test_nothing_is_told_of_a_plan_that_is_not_published(office: Office, visit: Visit) -> None:
    assert read_schedule(office, BATU_BARA).visits == ()
    assert "Balai Desa" not in visit().page("/1219/")


def test_everything_open_is_told_with_its_hours_and_audience(
    office: Office, publish: "Publish", planned_sample: "Week"
) -> None:
    publish()
    told = {(each.place.code, each.starts): each for each in read_schedule(office, BATU_BARA).visits}
    wanted = {}
    for day in planned_sample.planned.itinerary.itineraries:
        for stop in day.stops:
            code = str(stop.location.id).partition(":")[2]
            if code not in CLOSED:
                wanted[code, stop.start] = stop
    assert told.keys() == wanted.keys()
    assert all(told[key].ends == stop.finish for key, stop in wanted.items())
    assert {each.audience for each in visits_at(office, SCHOOL)} == {Audience.PUPILS}
    assert {each.audience for each in visits_at(office, HALL)} == {Audience.EVERYONE}


def test_closed_houses_letters_counts_and_vans_are_on_no_page(
    visit: Visit, publish: "Publish", planned_sample: "Week", office: Office
) -> None:
    """Every public address that the site leads to is read; the canaries are all that the plan knows besides."""
    week = planned_sample.planned.itinerary
    cards = [*week.cards.visits]
    hidden = {card.letter_number for card in cards if card.letter_number}
    hidden |= {str(card.visit) for card in cards} | {str(each.id) for each in week.cards.vehicles}
    hidden |= {each.name for each in week.cards.vehicles}
    region = office.region(BATU_BARA)
    hidden |= {site.name for site in region.sites if site.kind.is_priority}
    hidden |= {request.signatory_position for request in region.requests if request.signatory_position}
    publish()
    visitor = visit()
    seen, ahead = set(), ["/1219/", "/1219/?cari=contoh", *(f"/1219/desa/{each.code}" for each in region.villages)]
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = visitor.get(path)
        if path.startswith("/1219/permohonan"):
            continue
        assert answer.status_code == 200, path
        text = answer.text
        # Codes of visits and vans stand alone: "M1" is a part of many words.
        found = {each for each in hidden if re.search(rf"(?<![\w/]){re.escape(each)}(?![\w/])", text)}
        assert not found, (path, found)
        links = re.findall(r'(?:href|src)="(/1219/[^"#]*)"', text)
        ahead += [link.replace("&amp;", "&") for link in links if "lang=" not in link]
    assert f"/1219/sekolah/{SCHOOL}" in seen
    assert "/1219/peta/2026-W50/lembar" in seen
    assert len(seen) > len(region.villages)
    page = visitor.page(f"/1219/sekolah/{SCHOOL}")
    assert not re.search(r"\b(52|31|83)\b", re.sub(r"<[^>]*>|\d+\.\d+", " ", page))  # how many pupils there are


def test_closed_and_unknown_places_have_no_page(visit: Visit, publish: "Publish") -> None:
    publish()
    visitor = visit()
    for code in (*CLOSED, "10260898", "PM-002", "1219999999", "..", "%00", "x" * 300):
        assert visitor.get(f"/1219/sekolah/{code}").status_code in {404, 422}
        assert visitor.get(f"/1219/desa/{code}").status_code in {404, 422}


def test_a_place_is_no_other_regencys(visit: Visit, publish: "Publish") -> None:
    publish()
    for path in ("", f"desa/{HALL}", f"desa/{HALL}.ics", "peta", "peta/2026-W50/lembar", "mitra-kia", "saran"):
        assert visit().get(f"/1271/{path}").status_code == 404


def test_visits_at_home_are_not_told(office: Office, publish: "Publish", planned_sample: "Week") -> None:
    """Neither by what the crew's card says, nor by what the request says now."""

    def at_home(cards: WeekCards) -> WeekCards:
        visits = (
            replace(card, notes=(*card.notes, HOME_VISITS)) if str(card.visit) == "village:1219122005" else card
            for card in cards.visits
        )
        return replace(cards, visits=tuple(visits))

    publish(planned_sample.with_cards(at_home))
    assert not visits_at(office, "1219122005")
    assert visits_at(office, SCHOOL)
    row = next(each for each in office.region(BATU_BARA).requests if each.place == SCHOOL)
    request = request_from_row(row, planned_sample.planned.itinerary.week)
    request = replace(request, needs_portable_kit=True)
    office.write(BATU_BARA, lambda scope: add_request(scope, request, by="test", at=office.now()))
    assert not visits_at(office, SCHOOL)


def test_a_cancellation_is_on_top_at_once_and_goes_when_taken_back(
    office: Office, visit: Visit, publish: "Publish"
) -> None:
    plan, visitor = publish(), visit()
    for path in ("/1219/?lang=en", f"/1219/desa/{HALL}?lang=en"):
        assert "CANCELLED" not in visitor.page(path)
    change = cancel(office, plan)
    for path in ("/1219/?lang=en", f"/1219/desa/{HALL}?lang=en"):
        page = visitor.page(path)
        assert page.index("CANCELLED") < page.index("Kantor Kelurahan Labuhan Ruku")
        assert "Jalan ke desa tergenang." in page
    assert "Jalan ke desa" not in visitor.page("/1219/desa/1219092002")  # elsewhere it is nobody's news
    office.write(BATU_BARA, lambda scope: take_back(scope, change, by="planner", at=office.now()))
    assert "CANCELLED" not in visitor.page("/1219/?lang=en")


def test_a_cancellation_is_told_until_days_after_the_visit(office: Office, publish: "Publish", clock: Clock) -> None:
    cancel(office, publish())
    clock.now = datetime(2026, 12, 8, 16, 59, tzinfo=UTC)  # the day of the visit, a minute before midnight
    assert [each.place.code for each in read_schedule(office, BATU_BARA).changed] == [HALL]
    clock.go_on(minutes=2)
    assert not read_schedule(office, BATU_BARA).changed


def test_a_moved_visit_is_told_at_its_new_time_with_the_old_one(
    office: Office, visit: Visit, publish: "Publish"
) -> None:
    cancel(office, publish(), moved_to=datetime(2026, 12, 10, 2, 0, tzinfo=UTC))
    (moved,) = visits_at(office, HALL)
    assert (moved.starts.day, moved.starts.hour) == (10, 9)
    assert moved.change is not None
    assert moved.change.was.day == 8
    page = visit().page(f"/1219/desa/{HALL}?lang=en")
    assert re.search(r"MOVED.*Thursday, 10 December 2026, 09:00.*before: Tuesday, 8 December 2026", page, re.DOTALL)


def test_what_a_new_version_leaves_out_or_moves_is_told(
    office: Office, visit: Visit, publish: "Publish", planned_sample: "Week", clock: Clock
) -> None:
    """Who read version 1 must learn that the van does not come, though nobody wrote a cancellation."""
    publish()
    clock.go_on(hours=2)

    def without(plan: Plan) -> Plan:
        routes = []
        for route in plan.routes:
            stops = tuple(stop for stop in route.stops if str(stop.visit) != HALL_ROUND)
            routes.append(replace(route, stops=stops))
        return replace(plan, routes=tuple(routes))

    shorter = without(planned_sample.planned.plan)
    assert evaluate(planned_sample.planned.week.problem, shorter).violations  # a plan for this page, not for a van
    publish(planned_sample.with_plan(without), version=2)
    (gone,) = visits_at(office, HALL)
    assert gone.is_cancelled
    assert gone.change is not None
    assert gone.change.at == clock()
    page = visit().page("/1219/?lang=en")
    assert "CANCELLED" in page
    assert "version 2" in page
    assert "changed since the first plan" in page


def test_the_calendar_of_a_village_follows_its_visits(office: Office, visit: Visit, publish: "Publish") -> None:
    """The same entry for good, with a number that grows, and cancelled as calendars understand it."""
    plan, visitor = publish(), visit()

    def entries() -> dict[str, Any]:
        answer = visitor.get(f"/1219/desa/{HALL}.ics")
        assert answer.headers["content-type"].startswith("text/calendar")
        found = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
        return {str(each["UID"]): each for each in found}

    first = entries()
    assert first
    assert all(str(each["STATUS"]) == "CONFIRMED" for each in first.values())
    assert "JT-01" not in "".join(first)
    change = cancel(office, plan)
    second = entries()
    office.write(BATU_BARA, lambda scope: take_back(scope, change, by="planner", at=office.now()))
    third = entries()
    assert first.keys() == second.keys() == third.keys()
    (uid,) = [uid for uid, each in second.items() if str(each["STATUS"]) == "CANCELLED"]
    assert int(first[uid]["SEQUENCE"]) < int(second[uid]["SEQUENCE"]) < int(third[uid]["SEQUENCE"])
    assert str(third[uid]["STATUS"]) == "CONFIRMED"
    assert third[uid]["DTSTART"].dt == first[uid]["DTSTART"].dt


def test_the_nearest_visit_elsewhere_is_one_that_everybody_may_come_to(office: Office, publish: "Publish") -> None:
    """By brute force over all coming visits, kilometres along the great circle within half a percent."""
    publish()
    schedule = read_schedule(office, BATU_BARA)
    for code in ("1219012014", HALL, SCHOOL):
        place = find_public_place(schedule.region, code) or find_public_place(schedule.region, HALL)
        assert place is not None
        found = nearest_coming(schedule, place)
        assert found is not None
        near, km = found
        assert near.audience is Audience.EVERYONE
        assert near.place.village != place.village
        open_ones = [each for each in schedule.coming if each.is_open and each.place.village != place.village]
        assert km == pytest.approx(min(_great_circle(place.point, each.place.point) for each in open_ones), rel=0.005)


def _great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    from pyproj import Geod  # noqa: PLC0415

    return float(Geod(ellps="WGS84").inv(*one, *other)[2]) / 1000


def test_visits_that_are_over_are_not_next(office: Office, visit: Visit, publish: "Publish", clock: Clock) -> None:
    publish()
    assert [each.starts.day for each in read_schedule(office, BATU_BARA).coming][:1] == [7]
    clock.now = datetime(2026, 12, 8, 12, 0, tzinfo=UTC)  # Tuesday evening
    coming = read_schedule(office, BATU_BARA).coming
    assert coming
    assert min(each.starts.day for each in coming) == 9
    page = visit().page(f"/1219/desa/{HALL}?lang=en")
    assert "No visit is published for the coming weeks here" in page
    assert "Nearest visit elsewhere" in page
    assert "Tuesday, 8 December 2026" in page  # in the list of the month
    clock.go_on(days=30)
    assert not read_schedule(office, BATU_BARA).coming


def test_places_are_found_as_people_type_them(office: Office, visit: Visit) -> None:
    region, visitor = office.region(BATU_BARA), visit()
    for typed, name in TYPED.items():
        found = find_places(region, typed)
        assert name in [place.name for place in found]
        assert not [place for place in found if place.kind.is_priority]
        assert name in visitor.get("/1219/", params={"cari": typed}).text


def test_hostile_searches_are_texts(visit: Visit) -> None:
    visitor = visit()
    for typed in HOSTILE:
        answer = visitor.get("/1219/", params={"cari": typed})
        assert answer.status_code == 200
        assert "<script>window" not in answer.text
        assert "<img" not in answer.text
        assert "49" not in re.sub(r"<[^>]*>", "", answer.text)


def test_the_week_is_the_only_way_to_a_map(visit: Visit, publish: "Publish") -> None:
    publish()
    visitor = visit()
    sheet = visitor.get("/1219/peta/2026-W50/lembar")
    assert "frame-ancestors 'self'" in sheet.headers["content-security-policy"]
    assert sheet.headers["x-frame-options"] == "SAMEORIGIN"
    for file in re.findall(r'(?:href|src)="(/peta/[^"]+)"', sheet.text):
        assert visitor.get(file).status_code == 200
    for week in ("2026-W51", "2026-W99", "2026-W5O", "9999-W01", "0000-W01"):
        assert visitor.get(f"/1219/peta/{week}").status_code == 404
        assert visitor.get(f"/1219/peta/{week}/lembar").status_code == 404


def test_a_link_shares_the_visit_by_whatsapp(visit: Visit, publish: "Publish") -> None:
    """The text holds day, place, and the address of the page; it is a link, no script."""
    publish()
    page = visit().page(f"/1219/desa/{HALL}?lang=en")
    found = re.search(r'href="https://wa\.me/\?text=([^"]+)"', page)
    assert found
    assert f"127.0.0.1%3A8000/1219/desa/{HALL}" in found[1]
    assert "Tuesday%2C%208%20December%202026" in found[1]


def test_the_start_leads_to_the_only_regency(visit: Visit) -> None:
    answer = visit().http.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/1219/")


def test_weeks_before_this_one_are_looked_back_to(office: Office, publish: "Publish", clock: Clock) -> None:
    """The list of the month holds what was at its beginning."""
    publish()
    clock.now += timedelta(days=25)  # the 26th
    assert read_schedule(office, BATU_BARA).visits

"""A crew's day: what is published, what has changed since, what to load, and whose day one may see."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from api.auth.policies import DEVICE_COOKIE
from api.entities import PlanId, PlanState, Role, UserId
from api.office import Office
from api.store.changes import ChangeKind, change_visit, list_changes, take_back
from api.store.contacts import Contact, keep_contact
from api.store.plans import step_plan
from api.store.scope import Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from maps.cards import CountKind
from maps.itinerary import Itinerary, Stop
from tests.drafts import MONDAY, DraftWeek
from tests.offices import Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
REASON = "Jalan banjir"


def publish(office: Office, plan: PlanId) -> None:
    """Let a draft become the published version of its week."""

    def change(scope: Writing) -> None:
        for state, by in (
            (PlanState.SUBMITTED, "planner"),
            (PlanState.APPROVED, "approver"),
            (PlanState.PUBLISHED, "planner"),
        ):
            step_plan(scope, plan, state, by=UserId(by), at=office.now(), reason="Lembur disetujui")

    office.write(BATU_BARA, change)


@pytest.fixture
def plan(office: Office, draft_week: DraftWeek) -> PlanId:
    """The published version of the sample's week."""
    plan = draft_week.put_in(office)
    publish(office, plan)
    return plan


def on_phone(visitor: Visitor, vehicle: str) -> Visitor:
    """Come with a phone that was let in for that vehicle."""
    secret, at = new_secret(BATU_BARA), visitor.office.now()

    def keep(scope: Writing) -> None:
        keep_secret(scope, secret, Purpose.DEVICE, vehicle, lasts=timedelta(days=30), by="test", at=at)

    visitor.office.write(BATU_BARA, keep)
    visitor.http.cookies.set(DEVICE_COOKIE, secret, domain="127.0.0.1")
    return visitor


def long_day(office: Office, plan: PlanId) -> Itinerary:
    """A day of the plan with several stops."""
    return next(day for day in office.itinerary(BATU_BARA, plan).itineraries if len(day.stops) > 1)


def path_of(day: Itinerary) -> str:
    """Address of that day's page."""
    return f"/hari-ini/{day.vehicle.id}/{day.day}"


def tell(office: Office, plan: PlanId, stop: Stop, moved_to: datetime | None = None) -> str:
    """Cancel a visit, or move it; returns the change's code."""
    kind = ChangeKind.CANCELLED if moved_to is None else ChangeKind.MOVED

    def change(scope: Writing) -> str:
        visit = str(stop.card.visit)
        return change_visit(
            scope, plan, visit, kind, reason=REASON, by="planner", at=office.now(), moved_to=moved_to
        ).id

    return office.write(BATU_BARA, change)


def next_stop(page: str) -> str:
    """Name of the stop that fills the screen; empty where none does."""
    _, found, rest = page.partition('<h2 id="next-stop">')
    return rest.partition("<")[0] if found else ""


def test_a_phone_shows_today_with_the_stop_that_comes_next(
    visit: Visit, office: Office, plan: PlanId, clock: Clock
) -> None:
    day = long_day(office, plan)
    phone = on_phone(visit(), day.vehicle.id)
    first, second = day.stops[:2]
    clock.now = day.leave.astimezone(UTC) - timedelta(minutes=30)
    page = phone.page("/hari-ini?lang=en")
    assert next_stop(page) == first.card.name
    assert all(stop.card.name in page for stop in day.stops)
    clock.now = first.finish.astimezone(UTC)
    assert next_stop(phone.page("/hari-ini")) == second.card.name
    clock.now = day.stops[-1].finish.astimezone(UTC)
    page = phone.page("/hari-ini?lang=en")
    assert not next_stop(page)
    assert "All stops of today are over" in page


def test_nothing_of_a_plan_is_shown_before_it_is_published(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    plan = draft_week.put_in(office)
    day = long_day(office, plan)
    phone = on_phone(visit(), day.vehicle.id)
    page = phone.page(f"{path_of(day)}?lang=en")
    assert "No plan is published for this week yet" in page
    assert day.stops[0].card.name not in page
    assert phone.get(f"{path_of(day)}/peta").status_code == 404
    publish(office, plan)
    assert day.stops[0].card.name in phone.page(path_of(day))


def test_a_phone_sees_its_own_van_alone(visit: Visit, office: Office, plan: PlanId) -> None:
    days = office.itinerary(BATU_BARA, plan).itineraries
    mine = days[0]
    other = next(day for day in days if day.vehicle.id != mine.vehicle.id)
    phone = on_phone(visit(), mine.vehicle.id)
    assert phone.get(path_of(mine)).status_code == 200
    assert phone.get(path_of(other)).status_code == 404
    assert phone.get(f"{path_of(other)}/peta").status_code == 404
    assert phone.get("/kantor/kru", follow_redirects=False).status_code == 303
    assert 'action="/keluar"' not in phone.page("/hari-ini")


@pytest.mark.parametrize("role", [Role.PLANNER, Role.CREW])
def test_people_who_signed_in_choose_a_van(
    visit: Visit, office: Office, plan: PlanId, clock: Clock, role: Role
) -> None:
    day = long_day(office, plan)
    clock.now = day.leave.astimezone(UTC)
    visitor = visit().sign_in(role)
    page = visitor.page("/hari-ini")
    for unit in office.region(BATU_BARA).fleet.units:
        assert f'href="/hari-ini/{unit.id}/{day.day}"' in page
    assert next_stop(visitor.page(path_of(day)))


@pytest.mark.parametrize("role", [Role.SCHOOL, Role.VILLAGE, Role.AUDITOR, Role.APPROVER, Role.ADMIN])
def test_hosts_contacts_are_for_crews_and_planners(visit: Visit, office: Office, plan: PlanId, role: Role) -> None:
    day = long_day(office, plan)
    assert visit().sign_in(role).get(path_of(day)).status_code == 403
    assert visit().sign_in(role).get("/hari-ini").status_code == 403
    assert visit().get(path_of(day), follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "path",
    ["no-such-van/2026-12-07", "{vehicle}/2036-12-07", "{vehicle}/0001-01-01", "{vehicle}/9999-12-31"],
)
def test_days_that_nobody_plans_are_not_there(visit: Visit, office: Office, plan: PlanId, path: str) -> None:
    vehicle = long_day(office, plan).vehicle.id
    planner = visit().sign_in(Role.PLANNER)
    address = f"/hari-ini/{path.format(vehicle=vehicle)}"
    assert planner.get(address).status_code == 404
    assert planner.get(f"{address}/peta").status_code == 404
    assert planner.get(f"/hari-ini/{vehicle}/someday").status_code == 422


def test_a_cancelled_visit_stands_in_front_and_is_not_next(visit: Visit, office: Office, plan: PlanId) -> None:
    day = long_day(office, plan)
    first, second = day.stops[:2]
    phone = on_phone(visit(), day.vehicle.id)
    change = tell(office, plan, first)
    page = phone.page(f"{path_of(day)}?lang=en")
    assert f"{first.card.name}: not visited. Reason: {REASON}" in page
    assert page.index(REASON) < page.index('id="next-stop"')
    assert next_stop(page) == second.card.name
    office.write(BATU_BARA, lambda scope: take_back(scope, change, by="planner", at=office.now()))
    page = phone.page(path_of(day))
    assert REASON not in page
    assert next_stop(page) == first.card.name


def test_a_visit_moved_within_its_day_takes_its_new_place(visit: Visit, office: Office, plan: PlanId) -> None:
    day = long_day(office, plan)
    first, second = day.stops[:2]
    tell(office, plan, first, (day.stops[-1].finish + timedelta(minutes=30)).astimezone(UTC))
    page = on_phone(visit(), day.vehicle.id).page(f"{path_of(day)}?lang=en")
    assert next_stop(page) == second.card.name
    order = page[page.index('class="day-stops"') :]
    assert order.index(second.card.name) < order.index(first.card.name)


def test_a_visit_moved_to_another_day_is_seen_on_both(visit: Visit, office: Office, plan: PlanId) -> None:
    day = long_day(office, plan)
    stop = day.stops[0]
    away = day.day + timedelta(days=9)  # a week of which nothing is published
    tell(office, plan, stop, datetime(away.year, away.month, away.day, 2, 0, tzinfo=UTC))
    phone = on_phone(visit(), day.vehicle.id)
    left = phone.page(f"{path_of(day)}?lang=en")
    assert f"{stop.card.name}: moved to" in left
    assert next_stop(left) == day.stops[1].card.name
    assert next_stop(phone.page(f"/hari-ini/{day.vehicle.id}/{away}")) == stop.card.name
    other = next(unit.id for unit in office.region(BATU_BARA).fleet.units if unit.id != day.vehicle.id)
    assert stop.card.name not in on_phone(visit(), other).page(f"/hari-ini/{other}/{away}")


def test_what_was_told_of_a_replaced_version_is_told_no_more(
    visit: Visit, office: Office, plan: PlanId, draft_week: DraftWeek
) -> None:
    day = long_day(office, plan)
    tell(office, plan, day.stops[0], datetime(2026, 12, 16, 2, 0, tzinfo=UTC))
    newer = draft_week.put_in(office, "draft-2", 2)
    publish(office, newer)
    assert office.read(BATU_BARA, lambda scope: list_changes(scope, plan))
    phone = on_phone(visit(), day.vehicle.id)
    assert REASON not in phone.page(path_of(day))
    assert day.stops[0].card.name not in phone.page(f"/hari-ini/{day.vehicle.id}/2026-12-16")


def test_the_host_is_called_and_found(visit: Visit, office: Office, plan: PlanId, draft_week: DraftWeek) -> None:
    request = draft_week.requests[0]
    visits = f"request:{request.id}"
    days = office.itinerary(BATU_BARA, plan).itineraries
    day = next(day for day in days if any(str(stop.card.visit).startswith(visits) for stop in day.stops))
    stop = next(stop for stop in day.stops if str(stop.card.visit).startswith(visits))
    phone = on_phone(visit(), day.vehicle.id)
    assert "tel:" not in phone.page(path_of(day))
    contact = Contact("Ibu Sari", "6281234567890")
    office.write(BATU_BARA, lambda scope: keep_contact(scope, request.id, contact, by="test", at=office.now()))
    page = phone.page(path_of(day))
    assert 'href="tel:+6281234567890"' in page
    assert "Ibu Sari" in page
    assert f"geo:{stop.location.lat:.6f},{stop.location.lon:.6f}" in page


def test_the_load_list_counts_the_visits_that_are_made(visit: Visit, office: Office, plan: PlanId) -> None:
    units = {unit.id: unit for unit in office.region(BATU_BARA).fleet.units}
    counted = [
        (day, stop)
        for day in office.itinerary(BATU_BARA, plan).itineraries
        for stop in day.stops
        if units[day.vehicle.id].can_print and stop.card.counts.get(CountKind.RECORD_AND_PRINT)
    ]
    day, stop = counted[0]
    asked = sum(each.card.counts.get(CountKind.RECORD_AND_PRINT, 0) for each in day.stops)
    aboard = units[day.vehicle.id].cards_aboard.get("id_card", asked)  # type: ignore[call-overload]
    phone = on_phone(visit(), day.vehicle.id)

    def blanks() -> int:
        page = phone.page(f"{path_of(day)}?lang=en")
        found, _, _ = page.partition("</b> KTP-el blanks")
        return int(found.rpartition("<b>")[2].replace(",", "")) if "</b> KTP-el blanks" in page else 0

    assert blanks() == min(asked, aboard)
    tell(office, plan, stop)
    left = asked - stop.card.counts[CountKind.RECORD_AND_PRINT]
    assert blanks() == min(left, aboard)


def test_the_map_of_a_day_loads_what_the_office_serves_alone(visit: Visit, office: Office, plan: PlanId) -> None:
    day = long_day(office, plan)
    phone = on_phone(visit(), day.vehicle.id)
    answer = phone.get(f"{path_of(day)}/peta")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    script = answer.text.split('<script src="')[1].split('"')[0]
    assert phone.get(script).headers["content-type"].startswith("text/javascript")
    assert visit().get(script, follow_redirects=False).status_code == 303
    assert phone.get("/peta-harian/map.0000000000.js").status_code == 404


def test_a_van_that_stays_says_so(visit: Visit, office: Office, plan: PlanId) -> None:
    vehicle = long_day(office, plan).vehicle.id
    sunday: date = MONDAY + timedelta(days=6)
    page = on_phone(visit(), vehicle).page(f"/hari-ini/{vehicle}/{sunday}?lang=en")
    assert "stays at its base" in page

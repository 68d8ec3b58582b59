"""A week's page and the steps of its versions, by people of each role."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from api.entities import PlanId, PlanState, RequestState, Role
from api.office import Office
from api.store.changes import ChangeKind, list_changes
from api.store.plans import get_plan, plan_steps
from api.store.requests import get_request
from api.store.slots import SlotState, answer_slot, find_slot, list_slots
from tests.drafts import DraftWeek
from tests.offices import Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
WEEK = "/kantor/pekan/2026-W50"


def state_of(office: Office, plan: PlanId) -> PlanState:
    """How far the version has come."""
    return office.read(BATU_BARA, lambda scope: get_plan(scope, plan)).state


def take(visitor: Visitor, step: str, plan: PlanId, reason: str = "Lembur disetujui") -> int:
    """Take a step by its preview; the status of the answer."""
    return visitor.send(f"{WEEK}/langkah/{step}/{plan}", {"reason": reason}, follow_redirects=False).status_code


def publish(visit: Visit, plan: PlanId) -> None:
    """All steps to publication."""
    planner, approver = visit().sign_in(Role.PLANNER), visit().sign_in(Role.APPROVER)
    assert [take(planner, "ajukan", plan), take(approver, "setujui", plan)] == [303, 303]
    assert take(planner, "terbitkan", plan) == 303


def test_an_empty_week_says_what_to_do(visit: Visit) -> None:
    page = visit().sign_in(Role.PLANNER).page(f"{WEEK}?lang=en")
    assert "There is no plan of this week yet" in page
    assert f'action="{WEEK}/susun"' in page


def test_the_page_opens_at_the_week_after_this_one(visit: Visit) -> None:
    assert str(visit().sign_in(Role.PLANNER).get("/kantor/pekan").url).endswith("/2026-W50")


def test_who_only_reads_is_offered_nothing(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    plan = draft_week.put_in(office)
    for role in (Role.AUDITOR, Role.ADMIN):
        reader = visit().sign_in(role)
        page = reader.page(WEEK)
        assert "/langkah/" not in page
        assert "/susun" not in page
        assert take(reader, "ajukan", plan) == 403
    for role in (Role.SCHOOL, Role.VILLAGE, Role.CREW):
        assert visit().sign_in(role).get(WEEK).status_code == 403
    assert state_of(office, plan) is PlanState.DRAFT


def test_approving_offers_slots_and_publishing_books_the_confirmed_ones(
    visit: Visit, office: Office, draft_week: DraftWeek, clock: Clock
) -> None:
    """One host confirms, the other does not; both are in the plan, one is booked."""
    plan = draft_week.put_in(office)
    first, second = (request.id for request in draft_week.requests)
    planner, approver = visit().sign_in(Role.PLANNER), visit().sign_in(Role.APPROVER)
    assert take(planner, "ajukan", plan) == 303
    assert office.read(BATU_BARA, lambda scope: find_slot(scope, first)) is None
    assert take(approver, "setujui", plan) == 303
    slot = office.read(BATU_BARA, lambda scope: find_slot(scope, first))
    assert slot is not None
    assert (slot.state, slot.plan) == (SlotState.OFFERED, plan)
    stop = next(
        stop
        for day in office.itinerary(BATU_BARA, plan).itineraries
        for stop in day.stops
        if stop.card.visit == f"request:{first}"
    )
    assert (slot.starts, slot.ends) == (stop.start, stop.finish)
    office.write(BATU_BARA, lambda scope: answer_slot(scope, first, 1, confirms=True, by="public", at=clock()))
    assert take(planner, "terbitkan", plan) == 303

    def state(request: object) -> RequestState:
        return office.read(BATU_BARA, lambda scope: get_request(scope, request)).state  # type: ignore[arg-type]

    assert (state(first), state(second)) == (RequestState.SCHEDULED, RequestState.SLOT_OFFERED)
    assert state_of(office, plan) is PlanState.PUBLISHED


def test_a_host_whose_slot_stays_is_not_asked_again(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    publish(visit, draft_week.put_in(office))
    publish(visit, draft_week.put_in(office, "draft-2", version=2))
    for request in draft_week.requests:
        assert len(office.read(BATU_BARA, lambda scope, code=request.id: list_slots(scope, code))) == 1  # type: ignore[misc]
    assert state_of(office, PlanId("draft-1")) is PlanState.SUPERSEDED


def test_nobody_approves_what_they_made(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    plan = draft_week.put_in(office, by="approver")
    assert take(visit().sign_in(Role.PLANNER), "ajukan", plan) == 303
    approver = visit().sign_in(Role.APPROVER)
    assert f"{WEEK}/langkah/setujui" not in approver.page(WEEK)
    assert take(approver, "setujui", plan) == 409
    assert state_of(office, plan) is PlanState.SUBMITTED


def test_returning_needs_a_reason_which_the_planner_reads(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    plan = draft_week.put_in(office)
    planner, approver = visit().sign_in(Role.PLANNER), visit().sign_in(Role.APPROVER)
    assert take(planner, "ajukan", plan) == 303
    assert take(approver, "kembalikan", plan, reason=" ") == 422
    assert state_of(office, plan) is PlanState.SUBMITTED
    assert take(approver, "kembalikan", plan, reason="Hari Kamis ada upacara") == 303
    assert "Hari Kamis ada upacara" in planner.page(WEEK)
    assert [step.state for step in office.read(BATU_BARA, lambda scope: plan_steps(scope, plan))] == [
        PlanState.DRAFT,
        PlanState.SUBMITTED,
        PlanState.RETURNED,
    ]


def test_steps_that_do_not_lead_anywhere_change_nothing(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    plan = draft_week.put_in(office)
    planner = visit().sign_in(Role.PLANNER)
    assert take(planner, "terbitkan", plan) == 409
    assert planner.get(f"{WEEK}/langkah/lompat/{plan}").status_code == 404
    assert planner.get(f"/kantor/pekan/2026-W51/langkah/ajukan/{plan}").status_code == 404
    assert planner.get(f"{WEEK}?versi=other").status_code == 404
    for week in ("2026-W54", "next", "2026-W5"):
        assert planner.get(f"/kantor/pekan/{week}").status_code == 404


def test_a_published_visit_is_cancelled_moved_and_taken_back(
    visit: Visit, office: Office, draft_week: DraftWeek
) -> None:
    plan = draft_week.put_in(office)
    publish(visit, plan)
    planner = visit().sign_in(Role.PLANNER)
    stop = office.itinerary(BATU_BARA, plan).itineraries[0].stops[0]
    form = f"{WEEK}/ubah/{plan}"

    def send(**fields: str) -> int:
        sent = {"kunjungan": str(stop.card.visit), "reason": "Listrik padam", **fields}
        return planner.send(form, sent, follow_redirects=False).status_code

    def changes() -> list[tuple[ChangeKind, str]]:
        found = office.read(BATU_BARA, lambda scope: list_changes(scope, plan))
        return [(each.kind, each.reason) for each in found]

    assert send(kind="cancelled", reason="") == 422
    assert send(kind="moved", day="2026-12-09", start="noon") == 422
    assert send(kind="cancelled", kunjungan="village:0000000000") == 404
    assert changes() == []
    assert send(kind="cancelled") == 303
    assert changes() == [(ChangeKind.CANCELLED, "Listrik padam")]
    assert send(kind="moved", day="2026-12-09", start="09:30", reason="Jalan banjir") == 303
    assert changes() == [(ChangeKind.MOVED, "Jalan banjir")]
    page = planner.page(WEEK)
    assert page.count("/urungkan") == 1
    undo = page.split('action="/kantor/perubahan/')[1].split('"')[0]
    assert planner.send(f"/kantor/perubahan/{undo}", follow_redirects=False).status_code == 303
    assert changes() == []


def test_a_visit_of_a_draft_cannot_be_cancelled(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    plan = draft_week.put_in(office)
    stop = office.itinerary(BATU_BARA, plan).itineraries[0].stops[0]
    planner = visit().sign_in(Role.PLANNER)
    sent = {"kunjungan": str(stop.card.visit), "kind": "cancelled", "reason": "Hujan"}
    assert planner.send(f"{WEEK}/ubah/{plan}", sent).status_code == 404


def test_a_week_is_planned_once_at_a_time_and_stopped(visit: Visit, office: Office) -> None:
    """Without a worker the job waits; the page shows it, a second press adds none, and stopping ends it."""
    planner = visit().sign_in(Role.PLANNER)
    for _ in range(2):
        assert planner.send(f"{WEEK}/susun", {"seconds": "10"}).status_code == 200
    jobs = office.jobs.list_jobs(BATU_BARA)
    assert len(jobs) == 1
    page = planner.page(f"{WEEK}?lang=en")
    assert f'data-live="{WEEK}/kemajuan/{jobs[0].id}"' in page
    assert "waits for a worker" in page
    assert planner.send(f"{WEEK}/hentikan", {"job": jobs[0].id}).status_code == 200
    assert f"{WEEK}/susun" in planner.page(WEEK)
    assert planner.get(f"{WEEK}/kemajuan/{jobs[0].id}").text == "event: end\ndata: {}\n\n"
    assert planner.get(f"{WEEK}/kemajuan/1219-2026-12-07-00000000").status_code == 404
    assert planner.send(f"{WEEK}/susun", {"seconds": "99999"}).status_code == 422


def test_the_map_loads_what_the_office_serves_alone(visit: Visit, office: Office, draft_week: DraftWeek) -> None:
    plan = draft_week.put_in(office)
    planner = visit().sign_in(Role.PLANNER)
    answer = planner.get(f"{WEEK}/peta/{plan}")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    script = answer.text.split('<script src="')[1].split('"')[0]
    assert planner.get(script).headers["content-type"].startswith("text/javascript")
    assert visit().get(script, follow_redirects=False).status_code == 303
    assert planner.get("/kantor/peta/map.0000000000.js").status_code == 404


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=20)])
def test_what_a_page_says_does_not_hang_on_the_day_it_is_read(
    visit: Visit, office: Office, draft_week: DraftWeek, clock: Clock, late: timedelta
) -> None:
    draft_week.put_in(office)
    clock.now += late
    assert "SMA" in visit().sign_in(Role.PLANNER).page(WEEK)

"""A request's own page: what its host sees, answers, mends and cancels."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from api.auth.caller import PUBLIC
from api.entities import PlanId, RequestId, RequestState, Role, UserId, VisitRequest, WeeklyPlan
from api.office import Office
from api.store.attachments import list_attachments
from api.store.audit import first_broken
from api.store.changes import ChangeKind, change_visit, take_back
from api.store.contacts import find_contact
from api.store.plans import PlanDocuments, add_plan
from api.store.requests import get_request, list_requests, request_steps, step_request
from api.store.scope import Writing
from api.store.slots import SlotState, find_slot
from api.store.tables import SLOTS
from optimizer.instance import sha256_of, write_plan, write_problem
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve
from tests.api.requests.conftest import LETTER, VISIT, FileRequest, offer
from tests.letter_seeds import jpeg
from tests.offices import Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
CODE = RequestId("PM-2026-0001")


def request_in(office: Office) -> VisitRequest:
    """The one request."""
    return office.read(BATU_BARA, lambda scope: get_request(scope, CODE))


def test_the_code_alone_opens_nothing(visit: Visit, filed: FileRequest) -> None:
    path = filed()
    visitor = visit()
    assert CODE in visitor.page(path)
    for other in (f"/s/{CODE}", f"/s/1219.{CODE}", f"{path}x", "/s/"):
        assert visitor.get(other).status_code == 404


def test_an_offered_time_is_confirmed_by_one_tap_and_two_taps_do_no_more(
    visit: Visit, office: Office, filed: FileRequest
) -> None:
    """The page then has the calendar entry, what to prepare, and a text for parents without a name in it."""
    path, visitor = filed(), visit()
    slot = offer(office, CODE)
    shown = visitor.page(f"{path}?lang=id")
    assert "Selasa, 15 Desember 2026, 12.00–15.00 WIB" in shown
    for _ in range(2):
        answer = visitor.send(f"{path}/konfirmasi", {"slot": slot.number})
        assert answer.status_code == 200
    assert request_in(office).state is RequestState.CONFIRMED
    assert [step.state for step in office.read(BATU_BARA, lambda scope: request_steps(scope, CODE))].count(
        RequestState.CONFIRMED
    ) == 1
    assert "wa.me" in answer.text
    assert "Rina" not in answer.text
    entry = visitor.get(f"{path}/jadwal.ics")
    assert entry.headers["content-type"].startswith("text/calendar")
    assert "DTSTART;TZID=Asia/Jakarta:20261215T120000" in entry.text.replace("\r\n ", "")
    assert "Rina" not in entry.text
    contact = office.read(BATU_BARA, lambda scope: find_contact(scope, CODE))
    assert contact is not None
    assert str(contact.delete_after) == "2027-01-14"


def test_a_time_is_declined_with_a_reason(visit: Visit, office: Office, filed: FileRequest) -> None:
    path, visitor = filed(), visit()
    slot = offer(office, CODE)
    assert visitor.send(f"{path}/tolak", {"slot": slot.number, "reason": " "}).status_code == 422
    assert visitor.send(f"{path}/tolak", {"slot": slot.number, "reason": "1219040607050001"}).status_code == 422
    assert visitor.send(f"{path}/tolak", {"slot": "9" * 30, "reason": "Ujian"}).status_code == 404
    visitor.send(f"{path}/tolak", {"slot": slot.number, "reason": "Ujian sampai tanggal 18"})
    assert request_in(office).state is RequestState.SLOT_DECLINED
    newest = office.read(BATU_BARA, lambda scope: find_slot(scope, CODE))
    assert newest is not None
    assert newest.state is SlotState.DECLINED
    assert visitor.get(f"{path}/jadwal.ics").status_code == 404
    answer = visitor.send(f"{path}/konfirmasi", {"slot": slot.number})
    assert answer.status_code == 404, "a slot that was declined is not confirmed by an old page"


def test_a_returned_request_is_mended_and_sent_in_again(
    visit: Visit, office: Office, filed: FileRequest, clock: Clock
) -> None:
    path, visitor = filed(letter={"letter_number": ""}), visit()
    assert not request_in(office).is_complete

    office.write(
        BATU_BARA,
        lambda scope: step_request(
            scope, CODE, RequestState.NEEDS_CORRECTION, by="planner", at=clock(), reason="nomor surat kosong"
        ),
    )
    assert "nomor surat kosong" in visitor.page(path)
    assert 'value="62"' in visitor.page(f"{path}/perbaiki")
    wrong = visitor.send(f"{path}/perbaiki", {**LETTER, **VISIT, "record_and_print": "many"})
    assert wrong.status_code == 422
    files = {"letter_file": ("surat.jpg", jpeg(), "image/jpeg")}
    visitor.send(f"{path}/perbaiki", {**LETTER, **VISIT, "record_and_print": "70"}, files=files)
    request = request_in(office)
    assert (request.state, request.letter.number, request.counts.record_and_print) == (
        RequestState.SUBMITTED,
        "421.3/055/2026",
        70,
    )
    assert request.is_complete
    assert len(office.read(BATU_BARA, lambda scope: list_attachments(scope, CODE))) == 2


def test_an_accepted_request_is_changed_by_its_host_no_more(
    visit: Visit, office: Office, filed: FileRequest, clock: Clock
) -> None:
    path, visitor = filed(), visit()
    old_page = f"{path}/perbaiki"
    visitor.page(old_page)
    office.write(BATU_BARA, lambda scope: step_request(scope, CODE, RequestState.ACCEPTED, by="planner", at=clock()))
    visitor.send(old_page, {**LETTER, **VISIT, "record_and_print": "99"})
    assert request_in(office).counts.record_and_print == 62


def test_cancelling_can_be_taken_back_for_ten_minutes(
    visit: Visit, office: Office, filed: FileRequest, clock: Clock
) -> None:
    path, visitor = filed(), visit()
    answer = visitor.send(f"{path}/batal", {"reason": "Kegiatan lain"})
    assert request_in(office).state is RequestState.CANCELLED
    assert f"{path}/urungkan/3" in answer.text
    clock.go_on(minutes=9)
    visitor.send(f"{path}/urungkan/3")
    assert request_in(office).state is RequestState.SUBMITTED
    assert "Kegiatan lain" not in visitor.page(path)
    visitor.send(f"{path}/urungkan/3")
    assert request_in(office).state is RequestState.SUBMITTED
    visitor.send(f"{path}/batal", {"reason": "x"})
    clock.go_on(minutes=11)
    visitor.send(f"{path}/urungkan/5")
    assert request_in(office).state is RequestState.CANCELLED


def test_a_slot_given_up_with_the_request_does_not_come_back(visit: Visit, office: Office, filed: FileRequest) -> None:
    path, visitor = filed(), visit()
    offer(office, CODE)
    assert "15 Desember 2026" in visitor.page(f"{path}/batal")
    answer = visitor.send(f"{path}/batal", {"reason": ""})
    assert "urungkan" not in answer.text
    slot = office.read(BATU_BARA, lambda scope: find_slot(scope, CODE))
    assert slot is not None
    assert slot.state is SlotState.WITHDRAWN
    contact = office.read(BATU_BARA, lambda scope: find_contact(scope, CODE))
    assert contact is not None
    assert contact.delete_after == office.today(BATU_BARA) + timedelta(days=30)


@pytest.mark.parametrize("state", RequestState)
def test_every_state_has_its_page(
    visit: Visit, office: Office, filed: FileRequest, clock: Clock, state: RequestState
) -> None:
    """No dead ends: whatever became of the request, its page opens and says what comes."""
    path = filed()
    ways = {
        RequestState.NEEDS_CORRECTION: ["needs_correction"],
        RequestState.ACCEPTED: ["accepted"],
        RequestState.SLOT_OFFERED: ["accepted", "slot_offered"],
        RequestState.SLOT_DECLINED: ["accepted", "slot_offered", "slot_declined"],
        RequestState.CONFIRMED: ["accepted", "slot_offered", "confirmed"],
        RequestState.SCHEDULED: ["accepted", "slot_offered", "confirmed", "scheduled"],
        RequestState.DONE: ["accepted", "slot_offered", "confirmed", "scheduled", "done"],
        RequestState.PARTLY_DONE: ["accepted", "slot_offered", "confirmed", "scheduled", "partly_done"],
        RequestState.NOT_DONE: ["accepted", "slot_offered", "confirmed", "scheduled", "not_done"],
        RequestState.DECLINED: ["declined"],
        RequestState.CANCELLED: ["cancelled"],
    }
    for each in ways.get(state, []):
        office.write(
            BATU_BARA,
            lambda scope, each=each: step_request(  # type: ignore[misc]
                scope, CODE, RequestState(each), by=PUBLIC, at=clock()
            ),
        )
    assert "main" in visit().page(path)
    assert office.read(BATU_BARA, first_broken) is None


def test_an_account_sees_its_own_places_requests_alone(visit: Visit, office: Office, filed: FileRequest) -> None:
    filed()
    school, village = visit().sign_in(Role.SCHOOL), visit().sign_in(Role.VILLAGE)
    path = f"/kantor/permohonanku/{CODE}"
    assert CODE in school.page(path)
    assert village.get(path).status_code == 404
    assert village.send(f"{path}/batal", {"reason": "x"}).status_code == 404
    assert visit().sign_in(Role.PLANNER).get(path).status_code == 403
    assert school.get("/kantor/permohonanku/PM-2026-9999").status_code == 404
    school.send(f"{path}/batal", {"reason": "Kegiatan lain"})
    steps = office.read(BATU_BARA, lambda scope: request_steps(scope, CODE))
    assert (steps[-1].state, steps[-1].by) == (RequestState.CANCELLED, "school")
    assert len(office.read(BATU_BARA, list_requests)) == 1


def test_a_cancelled_visit_is_loud_on_the_hosts_page_and_in_its_calendar(
    visit: Visit, office: Office, filed: FileRequest, clock: Clock, short_week: Problem
) -> None:
    """What citizens read of it the host reads too, at once; taken back, all is as before."""
    path, visitor = filed(), visit()
    offer(office, CODE)
    slot = office.read(BATU_BARA, lambda scope: find_slot(scope, CODE))
    assert slot is not None
    visitor.send(f"{path}/konfirmasi", {"slot": slot.number})
    plan, instance = PlanId("plan-1"), write_problem(short_week)
    solved = solve(short_week, SolveOptions(solution_limit=1, instance_sha256=sha256_of(instance)))
    documents = PlanDocuments(instance, write_plan(solved))

    def publish(scope: Writing) -> None:
        add_plan(scope, WeeklyPlan(plan, short_week.week, 1, UserId("planner")), documents, by="planner", at=clock())
        scope.update(SLOTS, SLOTS.c.request == CODE, plan=plan)

    office.write(BATU_BARA, publish)
    assert "notice bad loud" not in visitor.page(path)
    moved = clock() + timedelta(days=16)
    for kind, moved_to, sign, status in (
        (ChangeKind.CANCELLED, None, "notice bad loud", "STATUS:CANCELLED"),
        (ChangeKind.MOVED, moved, "17 Desember 2026", "20261217T120000"),
    ):
        change = office.write(
            BATU_BARA,
            lambda scope, kind=kind, moved_to=moved_to: change_visit(  # type: ignore[misc]
                scope,
                plan,
                f"request:{CODE}/2",
                kind,
                reason="Mobil rusak",
                by="planner",
                at=clock(),
                moved_to=moved_to,
            ),
        )
        page = visitor.page(path)
        assert sign in page
        assert "Mobil rusak" in page
        assert status in visitor.get(f"{path}/jadwal.ics").text
    office.write(BATU_BARA, lambda scope: take_back(scope, change.id, by="planner", at=clock()))
    assert "Mobil rusak" not in visitor.page(path)

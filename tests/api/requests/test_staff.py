"""The office's inbox: what waits for what, decisions with the way back, who may see what."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from api.entities import RequestId, RequestState, Role, User, UserId
from api.office import Office
from api.store.attachments import list_attachments
from api.store.contacts import find_contact
from api.store.passwords import HashedPassword
from api.store.people import add_user
from api.store.regions import RegionDocuments, put_region
from api.store.requests import get_request, request_steps
from api.store.scope import RegencyCode, Writing
from tests.api.requests.conftest import CONTACT, LETTER, SCHOOL, VISIT, FileRequest
from tests.letter_seeds import jpeg
from tests.offices import Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
CODE = RequestId("PM-2026-0001")
PAGE = f"/kantor/permohonan/{CODE}"
ENTER = "/kantor/permohonan/baru"
OWN = "/kantor/permohonanku"


def state_of(office: Office) -> RequestState:
    """State of the one request."""
    return office.read(BATU_BARA, lambda scope: get_request(scope, CODE)).state


def test_a_request_is_accepted_and_that_taken_back(visit: Visit, office: Office, filed: FileRequest) -> None:
    filed()
    planner = visit().sign_in(Role.PLANNER)
    assert CODE in planner.page("/kantor/permohonan")
    answer = planner.send(f"{PAGE}/terima")
    assert state_of(office) is RequestState.ACCEPTED
    assert f"{PAGE}/urungkan/3" in answer.text
    assert CODE not in answer.text.partition("<main")[2].partition("</main>")[0]
    again = planner.send(f"{PAGE}/terima")
    assert again.status_code == 200
    assert state_of(office) is RequestState.ACCEPTED
    planner.send(f"{PAGE}/urungkan/3")
    assert state_of(office) is RequestState.SUBMITTED
    assert CODE in planner.page("/kantor/permohonan")


def test_a_step_is_taken_back_by_who_took_it_and_soon(
    visit: Visit, office: Office, filed: FileRequest, clock: Clock
) -> None:
    filed()
    planner = visit().sign_in(Role.PLANNER)
    planner.send(f"{PAGE}/kembalikan", {"reason_return": "nomor surat kosong"})
    clock.go_on(minutes=11)
    planner.send(f"{PAGE}/urungkan/3")
    assert state_of(office) is RequestState.NEEDS_CORRECTION


def test_an_incomplete_letter_is_accepted_with_a_written_reason_only(
    visit: Visit, office: Office, filed: FileRequest
) -> None:
    filed(letter={"letter_number": ""})
    planner = visit().sign_in(Role.PLANNER)
    assert CODE not in planner.page("/kantor/permohonan?tab=lengkap")
    assert CODE in planner.page("/kantor/permohonan?tab=belum-lengkap")
    refused = planner.send(f"{PAGE}/terima", {"reason_accept": ""})
    assert refused.status_code == 422
    assert 'id="reason_accept-error"' in refused.text
    assert state_of(office) is RequestState.SUBMITTED
    planner.send(f"{PAGE}/terima", {"reason_accept": "Surat asli dilihat di kantor"})
    assert state_of(office) is RequestState.ACCEPTED
    steps = office.read(BATU_BARA, lambda scope: request_steps(scope, CODE))
    assert (steps[-1].by, steps[-1].reason) == ("planner", "Surat asli dilihat di kantor")


@pytest.mark.parametrize(
    "act, field, state",
    [
        ("kembalikan", "reason_return", RequestState.NEEDS_CORRECTION),
        ("tolak", "reason_decline", RequestState.DECLINED),
    ],
)
def test_returning_and_declining_need_a_reason(
    visit: Visit, office: Office, filed: FileRequest, act: str, field: str, state: RequestState
) -> None:
    path = filed()
    planner = visit().sign_in(Role.PLANNER)
    assert planner.send(f"{PAGE}/{act}", {field: ""}).status_code == 422
    assert planner.send(f"{PAGE}/{act}", {field: "NIK 1219040607050001"}).status_code == 422
    planner.send(f"{PAGE}/{act}", {field: "Surat tidak terbaca"})
    assert state_of(office) is state
    assert "Surat tidak terbaca" in visit().page(path)


def test_a_letter_is_served_as_attachment_to_those_who_decide(visit: Visit, office: Office, filed: FileRequest) -> None:
    filed()
    (attachment,) = office.read(BATU_BARA, lambda scope: list_attachments(scope, CODE))
    path = f"{PAGE}/surat/{attachment.id}"
    answer = visit().sign_in(Role.PLANNER).get(path)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.content.startswith(b"\xff\xd8\xff")
    for role in (Role.AUDITOR, Role.ADMIN, Role.SCHOOL, Role.CREW):
        assert visit().sign_in(role).get(path).status_code == 403
    assert visit().get(path, follow_redirects=False).status_code == 303
    planner = visit().sign_in(Role.PLANNER)
    assert planner.get(f"/kantor/permohonan/PM-2026-0002/surat/{attachment.id}").status_code == 404
    assert planner.get(f"{PAGE}/surat/none").status_code == 404


def test_contacts_are_seen_by_those_who_call(visit: Visit, filed: FileRequest) -> None:
    filed()
    assert "Rina Hasibuan" in visit().sign_in(Role.PLANNER).page(PAGE)
    assert "Rina" not in visit().sign_in(Role.AUDITOR).page(PAGE)
    assert "Rina" not in visit().sign_in(Role.ADMIN).page(PAGE)
    assert "Rina" not in visit().sign_in(Role.PLANNER).page("/kantor/permohonan")


def test_only_planners_decide(visit: Visit, office: Office, filed: FileRequest) -> None:
    filed()
    for role in (Role.APPROVER, Role.AUDITOR, Role.ADMIN, Role.SCHOOL, Role.CREW):
        visitor = visit().sign_in(role)
        assert visitor.send(f"{PAGE}/terima").status_code == 403
        assert visitor.send(f"{PAGE}/urungkan/1").status_code == 403
    for role in (Role.APPROVER, Role.AUDITOR, Role.ADMIN):
        assert "/terima" not in visit().sign_in(role).page(PAGE)
    assert state_of(office) is RequestState.SUBMITTED


def test_the_inbox_is_searched_sorted_and_filtered_by_its_address(visit: Visit, filed: FileRequest) -> None:
    filed()
    filed(letter={"letter_number": "9/2026"})
    planner = visit().sign_in(Role.PLANNER)
    first, second = "PM-2026-0001", "PM-2026-0002"
    assert second not in planner.page("/kantor/permohonan?q=421.3")
    assert first in planner.page("/kantor/permohonan?q=sma+negeri+1+talawi")
    assert first not in planner.page("/kantor/permohonan?q=nowhere")
    newest = planner.page("/kantor/permohonan?sort=-code")
    assert newest.index(second) < newest.index(first)
    assert first not in planner.page("/kantor/permohonan?tab=semua&state=accepted")
    for strange in ("?page=99999", "?sort=nothing", "?state=nothing&tab=semua", "?page=-4"):
        assert planner.get(f"/kantor/permohonan{strange}").status_code == 200


def test_fixed_stops_that_come_due_are_in_the_inbox(visit: Visit, office: Office) -> None:
    page = visit().sign_in(Role.PLANNER).page("/kantor/permohonan?tab=jatuh-tempo")
    assert "2026" in page
    assert 'class="empty"' not in page


def test_a_link_for_the_host_is_shown_once_and_opens_the_request(
    visit: Visit, office: Office, filed: FileRequest
) -> None:
    filed()
    page = visit().sign_in(Role.PLANNER).send(f"{PAGE}/tautan").text
    link = page.partition('value="http://127.0.0.1:8000')[2].partition('"')[0]
    assert link.startswith("/s/1219.")
    assert CODE in visit().page(link)
    contact = office.read(BATU_BARA, lambda scope: find_contact(scope, CODE))
    assert contact is not None
    assert f"wa.me/{contact.whatsapp}" in page


def test_a_letter_that_came_by_whatsapp_is_entered_on_one_page(visit: Visit, office: Office) -> None:
    """A place is found by name; the same letter again is told with its code, and filed when staff says so."""
    planner = visit().sign_in(Role.PLANNER)
    assert f"place={SCHOOL}" in planner.page("/kantor/permohonan/baru?q=sman 1 talawi")
    form = {"place": SCHOOL, "wish": "visit", **LETTER, **VISIT, **CONTACT}
    answer = planner.send(ENTER, form, files={"letter_file": ("surat.jpg", jpeg(), "image/jpeg")})
    assert str(answer.url).endswith(CODE)
    request = office.read(BATU_BARA, lambda scope: get_request(scope, CODE))
    assert (request.state, request.is_complete) == (RequestState.SUBMITTED, True)
    steps = office.read(BATU_BARA, lambda scope: request_steps(scope, CODE))
    assert {step.by for step in steps} == {"planner"}
    again = planner.send(ENTER, form)
    assert again.status_code == 422
    assert CODE in again.text
    filed_anyway = planner.send(ENTER, {**form, "anyway": "yes"})
    assert str(filed_anyway.url).endswith("PM-2026-0002")
    assert CODE in filed_anyway.text


def test_staff_enters_what_little_is_known(visit: Visit, office: Office) -> None:
    planner = visit().sign_in(Role.PLANNER)
    planner.send(ENTER, {"place": "1219011001", "wish": "home", "people": "2"})
    request = office.read(BATU_BARA, lambda scope: get_request(scope, CODE))
    assert (request.counts.people, request.needs_portable_kit) == (2, True)
    assert planner.send(ENTER, {"place": SCHOOL, "wish": "home", "people": "2"}).status_code == 404
    assert planner.send(ENTER, {"place": "nowhere", "wish": "visit"}).status_code == 404
    assert visit().sign_in(Role.AUDITOR).get(ENTER).status_code == 403


def test_a_school_with_an_account_files_and_lists_its_own(visit: Visit, office: Office) -> None:
    school = visit().sign_in(Role.SCHOOL)
    assert 'class="empty"' in school.page(OWN)
    form = {**LETTER, **VISIT, **CONTACT, "place": "10204099"}
    answer = school.send(f"{OWN}/baru", {**form, "consent": ""})
    assert answer.status_code == 422
    assert 'id="consent-error"' in answer.text
    school.send(f"{OWN}/baru", form)
    request = office.read(BATU_BARA, lambda scope: get_request(scope, CODE))
    assert request.place == SCHOOL, "an account files for its own place, whatever the form says"
    assert CODE in school.page(OWN)
    again = school.send(f"{OWN}/baru", form)
    assert again.status_code == 422
    assert CODE not in again.text
    assert CODE not in visit().sign_in(Role.VILLAGE).page(OWN)
    assert visit().sign_in(Role.PLANNER).get(OWN).status_code == 403


def test_another_regencys_requests_are_not_there(
    visit: Visit, office: Office, filed: FileRequest, sample: RegionDocuments, hashed: HashedPassword, clock: Clock
) -> None:
    """A planner of one regency reaches no request, letter or list of another, whatever the address says."""
    filed()
    (attachment,) = office.read(BATU_BARA, lambda scope: list_attachments(scope, CODE))
    other = RegencyCode("1275")

    def found(scope: Writing) -> None:
        renamed = replace(sample, region=replace(sample.region, code=other, name="Kota Binjai"))
        put_region(scope, renamed, by="test", at=clock())
        user = User(UserId("planner"), "Planner", frozenset({Role.PLANNER}))
        add_user(scope, user, hashed, by="test", at=clock())

    office.write(other, found)
    office.get_regency(other)
    planner = visit().sign_in(Role.PLANNER, other)
    for path in (PAGE, f"{PAGE}/surat/{attachment.id}"):
        assert planner.get(path).status_code == 404
    assert CODE not in planner.page("/kantor/permohonan?tab=semua")
    for act in ("terima", "kembalikan", "urungkan/2", "tautan"):
        assert planner.send(f"{PAGE}/{act}", {"reason_return": "x"}).status_code == 404
    assert state_of(office) is RequestState.SUBMITTED

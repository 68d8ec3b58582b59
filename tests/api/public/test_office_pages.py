"""Feedback, facilities and partners: what citizens send and staff edit, each with its way back."""

import re
from collections.abc import Callable
from html import unescape

import httpx2
import pytest

from api.entities import Role
from api.office import Office
from api.store.audit import list_audit
from api.store.facilities import OFFICE, list_facilities
from api.store.feedback import FeedbackState, list_feedback
from api.store.partners import list_partners
from tests.offices import Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
TEXT = "Mobil datang terlambat dua jam, kami menunggu di balai desa."
PARTNER = {"name": "Toko Buku Ilmu", "address": "Jl. Merdeka, Lima Puluh", "offer": "Potongan 10 persen"}
NUMBER = "1219 0451 0199 0001"
"""Sixteen digits, written as people write them; no identity number, the date in it is none."""


def undo_on(answer: httpx2.Response) -> str:
    """Where the page's toast takes back what was done."""
    found = re.search(r'data-toast>.*?<form method="post" action="([^"]+)"', answer.text, re.DOTALL)
    assert found, answer.text[-1500:]
    return unescape(found[1])


def test_a_complaint_lands_in_the_list_and_is_closed_with_an_answer(visit: Visit, office: Office) -> None:
    citizen, staff = visit(), visit().sign_in(Role.PLANNER)
    sent = {"kind": "complaint", "place": "1219051001", "text": TEXT}
    answer = citizen.send("/1219/saran?lang=en", sent)
    assert "Thank you" in answer.text
    page = staff.page("/kantor/saran?lang=en")
    assert TEXT in page
    assert "Kelurahan Labuhan Ruku" in page
    (told,) = office.read(BATU_BARA, lambda scope: list_feedback(scope, FeedbackState.OPEN))
    empty = staff.send(f"/kantor/saran/{told.id}/tutup", {"answer": " "})
    assert empty.status_code == 422
    closed = staff.send(f"/kantor/saran/{told.id}/tutup", {"answer": "Kru diingatkan."})
    assert "Nothing waits for an answer" in closed.text
    assert "Kru diingatkan." in staff.page("/kantor/saran?keadaan=closed")
    assert staff.send(f"/kantor/saran/{told.id}/tutup", {"answer": "Lagi."}).status_code == 404
    opened = staff.send(undo_on(closed))
    assert TEXT in opened.text
    assert "Kru diingatkan." in opened.text  # to be gone on with
    audit = office.read(BATU_BARA, lambda scope: list_audit(scope, limit=1000))
    assert [row.action for row in audit if row.action.startswith("feedback")] == [
        "feedback.added",
        "feedback.closed",
        "feedback.reopened",
    ]
    assert TEXT not in str(audit)


def test_feedback_that_cannot_be_kept_is_told_beside_its_fields(visit: Visit, office: Office) -> None:
    """All faults at once; what was typed stays; a number of 16 digits is refused with the reason."""
    citizen = visit()
    both = citizen.send("/1219/saran?lang=en", {"kind": "x", "place": "PA-01", "text": f"NIK saya {NUMBER}"})
    assert both.status_code == 422
    assert "a number of 16 digits" in both.text
    assert "Choose what it is." in both.text
    assert "This place is not known here" in both.text
    assert NUMBER in both.text
    for text in ("", "aduh", "x" * 2_001, f"{'satu ' * 20}{NUMBER.replace(' ', '')}", "ada \x00 di sini saja"):
        answer = citizen.send("/1219/saran", {"kind": "wish", "text": text})
        assert answer.status_code == 422, text[:20]
    assert citizen.send("/1219/saran", {"kind": "wish", "text": "x" * 20_001}).status_code == 422
    assert office.read(BATU_BARA, lambda scope: list_feedback(scope, FeedbackState.OPEN)) == ()


def test_an_address_sends_five_in_a_quarter_of_an_hour(visit: Visit, clock: Clock) -> None:
    citizen, fields = visit(), {"kind": "wish", "text": "Mohon datang pada hari Sabtu."}
    answers = [citizen.send("/1219/saran", fields, follow_redirects=False).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]
    clock.go_on(minutes=15)
    assert citizen.send("/1219/saran", fields, follow_redirects=False).status_code == 303


def test_feedback_needs_the_token_of_its_form(visit: Visit) -> None:
    answer = visit().http.post("/1219/saran", data={"kind": "wish", "text": TEXT})
    assert answer.status_code == 403


def test_facilities_of_a_stop_and_of_the_office_are_shown_and_can_be_taken_back(visit: Visit, office: Office) -> None:
    citizen, staff = visit(), visit().sign_in(Role.PLANNER)
    village = "/1219/desa/1219051001?lang=en"
    assert "Ramp for wheelchairs" not in citizen.page(village)
    assert "Play corner" in citizen.page("/1219/?lang=en")  # as the region's documents have it
    form = "/kantor/fasilitas"
    assert "Kantor Kelurahan Labuhan Ruku" in staff.page(f"{form}?cari=labuhan+ruku&lang=en")
    saved = staff.send(form, {"tempat": "1219051001", "fasilitas": ["ramp", "toilet"], "catatan": "Pintu samping."})
    page = citizen.page(village)
    assert "Ramp for wheelchairs" in page
    assert "Pintu samping." in page
    assert "Kantor Kelurahan Labuhan Ruku" in saved.text  # among those that were changed
    again = staff.send(form, {"tempat": "1219051001", "fasilitas": ["parking"]})
    assert "Ramp for wheelchairs" not in citizen.page(village)
    back = staff.send(undo_on(again))
    assert "Ramp for wheelchairs" in citizen.page(village)
    assert "Pintu samping." in citizen.page(village)
    forward = staff.send(undo_on(back))
    assert "Ramp for wheelchairs" not in citizen.page(village)
    staff.send(undo_on(forward))
    staff.send(undo_on(saved))
    assert office.read(BATU_BARA, list_facilities) == {}
    staff.send(form, {"tempat": OFFICE, "fasilitas": ["ramp"]})
    home = citizen.page("/1219/?lang=en")
    assert "Ramp for wheelchairs" in home
    assert "Play corner" not in home


def test_facilities_are_refused_with_numbers_and_for_unknown_places(visit: Visit, office: Office) -> None:
    staff = visit().sign_in(Role.ADMIN)
    answer = staff.send("/kantor/fasilitas?lang=en", {"tempat": OFFICE, "fasilitas": ["ramp"], "catatan": NUMBER})
    assert answer.status_code == 422
    assert "a number of 16 digits" in answer.text
    assert re.search(r'value="ramp" checked', answer.text)
    for place in ("PA-01", "1271010001", "x"):
        assert staff.send("/kantor/fasilitas", {"tempat": place}).status_code == 404
    assert office.read(BATU_BARA, list_facilities) == {}


def test_partners_are_added_changed_and_taken_off_each_with_its_way_back(visit: Visit, office: Office) -> None:
    citizen, staff = visit(), visit().sign_in(Role.PLANNER)
    public = "/1219/mitra-kia"

    def named(name: str) -> bool:
        return name in citizen.page(public)

    added = staff.send("/kantor/mitra", PARTNER)
    assert named("Toko Buku Ilmu")
    first = office.read(BATU_BARA, list_partners)[0]
    assert 'value="Potongan 10 persen"' in staff.page(f"/kantor/mitra?ubah={first.id}")
    changed = staff.send("/kantor/mitra", {**PARTNER, "name": "Toko Baru", "ubah": first.id})
    assert (named("Toko Buku Ilmu"), named("Toko Baru")) == (False, True)
    back = staff.send(undo_on(changed))
    assert (named("Toko Buku Ilmu"), named("Toko Baru")) == (True, False)
    staff.send(undo_on(back))
    assert (named("Toko Buku Ilmu"), named("Toko Baru")) == (False, True)
    new = office.read(BATU_BARA, list_partners)[0]
    off = staff.send(f"/kantor/mitra/{new.id}/tutup")
    assert not named("Toko Baru")
    staff.send(undo_on(off))
    assert named("Toko Baru")
    staff.send(undo_on(added))  # the first one is off already; nothing else changes
    assert named("Toko Baru")


def test_a_partner_that_cannot_be_kept_is_told_beside_its_fields(visit: Visit, office: Office) -> None:
    staff = visit().sign_in(Role.PLANNER)
    answer = staff.send("/kantor/mitra?lang=en", {"name": f"Toko {NUMBER}", "address": "", "offer": "x" * 201})
    assert answer.status_code == 422
    for text in ("a number of 16 digits", "Write where the partner is.", "at most 200 fit"):
        assert text in answer.text
    assert staff.send("/kantor/mitra", {**PARTNER, "ubah": "0" * 32}).status_code == 404
    assert office.read(BATU_BARA, list_partners) == ()


@pytest.mark.parametrize("role", list(Role))
def test_pages_of_the_office_are_for_its_people(visit: Visit, role: Role) -> None:
    visitor = visit().sign_in(role)
    editors, readers = {Role.PLANNER, Role.ADMIN}, {Role.PLANNER, Role.ADMIN, Role.APPROVER, Role.AUDITOR}
    for path, allowed in (("/kantor/fasilitas", editors), ("/kantor/mitra", editors), ("/kantor/saran", readers)):
        assert visitor.get(path).status_code == (200 if role in allowed else 403), path
    wanted = 200 if role in editors else 403
    assert visitor.send("/kantor/mitra", PARTNER).status_code == wanted
    assert visitor.send("/kantor/fasilitas", {"tempat": OFFICE}).status_code == wanted
    assert visitor.send("/kantor/saran/x/buka").status_code == (404 if role in readers - {Role.AUDITOR} else 403)

"""The public form: a letter from a phone in four steps, services at home, refusals, quotas."""

from collections.abc import Callable

import pytest

from api.entities import RequestId, RequestState, Wish
from api.office import Office
from api.store.attachments import list_attachments
from api.store.contacts import find_contact
from api.store.office_settings import put_setting
from api.store.requests import get_request, list_requests
from geodata.sites import Signal
from geodata.times import TimeRange, Weekday
from tests.api.requests.conftest import CONTACT, LETTER, SCHOOL, VISIT, FileRequest, begin, fill_in
from tests.letter_seeds import jpeg
from tests.offices import Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
CODE = RequestId("PM-2026-0001")
HOME_VILLAGE = "1219011001"
IDENTITY = "1219 0406 0705 0001"


def requests_of(office: Office) -> list[RequestId]:
    """Codes of all requests that count."""
    return [each.id for each in office.read(BATU_BARA, list_requests) if each.state is not RequestState.DRAFT]


def test_a_school_files_its_letter_in_four_steps(visit: Visit, office: Office) -> None:
    """Everything typed is in the request, the letter's file lies encrypted with it, the contact in its own table."""
    visitor = visit()
    draft = begin(visitor)
    assert "SMA NEGERI 1" in visitor.page(f"{draft}/tempat?q=sma negeri 1").upper()
    fill_in(visitor, draft)
    letter = visitor.page(f"{draft}/periksa?lang=en")
    assert "421.3/055/2026" in letter
    answer = visitor.send(f"{draft}/periksa", CONTACT)
    assert "/s/1219." in str(answer.url)
    assert CODE in answer.text
    assert "Rina" not in answer.text
    request = office.read(BATU_BARA, lambda scope: get_request(scope, CODE))
    assert request.state is RequestState.SUBMITTED
    assert request.letter.is_complete
    assert (request.counts.record_and_print, request.counts.record_only, request.counts.outside_domicile) == (62, 41, 3)
    assert request.weekdays == (Weekday.TUE, Weekday.WED, Weekday.THU)
    assert request.hours == (TimeRange(810, 1020),)
    assert [(str(each.first), str(each.last)) for each in request.blocked] == [("2026-12-07", "2026-12-11")]
    assert (request.signal, request.outside_working_hours, request.details.consent) == (Signal.WEAK, True, True)
    assert str(request.received) == "2026-12-01"
    contact = office.read(BATU_BARA, lambda scope: find_contact(scope, CODE))
    assert contact is not None
    assert (contact.name, contact.whatsapp) == ("Rina Hasibuan", "6281234567890")
    (attachment,) = office.read(BATU_BARA, lambda scope: list_attachments(scope, CODE))
    stored = (office.settings.files / attachment.file).read_bytes()
    assert b"JFIF" not in stored


def test_a_draft_is_kept_after_each_step_and_opened_by_its_address_alone(visit: Visit) -> None:
    """Another phone goes on where the first was put away; a guessed address opens nothing."""
    first, other = visit(), visit()
    draft = begin(first)
    first.send(f"{draft}/tempat", {"place": SCHOOL})
    first.send(f"{draft}/surat", LETTER)
    assert "421.3/055/2026" in other.page(f"{draft}/surat")
    answer = other.get(f"{draft}/periksa")
    assert str(answer.url).endswith("/siswa"), "the last step is not open before the third is filled in"
    assert other.get(f"{draft}x/surat").status_code == 404
    assert other.get("/d/1219.AAAAAAAAAAAAAAAAAAAAAA/surat").status_code == 404


def test_a_draft_is_forgotten_after_thirty_days(visit: Visit, clock: Clock) -> None:
    visitor = visit()
    draft = begin(visitor)
    clock.go_on(days=30)
    assert visitor.get(f"{draft}/tempat").status_code == 404
    begin(visitor)


def test_filing_twice_files_once(visit: Visit, office: Office) -> None:
    """A second tap on a slow line leads to the same request."""
    visitor = visit()
    draft = begin(visitor)
    fill_in(visitor, draft)
    token_page = f"{draft}/periksa"
    first = visitor.send(token_page, CONTACT, follow_redirects=False)
    second = visitor.send(token_page, CONTACT)
    assert first.status_code == 303
    assert CODE in second.text
    assert requests_of(office) == [CODE]


@pytest.mark.parametrize("wish", [Wish.HOME, Wish.PICKUP])
def test_service_at_home_needs_a_village_and_a_number_only(visit: Visit, office: Office, wish: Wish) -> None:
    visitor = visit()
    draft = begin(visitor, wish)
    assert visitor.send(f"{draft}/tempat", {"place": SCHOOL}).status_code == 422
    visitor.send(f"{draft}/tempat", {"place": HOME_VILLAGE})
    assert visitor.send(f"{draft}/orang", {"people": "0"}).status_code == 422
    visitor.send(f"{draft}/orang", {"people": "3"})
    visitor.send(f"{draft}/periksa", CONTACT)
    request = office.read(BATU_BARA, lambda scope: get_request(scope, CODE))
    assert (request.wish, request.place, request.counts.people) == (wish, HOME_VILLAGE, 3)
    assert request.needs_portable_kit is (wish is Wish.HOME)
    assert request.is_complete


@pytest.mark.parametrize(
    "step, fields, field",
    [
        ("surat", {"letter_written": "2026-12-02"}, "letter_written"),
        ("surat", {"letter_written": "kemarin"}, "letter_written"),
        ("surat", {"subject": f"Siswa {IDENTITY}"}, "subject"),
        ("surat", {"letter_number": "x" * 121}, "letter_number"),
        ("surat", {"attachments": "-1"}, "attachments"),
        ("siswa", {"record_and_print": "0", "record_only": ""}, "record_and_print"),
        ("siswa", {"record_and_print": "5001"}, "record_and_print"),
        ("siswa", {"record_and_print": "2500", "child_id_card": "2501"}, "record_and_print"),
        ("siswa", {"record_and_print": "NaN"}, "record_and_print"),
        ("siswa", {"outside_domicile": "104"}, "outside_domicile"),
        ("siswa", {"hours_1_from": "17:00", "hours_1_to": "13:00"}, "hours_1"),
        ("siswa", {"blocked_1_from": "2026-12-11", "blocked_1_to": "2026-12-07"}, "blocked_1_from"),
        ("siswa", {"not_after": "2026-11-01"}, "not_after"),
        ("siswa", {"room": "Aula\x00"}, "room"),
        ("siswa", {"accessibility": f"KK {IDENTITY}"}, "accessibility"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_the_rest_stays(
    visit: Visit, step: str, fields: dict[str, str], field: str
) -> None:
    visitor = visit()
    draft = begin(visitor)
    visitor.send(f"{draft}/tempat", {"place": SCHOOL})
    visitor.send(f"{draft}/surat", LETTER)
    usual: dict[str, object] = {**(LETTER if step == "surat" else VISIT)}
    answer = visitor.send(f"{draft}/{step}", {**usual, **fields})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    kept = "Permohonan perekaman" if step == "surat" and "subject" not in fields else 'id="main"'
    assert kept in answer.text
    assert all(f'name="{name}"' in answer.text for name in fields)


def test_a_file_that_is_no_letter_is_refused_beside_its_field(visit: Visit, office: Office) -> None:
    visitor = visit()
    draft = begin(visitor)
    visitor.send(f"{draft}/tempat", {"place": SCHOOL})
    files = {"letter_file": ("surat.jpg", b"PK\x03\x04 no picture", "image/jpeg")}
    answer = visitor.send(f"{draft}/surat", LETTER, files=files)
    assert answer.status_code == 422
    assert 'id="letter_file-error"' in answer.text
    assert not office.settings.files.exists()


def test_a_letters_file_can_be_changed_and_taken_away(visit: Visit, office: Office) -> None:
    """One file lies there at most, and none after it was taken away."""
    visitor = visit()
    draft = begin(visitor)
    visitor.send(f"{draft}/tempat", {"place": SCHOOL})
    for _ in range(2):
        visitor.send(f"{draft}/surat", LETTER, files={"letter_file": ("surat.jpg", jpeg(), "image/jpeg")})
        assert len(list(office.settings.files.iterdir())) == 1
    visitor.send(f"{draft}/surat/hapus")
    assert not list(office.settings.files.iterdir())


def test_a_statement_and_a_number_are_needed(visit: Visit, office: Office) -> None:
    visitor = visit()
    draft = begin(visitor)
    fill_in(visitor, draft)
    answer = visitor.send(f"{draft}/periksa", {"contact_name": "Rina", "contact_whatsapp": "12"})
    assert answer.status_code == 422
    assert 'id="consent-error"' in answer.text
    assert 'id="contact_whatsapp-error"' in answer.text
    assert 'value="Rina"' in answer.text
    assert not requests_of(office)


def test_the_same_letter_again_is_told_and_not_filed(visit: Visit, office: Office, filed: FileRequest) -> None:
    """However its number is spaced; the earlier code is not the public's business."""
    filed()
    visitor = visit()
    draft = begin(visitor)
    fill_in(visitor, draft, letter={"letter_number": "421.3 / 055/2026"})
    assert "1 Desember 2026" in visitor.page(f"{draft}/periksa")
    answer = visitor.send(f"{draft}/periksa", CONTACT)
    assert answer.status_code == 422
    assert CODE not in answer.text
    assert requests_of(office) == [CODE]


def test_a_place_has_so_many_open_requests_and_no_more(
    visit: Visit, office: Office, filed: FileRequest, clock: Clock
) -> None:
    office.write(BATU_BARA, lambda scope: put_setting(scope, "requests.most_open_of_place", 2, by="admin", at=clock()))
    for number in range(2):
        filed(letter={"letter_number": f"{number}/2026"})
    visitor = visit()
    draft = begin(visitor)
    fill_in(visitor, draft)
    assert visitor.send(f"{draft}/periksa", CONTACT).status_code == 422
    assert len(requests_of(office)) == 2


def test_one_address_begins_sixty_requests_an_hour(visit: Visit, clock: Clock) -> None:
    visitor = visit()
    answers = [visitor.send("/1219/permohonan", {"wish": "home"}, follow_redirects=False) for _ in range(61)]
    assert [each.status_code for each in answers] == [303] * 60 + [429]
    clock.go_on(hours=1)
    assert visitor.send("/1219/permohonan", {"wish": "home"}, follow_redirects=False).status_code == 303


def test_more_rows_of_days_without_javascript(visit: Visit) -> None:
    visitor = visit()
    draft = begin(visitor)
    visitor.send(f"{draft}/tempat", {"place": SCHOOL})
    visitor.send(f"{draft}/surat", LETTER)
    answer = visitor.send(f"{draft}/siswa", {**VISIT, "more": "blocked"})
    assert answer.status_code == 200
    assert 'name="blocked_2_from"' in answer.text
    assert 'value="2026-12-07"' in answer.text


@pytest.mark.parametrize("typed", ["<script>", "\u0000", "%", "a" * 5000, "\ud800", "'; DROP TABLE"])
def test_hostile_searches_find_nothing_and_harm_nothing(visit: Visit, typed: str) -> None:
    visitor = visit()
    draft = begin(visitor)
    answer = visitor.get(f"{draft}/tempat", params={"q": typed.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 200
    assert "<script>" not in answer.text.replace('<script src="', "")

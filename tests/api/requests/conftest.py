"""Requests as schools file them, with what a phone sends."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.entities import RequestId, RequestState
from api.office import Office
from api.store.requests import step_request
from api.store.scope import Writing
from api.store.slots import Slot, offer_slot
from tests.letter_seeds import jpeg
from tests.offices import Visitor
from tests.stores import BATU_BARA

SCHOOL = "10204056"
"""The school of the account ``school``."""
LETTER = {
    "letter_number": "421.3/055/2026",
    "letter_written": "2026-11-27",
    "subject": "Permohonan perekaman KTP-el",
    "attachments": "1",
    "signatory_position": "Kepala Sekolah",
}
VISIT = {
    "record_and_print": "62",
    "record_only": "41",
    "outside_domicile": "3",
    "weekdays": ["1", "2", "3"],
    "hours_1_from": "13:30",
    "hours_1_to": "17:00",
    "blocked_1_from": "2026-12-07",
    "blocked_1_to": "2026-12-11",
    "not_after": "2027-01-29",
    "signal": "weak",
    "room": "Aula, lantai 1",
    "outside_working_hours": "yes",
}
CONTACT = {"contact_name": "Rina Hasibuan", "contact_whatsapp": "0812-3456-7890", "consent": "yes"}

FileRequest = Callable[..., str]


def begin(visitor: Visitor, wish: str = "visit") -> str:
    """Begin a draft; the address that its steps stand below."""
    answer = visitor.send("/1219/permohonan", {"wish": wish}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rpartition("/")[0]


def fill_in(visitor: Visitor, draft: str, *, place: str = SCHOOL, letter: dict[str, object] | None = None) -> None:
    """Go through the steps of a visit up to the last one, the letter photographed."""
    visitor.send(f"{draft}/tempat", {"place": place})
    files = {"letter_file": ("surat.jpg", jpeg(), "image/jpeg")}
    answer = visitor.send(f"{draft}/surat", {**LETTER, **(letter or {})}, files=files)
    assert answer.status_code == 200, answer.text
    answer = visitor.send(f"{draft}/siswa", VISIT)
    assert str(answer.url).endswith("/periksa"), answer.text


@pytest.fixture
def filed(visit: Callable[[], Visitor]) -> FileRequest:
    """File a school's request by the public form; the path of its page."""

    def file(visitor: Visitor | None = None, **changed: object) -> str:
        visitor = visitor or visit()
        draft = begin(visitor)
        fill_in(visitor, draft, **changed)  # type: ignore[arg-type]
        answer = visitor.send(f"{draft}/periksa", CONTACT, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).partition("?")[0]

    return file


def offer(office: Office, request: RequestId, *, days: int = 14) -> Slot:
    """Accept a request and offer it a slot."""
    starts: datetime = office.now() + timedelta(days=days)

    def change(scope: Writing) -> Slot:
        step_request(scope, request, RequestState.ACCEPTED, by="planner", at=office.now())
        return offer_slot(
            scope,
            request,
            vehicle="moling-1",
            starts=starts,
            ends=starts + timedelta(hours=3),
            plan=None,
            by="planner",
            at=office.now(),
        )

    return office.write(BATU_BARA, change)


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures of pages are left to be looked at (``MOLING_PICTURES``); None: nowhere."""
    folder = os.environ.get("MOLING_PICTURES")
    if folder is None:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)

"""Contacts, drafts and steps that are taken back, on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.entities import RequestId, RequestLetter, RequestState, TransitionError, VisitRequest
from api.store.audit import first_broken, list_audit
from api.store.contacts import Contact, drop_due_contacts, find_contact, keep_contact, limit_contact
from api.store.drafts import add_draft, drop_old_drafts, get_draft, keep_draft, list_held_files
from api.store.errors import MissingError, UnfitValueError
from api.store.requests import (
    UNDONE,
    add_request,
    get_request,
    list_of_place,
    request_steps,
    standing_steps,
    step_request,
    undo_step,
)
from api.store.scope import Writing
from api.store.store import Store
from geodata.requests import ServiceCounts
from geodata.sites import SiteKind
from tests.stores import BATU_BARA, NOW

CODE = RequestId("PM-2026-0001")
REQUEST = VisitRequest(
    CODE,
    "10204056",
    SiteKind.SMA,
    date(2026, 12, 1),
    ServiceCounts(10),
    RequestLetter("1/2026", date(2026, 11, 30), has_scan=True),
    RequestState.SUBMITTED,
)


@pytest.fixture
def with_request(store: Store) -> Store:
    """A store with one request."""
    store.write(BATU_BARA, lambda scope: add_request(scope, REQUEST, by="public", at=NOW))
    return store


def test_a_contact_is_kept_until_thirty_days_after_the_end(with_request: Store) -> None:
    contact = Contact("Rina", "6281234567890")
    today = NOW.date()

    def keep(scope: Writing) -> None:
        keep_contact(scope, CODE, contact, by="public", at=NOW)
        keep_contact(scope, CODE, replace(contact, signatory="Kepala"), by="public", at=NOW)
        limit_contact(scope, CODE, today, by="planner", at=NOW)

    with_request.write(BATU_BARA, keep)
    found = with_request.read(BATU_BARA, lambda scope: find_contact(scope, CODE))
    assert found == Contact("Rina", "6281234567890", "Kepala", today + timedelta(days=30))
    counts = []
    for days in (30, 31):
        day = today + timedelta(days=days)
        counts.append(
            with_request.write(
                BATU_BARA,
                lambda scope, day=day: drop_due_contacts(scope, day, by="job", at=NOW),  # type: ignore[misc]
            )
        )
    assert counts == [0, 1]
    assert with_request.read(BATU_BARA, lambda scope: find_contact(scope, CODE)) is None
    told = with_request.read(BATU_BARA, list_audit)
    assert "Rina" not in str(told)
    assert with_request.read(BATU_BARA, first_broken) is None


def test_a_step_is_taken_back_once_by_its_author_within_ten_minutes(with_request: Store) -> None:
    def accept(scope: Writing) -> None:
        step_request(scope, CODE, RequestState.ACCEPTED, by="planner", at=NOW)

    with_request.write(BATU_BARA, accept)

    def undo(number: int, by: str = "planner", minutes: int = 5) -> None:
        at = NOW + timedelta(minutes=minutes)
        with_request.write(BATU_BARA, lambda scope: undo_step(scope, CODE, number, by=by, at=at))

    for number, by, minutes in ((1, "planner", 5), (3, "planner", 5), (2, "other", 5), (2, "planner", 11)):
        with pytest.raises(TransitionError):
            undo(number, by, minutes)
    undo(2)
    assert with_request.read(BATU_BARA, lambda scope: get_request(scope, CODE)).state is RequestState.SUBMITTED
    for number in (2, 3):
        with pytest.raises(TransitionError):
            undo(number)
    steps = with_request.read(BATU_BARA, lambda scope: request_steps(scope, CODE))
    assert [step.reason for step in steps] == ["", "", UNDONE]
    assert [step.state for step in standing_steps(steps)] == [RequestState.SUBMITTED]
    with_request.write(BATU_BARA, accept)
    again = with_request.read(BATU_BARA, lambda scope: request_steps(scope, CODE))
    assert [step.state for step in standing_steps(again)] == [RequestState.SUBMITTED, RequestState.ACCEPTED]


def test_a_first_filing_is_never_taken_back(with_request: Store) -> None:
    with pytest.raises(TransitionError):
        with_request.write(BATU_BARA, lambda scope: undo_step(scope, CODE, 1, by="public", at=NOW))


def test_requests_of_a_place_come_newest_first(with_request: Store) -> None:
    later = replace(REQUEST, id=RequestId("PM-2026-0002"), received=date(2026, 12, 2))
    with_request.write(BATU_BARA, lambda scope: add_request(scope, later, by="public", at=NOW))
    found = with_request.read(BATU_BARA, lambda scope: list_of_place(scope, "10204056"))
    assert [each.id for each in found] == [later.id, CODE]
    assert not with_request.read(BATU_BARA, lambda scope: list_of_place(scope, "1219011001"))


def test_drafts_go_thirty_days_after_they_were_touched(store: Store) -> None:
    file = {"file": {"name": "ab" * 32}}
    draft = store.write(BATU_BARA, lambda scope: add_draft(scope, {"wish": "visit"}, by="public", at=NOW))
    later = NOW + timedelta(days=20)
    store.write(BATU_BARA, lambda scope: keep_draft(scope, draft.id, file, by="public", at=later))
    assert store.read(BATU_BARA, list_held_files) == {"ab" * 32}
    for days, gone in ((30, 0), (50, 1)):
        at = NOW + timedelta(days=days)
        dropped = store.write(BATU_BARA, lambda scope, at=at: drop_old_drafts(scope, by="job", at=at))  # type: ignore[misc]
        assert dropped == gone
    with pytest.raises(MissingError):
        store.read(BATU_BARA, lambda scope: get_draft(scope, draft.id))
    assert not store.read(BATU_BARA, list_held_files)


def test_an_identity_number_is_kept_in_no_draft(store: Store) -> None:
    with pytest.raises(UnfitValueError):
        store.write(BATU_BARA, lambda scope: add_draft(scope, {"subject": "1219040607050001"}, by="public", at=NOW))

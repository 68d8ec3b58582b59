"""A request that is being filled in, step by step; each step is kept, so that a phone may be put away in between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from api.auth.caller import PUBLIC
from api.entities import RequestId, VisitRequest, Wish
from api.office import Office
from api.requests.answers import Answers, Typed, kept
from api.requests.filing import Filed, Filing, file_request, new_link
from api.requests.letters import drop_held, held_letter, hold_letter, read_file
from api.requests.parts import (
    LETTER_FIELDS,
    PEOPLE_FIELDS,
    VISIT_FIELDS,
    blank_request,
    read_consent,
    read_contact,
    read_letter,
    read_people,
    read_visit,
)
from api.requests.places import Host, find_host
from api.requests.quotas import find_same_letter
from api.store.drafts import KEPT, add_draft, drop_old_drafts, get_draft, keep_draft
from api.store.requests import get_request
from api.store.scope import RegencyCode, Writing
from api.store.secrets import Purpose, keep_secret, new_secret


class Step(StrEnum):
    """A page of the form; its value stands in the address."""

    PLACE = "tempat"
    LETTER = "surat"
    VISIT = "siswa"
    PEOPLE = "orang"
    CHECK = "periksa"


STEPS: Final[Mapping[Wish, tuple[Step, ...]]] = {
    Wish.VISIT: (Step.PLACE, Step.LETTER, Step.VISIT, Step.CHECK),
    Wish.HOME: (Step.PLACE, Step.PEOPLE, Step.CHECK),
    Wish.PICKUP: (Step.PLACE, Step.PEOPLE, Step.CHECK),
}
_FIELDS: Final[Mapping[Step, tuple[str, ...]]] = {
    Step.PLACE: (),
    Step.LETTER: LETTER_FIELDS,
    Step.VISIT: VISIT_FIELDS,
    Step.PEOPLE: PEOPLE_FIELDS,
    Step.CHECK: (),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What is known so far.

    Attributes
    ----------
    host
        None until one was chosen.
    typed
        Texts by step.
    held
        What is kept of the letter's file.
    filed
        The code that the request was given; None while it is a draft.
    """

    id: str
    wish: Wish
    host: Host | None = None
    typed: Mapping[Step, Typed] = field(default_factory=dict)
    held: dict[str, Any] | None = None
    filed: RequestId | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The pages of this form in order."""
        return STEPS[self.wish]

    def following(self, step: Step) -> Step:
        """The page after this one."""
        return self.steps[min(self.steps.index(step) + 1, len(self.steps) - 1)]

    @property
    def first_open(self) -> Step:
        """The first page that was not filled in; the last one where all were."""
        if self.host is None:
            return Step.PLACE
        return next((step for step in self.steps[1:-1] if step not in self.typed), Step.CHECK)


def begin_draft(office: Office, regency: RegencyCode, wish: Wish) -> str:
    """Begin a draft, and forget old ones; the secret that opens it."""
    secret, at = new_secret(regency), office.now()

    def change(scope: Writing) -> None:
        drop_old_drafts(scope, by=PUBLIC, at=at)
        draft = add_draft(scope, {"wish": wish}, by=PUBLIC, at=at)
        keep_secret(scope, secret, Purpose.DRAFT, draft.id, lasts=KEPT, by=PUBLIC, at=at)

    office.write(regency, change)
    return secret


def open_draft(office: Office, regency: RegencyCode, draft: str) -> Draft:
    """
    The draft of that identifier.

    Raises
    ------
    MissingError
        When it is not kept any more.
    """
    fields = office.read(regency, lambda scope: get_draft(scope, draft)).fields
    filed = fields.get("filed")
    return Draft(
        draft,
        Wish(fields["wish"]),
        find_host(office.region(regency), fields.get("place", "")),
        {Step(name): typed for name, typed in fields.get("typed", {}).items()},
        fields.get("file"),
        None if filed is None else RequestId(filed),
    )


def choose_place(office: Office, regency: RegencyCode, draft: Draft, host: Host) -> None:
    """Keep whose request it is."""
    _keep(office, regency, draft, {"place": host.code})


def take_step(office: Office, regency: RegencyCode, draft: Draft, step: Step, typed: Typed, file: bytes) -> Answers:
    """
    Keep a page of the form, unless something is wrong with it; what was found wrong.

    Parameters
    ----------
    file
        The letter's file as it came; empty where none was chosen.
    """
    answers = Answers(typed)
    assert draft.host is not None
    request = blank_request(draft.wish, draft.host, office.today(regency))
    _read(request, step, answers)
    changed: dict[str, Any] = {}
    clean = read_file(file, answers) if step is Step.LETTER else None
    if answers.faults:
        return answers
    if clean is not None:
        changed["file"] = hold_letter(office, regency, draft.id, clean)
        drop_held(office, draft.held)
    changed["typed"] = {**draft.typed, step: kept(typed, _FIELDS[step])}
    _keep(office, regency, draft, changed)
    return answers


def remove_file(office: Office, regency: RegencyCode, draft: Draft) -> None:
    """Take the letter's file away from the draft."""
    _keep(office, regency, draft, {"file": None})
    drop_held(office, draft.held)


def compose(office: Office, regency: RegencyCode, draft: Draft) -> tuple[VisitRequest, Answers]:
    """The request as far as it is known, and what is wrong with it by now: days pass while a draft lies."""
    assert draft.host is not None
    request = blank_request(draft.wish, draft.host, office.today(regency))
    answers = Answers({name: values for typed in draft.typed.values() for name, values in typed.items()})
    for step in draft.steps:
        request = _read(request, step, answers)
    return request, answers


def earlier_request(office: Office, regency: RegencyCode, request: VisitRequest) -> VisitRequest | None:
    """The request that this letter was filed with before; None where it was not."""
    return office.read(regency, lambda scope: find_same_letter(scope, request.place, request.letter.number))


def file_draft(office: Office, regency: RegencyCode, draft: Draft, typed: Typed) -> tuple[Filed | None, Answers]:
    """
    File the request of a draft that is filled in; None with what is wrong. A draft is filed once, however often asked.

    Raises
    ------
    SameLetterError, TooManyOpenError
        When the letter was filed before, or the place has too many open requests.
    """
    if draft.filed is not None:
        return refiled(office, regency, draft.filed), Answers(typed)
    request, wrong = compose(office, regency, draft)
    answers = Answers(typed, wrong.faults)
    contact = read_contact(answers)
    request = read_consent(request, answers)
    if answers.faults:
        return None, answers
    letter = None if draft.held is None else held_letter(office, regency, draft.id, draft.held)
    at = office.now()

    def first(scope: Writing) -> RequestId | None:
        known = get_draft(scope, draft.id).fields.get("filed")
        return None if known is None else RequestId(known)

    def then(scope: Writing, code: RequestId) -> None:
        keep_draft(scope, draft.id, {"wish": draft.wish, "filed": code}, by=PUBLIC, at=at)

    filed = file_request(office, regency, Filing(request, contact, letter), by=PUBLIC, first=first, then=then)
    drop_held(office, draft.held)
    return filed, answers


def refiled(office: Office, regency: RegencyCode, request: RequestId) -> Filed:
    """A request that this draft became before, with a new link to it: the page with the first one did not arrive."""
    link = new_link(office, regency, request, by=PUBLIC)
    return Filed(office.read(regency, lambda scope: get_request(scope, request)), link)


def _read(request: VisitRequest, step: Step, answers: Answers) -> VisitRequest:
    if step is Step.LETTER:
        return read_letter(request, answers, request.received)
    if step is Step.VISIT:
        return read_visit(request, answers, request.received)
    if step is Step.PEOPLE:
        return read_people(request, answers)
    return request


def _keep(office: Office, regency: RegencyCode, draft: Draft, changed: Mapping[str, Any]) -> None:
    at = office.now()

    def change(scope: Writing) -> None:
        fields = get_draft(scope, draft.id).fields
        if "filed" not in fields:
            keep_draft(scope, draft.id, {**fields, **changed}, by=PUBLIC, at=at)

    office.write(regency, change)

"""What a host does with its own request: sees how far it is, answers a slot, mends it, cancels it."""

from dataclasses import dataclass, replace
from typing import Final

from api.auth.caller import Caller
from api.calendars import calendar, event
from api.entities import RequestId, RequestState, TransitionError, VisitRequest, Wish
from api.office import Office
from api.requests.answers import Answers, Typed
from api.requests.letters import find_letters, keep_letter, read_file
from api.requests.parts import (
    read_letter,
    read_people,
    read_visit,
    typed_letter,
    typed_people,
    typed_visit,
)
from api.requests.places import Host, find_host
from api.requests.quotas import check_same_letter
from api.store.attachments import Attachment
from api.store.changes import ChangeKind, VisitChange, list_changes
from api.store.contacts import limit_contact
from api.store.requests import (
    RequestStep,
    change_request,
    get_request,
    request_steps,
    standing_steps,
    step_request,
    undo_step,
)
from api.store.scope import Reading, RegencyCode, Writing
from api.store.slots import Slot, SlotState, answer_slot, find_slot, withdraw_slot
from maps.words import Words

MENDABLE: Final = frozenset({RequestState.SUBMITTED, RequestState.NEEDS_CORRECTION})
CANCELLABLE: Final = frozenset(
    {
        *(RequestState.SUBMITTED, RequestState.NEEDS_CORRECTION, RequestState.ACCEPTED, RequestState.SLOT_OFFERED),
        *(RequestState.CONFIRMED, RequestState.SLOT_DECLINED, RequestState.SCHEDULED),
    }
)
TOLD: Final = frozenset({RequestState.CONFIRMED, RequestState.SCHEDULED})
"""The visit's time is settled: there is something to prepare and to tell."""
MOST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Status:
    """
    A request with all that its host may see.

    Attributes
    ----------
    host
        None where the region knows the place no more.
    steps
        All of them; those taken back too.
    slot
        The newest slot that was not withdrawn.
    change
        That its published visit is cancelled or moved (BATAL, PINDAH); None where it is as published.
    """

    request: VisitRequest
    host: Host | None
    steps: tuple[RequestStep, ...]
    slot: Slot | None
    letters: tuple[Attachment, ...]
    change: VisitChange | None = None

    @property
    def last_reason(self) -> str:
        """What was written with the step to the present state."""
        standing = standing_steps(self.steps)
        return standing[-1].reason if standing else ""


def get_status(office: Office, regency: RegencyCode, request: RequestId) -> Status:
    """
    How far a request is.

    Raises
    ------
    MissingError
        When the regency has none of that code.
    """

    def look(scope: Reading) -> Status:
        slot = find_slot(scope, request)
        shown = None if slot is None or slot.state is SlotState.WITHDRAWN else slot
        found, steps = get_request(scope, request), request_steps(scope, request)
        return Status(found, None, steps, shown, (), _find_change(scope, request, shown))

    status = office.read(regency, look)
    host = find_host(office.region(regency), status.request.place)
    return replace(status, host=host, letters=find_letters(office, regency, request))


def answer(
    office: Office,
    caller: Caller,
    request: RequestId,
    number: int,
    *,
    confirms: bool,
    reason: str = "",
) -> bool:
    """
    Confirm or decline the offered slot; False where that was done before, which does nothing.

    Raises
    ------
    MissingError
        When that slot is not offered any more.
    """
    at, wanted = office.now(), SlotState.CONFIRMED if confirms else SlotState.DECLINED
    zone = office.zone(_regency(caller))

    def change(scope: Writing) -> bool:
        slot = find_slot(scope, request)
        if slot is not None and slot.number == number and slot.state is wanted:
            return False
        answered = answer_slot(scope, request, number, confirms=confirms, by=caller.by, at=at, reason=reason)
        ends = answered.ends.astimezone(zone).date() if confirms else None
        limit_contact(scope, request, ends, by=caller.by, at=at)
        return True

    return office.write(_regency(caller), change)


def cancel(office: Office, caller: Caller, request: RequestId, reason: str) -> int:
    """
    Cancel a request; the number of the step, by which it can be taken back, 0 where a slot was given up with it.

    Raises
    ------
    TransitionError
        When it is too late for that. A request that is cancelled already stays so.
    """
    at, today = office.now(), office.today(_regency(caller))

    def change(scope: Writing) -> int:
        if get_request(scope, request).state is RequestState.CANCELLED:
            return 0
        step_request(scope, request, RequestState.CANCELLED, by=caller.by, at=at, reason=reason)
        limit_contact(scope, request, today, by=caller.by, at=at)
        had_slot = withdraw_slot(scope, request, by=caller.by, at=at)
        return 0 if had_slot else len(request_steps(scope, request))

    return office.write(_regency(caller), change)


def undo(office: Office, caller: Caller, request: RequestId, number: int) -> None:
    """
    Take back the step of that number.

    Raises
    ------
    TransitionError
        When it cannot be taken back, or not any more.
    """
    at = office.now()

    def change(scope: Writing) -> None:
        undo_step(scope, request, number, by=caller.by, at=at)
        limit_contact(scope, request, None, by=caller.by, at=at)

    office.write(_regency(caller), change)


def typed_request(request: VisitRequest) -> Typed:
    """A request as the fields of the form that mends it."""
    if request.wish is not Wish.VISIT:
        return typed_people(request)
    return {**typed_letter(request), **typed_visit(request)}


def mend(office: Office, caller: Caller, request: RequestId, typed: Typed, file: bytes) -> Answers:
    """
    Change what a request says, and send it in again if it was returned; what was found wrong, if so nothing changed.

    Raises
    ------
    SameLetterError
        When the letter was filed with another request.
    TransitionError
        When the office goes on with it already.
    """
    regency, at, today = _regency(caller), office.now(), office.today(_regency(caller))
    before = office.read(regency, lambda scope: get_request(scope, request))
    if before.state not in MENDABLE:
        raise TransitionError(f"Request '{request}' is {before.state} and cannot be changed by its host any more.")
    answers = Answers(typed)
    if before.wish is Wish.VISIT:
        after = read_visit(read_letter(before, answers, today), answers, today)
    else:
        after = read_people(before, answers)
    clean = read_file(file, answers)
    if answers.faults:
        return answers
    kept = None if clean is None else keep_letter(office, regency, request, clean, at=at)
    if kept is not None:
        after = replace(after, letter=replace(after.letter, has_scan=True))

    def change(scope: Writing) -> None:
        check_same_letter(scope, after)
        if kept is not None:
            kept.add(scope, by=caller.by)
        change_request(scope, after, by=caller.by, at=at)
        if after.state is RequestState.NEEDS_CORRECTION:
            step_request(scope, request, RequestState.SUBMITTED, by=caller.by, at=at)

    office.write(regency, change)
    return answers


def slot_calendar(office: Office, regency: RegencyCode, status: Status, words: Words) -> bytes:
    """The slot as a calendar file; without names and counts."""
    slot, gettext = status.slot, words.gettext
    assert slot is not None
    zone = office.zone(regency)
    place = status.request.place if status.host is None else status.host.name
    where = "" if status.host is None else status.host.where
    change = status.change
    starts = slot.starts if change is None or change.moved_to is None else change.moved_to
    entry = event(
        f"{status.request.id}@{regency}.moling",
        starts.astimezone(zone),
        (starts + (slot.ends - slot.starts)).astimezone(zone),
        gettext("Civil registry van at {host}").format(host=place),
        f"{place}, {where}" if where else place,
        gettext("Request {code}. FREE: no charge is made.").format(code=status.request.id),
        cancelled=change is not None and change.kind is ChangeKind.CANCELLED,
        sequence=2 * slot.number + (change is not None),
        changed=change.at if change is not None else slot.answered or slot.offered,
    )
    return calendar(gettext("Visit of the civil registry van"), [entry])


def parents_text(office: Office, regency: RegencyCode, status: Status, words: Words) -> str:
    """What a school may send to parents by WhatsApp; no names."""
    slot, gettext = status.slot, words.gettext
    assert slot is not None
    zone = office.zone(regency)
    starts, ends = slot.starts.astimezone(zone), slot.ends.astimezone(zone)
    counts = status.request.counts
    lines = [
        gettext("The civil registry van comes to {host}.").format(
            host=status.request.place if status.host is None else status.host.name
        ),
        f"{words.day(starts.date())}, {words.span(starts, ends)}",
    ]
    if counts.recordings:
        lines.append(gettext("KTP-el recording from the age of 16: please bring a copy of the family card (KK)."))
    if counts.child_id_card:
        lines.append(
            gettext(
                "Child card (KIA): copies of birth certificate, family card and both parents' KTP; "
                "from the age of 5 two colour photographs 2×3."
            )
        )
    lines.append(gettext("FREE: no charge is made"))
    return "\n".join(lines)


def _find_change(scope: Reading, request: RequestId, slot: Slot | None) -> VisitChange | None:
    if slot is None or slot.plan is None:
        return None
    visit = f"request:{request}"
    # A large request is split into parts, each a visit of its own.
    return next((each for each in list_changes(scope, slot.plan) if each.visit.partition("/")[0] == visit), None)


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

"""Requests for programs: a school's or village's account sees and files its own place's only."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from api.auth.caller import Caller
from api.entities import HostDetails, RequestId, RequestLetter, RequestState, Role, VisitRequest
from api.errors import NotThereError, UnfitFormError
from api.i18n import N_
from api.integration.schemas import (
    CountsDocument,
    DaysDocument,
    DetailsDocument,
    FullRequestDocument,
    HoursDocument,
    LetterDocument,
    RequestDocument,
    RequestInput,
    SlotDocument,
    StepDocument,
)
from api.store.errors import DuplicateError
from api.store.listings import page_requests
from api.store.requests import (
    add_request,
    find_by_letter,
    find_request,
    new_request_id,
    request_steps,
    step_request,
)
from api.store.scope import Reading, Writing
from api.store.slots import list_slots
from geodata.errors import GeodataError
from geodata.region import Region
from geodata.requests import ServiceCounts
from geodata.sites import Site, SiteKind
from geodata.times import DateRange, TimeRange, Weekday

_HOSTS = frozenset({Role.SCHOOL, Role.VILLAGE})


def list_for(
    scope: Reading,
    caller: Caller,
    states: Collection[RequestState],
    place: str | None,
    after: tuple[date, RequestId] | None,
    limit: int,
) -> list[RequestDocument]:
    """Requests that the caller may see."""
    wanted = _own_place(caller) or place
    if place is not None and wanted != place:
        return []
    found = page_requests(scope, states=states, place=wanted, after=after, limit=limit)
    return [RequestDocument(**_fields(each)) for each in found]


def get_for(scope: Reading, caller: Caller, request: str) -> FullRequestDocument:
    """
    A request with its history.

    Raises
    ------
    NotThereError
        When there is none, or it is not the caller's.
    """
    found = _find(scope, caller, request)
    history = [StepDocument(**asdict(step)) for step in request_steps(scope, found.id)]
    slots = [
        SlotDocument(number=each.number, state=each.state, vehicle=each.vehicle, starts=each.starts, ends=each.ends)
        for each in list_slots(scope, found.id)
    ]
    return FullRequestDocument(**_fields(found), history=history, slots=slots)


def read_request(region: Region, caller: Caller, sent: RequestInput, today: date) -> VisitRequest:
    """
    What was sent as a request without a code.

    Raises
    ------
    NotThereError
        When a host's account speaks for another place.
    UnfitFormError
        When the regency has no such place, or nobody is to be served.
    """
    own = _own_place(caller)
    if own is not None and sent.place != own:
        raise NotThereError
    try:
        place = region.get_place(sent.place)
    except GeodataError:
        raise UnfitFormError(N_("The regency has no place of this code.")) from None
    counts = ServiceCounts(**sent.counts.model_dump())
    if not counts.people:
        raise UnfitFormError(N_("The counts name nobody to be served."))
    return VisitRequest(
        RequestId(""),
        sent.place,
        place.kind if isinstance(place, Site) else SiteKind.VILLAGE_HALL,
        today,
        counts,
        RequestLetter(
            sent.letter.number or None,
            sent.letter.written,
            subject=sent.letter.subject,
            signatory_position=sent.letter.signatory_position,
        ),
        state=RequestState.SUBMITTED,
        weekdays=tuple(sorted(set(map(Weekday, sent.weekdays)))),
        hours=tuple(TimeRange(_minute(each.start), _minute(each.end)) for each in sent.hours),
        outside_working_hours=sent.outside_working_hours,
        blocked=tuple(DateRange(each.first, each.last) for each in sent.blocked),
        not_after=sent.not_after,
        urgency=sent.urgency,
        needs_portable_kit=sent.needs_portable_kit,
        signal=sent.signal,
        notes=tuple(sent.notes),
        wish=sent.wish,
        details=HostDetails(**sent.details.model_dump()),
    )


def file_request(scope: Writing, caller: Caller, request: VisitRequest, *, at: datetime) -> FullRequestDocument:
    """
    File a request under the next code.

    Raises
    ------
    DuplicateError
        When the same letter was filed before.
    """
    number = request.letter.number
    if number is not None and find_by_letter(scope, request.place, number):
        raise DuplicateError(N_("A request of this place with a letter of this number is there already."))
    filed = replace(request, id=new_request_id(scope, request.received.year))
    add_request(scope, filed, by=caller.by, at=at)
    return get_for(scope, caller, filed.id)


def step_for(
    scope: Writing, caller: Caller, request: str, state: RequestState, *, reason: str, at: datetime
) -> FullRequestDocument:
    """
    Move a request that the caller may see.

    Raises
    ------
    NotThereError
        When there is none, or it is not the caller's.
    TransitionError
        When no step leads there.
    """
    found = _find(scope, caller, request)
    step_request(scope, found.id, state, by=caller.by, at=at, reason=reason)
    return get_for(scope, caller, found.id)


def _find(scope: Reading, caller: Caller, request: str) -> VisitRequest:
    found, own = find_request(scope, RequestId(request)), _own_place(caller)
    if found is None or (own is not None and found.place != own):
        raise NotThereError
    return found


def _own_place(caller: Caller) -> str | None:
    # An account of a host has that role alone; one whose place is gone sees nothing.
    return (caller.place or "-") if caller.roles & _HOSTS else None


def _fields(request: VisitRequest) -> dict[str, Any]:
    letter = request.letter
    return {
        "id": request.id,
        "state": request.state,
        "place": request.place,
        "kind": request.kind,
        "received": request.received,
        "counts": CountsDocument(**asdict(request.counts)),
        "letter": LetterDocument(
            number=letter.number,
            written=letter.written,
            has_scan=letter.has_scan,
            subject=letter.subject,
            signatory_position=letter.signatory_position,
        ),
        "weekdays": [int(day) for day in request.weekdays],
        "hours": [HoursDocument(start=_clock(each.start), end=_clock(each.end)) for each in request.hours],
        "outside_working_hours": request.outside_working_hours,
        "blocked": [DaysDocument.model_validate({"first": each.first, "last": each.last}) for each in request.blocked],
        "not_after": request.not_after,
        "urgency": request.urgency,
        "needs_portable_kit": request.needs_portable_kit,
        "signal": request.signal,
        "notes": list(request.notes),
        "wish": request.wish,
        "details": DetailsDocument(**asdict(request.details)),
    }


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"

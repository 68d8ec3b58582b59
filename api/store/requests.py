"""Requests of schools, villages and other hosts, with everything that happened to them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row

from api.entities import (
    Done,
    HostDetails,
    RequestId,
    RequestLetter,
    RequestState,
    TransitionError,
    VisitRequest,
    Wish,
    move_request,
    undo_request_step,
)
from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import DuplicateError, MissingError, UnfitValueError
from api.store.scope import Reading, Writing
from api.store.tables import REQUEST_HISTORY, REQUESTS
from geodata.requests import ServiceCounts, Urgency
from geodata.sites import Signal, SiteKind
from geodata.times import DateRange, TimeRange, Weekday

UNDONE: Final = "undone"
"""The reason of a step that took back the one before it; histories only grow."""


@dataclass(frozen=True, slots=True)
class RequestStep:
    """
    One step of a request.

    Attributes
    ----------
    state
        What it became.
    by
        Whose doing: an account, or ``public`` for who holds the status link.
    reason
        As written for host and office; empty where none was needed.
    """

    state: RequestState
    at: datetime
    by: str
    reason: str


def new_request_id(scope: Reading, year: int) -> RequestId:
    """The next code of that year, such as ``PM-2027-0134``; free as long as the change that asked goes on."""
    prefix = f"PM-{year}-"
    found = scope.rows(REQUESTS, REQUESTS.c.id.startswith(prefix, autoescape=True), columns=(REQUESTS.c.id,))
    numbers = [int(row.id[len(prefix) :]) for row in found if row.id[len(prefix) :].isdecimal()]
    return RequestId(f"{prefix}{max(numbers, default=0) + 1:04d}")


def add_request(scope: Writing, request: VisitRequest, *, by: str, at: datetime) -> None:
    """
    Add a request in the state that it has.

    Raises
    ------
    DuplicateError
        When the regency has a request of that code.
    UnfitValueError
        When a text may not be kept, or a date of it is relative.
    """
    if scope.find(REQUESTS, REQUESTS.c.id == request.id, columns=(REQUESTS.c.id,)):
        raise DuplicateError(N_("There is a request '{request}' already."), request=request.id)
    scope.insert(REQUESTS, id=request.id, state=request.state, **_values(request))
    _add_step(scope, request, by, at, "")
    add_audit(scope, "request.added", request.id, by=by, at=at, details={"state": request.state})


def find_request(scope: Reading, request: RequestId) -> VisitRequest | None:
    """The request of that code."""
    row = scope.find(REQUESTS, REQUESTS.c.id == request)
    return None if row is None else _request(row)


def get_request(scope: Reading, request: RequestId) -> VisitRequest:
    """
    The request of that code.

    Raises
    ------
    MissingError
        When the regency has none.
    """
    found = find_request(scope, request)
    if found is None:
        raise MissingError(N_("There is no request '{request}'."), request=request[:60])
    return found


def list_requests(scope: Reading, states: Collection[RequestState] = tuple(RequestState)) -> tuple[VisitRequest, ...]:
    """Requests in those states, the longest waiting first."""
    order = (REQUESTS.c.received, REQUESTS.c.id)
    return tuple(map(_request, scope.rows(REQUESTS, REQUESTS.c.state.in_(states), order_by=order)))


def list_closed(scope: Reading) -> frozenset[RequestId]:
    """
    Requests whose visits are nobody's business but the host's.

    They are served at home, fetched, or ask for a school for the disabled, a boarding school, an orphanage, a prison.
    """
    homes = REQUESTS.c.needs_portable_kit.is_(True) | (REQUESTS.c.wish != Wish.VISIT)
    kinds = [kind for kind in SiteKind if kind.is_priority]
    rows = scope.rows(REQUESTS, homes | REQUESTS.c.kind.in_(kinds), columns=(REQUESTS.c.id,))
    return frozenset(RequestId(row.id) for row in rows)


def find_by_letter(scope: Reading, place: str, number: str) -> tuple[VisitRequest, ...]:
    """Requests that came from that place with a letter of that number: mostly the same letter filed again."""
    where = (REQUESTS.c.place == place, REQUESTS.c.letter_number == number)
    return tuple(map(_request, scope.rows(REQUESTS, *where, order_by=(REQUESTS.c.id,))))


def list_of_place(scope: Reading, place: str) -> tuple[VisitRequest, ...]:
    """All requests of that site or village, the newest first."""
    order = (REQUESTS.c.received.desc(), REQUESTS.c.id.desc())
    return tuple(map(_request, scope.rows(REQUESTS, REQUESTS.c.place == place, order_by=order)))


def change_request(scope: Writing, request: VisitRequest, *, by: str, at: datetime) -> None:
    """
    Keep what a request says now; its state does not change by this.

    Raises
    ------
    MissingError
        When the regency has none of that code, or it is in another state by now: then look again.
    UnfitValueError
        When a text may not be kept, or a date of it is relative.
    """
    values = _values(request)
    where = (REQUESTS.c.id == request.id, REQUESTS.c.state == request.state)
    before = scope.find(REQUESTS, *where)
    if before is None:
        raise MissingError(N_("There is no request '{request}' in that state any more."), request=request.id)
    scope.update(REQUESTS, *where, **values)
    changed = sorted(name for name, value in _values(_request(before)).items() if value != values[name])
    add_audit(scope, "request.changed", request.id, by=by, at=at, details={"fields": changed})


def step_request(
    scope: Writing, request: RequestId, state: RequestState, *, by: str, at: datetime, reason: str = ""
) -> VisitRequest:
    """
    Move a request on, from the state that it has by now; returns what it became.

    Raises
    ------
    MissingError
        When the regency has none of that code.
    TransitionError
        When no step leads there.
    UnfitValueError
        When the reason may not be kept.
    """
    before = get_request(scope, request)
    moved = move_request(before, state, reason=reason)
    scope.update(REQUESTS, REQUESTS.c.id == request, state=state)
    _add_step(scope, moved, by, at, reason)
    # The reason stands in the history: people's own words stay out of what can never be mended.
    add_audit(scope, "request.moved", request, by=by, at=at, details={"from": before.state, "to": state})
    return moved


def request_steps(scope: Reading, request: RequestId) -> tuple[RequestStep, ...]:
    """All that happened to a request, in order; nothing where there is none of that code."""
    rows = scope.rows(REQUEST_HISTORY, REQUEST_HISTORY.c.request == request, order_by=(REQUEST_HISTORY.c.number,))
    return tuple(RequestStep(RequestState(row.state), row.at, row.by, row.reason) for row in rows)


def undo_step(scope: Writing, request: RequestId, number: int, *, by: str, at: datetime) -> VisitRequest:
    """
    Take back the step of that number, if it is the request's last one; returns what it is again.

    Parameters
    ----------
    number
        Counts the steps of `request_steps` from 1.

    Raises
    ------
    MissingError
        When the regency has none of that code.
    TransitionError
        When it is not the last step, or cannot be taken back any more, or not by this person.
    """
    before, steps = get_request(scope, request), request_steps(scope, request)
    if not 1 < number == len(steps) or steps[-1].reason == UNDONE:
        raise TransitionError(f"Request '{request}' has moved on; that step cannot be taken back.")
    last = steps[-1]
    restored = undo_request_step(before, Done(steps[-2].state, last.state, last.by, last.at), by=by, at=at)
    scope.update(REQUESTS, REQUESTS.c.id == request, state=restored.state)
    _add_step(scope, restored, by, at, UNDONE)
    details = {"from": before.state, "to": restored.state, "undone": number}
    add_audit(scope, "request.moved", request, by=by, at=at, details=details)
    return restored


def standing_steps(steps: Sequence[RequestStep]) -> tuple[RequestStep, ...]:
    """The steps without those that were taken back."""
    standing: list[RequestStep] = []
    for step in steps:
        if step.reason == UNDONE:
            standing.pop()
        else:
            standing.append(step)
    return tuple(standing)


def _add_step(scope: Writing, request: VisitRequest, by: str, at: datetime, reason: str) -> None:
    number = scope.count(REQUEST_HISTORY, REQUEST_HISTORY.c.request == request.id) + 1
    scope.insert(REQUEST_HISTORY, request=request.id, number=number, state=request.state, at=at, by=by, reason=reason)


def _values(request: VisitRequest) -> dict[str, Any]:
    days = [day for each in request.blocked for day in (each.first, each.last)]
    if not all(isinstance(day, date) for day in days):
        raise UnfitValueError(N_("Request '{request}' has a day that is no date."), request=request.id)
    letter, counts = request.letter, request.counts
    return {
        "place": request.place,
        "kind": request.kind,
        "received": request.received,
        "record_and_print": counts.record_and_print,
        "record_only": counts.record_only,
        "child_id_card": counts.child_id_card,
        "outside_domicile": counts.outside_domicile,
        "letter_number": letter.number,
        "letter_written": letter.written,
        "has_scan": letter.has_scan,
        "subject": letter.subject,
        "signatory_position": letter.signatory_position,
        "weekdays": [int(day) for day in request.weekdays],
        "hours": [[each.start, each.end] for each in request.hours],
        "outside_working_hours": request.outside_working_hours,
        "blocked": [[str(each.first), str(each.last)] for each in request.blocked],
        "not_after": request.not_after,
        "urgency": request.urgency,
        "needs_portable_kit": request.needs_portable_kit,
        "signal": request.signal,
        "notes": list(request.notes),
        "wish": request.wish,
        "details": asdict(request.details),
    }


def _request(row: Row[Any]) -> VisitRequest:
    return VisitRequest(
        RequestId(row.id),
        row.place,
        SiteKind(row.kind),
        row.received,
        ServiceCounts(row.record_and_print, row.record_only, row.child_id_card, row.outside_domicile),
        RequestLetter(
            row.letter_number,
            row.letter_written,
            has_scan=row.has_scan,
            subject=row.subject,
            signatory_position=row.signatory_position,
        ),
        state=RequestState(row.state),
        weekdays=tuple(map(Weekday, row.weekdays)),
        hours=tuple(TimeRange(*each) for each in row.hours),
        outside_working_hours=row.outside_working_hours,
        blocked=tuple(DateRange(date.fromisoformat(first), date.fromisoformat(last)) for first, last in row.blocked),
        not_after=row.not_after,
        urgency=Urgency(row.urgency),
        needs_portable_kit=row.needs_portable_kit,
        signal=Signal(row.signal),
        notes=tuple(row.notes),
        wish=Wish(row.wish),
        details=HostDetails(**row.details),
    )

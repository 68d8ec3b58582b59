"""
What goes along when a version of a plan takes a step, whoever asks for it: people by pages, programs by tokens.

Approving a version offers its slots to the hosts that asked for a visit; publishing it books the slots that were
confirmed. A host whose slot is the same as in the version before is not asked again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.entities import PlanId, PlanState, RequestId, RequestState, UserId, VisitRequest, WeeklyPlan, Wish
from api.office import Office
from api.store.plans import step_plan
from api.store.requests import find_request, step_request
from api.store.scope import RegencyCode, Writing
from api.store.slots import Slot, SlotState, find_slot, offer_slot
from maps.itinerary import Stop

_REQUEST_VISIT: Final = "request:"


@dataclass(frozen=True, slots=True)
class Booking:
    """
    A request's service in a plan.

    Attributes
    ----------
    starts, ends
        Of the first and the last of its visits.
    """

    request: VisitRequest
    vehicle: str
    starts: datetime
    ends: datetime
    visits: int

    def is_slot(self, slot: Slot | None) -> bool:
        """Whether the slot is this service, and still counts."""
        if slot is None or slot.state not in {SlotState.OFFERED, SlotState.CONFIRMED}:
            return False
        return (slot.vehicle, slot.starts, slot.ends) == (self.vehicle, self.starts, self.ends)


def bookings_of(office: Office, regency: RegencyCode, plan: PlanId) -> tuple[Booking, ...]:
    """
    Requests in the plan whose hosts are asked about their slot; those served at home or fetched are not.

    Raises
    ------
    MissingError, NotThereError
        As `Office.itinerary`.
    """
    found: dict[str, list[tuple[str, Stop]]] = {}
    for day in office.itinerary(regency, plan).itineraries:
        for stop in day.stops:
            visit = str(stop.card.visit)
            if visit.startswith(_REQUEST_VISIT):
                code = visit.removeprefix(_REQUEST_VISIT).partition("/")[0]
                found.setdefault(code, []).append((str(day.vehicle.id), stop))
    requests = office.read(regency, lambda scope: [find_request(scope, RequestId(code)) for code in found])
    return tuple(
        Booking(
            request,
            found[request.id][0][0],
            min(stop.start for _, stop in found[request.id]),
            max(stop.finish for _, stop in found[request.id]),
            len(found[request.id]),
        )
        for request in _known(requests)
        if request.wish is Wish.VISIT
    )


def take_step(  # noqa: PLR0913 (an act and who did it)
    scope: Writing,
    plan: PlanId,
    state: PlanState,
    bookings: Iterable[Booking],
    *,
    by: UserId,
    at: datetime,
    reason: str = "",
) -> WeeklyPlan:
    """
    Let a version take a step, with all that goes along; see the top of the module.

    Parameters
    ----------
    bookings
        Of the version, as `bookings_of` told them before this write.

    Raises
    ------
    MissingError
        When the regency has no such version.
    TransitionError
        When no step leads there, or not by this person.
    UnfitValueError
        When the reason may not be kept.
    """
    moved = step_plan(scope, plan, state, by=by, at=at, reason=reason)
    for booking in bookings:
        if state is PlanState.APPROVED:
            _offer(scope, booking, plan, by, at)
        elif state is PlanState.PUBLISHED:
            _book(scope, booking, by, at)
    return moved


def _known(requests: Iterable[VisitRequest | None]) -> Iterator[VisitRequest]:
    return (request for request in requests if request is not None)


def _offer(scope: Writing, booking: Booking, plan: PlanId, by: str, at: datetime) -> None:
    if booking.is_slot(find_slot(scope, booking.request.id)):
        return
    request = find_request(scope, booking.request.id)
    if request is None or not (request.waits_for_slot or request.state is RequestState.SCHEDULED):
        return  # it was cancelled while the plan was being made
    offer_slot(
        scope,
        request.id,
        vehicle=booking.vehicle,
        starts=booking.starts,
        ends=booking.ends,
        plan=plan,
        by=by,
        at=at,
    )


def _book(scope: Writing, booking: Booking, by: str, at: datetime) -> None:
    request = find_request(scope, booking.request.id)
    if request is None or not booking.is_slot(find_slot(scope, booking.request.id)):
        return
    if request.state is RequestState.CONFIRMED:
        step_request(scope, request.id, RequestState.SCHEDULED, by=by, at=at)

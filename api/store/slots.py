"""Slots that the office offers for a request: a van, a day and hours; the host confirms or declines."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from api.entities import PlanId, RequestId, RequestState
from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import MissingError
from api.store.requests import step_request
from api.store.scope import Reading, Writing
from api.store.tables import SLOTS


class SlotState(StrEnum):
    """
    What became of an offered slot.

    Indonesian, in this order: diusulkan, dikonfirmasi, ditolak, ditarik.
    """

    OFFERED = "offered"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A van at a host's door between two moments.

    Attributes
    ----------
    number
        Counts the slots of one request from 1.
    starts, ends
        Of the service.
    plan
        The version that the slot comes of; None where a planner offered it by hand.
    """

    request: RequestId
    number: int
    state: SlotState
    vehicle: str
    starts: datetime
    ends: datetime
    offered: datetime
    answered: datetime | None = None
    plan: PlanId | None = None


def offer_slot(  # noqa: PLR0913 (what a slot is)
    scope: Writing,
    request: RequestId,
    *,
    vehicle: str,
    starts: datetime,
    ends: datetime,
    plan: PlanId | None,
    by: str,
    at: datetime,
) -> Slot:
    """
    Offer a slot in the place of one that is offered now; the request becomes `RequestState.SLOT_OFFERED`.

    Raises
    ------
    MissingError
        When there is no such request.
    TransitionError
        When a request in its state is offered none.
    """
    former = find_slot(scope, request)
    if former is not None and former.state in {SlotState.OFFERED, SlotState.CONFIRMED}:
        _answer(scope, former, SlotState.WITHDRAWN, at)
    number = scope.count(SLOTS, SLOTS.c.request == request) + 1
    if former is None or former.state is not SlotState.OFFERED:
        step_request(scope, request, RequestState.SLOT_OFFERED, by=by, at=at)
    scope.insert(
        SLOTS,
        request=request,
        number=number,
        state=SlotState.OFFERED,
        vehicle=vehicle,
        starts=starts,
        ends=ends,
        offered=at,
        plan=plan,
    )
    add_audit(scope, "slot.offered", request, by=by, at=at, details={"number": number, "vehicle": vehicle})
    return Slot(request, number, SlotState.OFFERED, vehicle, starts, ends, at, None, plan)


def answer_slot(  # noqa: PLR0913 (an act and who did it)
    scope: Writing, request: RequestId, number: int, *, confirms: bool, by: str, at: datetime, reason: str = ""
) -> Slot:
    """
    Confirm or decline the slot of that number; the request moves with it.

    Raises
    ------
    MissingError
        When it is not, or no more, the slot that is offered: look again.
    UnfitValueError
        When the reason may not be kept.
    """
    slot = find_slot(scope, request)
    if slot is None or slot.number != number or slot.state is not SlotState.OFFERED:
        raise MissingError(N_("This slot is not offered any more; look at the newest one."))
    state = RequestState.CONFIRMED if confirms else RequestState.SLOT_DECLINED
    step_request(scope, request, state, by=by, at=at, reason=reason)
    answered = _answer(scope, slot, SlotState.CONFIRMED if confirms else SlotState.DECLINED, at)
    add_audit(scope, f"slot.{answered.state}", request, by=by, at=at, details={"number": number})
    return answered


def withdraw_slot(scope: Writing, request: RequestId, *, by: str, at: datetime) -> bool:
    """Take back the slot that is offered or confirmed, for a request that is cancelled; whether there was one."""
    slot = find_slot(scope, request)
    if slot is None or slot.state not in {SlotState.OFFERED, SlotState.CONFIRMED}:
        return False
    _answer(scope, slot, SlotState.WITHDRAWN, at)
    add_audit(scope, "slot.withdrawn", request, by=by, at=at, details={"number": slot.number})
    return True


def find_slot(scope: Reading, request: RequestId) -> Slot | None:
    """The newest slot of a request, whatever became of it; None where none was offered."""
    slots = list_slots(scope, request)
    return slots[-1] if slots else None


def list_slots(scope: Reading, request: RequestId) -> tuple[Slot, ...]:
    """All slots of a request in order."""
    return tuple(map(_slot, scope.rows(SLOTS, SLOTS.c.request == request, order_by=(SLOTS.c.number,))))


def list_slots_between(scope: Reading, first: datetime, last: datetime) -> tuple[Slot, ...]:
    """Slots offered or confirmed whose service begins from ``first`` to before ``last``."""
    states = (SlotState.OFFERED, SlotState.CONFIRMED)
    where = (SLOTS.c.starts >= first, SLOTS.c.starts < last, SLOTS.c.state.in_(states))
    return tuple(map(_slot, scope.rows(SLOTS, *where, order_by=(SLOTS.c.starts, SLOTS.c.request))))


def _answer(scope: Writing, slot: Slot, state: SlotState, at: datetime) -> Slot:
    scope.update(SLOTS, SLOTS.c.request == slot.request, SLOTS.c.number == slot.number, state=state, answered=at)
    return Slot(slot.request, slot.number, state, slot.vehicle, slot.starts, slot.ends, slot.offered, at, slot.plan)


def _slot(row: Row[Any]) -> Slot:
    return Slot(
        RequestId(row.request),
        row.number,
        SlotState(row.state),
        row.vehicle,
        row.starts,
        row.ends,
        row.offered,
        row.answered,
        None if row.plan is None else PlanId(row.plan),
    )

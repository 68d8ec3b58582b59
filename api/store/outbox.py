"""
What programs outside are told of: an act becomes a delivery to each webhook that asked for it, in the act's own write.

A delivery says which act on what, in codes and figures; reasons and other words stay in the office.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from secrets import token_hex
from typing import Any, Final

from api.store.scope import Writing
from api.store.tables import DELIVERIES, WEBHOOKS


class Event(StrEnum):
    """What a webhook can ask to be told."""

    REQUEST_FILED = "request.filed"
    REQUEST_MOVED = "request.moved"
    SLOT_OFFERED = "slot.offered"
    PLAN_PUBLISHED = "plan.published"
    VISIT_CANCELLED = "visit.cancelled"
    VISIT_MOVED = "visit.moved"


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


_TOLD: Final = ("from", "to", "state", "number", "vehicle", "plan", "change")
"""Details of acts that go out; all of them are codes or figures."""


def post(scope: Writing, action: str, subject: str, details: Mapping[str, Any], *, at: datetime) -> None:
    """Put an act into the outbox, once for each webhook that asked for it."""
    event = event_of(action, details)
    if event is None:
        return
    for hook in scope.rows(WEBHOOKS, WEBHOOKS.c.is_active, columns=(WEBHOOKS.c.id, WEBHOOKS.c.events)):
        if event not in hook.events:
            continue
        delivery = token_hex(6)
        payload = {
            "id": delivery,
            "event": event,
            "at": at.isoformat(timespec="seconds"),
            "regency": scope.regency,
            "subject": subject,
            "details": {name: details[name] for name in _TOLD if name in details},
        }
        scope.insert(
            DELIVERIES,
            id=delivery,
            webhook=hook.id,
            event=event,
            payload=payload,
            state=DeliveryState.WAITING,
            attempts=0,
            next_attempt=at,
            created=at,
        )


def event_of(action: str, details: Mapping[str, Any]) -> Event | None:
    """The event that an act of the audit is, None where nobody outside is told of it."""
    if action == "request.added":
        return Event.REQUEST_FILED if details.get("state") == "submitted" else None
    if action == "request.moved":
        filed = details.get("from") == "draft" and details.get("to") == "submitted"
        return Event.REQUEST_FILED if filed else Event.REQUEST_MOVED
    if action == "plan.moved":
        return Event.PLAN_PUBLISHED if details.get("to") == "published" else None
    return Event(action) if action in set(Event) else None

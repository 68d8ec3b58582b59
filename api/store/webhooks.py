"""Webhooks: addresses of programs that are told what happens, and how each telling went."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import Row

from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import MissingError, UnfitValueError
from api.store.outbox import DeliveryState, Event
from api.store.scope import Reading, Writing
from api.store.tables import DELIVERIES, WEBHOOKS

MOST: Final = 20
"""Webhooks of a regency."""
WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""From an attempt that failed to the next; after the last of them a delivery has failed."""
KEPT: Final = timedelta(days=30)
"""How long deliveries that are over can be looked at."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """
    A program that is told of events.

    Attributes
    ----------
    is_active
        Whether new events are told; deliveries that wait are made all the same.
    """

    id: str
    address: str
    events: frozenset[Event]
    created: datetime
    is_active: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    One event on its way to one webhook.

    Attributes
    ----------
    attempts
        Made so far.
    next_attempt
        None where none will be made.
    status
        HTTP status of the last answer; None where there was none.
    """

    id: str
    webhook: str
    event: Event
    payload: dict[str, Any]
    state: DeliveryState
    attempts: int
    next_attempt: datetime | None
    status: int | None
    created: datetime


def add_webhook(scope: Writing, address: str, events: Collection[Event], *, by: str, at: datetime) -> Webhook:
    """
    Add a webhook.

    Raises
    ------
    UnfitValueError
        When there are too many, no events, or the address may not be kept.
    """
    if scope.count(WEBHOOKS) >= MOST:
        raise UnfitValueError(N_("There are {most} webhooks already; remove one first."), most=MOST)
    hook = Webhook(token_hex(6), address, frozenset(events), at, is_active=True)
    _check(hook)
    scope.insert(WEBHOOKS, id=hook.id, address=address, events=sorted(hook.events), created=at, is_active=True)
    add_audit(scope, "webhook.added", hook.id, by=by, at=at, details={"events": sorted(hook.events)})
    return hook


def change_webhook(scope: Writing, hook: Webhook, *, by: str, at: datetime) -> None:
    """
    Keep another address or other events, or let it rest.

    Raises
    ------
    MissingError
        When there is no such webhook.
    UnfitValueError
        When there are no events, or the address may not be kept.
    """
    _check(hook)
    values = {"address": hook.address, "events": sorted(hook.events), "is_active": hook.is_active}
    if not scope.update(WEBHOOKS, WEBHOOKS.c.id == hook.id, **values):
        raise MissingError(N_("There is no such webhook."))
    details = {"events": sorted(hook.events), "is_active": hook.is_active}
    add_audit(scope, "webhook.changed", hook.id, by=by, at=at, details=details)


def remove_webhook(scope: Writing, hook: str, *, by: str, at: datetime) -> None:
    """
    Forget a webhook and its deliveries.

    Raises
    ------
    MissingError
        When there is no such webhook.
    """
    scope.delete(DELIVERIES, DELIVERIES.c.webhook == hook)
    if not scope.delete(WEBHOOKS, WEBHOOKS.c.id == hook):
        raise MissingError(N_("There is no such webhook."))
    add_audit(scope, "webhook.removed", hook, by=by, at=at)


def find_webhook(scope: Reading, hook: str) -> Webhook | None:
    """The webhook of that code."""
    row = scope.find(WEBHOOKS, WEBHOOKS.c.id == hook)
    return None if row is None else _webhook(row)


def list_webhooks(scope: Reading) -> tuple[Webhook, ...]:
    """All webhooks, the oldest first."""
    return tuple(map(_webhook, scope.rows(WEBHOOKS, order_by=(WEBHOOKS.c.created, WEBHOOKS.c.id))))


def list_deliveries(scope: Reading, hook: str, *, limit: int = 100) -> tuple[Delivery, ...]:
    """The newest deliveries of a webhook, the newest first."""
    order = (DELIVERIES.c.created.desc(), DELIVERIES.c.id)
    return tuple(map(_delivery, scope.rows(DELIVERIES, DELIVERIES.c.webhook == hook, order_by=order, limit=limit)))


def has_due(scope: Reading, *, at: datetime) -> bool:
    """Whether a delivery is to be attempted now."""
    return bool(scope.rows(DELIVERIES, *_due(at), columns=(DELIVERIES.c.id,), limit=1))


def take_due(scope: Writing, *, at: datetime, limit: int = 20) -> tuple[tuple[Delivery, str], ...]:
    """
    Deliveries to be attempted now, the oldest first, each with its address; they are this caller's until the next wait.

    The attempt counts, and the next one is set, before it is made: whoever dies in between has made it, and two who ask
    at once never get the same.
    """
    found = tuple(map(_delivery, scope.rows(DELIVERIES, *_due(at), order_by=(DELIVERIES.c.next_attempt,), limit=limit)))
    for each in found:
        wait = WAITS[min(each.attempts, len(WAITS) - 1)]
        scope.update(DELIVERIES, DELIVERIES.c.id == each.id, attempts=each.attempts + 1, next_attempt=at + wait)
    if found:
        add_audit(scope, "webhook.attempted", "", by="webhooks", at=at, details={"count": len(found)})
    addresses = {hook.id: hook.address for hook in list_webhooks(scope)}
    return tuple((each, addresses[each.webhook]) for each in found)


def end_attempt(scope: Writing, delivery: str, *, is_delivered: bool, status: int | None, at: datetime) -> None:
    """Keep how an attempt went; after the last one a delivery has failed. One may be gone meanwhile."""
    row = scope.find(DELIVERIES, DELIVERIES.c.id == delivery, DELIVERIES.c.state == DeliveryState.WAITING)
    if row is None:
        return
    is_over = is_delivered or row.attempts > len(WAITS)
    state = DeliveryState.DELIVERED if is_delivered else DeliveryState.FAILED if is_over else DeliveryState.WAITING
    scope.update(
        DELIVERIES,
        DELIVERIES.c.id == delivery,
        state=state,
        status=status,
        next_attempt=None if is_over else row.next_attempt,
    )
    over = (DELIVERIES.c.state != DeliveryState.WAITING, DELIVERIES.c.created < at - KEPT)
    scope.delete(DELIVERIES, *over)
    details = {"delivery": delivery, "state": state, "status": status, "attempts": row.attempts}
    add_audit(scope, "webhook.answered", row.webhook, by="webhooks", at=at, details=details)


def _due(at: datetime) -> tuple[Any, ...]:
    return DELIVERIES.c.state == DeliveryState.WAITING, DELIVERIES.c.next_attempt <= at


def _check(hook: Webhook) -> None:
    if not hook.events:
        raise UnfitValueError(N_("A webhook needs at least one event."))


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(row.id, row.address, frozenset(map(Event, row.events)), row.created, row.is_active)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id,
        row.webhook,
        Event(row.event),
        row.payload,
        DeliveryState(row.state),
        row.attempts,
        row.next_attempt,
        row.status,
        row.created,
    )

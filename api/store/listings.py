"""
Pages of long lists, for programs and tables: what comes after a key, at most so many.

A page begins after the key of the last row of the page before it, so that rows which come meanwhile shift nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Row, and_, or_

from api.entities import PlanId, PlanState, RequestId, RequestState, VisitRequest, WeeklyPlan
from api.store.audit import AuditRow, act_of
from api.store.plans import get_plan
from api.store.requests import get_request
from api.store.scope import Reading
from api.store.tables import AUDIT, FEEDBACK, PLANS, REQUESTS


@dataclass(frozen=True, slots=True)
class FeedbackNote:
    """
    A complaint or wish, as it lies in the inbox.

    Attributes
    ----------
    place
        Code of a site or village; None where none was named.
    """

    id: str
    kind: str
    place: str | None
    text: str
    received: datetime
    state: str
    answer: str


def page_requests(
    scope: Reading,
    *,
    states: Collection[RequestState] = tuple(RequestState),
    place: str | None = None,
    after: tuple[date, RequestId] | None = None,
    limit: int,
) -> tuple[VisitRequest, ...]:
    """Requests in those states, of that place where one is named, the longest waiting first."""
    where: list[ColumnElement[bool]] = [REQUESTS.c.state.in_(states)]
    if place is not None:
        where.append(REQUESTS.c.place == place)
    if after is not None:
        where.append(_later(REQUESTS.c.received, REQUESTS.c.id, *after))
    order = (REQUESTS.c.received, REQUESTS.c.id)
    found = scope.rows(REQUESTS, *where, columns=(REQUESTS.c.id,), order_by=order, limit=limit)
    return tuple(get_request(scope, RequestId(row.id)) for row in found)


def page_plans(
    scope: Reading,
    *,
    week: date | None = None,
    state: PlanState | None = None,
    after: tuple[date, PlanId] | None = None,
    limit: int,
) -> tuple[WeeklyPlan, ...]:
    """Versions of plans, of that week (its Monday) and in that state where they are named, by week and code."""
    where: list[ColumnElement[bool]] = []
    if week is not None:
        where.append(PLANS.c.week == week)
    if state is not None:
        where.append(PLANS.c.state == state)
    if after is not None:
        where.append(_later(PLANS.c.week, PLANS.c.id, *after))
    found = scope.rows(PLANS, *where, columns=(PLANS.c.id,), order_by=(PLANS.c.week, PLANS.c.id), limit=limit)
    return tuple(get_plan(scope, PlanId(row.id)) for row in found)


def page_feedback(
    scope: Reading, *, state: str | None = None, after: tuple[datetime, str] | None = None, limit: int
) -> tuple[FeedbackNote, ...]:
    """Complaints and wishes, in that state where one is named, the oldest first."""
    where: list[ColumnElement[bool]] = [] if state is None else [FEEDBACK.c.state == state]
    if after is not None:
        where.append(_later(FEEDBACK.c.received, FEEDBACK.c.id, *after))
    found = scope.rows(FEEDBACK, *where, order_by=(FEEDBACK.c.received, FEEDBACK.c.id), limit=limit)
    return tuple(map(_feedback, found))


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """
    Which acts are looked for; what is None or empty does not matter.

    Attributes
    ----------
    first, last
        Moments from which and before which they were done.
    action
        How its name begins: ``request`` finds ``request.moved``.
    """

    first: datetime | None = None
    last: datetime | None = None
    action: str = ""
    by: str = ""
    subject: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions of a query."""
        found: list[ColumnElement[bool]] = []
        if self.first is not None:
            found.append(AUDIT.c.at >= self.first)
        if self.last is not None:
            found.append(AUDIT.c.at < self.last)
        if self.action:
            found.append(AUDIT.c.action.startswith(self.action, autoescape=True))
        if self.by:
            found.append(AUDIT.c.by == self.by)
        if self.subject:
            found.append(AUDIT.c.subject == self.subject)
        return found


def page_audit(
    scope: Reading, wanted: AuditFilter, *, after: int | None = None, is_newest_first: bool = False, limit: int
) -> tuple[AuditRow, ...]:
    """Acts that were looked for, those behind the number ``after`` in the order asked for."""
    where = wanted.conditions()
    if after is not None:
        where.append(AUDIT.c.number < after if is_newest_first else AUDIT.c.number > after)
    order = AUDIT.c.number.desc() if is_newest_first else AUDIT.c.number
    return tuple(map(act_of, scope.rows(AUDIT, *where, order_by=(order,), limit=limit)))


def _later(first: Column[Any], second: Column[Any], key: object, second_key: object) -> ColumnElement[bool]:
    return or_(first > key, and_(first == key, second > second_key))


def _feedback(row: Row[Any]) -> FeedbackNote:
    return FeedbackNote(row.id, row.kind, row.place, row.text, row.received, row.state, row.answer)

"""What became different about a published visit: cancelled, or moved to another time (BATAL, PINDAH)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from secrets import token_hex
from typing import Any

from sqlalchemy import Row

from api.entities import PlanId
from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import MissingError
from api.store.scope import Reading, Writing
from api.store.tables import VISIT_CHANGES


class ChangeKind(StrEnum):
    """Indonesian, in this order: BATAL, PINDAH."""

    CANCELLED = "cancelled"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class VisitChange:
    """
    One change of one visit.

    Attributes
    ----------
    visit
        Its identifier in the plan, such as ``request:PM-2027-0134`` or ``village:1219042001``.
    reason
        For everybody to read; no names.
    moved_to
        When the service begins instead; None for a cancelled visit.
    """

    id: str
    plan: PlanId
    visit: str
    kind: ChangeKind
    reason: str
    at: datetime
    by: str
    moved_to: datetime | None = None


def change_visit(  # noqa: PLR0913 (what a change is)
    scope: Writing,
    plan: PlanId,
    visit: str,
    kind: ChangeKind,
    *,
    reason: str,
    by: str,
    at: datetime,
    moved_to: datetime | None = None,
) -> VisitChange:
    """
    Tell that a visit of a published plan is cancelled or moved; an earlier change of it counts no more.

    Raises
    ------
    UnfitValueError
        When the reason may not be kept.
    """
    for former in list_changes(scope, plan):
        if former.visit == visit:
            take_back(scope, former.id, by=by, at=at)
    change = VisitChange(token_hex(6), plan, visit, kind, reason, at, by, moved_to)
    scope.insert(
        VISIT_CHANGES,
        id=change.id,
        plan=plan,
        visit=visit,
        state=kind,
        reason=reason,
        at=at,
        by=by,
        moved_to=moved_to,
    )
    add_audit(scope, f"visit.{kind}", visit, by=by, at=at, details={"plan": plan, "change": change.id})
    return change


def take_back(scope: Writing, change: str, *, by: str, at: datetime) -> None:
    """
    Let a change count no more: the visit is as it was published.

    Raises
    ------
    MissingError
        When there is no such change that counts.
    """
    where = (VISIT_CHANGES.c.id == change, VISIT_CHANGES.c.taken_back.is_(None))
    row = scope.find(VISIT_CHANGES, *where)
    if row is None:
        raise MissingError(N_("This change was taken back already."))
    scope.update(VISIT_CHANGES, *where, taken_back=at)
    add_audit(scope, "visit.change_taken_back", row.visit, by=by, at=at, details={"change": change})


def list_moves(scope: Reading, first: datetime, last: datetime) -> tuple[VisitChange, ...]:
    """Visits that count as moved to a time from ``first`` to before ``last``, of whatever plan, the earliest first."""
    where = (VISIT_CHANGES.c.moved_to >= first, VISIT_CHANGES.c.moved_to < last, VISIT_CHANGES.c.taken_back.is_(None))
    order = (VISIT_CHANGES.c.moved_to, VISIT_CHANGES.c.id)
    return tuple(map(_change, scope.rows(VISIT_CHANGES, *where, order_by=order)))


def list_changes(scope: Reading, plan: PlanId) -> tuple[VisitChange, ...]:
    """Changes of a plan's visits that count, the newest first."""
    where = (VISIT_CHANGES.c.plan == plan, VISIT_CHANGES.c.taken_back.is_(None))
    return tuple(map(_change, scope.rows(VISIT_CHANGES, *where, order_by=(VISIT_CHANGES.c.at.desc(),))))


def change_counts(scope: Reading, plan: PlanId) -> dict[str, tuple[int, datetime]]:
    """
    How often each visit of a plan was changed, and when last, by visit; taking a change back counts as one.

    A calendar takes only what has a higher number than what it knows.
    """
    counts: dict[str, tuple[int, datetime]] = {}
    for row in scope.rows(VISIT_CHANGES, VISIT_CHANGES.c.plan == plan):
        before, last = counts.get(row.visit, (0, row.at))
        moments = [moment for moment in (row.at, row.taken_back) if moment is not None]
        counts[row.visit] = (before + len(moments), max(last, *moments))
    return counts


def _change(row: Row[Any]) -> VisitChange:
    return VisitChange(
        row.id, PlanId(row.plan), row.visit, ChangeKind(row.state), row.reason, row.at, row.by, row.moved_to
    )

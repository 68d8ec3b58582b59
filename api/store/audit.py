"""
Who did what, when: rows that only grow, each bearing the hash of the one before.

A row that was changed, taken out or put between by whoever reaches the database shows in `first_broken`; what is cut
off at the end shows only against a backup or a hash noted elsewhere.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row

from api.store.outbox import post
from api.store.scope import Reading, Writing
from api.store.tables import AUDIT, json_text

BEGINNING: Final = "0" * 64
"""What stands for the hash before a regency's first row."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """
    One act.

    Attributes
    ----------
    number
        From 1, by regency.
    by
        Whose act: an account, or ``command`` for one on the command line.
    action, subject
        What was done (``request.moved``) to what (``PM-2027-0134``).
    details
        Codes, counts and states; never names nor words of people, never a secret.
    """

    number: int
    at: datetime
    by: str
    action: str
    subject: str
    details: dict[str, Any]


def add_audit(
    scope: Writing, action: str, subject: str, *, by: str, at: datetime, details: dict[str, Any] | None = None
) -> None:
    """
    Add an act, in the transaction of the change that it tells of; webhooks that asked for it will be told.

    Raises
    ------
    UnfitValueError
        When a text in it may not be kept.
    """
    last = scope.rows(AUDIT, columns=(AUDIT.c.number, AUDIT.c.sha256), order_by=(AUDIT.c.number.desc(),), limit=1)
    number, previous = (last[0].number + 1, last[0].sha256) if last else (1, BEGINNING)
    row = AuditRow(number, at, by, action, subject, details or {})
    scope.insert(
        AUDIT,
        number=number,
        at=at,
        by=by,
        action=action,
        subject=subject,
        details=row.details,
        previous=previous,
        sha256=_hash(scope.regency, row, previous),
    )
    post(scope, action, subject, row.details, at=at)


def list_audit(scope: Reading, *, after: int = 0, limit: int = 100) -> tuple[AuditRow, ...]:
    """Acts in order, those with a higher number than ``after``, at most ``limit``."""
    found = scope.rows(AUDIT, AUDIT.c.number > after, order_by=(AUDIT.c.number,), limit=limit)
    return tuple(map(act_of, found))


def newest_audit(scope: Reading) -> int:
    """Number of the newest act; 0 where there was none."""
    rows = scope.rows(AUDIT, columns=(AUDIT.c.number,), order_by=(AUDIT.c.number.desc(),), limit=1)
    return int(rows[0].number) if rows else 0


def list_actions(scope: Reading, *, after: int, limit: int) -> tuple[tuple[int, str], ...]:
    """Numbers and actions alone, in order, those with a higher number than ``after``, at most ``limit``."""
    columns = (AUDIT.c.number, AUDIT.c.action)
    rows = scope.rows(AUDIT, AUDIT.c.number > after, columns=columns, order_by=(AUDIT.c.number,), limit=limit)
    return tuple((row.number, row.action) for row in rows)


def first_broken(scope: Reading) -> int | None:
    """Number of the first act that is not as it was written, or does not follow the one before; None if all are."""
    previous = BEGINNING
    for number, row in enumerate(scope.stream(AUDIT, order_by=(AUDIT.c.number,)), 1):
        is_next = row.number == number and row.previous == previous
        if not is_next or row.sha256 != _hash(scope.regency, act_of(row), previous):
            return number
        previous = row.sha256
    return None


def act_of(row: Row[Any]) -> AuditRow:
    """The act in a row of the table."""
    return AuditRow(row.number, row.at, row.by, row.action, row.subject, row.details)


def _hash(regency: str, row: AuditRow, previous: str) -> str:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [previous, regency, row.number, at, row.by, row.action, row.subject, row.details]
    return hashlib.sha256(json_text(parts).encode()).hexdigest()

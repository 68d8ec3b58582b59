"""Complaints and wishes of citizens (pengaduan, saran); nobody's name is asked."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import MissingError
from api.store.scope import Reading, Writing
from api.store.tables import FEEDBACK


class FeedbackKind(StrEnum):
    """Indonesian, in this order: keluhan, saran."""

    COMPLAINT = "complaint"
    WISH = "wish"


class FeedbackState(StrEnum):
    """Indonesian, in this order: terbuka, selesai."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Feedback:
    """
    One complaint or wish.

    Attributes
    ----------
    place
        Code of the site or village that it is about; None for none.
    answer
        What the office did about it; empty while it is open.
    """

    id: str
    kind: FeedbackKind
    place: str | None
    text: str
    received: datetime
    state: FeedbackState = FeedbackState.OPEN
    answer: str = ""


def add_feedback(
    scope: Writing, kind: FeedbackKind, text: str, *, place: str | None, by: str, at: datetime
) -> Feedback:
    """
    Take a complaint or wish in.

    Raises
    ------
    UnfitValueError
        When the text may not be kept: an identity number is in it, for instance.
    """
    feedback = Feedback(secrets.token_hex(7), kind, place, text, at)
    scope.insert(
        FEEDBACK, id=feedback.id, kind=kind, place=place, text=text, received=at, state=feedback.state, answer=""
    )
    add_audit(scope, "feedback.added", feedback.id, by=by, at=at, details={"kind": kind, "place": place})
    return feedback


def close_feedback(scope: Writing, feedback: str, answer: str, *, by: str, at: datetime) -> None:
    """
    Close one with what was done about it.

    Raises
    ------
    MissingError
        When there is none of that code that is open.
    UnfitValueError
        When the answer may not be kept.
    """
    _move(scope, feedback, FeedbackState.OPEN, FeedbackState.CLOSED, answer)
    add_audit(scope, "feedback.closed", feedback, by=by, at=at)


def reopen_feedback(scope: Writing, feedback: str, *, by: str, at: datetime) -> None:
    """
    Open one again; its answer stays to be gone on with.

    Raises
    ------
    MissingError
        When there is none of that code that is closed.
    """
    _move(scope, feedback, FeedbackState.CLOSED, FeedbackState.OPEN)
    add_audit(scope, "feedback.reopened", feedback, by=by, at=at)


def list_feedback(scope: Reading, state: FeedbackState, *, limit: int = 200) -> tuple[Feedback, ...]:
    """Those in that state: open ones the longest waiting first, closed ones the newest first."""
    is_open = state is FeedbackState.OPEN
    order = FEEDBACK.c.received if is_open else FEEDBACK.c.received.desc()
    rows = scope.rows(FEEDBACK, FEEDBACK.c.state == state, order_by=(order, FEEDBACK.c.id), limit=limit)
    return tuple(map(_feedback, rows))


def count_feedback(scope: Reading, state: FeedbackState) -> int:
    """How many are in that state."""
    return scope.count(FEEDBACK, FEEDBACK.c.state == state)


def _move(
    scope: Writing, feedback: str, before: FeedbackState, after: FeedbackState, answer: str | None = None
) -> None:
    values = {"state": after} if answer is None else {"state": after, "answer": answer}
    if not scope.update(FEEDBACK, FEEDBACK.c.id == feedback, FEEDBACK.c.state == before, **values):
        raise MissingError(N_("Somebody else dealt with this meanwhile; look at the list again."))


def _feedback(row: Row[Any]) -> Feedback:
    return Feedback(
        row.id, FeedbackKind(row.kind), row.place, row.text, row.received, FeedbackState(row.state), row.answer
    )

"""Rows of letters and lists that came with requests; the files themselves lie encrypted in the folder of letters."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from api.entities import RequestId
from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import MissingError
from api.store.scope import Reading, Writing
from api.store.tables import ATTACHMENTS, REQUESTS


class AttachmentPurpose(StrEnum):
    """What an attachment is for, and so who may see it."""

    LETTER = "letter"
    PUPIL_LIST = "pupil_list"
    LETTERHEAD = "letterhead"


@dataclass(frozen=True, slots=True)
class Attachment:
    """
    A file that came with a request.

    Attributes
    ----------
    media_type, size, sha256
        Of what is read when it is opened; size in bytes.
    file, key_id
        Its name in the folder of letters, and the key that opens it.
    delete_after
        Last day on which it is kept; None where that is not known yet.
    """

    id: str
    request: RequestId
    purpose: AttachmentPurpose
    media_type: str
    size: int
    sha256: str
    file: str
    key_id: str
    created: datetime
    delete_after: date | None = None


def new_attachment_id() -> str:
    """A new identifier, of 56 random bits: too short to hold what looks like an identity number."""
    return secrets.token_hex(7)


def add_attachment(scope: Writing, attachment: Attachment, *, by: str) -> None:
    """
    Add an attachment whose file is on the disk.

    Raises
    ------
    MissingError
        When the regency has no such request.
    UnfitValueError
        When a text may not be kept.
    """
    if scope.find(REQUESTS, REQUESTS.c.id == attachment.request, columns=(REQUESTS.c.id,)) is None:
        raise MissingError(N_("There is no request '{request}'."), request=attachment.request[:60])
    scope.insert(
        ATTACHMENTS,
        id=attachment.id,
        request=attachment.request,
        purpose=attachment.purpose,
        media_type=attachment.media_type,
        size=attachment.size,
        sha256=attachment.sha256,
        file=attachment.file,
        key_id=attachment.key_id,
        created=attachment.created,
        delete_after=attachment.delete_after,
    )
    _audit(scope, "attachment.added", attachment, by, attachment.created)


def list_attachments(scope: Reading, request: RequestId) -> tuple[Attachment, ...]:
    """Attachments of a request, the oldest first; nothing where there is no such request."""
    order = (ATTACHMENTS.c.created, ATTACHMENTS.c.id)
    return tuple(map(_attachment, scope.rows(ATTACHMENTS, ATTACHMENTS.c.request == request, order_by=order)))


def get_attachment(scope: Reading, attachment: str) -> Attachment:
    """
    The attachment of that identifier.

    Raises
    ------
    MissingError
        When the regency has none.
    """
    row = scope.find(ATTACHMENTS, ATTACHMENTS.c.id == attachment)
    if row is None:
        raise MissingError(N_("There is no such attachment."))
    return _attachment(row)


def list_due(scope: Reading, today: date) -> tuple[Attachment, ...]:
    """Attachments whose last day is before today."""
    order = (ATTACHMENTS.c.delete_after, ATTACHMENTS.c.id)
    return tuple(map(_attachment, scope.rows(ATTACHMENTS, ATTACHMENTS.c.delete_after < today, order_by=order)))


def list_files(scope: Reading) -> frozenset[str]:
    """Names of all files that the regency's attachments are in."""
    return frozenset(row.file for row in scope.rows(ATTACHMENTS, columns=(ATTACHMENTS.c.file,)))


def set_last_day(scope: Writing, attachment: str, day: date | None, *, by: str, at: datetime) -> None:
    """
    Say until when an attachment is kept, that day included; None takes it back.

    Raises
    ------
    MissingError
        When the regency has none of that identifier.
    """
    found = get_attachment(scope, attachment)
    scope.update(ATTACHMENTS, ATTACHMENTS.c.id == attachment, delete_after=day)
    _audit(scope, "attachment.limited", found, by, at, day=None if day is None else day.isoformat())


def remove_attachment(scope: Writing, attachment: str, *, by: str, at: datetime) -> Attachment:
    """
    Forget an attachment; its file is deleted after that, once this is on the disk.

    Raises
    ------
    MissingError
        When the regency has none of that identifier.
    """
    found = get_attachment(scope, attachment)
    scope.delete(ATTACHMENTS, ATTACHMENTS.c.id == attachment)
    _audit(scope, "attachment.removed", found, by, at)
    return found


def _audit(scope: Writing, action: str, attachment: Attachment, by: str, at: datetime, **more: object) -> None:
    details = {"request": attachment.request, "purpose": attachment.purpose, "size": attachment.size, **more}
    add_audit(scope, action, attachment.id, by=by, at=at, details=details)


def _attachment(row: Row[Any]) -> Attachment:
    return Attachment(
        row.id,
        RequestId(row.request),
        AttachmentPurpose(row.purpose),
        row.media_type,
        row.size,
        row.sha256,
        row.file,
        row.key_id,
        row.created,
        row.delete_after,
    )

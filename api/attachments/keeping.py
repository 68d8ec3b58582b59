"""
Clean letters with their rows: kept, opened, deleted, so that file and row never disagree for longer than a crash.

A file is written before its row and deleted after it. What a crash leaves between the two is a file that no row knows;
`drop_orphans` clears those.
"""

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from api.attachments.cleaning import CleanFile
from api.entities import RequestId
from api.i18n import N_
from api.store.attachments import (
    Attachment,
    AttachmentPurpose,
    add_attachment,
    list_due,
    list_files,
    new_attachment_id,
    remove_attachment,
)
from api.store.drafts import list_held_files
from api.store.errors import DamagedError, MissingError, UnfitValueError
from api.store.letter_vault import LetterVault
from api.store.scope import RegencyCode
from api.store.store import Store

_WRITING: Final = timedelta(hours=1)
"""Longer than any row takes to follow its file."""


def keep_attachment(  # noqa: PLR0913 (an act and who did it)
    store: Store,
    vault: LetterVault,
    regency: RegencyCode,
    request: RequestId,
    clean: CleanFile,
    *,
    purpose: AttachmentPurpose,
    by: str,
    at: datetime,
    delete_after: date | None = None,
) -> Attachment:
    """
    Keep a clean file with a request.

    Raises
    ------
    MissingError
        When the regency has no such request.
    UnfitValueError
        When a text may not be kept.
    StoreError
        Any other, when file or row cannot be written; there is no row then.
    """
    kept = vault.put(clean.content, regency=regency, request=request)
    attachment = Attachment(
        new_attachment_id(),
        request,
        purpose,
        clean.media_type,
        len(clean.content),
        clean.sha256,
        kept.name,
        kept.key_id,
        at,
        delete_after,
    )
    try:
        store.write(regency, lambda scope: add_attachment(scope, attachment, by=by))
    except (MissingError, UnfitValueError):
        vault.folder.remove(kept.name)
        raise  # whatever else is raised, the row may be there after all: `drop_orphans` will see
    return attachment


def open_attachment(vault: LetterVault, regency: RegencyCode, attachment: Attachment) -> bytes:
    """
    The clean file of an attachment; who may have it was asked before.

    Raises
    ------
    MissingError, LetterKeyError, LetterFilesError
        When the file is gone or cannot be opened.
    DamagedError
        When it is not what was kept.
    """
    content = vault.get(attachment.file, regency=regency, request=attachment.request)
    if sha256(content).hexdigest() != attachment.sha256:
        raise DamagedError(N_("A letter of {request} is not as it was written."), request=attachment.request)
    return content


def drop_attachment(
    store: Store, vault: LetterVault, regency: RegencyCode, attachment: str, *, by: str, at: datetime
) -> None:
    """
    Delete an attachment, row and file.

    Raises
    ------
    MissingError
        When the regency has none of that identifier.
    StoreError
        When it cannot be deleted.
    """
    removed = store.write(regency, lambda scope: remove_attachment(scope, attachment, by=by, at=at))
    vault.folder.remove(removed.file)


def drop_due(store: Store, vault: LetterVault, regency: RegencyCode, *, today: date, by: str, at: datetime) -> int:
    """Delete attachments whose last day is over, by the regency's calendar; how many there were."""
    due = store.read(regency, lambda scope: list_due(scope, today))
    for attachment in due:
        drop_attachment(store, vault, regency, attachment.id, by=by, at=at)
    return len(due)


def drop_orphans(store: Store, vault: LetterVault, *, at: datetime) -> int:
    """Delete files that no row or draft of any regency knows, an hour old or more; how many there were."""
    known: set[str] = set()
    for regency in store.list_regencies():
        known |= store.read(regency, list_files) | store.read(regency, list_held_files)
    orphans = vault.folder.list_orphans(known, before=at - _WRITING)
    for name in orphans:
        vault.folder.remove(name)
    return len(orphans)

"""Files of letters in requests: cleaned when they come in, held with a draft, kept with the request."""

from datetime import datetime
from typing import Any, Final, TypeAlias

from api.attachments.cleaning import CleanFile, LetterError, clean_letter
from api.attachments.keeping import open_attachment
from api.entities import RequestId
from api.errors import NotThereError
from api.office import Office
from api.requests.answers import Answers
from api.store.attachments import (
    Attachment,
    AttachmentPurpose,
    add_attachment,
    get_attachment,
    list_attachments,
    new_attachment_id,
)
from api.store.letter_vault import LetterVault
from api.store.scope import RegencyCode, Writing

MOST_UPLOAD: Final = 10_500_000
"""Bytes of a form with a letter's file in it."""
FILE_FIELD: Final = "letter_file"
NewLetter: TypeAlias = CleanFile


class LetterFile:
    """
    A letter's file that lies encrypted and has no row yet.

    Parameters
    ----------
    attachment
        The row that it will have.
    """

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment

    def add(self, scope: Writing, *, by: str) -> None:
        """Give it its row."""
        add_attachment(scope, self._attachment, by=by)


def read_file(content: bytes, answers: Answers) -> CleanFile | None:
    """The uploaded letter, clean; None where none was chosen, or it was refused with a fault at its field."""
    if not content:
        return None
    try:
        return clean_letter(content)
    except LetterError as error:
        answers.refuse(FILE_FIELD, error.message, **error.params)
        return None


def hold_letter(office: Office, regency: RegencyCode, draft: str, clean: CleanFile) -> dict[str, Any]:
    """Put a file by for a draft; what the draft keeps of it."""
    kept = _vault(office).put(clean.content, regency=regency, request=_of_draft(draft))
    return {"name": kept.name, "media_type": clean.media_type, "pages": clean.pages}


def held_letter(office: Office, regency: RegencyCode, draft: str, held: dict[str, Any]) -> CleanFile:
    """
    The file that was put by for a draft.

    Raises
    ------
    StoreError
        When it is gone or cannot be opened.
    """
    content = _vault(office).get(held["name"], regency=regency, request=_of_draft(draft))
    return CleanFile(held["media_type"], content, held["pages"])


def drop_held(office: Office, held: dict[str, Any] | None) -> None:
    """Delete the file that was put by for a draft, where there is one."""
    if held:
        _vault(office).folder.remove(held["name"])


def keep_letter(
    office: Office, regency: RegencyCode, request: RequestId, clean: CleanFile, *, at: datetime
) -> LetterFile:
    """Encrypt a letter's file for that request; its row is yet to come."""
    kept = _vault(office).put(clean.content, regency=regency, request=request)
    return LetterFile(
        Attachment(
            new_attachment_id(),
            request,
            AttachmentPurpose.LETTER,
            clean.media_type,
            len(clean.content),
            clean.sha256,
            kept.name,
            kept.key_id,
            at,
        )
    )


def find_letters(office: Office, regency: RegencyCode, request: RequestId) -> tuple[Attachment, ...]:
    """The letters' files of a request, the oldest first."""
    found = office.read(regency, lambda scope: list_attachments(scope, request))
    return tuple(each for each in found if each.purpose is AttachmentPurpose.LETTER)


def open_letter(office: Office, regency: RegencyCode, request: RequestId, attachment: str) -> tuple[Attachment, bytes]:
    """
    A letter's file.

    Raises
    ------
    NotThereError
        When it is none of that request.
    StoreError
        When it cannot be opened.
    """
    found = office.read(regency, lambda scope: get_attachment(scope, attachment))
    if found.request != request or found.purpose is not AttachmentPurpose.LETTER:
        raise NotThereError
    return found, open_attachment(_vault(office), regency, found)


def _vault(office: Office) -> LetterVault:
    return LetterVault(office.settings.files, office.settings.key_file)


def _of_draft(draft: str) -> str:
    return f"draft:{draft}"

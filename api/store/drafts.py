"""Requests that are being filled in: what was typed so far, opened by a secret link, forgotten after 30 days."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import MissingError
from api.store.scope import Reading, Writing
from api.store.tables import DRAFTS

KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What was typed so far.

    Attributes
    ----------
    fields
        Texts as they were typed, by the name of the field; no names of people.
    """

    id: str
    fields: dict[str, Any]
    changed: datetime


def add_draft(scope: Writing, fields: dict[str, Any], *, by: str, at: datetime) -> Draft:
    """
    Begin a draft.

    Raises
    ------
    UnfitValueError
        When a text may not be kept.
    """
    draft = Draft(secrets.token_hex(7), fields, at)  # too short to hold what looks like an identity number
    scope.insert(DRAFTS, id=draft.id, fields=fields, changed=at)
    add_audit(scope, "draft.added", draft.id, by=by, at=at)
    return draft


def get_draft(scope: Reading, draft: str) -> Draft:
    """
    The draft of that identifier.

    Raises
    ------
    MissingError
        When the regency has none, or no more.
    """
    row = scope.find(DRAFTS, DRAFTS.c.id == draft)
    if row is None:
        raise MissingError(N_("This draft is not kept any more; begin a new request."))
    return Draft(row.id, row.fields, row.changed)


def keep_draft(scope: Writing, draft: str, fields: dict[str, Any], *, by: str, at: datetime) -> None:
    """
    Keep what was typed in the place of what was there.

    Raises
    ------
    MissingError
        When the regency has none of that identifier, or no more.
    UnfitValueError
        When a text may not be kept.
    """
    get_draft(scope, draft)
    scope.update(DRAFTS, DRAFTS.c.id == draft, fields=fields, changed=at)
    add_audit(scope, "draft.changed", draft, by=by, at=at)


def list_held_files(scope: Reading) -> frozenset[str]:
    """Names of the files in the folder of letters that drafts refer to, by ``{"file": {"name": ...}}``."""
    held = (row.fields.get("file") for row in scope.rows(DRAFTS, columns=(DRAFTS.c.fields,)))
    return frozenset(each["name"] for each in held if each)


def drop_old_drafts(scope: Writing, *, by: str, at: datetime) -> int:
    """Forget drafts that nobody touched for `KEPT`; how many there were."""
    old = DRAFTS.c.changed <= at - KEPT
    count = scope.count(DRAFTS, old)
    if count:
        scope.delete(DRAFTS, old)
        add_audit(scope, "draft.expired", "", by=by, at=at, details={"count": count})
    return count

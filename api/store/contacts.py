"""Whom to call at a request's host: the only names of people outside the office, kept until 30 days after the visit."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from api.entities import RequestId
from api.store.audit import add_audit
from api.store.scope import Reading, Writing
from api.store.tables import CONTACTS

KEPT: Final = timedelta(days=30)
"""After the visit, or after a request came to nothing."""


@dataclass(frozen=True, slots=True)
class Contact:
    """
    A host's person.

    Attributes
    ----------
    whatsapp
        Number with the country's code, digits only, such as ``6281234567890``; empty where none is known.
    signatory
        Who signed the letter; empty where nobody said.
    delete_after
        Last day on which it is kept; None while the visit is to come.
    """

    name: str
    whatsapp: str
    signatory: str = ""
    delete_after: date | None = None


def keep_contact(scope: Writing, request: RequestId, contact: Contact, *, by: str, at: datetime) -> None:
    """
    Keep whom to call about a request, in the place of whom one had.

    Raises
    ------
    UnfitValueError
        When a text may not be kept.
    """
    values = {
        "name": contact.name,
        "whatsapp": contact.whatsapp,
        "signatory": contact.signatory,
        "delete_after": contact.delete_after,
    }
    if not scope.update(CONTACTS, CONTACTS.c.request == request, **values):
        scope.insert(CONTACTS, request=request, **values)
    add_audit(scope, "contact.kept", request, by=by, at=at)


def find_contact(scope: Reading, request: RequestId) -> Contact | None:
    """Whom to call about a request; None where nobody is known, or no more."""
    row = scope.find(CONTACTS, CONTACTS.c.request == request)
    return None if row is None else Contact(row.name, row.whatsapp, row.signatory, row.delete_after)


def limit_contact(scope: Writing, request: RequestId, ends: date | None, *, by: str, at: datetime) -> None:
    """Keep a contact until `KEPT` after the day on which its request ends; None: as long as it is open."""
    last = None if ends is None else ends + KEPT
    if scope.update(CONTACTS, CONTACTS.c.request == request, delete_after=last):
        details = {"delete_after": None if last is None else last.isoformat()}
        add_audit(scope, "contact.limited", request, by=by, at=at, details=details)


def drop_due_contacts(scope: Writing, today: date, *, by: str, at: datetime) -> int:
    """Forget contacts whose last day is over; how many there were."""
    count = scope.count(CONTACTS, CONTACTS.c.delete_after < today)
    if count:
        scope.delete(CONTACTS, CONTACTS.c.delete_after < today)
        add_audit(scope, "contact.dropped", "", by=by, at=at, details={"count": count})
    return count

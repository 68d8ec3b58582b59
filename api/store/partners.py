"""Places that give holders of a child card (KIA) a discount (mitra KIA)."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import MissingError
from api.store.scope import Reading, Writing
from api.store.tables import PARTNERS


@dataclass(frozen=True, slots=True)
class Partner:
    """
    A shop, a clinic, a playground that takes part.

    Attributes
    ----------
    offer
        What card holders get, in a line.
    is_active
        Whether people are told of it; one that is not stays for whoever takes a change back.
    """

    id: str
    name: str
    address: str
    offer: str
    changed: datetime
    is_active: bool = True


def add_partner(scope: Writing, *, name: str, address: str, offer: str, by: str, at: datetime) -> Partner:
    """
    Add a partner.

    Raises
    ------
    UnfitValueError
        When a text may not be kept.
    """
    partner = Partner(secrets.token_hex(7), name, address, offer, at)
    scope.insert(PARTNERS, id=partner.id, name=name, address=address, offer=offer, changed=at, is_active=True)
    add_audit(scope, "partner.added", partner.id, by=by, at=at)
    return partner


def set_active(scope: Writing, partner: str, *, is_active: bool, by: str, at: datetime) -> Partner:
    """
    Tell people of a partner, or no more.

    A change of what is told is a new partner in the place of the old one, so that it can be taken back.

    Raises
    ------
    MissingError
        When there is none of that code.
    """
    found = get_partner(scope, partner)
    scope.update(PARTNERS, PARTNERS.c.id == partner, is_active=is_active, changed=at)
    add_audit(scope, "partner.opened" if is_active else "partner.closed", partner, by=by, at=at)
    return found


def get_partner(scope: Reading, partner: str) -> Partner:
    """
    The partner of that code.

    Raises
    ------
    MissingError
        When there is none.
    """
    row = scope.find(PARTNERS, PARTNERS.c.id == partner)
    if row is None:
        raise MissingError(N_("There is no such partner."))
    return _partner(row)


def list_partners(scope: Reading) -> tuple[Partner, ...]:
    """Partners that people are told of, by name."""
    found = map(_partner, scope.rows(PARTNERS, PARTNERS.c.is_active.is_(True)))
    return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.id)))


def _partner(row: Row[Any]) -> Partner:
    return Partner(row.id, row.name, row.address, row.offer, row.changed, row.is_active)

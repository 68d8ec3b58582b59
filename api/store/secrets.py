"""
Secrets that are handed out once and kept as hashes only: sessions, status links, devices, tokens of programs.

A secret has 128 random bits, so its plain SHA-256 tells nothing; it bears its regency's code, so that looking one up
asks one regency too.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import UnfitValueError
from api.store.scope import Reading, RegencyCode, Writing, regency_code
from api.store.tables import SECRETS

_BYTES: Final = 16


class Purpose(StrEnum):
    """What a secret opens; one of one purpose opens nothing of another."""

    SESSION = "session"
    STATUS_LINK = "status_link"
    DRAFT = "draft"
    DEVICE_INVITATION = "device_invitation"
    DEVICE = "device"
    API_TOKEN = "api_token"  # noqa: S105 (a purpose, no token)
    PASSWORD_LINK = "password_link"  # noqa: S105 (a purpose, no password)


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """
    What is kept of a secret that opens something.

    Attributes
    ----------
    subject
        What it opens: an account, a request.
    ends
        When it can be renewed no more; None for what is never renewed.
    """

    subject: str
    created: datetime
    expires: datetime
    ends: datetime | None


def new_secret(regency: RegencyCode) -> str:
    """A new secret for that regency, such as ``1219.kZ9...``; it is not kept until `keep_secret`."""
    return f"{regency}.{secrets.token_urlsafe(_BYTES)}"


def regency_of(secret: str) -> RegencyCode | None:
    """Whose secret it is by its form; None where it is none."""
    try:
        return regency_code(secret.partition(".")[0])
    except UnfitValueError:
        return None


def keep_secret(  # noqa: PLR0913 (an act and who did it)
    scope: Writing,
    secret: str,
    purpose: Purpose,
    subject: str,
    *,
    lasts: timedelta,
    by: str,
    at: datetime,
    ends: datetime | None = None,
) -> None:
    """
    Let a new secret open that subject (an account, a request) until it expires.

    Parameters
    ----------
    ends
        For one that is renewed on the way: when it, and all that follow it, open nothing any more.

    Raises
    ------
    UnfitValueError
        When it is another regency's.
    """
    if regency_of(secret) != scope.regency:
        raise UnfitValueError(N_("This secret is another regency's."))
    expires = at + lasts if ends is None else min(at + lasts, ends)
    scope.insert(
        SECRETS, sha256=_hash(secret), purpose=purpose, subject=subject, created=at, expires=expires, ends=ends
    )
    add_audit(scope, "secret.issued", subject, by=by, at=at, details={"purpose": purpose})


def find_secret(scope: Reading, secret: str, purpose: Purpose, *, at: datetime) -> KnownSecret | None:
    """What is kept of a secret; None where it opens nothing, be it unknown, expired or of another use."""
    row = scope.find(SECRETS, SECRETS.c.sha256 == _hash(secret))
    if row is None or row.purpose != purpose or row.expires <= at:
        return None
    return KnownSecret(str(row.subject), row.created, row.expires, row.ends)


def renew_secret(  # noqa: PLR0913 (an act and who did it)
    scope: Writing, secret: str, new: str, purpose: Purpose, *, lasts: timedelta, grace: timedelta, at: datetime
) -> bool:
    """
    Let a new secret take an old one's place; whether the old one was still good.

    Parameters
    ----------
    grace
        How long the old one goes on opening, for what was asked for with it at the same time.
    """
    old = find_secret(scope, secret, purpose, at=at)
    if old is None:
        return False
    scope.update(SECRETS, SECRETS.c.sha256 == _hash(secret), expires=min(old.expires, at + grace))
    keep_secret(scope, new, purpose, old.subject, lasts=lasts, by=old.subject, at=at, ends=old.ends)
    return True


def find_subject(scope: Reading, secret: str, purpose: Purpose, *, at: datetime) -> str | None:
    """What the secret opens at that moment; None where it opens nothing, be it unknown, expired or of another use."""
    known = find_secret(scope, secret, purpose, at=at)
    return None if known is None else known.subject


def revoke_secret(scope: Writing, secret: str, *, by: str, at: datetime) -> bool:
    """Let that secret open nothing any more; whether it was known."""
    row = scope.find(SECRETS, SECRETS.c.sha256 == _hash(secret))
    if row is None:
        return False
    scope.delete(SECRETS, SECRETS.c.sha256 == row.sha256)
    add_audit(scope, "secret.revoked", row.subject, by=by, at=at, details={"purpose": row.purpose})
    return True


@dataclass(frozen=True, slots=True)
class ListedSecret:
    """
    What can be told of a secret that opens something.

    Attributes
    ----------
    sha256
        Its hash, by which it is revoked; it opens nothing.
    """

    sha256: str
    created: datetime
    expires: datetime


def list_secrets(scope: Reading, purpose: Purpose, subject: str, *, at: datetime) -> tuple[ListedSecret, ...]:
    """Secrets of that purpose that open the subject at that moment, the oldest first."""
    where = (SECRETS.c.purpose == purpose, SECRETS.c.subject == subject, SECRETS.c.expires > at)
    rows = scope.rows(SECRETS, *where, order_by=(SECRETS.c.created, SECRETS.c.sha256))
    return tuple(ListedSecret(row.sha256, row.created, row.expires) for row in rows)


def revoke_listed(scope: Writing, purpose: Purpose, subject: str, sha256: str, *, by: str, at: datetime) -> bool:
    """Let the secret of that hash open nothing any more; whether there was one."""
    where = (SECRETS.c.purpose == purpose, SECRETS.c.subject == subject, SECRETS.c.sha256 == sha256)
    if scope.find(SECRETS, *where, columns=(SECRETS.c.sha256,)) is None:
        return False
    scope.delete(SECRETS, *where)
    add_audit(scope, "secret.revoked", subject, by=by, at=at, details={"purpose": purpose})
    return True


def revoke_all(scope: Writing, purpose: Purpose, subject: str, *, by: str, at: datetime) -> int:
    """Let no secret of that purpose open the subject any more; how many did."""
    count = scope.delete(SECRETS, SECRETS.c.purpose == purpose, SECRETS.c.subject == subject)
    add_audit(scope, "secret.revoked", subject, by=by, at=at, details={"purpose": purpose, "count": count})
    return count


def drop_expired(scope: Writing, *, by: str, at: datetime) -> int:
    """Forget what opens nothing any more; how many there were."""
    count = scope.count(SECRETS, SECRETS.c.expires <= at)
    if count:
        scope.delete(SECRETS, SECRETS.c.expires <= at)
        add_audit(scope, "secret.expired", "", by=by, at=at, details={"count": count})
    return count


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()

"""Who sent an http request, as its route's policy found out."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from api.entities import Role
from api.store.scope import RegencyCode

PUBLIC = "public"
"""Who did it, in the audit, where nobody signed in."""


class CallerKind(StrEnum):
    """How a caller was recognised."""

    ANYONE = "anyone"
    SESSION = "session"
    LINK = "link"
    DEVICE = "device"
    TOKEN = "token"  # noqa: S105 (a kind, no token)


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who sent an http request.

    Attributes
    ----------
    regency
        Whose rows it may see; None on the few pages before one is chosen.
    subject
        What the secret opens: an account, a request, a vehicle; empty for anyone.
    user_name
        Name of the account's person, school or village.
    place
        Code of the site or village for which a school's or village's account speaks.
    secret
        What the browser sent; empty where it sent none. It never leaves this object but as a cookie or a hash.
    """

    regency: RegencyCode | None
    regency_name: str = ""
    kind: CallerKind = CallerKind.ANYONE
    subject: str = ""
    user_name: str = ""
    roles: frozenset[Role] = frozenset()
    place: str | None = None
    secret: str = ""

    @property
    def by(self) -> str:
        """Whose doing it is, for histories and the audit."""
        return self.subject if self.kind in {CallerKind.SESSION, CallerKind.TOKEN, CallerKind.DEVICE} else PUBLIC

    def has(self, *roles: Role) -> bool:
        """Whether the caller has one of these roles."""
        return bool(self.roles & set(roles))


def form_token(secret: str) -> str:
    """What a form of a page that this browser was shown brings back; another site cannot know it."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()

"""
Sessions of signed-in people, and what else a browser is recognised by.

A session is a random secret in a cookie, kept as a hash. It opens nothing once idle for `IDLE`, nor `LONGEST` after
signing in, and is changed for a new one every `RENEW` while it is used (OWASP Session Management Cheat Sheet).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.entities import User, UserId
from api.i18n import N_
from api.store.passwords import is_password
from api.store.people import find_password, find_user
from api.store.scope import Reading, RegencyCode, Writing
from api.store.secrets import (
    Purpose,
    find_secret,
    keep_secret,
    new_secret,
    renew_secret,
)
from api.store.store import Store

IDLE: Final = timedelta(hours=2)
LONGEST: Final = timedelta(hours=12)
RENEW: Final = timedelta(minutes=20)
DEVICE_LASTS: Final = timedelta(days=30)
_GRACE: Final = timedelta(minutes=1)
"""How long a changed secret goes on opening: several requests of one page are on their way at once."""
WRONG: Final = N_("Account or password is not right. Check both; the office gives a new password.")


@dataclass(frozen=True, slots=True)
class Session:
    """
    A session that is good now.

    Attributes
    ----------
    is_due
        Whether its secret should be changed for a new one.
    """

    user: User
    is_due: bool


def sign_in(store: Store, regency: RegencyCode, user: UserId, password: str, *, at: datetime) -> str | None:
    """
    The secret of a new session; None where account or password is wrong, which takes as long.

    The password is checked before the change of the store, for it takes a tenth of a second.
    """
    hashed = store.read(regency, lambda scope: find_password(scope, user))
    if not is_password(password, hashed):
        return None
    secret = new_secret(regency)

    def keep(scope: Writing) -> None:
        keep_secret(scope, secret, Purpose.SESSION, user, lasts=IDLE, by=user, at=at, ends=at + LONGEST)

    store.write(regency, keep)
    return secret


def find_session(scope: Reading, secret: str, *, at: datetime) -> Session | None:
    """The session of that secret, None where there is none or its account was closed."""
    known = find_secret(scope, secret, Purpose.SESSION, at=at)
    if known is None or known.ends is None:
        return None
    user = find_user(scope, UserId(known.subject))
    return None if user is None else Session(user, is_due=at - known.created >= RENEW)


def renew_session(store: Store, regency: RegencyCode, secret: str, *, at: datetime) -> str | None:
    """A new secret for the session; None where it has ended meanwhile."""
    new = new_secret(regency)

    def change(scope: Writing) -> bool:
        return renew_secret(scope, secret, new, Purpose.SESSION, lasts=IDLE, grace=_GRACE, at=at)

    return new if store.write(regency, change) else None

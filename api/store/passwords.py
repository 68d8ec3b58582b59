"""
Passwords, hashed with argon2id by pwdlib's recommended settings (RFC 9106: 64 MiB, 3 passes).

Hashing takes a tenth of a second on purpose: do it before a change of the store, never within one.
"""

import unicodedata
from functools import cache
from typing import Final, NewType

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from api.i18n import N_
from api.store.errors import UnfitValueError

HashedPassword = NewType("HashedPassword", str)

SHORTEST: Final = 12
LONGEST: Final = 200
"""Characters of a password; length is what resists guessing (NIST SP 800-63B, section 5.1.1)."""

NO_PASSWORD: Final = HashedPassword("!")
"""Of an account whose person has not set one yet; no password is right."""


def hash_password(password: str, *, user: str) -> HashedPassword:
    """
    What is kept of a new password.

    Raises
    ------
    UnfitValueError
        When it is too short or too long, or little else than the account's name or one character.
    """
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST or "\0" in text:
        raise UnfitValueError(
            N_("A password has {least} to {most} characters; several words make a good one."),
            least=SHORTEST,
            most=LONGEST,
        )
    if text.casefold().replace(user.casefold(), "").strip("0123456789") == "" or len(set(text)) < len("1234"):
        raise UnfitValueError(N_("This password is easily guessed; several words make a good one."))
    return HashedPassword(_hasher().hash(text))


def is_password(password: str, hashed: HashedPassword | None) -> bool:
    """Whether the password is the one that was hashed; as slow, and False, where there is no account (None)."""
    text = _normal(password)[: LONGEST + 1]
    known = None if hashed == NO_PASSWORD else hashed
    try:
        return _hasher().verify(text, known or _nobodys()) and known is not None
    except UnknownHashError:
        return False


def _normal(password: str) -> str:
    # The same keys make other characters on other devices.
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys() -> HashedPassword:
    return HashedPassword(_hasher().hash("a password that nobody has"))

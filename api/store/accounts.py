"""Accounts with all that opens them: a new password or the end of an account ends its sessions, devices and tokens."""

from datetime import datetime, timedelta
from typing import Final

from api.entities import User, UserId
from api.i18n import N_
from api.store.errors import MissingError, UnfitValueError
from api.store.passwords import NO_PASSWORD, HashedPassword
from api.store.people import add_user, change_password, close_user, find_user
from api.store.scope import Writing
from api.store.secrets import Purpose, find_subject, keep_secret, list_secrets, new_secret, revoke_all

LINK_LASTS: Final = timedelta(hours=48)
TOKEN_LASTS: Final = timedelta(days=365)
"""Where nothing else is chosen; the longest too."""
MOST_TOKENS: Final = 10
"""Of an account at a time."""
_OPENING: Final = (Purpose.SESSION, Purpose.DEVICE, Purpose.API_TOKEN, Purpose.PASSWORD_LINK)


def add_account(scope: Writing, user: User, *, by: str, at: datetime) -> str:
    """
    Add an account without a password; the secret of the link by which its person sets one.

    Raises
    ------
    DuplicateError, UnfitValueError
        As `add_user`.
    """
    add_user(scope, user, NO_PASSWORD, by=by, at=at)
    return new_password_link(scope, user.id, by=by, at=at)


def new_password_link(scope: Writing, user: UserId, *, by: str, at: datetime) -> str:
    """
    A new secret by which the account's person sets a password, once; former ones open nothing any more.

    Raises
    ------
    MissingError
        When there is no such active account.
    """
    _check(scope, user)
    revoke_all(scope, Purpose.PASSWORD_LINK, user, by=by, at=at)
    secret = new_secret(scope.regency)
    keep_secret(scope, secret, Purpose.PASSWORD_LINK, user, lasts=LINK_LASTS, by=by, at=at)
    return secret


def use_password_link(scope: Writing, secret: str, password: HashedPassword, *, at: datetime) -> UserId:
    """
    Set the password of the account that the link is of.

    Raises
    ------
    MissingError
        When the link was used, has run out, or its account was closed.
    """
    user = find_subject(scope, secret, Purpose.PASSWORD_LINK, at=at)
    if user is None:
        raise MissingError(N_("This link was used already or has run out; ask the office for a new one."))
    set_password(scope, UserId(user), password, by=user, at=at)
    return UserId(user)


def set_password(scope: Writing, user: UserId, password: HashedPassword, *, by: str, at: datetime) -> None:
    """
    Give an account another password, and let nothing that opened it open it any more.

    Raises
    ------
    MissingError
        When there is no such active account.
    """
    change_password(scope, user, password, by=by, at=at)
    shut_out(scope, user, by=by, at=at)


def close_account(scope: Writing, user: UserId, *, by: str, at: datetime) -> None:
    """
    Close an account, and let nothing open it any more.

    Raises
    ------
    MissingError
        When there is no such active account.
    UnfitValueError
        When nobody would be left who keeps the accounts.
    """
    close_user(scope, user, by=by, at=at)
    shut_out(scope, user, by=by, at=at)


def shut_out(scope: Writing, user: UserId, *, by: str, at: datetime) -> None:
    """Let no session, device, token or link open the account any more."""
    for purpose in _OPENING:
        revoke_all(scope, purpose, user, by=by, at=at)


def new_token(scope: Writing, user: UserId, lasts: timedelta, *, by: str, at: datetime) -> str:
    """
    A new token for programs of the account; it is handed out this once.

    Raises
    ------
    MissingError
        When there is no such active account.
    UnfitValueError
        When it is to last for less than a day or more than a year, or the account has too many.
    """
    _check(scope, user)
    if not timedelta(days=1) <= lasts <= TOKEN_LASTS:
        raise UnfitValueError(N_("A token lasts from one day to one year."))
    if len(list_secrets(scope, Purpose.API_TOKEN, user, at=at)) >= MOST_TOKENS:
        raise UnfitValueError(N_("This account has {most} tokens already; revoke one first."), most=MOST_TOKENS)
    secret = new_secret(scope.regency)
    keep_secret(scope, secret, Purpose.API_TOKEN, user, lasts=lasts, by=by, at=at)
    return secret


def _check(scope: Writing, user: UserId) -> None:
    if find_user(scope, user) is None:
        raise MissingError(N_("There is no such account."))

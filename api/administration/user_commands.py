"""`moling user`: accounts on the command line, for the first of them and for when nobody can sign in."""

import argparse
import sys
from datetime import UTC, datetime, timedelta
from getpass import getpass
from typing import TYPE_CHECKING, Final

from api.administration.commands import BY, telling
from api.entities import Role, User, UserId
from api.errors import BadInputError
from api.i18n import Gettext, Language

if TYPE_CHECKING:
    from api.store.passwords import HashedPassword
    from api.store.scope import RegencyCode
    from api.store.store import Store

_ADD, _LIST, _CLOSE, _PASSWORD, _TOKEN = "add", "list", "close", "password", "token"
_DAYS: Final = 365


def add_user_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling user``: an action, and whom it is about."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, title=gettext("What to do"))
    texts = {
        _ADD: gettext("add an account; its password is asked for, or read from standard input"),
        _LIST: gettext("list the accounts of a regency, one a line"),
        _CLOSE: gettext("close an account; nothing that opened it does so any more"),
        _PASSWORD: gettext("give an account a new password, asked for or read from standard input; it is signed out"),
        _TOKEN: gettext("make a token for a program, which may do what the account may; it is printed this once"),
    }
    for action, text in texts.items():
        child = actions.add_parser(action, gettext=gettext, help=text, description=text[:1].upper() + text[1:] + ".")
        child.set_defaults(action=action)
        child.add_argument("regency", metavar="CODE", help=gettext("code of the regency (12.19)"))
        if action != _LIST:
            name = gettext("name to sign in with: letters, digits and . _ -")
            child.add_argument("user", metavar="ACCOUNT", help=name)
        if action == _ADD:
            _add_account_arguments(child, gettext)
        if action == _TOKEN:
            days = gettext("days that it is good for, 1 to 365 (default 365)")
            child.add_argument("--days", type=int, default=_DAYS, help=days)


def _add_account_arguments(child: argparse.ArgumentParser, gettext: Gettext) -> None:
    child.add_argument("--name", required=True, help=gettext("name of the person, school or village"))
    child.add_argument(
        "--role",
        required=True,
        action="append",
        choices=[role.value for role in Role],
        help=gettext("what the account may do; again for another role"),
    )
    child.add_argument("--place", help=gettext("code of the site or village for which the account speaks"))


def run_user(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Do what was asked for with accounts; 0 when done.

    Raises
    ------
    BadInputError
        When it cannot be done; the store is as it was then.
    """
    from api.store.regions import check_regency  # noqa: PLC0415 (slow to load)
    from api.store.scope import regency_code  # noqa: PLC0415
    from api.store.store import open_store  # noqa: PLC0415

    with telling(lang.gettext) as settings:
        regency = regency_code(arguments.regency)
        with open_store(settings.database_url, wait_s=settings.write_wait_s) as store:
            store.read(regency, check_regency)
            for line in _ACTIONS[arguments.action](arguments, lang.gettext, store, regency):
                print(line)
    return 0


def _add(arguments: argparse.Namespace, gettext: Gettext, store: "Store", regency: "RegencyCode") -> list[str]:
    from api.store.people import add_user, check_user  # noqa: PLC0415 (slow to load)

    user = User(UserId(arguments.user), arguments.name, frozenset(map(Role, arguments.role)), arguments.place)
    check_user(user)
    hashed = _ask_password(gettext, user.id)
    store.write(regency, lambda scope: add_user(scope, user, hashed, by=BY, at=datetime.now(UTC)))
    return [gettext("Account {user} added: {roles}.").format(user=user.id, roles=", ".join(sorted(user.roles)))]


def _list(arguments: argparse.Namespace, gettext: Gettext, store: "Store", regency: "RegencyCode") -> list[str]:
    from api.store.people import list_users  # noqa: PLC0415 (slow to load)

    del arguments, gettext
    found = store.read(regency, list_users)
    return ["\t".join((each.id, ",".join(sorted(each.roles)), each.place or "-", each.name)) for each in found]


def _close(arguments: argparse.Namespace, gettext: Gettext, store: "Store", regency: "RegencyCode") -> list[str]:
    from api.store.accounts import close_account  # noqa: PLC0415 (slow to load)

    user = UserId(arguments.user)
    store.write(regency, lambda scope: close_account(scope, user, by=BY, at=datetime.now(UTC)))
    return [gettext("Account {user} closed.").format(user=user)]


def _password(arguments: argparse.Namespace, gettext: Gettext, store: "Store", regency: "RegencyCode") -> list[str]:
    from api.store.accounts import set_password  # noqa: PLC0415 (slow to load)

    user = UserId(arguments.user)
    hashed = _ask_password(gettext, user)
    store.write(regency, lambda scope: set_password(scope, user, hashed, by=BY, at=datetime.now(UTC)))
    return [gettext("Account {user} has a new password, and is signed out everywhere.").format(user=user)]


def _token(arguments: argparse.Namespace, gettext: Gettext, store: "Store", regency: "RegencyCode") -> list[str]:
    from api.store.accounts import new_token  # noqa: PLC0415 (slow to load)

    del gettext
    user, lasts = UserId(arguments.user), timedelta(days=max(0, min(arguments.days, _DAYS + 1)))
    return [store.write(regency, lambda scope: new_token(scope, user, lasts, by=BY, at=datetime.now(UTC)))]


_ACTIONS: Final = {_ADD: _add, _LIST: _list, _CLOSE: _close, _PASSWORD: _password, _TOKEN: _token}


def _ask_password(gettext: Gettext, user: UserId) -> "HashedPassword":
    from api.store.passwords import hash_password  # noqa: PLC0415 (slow to load)

    if not sys.stdin.isatty():
        return hash_password(sys.stdin.readline().rstrip("\r\n"), user=user)
    password = getpass(gettext("Password: "))
    if getpass(gettext("Once more: ")) != password:
        raise BadInputError(gettext("The two passwords differ; nothing was written."))
    return hash_password(password, user=user)

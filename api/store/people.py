"""Accounts of the office's people, of schools and of villages, with their roles. People that are served have none."""

from datetime import datetime

from api.entities import Role, User, UserId
from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import DuplicateError, MissingError, UnfitValueError
from api.store.passwords import HashedPassword
from api.store.scope import Reading, Writing
from api.store.tables import USER_ROLES, USERS
from geodata.cells import identifier
from geodata.errors import CellError

_FOR_PLACES = frozenset({Role.SCHOOL, Role.VILLAGE})


def add_user(scope: Writing, user: User, password: HashedPassword, *, by: str, at: datetime) -> None:
    """
    Add an account.

    Raises
    ------
    DuplicateError
        When the regency has an account of that name.
    UnfitValueError
        When the name is none, there is no role, or a role and a place do not go together.
    """
    check_user(user)
    if scope.find(USERS, USERS.c.id == user.id, columns=(USERS.c.id,)):
        raise DuplicateError(N_("There is an account '{user}' already; choose another name."), user=user.id)
    scope.insert(
        USERS, id=user.id, name=user.name, place=user.place, password_hash=password, created=at, is_active=True
    )
    for role in sorted(user.roles):
        scope.insert(USER_ROLES, user=user.id, role=role)
    add_audit(scope, "user.added", user.id, by=by, at=at, details={"roles": sorted(user.roles)})


def check_user(user: User) -> None:
    """
    Refuse an account that makes no sense.

    Raises
    ------
    UnfitValueError
        When its name is none, it has no role, or a role and a place do not go together.
    """
    try:
        identifier(user.id)
    except CellError as error:
        raise UnfitValueError(error.message, **error.params) from error
    if not user.roles or not user.name.strip():
        raise UnfitValueError(N_("An account needs a name and at least one role."))
    if bool(user.roles & _FOR_PLACES) != (user.place is not None):
        raise UnfitValueError(N_("Schools and villages need the code of their place, all others have none."))
    if user.roles & _FOR_PLACES and len(user.roles) > 1:
        raise UnfitValueError(N_("An account of a school or village has that role alone."))


def find_user(scope: Reading, user: UserId) -> User | None:
    """The active account of that name."""
    row = scope.find(USERS, USERS.c.id == user, USERS.c.is_active)
    if row is None:
        return None
    roles = scope.rows(USER_ROLES, USER_ROLES.c.user == user, columns=(USER_ROLES.c.role,))
    return User(user, row.name, frozenset(Role(each.role) for each in roles), row.place)


def find_password(scope: Reading, user: UserId) -> HashedPassword | None:
    """What is kept of the password of the active account of that name."""
    row = scope.find(USERS, USERS.c.id == user, USERS.c.is_active, columns=(USERS.c.password_hash,))
    return None if row is None else HashedPassword(row.password_hash)


def list_users(scope: Reading) -> tuple[User, ...]:
    """All active accounts, by name."""
    roles: dict[str, set[Role]] = {}
    for each in scope.rows(USER_ROLES):
        roles.setdefault(each.user, set()).add(Role(each.role))
    rows = scope.rows(USERS, USERS.c.is_active, order_by=(USERS.c.id,))
    return tuple(User(UserId(row.id), row.name, frozenset(roles.get(row.id, ())), row.place) for row in rows)


def change_roles(scope: Writing, user: User, *, by: str, at: datetime) -> None:
    """
    Give an account the name, roles and place that it has here.

    Raises
    ------
    MissingError
        When there is no such active account.
    UnfitValueError
        When they make no sense, or nobody would be left who keeps the accounts.
    """
    check_user(user)
    former = find_user(scope, user.id)
    if former is not None and Role.ADMIN not in user.roles:
        _check_admins(scope, former)
    _change(scope, user.id, name=user.name, place=user.place)
    scope.delete(USER_ROLES, USER_ROLES.c.user == user.id)
    for role in sorted(user.roles):
        scope.insert(USER_ROLES, user=user.id, role=role)
    add_audit(scope, "user.changed", user.id, by=by, at=at, details={"roles": sorted(user.roles)})


def change_password(scope: Writing, user: UserId, password: HashedPassword, *, by: str, at: datetime) -> None:
    """
    Give an account another password.

    Raises
    ------
    MissingError
        When there is no such active account.
    """
    _change(scope, user, password_hash=password)
    add_audit(scope, "user.password_changed", user, by=by, at=at)


def close_user(scope: Writing, user: UserId, *, by: str, at: datetime) -> None:
    """
    Close an account; what it did stays, and its name is not given again.

    Raises
    ------
    MissingError
        When there is no such active account.
    UnfitValueError
        When nobody would be left who keeps the accounts.
    """
    former = find_user(scope, user)
    if former is not None:
        _check_admins(scope, former)
    _change(scope, user, is_active=False)
    add_audit(scope, "user.closed", user, by=by, at=at)


def _check_admins(scope: Reading, without: User) -> None:
    if Role.ADMIN in without.roles and all(
        Role.ADMIN not in each.roles or each.id == without.id for each in list_users(scope)
    ):
        raise UnfitValueError(N_("This is the last account that keeps the accounts; give another that role first."))


def _change(scope: Writing, user: UserId, **values: object) -> None:
    if not scope.update(USERS, USERS.c.id == user, USERS.c.is_active, **values):
        raise MissingError(N_("There is no account '{user}'."), user=user[:60])

"""
Who may call a route: every route declares one policy, and an application with a route without one does not start.

A policy is a FastAPI dependency that gives the route its `Caller`, or refuses. Who has not signed in is led to the
sign-in page; who has, but may not, is told so. What belongs to whom within a regency (a school sees its own requests)
is the use case's business, which gets the caller; the regency is the caller's alone.

Requests that change something and are recognised by a cookie must come from a page of ours: the browser says so itself
(Sec-Fetch-Site, else Origin), and the form brings the token that the page was given (OWASP CSRF Prevention Cheat
Sheet).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute

from api.auth.caller import Caller, CallerKind, form_token
from api.entities import Role
from api.errors import ForbiddenError, ForgedError, NotThereError, SignInNeededError
from api.office import Office, office_of
from api.sessions import renew_session
from api.store.people import find_user
from api.store.scope import Reading
from api.store.secrets import Purpose, find_subject, regency_of

SESSION_COOKIE: Final = "moling"
VISITOR_COOKIE: Final = "moling-visitor"
DEVICE_COOKIE: Final = "moling-device"
TOKEN_FIELD: Final = "csrf"  # noqa: S105 (a name)
TOKEN_HEADER: Final = "X-CSRF-Token"  # noqa: S105 (a name)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(office: Office, name: str) -> str:
    """Name of a cookie of ours; by https no other host or path can set one of that name (``__Host-``)."""
    return f"__Host-{name}" if office.settings.is_secure else name


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """
    Who may call a route.

    Attributes
    ----------
    name
        As in the table of routes.
    kinds
        Ways of recognising the caller that count here.
    roles
        Of which the caller needs one; empty: none needed.
    purpose
        For `CallerKind.LINK`: what the secret in the path must be for.
    """

    name: str
    kinds: frozenset[CallerKind]
    roles: frozenset[Role] = frozenset()
    purpose: Purpose = Purpose.STATUS_LINK

    async def __call__(self, http_request: Request) -> Caller:
        """
        The caller, allowed.

        Raises
        ------
        SignInNeededError, ForbiddenError, ForgedError, NotThereError
            When it is not.
        """
        office = office_of(http_request)
        caller = await self._recognised(http_request, office)
        if CallerKind.TOKEN not in self.kinds and http_request.method not in _SAFE:
            await check_origin(http_request, office, caller)
        if self.roles and not caller.has(*self.roles):
            raise ForbiddenError
        http_request.state.caller = caller
        return caller

    async def _recognised(self, http_request: Request, office: Office) -> Caller:
        if CallerKind.TOKEN in self.kinds:
            return await run_in_threadpool(_by_token, http_request, office)
        if CallerKind.LINK in self.kinds:
            return await run_in_threadpool(_by_link, http_request, office, self.purpose)
        if CallerKind.SESSION in self.kinds:
            secret = http_request.cookies.get(cookie_name(office, SESSION_COOKIE), "")
            if secret:
                found = await run_in_threadpool(_by_session, http_request, office, secret)
                if found is not None:
                    return found
        if CallerKind.DEVICE in self.kinds:
            secret = http_request.cookies.get(cookie_name(office, DEVICE_COOKIE), "")
            if secret:
                found = await run_in_threadpool(_by_device, office, secret)
                if found is not None:
                    return found
        if CallerKind.ANYONE in self.kinds:
            return _anyone(http_request, office)
        raise SignInNeededError


def everyone() -> Policy:
    """No sign-in; where the path names a regency, it is the caller's. People signed in are not recognised here."""
    return Policy("everyone", frozenset({CallerKind.ANYONE}))


def signed_in(*roles: Role) -> Policy:
    """People signed in by a session, with one of these roles; none named: any."""
    return Policy("signed in", frozenset({CallerKind.SESSION}), frozenset(roles))


def with_link(purpose: Purpose = Purpose.STATUS_LINK) -> Policy:
    """Who holds the secret that the path names as ``{secret}``."""
    return Policy(f"link: {purpose}", frozenset({CallerKind.LINK}), purpose=purpose)


def on_device(*roles: Role) -> Policy:
    """A crew's phone that was let in by an invitation, or people signed in with one of these roles."""
    return Policy("device", frozenset({CallerKind.DEVICE, CallerKind.SESSION}), frozenset({Role.CREW, *roles}))


def by_token(*roles: Role) -> Policy:
    """Programs, by a token in the header ``Authorization: Bearer``; its account has one of these roles."""
    return Policy("token", frozenset({CallerKind.TOKEN}), frozenset(roles))


def policies_of(app: FastAPI) -> dict[tuple[str, str], Policy | None]:
    """The policy of each method and path of an application; None where a route forgot it."""
    table: dict[tuple[str, str], Policy | None] = {}
    for route in _routes(app.routes):
        methods = getattr(route, "methods", None) or {"*"}
        found = _policy_in(route.dependant) if isinstance(route, APIRoute) else None
        for method in methods - {"HEAD"}:
            table[method, getattr(route, "path", repr(route))] = found
    return table


def check_policies(app: FastAPI, without: frozenset[str]) -> None:
    """
    Refuse an application with a route without a policy.

    Parameters
    ----------
    without
        Paths of documents that need none.

    Raises
    ------
    TypeError
        When there is such a route.
    """
    table = policies_of(app).items()
    missing = sorted(f"{method} {path}" for (method, path), found in table if found is None and path not in without)
    if missing:
        raise TypeError(f"Routes without a policy: {', '.join(missing)}.")


async def check_origin(http_request: Request, office: Office, caller: Caller) -> None:
    """
    Refuse a change that a page of another site asks for.

    Raises
    ------
    ForgedError
        When the browser names another site, or the form lacks the token of the page it was shown on.
    """
    site = http_request.headers.get("sec-fetch-site")
    origin = http_request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise ForgedError
    if site is None and origin is not None and origin != _own_origin(http_request, office):
        raise ForgedError
    if not caller.secret:
        raise ForgedError
    given = http_request.headers.get(TOKEN_HEADER, "")
    if not given and _is_form(http_request):
        field = (await http_request.form()).get(TOKEN_FIELD, "")
        given = field if isinstance(field, str) else ""
    if not _same(given, form_token(caller.secret)):
        raise ForgedError


def _same(given: str, wanted: str) -> bool:
    return compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _own_origin(http_request: Request, office: Office) -> str:
    # On this machine people come by either name of it, and by whatever port was free.
    if office.settings.is_secure:
        return office.settings.public_url
    return f"http://{http_request.headers.get('host', '')}"


def _is_form(http_request: Request) -> bool:
    kind = http_request.headers.get("content-type", "")
    return kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data"))


def _anyone(http_request: Request, office: Office) -> Caller:
    visitor = http_request.cookies.get(cookie_name(office, VISITOR_COOKIE), "")
    code = http_request.path_params.get("regency")
    if code is None:
        return Caller(None, secret=visitor)
    regency, name = office.get_regency(str(code))
    return Caller(regency, name, secret=visitor)


def _by_session(http_request: Request, office: Office, secret: str) -> Caller | None:
    regency = regency_of(secret)
    if regency is None or regency not in office.regencies():
        return None
    session = office.session(regency, secret)
    if session is None:
        return None
    if session.is_due:
        new = renew_session(office.store, regency, secret, at=office.now())
        if new is not None:
            http_request.state.new_secret = secret = new
    user = session.user
    name = office.regencies()[regency]
    return Caller(regency, name, CallerKind.SESSION, user.id, user.name, user.roles, user.place, secret)


def _by_device(office: Office, secret: str) -> Caller | None:
    regency = regency_of(secret)
    if regency is None or regency not in office.regencies():
        return None
    vehicle = office.store.read(regency, lambda scope: find_subject(scope, secret, Purpose.DEVICE, at=office.now()))
    if vehicle is None:
        return None
    name = office.regencies()[regency]
    return Caller(regency, name, CallerKind.DEVICE, vehicle, roles=frozenset({Role.CREW}), secret=secret)


def _by_link(http_request: Request, office: Office, purpose: Purpose) -> Caller:
    secret = str(http_request.path_params.get("secret", ""))
    regency = regency_of(secret)
    if regency is None or regency not in office.regencies():
        raise NotThereError
    subject = office.store.read(regency, lambda scope: find_subject(scope, secret, purpose, at=office.now()))
    if subject is None:
        raise NotThereError
    return Caller(regency, office.regencies()[regency], CallerKind.LINK, subject, secret=secret)


def _by_token(http_request: Request, office: Office) -> Caller:
    scheme, _, token = http_request.headers.get("authorization", "").partition(" ")
    regency = regency_of(token)
    if scheme.lower() != "bearer" or regency is None or regency not in office.regencies():
        raise SignInNeededError

    def look(scope: Reading) -> Caller | None:
        subject = find_subject(scope, token, Purpose.API_TOKEN, at=office.now())
        user = None if subject is None else find_user(scope, subject)  # type: ignore[arg-type]
        if user is None:
            return None
        return Caller(
            regency, office.regencies()[regency], CallerKind.TOKEN, user.id, user.name, user.roles, user.place
        )

    caller = office.store.read(regency, look)
    if caller is None:
        raise SignInNeededError
    return caller


def _policy_in(dependant: Dependant) -> Policy | None:
    if isinstance(dependant.call, Policy):
        return dependant.call
    return next(filter(None, map(_policy_in, dependant.dependencies)), None)


def _routes(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    for each in routes:
        # FastAPI keeps an included router as a route of its own.
        inner = getattr(getattr(each, "original_router", each), "routes", None)
        if inner:
            yield from _routes(inner)
        else:
            yield each

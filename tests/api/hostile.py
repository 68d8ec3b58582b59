"""The table of routes filled in: what a test needs to call every route of an office, those that are added later too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import httpx2
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.auth.caller import CallerKind, form_token
from api.auth.policies import SESSION_COOKIE, VISITOR_COOKIE, Policy, policies_of
from api.auth.sessions import IDLE, LONGEST
from api.entities import Role, User, UserId
from api.office import Office
from api.store.audit import add_audit
from api.store.outbox import Event
from api.store.passwords import HashedPassword
from api.store.people import add_user, find_user
from api.store.regions import RegionDocuments, put_region
from api.store.scope import RegencyCode, Writing
from api.store.secrets import Purpose, find_secret, keep_secret, new_secret
from api.store.tables import USERS
from api.store.webhooks import add_webhook, list_webhooks
from tests.offices import ORIGIN
from tests.programs import PUBLISHED, WEEK
from tests.stores import BATU_BARA

OTHER = RegencyCode("1275")
REQUEST = "PM-2026-0001"
VICTIM = "sasaran"
"""An account that tests may do anything to."""


@dataclass(frozen=True)
class Route:
    """A route with its policy, as the table has it."""

    method: str
    path: str
    policy: Policy

    @property
    def is_api(self) -> bool:
        """Whether it is for programs."""
        return self.path.startswith("/api/")

    @property
    def parts(self) -> list[str]:
        """Names of the parts of its path."""
        return re.findall(r"\{(\w+)(?::\w+)?\}", self.path)

    def filled(self, **parts: str) -> str:
        """The path with its parts filled in; those without a value get one that names nothing."""
        path = self.path
        for name in self.parts:
            path = re.sub(rf"\{{{name}(:\w+)?\}}", parts.get(name, "1"), path)
        return path


def routes(app: FastAPI) -> list[Route]:
    """All routes that have a policy."""
    return [Route(method, path, policy) for (method, path), policy in policies_of(app).items() if policy is not None]


def furnish(office: Office, documents: RegionDocuments, hashed: HashedPassword) -> dict[str, str]:
    """Put one of everything into the office, and a second regency beside it; the parts of paths that name them."""
    other = RegionDocuments(replace(documents.region, code=OTHER, name="Kota Lain"), documents.files)

    def put(scope: Writing) -> None:
        put_region(scope, other, by="test", at=office.now())
        for role in Role:
            place = {Role.SCHOOL: "10204056", Role.VILLAGE: "1219012004"}.get(role)
            user = User(UserId(role), f"Other {role}", frozenset({role}), place)
            add_user(scope, user, hashed, by="test", at=office.now())

    office.write(OTHER, put)
    office.write(
        BATU_BARA, lambda scope: add_webhook(scope, "https://example.org/", tuple(Event), by="test", at=office.now())
    )
    keep_victim(office)
    return {
        "regency": BATU_BARA,
        "week": WEEK,
        "plan": PUBLISHED,
        "request": REQUEST,
        "user": VICTIM,
        "hook": office.read(BATU_BARA, list_webhooks)[0].id,
        "vehicle": office.region(BATU_BARA).fleet.units[0].id,
        "village": "1219012004",
        "site": "10204056",
    }


def keep_victim(office: Office) -> None:
    """See to it that the account is there, whatever was done to it."""

    def put(scope: Writing) -> None:
        if not scope.update(USERS, USERS.c.id == VICTIM, is_active=True):
            user = User(UserId(VICTIM), "Sasaran", frozenset({Role.CREW}))
            add_user(scope, user, HashedPassword("!"), by="test", at=office.now())
        add_audit(scope, "test.kept", VICTIM, by="test", at=office.now())

    if office.read(BATU_BARA, lambda scope: find_user(scope, UserId(VICTIM))) is None:
        office.write(BATU_BARA, put)


class Caller:
    """Calls any route as somebody, with what its policy asks for."""

    def __init__(self, app: FastAPI, office: Office) -> None:
        self.office = office
        self.http = TestClient(app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)
        self._kept: dict[tuple[Purpose, str, RegencyCode], str] = {}

    def kept_secret(self, purpose: Purpose, subject: str, regency: RegencyCode) -> str:
        """A secret that opens that subject, the same one each time unless it was revoked."""
        key = (purpose, subject, regency)
        known = self._kept.get(key, "")
        at = self.office.now()
        if not known or self.office.read(regency, lambda scope: find_secret(scope, known, purpose, at=at)) is None:
            self._kept[key] = self.secret(purpose, subject, regency)
        return self._kept[key]

    def secret(self, purpose: Purpose, subject: str, regency: RegencyCode = BATU_BARA) -> str:
        """A new secret that opens that subject."""
        secret, now = new_secret(regency), self.office.now()
        ends = now + LONGEST if purpose is Purpose.SESSION else None

        def keep(scope: Writing) -> None:
            keep_secret(scope, secret, purpose, subject, lasts=IDLE, by="test", at=now, ends=ends)

        self.office.write(regency, keep)
        return secret

    def call(
        self, route: Route, who: str | None, path: str, *, regency: RegencyCode = BATU_BARA, **options: object
    ) -> httpx2.Response:
        """Call a route as that account (None: nobody), as a page of ours or a program would."""
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
        cookies: dict[str, str] = {}
        if CallerKind.TOKEN in route.policy.kinds:
            if who is not None:
                headers["Authorization"] = f"Bearer {self.kept_secret(Purpose.API_TOKEN, who, regency)}"
        elif CallerKind.ANYONE in route.policy.kinds:
            cookies[VISITOR_COOKIE] = "visitor"
            headers["X-CSRF-Token"] = form_token("visitor")
        elif CallerKind.LINK in route.policy.kinds:
            headers["X-CSRF-Token"] = form_token(path.split("/")[2])
        elif who is not None:
            session = self.kept_secret(Purpose.SESSION, who, regency)
            cookies[SESSION_COOKIE] = session
            headers["X-CSRF-Token"] = form_token(session)
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        headers |= cast(dict[str, str], options.pop("headers", {}))
        self.http.cookies.clear()
        return self.http.request(route.method, path, headers=headers, **options)  # type: ignore[arg-type]

    def roles_of(self, route: Route) -> Iterator[str]:
        """Accounts that the policy lets in."""
        if route.policy.kinds & {CallerKind.TOKEN, CallerKind.SESSION}:
            yield from sorted(route.policy.roles or Role)
        else:
            yield "nobody"

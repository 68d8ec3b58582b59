"""
An office over a store with the sample regency, called as browsers and programs call it.

``office`` and ``visit`` work on both databases: tests that take them run on SQLite, and on PostgreSQL where slow
ones run.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.auth.caller import form_token
from api.auth.policies import SESSION_COOKIE
from api.entities import Role, User, UserId
from api.office import Office
from api.sessions import IDLE, LONGEST
from api.settings import Settings
from api.store.passwords import HashedPassword, hash_password
from api.store.people import add_user
from api.store.scope import RegencyCode, Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from api.store.store import Store
from api.wiring import office_app
from tests.stores import BATU_BARA

PASSWORD = "seven purple vans"
ORIGIN = "http://127.0.0.1:8000"
NOON = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
"""Tuesday, 12.00 WIB, of the week before the sample's week 2026-W50."""


class Clock:
    """The time that an office is told; tests let it go on."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time now."""
        return self.now

    def go_on(self, **time: float) -> None:
        """Let that much time pass (as `datetime.timedelta` takes it)."""
        self.now += timedelta(**time)


@pytest.fixture(scope="session")
def hashed() -> HashedPassword:
    """`PASSWORD` as it is kept; hashing is slow on purpose, so it is done once."""
    return hash_password(PASSWORD, user="somebody")


@pytest.fixture
def clock() -> Clock:
    """The office's clock."""
    return Clock()


@pytest.fixture
def office(url: str, store: Store, clock: Clock, hashed: HashedPassword, tmp_path: Path) -> Iterator[Office]:
    """The sample's office, with an account of each role named by it (``planner``, ``school`` ...)."""
    places = {Role.SCHOOL: "10204056", Role.VILLAGE: "1219012004"}

    def add(scope: Writing) -> None:
        for role in Role:
            user = User(UserId(role), f"Account {role}", frozenset({role}), places.get(role))
            add_user(scope, user, hashed, by="test", at=clock())

    store.write(BATU_BARA, add)
    settings = Settings(
        database_url=url,
        public_url=ORIGIN,
        cache_folder=tmp_path / "cache",
        files_folder=tmp_path / "letters",
        key_path=tmp_path / "moling.key",
    )
    office = Office(settings, store, clock)
    yield office
    office.close()


@pytest.fixture
def office_application(office: Office) -> FastAPI:
    """The application of that office with all its slices."""
    return office_app(office)


class Visitor:
    """A browser at the office: keeps cookies, sends forms as its pages have them, follows redirects."""

    def __init__(self, app: FastAPI, office: Office) -> None:
        self.office = office
        self.http = TestClient(app, base_url=ORIGIN, follow_redirects=True, raise_server_exceptions=True)

    def sign_in(self, role: Role, regency: RegencyCode = BATU_BARA) -> "Visitor":
        """Come with a session of the account of that role."""
        secret, now = new_secret(regency), self.office.now()

        def keep(scope: Writing) -> None:
            keep_secret(scope, secret, Purpose.SESSION, role.value, lasts=IDLE, by="test", at=now, ends=now + LONGEST)

        self.office.write(regency, keep)
        self.http.cookies.set(SESSION_COOKIE, secret, domain="127.0.0.1")
        return self

    def get(self, path: str, **options: object) -> httpx2.Response:
        """GET."""
        return self.http.get(path, **options)  # type: ignore[arg-type]

    def page(self, path: str) -> str:
        """The page at an address; it must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text

    def send(
        self, path: str, fields: Mapping[str, object] | None = None, *, on: str | None = None, **options: object
    ) -> httpx2.Response:
        """POST a form with the token of the page ``on``, else with the link's, the session's, or of a page there."""
        link = re.match(r"/[a-z]/(\d{4}\.[\w-]+)", path)
        known = link[1] if link else self.http.cookies.get(SESSION_COOKIE)
        token = form_token(known) if known and on is None else form_token_on(self.page(on or path))
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
        data = {"csrf": token, **(fields or {})}
        return self.http.post(path, data=data, headers=headers, **options)  # type: ignore[arg-type]


@pytest.fixture
def visit(office_application: FastAPI, office: Office) -> Iterator[Callable[[], Visitor]]:
    """Make a new visitor of the office."""
    made: list[Visitor] = []

    def make() -> Visitor:
        made.append(Visitor(office_application, office))
        return made[-1]

    yield make
    for each in made:
        each.http.close()


def form_token_on(page: str) -> str:
    """The token of the forms of a page."""
    finder = _TokenFinder()
    finder.feed(page)
    assert finder.token, page[:500]
    return finder.token


class _TokenFinder(HTMLParser):
    token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("name") == "csrf":
            self.token = named.get("value") or ""

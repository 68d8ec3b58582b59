"""
Public pages as ready bytes, in front of the application.

A page that everybody gets alike is made once by the application, as for a reader without cookies, and kept by path
and language: plain, gzipped, with its hash as validator. What is kept counts for one version of a regency's public
rows: the number of the newest act in the audit that changes what the public sees (a plan published, a visit
cancelled, facilities, partners, places), and the ten minutes in which it was made, since visits of today pass. Writes
of this process are seen at once; those of others (workers, commands) by a look at the audit every `LOOK_EVERY_S`. What
is of another version is made anew, and the least used is thrown away when memory ends.

Answers bear no cookies, but for the language that an address asks for.
"""

import asyncio
import gzip
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import NotThereError
from api.i18n import DEFAULT_LANGUAGE, LANGUAGES
from api.office import Office
from api.pages import LANGUAGE_COOKIE
from api.store.audit import list_actions, newest_audit
from api.store.scope import RegencyCode

LOOK_EVERY_S: Final = 5.0
MOST_BYTES: Final = 64_000_000
"""Of all pages that are kept, both forms counted."""
_SLOT_S: Final = 600
_ACTS_AT_ONCE: Final = 1_000
_PUBLIC_PATH: Final = re.compile(
    r"/(\d{4})/(?:|desa/\d{10}(?:\.ics)?|sekolah/[\w.-]{1,40}|peta|peta/\d{4}-W\d{2}(?:/lembar)?|mitra-kia)", re.ASCII
)
_PUBLIC_ACTS: Final = ("plan.moved", "visit.", "facilities.", "partner.", "region.", "request.changed")
_YEAR_S: Final = 365 * 24 * 3600
_OK: Final = 200
_LANGUAGE_QUERY: Final = {f"lang={code}".encode(): code for code in LANGUAGES}

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Page:
    """An answer in both its forms; ``can_stay`` where it may be kept."""

    status: int
    headers: Headers
    plain: bytes
    gzipped: bytes
    etag: bytes
    can_stay: bool

    @property
    def size(self) -> int:
        return len(self.plain) + len(self.gzipped) + 1_000


@dataclass(slots=True)
class _Known:
    """What was last seen of a regency's audit."""

    newest: int = 0
    version: int = 0
    writes: int = -1
    looked: float = float("-inf")
    look: "asyncio.Task[bool] | None" = None


@dataclass(slots=True)
class ReadyPages:
    """
    The layer; everything that is no public page goes through to the application.

    Parameters
    ----------
    most_bytes
        Of pages that are kept.
    monotonic
        Seconds that pass, for the looks at the audit.
    """

    app: ASGIApp
    office: Office
    most_bytes: int = MOST_BYTES
    monotonic: Callable[[], float] = time.monotonic
    _pages: OrderedDict[tuple[str, str], tuple[tuple[int, int], _Page]] = field(init=False, default_factory=OrderedDict)
    _making: dict[tuple[str, str, tuple[int, int]], "asyncio.Task[_Page]"] = field(init=False, default_factory=dict)
    _known: dict[str, _Known] = field(init=False, default_factory=dict)
    _size: int = field(init=False, default=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        found = _PUBLIC_PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        query = scope.get("query_string", b"")
        if found is None or scope["method"] not in {"GET", "HEAD"} or (query and query not in _LANGUAGE_QUERY):
            await self.app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        language = _LANGUAGE_QUERY.get(query) or _language(asked.get(b"cookie", b""))
        version = await self._version(found[1])
        if version is None:
            await self.app(scope, receive, send)
            return
        page = await self._page((scope["path"], language), version, scope)
        await _answer(page, scope["method"], asked, _LANGUAGE_QUERY.get(query), send, is_secure=self._is_secure)

    @property
    def _is_secure(self) -> bool:
        return self.office.settings.is_secure

    async def _version(self, code: str) -> tuple[int, int] | None:
        known = self._known.get(code)
        if known is None:
            try:
                await run_in_threadpool(self.office.get_regency, code)
            except NotThereError:
                return None
            known = self._known.setdefault(code, _Known())
        regency = RegencyCode(code)
        done, now = self.office.writes(regency), self.monotonic()
        while known.writes < done or known.looked <= now - LOOK_EVERY_S:
            if known.look is None:
                known.look = asyncio.create_task(self._look(regency, known))
            await asyncio.shield(known.look)
        return known.version, int(self.office.now().timestamp() // _SLOT_S)

    async def _look(self, regency: RegencyCode, known: _Known) -> bool:
        # What is written while this looks is looked at next time.
        writes, began = self.office.writes(regency), self.monotonic()
        try:
            is_other = await run_in_threadpool(self._look_now, regency, known)
            known.writes, known.looked = writes, began
        finally:
            known.look = None
        return is_other

    def _look_now(self, regency: RegencyCode, known: _Known) -> bool:
        before = known.version
        if not known.newest:
            known.newest = known.version = self.office.read(regency, newest_audit)
        acts = self.office.read(regency, lambda scope: list_actions(scope, after=known.newest, limit=_ACTS_AT_ONCE))
        if len(acts) == _ACTS_AT_ONCE:
            # More than can be looked through: take it that something in them counts.
            known.newest = known.version = self.office.read(regency, newest_audit)
        for number, action in acts[: _ACTS_AT_ONCE - 1]:
            known.newest = max(known.newest, number)
            if action.startswith(_PUBLIC_ACTS):
                known.version = max(known.version, number)
        return known.version != before

    async def _page(self, key: tuple[str, str], version: tuple[int, int], scope: Scope) -> _Page:
        kept = self._pages.get(key)
        if kept is not None and kept[0] == version:
            self._pages.move_to_end(key)
            return kept[1]
        making = (*key, version)
        task = self._making.get(making)
        if task is None:
            task = self._making[making] = asyncio.create_task(self._make(key, version, dict(scope)))
            task.add_done_callback(lambda _: self._making.pop(making, None))
        return await asyncio.shield(task)

    async def _make(self, key: tuple[str, str], version: tuple[int, int], scope: Scope) -> _Page:
        page = await _made(self.app, scope, key[1])
        if page.can_stay:
            self._keep(key, version, page)
        return page

    def _keep(self, key: tuple[str, str], version: tuple[int, int], page: _Page) -> None:
        former = self._pages.pop(key, None)
        self._size += page.size - (former[1].size if former is not None else 0)
        self._pages[key] = (version, page)
        while self._size > self.most_bytes and self._pages:
            _, (_, dropped) = self._pages.popitem(last=False)
            self._size -= dropped.size


async def _made(app: ASGIApp, scope: Scope, language: str) -> _Page:
    """The page as the application makes it for a reader of that language of whom nothing else is known."""
    told = [pair for pair in scope["headers"] if pair[0] in {b"host", b"user-agent"}]
    cookie = (b"cookie", f"{LANGUAGE_COOKIE}={language}".encode())
    inner = {**scope, "method": "GET", "query_string": b"", "headers": [*told, cookie], "state": {}}
    start: Message = {}
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await app(inner, receive, send)
    plain, headers = b"".join(parts), dict(start["headers"])
    can_stay = start["status"] == _OK and b"set-cookie" not in headers
    own = {b"content-length", b"vary", b"etag"}
    kept = [pair for pair in start["headers"] if pair[0] not in own]
    if can_stay:
        kept = [*((name, value) for name, value in kept if name != b"cache-control"), (b"cache-control", b"no-cache")]
    gzipped = gzip.compress(plain, 6, mtime=0) if can_stay else b""
    etag = hashlib.sha256(language.encode() + b"\n" + plain).hexdigest()[:32].encode()
    return _Page(start["status"], kept, plain, gzipped, etag, can_stay)


async def _answer(
    page: _Page, method: str, asked: Mapping[bytes, bytes], new_language: str | None, send: Send, *, is_secure: bool
) -> None:
    is_gzip = bool(page.gzipped) and b"gzip" in asked.get(b"accept-encoding", b"")
    body, mark = (page.gzipped, b"-gzip") if is_gzip else (page.plain, b"")
    headers = [*page.headers, (b"vary", b"Accept-Encoding, Cookie")]
    status = page.status
    if page.can_stay:
        etag = b'"' + page.etag + mark + b'"'
        headers.append((b"etag", etag))
        if is_gzip:
            headers.append((b"content-encoding", b"gzip"))
        if _matches(asked.get(b"if-none-match", b""), etag):
            status, body = 304, b""
        if new_language is not None:
            headers.append((b"set-cookie", _language_cookie(new_language, is_secure=is_secure)))
    if status != 304:  # noqa: PLR2004 (not modified: without a body there is no length of it)
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _matches(asked: bytes, etag: bytes) -> bool:
    # Proxies that compress weaken the validator; for a GET that is as good.
    return bool(asked) and any(each.strip().removeprefix(b"W/") in {etag, b"*"} for each in asked.split(b","))


def _language(cookies: bytes) -> str:
    if LANGUAGE_COOKIE.encode() not in cookies:
        return DEFAULT_LANGUAGE
    try:
        kept = SimpleCookie(cookies.decode("latin-1")).get(LANGUAGE_COOKIE)
    except CookieError:
        return DEFAULT_LANGUAGE
    return kept.value if kept is not None and kept.value in LANGUAGES else DEFAULT_LANGUAGE


def _language_cookie(code: str, *, is_secure: bool) -> bytes:
    secure = "; Secure" if is_secure else ""
    return f"{LANGUAGE_COOKIE}={code}; Max-Age={_YEAR_S}; Path=/; SameSite=lax{secure}".encode()

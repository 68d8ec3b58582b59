"""
Pages: templates filled in, in the reader's language, with what every page has.

The language is what the address says (``?lang=en``, kept in a cookie), else the cookie's, else Indonesian. A page with
a form gives an unknown browser a cookie, which the form's token is made of; pages without one leave it without.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from api.assets import asset_url
from api.auth.caller import Caller, CallerKind, form_token
from api.auth.policies import SESSION_COOKIE, VISITOR_COOKIE, cookie_name
from api.i18n import DEFAULT_LANGUAGE, LANGUAGES, Language, language
from api.navigation import navigation
from api.office import Office, office_of
from api.state_words import state_words
from maps.words import Words

LANGUAGE_COOKIE: Final = "moling-lang"
TOAST_COOKIE: Final = "moling-toast"
_YEAR_S: Final = 365 * 24 * 3600
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: nothing but what the office serves."""
_HERE: Final = Path(__file__).parent
_NOBODY: Final = frozenset({CallerKind.ANYONE, CallerKind.LINK})
"""Callers that have no account to show: whoever holds a link is nobody in particular."""


@dataclass(frozen=True, slots=True)
class Toast:
    """
    A short word on the next page about what was done, with the way back.

    Attributes
    ----------
    text
        In the reader's language.
    undo_url
        A path of ours that takes it back when posted to; empty where there is no way back.
    undo_label
        What its button says; pages fill it in.
    """

    text: str
    undo_url: str = ""
    undo_label: str = ""


class _FormToken:
    # Known to be used only once a template writes it: pages without a form set no cookie.
    def __init__(self, caller: Caller | None) -> None:
        self._secret = caller.secret if caller is not None else ""
        self.new_visitor = ""

    def __str__(self) -> str:
        if not self._secret:
            self.new_visitor = self._secret = secrets.token_urlsafe(16)
        return form_token(self._secret)


@cache
def environment() -> Environment:
    """Templates of all slices, escaping on."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def reader_language(http_request: Request) -> Language:
    """The language that the reader asked for, Indonesian where none was."""
    asked = http_request.query_params.get("lang", "")
    kept = http_request.cookies.get(LANGUAGE_COOKIE, "")
    code = next((code for code in (asked, kept) if code in LANGUAGES), DEFAULT_LANGUAGE)
    office: Office | None = getattr(http_request.app.state, "office", None)
    return language(code) if office is None else office.language(code)


def reader_words(http_request: Request) -> Words:
    """Dates, numbers and phrases in the reader's language."""
    lang = reader_language(http_request)
    return Words(lang.gettext, lang.code)


def render(
    http_request: Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, **context: object
) -> HTMLResponse:
    """
    A page.

    Parameters
    ----------
    template
        Path below ``templates``.
    context
        What it needs beside what every page has: ``gettext``, ``ngettext``, ``lang``, ``words``, ``caller``,
        ``regency_code``, ``regency_name``, ``csrf``, ``asset``, ``this_url``, ``navigation``, ``toast``, ``now``.
    """
    office, lang = office_of(http_request), reader_language(http_request)
    caller: Caller | None = getattr(http_request.state, "caller", None)
    token = _FormToken(caller)
    toast = _read_toast(http_request)
    shared: dict[str, Any] = {
        **_speaking(lang),
        "caller": caller if caller is not None and caller.kind not in _NOBODY else None,
        "regency_code": caller.regency if caller is not None else None,
        "regency_name": caller.regency_name if caller is not None else "",
        "csrf": token,
        "asset": asset_url,
        "this_url": lambda **query: this_url(http_request, query),
        "navigation": _ways(http_request, caller, lang),
        "toast": toast,
        "public_url": office.settings.public_url,
    }
    page = environment().get_template(template).render({**shared, **context})
    answer = HTMLResponse(page, status, headers={"Content-Security-Policy": POLICY, "Content-Language": lang.code})
    if token.new_visitor:
        set_cookie(answer, office, VISITOR_COOKIE, token.new_visitor, 12 * 3600)
    if toast is not None:
        drop_cookie(answer, office, TOAST_COOKIE)
    finish(http_request, answer)
    return answer


def render_part(lang: Language, template: str, **context: object) -> Markup:
    """A part of pages that is the same for all readers of a language, to be kept: it knows no caller and no form."""
    return Markup(environment().get_template(template).render({**_speaking(lang), **context}))  # noqa: S704 (escaped)


def _speaking(lang: Language) -> dict[str, Any]:
    return {
        "gettext": lang.gettext,
        "ngettext": lang.ngettext,
        "lang": lang.code,
        "words": Words(lang.gettext, lang.code),
        "words_of_states": state_words(lang),
    }


def go_to(http_request: Request, url: str, toast: Toast | None = None) -> RedirectResponse:
    """Lead the browser to a page of ours after a change; the page says what was done."""
    assert url.startswith("/"), url
    answer = RedirectResponse(url, HTTPStatus.SEE_OTHER)
    if toast is not None:
        value = urlencode({"text": toast.text, "undo": toast.undo_url})
        set_cookie(answer, office_of(http_request), TOAST_COOKIE, value, 60)
    finish(http_request, answer)
    return answer


def finish(http_request: Request, answer: Response) -> None:
    """Give the browser a changed session secret, and remember the language that the address asked for."""
    office = office_of(http_request)
    new = getattr(http_request.state, "new_secret", "")
    if new:
        set_cookie(answer, office, SESSION_COOKIE, new, None)
    asked = http_request.query_params.get("lang", "")
    if asked in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, asked, max_age=_YEAR_S, samesite="lax", secure=office.settings.is_secure)


def set_cookie(answer: Response, office: Office, name: str, value: str, max_age_s: int | None) -> None:
    """A cookie that no script reads and no other site sends along with a change."""
    secure = office.settings.is_secure
    answer.set_cookie(
        cookie_name(office, name), value, max_age=max_age_s, path="/", secure=secure, httponly=True, samesite="lax"
    )


def drop_cookie(answer: Response, office: Office, name: str) -> None:
    """Let the browser forget a cookie."""
    secure = office.settings.is_secure
    answer.delete_cookie(cookie_name(office, name), path="/", secure=secure, httponly=True, samesite="lax")


def this_url(http_request: Request, query: Mapping[str, object]) -> str:
    """Path and query of this page with some of the query changed; None takes a part of it away."""
    merged = {**http_request.query_params, **query}
    kept = {name: value for name, value in merged.items() if value is not None}
    return f"{http_request.url.path}?{urlencode(kept)}" if kept else http_request.url.path


def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment on the clocks of the regency."""
    return moment.astimezone(zone)


def _ways(http_request: Request, caller: Caller | None, lang: Language) -> list[tuple[str, str, bool]]:
    path = http_request.url.path
    found = []
    for way in navigation(caller):
        assert caller is not None
        url = way.path.format(regency=caller.regency)
        is_here = path == url or (path.startswith(f"{url.rstrip('/')}/") and not url.endswith("/"))
        found.append((url, lang.gettext(way.label), is_here))
    return found


def _read_toast(http_request: Request) -> Toast | None:
    value = http_request.cookies.get(cookie_name(office_of(http_request), TOAST_COOKIE), "")
    if not value:
        return None
    parts = parse_qs(value, max_num_fields=2) if value.count("&") < 2 else {}  # noqa: PLR2004 (text and undo)
    text, undo = parts.get("text", [""])[0], parts.get("undo", [""])[0]
    if not text:
        return None
    label = reader_language(http_request).gettext("Undo")
    return Toast(text, undo if undo.startswith("/") and not undo.startswith("//") else "", label)

"""
Every page of the table of routes, opened in a real browser: a page that is added is looked at here by itself.

A page whose address has a part that is not known here fails, so that it gets an example.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext
from starlette.testclient import TestClient

from api.auth.caller import CallerKind
from api.auth.policies import DEVICE_COOKIE, SESSION_COOKIE, Policy, policies_of
from api.entities import Role
from api.example import PLAN, REGENCY
from api.i18n import bracketed, language
from api.office import Office
from api.store.drafts import add_draft
from api.store.plans import get_documents
from api.store.requests import list_requests
from api.store.scope import Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from api.wiring import office_app
from tests.living import AXE, Living, faults_of

ACCOUNTS = {Role.PLANNER: "perencana", Role.APPROVER: "kepala", Role.ADMIN: "admin", Role.AUDITOR: "pemeriksa"}
IN_JOURNEYS = {"/d/{secret}/{step}"}
"""Pages that a form leads through; they are looked at on the way (`test_school`)."""
NO_PAGES = ("{job}", "{name}", "{attachment}", ".ics", ".xlsx", ".csv")
"""How addresses of streams and files end."""


def secret_of(living: Living, purpose: Purpose, subject: str) -> str:
    """A new secret that opens that subject."""
    secret, now = new_secret(REGENCY), living.office.now()

    def keep(scope: Writing) -> None:
        keep_secret(scope, secret, purpose, subject, lasts=timedelta(days=1), by="test", at=now)

    living.office.write(REGENCY, keep)
    return secret


def a_draft(living: Living) -> str:
    """A draft of a request that has just been begun."""
    office = living.office
    draft = office.write(REGENCY, lambda scope: add_draft(scope, {"wish": "visit"}, by="test", at=office.now()))
    return draft.id


def pages(living: Living) -> list[tuple[str, Policy]]:
    """Addresses of all pages with their policies, their parts filled in."""
    request = living.office.read(REGENCY, list_requests)[0]
    region = living.office.region(REGENCY)
    village = region.villages[0]
    site = next(each for each in region.sites if not each.kind.is_priority)  # the others have no public page
    parts = {
        "regency": REGENCY,
        "week": living.iso_week,
        "plan": str(PLAN),
        "request": request.id,
        "village": village.code,
        "site": site.code,
        "user": "kepala",
        "vehicle": region.fleet.units[0].id,
        "day": living.week.isoformat(),
        "step": "arsipkan",
        "part": "tempat",
    }
    stop = living.office.itinerary(REGENCY, PLAN).itineraries[0].stops[0]
    queries = {"/kantor/pekan/{week}/ubah/{plan}": urlencode({"kunjungan": stop.card.visit})}
    found = []
    for (method, path), policy in policies_of(office_app(living.office)).items():
        if (
            method != "GET"
            or policy is None
            or path in IN_JOURNEYS
            or path.startswith("/api/")
            or path.endswith(NO_PAGES)
        ):
            continue
        needed = re.findall(r"\{(\w+)(?::\w+)?\}", path)
        filled = path
        for name in needed:
            value = parts.get(name)
            if name == "secret":
                subject = str(request.id)
                if policy.purpose is Purpose.DRAFT:
                    subject = a_draft(living)
                elif policy.purpose is Purpose.DEVICE_INVITATION:
                    subject = region.fleet.units[0].id
                value = secret_of(living, policy.purpose, subject)
            assert value is not None, f"{path}: no example of its part '{name}'; add one here"
            filled = re.sub(rf"\{{{name}(:\w+)?\}}", value, filled)
        found.append((f"{filled}?{queries[path]}" if path in queries else filled, policy))
    return found


def cookies_for(living: Living, policy: Policy) -> dict[str, str]:
    """What a browser of somebody whom the policy lets in brings along."""
    if CallerKind.DEVICE in policy.kinds:
        vehicle = living.office.region(REGENCY).fleet.units[0].id
        return {DEVICE_COOKIE: secret_of(living, Purpose.DEVICE, vehicle)}
    if CallerKind.SESSION not in policy.kinds:
        return {}
    role = next((role for role in ACCOUNTS if not policy.roles or role in policy.roles), None)
    return {} if role is None else {SESSION_COOKIE: living.session(ACCOUNTS[role])}


@pytest.fixture
def browse(chromium: Browser) -> Iterator[list[BrowserContext]]:
    """Contexts that are closed at the end."""
    made: list[BrowserContext] = []
    yield made
    for each in made:
        each.close()


def test_every_page_is_whole_for_eyes_thumbs_and_readers(
    living: Living, chromium: Browser, browse: list[BrowserContext]
) -> None:
    """At 360 and 1280 px: nothing that axe finds, nothing to scroll sideways, no word of complaint in the console."""
    if not AXE.exists():
        pytest.skip("axe-core is missing (npm ci)")
    faults: list[str] = []
    for path, policy in pages(living):
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        browse.append(context)
        for name, value in cookies_for(living, policy).items():
            context.add_cookies([{"name": name, "value": value, "url": living.url}])
        faults += [f"{path}: {fault}" for fault in faults_of(context.new_page(), living.url + path)]
        context.close()
        browse.remove(context)
    assert not faults, "\n".join(faults)


def test_no_word_of_any_page_misses_its_translation(living: Living) -> None:
    """In the bracketed language every word of a page stands in brackets, but what people and places are called."""
    office = Office(living.office.settings, living.office.store, language=lambda code: bracketed(language(code)))
    bare = {}
    with TestClient(office_app(office), base_url=living.url) as http:
        for path, policy in pages(living):
            http.cookies.clear()
            for name, value in cookies_for(living, policy).items():
                http.cookies.set(name, value, domain="127.0.0.1")
            answer = http.get(path)
            if answer.headers.get("content-type", "").startswith("text/html"):
                words = sorted(bare_words(answer.text) - known_words(living))
                if words:
                    bare[path] = words
    office.close()
    assert not bare, json.dumps(bare, ensure_ascii=False, indent=1)


_VERBATIM = frozenset({"script", "style", "code"})
"""What is in these is not prose."""


class _Texts(HTMLParser):
    """Texts of a page that people read, attributes that are read aloud among them."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in _VERBATIM
        for name, value in attrs:
            if name in {"title", "alt", "aria-label", "placeholder"} and value:
                self.texts.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in _VERBATIM

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.texts.append(data)


def bare_words(page: str) -> set[str]:
    """Words of three letters and more that stand outside all brackets."""
    reader = _Texts()
    reader.feed(page)
    outside = (re.sub(r"⟦[^⟦⟧]*⟧", " ", text) for text in reader.texts)
    flat = " ".join(re.sub(r"⟦.*⟧", " ", text, flags=re.DOTALL) for text in outside)
    return set(re.findall(r"[^\W\d_]{3,}", flat))


def known_words(living: Living) -> set[str]:
    """Words that are nobody's to translate: names of places, people and units, days and months, time zones."""
    region = living.office.region(REGENCY)
    names = [region.name, *(each.name for each in region.sites), *(each.name for each in region.fleet.units)]
    names += [name for village in region.villages for name in (village.name, village.district)]
    requests = living.office.read(REGENCY, list_requests)
    names += [text for each in requests for text in (each.letter.subject, each.letter.signatory_position, *each.notes)]
    names += [each.letter.number or "" for each in requests]
    # Cards are in the language of the plan, whatever language a page is read in.
    cards = living.office.read(REGENCY, lambda scope: get_documents(scope, PLAN)).cards
    assert cards is not None
    names += [cards.decode(), *region.sources, living.office.itinerary(REGENCY, PLAN).cards.office.name]
    names += ["Senin Selasa Rabu Kamis Jumat Sabtu Minggu Januari Februari Maret April Mei Juni Juli Agustus September"]
    names += [
        "Oktober November Desember Jan Feb Mar Apr Jun Jul Agu Sep Okt Nov Des WIB Moling Sen Sel Rab Kam Jum Sab"
    ]
    names += ["Lembur disetujui karena banyak permohonan sekolah."]  # what somebody wrote
    names += ["Perencana Kepala Bidang Admin Pemeriksa perencana kepala admin pemeriksa PM"]
    return {word for name in names for word in re.findall(r"[^\W\d_]{3,}", name)}

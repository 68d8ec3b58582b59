"""
Every part of the pages, with sample words in Indonesian, on one page in a real browser under the pages' policy.

The pages stand beside this test, in `pages`; they are opened at the width of a phone and of an office's screen.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from api.assets import PREFIX, own_assets
from api.entities import PlanState, RequestState
from api.i18n import bracketed, language
from api.state_words import state_words
from maps.words import Words

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SITE = "http://moling.example"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
SAMPLES: Mapping[str, object] = {
    "states": {
        "request": list(RequestState),
        "plan": list(PlanState),
        "visit": ["waiting", "on_the_way", "arrived", "serving", "done", "skipped", "moved", "cancelled"],
    },
    "columns": [
        {"key": "place", "label": "Tempat", "is_sortable": True},
        {"key": "letter", "label": "Surat"},
        {"key": "state", "label": "Keadaan", "is_sortable": True},
        {"key": "people", "label": "Orang", "is_number": True, "is_sortable": True},
    ],
    "rows": [
        {"place": "SMAN 1 Talawi", "letter": "421/17/2027", "state": RequestState.SUBMITTED, "people": "103"},
        {"place": "SMKN 1 Air Putih", "letter": "421/9/2027", "state": RequestState.SLOT_OFFERED, "people": "401"},
        {"place": "Desa Nenassiam", "letter": "", "state": RequestState.NEEDS_CORRECTION, "people": "57"},
    ],
    "blocks": [
        {"kind": kind, "start_min": start, "end_min": end, "label": label, "when": when, "url": url, "van_class": van}
        for kind, start, end, label, when, url, van in (
            ("drive", 450, 486, "Jalan", "07.30–08.06", "", ""),
            ("service", 486, 690, "SMAN 1 Talawi", "08.06–11.30", "/blok/1", "van-1"),
            ("pause", 720, 780, "Istirahat", "12.00–13.00", "", ""),
            ("service", 800, 960, "Desa Bogak", "13.20–16.00", "/blok/2", "van-2"),
        )
    ],
}


def _templates() -> Environment:
    """As pages are rendered, with the two pages of this test."""
    return Environment(
        loader=FileSystemLoader([ROOT / "api" / "templates", ROOT / "tests" / "api" / "pages"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, code: str = "id", **changed: object) -> str:
    """A page with what the office's routes give each template."""
    spoken = language(code)
    context: dict[str, object] = {
        "gettext": spoken.gettext,
        "ngettext": spoken.ngettext,
        "lang": code,
        "words": Words(spoken.gettext, code),
        "words_of_states": state_words(spoken),
        "caller": SimpleNamespace(kind="session", user_name="Siti", roles={"planner"}, regency_name="Batu Bara"),
        "regency_code": "1219",
        "regency_name": "Kabupaten Batu Bara",
        "csrf": "token",
        "asset": own_assets().url,
        "this_url": lambda **query: "/permohonan?" + "&".join(f"{name}={value}" for name, value in query.items()),
        "navigation": [
            ("/pekan", "Pekan", False),
            ("/permohonan", "Permohonan", True),
            ("/jangkauan", "Jangkauan", False),
            ("/pengaturan", "Pengaturan", False),
        ],
        "toast": SimpleNamespace(text="Permohonan diterima.", undo_url="/urungkan", undo_label="Urungkan"),
        **SAMPLES,
        **changed,
    }
    return _templates().get_template(template).render(context)


@dataclass
class Opened:
    """A page with everything it asked for or complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens HTML at an address of its own, under the pages' policy; nothing leaves this machine."""
    contexts: list[BrowserContext] = []

    def serve(route: Route, html: str) -> None:
        path = route.request.url.removeprefix(SITE)
        found = own_assets().find(path.removeprefix(PREFIX))
        if found is not None:
            route.fulfill(body=found.content, content_type=found.media_type)
        elif path == "/live":
            told = 'data: {"value": "2.357,0", "served": "<b>20</b>"}\n\n'
            route.fulfill(body=told, content_type="text/event-stream")
        else:
            headers = {"content-security-policy": POLICY}
            route.fulfill(body=html, headers=headers, content_type="text/html; charset=utf-8")

    def open_html(html: str, *, width: int = 1280, height: int = 900, scheme: str = "light", **options: Any) -> Opened:  # noqa: ANN401 (Playwright's own)
        contexts.append(
            chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)  # type: ignore[arg-type]
        )
        opened = Opened(contexts[-1].new_page())
        opened.page.route("**/*", lambda route: serve(route, html))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.goto(f"{SITE}/permohonan")
        return opened

    yield open_html
    for context in contexts:
        context.close()


def faults(page: Page, *rules: str) -> list[str]:
    """What axe finds by these rules, or by all of its own where none is named, a line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(rules.length ? { runOnly: rules } : {}).then(it => it.violations)", rules)
    return [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]]


SMALL_TARGETS = """
() => [...document.querySelectorAll(
    "button, .button, summary, select, textarea, input:not([type=hidden]), nav a, .tools a, thead a, a.link, .errors a"
)].map((it) => (it.matches("[type=checkbox], [type=radio]") ? it.closest("label") : it))
  .filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.closest(".sr-only"))
  .map((it) => [it.outerHTML.slice(0, 120), it.getBoundingClientRect()])
  .filter(([, box]) => box.width > 2 && (box.height < 43.9 || box.width < 43.9))
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)
"""


@pytest.mark.parametrize(
    "template, width, scheme",
    [("parts_page.html", 360, "light"), ("parts_page.html", 1280, "dark"), ("plain_page.html", 360, "dark")],
)
def test_every_part_can_be_read_and_touched(
    open_page: Callable[..., Opened], template: str, width: int, scheme: str
) -> None:
    """No fault that axe knows, nothing to scroll sideways, nothing smaller than a thumb, and nothing from elsewhere."""
    opened = open_page(render(template), width=width, scheme=scheme)
    page = opened.page
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(SMALL_TARGETS) == []
    assert opened.complaints == []
    assert all(url.startswith(SITE) for url in opened.requests)


def test_on_paper_a_page_is_light_and_without_what_is_pressed(open_page: Callable[..., Opened]) -> None:
    """A page printed from a dark screen is dark ink on white paper, as wide as the paper, without its buttons."""
    page = open_page(render("parts_page.html"), width=680, scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert faults(page, "color-contrast") == []
    assert page.evaluate("document.documentElement.scrollWidth") == 680
    for part in (".nav", ".tools", ".action", ".toast", ".filters", ".pages"):
        assert page.locator(part).first.is_hidden()


def test_a_page_without_scripts_is_complete(open_page: Callable[..., Opened]) -> None:
    """Old phones and careful offices have JavaScript off: every word and every button is there all the same."""
    page = open_page(render("parts_page.html"), width=360, java_script_enabled=False).page
    assert page.get_by_role("button", name="Ajukan permohonan").is_visible()
    assert page.get_by_role("button", name="Urungkan").is_visible()
    assert page.locator(".close").is_hidden()
    assert page.locator("[data-offline]").is_hidden()
    assert page.locator(".menu form").is_hidden()
    page.locator(".menu summary").click()
    assert page.locator(".menu form").is_visible()


def test_live_progress_is_put_in_as_text(open_page: Callable[..., Opened]) -> None:
    """What a stream says is shown in the fields it names, and never becomes a part of the page."""
    page = open_page(render("parts_page.html")).page
    expect(page.locator("[data-field=value]")).to_have_text("2.357,0")
    assert page.locator("[data-field=served]").inner_text() == "<b>20</b>"


def test_characters_are_counted_and_messages_closed(open_page: Callable[..., Opened]) -> None:
    """The counter follows what is typed; a message goes when it is told to."""
    page = open_page(render("parts_page.html", "en")).page
    page.locator("#catatan").fill("x" * 20)
    assert page.locator("#catatan-counter").inner_text() == "280 characters left"
    page.locator("[data-close]").click()
    assert page.locator("[data-toast]").count() == 0


def test_a_large_photograph_is_made_smaller_and_shown(open_page: Callable[..., Opened], tmp_path: Path) -> None:
    """A phone's photograph of 12 megapixels goes over a slow line as one of at most the size that is taken."""
    photograph = tmp_path / "surat.png"
    Image.effect_noise((2400, 2000), 90).convert("RGB").save(photograph, compress_level=0)
    assert photograph.stat().st_size > 5_000_000
    opened = open_page(render("parts_page.html", "en"), width=360)
    page = opened.page
    page.locator("#surat").set_input_files(photograph)
    page.wait_for_selector(".preview canvas")
    expect(page.locator("#surat-told")).to_contain_text("made smaller", timeout=20_000)
    sent = page.evaluate("(({name, type, size}) => ({name, type, size}))(document.querySelector('#surat').files[0])")
    assert sent["name"] == "surat.jpg"
    assert sent["type"] == "image/jpeg"
    assert 0 < sent["size"] <= 5_000_000
    assert page.evaluate("document.querySelector('#surat').validity.valid")
    assert opened.complaints == []


def test_a_file_that_cannot_be_made_smaller_is_refused_before_it_is_sent(
    open_page: Callable[..., Opened], tmp_path: Path
) -> None:
    """A large PDF is said to be too large at once and not after minutes of upload; a small one is taken."""
    page = open_page(render("parts_page.html", "en"), width=360).page
    for size, is_taken in ((6_000_000, False), (20_000, True)):
        letter = tmp_path / f"{size}.pdf"
        letter.write_bytes(b"%PDF-1.7" + b" " * size)
        page.locator("#surat").set_input_files(letter)
        expect(page.locator("#surat-told")).to_contain_text(letter.name)
        assert page.evaluate("document.querySelector('#surat').validity.valid") is is_taken


def test_names_are_shown_as_they_are_written() -> None:
    """Whatever stands in a name is text, in attributes too."""
    hostile = "\"><script>alert(1)</script>'"
    caller = SimpleNamespace(kind="session", user_name=hostile, roles=set(), regency_name=hostile)
    toast = SimpleNamespace(text=hostile, undo_url="", undo_label="")
    rows = [{"place": hostile, "letter": hostile, "state": "draft", "people": hostile}]
    html = render("parts_page.html", caller=caller, toast=toast, regency_name=hostile, rows=rows)
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;") >= 7


def test_the_public_page_has_neither_menu_nor_scripts_of_others() -> None:
    """Without an account there is no sign-out and no htmx, so that the first page stays small."""
    html = render("plain_page.html", caller=None, navigation=[], toast=None, regency_name=None)
    assert "sign-out" not in html
    assert "htmx.min" not in html
    assert "<nav" not in html
    assert 'class="action"' not in html
    assert len(html.encode()) < 10_000


def test_every_word_of_the_shell_and_the_parts_goes_through_gettext() -> None:
    """In the bracketed language, what stands outside brackets is what the page handed in, dates and numbers."""
    told = bracketed(language("en"))
    html = render(
        "parts_page.html",
        gettext=told.gettext,
        ngettext=told.ngettext,
        words=Words(told.gettext, "en"),
        words_of_states=state_words(told),
    )
    handed_in = (ROOT / "tests" / "api" / "pages" / "parts_page.html").read_text(encoding="utf-8") + str(SAMPLES)
    text = re.sub(r"<script.*?</script>|<[^>]*>", "\n", html, flags=re.DOTALL)
    outside = re.sub(r"⟦[^⟧]*⟧", "\n", text)
    shell = {
        "Siti",
        "Batu Bara",
        "Kabupaten Batu Bara",
        "Pekan",
        "Jangkauan",
        "Pengaturan",
        "Permohonan diterima",
        "Urungkan",
    }
    bare = {unescape(word).strip(" ().·0123456789") for line in outside.splitlines() for word in line.split(", ")}
    assert {word for word in bare - shell if re.search("[A-Za-z]{2}", word) and word not in handed_in} == set()

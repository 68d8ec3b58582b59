"""Maps as a server gives them: no inline script or style, and nothing lost by that."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas
import pytest
from playwright.sync_api import Browser, Frame, Page, Route, expect

from maps.daily_map import daily_map
from maps.page import TileSource
from maps.served_page import ServedPage, served_page
from maps.week_map import week_map

if TYPE_CHECKING:
    from tests.maps.conftest import Case

SITE = "http://moling.example"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; frame-ancestors 'self'"
)
HOSTILE = "</script><script>window.ran=1</script><style>@import 'x'</style>"


def address(name: str) -> str:
    return f"/static/maps/{name}"


@pytest.fixture(scope="module")
def week_page(case: "Case", areas: geopandas.GeoDataFrame) -> ServedPage:
    return served_page(week_map(case.week, areas, gettext=str), address)


@dataclass
class Framed:
    """A map in a frame of another page, with everything that either complained of."""

    page: Page
    frame: Frame
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_framed(chromium: Browser) -> Iterator[Callable[..., Framed]]:
    """Serves a page in a plain frame under the office's policy; nothing leaves this machine."""
    pages: list[Page] = []

    def open_page(served: ServedPage, *, width: int = 1280) -> Framed:
        answers = {address(name): content for name, content in served.files.items()}
        frame = '<iframe src="/map" title="Peta" width="100%" height="800"></iframe>'
        outer = f'<!DOCTYPE html><html lang="id"><title>Pekan</title>{frame}'
        answers |= {"/": outer, "/map": served.html, "/favicon.ico": ""}

        def serve(route: Route) -> None:
            path = route.request.url.removeprefix(SITE)
            kind = {"js": "text/javascript", "css": "text/css"}.get(path.rpartition(".")[2], "text/html")
            headers = {"content-security-policy": POLICY, "x-content-type-options": "nosniff"}
            route.fulfill(body=answers[path], headers=headers, content_type=f"{kind}; charset=utf-8")

        page = chromium.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        framed = Framed(page, page.main_frame)
        page.route("**/*", serve)
        page.on("request", lambda request: framed.requests.append(request.url))
        page.on("console", lambda message: framed.complaints.append(message.text))
        page.on("pageerror", lambda error: framed.complaints.append(str(error)))
        page.goto(f"{SITE}/")
        framed.frame = page.frames[1]
        framed.frame.wait_for_selector("html[data-drawn]", timeout=15_000)
        return framed

    yield open_page
    for page in pages:
        page.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_map_works_in_a_frame_under_the_policy_of_pages(
    open_framed: Callable[..., Framed], week_page: ServedPage, width: int
) -> None:
    """All is drawn and answers to a click, with nothing inline, nothing barred and nothing from elsewhere."""
    framed = open_framed(week_page, width=width)
    assert framed.frame.locator(".leaflet-marker-pane .mark:not(.hollow):not(.base)").count() == 17
    assert framed.frame.locator(".leaflet-overlay-pane path").count() > 0
    framed.frame.locator("tbody .go").first.click()
    expect(framed.frame.locator(".leaflet-popup h3")).to_be_visible()
    assert framed.frame.evaluate("getComputedStyle(document.querySelector('.mark.village')).borderRadius") == "50%"
    assert framed.frame.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert framed.complaints == []
    assert all(url.startswith(SITE) for url in framed.requests)


def test_nothing_inline_is_left(week_page: ServedPage) -> None:
    """Neither a script nor a style stands in the page, nor an attribute that such a policy would bar."""
    assert re.findall(r"<script(?! src=| type=\"application/json\")", week_page.html) == []
    assert "<style" not in week_page.html
    assert re.findall(r"<[^>]*\s(?:style|on\w+)=", week_page.html) == []
    assert "sha256-" not in week_page.html
    assert all(re.fullmatch(r"map\.[0-9a-f]{10}\.(js|css)", name) for name in week_page.files)


def test_maps_of_one_regency_share_their_files(
    case: "Case", areas: geopandas.GeoDataFrame, week_page: ServedPage
) -> None:
    """Leaflet, our script and the styles are loaded once for all maps, whatever is drawn on them."""
    day = served_page(daily_map(case.week, case.week.itineraries[2], areas, gettext=str), address)
    shared = week_page.files.keys() & day.files.keys()
    assert len(shared) >= 5
    assert sum(len(week_page.files[name]) for name in shared) > 150_000
    again = served_page(week_map(case.week, areas, gettext=str), address)
    assert again == week_page


def test_names_that_look_like_scripts_stay_text(
    open_framed: Callable[..., Framed], case: "Case", areas: geopandas.GeoDataFrame
) -> None:
    """A name never becomes a file, nor a script of the page."""
    plain = served_page(week_map(case.week, areas, gettext=str), address)
    shouting = served_page(week_map(case.week, areas, gettext=lambda message: message + HOSTILE), address)
    assert shouting.files == plain.files
    framed = open_framed(shouting)
    assert framed.frame.evaluate("window.ran") is None
    assert framed.complaints == []


def test_the_page_keeps_its_own_fence(case: "Case") -> None:
    """Tiles are still let in from their one server; scripts and styles from this one; the rest stays shut."""
    tiles = TileSource("https://tiles.example/{z}/{x}/{y}.png", "Tiles")
    page = served_page(week_map(case.week, None, gettext=str, tiles=tiles), address).html
    found = re.search(r'Policy" content="([^"]*)"', page)
    assert found
    assert found[1].replace("&#x27;", "'").split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src https://tiles.example data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]

"""The maps in a real browser with the network off: they open, they can be used, and no text in them runs."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pytest
import shapely
from playwright.sync_api import Browser, BrowserContext, Page

from maps.daily_map import daily_map
from maps.document import as_document
from maps.itinerary import Itinerary, Stop, WeekItinerary
from maps.page import TileSource
from maps.week_map import week_map
from optimizer.problem import ShiftId, VehicleId

if TYPE_CHECKING:
    from tests.maps.conftest import Case

HOSTILE = {
    "template literal": "${window.ran=1}",
    "backticks": "`+(window.ran=1)+`",
    "end of script": "</script><script>window.ran=1</script>",
    "comment": "<!--<script>",
    "image": "<img src=x onerror=window.ran=1>",
    "quotes": "\"><b onmouseover='window.ran=1'>\\",
    "jinja": "{{7*7}}{% raw %}{%",
    "format": "{0}{count}%s%(a)s",
    "line separators": "a\N{LINE SEPARATOR}b\N{PARAGRAPH SEPARATOR}c",
    "right to left": "\N{RIGHT-TO-LEFT OVERRIDE}gnp.txet",
    "long": "Desa" * 125,
    "address": "javascript:window.ran=1",
}


@dataclass
class Opened:
    """A page with everything it asked for or complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Opens HTML from a file, with the network off; whatever the page does is written down."""
    contexts: list[BrowserContext] = []

    def open_html(html: str, *, width: int = 1280, height: int = 900) -> Opened:
        file = tmp_path / f"page-{len(contexts)}.html"
        file.write_text(html, encoding="utf-8")
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}, offline=True))
        opened = Opened(contexts[-1].new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", lambda dialog: opened.complaints.append(dialog.message))
        opened.page.goto(file.as_uri())
        opened.page.wait_for_selector("html[data-drawn]", timeout=10_000)
        return opened

    yield open_html
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def week_html(case: "Case", areas: geopandas.GeoDataFrame) -> str:
    return week_map(case.week, areas, gettext=str)


def _marks(page: Page) -> int:
    return page.locator(".leaflet-marker-pane .mark:not(.hollow):not(.base)").count()


def _data(html: str) -> Any:  # noqa: ANN401 (JSON)
    found = re.search(r'<script type="application/json" id="drawing">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("width", [360, 1280])
def test_a_week_opens_without_a_network(open_page: Callable[..., Opened], week_html: str, width: int) -> None:
    """Offices lose their line for days; the page must ask for nothing but itself, and fit a phone too."""
    opened = open_page(week_html, width=width)
    assert len(opened.requests) == 1
    assert opened.complaints == []
    assert _marks(opened.page) == 17
    assert opened.page.locator(".mark.hollow").count() == 3 + 1 + 3  # map, legend, table
    assert opened.page.locator(".leaflet-control-scale-line").inner_text().endswith("km")
    assert opened.page.locator(".steps span").all_inner_texts()[:2] == ["0\N{EN DASH}4", "5\N{EN DASH}8"]
    assert opened.page.locator("tbody .go").count() == 17
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [360, 1280])
def test_a_day_opens_without_a_network(
    open_page: Callable[..., Opened], case: "Case", areas: geopandas.GeoDataFrame, width: int
) -> None:
    """A crew opens its day where there is no signal."""
    day = case.week.itineraries[2]
    opened = open_page(daily_map(case.week, day, areas, gettext=str), width=width)
    assert len(opened.requests) == 1
    assert opened.complaints == []
    assert _marks(opened.page) == len(day.stops) == 3
    assert opened.page.locator("tr.stop").count() == 3
    assert opened.page.locator("tr.leg").count() == 4
    assert opened.page.locator("tr.rest").count() == 1
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width


def test_no_page_names_a_foreign_script_style_or_image(week_html: str) -> None:
    """Folium's defaults load eight files from other servers; none of them may come back with a new version."""
    head = week_html.split("<body", 1)[0]
    assert not re.search(r"<(link|script|img|iframe)[^>]*(src|href)\s*=", week_html)
    assert "@import" not in head
    assert set(re.findall(r"url\(([^)]*)\)", head)) == set()
    for name in ("bootstrap", "jquery", "glyphicon", "awesome"):
        assert name not in week_html.lower()


def test_the_page_shuts_out_scripts_that_are_not_its_own(open_page: Callable[..., Opened], week_html: str) -> None:
    """The second fence: were an escape missed, the policy would still keep the text from running."""
    opened = open_page(week_html)
    opened.page.evaluate(
        """() => {
            document.querySelector("main").insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran=1'>");
            const script = document.createElement("script");
            script.textContent = "window.ran = 1";
            document.body.append(script);
        }"""
    )
    opened.page.wait_for_timeout(100)
    assert opened.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)


def test_each_day_is_a_layer_that_the_keyboard_reaches(open_page: Callable[..., Opened], week_html: str) -> None:
    """Planners compare days; not all of them use a mouse."""
    page = open_page(week_html).page
    page.locator("input[name=day][value=all]").focus()
    seen = []
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        seen.append(_marks(page))
    assert seen == [4, 5, 4, 3, 1]
    page.keyboard.press("ArrowRight")
    assert _marks(page) == 17


def test_vans_unserved_visits_and_areas_can_be_hidden(open_page: Callable[..., Opened], week_html: str) -> None:
    """A crowded map becomes readable by leaving things out."""
    page = open_page(week_html).page
    page.locator("input[name=van][value='2']").uncheck()
    assert _marks(page) == 10
    page.locator("input[name=unserved]").uncheck()
    assert page.locator(".leaflet-marker-pane .hollow").count() == 0
    page.locator("input[name=areas]").uncheck()
    assert page.locator(".leaflet-overlay-pane path").count() == 0
    page.locator("input[name=areas]").check()
    assert page.locator(".leaflet-overlay-pane path").count() == 20


def test_a_mark_tells_its_visit_in_four_lines(open_page: Callable[..., Opened], week_html: str) -> None:
    """Enter on a mark does what a tap does; the words are those of the table."""
    page = open_page(week_html).page
    page.locator(".leaflet-marker-icon", has=page.locator(".mark.school.pinned, .mark.school")).first.focus()
    page.keyboard.press("Enter")
    lines = page.locator(".leaflet-popup .lines > *")
    lines.first.wait_for()
    assert lines.all_inner_texts() == [
        "SMAN 1 Lima Puluh",
        "Sen 7, 08.00\N{EN DASH}10.07 WIB",
        "Moling 1 · ≈\N{NO-BREAK SPACE}61 people",
        "62 record and print · 41 record only",
    ]


def test_an_unserved_mark_says_why(open_page: Callable[..., Opened], week_html: str) -> None:
    """A hollow mark without a reason would be a dead end."""
    page = open_page(week_html).page
    page.locator(".leaflet-marker-pane .hollow").first.click()
    assert page.locator(".leaflet-popup .lines > *").all_inner_texts()[:3] == [
        "SMAS Yapim Sei Suka",
        "Not served: Impossible",
        "Needs 310 minutes; its Saturday window is 240 minutes long.",
    ]


@pytest.mark.parametrize("width", [360, 1280])
def test_no_mark_hides_another(open_page: Callable[..., Opened], week_html: str, width: int) -> None:
    """Two visits of one school lie at one point; both numbers must be seen, on a phone too."""
    page = open_page(week_html, width=width).page
    centres = page.locator(".leaflet-marker-pane .mark").evaluate_all(
        """marks => marks.map(mark => mark.getBoundingClientRect())
            .map(box => [box.x + box.width / 2, box.y + box.height / 2])"""
    )
    near = [
        (one, other)
        for at, one in enumerate(centres)
        for other in centres[:at]
        if abs(one[0] - other[0]) < 22 and abs(one[1] - other[1]) < 22
    ]
    assert near == []


BOXES = """marks => marks.map(mark => mark.getBoundingClientRect())
    .filter(box => box.width).map(box => [box.left, box.top, box.right, box.bottom])"""


def _overlaps(one: list[float], other: list[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("width", [360, 1280])
def test_no_button_hides_a_mark(
    open_page: Callable[..., Opened], case: "Case", areas: geopandas.GeoDataFrame, week_html: str, width: int
) -> None:
    """The first view leaves room for the buttons where a stop would lie below them, after showing everything too."""
    pages = [daily_map(case.week, day, areas, gettext=str) for day in case.week.itineraries]
    for html in [week_html, *pages]:
        page = open_page(html, width=width).page
        for _ in range(2):
            buttons = page.locator(".leaflet-top.leaflet-right .leaflet-bar").evaluate_all(BOXES)
            marks = page.locator(".leaflet-marker-pane .mark:not(.base)").evaluate_all(BOXES)
            assert marks
            assert len(buttons) == 2
            assert not [mark for mark in marks for button in buttons if _overlaps(mark, button)]
            page.locator(".tool").click()


@pytest.mark.parametrize("width", [360, 1280])
def test_names_of_areas_cover_no_mark(
    open_page: Callable[..., Opened], case: "Case", areas: geopandas.GeoDataFrame, width: int
) -> None:
    """Near enough for names to be shown: they stand clear of marks, of their days, and of one another."""
    stops = [stop for day in case.week.itineraries for stop in day.stops]
    squares = [shapely.box(x - 0.02, y - 0.02, x + 0.02, y + 0.02) for x, y in map(_point, stops)]
    around = areas.head(1).loc[areas.head(1).index.repeat(len(squares))].set_geometry(squares, crs=areas.crs)
    page = open_page(week_map(case.week, around, gettext=str), width=width).page
    page.evaluate(f"map_moling.setView([{_point(stops[0])[1]}, {_point(stops[0])[0]}], 13, {{animate: false}})")
    names = page.locator(".area-name:not(.crowded)").evaluate_all(BOXES)
    marks = page.locator(".leaflet-marker-pane .mark").evaluate_all(BOXES)
    assert names
    assert not [name for name in names for mark in marks if _overlaps(name, mark)]
    assert not [name for at, name in enumerate(names) for other in names[:at] if _overlaps(name, other)]


def _point(stop: Stop) -> tuple[float, float]:
    return stop.location.lon, stop.location.lat


def test_a_row_shows_its_visit_on_the_map(open_page: Callable[..., Opened], week_html: str) -> None:
    """Also when another day is chosen: the map then shows all days again."""
    page = open_page(week_html).page
    page.locator("input[name=day]").nth(5).check(force=True)
    page.locator("tbody .go").first.click()
    assert page.locator(".leaflet-popup h3").inner_text() == "SMAN 1 Lima Puluh"
    assert page.locator("input[name=day]:checked").input_value() == "all"


def test_what_a_map_draws_is_the_document_that_is_served(
    case: "Case", areas: geopandas.GeoDataFrame, week_html: str
) -> None:
    """The interface serves `as_document`; a map drawn from anything else could differ from it."""
    documents = [as_document(day, gettext=str) for day in case.week.itineraries]
    assert [route["itinerary"] for route in _data(week_html)["routes"]] == documents
    for day, document in zip(case.week.itineraries, documents, strict=True):
        (route,) = _data(daily_map(case.week, day, areas, gettext=str))["routes"]
        assert route["itinerary"] == document


def test_the_same_week_gives_the_same_page(case: "Case", areas: geopandas.GeoDataFrame, week_html: str) -> None:
    """Folium numbers its parts at random; a published page is compared by its hash."""
    assert week_map(case.week, areas, gettext=str) == week_html


def _hostile_week(case: "Case", *texts: str) -> WeekItinerary:
    """The week with these texts, one after the other, in every place where a text can stand."""
    following = cycle(texts)
    cards = case.cards
    hostile = replace(
        cards,
        regency=next(following),
        bases=tuple(replace(base, name=next(following)) for base in cards.bases),
        vehicles=tuple(replace(van, name=next(following)) for van in cards.vehicles),
        villages=tuple(replace(village, name=next(following)) for village in cards.villages),
        notes=tuple(texts),
        sources=tuple(texts),
        visits=tuple(
            replace(
                card,
                name=next(following),
                place=next(following),
                letter_number=next(following) if number % 2 else None,
                rule=next(following),
                bring=(next(following),),
                notes=(next(following),),
                factors=tuple(replace(factor, label=next(following)) for factor in card.factors),
            )
            for number, card in enumerate(cards.visits)
        ),
    )
    unserved = tuple(replace(each, text=next(following)) for each in case.plan.unserved)
    plan = replace(case.plan, unserved=unserved)
    week = replace(case, cards=hostile, plan=plan).week
    days = tuple(
        replace(day, shift=ShiftId(next(following)), vehicle=replace(day.vehicle, id=VehicleId(next(following))))
        for day in week.itineraries
    )
    return replace(week, itineraries=days, totals=replace(week.totals, cards_used=dict.fromkeys(texts, 3)))


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(tuple(HOSTILE.values()), id="all, each in some places"),
        *(pytest.param((text,), id=f"{name}, in all places", marks=pytest.mark.slow) for name, text in HOSTILE.items()),
    ],
)
def test_hostile_text_is_shown_as_text(
    open_page: Callable[..., Opened], case: "Case", areas: geopandas.GeoDataFrame, texts: tuple[str, ...]
) -> None:
    """Names come from a public form: whatever they hold is shown as it stands, on both maps, and nothing runs."""
    week = _hostile_week(case, *texts)
    for html in (week_map(week, areas, gettext=str), daily_map(week, week.itineraries[2], areas, gettext=str)):
        opened = open_page(html, width=400)
        page = opened.page
        page.locator("tbody .go").first.click()
        assert page.locator(".leaflet-popup h3").evaluate("it => it.textContent").startswith(texts)
        page.locator(".leaflet-popup h3").dispatch_event("mouseover")
        shown = page.locator("td *, th *, h1, .over, footer p").evaluate_all("all => all.map(it => it.textContent)")
        assert all(any(text in each for each in shown) for text in texts)
        assert sum(any(text in each for text in texts) for each in shown) > 10
        assert page.evaluate("window.ran") is None
        assert opened.complaints == []
        assert len(opened.requests) == 1
        assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_tiles_are_loaded_only_from_the_source_that_the_office_set(
    open_page: Callable[..., Opened], case: "Case"
) -> None:
    """The policy lets that one server in; its attribution is text like any other."""
    tiles = TileSource("https://tiles.example/{z}/{x}/{y}.png", HOSTILE["image"])
    opened = open_page(week_map(case.week, None, gettext=str, tiles=tiles))
    assert opened.page.locator(".credit").evaluate("it => it.textContent") == HOSTILE["image"]
    assert opened.page.evaluate("window.ran") is None
    foreign = [url for url in opened.requests if not url.startswith("file:")]
    assert foreign
    assert all(url.startswith("https://tiles.example/") for url in foreign)


def test_five_stops_fit_one_sheet(open_page: Callable[..., Opened], full_week: WeekItinerary) -> None:
    """A crew takes one sheet along, not two."""
    day: Itinerary = full_week.itineraries[0]
    opened = open_page(daily_map(full_week, day, None, gettext=str))
    paper = opened.page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type /Page\b(?!s)", paper)) == 1


def test_a_printed_week_still_shows_its_whole_way(open_page: Callable[..., Opened], week_html: str) -> None:
    """On paper the map has another size; its first view is fitted again, and put back afterwards."""
    page = open_page(week_html, width=600).page
    before = page.locator(".folium-map").bounding_box()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    frame = page.locator(".folium-map").bounding_box()
    assert frame
    assert (round(frame["width"]), round(frame["height"])) == (786, 537)
    for mark in page.locator(".leaflet-marker-pane .mark").all():
        box = mark.bounding_box()
        assert box
        assert frame["x"] <= box["x"] + 14 <= frame["x"] + frame["width"]
        assert frame["y"] <= box["y"] + 14 <= frame["y"] + frame["height"]
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".folium-map").bounding_box() == before

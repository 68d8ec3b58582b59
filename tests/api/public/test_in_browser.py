"""Public pages in a real browser: without JavaScript, on a phone and on a desk, and how much they weigh."""

import gzip
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext

from api.assets import PREFIX, own_assets
from api.office import Office
from api.store.changes import ChangeKind, change_visit
from tests.offices import Visitor
from tests.stores import BATU_BARA

if TYPE_CHECKING:
    from tests.api.public.conftest import Publish

Visit = Callable[[], Visitor]
PAGES = ("/1219/", "/1219/?cari=tanjung", "/1219/desa/1219051001", "/1219/peta", "/1219/mitra-kia", "/1219/saran")
FIRST_PAGE_BYTES = 60_000


@pytest.fixture
def address(office_application: FastAPI) -> Iterator[str]:
    """Where the office answers, on a free port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(office_application, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """New contexts, closed at the end."""
    made: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        made.append(chromium.new_context(**options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_citizen_finds_the_next_visit_without_javascript(
    address: str, browse: Callable[..., BrowserContext], publish: "Publish", office: Office
) -> None:
    plan = publish()
    page = browse(java_script_enabled=False, viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{address}/?lang=en")
    page.goto(f"{address}/1219/?lang=en")
    page.get_by_label("Your village or school").fill("labuhan ruku")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=re.compile("Kelurahan Labuhan Ruku")).first.click()
    card = page.locator("article.visit-card").first
    told = card.inner_text()
    for text in ("Tuesday, 8 December 2026", "10:32", "Kantor Kelurahan Labuhan Ruku", "FREE", "family card"):
        assert text in told, (text, told)
    calendar = page.get_by_role("link", name="Add to my calendar").get_attribute("href")
    assert calendar == "/1219/desa/1219051001.ics"
    at = office.now()
    office.write(
        BATU_BARA,
        lambda scope: change_visit(
            scope, plan, "round:JT-01", ChangeKind.CANCELLED, reason="Banjir.", by="planner", at=at
        ),
    )
    page.reload()
    banner = page.get_by_role("alert").first
    assert "CANCELLED" in banner.inner_text()
    box, first = banner.bounding_box(), page.locator("article.visit-card").first.bounding_box()
    assert box is not None
    assert first is not None
    assert box["y"] < first["y"]
    page.get_by_role("link", name="Bahasa Indonesia").click()
    assert "BATAL" in page.get_by_role("alert").first.inner_text()


def test_pages_fit_phones_and_desks_and_complain_of_nothing(
    address: str, browse: Callable[..., BrowserContext], publish: "Publish"
) -> None:
    publish()
    page, faults = browse().new_page(), []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for path in PAGES:
            page.goto(address + path)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                faults.append(f"{path} is wider than {width} px")
    page.goto(f"{address}/1219/peta")
    frame = page.frame_locator("iframe")
    frame.locator(".mark").first.wait_for()
    marks = frame.locator(".leaflet-marker-icon .mark")
    before = marks.count()
    assert before > 10
    frame.locator("label", has_text="Sel 8").click()
    assert 0 < marks.count() < before
    frame.locator(".leaflet-marker-icon", has=page.locator(".mark")).first.press("Enter")
    assert "8" in frame.locator(".leaflet-popup-content").inner_text()
    assert not faults


def test_the_first_page_weighs_little(visit: Visit, publish: "Publish") -> None:
    """All that a browser fetches for it, compressed."""
    publish()
    visitor = visit()
    answer = visitor.get("/1219/")
    weight = int(answer.headers["content-length"])
    assert answer.headers["content-encoding"] == "gzip"
    for name in set(re.findall(rf'"{PREFIX}([^"]+)"', answer.text)):
        found = own_assets().find(name)
        assert found is not None
        weight += len(found.gzipped or gzip.compress(found.content))
    assert weight < FIRST_PAGE_BYTES
    assert "set-cookie" not in answer.headers
    assert "htmx.min" not in answer.text

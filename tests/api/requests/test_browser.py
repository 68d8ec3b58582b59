"""The form and the pages of a request in a real browser: searching while one types, and pages that fit a phone."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page

from api.auth.policies import SESSION_COOKIE
from api.entities import RequestId, Role
from api.office import Office
from api.store.requests import list_requests
from tests.api.requests.conftest import LETTER, SCHOOL, offer
from tests.letter_seeds import jpeg
from tests.offices import Visitor
from tests.stores import BATU_BARA

AXE = Path(__file__).resolve().parents[3] / "node_modules" / "axe-core" / "axe.min.js"
CODE = RequestId("PM-2026-0001")
WIDTHS = (360, 1280)


@pytest.fixture
def address(office_application: FastAPI) -> Iterator[str]:
    """Where the office answers, on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(office_application, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


class Watched:
    """A page that is looked at, in both widths, wherever one comes."""

    def __init__(self, page: Page, pictures: Path | None = None) -> None:
        self.page, self._pictures, self._count = page, pictures, 0
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def look(self, name: str) -> None:
        """Note what is wrong with the page as it is."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 800})
            if self.page.evaluate("document.documentElement.scrollWidth") > width:
                self.faults.append(f"{name}: wider than {width} px")
            if AXE.exists():
                self.page.evaluate(AXE.read_text())
                found = self.page.evaluate("axe.run().then(it => it.violations.map(v => v.id + ' ' + v.nodes[0].html))")
                self.faults += [f"{name} at {width} px: {each}" for each in found]
            if self._pictures is not None:
                self.page.screenshot(path=self._pictures / f"{self._count:02}-{name}-{width}.png", full_page=True)
        self._count += 1
        self.page.set_viewport_size({"width": 360, "height": 800})


def press(page: Page, name: str) -> None:
    """Press the button of that name."""
    page.get_by_role("button", name=name).click()


def test_a_vice_principal_files_a_letter_and_confirms_the_time(  # noqa: PLR0915 (a journey)
    address: str,
    office: Office,
    chromium: Browser,
    tmp_path: Path,
    pictures: Path | None,
    visit: Callable[[], Visitor],
) -> None:
    """From the first page to the calendar entry on a phone; then staff's pages of it on both widths."""
    letter = tmp_path / "surat.jpg"
    letter.write_bytes(jpeg((1200, 1600)))
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="id-ID")
    page = context.new_page()
    watched = Watched(page, pictures)
    page.goto(f"{address}/1219/permohonan?lang=en")
    watched.look("start")
    press(page, "Begin")
    page.get_by_role("searchbox").fill("sman 1 tal")
    page.get_by_label("SMA Negeri 1 Talawi").check()  # found while one types, no button pressed
    watched.look("place")
    press(page, "Continue")
    page.get_by_label("Letter number").fill(LETTER["letter_number"])
    page.get_by_label("Date of the letter").fill(LETTER["letter_written"])
    page.get_by_label("Photograph or PDF of the letter").set_input_files(letter)
    page.wait_for_selector("canvas")
    watched.look("letter")
    press(page, "Continue")
    page.get_by_label("Aged 17 and over").fill("62")
    page.get_by_label("Aged 16").fill("41")
    page.get_by_label("Days 1: first").fill("2026-12-07")
    press(page, "Add days")
    page.get_by_label("Days 2: first").fill("2026-12-14")
    watched.look("visit")
    press(page, "Continue")
    press(page, "File the request")
    page.get_by_label("Whom may we call?").fill("Rina")
    page.get_by_label("WhatsApp number").fill("1")
    page.get_by_label("Parents or guardians have been told").check()
    press(page, "File the request")
    page.wait_for_selector("#contact_whatsapp-error")
    watched.faults = [each for each in watched.faults if "422" not in each]
    watched.look("check")
    page.get_by_label("WhatsApp number").fill("0812 3456 7890")
    page.get_by_label("Parents or guardians have been told").check()
    press(page, "File the request")
    page.wait_for_url("**/s/1219.*")
    watched.look("filed")
    assert [each.id for each in office.read(BATU_BARA, list_requests) if each.place == SCHOOL] == [CODE]

    offer(office, CODE)
    page.goto(page.url.partition("?")[0])
    watched.look("offered")
    page.get_by_role("link", name="It does not suit").click()
    watched.look("decline")
    page.go_back()
    press(page, "Confirm this time")
    watched.look("confirmed")
    page.get_by_role("link", name="Cancel the request").click()
    watched.look("cancel")

    session = visit().sign_in(Role.PLANNER).http.cookies[SESSION_COOKIE]
    context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": address}])
    for name, path in (
        ("inbox", "?tab=semua"),
        ("due", "?tab=jatuh-tempo"),
        ("empty", ""),
        ("case", f"/{CODE}"),
        ("choose", "/baru?q=talawi"),
        ("enter", f"/baru?place={SCHOOL}"),
        ("list", "/daftar"),
    ):
        page.goto(f"{address}/kantor/permohonan{path}")
        watched.look(name)
    context.close()
    assert watched.faults == []


def test_the_form_is_whole_without_javascript(address: str, office: Office, chromium: Browser) -> None:
    """Search by a button, more rows by a button, and the request is filed."""
    context = chromium.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/1219/permohonan?lang=en")
    press(page, "Begin")
    page.get_by_role("searchbox").fill("sman 1 tal")
    press(page, "Search")
    page.get_by_label("SMA Negeri 1 Talawi").check()
    press(page, "Continue")
    page.get_by_label("Letter number").fill(LETTER["letter_number"])
    press(page, "Continue")
    page.get_by_label("Aged 17 and over").fill("62")
    press(page, "Add hours")
    assert page.get_by_label("Aged 17 and over").input_value() == "62"
    press(page, "Continue")
    page.get_by_label("Whom may we call?").fill("Rina")
    page.get_by_label("WhatsApp number").fill("0812 3456 7890")
    page.get_by_label("Parents or guardians have been told").check()
    press(page, "File the request")
    assert CODE in page.content()
    context.close()

"""
Take pictures of a plan's maps and of an office's pages, as an office screen and a phone show them.

Run as ``make pictures``; they go to ``docs/pictures``. Without a folder the sample week is planned, and an example
office is made and served. Needs Chromium as Debian and Ubuntu install it (``apt install chromium``); maps are opened
with its network off, so what is seen is what the files hold.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from api.auth.policies import SESSION_COOKIE
from api.entities import RequestState
from api.example import PLAN, REGENCY, make_example, publish_example
from api.office import Office
from api.sessions import IDLE, LONGEST
from api.settings import Settings
from api.store.requests import list_requests
from api.store.scope import Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from api.store.store import make_store, open_store
from geodata import SAMPLE_DIR

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = Path(__file__).parent / "pictures"
SCREENS = {1280: 900, 360: 900}
"""Width and height in CSS pixels: an office screen, a cheap phone."""


def main() -> int:
    """Take the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="folder of a plan; without one the sample is planned")
    folder = parser.parse_args().folder
    if not CHROMIUM.exists():
        print(f"Missing: Chromium at {CHROMIUM} (apt install chromium)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        plan = folder or _planned_sample(Path(temporary))
        pages = list(_pages(plan))
        if folder is None:
            pages.append((_calendar(Path(temporary)), "rounds"))
        if not pages:
            print(f"{plan} holds neither week.html nor day-*.html; give the folder of a plan.", file=sys.stderr)
            return 2
        PICTURES.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            for page, name in pages:
                _take(browser, page, name)
            if folder is None:
                _take_office(browser, Path(temporary))
            browser.close()
    return 0


def _planned_sample(temporary: Path) -> Path:
    out = temporary / "out"
    subprocess.run([sys.executable, "-m", "api.cli", "demo", "--out", str(out)], check=True)
    return out


def _calendar(temporary: Path) -> Path:
    """The calendar of a quarter's rounds of the sample."""
    out = temporary / "rounds"
    asked = ["rounds", str(SAMPLE_DIR / "batubara"), "--from", "2027-W01", "--time-limit", "15", "--out", str(out)]
    subprocess.run([sys.executable, "-m", "api.cli", *asked], check=True)
    return out / "calendar.html"


def _pages(plan: Path) -> Iterator[tuple[Path, str]]:
    """The week, and of its days the one with most stops."""
    week = plan / "week.html"
    if week.exists():
        yield week, "week"
    days = sorted(plan.glob("day-*.html"))
    if days:
        yield max(days, key=lambda day: day.read_text(encoding="utf-8").count('class="stop"')), "day"


def _take(browser: Browser, file: Path, name: str) -> None:
    for width, height in SCREENS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        page = context.new_page()
        page.goto(file.resolve().as_uri())
        if file.name != "calendar.html":  # which draws nothing
            page.wait_for_selector("html[data-drawn]")
        picture = PICTURES / f"{name}-{width}.png"
        page.screenshot(path=picture)
        print(picture.relative_to(PICTURES.parent.parent))
        context.close()


def _take_office(browser: Browser, temporary: Path) -> None:
    """Pages of an example office: of citizens, hosts, staff and crews."""
    url = f"sqlite:///{temporary}/moling.db"
    make_store(url)
    with open_store(url) as store:
        office = Office(Settings(database_url=url), store)
        make_example(store, at=office.now())
        week = publish_example(office)
        year, number, _ = week.isocalendar()
        iso_week = f"{year}-W{number:02}"
        offered = office.read(REGENCY, lambda scope: list_requests(scope, (RequestState.SLOT_OFFERED,)))[0]
        waiting = office.read(REGENCY, lambda scope: list_requests(scope, (RequestState.SUBMITTED,)))[0]
        days = office.itinerary(REGENCY, PLAN).itineraries
        village = next(stop.card.village_code for day in days for stop in day.stops if stop.card.kind == "village")
        status = _secret(office, Purpose.STATUS_LINK, offered.id)
        session = _secret(office, Purpose.SESSION, "perencana")
        crew = f"/hari-ini/{days[0].vehicle.id}/{days[0].day.isoformat()}"
        pages = (
            ("office-public", f"/{REGENCY}/", ""),
            ("office-village", f"/{REGENCY}/desa/{village}", ""),
            ("office-request", f"/{REGENCY}/permohonan", ""),
            ("office-status", f"/s/{status}", ""),
            ("office-inbox", "/kantor/permohonan", session),
            ("office-case", f"/kantor/permohonan/{waiting.id}", session),
            ("office-week", f"/kantor/pekan/{iso_week}", session),
            ("office-crew", crew, session),
        )
        with _served(url) as address:
            for name, path, cookie in pages:
                _take_page(browser, address, path, name, cookie)
        office.close()


@contextmanager
def _served(url: str) -> Iterator[str]:
    environment = {**os.environ, "MOLING_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "api.cli", "--lang", "en", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        found = re.search(rb"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert found
        yield found[0].decode()
        server.terminate()


def _take_page(browser: Browser, address: str, path: str, name: str, session: str) -> None:
    for width, height in SCREENS.items():
        context = browser.new_context(viewport={"width": width, "height": height})
        if session:
            context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": address}])
        page = context.new_page()
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        picture = PICTURES / f"{name}-{width}.png"
        page.screenshot(path=picture)
        print(picture.relative_to(PICTURES.parent.parent))
        context.close()


def _secret(office: Office, purpose: Purpose, subject: str) -> str:
    secret, now = new_secret(REGENCY), office.now()
    is_session = purpose is Purpose.SESSION
    lasts, ends = (IDLE, now + LONGEST) if is_session else (timedelta(days=1), None)

    def keep(scope: Writing) -> None:
        keep_secret(scope, secret, purpose, subject, lasts=lasts, by="pictures", at=now, ends=ends)

    office.write(REGENCY, keep)
    return secret


if __name__ == "__main__":
    sys.exit(main())

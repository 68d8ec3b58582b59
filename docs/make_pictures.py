"""
Take pictures of a plan's maps, as a planner's screen and a phone show them, into ``docs/pictures``.

Run as ``make pictures``. Without a folder the sample week is planned first. Needs Chromium as Debian and Ubuntu
install it (``apt install chromium``); its network is off, so what is seen is what the files hold.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

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


if __name__ == "__main__":
    sys.exit(main())

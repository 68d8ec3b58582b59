"""A real browser with the network off, for everything that is looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

pytest_plugins = ["tests.generated", "tests.weeks"]
CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium as Debian and Ubuntu install it; tests that need it are skipped where it is missing."""
    if not CHROMIUM.exists():
        pytest.skip(f"Chromium is missing at {CHROMIUM} (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()

"""A real browser with the network off, and how many generated cases a property is tried on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

pytest_plugins = [
    "tests.generated",
    "tests.living",
    "tests.stores",
    "tests.drafts",
    "tests.offices",
    "tests.programs",
    "tests.weeks",
]
CHROMIUM = Path("/usr/bin/chromium")
DAILY_EXAMPLES = 25
"""Of each property where slow tests are left out; cases are drawn anew in every run, so that days add up."""
ALL_EXAMPLES = 150


def pytest_configure(config: pytest.Config) -> None:
    """Try fewer generated cases in ``make test`` than in ``make test-all``; slow tests name their own count."""
    is_daily = config.getoption("markexpr") == "not slow"
    settings.register_profile("moling", max_examples=DAILY_EXAMPLES if is_daily else ALL_EXAMPLES, deadline=None)
    settings.load_profile("moling")


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

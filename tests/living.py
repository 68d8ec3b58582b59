"""An office in full life: the example with a published week, on a real server, for tests of every page and journey."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Page

from api.example import REGENCY, make_example, publish_example
from api.office import Office
from api.sessions import IDLE, LONGEST
from api.settings import Settings
from api.store.scope import Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from api.store.store import make_store, open_store

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (360, 1280)


@dataclass(frozen=True)
class Living:
    """
    The office and its server.

    Attributes
    ----------
    week
        Monday of the published week, the one after the present.
    passwords
        By account.
    """

    office: Office
    port: int
    week: date
    passwords: dict[str, str]

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def iso_week(self) -> str:
        """As addresses name the week."""
        year, number, _ = self.week.isocalendar()
        return f"{year}-W{number:02}"

    def session(self, user: str) -> str:
        """The secret of a new session of that account."""
        secret, now = new_secret(REGENCY), self.office.now()

        def keep(scope: Writing) -> None:
            keep_secret(scope, secret, Purpose.SESSION, user, lasts=IDLE, by=user, at=now, ends=now + LONGEST)

        self.office.write(REGENCY, keep)
        return secret


@pytest.fixture(scope="session")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """The example office with its next week planned and published, served on a free port."""
    folder = tmp_path_factory.mktemp("living")
    url = f"sqlite:///{folder}/moling.db"
    make_store(url)
    with open_store(url) as store:
        office = Office(Settings(database_url=url), store)
        passwords = make_example(store, at=datetime.now(UTC))
        week = publish_example(office)
        environment = {**os.environ, "MOLING_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "api.cli", "--lang", "en", "serve", "--port", "0"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            line = server.stdout.readline().decode()
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            assert found, line
            yield Living(office, int(found[1]), week, passwords)
            server.terminate()
        office.close()


@pytest.fixture
def worker(living: Living) -> Iterator[None]:
    """A worker of the office, as it is started by an office."""
    environment = {**os.environ, "MOLING_DATABASE_URL": living.office.settings.database_url}
    command = [sys.executable, "-m", "api.cli", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        yield
        process.terminate()


def faults_of(page: Page, address: str) -> list[str]:
    """What is wrong with the page at that address, at both widths."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    answer = page.goto(address)
    assert answer is not None
    if answer.status != HTTPStatus.OK:
        faults.append(str(answer.status))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        faults += [f"at {width} px: {each}" for each in looks_of(page)]
    return faults


def looks_of(page: Page) -> list[str]:
    """What axe finds on the page as it is shown now, and whether it has to be scrolled sideways."""
    if not AXE.exists():
        pytest.skip("axe-core is missing (npm ci)")
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate("axe.run().then(it => it.violations.map(v => v.id + ' ' + v.nodes[0].html))")
    is_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*found, *(["it has to be scrolled sideways"] if is_wide else [])]

"""
An office that is killed again and again while many write: what it acknowledged is there once, with its audit row.

Clients do as good programs do: each change has a key, and is sent again with it until it is answered.
"""

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.entities import RequestId
from api.example import REGENCY, make_example
from api.store.audit import AuditRow, first_broken, list_audit
from api.store.requests import list_requests, request_steps
from api.store.scope import Reading, Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from api.store.store import Store, open_store
from tests.living import ROOT

CLIENTS = 16
ROUNDS = 100


class Client(threading.Thread):
    """Files one request after another until it is told to stop; ``acknowledged`` are codes by key."""

    def __init__(self, name: int, token: str, port: int, place: str, stop: threading.Event) -> None:
        super().__init__()
        self.acknowledged: dict[str, str] = {}
        self.refused: list[str] = []
        self._label, self._token, self._port, self._place, self._stop_event = name, token, port, place, stop

    def run(self) -> None:
        """File and file again."""
        number = 0
        while not self._stop_event.is_set():
            key = f"client-{self._label}-{number}"
            code = self._file(key)
            if code is not None:
                self.acknowledged[key] = code
                number += 1

    def _file(self, key: str) -> str | None:
        body = json.dumps({"place": self._place, "counts": {"record_and_print": 20}, "letter": {"number": key}})
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            connection.request("POST", "/api/v1/requests", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
            return None
        if answer.status != 201:
            self.refused.append(f"{answer.status} {content[:200]!r}")
            time.sleep(0.1)
            return None
        return str(json.loads(content)["id"])


def start_server(url: str, port: int, folder: Path) -> subprocess.Popen[bytes]:
    """`moling serve`, in a process group of its own, answering."""
    environment = {**os.environ, "MOLING_DATABASE_URL": url, "MOLING_CACHE_FOLDER": str(folder / "cache")}
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        assert server.poll() is None
        time.sleep(0.05)
    raise AssertionError("The server does not answer.")


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def give_token(store: Store) -> str:
    """A token of the planner's account."""
    token, now = new_secret(REGENCY), datetime.now(UTC)

    def keep(scope: Writing) -> None:
        keep_secret(scope, token, Purpose.API_TOKEN, "perencana", lasts=timedelta(days=1), by="test", at=now)

    store.write(REGENCY, keep)
    return token


def kill_and_look(new_url: Callable[[], str], folder: Path, rounds: int) -> None:
    """Kill the office that many times under clients, then hold what is there against what was acknowledged."""
    from api.store.store import make_store  # noqa: PLC0415 (used here alone)

    url, port, rng = new_url(), free_port(), random.Random(rounds)
    make_store(url)
    with open_store(url) as store:
        make_example(store, at=datetime.now(UTC))
        token = give_token(store)
        place = store.read(REGENCY, list_requests)[0].place
        before = {request.id for request in store.read(REGENCY, list_requests)}
    stop = threading.Event()
    clients = [Client(name, token, port, place, stop) for name in range(CLIENTS)]
    server = start_server(url, port, folder)
    for client in clients:
        client.start()
    for _ in range(rounds):
        time.sleep(rng.uniform(0.05, 0.6))
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        server = start_server(url, port, folder)
    time.sleep(1.0)
    stop.set()
    for client in clients:
        client.join()
    server.terminate()
    server.wait()
    with open_store(url) as store:
        store.read(REGENCY, lambda scope: look(scope, clients, before))


def look(scope: Reading, clients: list[Client], before: set[RequestId]) -> None:
    """Everything acknowledged is there once; whatever is there has its step and its audit row; the chain is whole."""
    acknowledged = {key: code for client in clients for key, code in client.acknowledged.items()}
    assert [each for client in clients for each in client.refused] == []
    assert len(acknowledged) >= CLIENTS
    assert len(set(acknowledged.values())) == len(acknowledged)
    filed = {request.id: request for request in list_requests(scope) if request.id not in before}
    for key, code in acknowledged.items():
        assert filed[code].letter.number == key  # type: ignore[index]
    # A change whose answer was lost may be there without being acknowledged, but never twice.
    numbers = Counter(request.letter.number for request in filed.values())
    assert [number for number, times in numbers.items() if times > 1] == []
    added = Counter(row.subject for row in all_audit(scope) if row.action == "request.added")
    assert all(added[code] == 1 for code in filed)
    assert {code for code in added if re.fullmatch(r"PM-\d{4}-\d+", code)} == {*filed, *before}
    assert all(request_steps(scope, code) for code in filed)
    assert first_broken(scope) is None


def all_audit(scope: Reading) -> list[AuditRow]:
    """Every act."""
    rows: list[AuditRow] = []
    while found := list_audit(scope, after=rows[-1].number if rows else 0, limit=1000):
        rows += found
    return rows


def test_an_office_that_is_killed_loses_and_doubles_nothing(new_url: Callable[[], str], tmp_path: Path) -> None:
    kill_and_look(new_url, tmp_path, rounds=3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_an_office_that_is_killed_a_hundred_times_loses_and_doubles_nothing(
    new_url: Callable[[], str], tmp_path: Path
) -> None:
    kill_and_look(new_url, tmp_path, rounds=ROUNDS)

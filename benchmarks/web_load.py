"""
How many calls an office answers while two weeks are being solved: ``python -m benchmarks.web_load``.

It makes the example office in a folder of its own, serves it as `moling serve` does, keeps two solves running in its
workers' manner (children at nice 19), and calls it from this process over loopback:

- *signed in*: 30 % inbox, 30 % week page, 20 % status link of a host, 20 % durable writes (a new link for a host: a row
  with its audit row), first as fast as they are answered, then at the rate that is asked for;
- *public*: the start page and village pages, as phones ask for them, gzipped, ready bytes.

It ends by itself, after about two minutes. On a machine of two processors the caller takes a good part of one.
"""

import argparse
import asyncio
import gc
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import uvloop

from api.auth.caller import form_token
from api.auth.sessions import IDLE, LONGEST
from api.example import PLAN, REGENCY, make_example, publish_example
from api.office import Office
from api.settings import Settings
from api.store.plans import get_documents
from api.store.requests import list_requests
from api.store.scope import Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from api.store.store import make_store, open_store
from benchmarks.load import Call, Figures, get, post_form, run_load

ROOT = Path(__file__).resolve().parents[1]
RATE = 250.0
CONNECTIONS = 16
MOST_P99_MS = 150
LEAST_PUBLIC = 2_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when an aim is missed or a call was answered wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--solves", type=int, default=2, help="solves that run beside it")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="moling-load-") as folder:
        return _measure(Path(folder), told.seconds, told.solves)


def _measure(folder: Path, seconds: float, solves: int) -> int:
    url = f"sqlite:///{folder}/moling.db"
    make_store(url)
    with open_store(url) as store:
        office = Office(Settings(database_url=url), store)
        make_example(store, at=office.now())
        publish_example(office)
        signed_in, public = list(_signed_in(office)), list(_public(office))
        instance = folder / "instance.json"
        instance.write_bytes(_instance(office))
        office.close()
    missed = 0
    with _serving(url) as port, _solving(instance, solves):
        time.sleep(3)
        gc.disable()
        for call in (*signed_in, *public):
            asyncio.run(run_load(port, [call], seconds=0.5, connections=2))  # first use makes what is kept ready
        most = uvloop.run(run_load(port, signed_in, seconds=seconds, connections=CONNECTIONS))
        _tell("signed-in mix, as fast as answered", most)
        paced = uvloop.run(run_load(port, signed_in, seconds=seconds, connections=4 * CONNECTIONS, per_second=RATE))
        _tell(f"signed-in mix at {RATE:g} a second", paced)
        open_pages = uvloop.run(run_load(port, public, seconds=seconds, connections=CONNECTIONS))
        _tell("public pages, as fast as answered", open_pages)
    for name, is_met in (
        (f"signed-in mix: at least {RATE:g}/s", most.per_second >= RATE),
        ("signed-in mix at that rate: p99 below 150 ms", paced.percentile_ms(99) < MOST_P99_MS),
        ("public pages: at least 2,000/s", open_pages.per_second >= LEAST_PUBLIC),
        ("no wrong answer", not (most.wrong or paced.wrong or open_pages.wrong)),
    ):
        print(f"{'met   ' if is_met else 'MISSED'} {name}")
        missed += not is_met
    return int(missed > 0)


def _signed_in(office: Office) -> Iterator[Call]:
    session = _secret(office, Purpose.SESSION, "perencana")
    request = office.read(REGENCY, list_requests)[0]
    status = _secret(office, Purpose.STATUS_LINK, request.id)
    week = office.itinerary(REGENCY, PLAN)
    year, number, _ = week.week.isocalendar()
    page = f"/kantor/pekan/{year}-W{number:02}"
    cookie = {"Cookie": f"moling={session}", "Accept_Encoding": "gzip"}
    yield Call("inbox", 30, lambda: get("/kantor/permohonan", **cookie))
    yield Call("week", 30, lambda: get(page, **cookie))
    yield Call("status", 20, lambda: get(f"/s/{status}", Accept_Encoding="gzip"))
    link = f"/kantor/permohonan/{request.id}/tautan"
    fields = urlencode({"csrf": form_token(session)}).encode()

    def write() -> bytes:
        return post_form(link, fields, Cookie=f"moling={session}", Sec_Fetch_Site="same-origin")

    yield Call("write", 20, write, frozenset({200, 303}))


def _public(office: Office) -> Iterator[Call]:
    villages = [village.code for village in office.region(REGENCY).villages][:30]
    turns = itertools.cycle(villages)
    yield Call("start", 40, lambda: get(f"/{REGENCY}/", Accept_Encoding="gzip"))
    yield Call("village", 60, lambda: get(f"/{REGENCY}/desa/{next(turns)}", Accept_Encoding="gzip"))


def _secret(office: Office, purpose: Purpose, subject: str) -> str:
    secret, now = new_secret(REGENCY), office.now()
    ends = now + LONGEST if purpose is Purpose.SESSION else None
    lasts = IDLE if purpose is Purpose.SESSION else timedelta(days=1)

    def keep(scope: Writing) -> None:
        keep_secret(scope, secret, purpose, subject, lasts=lasts, by="bench", at=now, ends=ends)

    office.write(REGENCY, keep)
    return secret


def _instance(office: Office) -> bytes:
    return office.read(REGENCY, lambda scope: get_documents(scope, PLAN)).instance


@contextmanager
def _serving(url: str) -> Iterator[int]:
    environment = {**os.environ, "MOLING_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "api.cli", "--lang", "en", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        found = re.search(rb"127\.0\.0\.1:(\d+)", server.stdout.readline())
        assert found
        yield int(found[1])
        server.terminate()


@contextmanager
def _solving(instance: Path, solves: int) -> Iterator[None]:
    # As a worker's children: at the lowest priority, for longer than the measurement.
    command = [sys.executable, "-m", "api.cli", "solve", str(instance), "--time-limit", "600", "--engine", "routing"]
    children = [
        subprocess.Popen(
            ["nice", "-n", "19", *command, "--out", str(instance.with_name(f"plan-{number}.json"))],  # noqa: S607
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for number in range(solves)
    ]
    try:
        yield
    finally:
        for child in children:
            child.terminate()
            child.wait()


def _tell(title: str, figures: Figures) -> None:
    print(
        f"{title}: {figures.per_second:,.0f}/s, p50 {figures.percentile_ms(50):.0f} ms, "
        f"p99 {figures.percentile_ms(99):.0f} ms, wrong {dict(figures.wrong)}"
    )
    for name in figures.times_s:
        print(
            f"   {name:<8} p50 {figures.percentile_ms(50, name):.1f} ms, p99 {figures.percentile_ms(99, name):.1f} ms"
        )


if __name__ == "__main__":
    sys.exit(main())

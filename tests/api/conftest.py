"""Instances as files, and the command line as a person starts it: in a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random

import pytest

from optimizer.instance import write_problem
from optimizer.problem import (
    Location,
    LocationId,
    Pause,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    VehicleId,
    Visit,
    VisitId,
)

ROOT = Path(__file__).resolve().parents[2]
MOLING = [sys.executable, "-m", "api.cli"]

StartMoling = Callable[..., subprocess.Popen[bytes]]
RunMoling = Callable[..., subprocess.CompletedProcess[str]]


def make_week(visits: int, vans: int = 2, seed: int = 3) -> Problem:
    """A week of vans that leave one office, with as many visits at places of their own, more than can be made."""
    random = Random(seed)
    places = [Location(LocationId("office"), 99.53, 3.16)]
    places += [
        Location(LocationId(f"desa-{n}"), round(99.3 + random.random() / 2, 4), round(2.9 + random.random() / 2, 4))
        for n in range(visits)
    ]
    shifts = [
        Shift(
            ShiftId(f"van-{van}/{day}"),
            VehicleId(f"van-{van}"),
            places[0].id,
            places[0].id,
            day * 1_440 + 450,
            day * 1_440 + 960,
            pauses=(Pause(day * 1_440 + 720, day * 1_440 + 780),),
            cost_per_km=0.5,
        )
        for van in range(vans)
        for day in range(5)
    ]
    candidates = [
        Visit(
            VisitId(f"desa-{n}"),
            LocationId(f"desa-{n}"),
            float(random.randint(10, 200)),
            random.randint(30, 150),
            tuple(TimeWindow(day * 1_440 + 480, day * 1_440 + 900) for day in range(5)),
            setup_min=20,
        )
        for n in range(visits)
    ]
    return Problem("week", date(2026, 12, 7), "Asia/Jakarta", tuple(places), tuple(shifts), tuple(candidates))


@pytest.fixture(scope="session")
def week() -> Problem:
    """Two vans, five days, 60 villages."""
    return make_week(60)


@pytest.fixture(scope="session")
def big_week() -> Problem:
    """3,000 villages without matrices, as many as a regency with every hamlet."""
    return make_week(3_000, vans=10)


@pytest.fixture
def write_instance(tmp_path: Path) -> Callable[[Problem], Path]:
    """Write a problem as an instance file."""

    def write(problem: Problem) -> Path:
        path = tmp_path / "instance.json"
        path.write_bytes(write_problem(problem))
        return path

    return write


@pytest.fixture
def run_moling() -> RunMoling:
    """Run ``moling`` with those arguments to its end, output piped."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MOLING, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.fixture
def start_moling() -> Iterator[StartMoling]:
    """Start ``moling`` with those arguments; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = subprocess.Popen([*MOLING, *map(str, arguments)], cwd=ROOT, **options)  # type: ignore[call-overload]
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

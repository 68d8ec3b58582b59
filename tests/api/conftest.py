"""Instances as files, and the command line as a person starts it: in a process of its own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from optimizer.instance import write_problem
from optimizer.problem import (
    Problem,
)

ROOT = Path(__file__).resolve().parents[2]
MOLING = [sys.executable, "-m", "api.cli"]

StartMoling = Callable[..., subprocess.Popen[bytes]]
RunMoling = Callable[..., subprocess.CompletedProcess[str]]


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

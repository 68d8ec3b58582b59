"""Instances as files, and the command line: as a person starts it, in a process of its own, and as a call."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.cli import main
from optimizer.instance import write_problem
from optimizer.problem import (
    Problem,
)

ROOT = Path(__file__).resolve().parents[2]
MOLING = [sys.executable, "-m", "api.cli"]
UNBUFFERED = {**os.environ, "PYTHONUNBUFFERED": "1"}

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


@pytest.fixture(scope="session")
def shown_demo(tmp_path_factory: pytest.TempPathFactory, run_moling: RunMoling) -> subprocess.CompletedProcess[str]:
    """``moling demo`` of the sample's week 2026-W50; the last of its arguments is the folder."""
    out = tmp_path_factory.mktemp("planned") / "out"
    return run_moling("--lang", "en", "demo", "--week", "2026-W50", "--time-limit", "6", "--out", out)


@pytest.fixture(scope="session")
def planned_week(shown_demo: subprocess.CompletedProcess[str]) -> Path:
    """The folder that ``moling demo`` wrote: the sample's week as ``moling plan`` writes it."""
    assert shown_demo.returncode == 0, shown_demo.stderr
    return Path(shown_demo.args[-1])


@pytest.fixture(scope="session")
def published_week(week: Problem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the instance and the plan of a week of two vans and 25 villages, and the state of its solve."""
    folder = tmp_path_factory.mktemp("published")
    instance, plan, state = folder / "instance.json", folder / "plan.json", folder / "state"
    instance.write_bytes(write_problem(replace(week, visits=week.visits[:25])))
    arguments = ["solve", instance, "--time-limit", 20, "--out", plan, "--state", state]
    subprocess.run([*MOLING, *map(str, arguments)], cwd=ROOT, capture_output=True, check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Start ``moling serve`` on a free port of this machine; servers end with the module's tests."""
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path) -> subprocess.Popen[bytes]:
        arguments = ["serve", str(folder), "--port", "0"]
        started.append(subprocess.Popen([*MOLING, *arguments], cwd=ROOT, stdout=subprocess.PIPE, env=UNBUFFERED))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def run_moling() -> RunMoling:
    """Run ``moling`` with those arguments to its end, output piped."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*MOLING, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.fixture
def call_moling(capsys: pytest.CaptureFixture[str]) -> RunMoling:
    """Call ``moling`` with those arguments in this process, for what ends without a search; output captured."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        code = main([*map(str, arguments)])
        return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())

    return call


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

"""
One engine on one instance: a whole process, its seconds and peak memory as seen from outside, its plan by the judge.

Ours run as ``moling solve`` on a terminal of our own, so that the values over time are those that a planner sees; peers
run as `benchmarks.peer`. Either must have answered by its limit; one that has not some time later is killed.
"""

import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cases import Case
from benchmarks.judged import judge
from benchmarks.peer import PEERS, list_lacks
from optimizer.instance import read_plan, sha256_of, write_problem
from optimizer.solve import Engine

_ROOT = Path(__file__).resolve().parent.parent
_GRACE_S = 20
_VALUE = re.compile(r"Value ([-\d.,]+), visits")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_TRACE_POINTS = 200
_KIB_PER_MB = 1_024


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What one run of an engine gave.

    Attributes
    ----------
    limit_s, seconds
        What it was given, and what it took from the start of the process to its end.
    value, served, km, bound, status
        Of the plan, the value by the judge; None and nothing where there is no plan.
    memory_mb
        Most memory that its processes held, each at its own peak, added up.
    trace
        Seconds since the start of the process, and the value of the best plan then.
    note
        Why there is no value: what the engine has no means for, or how it failed.
    """

    set: str
    instance: str
    visits: int
    shifts: int
    engine: str
    limit_s: float
    seed: int
    value: float | None = None
    bound: float | None = None
    status: str = ""
    served: int = 0
    km: float = 0.0
    seconds: float = 0.0
    memory_mb: float = 0.0
    trace: tuple[tuple[float, float], ...] = ()
    note: str = ""


def list_engines() -> tuple[str, ...]:
    """Names of all engines: ours first, then the peers."""
    return (*(engine.value for engine in Engine), *PEERS)


def measure(case: Case, engine: str, limit_s: float, seed: int) -> Measured:
    """Run an engine once and judge what it says."""
    blank = Measured(case.set, case.name, len(case.problem.visits), len(case.problem.shifts), engine, limit_s, seed)
    lacks = list_lacks(engine, case.problem) if engine in PEERS else []
    if lacks:
        return replace(blank, note=f"cannot say: {', '.join(lacks)}")
    with tempfile.TemporaryDirectory() as folder:
        instance, plan, trace = (Path(folder) / name for name in ("instance.json", "plan.json", "trace.json"))
        document = write_problem(case.problem)
        instance.write_bytes(document)
        run = _run(_command(engine, instance, plan, trace, limit_s, seed), limit_s)
        found = replace(blank, seconds=run.seconds, memory_mb=run.memory_mb)
        if not plan.exists():
            return replace(found, note=f"no answer: {run.ending}")
        answer = read_plan(plan.read_bytes())
        points = json.loads(trace.read_text()) if trace.exists() else run.trace
    judged = judge(case.problem, answer)
    if judged.broken or answer.instance_sha256 != sha256_of(document):
        return replace(found, note=f"broken plan: {'; '.join(judged.broken) or 'of another instance'}")
    return replace(
        found,
        value=judged.value,
        bound=answer.bound,
        status=answer.status.value,
        served=judged.served,
        km=judged.km,
        trace=_thinned([(seconds, value) for seconds, value in points], judged.value, run.seconds),
        note="" if judged.value is not None else "no plan of all required visits",
    )


def _command(engine: str, instance: Path, plan: Path, trace: Path, limit_s: float, seed: int) -> list[str]:
    shared = [str(instance), "--time-limit", str(limit_s), "--seed", str(seed), "--out", str(plan)]
    if engine in PEERS:
        return [sys.executable, "-m", "benchmarks.peer", engine, *shared, "--trace", str(trace)]
    return [sys.executable, "-m", "api.cli", "--lang", "en", "solve", *shared, "--engine", engine, "--threads", "1"]


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    memory_mb: float
    ending: str
    trace: list[tuple[float, float]]


def _run(command: list[str], limit_s: float) -> _Run:
    ours, theirs = pty.openpty()
    begin = time.monotonic()
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=_ROOT, env=one_thread, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    trace: list[tuple[float, float]] = []
    said = b""
    peaks: dict[int, int] = {}
    while (heard := _hear(ours)) is not None:
        _note_peaks(process.pid, peaks)
        said = (said + heard)[-2_000:]
        values = _VALUE.findall(heard.decode(errors="replace"))
        if values:
            trace.append((round(time.monotonic() - begin, 2), float(values[-1].replace(",", ""))))
        if time.monotonic() > begin + limit_s + _GRACE_S:
            process.kill()
    os.close(ours)
    process.wait()
    last = said.decode(errors="replace").strip().splitlines()[-1:]
    ending = f"exit code {process.returncode} {' '.join(last)}".strip()
    return _Run(round(time.monotonic() - begin, 2), round(sum(peaks.values()) / _KIB_PER_MB, 1), ending, trace)


def _hear(terminal: int) -> bytes | None:
    """What was said within a moment; None once no process holds the other end."""
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if not ready:
        return b""
    try:
        return os.read(terminal, 65_536) or None
    except OSError:  # how Linux says that the other end is closed
        return None


def _note_peaks(pid: int, peaks: dict[int, int]) -> None:
    """
    Note the most memory, in KiB, that a process and its children have held so far.

    It is read from the running process: what the kernel tells of one that has ended counts in the memory of the
    process that started it, before the new program was loaded.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended
        return
    peak = _PEAK.search(status)
    if peak is not None:
        peaks[pid] = int(peak[1])
    for child in children:
        _note_peaks(int(child), peaks)


def _thinned(points: list[tuple[float, float]], value: float | None, seconds: float) -> tuple[tuple[float, float], ...]:
    """The points where the value rises, the last one included, and no more of them than a chart can show."""
    rises: list[tuple[float, float]] = []
    for at, each in [*points, *([(seconds, value)] if value is not None else [])]:
        if not rises or each > rises[-1][1]:
            rises.append((at, each))
    step = -(-len(rises) // _TRACE_POINTS) or 1
    return (*rises[:-1:step], *rises[-1:])

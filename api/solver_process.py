"""
Solving in a child process that its parent stops: limits are kept whatever an engine does.

The routing library overruns its own limit on large problems and holds the interpreter lock, so no thread could stop
it. The child gets the bytes of the instance and hands over every better plan through a pipe; each is complete, so the
parent can kill it at any time and still has the best plan so far, which it reads and judges by itself. The child dies
with its parent, writes to no terminal, and hears no Ctrl-C: the parent alone decides when it ends.

A message is a kind (one byte), a length (eight) and that many bytes.
"""

import contextlib
import ctypes
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from api.errors import SolverProcessError
from api.i18n import language
from optimizer.errors import OptimizerError
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of, write_plan
from optimizer.plan import Plan, PlanStatus
from optimizer.problem import Problem
from optimizer.solve import Engine, SolveOptions, solve
from optimizer.state import State, read_state, write_state

_HEAD = struct.Struct(">cQ")
_SETTINGS, _INSTANCE, _INITIAL, _END, _BETTER, _FINAL, _FAILED = b"S", b"I", b"0", b".", b"B", b"F", b"X"
_STATE, _OUT_OF_MEMORY = b"K", b"M"
_CHILD_RESERVE_S = 0.5
"""The child is asked to answer this long before the limit, so that its own answer is usually the one that counts."""
_TICK_S = 0.1
"""How often the parent looks whether it should stop."""
_SEND_SHARE = 5
"""A plan is handed over at most every so many times as long as handing one over takes."""
_PR_SET_PDEATHSIG = 1
_MEMORY_SHARE = 0.75
"""Part of the machine's memory that a search may take where nobody says how much."""
_LEAST_MEMORY_MB = 1_024
_BYTES_PER_MB = 1_024 * 1_024
_START = "import sys; sys.path.insert(0, sys.argv[1]); from api.solver_process import run_child; run_child()"


def usual_memory_mb() -> int:
    """Most address space of a search where nobody says how much: a part of what the machine has."""
    machine_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _BYTES_PER_MB
    return max(_LEAST_MEMORY_MB, int(_MEMORY_SHARE * machine_mb))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSettings:
    """
    What the child is told beside the instance.

    Attributes
    ----------
    deadline
        Minute of truth on the monotonic clock of this machine, which all its processes share: the parent kills the
        child then.
    language
        Of the texts in the plan.
    niceness
        By how much the child stands back behind other processes.
    memory_mb
        Most address space it may take: with more the search ends with the best plan so far.
    prove, keeps_state
        Whether to prove the plan good, and to hand over what later solves can start from.
    """

    deadline: float
    language: str
    engine: str = "column-generation"
    seed: int = 1
    threads: int = 1
    solution_limit: int | None = None
    niceness: int = 0
    memory_mb: int = field(default_factory=usual_memory_mb)
    prove: bool = True
    keeps_state: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """
    How far a solve has come.

    Attributes
    ----------
    value, served
        Of the best plan that was judged; None and 0 before there is one.
    gap
        Proved relative distance of its value from the best possible; None where none is proved yet.
    bound
        Proved upper bound of what any plan is worth; None where none is proved yet.
    """

    value: float | None
    served: int
    gap: float | None
    seconds_left: float
    bound: float | None = None


class SolverProcess:
    """
    A solve in a child process, which ends with the ``with`` block at the latest.

    The kernel kills the child when the thread that made it ends; keep that thread alive while it works.

    Parameters
    ----------
    instance
        Bytes of the instance document; the child reads them by itself, at the same time as the parent.
    initial_plan, state
        Bytes of a plan and a state document to start from.

    Attributes
    ----------
    failure
        Why the child broke off, once it did.
    out_of_memory
        Whether it ended because it was refused memory.
    state
        Bytes of the state document that the child handed over; None until then.
    """

    def __init__(
        self,
        instance: bytes,
        settings: ChildSettings,
        initial_plan: bytes | None = None,
        state: bytes | None = None,
    ) -> None:
        self._instance, self._settings = instance, settings
        self.state: bytes | None = None
        self._messages: queue.SimpleQueue[tuple[bytes, bytes]] = queue.SimpleQueue()
        self.failure: str | None = None
        self.out_of_memory = False
        told = {**asdict(settings), "parent": os.getpid()}
        with tempfile.TemporaryFile() as stdin:  # a pipe would block until the child has come up
            _write_message(stdin, _SETTINGS, json.dumps(told).encode())
            _write_message(stdin, _INSTANCE, instance)
            for kind, document in ((_INITIAL, initial_plan), (_STATE, state)):
                if document is not None:
                    _write_message(stdin, kind, document)
            stdin.seek(0)
            root = str(Path(__file__).resolve().parent.parent)
            self._child = subprocess.Popen(  # noqa: S603 (this interpreter, this code)
                [sys.executable, "-P", "-c", _START, root],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # no Ctrl-C from the terminal
            )
        self._reader = threading.Thread(target=self._read_messages, name="solver-reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._child.pid

    def kill(self) -> None:
        """End the child, whatever it is doing, and wait until it has gone."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self._reader.join()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def wait(
        self,
        problem: Problem,
        *,
        on_progress: Callable[[Progress], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Plan:
        """
        The child's answer, or the best plan so far when the limit is reached, it is told to stop or the child breaks.

        Parameters
        ----------
        problem
            What the instance describes; plans are judged with it.
        on_progress
            Called several times a second.
        should_stop
            Asked several times a second.

        Raises
        ------
        SolverProcessError
            When the child broke before it had a plan, or its plan breaks a rule.
        """
        judge = _Judge(problem, sha256_of(self._instance), self._settings.engine)
        while self.failure is None and not judge.final:
            left = self._settings.deadline - time.monotonic()
            on_progress(Progress(judge.value, judge.served, judge.gap, max(0.0, left), judge.bound))
            if left <= 0 or should_stop():
                self.kill()
                self._take_messages(judge, 0)
                break
            self.failure = self._take_messages(judge, min(_TICK_S, left))
        self.kill()
        if judge.best is not None:
            return judge.best
        if self.out_of_memory:
            raise SolverProcessError(
                f"The solver needs more than the {self._settings.memory_mb} MB of memory it was allowed."
            )
        if self.failure is not None:
            raise SolverProcessError(f"The solver broke off: {self.failure}")
        return judge.unknown()

    def _take_messages(self, judge: "_Judge", timeout_s: float) -> str | None:
        """Judge the latest of the plans that have come; why the child broke, if it did."""
        latest: tuple[bytes, bytes] | None = None
        failure: str | None = None
        with contextlib.suppress(queue.Empty):
            message = self._messages.get(timeout=timeout_s) if timeout_s > 0 else self._messages.get_nowait()
            while True:
                if message[0] in {_FAILED, _END}:
                    failure = failure or message[1].decode()
                elif message[0] == _STATE:
                    self.state = message[1]
                elif message[0] == _OUT_OF_MEMORY:
                    self.out_of_memory = True
                else:
                    latest = message
                message = self._messages.get_nowait()
        if latest is not None:
            judge.consider(*latest)
        return None if judge.final else failure

    def _read_messages(self) -> None:
        assert self._child.stdout is not None
        while (message := _read_message(self._child.stdout)) is not None:
            self._messages.put(message)
        code = self._child.wait()
        if code == -signal.SIGABRT:  # how a compiled library ends that is refused memory
            self._messages.put((_OUT_OF_MEMORY, b""))
        self._messages.put((_END, f"its process ended with code {code}".encode()))


class _Judge:
    """Reads the child's plans and judges them with the problem that the parent has read itself."""

    def __init__(self, problem: Problem, sha256: str, engine: str) -> None:
        self._problem, self._sha256, self._engine = problem, sha256, engine
        self._travel = problem.travel_times  # takes a second for 3,000 places: now, while the child comes up
        self.best: Plan | None = None
        self.final = False
        self.served = 0

    @property
    def value(self) -> float | None:
        """Of the best plan."""
        return self.best.value if self.best is not None else None

    @property
    def gap(self) -> float | None:
        """Of the best plan."""
        return self.best.gap if self.best is not None else None

    @property
    def bound(self) -> float | None:
        """That came with the best plan."""
        return self.best.bound if self.best is not None else None

    def consider(self, kind: bytes, document: bytes) -> None:
        """Keep a plan; raises SolverProcessError when it breaks a rule, which no plan of the child may."""
        try:
            plan = replace(read_plan(document), instance_sha256=self._sha256)
        except OptimizerError as error:
            raise SolverProcessError(f"The solver's plan cannot be read: {error}") from error
        broken = evaluate(self._problem, plan, instance_sha256=self._sha256).violations
        if broken:
            raise SolverProcessError(f"The solver's plan breaks a rule: {broken[0].text(str)}")
        self.best, self.final = plan, kind == _FINAL
        self.served = sum(len(route.stops) for route in plan.routes)

    def unknown(self) -> Plan:
        """The answer where there is none."""
        return Plan(
            instance=self._problem.name,
            instance_sha256=self._sha256,
            status=PlanStatus.UNKNOWN,
            value=None,
            bound=None,
            seconds=0.0,
            engine=self._engine,
        )


def _write_message(stream: IO[bytes], kind: bytes, content: bytes) -> None:
    stream.write(_HEAD.pack(kind, len(content)))
    stream.write(content)
    stream.flush()


def _read_message(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The next message; None at the end, also where it breaks off inside one."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    content = stream.read(length)
    return (kind, content) if len(content) == length else None


class _Sender:
    """Hands plans over, but spends little of the search on it: large plans are not handed over one by one."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._next = 0.0

    def send_better(self, plan: Plan) -> None:
        """Hand over a better plan, unless one has gone just now."""
        begin = time.monotonic()
        if begin < self._next:
            return
        _write_message(self._stream, _BETTER, write_plan(plan))
        end = time.monotonic()
        self._next = end + _SEND_SHARE * (end - begin)


def run_child() -> None:
    """What the child does: read settings and instance, solve, hand over plans. Called in a process of its own."""
    incoming: dict[bytes, bytes] = {}
    while (message := _read_message(sys.stdin.buffer)) is not None:
        incoming[message[0]] = message[1]
    told = json.loads(incoming[_SETTINGS])
    _die_with(told.pop("parent"))
    settings = ChildSettings(**told)
    os.nice(settings.niceness)
    _cap_memory(settings.memory_mb)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream:
        # What a library prints must not get between the messages.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        try:
            _solve(settings, incoming, stream)
        except MemoryError:
            _write_message(stream, _OUT_OF_MEMORY, b"")
        except Exception as error:  # noqa: BLE001 (the parent reports it)
            _write_message(stream, _FAILED, f"{type(error).__name__}: {error}".encode())


def _solve(settings: ChildSettings, incoming: dict[bytes, bytes], stream: IO[bytes]) -> None:
    problem = read_problem(incoming[_INSTANCE])
    initial, known = incoming.get(_INITIAL), incoming.get(_STATE)
    options = SolveOptions(
        time_limit_s=max(0.0, settings.deadline - _CHILD_RESERVE_S - time.monotonic()),
        solution_limit=settings.solution_limit,
        seed=settings.seed,
        threads=settings.threads,
        engine=Engine(settings.engine),
        prove=settings.prove,
        initial_plan=read_plan(initial) if initial is not None else None,
        state=read_state(known) if known is not None else None,
        instance_sha256=sha256_of(incoming[_INSTANCE]),
        gettext=language(settings.language).gettext,
    )

    def send_state(state: State) -> None:
        _write_message(stream, _STATE, write_state(state))

    plan = solve(
        problem,
        options,
        on_plan=_Sender(stream).send_better,
        on_state=send_state if settings.keeps_state else None,
        on_out_of_memory=lambda: _write_message(stream, _OUT_OF_MEMORY, b""),
    )
    _write_message(stream, _FINAL, write_plan(plan))


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; elsewhere than on Linux the broken pipe does it later."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was faster
        os._exit(1)


def _cap_memory(memory_mb: int) -> None:
    import resource  # noqa: PLC0415 (not on every platform)

    cap = memory_mb * _BYTES_PER_MB
    resource.setrlimit(resource.RLIMIT_AS, (cap, cap))


def process_start() -> float:
    """
    When this process started, on the monotonic clock.

    Linux tells it to a hundredth of a second; elsewhere it is the time of the call.
    """
    now = time.monotonic()
    try:
        # Fields after the name in parentheses, which may hold spaces; the 22nd of all is the start in ticks since boot.
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        return now
    return now - age if 0 <= age < now else now

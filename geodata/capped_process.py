"""
A process that does risky work on strangers' bytes, with caps on memory, time and what it writes.

A server process loads the parsers once; for each request it forks a child that does the work and ends. It inherits no
terminal and none of the program's own settings, dies with the thread that started it, and the child dies with the
server. How the answer comes back is between the two modules that use this; nothing that a child holds is ever executed.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_MEGABYTE = 1 << 20
_PR_SET_PDEATHSIG = 1
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from geodata.capped_process import serve; serve()"
_OUT_OF_MEMORY = 77
"""Exit code of a child that was refused memory."""
_SETTINGS: Final = "MOLING_"
"""What the names of the program's settings begin with: addresses with passwords are no business of a child."""


@dataclass(frozen=True, slots=True)
class Caps:
    """
    What one piece of work may take.

    Attributes
    ----------
    memory_mb
        Address space above that of the loaded parsers.
    seconds
        Of the clock.
    written_bytes
        Of one file.
    """

    memory_mb: int = 512
    seconds: float = 120.0
    written_bytes: int = 700_000_000


class Ending(StrEnum):
    """How a piece of work ended."""

    DONE = "done"
    MEMORY = "memory"
    """Refused memory, at the cap."""
    TIME = "time"
    """Killed at the cap."""
    BROKEN = "broken"
    """Killed by a fault of a library or of ours."""
    GONE = "gone"
    """The server itself has ended, and does nothing more."""


class CappedProcess:
    """
    Does one piece of work after another; ends its processes with the ``with`` block.

    Parameters
    ----------
    worker
        Name of the module that does the work. Its ``load()`` is called once, in the server; its ``work(request)`` in
        the child of each request, which is done when that returns.
    inherits
        Open files that the children may use besides, by their numbers.

    Attributes
    ----------
    peak_kb
        The most resident memory that a child has taken yet, that of the loaded parsers included.
    """

    def __init__(self, worker: str, *, inherits: Collection[int] = ()) -> None:
        self.peak_kb = 0
        root = str(Path(__file__).resolve().parents[1])
        # One arena and one thread: address space is capped, and each more would claim 64 MB of it.
        quiet = {"MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
        self._server = subprocess.Popen(  # noqa: S603 (this interpreter, this code)
            [sys.executable, "-P", "-c", _SERVE, root, str(os.getpid()), worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=inherits,
            env={**kept, **quiet},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait()
        for stream in (self._server.stdin, self._server.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._server.pid

    def ask(self, request: Mapping[str, Any], caps: Caps) -> Ending:
        """Have a child do that work, and say how it ended; one request at a time."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        try:
            line = json.dumps({"request": request, "caps": asdict(caps)})
            self._server.stdin.write(line.encode() + b"\n")
            self._server.stdin.flush()
            ending, peak_kb = self._server.stdout.readline().decode().split()
        except (BrokenPipeError, ValueError):
            return Ending.GONE
        self.peak_kb = max(self.peak_kb, int(peak_kb))
        return Ending(ending)


def serve() -> None:
    """Answer requests, one a line, until there are no more; the server's main loop."""
    _die_with(int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what libraries print is no answer
    worker: Any = import_module(sys.argv[3])
    worker.load()
    for line in sys.stdin:
        document = json.loads(line)
        caps, server = Caps(**document["caps"]), os.getpid()
        child = os.fork()
        if child == 0:
            _work_in_child(worker, document["request"], caps, server)  # never returns
        print(*_waited(child, caps.seconds), file=answers, flush=True)


def _waited(child: int, seconds: float) -> tuple[Ending, int]:
    """How the child ended, and its peak memory in kB."""
    began = time.monotonic()
    while True:
        done, status, used = os.wait4(child, os.WNOHANG)
        passed_s = time.monotonic() - began
        if done:
            return _ending(status), _kilobytes(used.ru_maxrss)
        if passed_s > seconds:
            os.kill(child, signal.SIGKILL)
            return Ending.TIME, _kilobytes(os.wait4(child, 0)[2].ru_maxrss)
        time.sleep(min(0.02, 0.0005 + passed_s / 20))  # an answer lies there for a twentieth of its time at most


def _kilobytes(peak: int) -> int:
    return peak // 1024 if sys.platform == "darwin" else peak  # the one system that counts it in bytes


def _ending(status: int) -> Ending:
    if os.WIFSIGNALED(status):
        # Compiled libraries that are refused memory abort; the kernel kills who counts too long with SIGXCPU.
        known = {signal.SIGABRT: Ending.MEMORY, signal.SIGXCPU: Ending.TIME}
        return known.get(signal.Signals(os.WTERMSIG(status)), Ending.BROKEN)
    return {0: Ending.DONE, _OUT_OF_MEMORY: Ending.MEMORY}.get(os.WEXITSTATUS(status), Ending.BROKEN)


def _work_in_child(worker: Any, request: Mapping[str, Any], caps: Caps, server: int) -> None:  # noqa: ANN401 (a module)
    code = 1
    try:
        _die_with(server)
        _cap(caps)
        worker.work(request)
        code = 0
    except MemoryError:
        code = _OUT_OF_MEMORY
    finally:
        os._exit(code)


def _cap(caps: Caps) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    loaded = pages * resource.getpagesize() or 2_000 * _MEGABYTE
    for what, most in (
        (resource.RLIMIT_AS, loaded + caps.memory_mb * _MEGABYTE),
        (resource.RLIMIT_CPU, int(caps.seconds) + 1),
        (resource.RLIMIT_FSIZE, caps.written_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, on Linux; elsewhere the closed pipe ends the server."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)

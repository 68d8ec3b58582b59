"""
Reading strangers' files in processes of their own, with caps on memory, time and disk.

A server process loads the parsers once; for each file it forks a child that reads it and ends. The child hands its
answer over as a file of JSON, so nothing that it holds is ever executed. It inherits no terminal, dies with the server,
and the server dies with its parent.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from geodata.errors import N_
from geodata.importing.found import (
    DamagedFileError,
    FileError,
    FoundTable,
    TooLargeError,
    read_found,
    write_error,
    write_found,
)
from geodata.importing.words import is_same_regency, read_code

MAX_ANSWER_BYTES: Final = 128_000_000
_MEGABYTE = 1 << 20
_PR_SET_PDEATHSIG = 1
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from geodata.importing.reader_process import serve; serve()"
_OUT_OF_MEMORY = 77
"""Exit code of a child that was refused memory."""


@dataclass(frozen=True, slots=True)
class Caps:
    """
    What reading one file may take.

    Attributes
    ----------
    memory_mb
        Address space above that of the loaded parsers.
    seconds
        Of the clock.
    """

    memory_mb: int = 512
    seconds: float = 120.0


USUAL_CAPS: Final = Caps()


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    The regency that is wanted; rows of others are only counted.

    Attributes
    ----------
    code, name
        4 digits; name with its kind.
    bounds
        West, south, east, north of what is known of it, degrees; points of public maps beyond are only counted.
    """

    code: str
    name: str
    bounds: tuple[float, float, float, float] | None = None


class FileReader:
    """
    Reads files one after another; ends its processes with the ``with`` block.

    Parameters
    ----------
    caps
        For each file by itself.

    Attributes
    ----------
    peak_kb
        The most resident memory that a child has taken yet, that of the loaded parsers included.
    """

    def __init__(self, caps: Caps = USUAL_CAPS) -> None:
        self._caps = caps
        self.peak_kb = 0
        root = str(Path(__file__).resolve().parents[2])
        # One arena and one thread: address space is capped, and each more would claim 64 MB of it.
        quiet = {"MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1"}
        self._server = subprocess.Popen(  # noqa: S603 (this interpreter, this code)
            [sys.executable, "-P", "-c", _SERVE, root, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **quiet},
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

    def read(self, path: Path, wanted: Wanted) -> tuple[FoundTable, ...]:
        """
        The tables of a file.

        Raises
        ------
        FileError
            When it cannot be read, whatever the reason.
        """
        with tempfile.TemporaryDirectory(prefix="moling-import-") as stage:
            answer = Path(stage) / "answer.json"
            request = {
                "path": str(path.absolute()),
                "stage": stage,
                "memory_mb": self._caps.memory_mb,
                "seconds": self._caps.seconds,
                **asdict(wanted),
            }
            ending = self._ask(request)
            if ending == "time":
                raise TooLargeError(N_("takes longer than {most} s to read"), most=f"{self._caps.seconds:g}")
            if ending == "memory":
                raise TooLargeError(N_("needs more than {most} MB of memory to read"), most=self._caps.memory_mb)
            if ending != "0":
                raise DamagedFileError(N_("is damaged in a way that breaks its reader"))
            if answer.stat().st_size > MAX_ANSWER_BYTES:
                raise TooLargeError(N_("holds more than {most} MB of places"), most=MAX_ANSWER_BYTES // 1_000_000)
            return read_found(answer.read_bytes())

    def _ask(self, request: Mapping[str, Any]) -> str:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        try:
            self._server.stdin.write(json.dumps(request).encode() + b"\n")
            self._server.stdin.flush()
            ending, peak_kb = self._server.stdout.readline().decode().split()
        except (BrokenPipeError, ValueError) as error:
            raise DamagedFileError(N_("could not be read: the reading process has ended")) from error
        self.peak_kb = max(self.peak_kb, int(peak_kb))
        return ending


def serve() -> None:
    """Answer requests, one a line, until there are no more; the server's main loop."""
    _die_with(int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what libraries print is no answer
    import openpyxl  # noqa: F401, PLC0415

    import geodata.importing.marks  # noqa: PLC0415
    import geodata.importing.osm  # noqa: PLC0415
    import geodata.importing.reading  # noqa: PLC0415
    import geodata.importing.sheets  # noqa: F401, PLC0415
    from geodata.importing.vector import load_projections  # noqa: PLC0415 (forked children find all parsers loaded)

    load_projections()
    for line in sys.stdin:
        request = json.loads(line)
        server = os.getpid()
        child = os.fork()
        if child == 0:
            _read_in_child(request, server)  # never returns
        print(*_waited(child, request["seconds"]), file=answers, flush=True)


def _waited(child: int, seconds: float) -> tuple[str, int]:
    """How the child ended (``0``, ``memory``, ``time`` or anything else when it broke), and its peak memory in kB."""
    began = time.monotonic()
    while True:
        done, status, used = os.wait4(child, os.WNOHANG)
        passed_s = time.monotonic() - began
        if done:
            return _ending(status), _kilobytes(used.ru_maxrss)
        if passed_s > seconds:
            os.kill(child, signal.SIGKILL)
            return "time", _kilobytes(os.wait4(child, 0)[2].ru_maxrss)
        time.sleep(min(0.02, 0.0005 + passed_s / 20))  # an answer lies there for a twentieth of its time at most


def _kilobytes(peak: int) -> int:
    return peak // 1024 if sys.platform == "darwin" else peak  # the one system that counts it in bytes


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        # Compiled libraries that are refused memory abort; the kernel kills who counts too long with SIGXCPU.
        return {signal.SIGABRT: "memory", signal.SIGXCPU: "time"}.get(signal.Signals(os.WTERMSIG(status)), "broken")
    code = os.WEXITSTATUS(status)
    return "memory" if code == _OUT_OF_MEMORY else str(code)


def _read_in_child(request: Mapping[str, Any], server: int) -> None:
    code = 1
    try:
        _die_with(server)
        _cap(request["memory_mb"], request["seconds"])
        stage = Path(request["stage"])
        (stage / "work").mkdir()
        (stage / "answer.json").write_bytes(_answer(Path(request["path"]), stage / "work", request))
        code = 0
    except MemoryError:
        code = _OUT_OF_MEMORY
    finally:
        os._exit(code)


def _answer(path: Path, stage: Path, request: Mapping[str, Any]) -> bytes:
    from geodata.importing.reading import read_file  # noqa: PLC0415 (the parent needs no parser)

    wanted = Wanted(request["code"], request["name"], request["bounds"])

    def is_wanted(cells: Mapping[str, str]) -> bool:
        code = read_code(cells.get("code", ""))
        if code is not None:
            return code.startswith(wanted.code)
        if "osm" in cells and wanted.bounds:
            west, south, east, north = wanted.bounds
            return west <= float(cells["lon"]) <= east and south <= float(cells["lat"]) <= north
        return "regency" not in cells or is_same_regency(cells["regency"], wanted.name)

    try:
        return write_found(read_file(path, is_wanted, stage))
    except FileError as error:
        return write_error(error)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a damaged file makes of a library is the file's fault)
        return write_error(DamagedFileError(N_("is damaged: {problem}"), problem=type(error).__name__))


def _cap(memory_mb: int, seconds: float) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    loaded = pages * resource.getpagesize() or 2_000 * _MEGABYTE
    memory = loaded + memory_mb * _MEGABYTE
    whole = int(seconds) + 1
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, whole),
        (resource.RLIMIT_FSIZE, 700_000_000),
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

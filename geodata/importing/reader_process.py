"""
Reading strangers' files in processes of their own, with caps on memory, time and disk.

A server process loads the parsers once; for each file it forks a child that reads it and ends. The child hands its
answer over as a file of JSON, so nothing that it holds is ever executed. It inherits no terminal, dies with the server,
and the server dies with its parent.
"""

import contextlib
import ctypes
import errno
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
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from geodata.errors import N_
from geodata.importing.found import (
    Box,
    DamagedFileError,
    FileError,
    FoundTable,
    TooLargeError,
    checking_answer,
    read_answer,
    read_found,
    write_error,
    write_found,
)
from geodata.importing.words import is_same_regency, read_code
from geodata.road_graph import MAX_ROADS_BYTES, RoadGraph, build_graph, graph_bytes, read_graph

MAX_ANSWER_BYTES: Final = 128_000_000
_MEGABYTE = 1 << 20
_PARSERS: Final = (
    *("openpyxl", "geodata.road_extract", "geodata.importing.reading"),
    *(f"geodata.importing.{name}" for name in ("marks", "osm", "sheets")),
)
"""Loaded by the server alone, so that forked children find them loaded."""
_ANSWER = "answer.json"
_ROADS = "roads.npz"
_PR_SET_PDEATHSIG = 1
_SERVE = "import sys; sys.path.insert(0, sys.argv[1]); from geodata.importing.reader_process import serve; serve()"
_OUT_OF_MEMORY = 77
"""Exit code of a child that was refused memory."""
_NO_ROOM = (os.strerror(errno.EAGAIN), os.strerror(errno.ENOMEM))
"""What libraries say whose threads find no room for a stack, and who turn that into an error of their own."""


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
ROAD_CAPS: Final = Caps(memory_mb=1_400, seconds=3_600)
"""For the roads of a regency out of an extract of any size: with the parsers, less than 1.5 GB."""


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
    bounds: Box | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CutRoads:
    """
    The roads of an area as a child cut them out of an extract.

    Attributes
    ----------
    data
        Content of a ``roads.npz``.
    graph
        What it holds.
    box
        The area that the extract itself says it covers; None where it says nothing.
    """

    data: bytes
    graph: RoadGraph
    box: Box | None


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
            return read_found(self._answer("tables", path, Path(stage), asdict(wanted)))

    def read_roads(self, path: Path, area: Box, zone: str) -> CutRoads:
        """
        The roads of an area out of an extract of OpenStreetMap (``.osm.pbf``).

        Parameters
        ----------
        area
            West, south, east, north, degrees.
        zone
            UTM zone for lengths, an EPSG code such as ``EPSG:32647``.

        Raises
        ------
        FileError
            When it cannot be read, whatever the reason.
        """
        with tempfile.TemporaryDirectory(prefix="moling-import-") as stage:
            document = read_answer(self._answer("roads", path, Path(stage), {"area": area, "zone": zone}))
            with checking_answer():
                data = _read_whole(Path(stage) / _ROADS, MAX_ROADS_BYTES)
                graph = read_graph(data, path.name)
                west, south, east, north = map(float, document["box"] or (0, 0, 0, 0))
                if graph.zone != zone:
                    raise ValueError("Lengths of another zone.")
                return CutRoads(data, graph, (west, south, east, north) if document["box"] else None)

    def _answer(self, task: str, path: Path, stage: Path, wish: Mapping[str, Any]) -> bytes:
        """What the child says of a file, as it wrote it."""
        caps = {"memory_mb": self._caps.memory_mb, "seconds": self._caps.seconds}
        ending = self._ask({"task": task, "path": str(path.absolute()), "stage": str(stage), **caps, "wish": wish})
        if ending == "time":
            raise TooLargeError(N_("takes longer than {most} s to read"), most=f"{self._caps.seconds:g}")
        if ending == "memory":
            raise TooLargeError(N_("needs more than {most} MB of memory to read"), most=self._caps.memory_mb)
        if ending != "0":
            raise DamagedFileError(N_("is damaged in a way that breaks its reader"))
        return _read_whole(stage / _ANSWER, MAX_ANSWER_BYTES)

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


def _read_whole(path: Path, most: int) -> bytes:
    if path.stat().st_size > most:
        raise TooLargeError(N_("holds more than {most} MB of places"), most=most // 1_000_000)
    return path.read_bytes()


def serve() -> None:
    """Answer requests, one a line, until there are no more; the server's main loop."""
    _die_with(int(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what libraries print is no answer
    from geodata.importing.vector import load_projections  # noqa: PLC0415 (the parent needs no parser)

    for parser in _PARSERS:
        import_module(parser)
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
        (stage / _ANSWER).write_bytes(_told(request, stage))
        code = 0
    except MemoryError:
        code = _OUT_OF_MEMORY
    finally:
        os._exit(code)


def _told(request: Mapping[str, Any], stage: Path) -> bytes:
    """The answer to a request, or the error that is one."""
    try:
        return _TASKS[request["task"]](Path(request["path"]), stage, request["wish"])
    except FileError as error:
        if any(words in str(error.__cause__) for words in _NO_ROOM):
            raise MemoryError from error
        return write_error(error)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (whatever a damaged file makes of a library is the file's fault)
        return write_error(DamagedFileError(N_("is damaged: {problem}"), problem=type(error).__name__))


def _read_tables(path: Path, stage: Path, wish: Mapping[str, Any]) -> bytes:
    from geodata.importing.reading import read_file  # noqa: PLC0415 (the parent needs no parser)

    wanted = Wanted(**wish)

    def is_wanted(cells: Mapping[str, str]) -> bool:
        code = read_code(cells.get("code", ""))
        if code is not None:
            return code.startswith(wanted.code)
        if "osm" in cells and wanted.bounds:
            west, south, east, north = wanted.bounds
            return west <= float(cells["lon"]) <= east and south <= float(cells["lat"]) <= north
        return "regency" not in cells or is_same_regency(cells["regency"], wanted.name)

    work = stage / "work"
    work.mkdir()
    return write_found(read_file(path, is_wanted, work))


def _cut_roads(path: Path, stage: Path, wish: Mapping[str, Any]) -> bytes:
    from geodata.road_extract import read_extract  # noqa: PLC0415 (the parent needs no parser)

    west, south, east, north = wish["area"]
    extract = read_extract(path, (west, south, east, north))
    (stage / _ROADS).write_bytes(graph_bytes(build_graph(extract, wish["zone"])))
    return json.dumps({"box": extract.box}).encode()


_TASKS: Final = {"tables": _read_tables, "roads": _cut_roads}


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

"""
Reading strangers' files in a process of their own (`geodata.capped_process`), with caps on memory, time and disk.

The child hands its answer over as a file of JSON.
"""

import errno
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from geodata.capped_process import CappedProcess, Caps, Ending
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
_PARSERS: Final = (
    *("openpyxl", "geodata.road_extract", "geodata.importing.reading"),
    *(f"geodata.importing.{name}" for name in ("marks", "osm", "sheets")),
)
"""Loaded by the server alone, so that forked children find them loaded."""
_ANSWER = "answer.json"
_ROADS = "roads.npz"
_NO_ROOM = (os.strerror(errno.EAGAIN), os.strerror(errno.ENOMEM))
"""What libraries say whose threads find no room for a stack, and who turn that into an error of their own."""


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
    """

    def __init__(self, caps: Caps = USUAL_CAPS) -> None:
        self._caps = caps
        self._process = CappedProcess(__name__)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)

    @property
    def peak_kb(self) -> int:
        """The most resident memory that a child has taken yet, that of the loaded parsers included."""
        return self._process.peak_kb

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

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
        request = {"task": task, "path": str(path.absolute()), "stage": str(stage), "wish": wish}
        match self._process.ask(request, self._caps):
            case Ending.TIME:
                raise TooLargeError(N_("takes longer than {most} s to read"), most=f"{self._caps.seconds:g}")
            case Ending.MEMORY:
                raise TooLargeError(N_("needs more than {most} MB of memory to read"), most=self._caps.memory_mb)
            case Ending.BROKEN:
                raise DamagedFileError(N_("is damaged in a way that breaks its reader"))
            case Ending.GONE:
                raise DamagedFileError(N_("could not be read: the reading process has ended"))
            case Ending.DONE:
                return _read_whole(stage / _ANSWER, MAX_ANSWER_BYTES)


def _read_whole(path: Path, most: int) -> bytes:
    if path.stat().st_size > most:
        raise TooLargeError(N_("holds more than {most} MB of places"), most=most // 1_000_000)
    return path.read_bytes()


def load() -> None:
    """Load the parsers; called once, in the server."""
    from geodata.importing.vector import load_projections  # noqa: PLC0415 (the parent needs no parser)

    for parser in _PARSERS:
        import_module(parser)
    load_projections()


def work(request: Mapping[str, Any]) -> None:
    """Read a file and write the answer beside it; called in the child."""
    stage = Path(request["stage"])
    (stage / _ANSWER).write_bytes(_told(request, stage))


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

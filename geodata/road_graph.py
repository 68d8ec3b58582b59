"""
The driving graph of a region: junctions, the roads between them, and the file that keeps it (``roads.npz``).

Only junctions and ends are nodes of the graph; the points between are kept for drawing. The file holds what
OpenStreetMap says (class, surface, limits), not what driving costs, so that other speeds need no new extract.
Lengths are measured in the UTM zone of the region.
"""

import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from geodata.errors import N_, RoadsFileError
from geodata.road_classes import FERRY, ROAD_CLASSES, RoadSettings

if TYPE_CHECKING:  # the parser of extracts is loaded by the child that reads them alone
    from geodata.road_extract import Extract

FORMAT: Final = "moling/roads 1"
MAX_ROADS_BYTES: Final = 200_000_000
MAX_ARRAY_BYTES: Final = 1_000_000_000
"""Of all arrays of a file once unpacked: a small file must not fill the memory."""
UNREADABLE: Final = (
    *(ValueError, TypeError, LookupError, OSError, EOFError, MemoryError, RuntimeError, SyntaxError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What damaged ``.npz`` files raise on the way through zipfile, zlib and NumPy."""
_MICRODEGREES = 1e6  # a tenth of a metre

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """
    Junctions and the roads between them; a road may be driven one way or both.

    Attributes
    ----------
    zone
        UTM zone of all lengths, an EPSG code.
    node_lon, node_lat
        Junctions and ends, degrees.
    origin, destination
        Of each road: numbers of nodes, in the direction of its points.
    metres
        Of each road.
    road_class
        Place in `ROAD_CLASSES`.
    is_unpaved, is_one_way
        One way is from origin to destination only.
    limit_kmh
        Signed; 0 where none is known.
    crossing_s
        Of ferries, by their tag; 0 where unknown.
    shape_lon, shape_lat, shape_start
        Points along each road, ends included: those of road ``i`` are ``shape_start[i]`` to ``shape_start[i + 1]``.
    """

    zone: str
    node_lon: Floats
    node_lat: Floats
    origin: Ints
    destination: Ints
    metres: Floats
    road_class: Ints
    is_unpaved: npt.NDArray[np.bool_]
    is_one_way: npt.NDArray[np.bool_]
    limit_kmh: Ints
    crossing_s: Ints
    shape_lon: Floats
    shape_lat: Floats
    shape_start: Ints

    @property
    def node_count(self) -> int:
        """Number of junctions and ends."""
        return len(self.node_lon)

    @property
    def road_count(self) -> int:
        """Number of roads between them."""
        return len(self.origin)

    @cached_property
    def shape_xy(self) -> Floats:
        """Points along the roads in the UTM zone, metres, one row a point."""
        return project(self.zone, self.shape_lon, self.shape_lat)

    def shape(self, road: int) -> slice:
        """Where the points of a road stand."""
        return slice(int(self.shape_start[road]), int(self.shape_start[road + 1]))

    def seconds(self, settings: RoadSettings) -> Floats:
        """
        Driving time of each road, the same in both directions.

        The speed is that of the class or the signed limit, whichever is lower, times the factors for unpaved roads.
        A ferry takes the time of its tag, or its length at the class's speed, and the wait.
        """
        speed_kmh = np.asarray(settings.class_speeds())[self.road_class]
        has_limit = (self.limit_kmh > 0) & (self.road_class != FERRY)
        speed_kmh = np.where(has_limit, np.minimum(speed_kmh, self.limit_kmh), speed_kmh)
        factor = settings.unpaved_factor * (settings.wet_factor if settings.is_wet_season else 1)
        speed_kmh = np.where(self.is_unpaved, speed_kmh * factor, speed_kmh)
        seconds = self.metres / (speed_kmh / 3.6)
        is_ferry = self.road_class == FERRY
        crossing = np.where(self.crossing_s > 0, self.crossing_s, seconds) + settings.ferry_wait_min * 60
        return np.where(is_ferry, crossing, seconds)

    def kilometres_by_class(self) -> dict[str, float]:
        """Length of all roads of each class that there is, in the order of `ROAD_CLASSES`."""
        total = np.bincount(self.road_class, weights=self.metres, minlength=len(ROAD_CLASSES)) / 1000
        return {each.name: float(km) for each, km in zip(ROAD_CLASSES, total, strict=True) if km > 0}


def project(zone: str, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Points given in degrees as metres in a UTM zone, one row a point: east, north."""
    east, north = Transformer.from_crs("EPSG:4326", zone, always_xy=True).transform(np.asarray(lon), np.asarray(lat))
    return np.column_stack([east, north]).reshape(-1, 2)


def build_graph(extract: "Extract", zone: str) -> RoadGraph:
    """
    The graph of an extract: each way is cut where another one touches it.

    Parameters
    ----------
    zone
        UTM zone for lengths, an EPSG code such as ``EPSG:32647``.
    """
    runs, starts = extract.runs, extract.run_start
    uses = np.bincount(runs, minlength=len(extract.lon))
    is_node = uses[runs] > 1
    is_node[starts[:-1]] = True
    is_node[starts[1:] - 1] = True
    at = np.flatnonzero(is_node)
    run_of = np.searchsorted(starts, at, side="right") - 1
    first = np.flatnonzero(run_of[:-1] == run_of[1:])  # a road lies between two nodes of the same run
    begin, end, run = at[first], at[first + 1], run_of[first]
    kinds = np.array(
        [(k.road_class, k.is_unpaved, k.limit_kmh, k.direction, k.crossing_s) for k in extract.kinds], dtype=np.int64
    ).reshape(-1, 5)[run]
    length = end - begin + 1
    shape_start = np.concatenate([[0], np.cumsum(length)])
    step = np.arange(shape_start[-1]) - np.repeat(shape_start[:-1], length)
    # Roads that may be driven against their points only are turned round, so that one way always means along.
    is_turned = np.repeat(kinds[:, 3] < 0, length)
    points = runs[np.where(is_turned, np.repeat(end, length) - step, np.repeat(begin, length) + step)]
    shape_lon, shape_lat = _rounded(extract.lon[points]), _rounded(extract.lat[points])
    ends = points[shape_start[:-1]], points[shape_start[1:] - 1]
    nodes, numbers = np.unique(np.concatenate(ends), return_inverse=True)
    share = kinds[:, 4] * _length_share(length, run)
    return RoadGraph(
        zone=zone,
        node_lon=_rounded(extract.lon[nodes]),
        node_lat=_rounded(extract.lat[nodes]),
        origin=numbers[: len(run)].astype(np.int64),
        destination=numbers[len(run) :].astype(np.int64),
        metres=_lengths(project(zone, shape_lon, shape_lat), shape_start),
        road_class=kinds[:, 0],
        is_unpaved=kinds[:, 1].astype(bool),
        is_one_way=kinds[:, 3] != 0,
        limit_kmh=kinds[:, 2],
        crossing_s=np.rint(share).astype(np.int64),
        shape_lon=shape_lon,
        shape_lat=shape_lat,
        shape_start=shape_start,
    )


def graph_bytes(graph: RoadGraph) -> bytes:
    """The graph as the content of a ``roads.npz``: compressed, coordinates to a tenth of a metre."""
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        format=np.array(FORMAT),
        classes=np.array([each.name for each in ROAD_CLASSES]),
        zone=np.array(graph.zone),
        node_lon=_micro(graph.node_lon),
        node_lat=_micro(graph.node_lat),
        origin=graph.origin.astype(np.int32),
        destination=graph.destination.astype(np.int32),
        metres=graph.metres.astype(np.float32),
        road_class=graph.road_class.astype(np.uint8),
        is_unpaved=graph.is_unpaved,
        is_one_way=graph.is_one_way,
        limit_kmh=graph.limit_kmh.astype(np.uint8),
        crossing_s=graph.crossing_s.astype(np.int32),
        shape_lon=_micro(graph.shape_lon),
        shape_lat=_micro(graph.shape_lat),
        shape_start=graph.shape_start.astype(np.int32),
    )
    return stream.getvalue()


def read_graph(data: bytes, file: str) -> RoadGraph:
    """
    The graph that `graph_bytes` wrote.

    Raises
    ------
    RoadsFileError
        When the bytes are no such file, are of another version, or do not fit together.
    """
    try:
        arrays = _arrays(data)
        return _checked(arrays)
    except UNREADABLE as error:
        raise RoadsFileError(
            N_("{file} is no file of roads that this version reads; make it anew with moling region roads"), file=file
        ) from error


def read_roads_file(path: Path) -> tuple[RoadGraph, str]:
    """
    The graph in a region folder, and the hash of its bytes.

    Raises
    ------
    RoadsFileError
        When it cannot be opened or read.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_ROADS_BYTES + 1)
    except OSError as error:
        raise RoadsFileError(
            N_("{file} cannot be opened: {problem}"), file=path.name, problem=str(error.strerror)
        ) from error
    if len(data) > MAX_ROADS_BYTES:
        raise RoadsFileError(N_("{file} is larger than {most} MB"), file=path.name, most=MAX_ROADS_BYTES // 1_000_000)
    return read_graph(data, path.name), hashlib.sha256(data).hexdigest()


def _arrays(data: bytes) -> dict[str, npt.NDArray[Any]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(each.file_size for each in archive.infolist()) > MAX_ARRAY_BYTES:
            raise ValueError("The arrays are too large.")
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        if str(archive["format"]) != FORMAT or list(archive["classes"]) != [each.name for each in ROAD_CLASSES]:
            raise ValueError("Another version.")
        return {name: archive[name] for name in archive.files}


def _checked(arrays: dict[str, npt.NDArray[Any]]) -> RoadGraph:
    values: dict[str, Any] = {"zone": str(arrays["zone"])}
    for each in fields(RoadGraph):
        if each.name == "zone":
            continue
        array = arrays[each.name]
        if array.ndim != 1:
            raise ValueError("An array is no list.")
        if each.name.endswith(("lon", "lat")):
            array = array.astype(np.float64) / _MICRODEGREES
        elif each.name == "metres":
            array = array.astype(np.float64)
        elif not each.name.startswith("is_"):
            array = array.astype(np.int64)
        values[each.name] = array
    graph = RoadGraph(**values)
    count, per_road = graph.road_count, (graph.destination, graph.metres, graph.road_class, graph.is_unpaved)
    fits = (
        values["zone"].removeprefix("EPSG:").isdigit()
        and len(graph.node_lat) == graph.node_count
        and all(len(each) == count for each in (*per_road, graph.is_one_way, graph.limit_kmh, graph.crossing_s))
        and _within(graph.origin, graph.node_count)
        and _within(graph.destination, graph.node_count)
        and _within(graph.road_class, len(ROAD_CLASSES))
        and graph.is_unpaved.dtype == graph.is_one_way.dtype == np.bool_
        and bool(np.isfinite(graph.metres).all() and (graph.metres >= 0).all() and (graph.crossing_s >= 0).all())
        and len(graph.shape_start) == count + 1
        and len(graph.shape_lon) == len(graph.shape_lat) == int(graph.shape_start[-1])
        and graph.shape_start[0] == 0
        and bool((np.diff(graph.shape_start) >= 2).all())  # noqa: PLR2004 (a road has two ends)
        and bool((np.abs(graph.shape_lon) <= 180).all() and (np.abs(graph.shape_lat) <= 90).all())  # noqa: PLR2004 (the globe)
    )
    if not fits:
        raise ValueError("The arrays do not fit together.")
    return graph


def _within(numbers: Ints, count: int) -> bool:
    return bool(((numbers >= 0) & (numbers < count)).all())


def _micro(degrees: Floats) -> npt.NDArray[np.int32]:
    return np.rint(degrees * _MICRODEGREES).astype(np.int32)


def _rounded(degrees: Floats) -> Floats:
    return np.rint(degrees * _MICRODEGREES) / _MICRODEGREES


def _lengths(xy: Floats, start: Ints) -> Floats:
    if len(start) == 1:
        return np.zeros(0)
    step = np.zeros(len(xy))
    step[:-1] = np.hypot(*np.diff(xy, axis=0).T)
    step[start[1:] - 1] = 0  # from the last point of a road to the first of the next
    # As the file keeps it: what is planned now and after reading back is the same.
    return np.add.reduceat(step, start[:-1]).astype(np.float32).astype(np.float64)


def _length_share(length: Ints, run: Ints) -> Floats:
    """Part of its run that each road is, by its pieces: a ferry's time is shared among the roads it is cut into."""
    pieces = (length - 1).astype(np.float64)
    return pieces / np.bincount(run, weights=pieces)[run] if len(run) else pieces

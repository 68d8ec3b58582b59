"""
Roads of an area cut out of an OpenStreetMap extract (``.osm.pbf``), of a province or of the whole country.

The file is read twice as a stream: first its nodes, of which those inside the area are kept, then its ways. Memory
follows the size of the area, not that of the file. What a way means for a van (class, surface, limits, directions,
bars) is decided here, by the tags' meaning on the OpenStreetMap wiki; what it costs is decided by `RoadSettings`.
Runs in the child of `importing.reader_process`.
"""

import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import osmium

from geodata.errors import N_
from geodata.importing.found import Box, DamagedFileError, TooLargeError, UnknownKindError
from geodata.importing.pbf_strings import check_strings
from geodata.road_classes import CLASS_NUMBER, FERRY

MAX_FILE_BYTES: Final = 8_000_000_000
"""The whole of Indonesia has about 2 GB."""
MAX_NODES: Final = 20_000_000
"""Of one area; a regency with all its buildings has about two million."""
MAX_POINTS: Final = 40_000_000
"""Of all ways of one area, which share nodes."""

_ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")  # the most special one that is there decides
_BARRED = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency", "bus", "psv"})
_BLOCKING = frozenset(
    {"bollard", "block", "jersey_barrier", "log", "debris", "cycle_barrier", "motorcycle_barrier", "turnstile"}
)
UNPAVED = frozenset(
    {
        *("unpaved", "compacted", "dirt", "earth", "ground", "mud", "sand", "soil", "clay", "grass"),
        *("gravel", "fine_gravel", "pebblestone", "rock", "stone", "woodchips", "laterite"),
    }
)
_FORWARD = frozenset({"yes", "true", "1"})
_BACKWARD = frozenset({"-1", "reverse"})
_LIMIT = re.compile(r"(\d{1,3})(?:\.\d+)?\s*(km/h|kmh|kph|mph)?", re.ASCII)
_ISO_DURATION = re.compile(r"P(?:(\d{1,2})D)?T(?:(\d{1,2})H)?(?:(\d{1,4})M)?(?:(\d{1,4})S)?", re.ASCII)
_KM_PER_MILE = 1.609344
_UNSIGNED_BYTE = 255


@dataclass(frozen=True, slots=True)
class WayKind:
    """
    What a way is to a van.

    Attributes
    ----------
    road_class
        Place in `ROAD_CLASSES`.
    limit_kmh
        The signed limit; 0 where none is tagged.
    direction
        1: along its nodes only; -1: against them only; 0: both.
    crossing_s
        Seconds that a ferry takes by its tag; 0 where it has none, and for roads.
    """

    road_class: int
    is_unpaved: bool
    limit_kmh: int
    direction: int
    crossing_s: int


@dataclass(frozen=True)
class Extract:
    """
    Ways of an area as flat arrays.

    Attributes
    ----------
    lon, lat
        Of each kept node, degrees.
    runs
        Numbers of nodes along the ways, one run after the other.
    run_start
        Where each run begins in ``runs``; one more at the end.
    kinds
        What each run is.
    box
        What the file itself claims to cover, or None.
    """

    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    runs: npt.NDArray[np.int64]
    run_start: npt.NDArray[np.int64]
    kinds: tuple[WayKind, ...]
    box: Box | None


def read_extract(path: Path, area: Box) -> Extract:
    """
    Every way inside the area that a van can use.

    A way that leaves the area ends at its last node inside.

    Raises
    ------
    FileError
        When the file cannot be read, is no whole ``.osm.pbf``, or is too large.
    """
    _check_file(path)
    check_strings(path)
    try:
        box = _claimed_box(path)
        ids, lon, lat, blocked = _nodes_inside(path, area)
        runs, run_start, kinds = _runs(path, ids, blocked)
    except (RuntimeError, ValueError, OSError, UnicodeDecodeError) as error:
        # libosmium raises RuntimeError for every fault of a file.
        raise DamagedFileError(
            N_("cannot be read as OpenStreetMap data (.osm.pbf): {problem}"), problem=str(error)
        ) from error
    return Extract(lon, lat, runs, run_start, kinds, box)


def way_kind(tags: Mapping[str, str]) -> WayKind | None:
    """What a way with these tags is to a van; None where it cannot drive."""
    road_class = CLASS_NUMBER.get(tags.get("highway", ""), -1)
    if road_class == FERRY:  # a highway=ferry does not exist; ferries are routes
        return None
    if road_class < 0:
        if tags.get("route") != "ferry":
            return None
        road_class = FERRY
    if tags.get("area") == "yes" or _is_barred(tags):
        return None
    return WayKind(
        road_class,
        tags.get("surface", "").split(";")[0].split(":")[0] in UNPAVED,
        _limit_kmh(tags.get("maxspeed", "")),
        _direction(tags, road_class),
        _seconds(tags.get("duration", "")) if road_class == FERRY else 0,
    )


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise DamagedFileError(N_("cannot be opened: {problem}"), problem=error.strerror) from error
    if size > MAX_FILE_BYTES:
        raise TooLargeError(N_("is larger than {most} GB"), most=MAX_FILE_BYTES // 1_000_000_000)
    # The first block of every PBF file is named so (OpenStreetMap wiki, PBF Format).
    if b"OSMHeader" not in head:
        raise UnknownKindError(N_("is no OpenStreetMap extract (.osm.pbf)"))


def _claimed_box(path: Path) -> Box | None:
    with osmium.io.Reader(osmium.io.File(str(path), "pbf"), osmium.osm.osm_entity_bits.NOTHING) as reader:
        box = reader.header().box()
    if not box.valid():
        return None
    return box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat


def _nodes_inside(
    path: Path, area: Box
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Ids (ascending), longitudes, latitudes of the nodes inside, and which of them no van passes."""
    west, south, east, north = area
    ids, lon, lat, blocked = array("q"), array("d"), array("d"), array("b")
    for node in osmium.FileProcessor(osmium.io.File(str(path), "pbf"), osmium.osm.NODE):
        if not isinstance(node, osmium.osm.Node) or not node.location.valid():
            continue
        here = node.location
        x = here.lon
        if not west <= x <= east:
            continue
        y = here.lat
        if not south <= y <= north:
            continue
        if len(ids) >= MAX_NODES:
            raise TooLargeError(N_("holds more points in this region than {most}"), most=MAX_NODES)
        ids.append(node.id)
        lon.append(x)
        lat.append(y)
        blocked.append("barrier" in node.tags and _blocks(dict(node.tags)))
    numbers = np.frombuffer(ids, dtype=np.int64)
    order = np.argsort(numbers, kind="stable")  # files are sorted by id, but nothing in the format makes them
    return (
        numbers[order],
        np.frombuffer(lon, dtype=np.float64)[order],
        np.frombuffer(lat, dtype=np.float64)[order],
        np.frombuffer(blocked, dtype=np.int8)[order].astype(bool),
    )


def _blocks(tags: Mapping[str, str]) -> bool:
    barrier = tags.get("barrier", "")
    has_word = any(key in tags for key in _ACCESS_KEYS)
    return _is_barred(tags) if has_word else barrier in _BLOCKING


def _runs(
    path: Path, ids: npt.NDArray[np.int64], blocked: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], tuple[WayKind, ...]]:
    runs, starts, kinds = array("q"), array("q", [0]), []
    ways = osmium.FileProcessor(osmium.io.File(str(path), "pbf"), osmium.osm.WAY)
    for way in ways.with_filter(osmium.filter.KeyFilter("highway", "route")):
        kind = way_kind(dict(way.tags)) if len(ids) else None
        if kind is None or not isinstance(way, osmium.osm.Way):
            continue
        refs = np.fromiter((node.ref for node in way.nodes), dtype=np.int64, count=len(way.nodes))
        if len(runs) > MAX_POINTS:
            raise TooLargeError(N_("holds more points in this region than {most}"), most=MAX_POINTS)
        for run in _inside(refs, ids, blocked):
            runs.extend(run.tolist())
            starts.append(len(runs))
            kinds.append(kind)
    return np.frombuffer(runs, dtype=np.int64), np.frombuffer(starts, dtype=np.int64), tuple(kinds)


def _inside(
    refs: npt.NDArray[np.int64], ids: npt.NDArray[np.int64], blocked: npt.NDArray[np.bool_]
) -> Iterator[npt.NDArray[np.int64]]:
    """Pieces of a way whose nodes are all known and passable, as numbers of nodes."""
    at = np.minimum(np.searchsorted(ids, refs), len(ids) - 1)
    passable = (ids[at] == refs) & ~blocked[at]
    if not passable.any():
        return
    breaks = np.flatnonzero(np.diff(passable.astype(np.int8))) + 1
    for piece, is_passable in zip(np.split(at, breaks), np.split(passable, breaks), strict=True):
        if is_passable[0] and len(piece) > 1:
            yield piece


def _is_barred(tags: Mapping[str, str]) -> bool:
    word = next((tags[key] for key in _ACCESS_KEYS if key in tags), "")
    return word in _BARRED


def _direction(tags: Mapping[str, str], road_class: int) -> int:
    word = tags.get("oneway", "")
    if word in _BACKWARD:
        return -1
    if word in _FORWARD:
        return 1
    if word == "no":
        return 0
    is_ring = tags.get("junction") in {"roundabout", "circular"}
    is_motorway = road_class in {CLASS_NUMBER["motorway"], CLASS_NUMBER["motorway_link"]}
    return 1 if is_ring or is_motorway else 0


def _limit_kmh(text: str) -> int:
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        return 0
    value = float(found[1]) * (_KM_PER_MILE if found[2] == "mph" else 1)
    return min(round(value), _UNSIGNED_BYTE)


def _seconds(text: str) -> int:
    """A duration tag: ``HH:MM``, ``HH:MM:SS``, minutes, or ISO 8601 (``PT45M``); 0 where it is none of them."""
    iso = _ISO_DURATION.fullmatch(text)
    if iso:
        days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    parts = text.split(":")
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):  # noqa: PLR2004 (hours, minutes, seconds)
        return 0
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return numbers[0] * 60
    return numbers[0] * 3600 + numbers[1] * 60 + (numbers[2] if len(numbers) == 3 else 0)  # noqa: PLR2004 (as above)

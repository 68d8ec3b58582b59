"""
Travel times by the roads of a region folder, kept beside them.

Matrices are kept in ``travel.npz``, by the hash of roads and settings, so that a week is planned without a search; a
place that has been added or moved costs only its own row and column.
"""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from geodata.kept_arrays import Arrays, find_kept, keep
from geodata.region import Region
from geodata.road_graph import UNREADABLE
from geodata.road_paths import Line, RoadPaths
from geodata.road_places import snap
from geodata.roads import RoadNetwork, places_of
from optimizer.problem import GreatCircle, Location, LocationId, TravelTimes

CACHE_FILE: Final = "travel.npz"
DRY_CACHE_FILE: Final = "travel-without-ferries.npz"
NO_WAY_MIN: Final = 10_080
"""Minutes between places that no road connects: a week, which no shift holds."""
_CACHE_VERSION = 1
_MAX_CACHED = 3_000

Points = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.int64]


class Matrices(Protocol):
    """Where the minutes (-1 where there is no way) and metres between points come from, in the points' order."""

    def __call__(self, points: Points, *, ferries: bool) -> tuple[Matrix, Matrix]:
        """Both matrices, by ways that may use ferries or not."""


def road_times(locations: Sequence[Location], region: Region, network: RoadNetwork) -> TravelTimes:
    """The times of `van_times` by the roads of the region."""

    def matrices(points: Points, *, ferries: bool) -> tuple[Matrix, Matrix]:
        return _matrices(points, network if ferries else network.without_ferries, region.folder)

    return van_times(locations, region, matrices)


def van_times(locations: Sequence[Location], region: Region, matrices: Matrices) -> TravelTimes:
    """
    Minutes, rounded up, and metres of the fastest way between all pairs of locations.

    From and to places that boats alone reach the rule of the straight line holds; places that no way reaches are
    `NO_WAY_MIN` from everywhere. One matrix serves all units: where one of them takes no ferry, ferries are used only
    between places that no road connects.
    """
    points = points_of(locations)
    minutes, metres = matrices(points, ferries=True)
    if has_dry_unit(region):
        by_road = matrices(points, ferries=False)
        is_way = by_road[0] >= 0
        minutes, metres = np.where(is_way, by_road[0], minutes), np.where(is_way, by_road[1], metres)
    rule = GreatCircle(detour_factor=region.travel.detour_factor, speed_kmh=region.travel.speed_kmh)
    straight = rule.between(locations)
    is_boat = is_boat_only(points, region)
    by_line = is_boat[:, None] | is_boat[None, :]
    no_way = minutes < 0
    minutes = np.where(by_line, straight.duration_min, np.where(no_way, NO_WAY_MIN, minutes))
    metres = np.where(by_line | no_way, straight.distance_m, metres)
    return TravelTimes(minutes, metres)


def road_lines(
    pairs: Iterable[tuple[Location, Location]], region: Region, network: RoadNetwork
) -> dict[tuple[LocationId, LocationId], Line]:
    """The lines along the roads of each pair of locations, by their ids; pairs without a way are left out."""
    wanted = {(one.id, other.id): (one, other) for one, other in pairs}
    if not wanted:
        return {}
    locations = {place.id: place for pair in wanted.values() for place in pair}
    number = {location: at for at, location in enumerate(locations)}
    points = points_of(tuple(locations.values()))
    is_boat = is_boat_only(points, region)
    asked = {
        (number[one], number[other]): (one, other)
        for one, other in wanted
        if not is_boat[number[one]] and not is_boat[number[other]]
    }
    lines = _paths(points, network).lines(asked)
    if has_dry_unit(region):
        lines |= _paths(points, network.without_ferries).lines(asked)
    return {asked[pair]: line for pair, line in lines.items()}


def has_dry_unit(region: Region) -> bool:
    """Whether some unit takes no ferry."""
    return not all(unit.takes_ferries for unit in region.fleet.units)


def points_of(locations: Sequence[Location]) -> Points:
    """Longitude and latitude of each location, degrees, one row each."""
    return np.array([(place.lon, place.lat) for place in locations], dtype=np.float64).reshape(-1, 2)


def is_boat_only(points: Points, region: Region) -> npt.NDArray[np.bool_]:
    """Which points are places of the region that boats alone reach."""
    boat = {(place.lon, place.lat) for place in places_of(region) if place.is_boat_only}
    return np.array([(lon, lat) in boat for lon, lat in points.tolist()], dtype=bool)


def _paths(points: Points, network: RoadNetwork) -> RoadPaths:
    snaps = snap(network.graph, network.settings, points[:, 0], points[:, 1])
    return RoadPaths(network.graph, network.settings, snaps)


def _matrices(points: Points, network: RoadNetwork, folder: Path | None) -> tuple[Matrix, Matrix]:
    """Minutes (-1 where there is no way) and metres between the points, in their order."""
    distinct, place = np.unique(points, axis=0, return_inverse=True)
    place = place.reshape(-1)
    known, minutes, metres = _known(network, folder)
    at = _find(known, distinct)
    if (at < 0).any():
        known, minutes, metres = _extended(network, (known, minutes, metres), distinct[at < 0], distinct)
        _remember(network, folder, (known, minutes, metres))
        at = _find(known, distinct)
    rows = at[place]
    return minutes[np.ix_(rows, rows)], metres[np.ix_(rows, rows)]


def _extended(
    network: RoadNetwork, cached: tuple[Points, Matrix, Matrix], new: Points, asked: Points
) -> tuple[Points, Matrix, Matrix]:
    """The matrices with the new points added; only their rows and columns are searched for."""
    known, minutes, metres = cached
    if len(known) + len(new) > _MAX_CACHED:
        known, minutes, metres, new = known[:0], minutes[:0, :0], metres[:0, :0], asked
    points = np.concatenate([known, new])
    old, size = len(known), len(points)
    paths = _paths(points, network)
    added = np.arange(old, size)
    total = np.empty((2, size, size), dtype=np.int64)
    total[0, :old, :old], total[1, :old, :old] = minutes, metres
    total[:, old:, :] = whole_minutes(*paths.between(added, np.arange(size)))
    total[:, :old, old:] = whole_minutes(*paths.between(np.arange(old), added))
    return points, total[0], total[1]


def whole_minutes(seconds: Points, metres: Points) -> Matrix:
    """Minutes, rounded up, -1 where there is no way, and whole metres, one above the other."""
    is_way = np.isfinite(seconds)
    minutes = np.where(is_way, np.ceil(np.where(is_way, seconds, 0) / 60 - 1e-9), -1)
    return np.stack([minutes, np.rint(np.where(is_way, metres, 0))]).astype(np.int64)


def _find(known: Points, asked: Points) -> npt.NDArray[np.int64]:
    number = {(lon, lat): at for at, (lon, lat) in enumerate(known.tolist())}
    return np.array([number.get((lon, lat), -1) for lon, lat in asked.tolist()], dtype=np.int64)


def _known(network: RoadNetwork, folder: Path | None) -> tuple[Points, Matrix, Matrix]:
    nothing = np.zeros((0, 2)), np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0), dtype=np.int64)
    kept = None if folder is None else find_kept(folder / _cache_file(network), _cache_key(network))
    # What does not fit together is worked out anew.
    with suppress(*UNREADABLE):
        return nothing if kept is None else _checked(kept)
    return nothing


def _checked(kept: Arrays) -> tuple[Points, Matrix, Matrix]:
    points = kept["points"].astype(np.float64)
    minutes, metres = kept["minutes"].astype(np.int64), kept["metres"].astype(np.int64)
    size = len(points)
    fits = points.shape == (size, 2) and minutes.shape == metres.shape == (size, size)
    if not fits or (minutes < -1).any() or (minutes > NO_WAY_MIN).any() or (metres < 0).any():
        raise ValueError("The cache does not fit together.")
    return points, minutes, metres


def _remember(network: RoadNetwork, folder: Path | None, matrices: tuple[Points, Matrix, Matrix]) -> None:
    if folder is not None:
        points, minutes, metres = matrices
        whole = minutes.astype(np.int32), metres.astype(np.int32)
        arrays: Arrays = {"points": points, "minutes": whole[0], "metres": whole[1]}
        keep(folder / _cache_file(network), _cache_key(network), arrays)


def _cache_file(network: RoadNetwork) -> str:
    return CACHE_FILE if network.settings.ferries else DRY_CACHE_FILE


def _cache_key(network: RoadNetwork) -> str:
    return hashlib.sha256(f"{_CACHE_VERSION} {network.key}".encode()).hexdigest()

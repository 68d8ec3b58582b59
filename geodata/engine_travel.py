"""
Travel times by a routing engine that the office runs, the last good ones kept beside the region.

A command asks the engine once for all places of the region and keeps what it says in ``travel-engine.npz``. Where the
engine cannot be had, the last times that it gave are used and the reason is told; places that they do not hold, or no
such file, end the command with one message. Nothing is asked again for a quarter of an hour, so that one plan is made
from one set of times and a dead engine is waited for once.

What the office says about its own roads (speeds, earth roads) is the engine's business here. The way between a place
and the road at which the engine sets it, and how far that may be, are as for roads.
"""

import hashlib
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geodata.areas import utm_zone
from geodata.errors import N_, RoutingEngineError, UnansweredError
from geodata.kept_arrays import Arrays, find_kept, keep
from geodata.kept_lines import Ends, TimedLine, find_lines, keep_lines
from geodata.region import Region, TravelDefaults
from geodata.road_graph import UNREADABLE, project
from geodata.road_paths import Line, drawn_line
from geodata.road_places import Standing
from geodata.road_travel import Matrix, Points, has_dry_unit, is_boat_only, points_of, van_times, whole_minutes
from geodata.roads import PlaceOnRoads, places_of
from geodata.routing_engine import Floats, Place, RoutingEngine, routing_engine
from optimizer.problem import Location, LocationId, TravelTimes

KEPT_FILE: Final = "travel-engine.npz"
DRY_KEPT_FILE: Final = "travel-engine-without-ferries.npz"
KEPT_LINES_FILE: Final = "travel-engine-lines.npz"
DRY_KEPT_LINES_FILE: Final = "travel-engine-lines-without-ferries.npz"
_VERSION: Final = 1
_ASK_AGAIN_S: Final = 900.0
_LATEST: Final = 253_402_300_799
"""Seconds from 1970 to the end of the year 9999."""


@dataclass(frozen=True, slots=True)
class EngineStanding:
    """
    What the travel times of a region are worth.

    Attributes
    ----------
    name
        Of the engine: ``OSRM`` or ``Valhalla``.
    fetched
        When it gave the times, UTC.
    problem
        Why it cannot be had now, so that times given before are used; None where it answered.
    places
        How each place of the region lies to its roads, the office first.
    """

    name: str
    url: str
    fetched: datetime
    problem: UnansweredError | None
    places: tuple[PlaceOnRoads, ...]


@dataclass(frozen=True, eq=False)
class _Given:
    """Times that an engine gave: seconds and metres from road to road, infinite where there is no way."""

    points: Points
    offset_m: Floats
    seconds: Floats
    metres: Floats
    fetched: datetime

    def rows(self, points: Points) -> npt.NDArray[np.int64]:
        """The row of each of the points; -1 for those it does not hold."""
        number = {(lon, lat): row for row, (lon, lat) in enumerate(self.points.tolist())}
        return np.array([number.get((lon, lat), -1) for lon, lat in points.tolist()], dtype=np.int64)

    def seconds_between(self, ends: Ends) -> np.float32:
        """Seconds from the one point to the other, as they are kept; the points must be there."""
        start, end = self.rows(np.array(ends).reshape(2, 2)).tolist()
        return np.float32(self.seconds[start, end])


def engine_times(locations: Sequence[Location], region: Region) -> TravelTimes:
    """
    The times of `van_times` by the region's engine, or the last that it gave.

    Raises
    ------
    RoutingEngineError
        When there are none.
    """

    def matrices(points: Points, *, ferries: bool) -> tuple[Matrix, Matrix]:
        given = _session(region, ferries=ferries and region.roads.ferries).given(points, region)
        rows = given.rows(points)
        offset_m = given.offset_m[rows]
        is_near = offset_m <= region.roads.reach_km * 1000
        approach_m = np.where(is_near, offset_m, np.inf)[:, None] + np.where(is_near, offset_m, np.inf)[None, :]
        seconds = given.seconds[np.ix_(rows, rows)] + approach_m / (region.roads.approach_kmh / 3.6)
        metres = given.metres[np.ix_(rows, rows)] + approach_m
        same = rows[:, None] == rows[None, :]
        minutes, whole_m = whole_minutes(np.where(same, 0.0, seconds), np.where(same, 0.0, metres))
        return minutes, whole_m

    return van_times(locations, region, matrices)


def engine_lines(
    pairs: Iterable[tuple[Location, Location]], region: Region
) -> dict[tuple[LocationId, LocationId], Line]:
    """
    The lines along the engine's roads of each pair of locations, by their ids; pairs without a way are left out.

    Where the engine cannot be had, they are those that it gave with the times that are used.

    Raises
    ------
    UnansweredError
        When the engine gave times and does not give lines.
    """
    wanted = {(one.id, other.id): (one, other) for one, other in pairs}
    places = {place.id: place for pair in wanted.values() for place in pair}
    points = points_of(tuple(places.values()))
    is_boat = dict(zip(places, is_boat_only(points, region).tolist(), strict=True))
    session = _session(region, ferries=region.roads.ferries)
    given = session.given(points, region)
    asked = {
        ids: (one.lon, one.lat, other.lon, other.lat)
        for ids, (one, other) in wanted.items()
        if not (is_boat[one.id] or is_boat[other.id]) and (one.lon, one.lat) != (other.lon, other.lat)
    }
    lines = session.lines(given, asked.values(), region)
    return {ids: lines[ends] for ids, ends in asked.items() if ends in lines}


def engine_places(region: Region, *, ferries: bool = True) -> tuple[PlaceOnRoads, ...]:
    """
    How each place of the region lies to the engine's roads, the office first.

    A place is on them when a road is near enough, and when there is a way to and from most of the others: the largest
    group that can be reached from one another both ways, as with roads.

    Raises
    ------
    RoutingEngineError
        As `engine_times`.
    """
    places = places_of(region)
    points = np.array([(each.lon, each.lat) for each in places])
    given = _session(region, ferries=ferries and region.roads.ferries).given(points, region)
    rows = given.rows(points)
    offset_m = given.offset_m[rows]
    is_near = offset_m <= region.roads.reach_km * 1000
    is_way = np.isfinite(given.seconds[np.ix_(rows, rows)]) | (rows[:, None] == rows[None, :])
    both = is_way & is_way.T & is_near[:, None] & is_near[None, :]
    is_on = both[int(both.sum(axis=1).argmax())]
    return tuple(
        PlaceOnRoads(place, _standing(is_near=bool(near), is_on=bool(on)), float(metres))
        for place, near, on, metres in zip(places, is_near, is_on, offset_m, strict=True)
    )


def engine_standing(region: Region) -> EngineStanding:
    """
    Which engine is used and when it gave the times; it is asked if it has not been yet.

    Raises
    ------
    RoutingEngineError
        As `engine_times`.
    """
    places = engine_places(region)
    session = _session(region, ferries=region.roads.ferries)
    fetched = session.given(points_of(()), region).fetched
    assert region.travel.url is not None
    return EngineStanding(_engine_name(region.travel), region.travel.url, fetched, session.problem, places)


class _Session:
    """What one command knows of an engine: the times it gave, or why it cannot be had."""

    def __init__(self, settings: TravelDefaults, folder: Path | None, *, ferries: bool) -> None:
        self.engine: RoutingEngine = routing_engine(settings)
        self.problem: UnansweredError | None = None
        self._began = time.monotonic()
        self._settings = settings
        self._ferries = ferries
        self._kept = None if folder is None else folder / (KEPT_FILE if ferries else DRY_KEPT_FILE)
        words = f"{_VERSION} {settings.engine} {settings.url} {settings.profile} {ferries}"
        self._kept_lines = None if folder is None else folder / (KEPT_LINES_FILE if ferries else DRY_KEPT_LINES_FILE)
        self._key = hashlib.sha256(words.encode()).hexdigest()
        self._given: _Given | None = None

    @property
    def is_old(self) -> bool:
        """Whether the engine may have changed since, or may have come back."""
        return time.monotonic() - self._began > _ASK_AGAIN_S

    def given(self, points: Points, region: Region) -> _Given:
        """Times between all the points and all places of the region."""
        wanted = np.unique(
            np.concatenate([points, [(each.lon, each.lat) for each in places_of(region)], self._known()]), axis=0
        )
        if self.problem is None and (self._given is None or (self._given.rows(points) < 0).any()):
            try:
                self._given = self._asked(wanted, region)
            except UnansweredError as error:
                self.problem = error
                self._given = None if self._kept is None else _read(self._kept, self._key)
            else:
                self._keep(self._given)
        return self._held(points)

    def lines(self, times: _Given, asked: Iterable[Ends], region: Region) -> dict[Ends, Line]:
        """Lines of the ways between points of the times; without the engine those that it gave with them."""
        key = f"{self._key} lines {has_dry_unit(region)}"
        kept = {} if self._kept_lines is None else find_lines(self._kept_lines, key)
        took = {ends: times.seconds_between(ends) for ends in asked}
        if self.problem is None:
            found = {ends: _drawn(self.engine, ends, region) for ends in took}
            given = {ends: TimedLine(line, took[ends]) for ends, line in found.items() if line is not None}
            if self._kept_lines is not None and given:
                keep_lines(self._kept_lines, key, kept | given)
            kept = given
        return {ends: kept[ends].line for ends in took if ends in kept and kept[ends].seconds == took[ends]}

    def _known(self) -> Points:
        return np.zeros((0, 2)) if self._given is None else self._given.points

    def _held(self, points: Points) -> _Given:
        if self._given is None:
            message = N_("{engine} at {url} cannot be had: {why}. It gave no times before; start it or change mesin.")
            raise self._error(message)
        missing = int((self._given.rows(points) < 0).sum())
        if missing:
            message = N_("{engine} at {url} cannot be had: {why}. The times that it gave before lack places: {count}.")
            raise self._error(message, count=missing)
        return self._given

    def _error(self, message: str, **params: object) -> RoutingEngineError:
        name, url = _engine_name(self._settings), self._settings.url
        return RoutingEngineError(message, engine=name, url=url, why=self.problem, **params)

    def _asked(self, points: Points, region: Region) -> _Given:
        places: list[Place] = [(lon, lat) for lon, lat in points.tolist()]
        offset_m = self.engine.offsets(places)
        near = np.flatnonzero(offset_m <= region.roads.reach_km * 1000)
        size = len(points)
        seconds, metres = np.full((size, size), np.inf), np.full((size, size), np.inf)
        some = [places[at] for at in near]
        here = np.ix_(near, near)
        seconds[here], metres[here] = self.engine.table(some, some, ferries=self._ferries)
        return _Given(points, offset_m, seconds, metres, datetime.now(UTC).replace(microsecond=0))

    def _keep(self, given: _Given) -> None:
        if self._kept is not None:
            arrays: dict[str, npt.NDArray[Any]] = {
                "points": given.points,
                "offset_m": given.offset_m,
                "seconds": given.seconds.astype(np.float32),
                "metres": given.metres.astype(np.float32),
                "fetched": np.array(int(given.fetched.timestamp())),
            }
            keep(self._kept, self._key, arrays)


def _session(region: Region, *, ferries: bool) -> _Session:
    session = _open_session(region.travel, region.folder, ferries)
    if session.is_old:
        forget()
        session = _open_session(region.travel, region.folder, ferries)
    return session


@lru_cache(maxsize=8)
def _open_session(settings: TravelDefaults, folder: Path | None, ferries: bool) -> _Session:  # noqa: FBT001 (a key)
    return _Session(settings, folder, ferries=ferries)


def forget() -> None:
    """Ask every engine anew when next needed, as a new command does."""
    _open_session.cache_clear()


def _drawn(engine: RoutingEngine, ends: Ends, region: Region) -> Line | None:
    first, last = ends[:2], ends[2:]
    way = _way(engine, first, last, region)
    if way is None:
        return None
    zone = utm_zone(region.office.lon, region.office.lat)
    lon, lat = zip(first, *way, last, strict=True)
    return drawn_line(project(zone, lon, lat), zone, first, last)


def _way(engine: RoutingEngine, first: Place, last: Place, region: Region) -> Sequence[Place] | None:
    if has_dry_unit(region) or not region.roads.ferries:
        dry = engine.line(first, last, ferries=False)
        if dry is not None or not region.roads.ferries:
            return dry
    return engine.line(first, last, ferries=True)


def _standing(*, is_near: bool, is_on: bool) -> Standing:
    if not is_near:
        return Standing.TOO_FAR
    return Standing.ON_ROAD if is_on else Standing.APART


def _engine_name(settings: TravelDefaults) -> str:
    return {"osrm": "OSRM", "valhalla": "Valhalla"}[str(settings.engine)]


def _read(path: Path, key: str) -> _Given | None:
    kept = find_kept(path, key)
    # What does not fit together is as good as not there.
    with suppress(*UNREADABLE):
        return None if kept is None else _checked(kept)
    return None


def _checked(kept: Arrays) -> _Given:
    points, offset_m, seconds, metres = (
        kept[name].astype(np.float64) for name in ("points", "offset_m", "seconds", "metres")
    )
    size, fetched = len(points), int(kept["fetched"])
    fits = points.shape == (size, 2) and seconds.shape == metres.shape == (size, size) and offset_m.shape == (size,)
    # Comparisons with what is no number are false.
    if not fits or not all((each >= 0).all() for each in (offset_m, seconds, metres)) or not 0 <= fetched <= _LATEST:
        raise ValueError("The file does not fit together.")
    return _Given(points, offset_m, seconds, metres, datetime.fromtimestamp(fetched, UTC))

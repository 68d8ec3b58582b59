"""
Speeds fitted to driving times that an office has observed between its places.

The time of a way is a sum over classes of road: metres on it by speed. With the ways held, the factors on each class's
time that bring the sums nearest to what was observed are a linear least-squares problem with bounds (SciPy's
``lsq_linear``); other speeds may give other ways, so this is repeated. Relative errors are fitted, and each class is
drawn a little to its speed before, so that a class that hardly occurs keeps it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import lsq_linear

from geodata import cells, schema
from geodata.errors import N_, RegionError, RoadsFileError
from geodata.region import Region
from geodata.road_classes import FERRY, ROAD_CLASSES, RoadSettings
from geodata.road_graph import Floats, Ints
from geodata.road_paths import RoadPaths
from geodata.road_places import snap
from geodata.roads import RoadNetwork, RoadPlace, places_of
from geodata.tables import Column, Findings, read_table

OBSERVED: Final = (
    Column("dari", "origin", cells.place_code, is_required=True),
    Column("ke", "destination", cells.place_code, is_required=True),
    Column("menit", "minutes", cells.number(0, 1_440, above=True), is_required=True),
)
"""Columns of a file of observed times: codes of two places (``kantor``: the office), minutes of driving."""

LEAST_KMH: Final = 5.0
_SLOWEST: Final = 3.0
"""A class becomes at most this many times slower in one fit."""
_DRAW: Final = 0.1
"""A class at twice its time weighs as much as one observation that is a tenth off."""
_ROUNDS: Final = 6
_LEAST_KM: Final = 1.0
_SECTION = re.compile(r"^[ \t]*\[[ \t]*kecepatan_jalan[ \t]*\][^\n]*\n?", re.MULTILINE)
_NEXT_SECTION = re.compile(r"^[ \t]*\[", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Observation:
    """Minutes that a van took from one place to another, without stops."""

    origin: str
    destination: str
    minutes: float


@dataclass(frozen=True, slots=True)
class FitError:
    """
    How far computed times are from observed ones.

    Attributes
    ----------
    median, worst
        Of the absolute errors relative to what was observed; 0.1 is 10 %.
    """

    median: float
    worst: float


@dataclass(frozen=True, slots=True)
class FittedSpeed:
    """
    A class of road and its speed before and after.

    Attributes
    ----------
    km
        Driven on it in the observations.
    """

    name: str
    km: float
    before_kmh: float
    after_kmh: float


@dataclass(frozen=True)
class Calibration:
    """
    What a fit has found.

    Attributes
    ----------
    used
        Number of observations that were fitted.
    without_way
        Those between places that no road connects.
    speeds
        Of each class that is driven enough to be fitted.
    """

    used: int
    without_way: tuple[Observation, ...]
    speeds: tuple[FittedSpeed, ...]
    before: FitError
    after: FitError


def read_observations(path: Path, region: Region) -> tuple[Observation, ...]:
    """
    The observations of a CSV file with the columns ``dari``, ``ke`` and ``menit``.

    Raises
    ------
    RegionError
        When the file has faults, or names places that the region has not; it lists all.
    """
    findings = Findings()
    rows = read_table(path, OBSERVED, findings) or ()
    known = {place.code for place in places_of(region)}
    for each in rows:
        for column in OBSERVED[:2]:
            code = each.values.get(column.name)
            if code is not None and code not in known:
                findings.add(each.row, column.head, N_("is no code of a village or site, nor kantor"))
        if each.values.get("origin", "") == each.values.get("destination"):
            findings.add(each.row, OBSERVED[1].head, N_("is the place where the drive starts"))
    if not rows and not findings.found:
        findings.add_file(path.name, N_("holds no row; at least one is needed"))
    if findings.found:
        raise RegionError(findings.in_order((path.name,)))
    return tuple(Observation(**each.values) for each in rows)


def calibrate(observations: Sequence[Observation], region: Region, network: RoadNetwork) -> Calibration:
    """
    Fit the speeds of the classes of road to observed times.

    Speeds stay between `LEAST_KMH` and the class's legal ceiling; ferries keep theirs.

    Raises
    ------
    RoadsFileError
        When no road connects any of the observed pairs.
    """
    places = places_of(region)
    reached = _codes_on_road(places, network)
    drives = [each for each in observations if {each.origin, each.destination} <= reached]
    if not drives:
        raise RoadsFileError(N_("{file} connects none of the observed places"), file="roads.npz")
    start = _Fit(drives, places, network, network.settings)
    best, fit = start, start
    for _ in range(_ROUNDS):
        fit = _Fit(drives, places, network, fit.fitted())
        if fit.error.median < best.error.median:
            best = fit
    speeds = tuple(
        FittedSpeed(each.name, km, before, after)
        for each, km, before, after in zip(
            ROAD_CLASSES,
            start.kilometres.tolist(),
            start.settings.class_speeds(),
            best.settings.class_speeds(),
            strict=True,
        )
        if km >= _LEAST_KM and each is not ROAD_CLASSES[FERRY]
    )
    lost = tuple(each for each in observations if not {each.origin, each.destination} <= reached)
    return Calibration(len(drives), lost, speeds, start.error, best.error)


def with_speeds(text: str, speeds: Mapping[str, float]) -> str:
    """
    The text of a ``region.toml`` with these speeds by class in its table ``[kecepatan_jalan]``, all else as it was.

    Raises
    ------
    RoadsFileError
        When the text cannot be changed safely; the speeds must be written by hand then.
    """
    before = tomllib.loads(text)
    found = _SECTION.search(text)
    rows = "".join(f"{name} = {speed:g}\n" for name, speed in speeds.items())
    if found is None:
        changed = f"{text.rstrip()}\n\n[kecepatan_jalan]\n{rows}"
    else:
        after = _NEXT_SECTION.search(text, found.end())
        end = after.start() if after else len(text)
        kept = [
            line
            for line in text[found.end() : end].splitlines(keepends=True)
            if line.split("=")[0].strip() not in speeds
        ]
        head = text[: found.end()] if found[0].endswith("\n") else f"{text[: found.end()]}\n"
        changed = f"{head}{rows}{''.join(kept)}{text[end:]}"
    wanted = before | {"kecepatan_jalan": before.get("kecepatan_jalan", {}) | dict(speeds)}
    if _parsed(changed) != wanted:
        raise RoadsFileError(N_("{file} cannot be changed safely; write the speeds by hand"), file=schema.REGION_FILE)
    return changed


def _parsed(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _codes_on_road(places: Sequence[RoadPlace], network: RoadNetwork) -> frozenset[str]:
    snaps = snap(network.graph, network.settings, [each.lon for each in places], [each.lat for each in places])
    return frozenset(each.code for each, is_on in zip(places, snaps.is_on_road, strict=True) if is_on)


class _Fit:
    """The observed drives on their fastest ways at some speeds."""

    def __init__(
        self, drives: Sequence[Observation], places: Sequence[RoadPlace], network: RoadNetwork, settings: RoadSettings
    ) -> None:
        self.settings = settings
        self._observed = np.array([each.minutes * 60 for each in drives])
        snaps = snap(network.graph, settings, [each.lon for each in places], [each.lat for each in places])
        paths = RoadPaths(network.graph, settings, snaps)
        number = {place.code: at for at, place in enumerate(places)}
        pairs = [(number[each.origin], number[each.destination]) for each in drives]
        graph, count = network.graph, len(ROAD_CLASSES)
        seconds = graph.seconds(settings)
        speed = np.asarray(settings.class_speeds())[graph.road_class]
        # Where a sign holds the van back the class's speed changes nothing.
        is_free = (graph.road_class != FERRY) & ((graph.limit_kmh == 0) | (graph.limit_kmh > speed))
        self._by_class = np.zeros((len(pairs), count))
        self._rest = np.zeros(len(pairs))
        kilometres = np.zeros(count)
        for row, links in _ways(paths, pairs).items():
            road = paths.links.road[links]
            part = np.abs(paths.links.end[links] - paths.links.begin[links])
            free = is_free[road]
            self._by_class[row] = _sum(graph.road_class[road][free], (seconds[road] * part)[free], count)
            kilometres += _sum(graph.road_class[road][free], (graph.metres[road] * part)[free], count) / 1000
            offset_m = snaps.offset_m[list(pairs[row])].sum()
            self._rest[row] = (seconds[road] * part)[~free].sum() + offset_m / (settings.approach_kmh / 3.6)
        self.kilometres: Floats = kilometres

    @property
    def error(self) -> FitError:
        """How far this fit's times are from the observed ones."""
        off = np.abs(self._by_class.sum(axis=1) + self._rest - self._observed) / self._observed
        return FitError(float(np.median(off)), float(off.max()))

    def fitted(self) -> RoadSettings:
        """The settings with the speeds that suit these ways best."""
        fits = np.flatnonzero(self.kilometres >= _LEAST_KM)
        if not len(fits):
            return self.settings
        speed = np.asarray(self.settings.class_speeds())[fits]
        ceiling = np.array([ROAD_CLASSES[at].ceiling_kmh for at in fits])
        least = np.minimum(speed / ceiling, 1)
        most = np.maximum(np.minimum(_SLOWEST, speed / LEAST_KMH), least + 1e-6)
        fixed = np.delete(self._by_class, fits, axis=1).sum(axis=1) + self._rest
        draw = np.full(len(fits), _DRAW)
        rows = np.vstack([self._by_class[:, fits] / self._observed[:, None], np.diag(draw)])
        wanted = np.concatenate([(self._observed - fixed) / self._observed, draw])
        factor = lsq_linear(rows, wanted, bounds=(least, most)).x
        after = {ROAD_CLASSES[at].name: round(float(kmh), 1) for at, kmh in zip(fits, speed / factor, strict=True)}
        return replace(self.settings, speeds_kmh={**self.settings.speeds_kmh, **after})


def _ways(paths: RoadPaths, pairs: Sequence[tuple[int, int]]) -> dict[int, Ints]:
    """Links of the fastest way of each pair, by its place in the list."""
    rows: dict[tuple[int, int], list[int]] = {}
    for row, pair in enumerate(pairs):
        rows.setdefault(pair, []).append(row)
    return {
        row: links
        for source in {source for source, _ in pairs}
        for target, links in paths.ways(source, {end for start, end in pairs if start == source})
        for row in rows[source, target]
    }


def _sum(which: Ints, values: Floats, count: int) -> Floats:
    return np.bincount(which, weights=values, minlength=count).astype(np.float64)

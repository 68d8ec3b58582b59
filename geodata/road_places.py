"""
Where places lie on the roads: each is set on the nearest road of the largest part that is connected both ways.

A place beyond the reach, or nearer to roads that lead nowhere else (an island, a fenced yard), is told and not guessed.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geodata.road_classes import FERRY, RoadSettings
from geodata.road_graph import Floats, Ints, RoadGraph, project

_APART_M: Final = 500.0
_APART_FACTOR: Final = 4.0
"""A place lies at roads that are apart when the connected ones are farther than this, and this many times as far."""


class Standing(StrEnum):
    """Whether a place is on the roads, and if not, why."""

    ON_ROAD = "on_road"
    TOO_FAR = "too_far"
    APART = "apart"


@dataclass(frozen=True, eq=False)
class Snaps:
    """
    Places on the roads, in the order in which they were given.

    Attributes
    ----------
    road, along
        Number of the road, and how far along its points the place lies: 0 at its origin to 1 at its destination.
    offset_m
        From the place to that point, metres in a straight line.
    standing
        Only places that are `Standing.ON_ROAD` can be driven to.
    """

    lon: Floats
    lat: Floats
    road: Ints
    along: Floats
    offset_m: Floats
    standing: tuple[Standing, ...]

    @cached_property
    def is_on_road(self) -> npt.NDArray[np.bool_]:
        """Which can be driven to."""
        return np.array([each is Standing.ON_ROAD for each in self.standing], dtype=bool)


def usable_roads(graph: RoadGraph, settings: RoadSettings) -> npt.NDArray[np.bool_]:
    """Which roads may be driven: all, or all but ferries."""
    return np.ones(graph.road_count, dtype=bool) if settings.ferries else graph.road_class != FERRY


def connected_roads(graph: RoadGraph, settings: RoadSettings) -> npt.NDArray[np.bool_]:
    """Which roads, ferries aside, belong to the largest part of the graph whose every point leads to every other."""
    usable = usable_roads(graph, settings)
    both = usable & ~graph.is_one_way
    ends = (
        np.concatenate([graph.origin[usable], graph.destination[both]]),
        np.concatenate([graph.destination[usable], graph.origin[both]]),
    )
    count = graph.node_count
    links = coo_array((np.ones(len(ends[0])), ends), shape=(count, count)).tocsr()
    _, part = connected_components(links, directed=True, connection="strong")
    if not count:
        return np.zeros(0, dtype=bool)
    # By length of road: a toll road of a few long pieces may not lose to a housing area.
    inside = usable & (part[graph.origin] == part[graph.destination])
    length = np.bincount(part[graph.origin][inside], weights=graph.metres[inside], minlength=part.max() + 1)
    largest = int(length.argmax())
    is_in = (part[graph.origin] == largest) & (part[graph.destination] == largest)
    roads: npt.NDArray[np.bool_] = is_in & usable & (graph.road_class != FERRY)
    return roads


def snap(graph: RoadGraph, settings: RoadSettings, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Snaps:
    """Set places, given in degrees, on the roads."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    points = np.asarray(shapely.points(project(graph.zone, x, y)))
    connected = np.flatnonzero(connected_roads(graph, settings))
    if not len(connected) or not len(x):
        nothing = np.zeros(len(x), dtype=np.int64)
        return Snaps(x, y, nothing, np.zeros(len(x)), np.full(len(x), np.inf), (Standing.TOO_FAR,) * len(x))
    lines = _lines(graph, connected)
    which, offset_m = _nearest(lines, points)
    along = shapely.line_locate_point(lines[which], points, normalized=True)
    others = np.flatnonzero(graph.road_class != FERRY)
    nearest_m = _nearest(_lines(graph, others), points)[1]
    reach_m = settings.reach_km * 1000
    standing = tuple(_standing(far, near, reach_m) for far, near in zip(offset_m, nearest_m, strict=True))
    return Snaps(x, y, connected[which], np.clip(np.nan_to_num(along), 0, 1), offset_m, standing)


def _standing(connected_m: float, nearest_m: float, reach_m: float) -> Standing:
    if nearest_m > reach_m:
        return Standing.TOO_FAR
    if connected_m > reach_m or connected_m > max(_APART_M, _APART_FACTOR * nearest_m):
        return Standing.APART
    return Standing.ON_ROAD


def _lines(graph: RoadGraph, roads: Ints) -> npt.NDArray[np.object_]:
    length = graph.shape_start[roads + 1] - graph.shape_start[roads]
    first = np.concatenate([[0], np.cumsum(length)])
    step = np.arange(first[-1]) - np.repeat(first[:-1], length)
    points = graph.shape_xy[np.repeat(graph.shape_start[roads], length) + step]
    lines: npt.NDArray[np.object_] = shapely.linestrings(points, indices=np.repeat(np.arange(len(roads)), length))
    return lines


def _nearest(lines: npt.NDArray[np.object_], points: npt.NDArray[np.object_]) -> tuple[Ints, Floats]:
    """Which line is nearest to each point, and how far away; of several as near, the first."""
    (which_point, which_line), distance = shapely.STRtree(lines).query_nearest(
        points, return_distance=True, all_matches=True
    )
    order = np.lexsort((which_line, which_point))
    first = order[np.unique(which_point[order], return_index=True)[1]]
    return which_line[first], distance[first]

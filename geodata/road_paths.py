"""
Fastest ways between places on the roads: minutes and metres for all pairs, and the line of a single way.

Time and length travel together in one number, hundredths of a second above tenths of a metre, so that the fastest way
is found with its length in one search, exactly, and among ways as fast the shortest is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString

from geodata.road_classes import RoadSettings
from geodata.road_graph import Floats, Ints, RoadGraph, project
from geodata.road_places import Snaps, usable_roads
from geodata.road_reduction import reduce_links

_METRE_BITS: Final = 26
"""Tenths of metres up to 6,700 km; 53 bits of a float leave hundredths of seconds up to 370 h."""
_UNIT: Final = float(1 << _METRE_BITS)
_SOURCES_AT_ONCE: Final = 64
_FEW: Final = 30
"""So many searches of the whole graph take no longer than to reduce it first."""
_AT_JUNCTION_M: Final = 5.0
_SIMPLER_M: Final = 12.0
"""Lines for maps may lie this far from the road."""

Line = tuple[tuple[float, float], ...]
"""Points, degrees, ``lon, lat``."""


@dataclass(frozen=True, eq=False)
class Links:
    """
    Directed links between nodes: junctions first, then one node a place.

    Attributes
    ----------
    weight
        Time and length in one number.
    road, begin, end
        The piece of a road that each link is, in the direction of driving: from ``begin`` to ``end`` along it.
    """

    origin: Ints
    destination: Ints
    weight: Floats
    road: Ints
    begin: Floats
    end: Floats


@dataclass(frozen=True, eq=False)
class RoadPaths:
    """Fastest ways between some places on the roads of a region."""

    graph: RoadGraph
    settings: RoadSettings
    snaps: Snaps

    def between(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[Floats, Floats]:
        """
        Seconds and metres of the fastest way from each source (rows) to each target (columns), numbers of places.

        The approach from place to road is in both. Where there is no way both are infinite; 0 from a place to itself.
        """
        rows, columns = np.asarray(sources, dtype=np.int64), np.asarray(targets, dtype=np.int64)
        packed = self._search(rows, columns)
        is_way = np.isfinite(packed) & self.snaps.is_on_road[rows][:, None] & self.snaps.is_on_road[columns][None, :]
        whole = np.where(is_way, packed, 0).astype(np.int64)
        offset = self.snaps.offset_m[rows][:, None] + self.snaps.offset_m[columns][None, :]
        seconds = (whole >> _METRE_BITS) / 100 + offset / (self.settings.approach_kmh / 3.6)
        metres = (whole & ((1 << _METRE_BITS) - 1)) / 10 + offset
        same = rows[:, None] == columns[None, :]
        fill = np.where(same, 0.0, np.inf)
        return np.where(is_way & ~same, seconds, fill), np.where(is_way & ~same, metres, fill)

    def lines(self, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Line]:
        """Lines of the fastest ways of pairs of places, from the one to the other; pairs without a way are left out."""
        wanted: dict[int, list[int]] = {}
        for source, target in pairs:
            if source != target and self.snaps.is_on_road[source] and self.snaps.is_on_road[target]:
                wanted.setdefault(source, []).append(target)
        found: dict[tuple[int, int], Line] = {}
        for source, targets in wanted.items():
            for target, links in self.ways(source, targets):
                found[source, target] = self._line(source, target, links)
        return found

    def ways(self, source: int, targets: Iterable[int]) -> Iterable[tuple[int, Ints]]:
        """For each target that can be reached: its number and the links of the fastest way, in order."""
        links, first = self.links, self.graph.node_count
        count = first + len(self.snaps.road)
        _, before = dijkstra(
            csr_array((links.weight, links.destination, self._row_start), shape=(count, count)),
            indices=first + source,
            return_predecessors=True,
        )
        keys = links.origin * count + links.destination
        for target in targets:
            nodes = [first + target]
            while nodes[-1] != first + source and before[nodes[-1]] >= 0:
                nodes.append(int(before[nodes[-1]]))
            if nodes[-1] == first + source:
                path = np.array(nodes[::-1], dtype=np.int64)
                yield target, np.searchsorted(keys, path[:-1] * count + path[1:])

    @cached_property
    def links(self) -> Links:
        """All links, of parallel ones the best, by origin and destination."""
        every = _pieces(self.graph, self.settings, self.snaps)
        order = np.lexsort((every.weight, every.destination, every.origin))
        is_first = np.ones(len(order), dtype=bool)
        origin, destination = every.origin[order], every.destination[order]
        is_first[1:] = (origin[1:] != origin[:-1]) | (destination[1:] != destination[:-1])
        is_first &= origin != destination
        kept = order[is_first]
        return Links(
            every.origin[kept],
            every.destination[kept],
            every.weight[kept],
            every.road[kept],
            every.begin[kept],
            every.end[kept],
        )

    @cached_property
    def _row_start(self) -> Ints:
        count = self.graph.node_count + len(self.snaps.road)
        return np.concatenate([[0], np.cumsum(np.bincount(self.links.origin, minlength=count))])

    def _search(self, rows: Ints, columns: Ints) -> Floats:
        first = self.graph.node_count
        count = first + len(self.snaps.road)
        ends = np.unique(np.concatenate([rows, columns])) + first
        links = self.links
        origin, destination, weight = links.origin, links.destination, links.weight
        if min(len(rows), len(columns)) > _FEW:
            origin, destination, weight = reduce_links(origin, destination, weight, ends, count)
        nodes, numbers = np.unique(np.concatenate([origin, destination, ends]), return_inverse=True)
        size, half = len(nodes), len(origin)
        small = csr_array((weight, (numbers[:half], numbers[half : 2 * half])), shape=(size, size))
        # From the shorter side: new places need few rows or few columns.
        is_turned = len(columns) < len(rows)
        graph = small.T.tocsr() if is_turned else small
        place = np.searchsorted(nodes, (columns if is_turned else rows) + first)
        other = np.searchsorted(nodes, (rows if is_turned else columns) + first)
        packed = np.empty((len(place), len(other)))
        for at in range(0, len(place), _SOURCES_AT_ONCE):
            batch = slice(at, at + _SOURCES_AT_ONCE)
            packed[batch] = dijkstra(graph, indices=place[batch])[:, other]
        return packed.T if is_turned else packed

    def _line(self, source: int, target: int, links: Ints) -> Line:
        snaps, graph = self.snaps, self.graph
        ends = project(graph.zone, snaps.lon[[source, target]], snaps.lat[[source, target]])
        pieces = [self._piece(int(link)) for link in links]
        first = float(snaps.lon[source]), float(snaps.lat[source])
        last = float(snaps.lon[target]), float(snaps.lat[target])
        return drawn_line(np.vstack([ends[:1], *pieces, ends[1:]]), graph.zone, first, last)

    def _piece(self, link: int) -> Floats:
        """Points of a link in the UTM zone, in the direction of driving."""
        links = self.links
        points = self.graph.shape_xy[self.graph.shape(int(links.road[link]))]
        length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        along = length / length[-1] if length[-1] else np.linspace(0, 1, len(points))
        begin, end = float(links.begin[link]), float(links.end[link])
        low, high = min(begin, end), max(begin, end)
        at = np.concatenate([[low], along[(along > low) & (along < high)], [high]])
        piece = np.column_stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)])
        return piece if begin <= end else piece[::-1]


def drawn_line(points: Floats, zone: str, first: tuple[float, float], last: tuple[float, float]) -> Line:
    """
    A line for maps: with fewer points, ends put on the places themselves.

    Parameters
    ----------
    points
        East and north in the UTM zone ``zone``, metres, one row each.
    first, last
        Longitude and latitude of the places, degrees.
    """
    line = LineString(points).simplify(_SIMPLER_M)
    back = Transformer.from_crs(zone, "EPSG:4326", always_xy=True)
    lon, lat = back.transform(*np.asarray(line.coords).T)
    inner = [(round(x, 5), round(y, 5)) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    return (first, *inner[1:-1], last)


def _pieces(graph: RoadGraph, settings: RoadSettings, snaps: Snaps) -> Links:
    """Every road in each direction that it may be driven, cut where places lie on it."""
    usable = usable_roads(graph, settings)
    on_road = np.flatnonzero(snaps.is_on_road)
    # Along each road: its origin, the places on it in order, its destination.
    road = np.concatenate([np.flatnonzero(usable), np.flatnonzero(usable), snaps.road[on_road]])
    count = int(usable.sum())
    along = np.concatenate([np.zeros(count), np.ones(count), snaps.along[on_road]])
    node = np.concatenate([graph.origin[usable], graph.destination[usable], graph.node_count + on_road])
    kind = np.concatenate([np.zeros(count), np.full(count, 2), np.ones(len(on_road))])
    order = np.lexsort((along, kind, road))
    road, along, node = road[order], along[order], node[order]
    same = np.flatnonzero(road[:-1] == road[1:])
    begin, end, of = along[same], along[same + 1], road[same]
    metres = graph.metres[of] * (end - begin)
    weight = _packed(graph.seconds(settings)[of] * (end - begin), metres)
    # A place at a junction is at all roads that meet there, not only at the one-way road it was set on.
    is_at_junction = (metres < _AT_JUNCTION_M) & ((begin > 0) | (end < 1))
    back = ~graph.is_one_way[of] | is_at_junction
    ends = node[same], node[same + 1]
    return Links(
        np.concatenate([ends[0], ends[1][back]]),
        np.concatenate([ends[1], ends[0][back]]),
        np.concatenate([weight, weight[back]]),
        np.concatenate([of, of[back]]),
        np.concatenate([begin, end[back]]),
        np.concatenate([end, begin[back]]),
    )


def _packed(seconds: Floats, metres: Floats) -> Floats:
    # At least a tenth of a metre: a link of no weight would be no link to a sparse matrix.
    return np.rint(seconds * 100) * _UNIT + np.maximum(np.rint(metres * 10), 1)

"""
Travel times by road beside a plain NetworkX loop: 250 x 250 places on a made-up regency of 60,000 junctions.

``python -m benchmarks.roads`` prints the processor seconds after loading, on one core, and their ratio. NetworkX is
asked for a few sources only and scaled up, since all would take minutes; where it is not installed only ours is
measured. Both must agree.
"""

import argparse
import time
from collections.abc import Sequence

import numpy as np

from geodata.road_classes import CLASS_NUMBER, RoadSettings
from geodata.road_extract import Extract, WayKind
from geodata.road_graph import RoadGraph, build_graph
from geodata.road_paths import RoadPaths
from geodata.road_places import connected_roads, snap

PLACES = 250
SIDE = 246
_SPACING_DEG = 0.0018
_WEST, _SOUTH = 99.2, 2.9
_ZONE = "EPSG:32647"
_KEPT, _ONE_WAY, _UNPAVED = 0.68, 0.03, 0.2
"""Shares of the village roads: there, driven one way, earth."""
_THROUGH = 16
_NETWORKX_SOURCES = 5


def make_regency(side: int = SIDE, seed: int = 1) -> RoadGraph:
    """
    A crooked grid of village roads with gaps, cut by main roads; side x side crossings, about nine tenths connected.

    A real regency's junctions have 2.6 to 3 roads each, as here.
    """
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    lon = _WEST + _SPACING_DEG * (np.tile(np.arange(side), side) + rng.uniform(-0.3, 0.3, side * side))
    lat = _SOUTH + _SPACING_DEG * (np.repeat(np.arange(side), side) + rng.uniform(-0.3, 0.3, side * side))
    runs: list[int] = []
    starts, kinds = [0], []
    for line, at in [*((number[row], row) for row in range(side)), *((number[:, col], col) for col in range(side))]:
        is_main = at % _THROUGH == 0
        road_class = CLASS_NUMBER["secondary" if is_main else "residential"]
        for one, other in zip(line[:-1].tolist(), line[1:].tolist(), strict=True):
            if is_main or rng.random() < _KEPT:
                runs += [one, other]
                starts.append(len(runs))
                is_one_way = not is_main and rng.random() < _ONE_WAY
                kinds.append(WayKind(road_class, bool(rng.random() < _UNPAVED), 0, int(is_one_way), 0))
    return build_graph(Extract(lon, lat, np.array(runs), np.array(starts), tuple(kinds), None), _ZONE)


def make_paths(graph: RoadGraph, places: int = PLACES, seed: int = 2) -> RoadPaths:
    """Places strewn over the regency, on its roads."""
    rng = np.random.default_rng(seed)
    settings = RoadSettings()
    lon = rng.uniform(graph.node_lon.min(), graph.node_lon.max(), places)
    lat = rng.uniform(graph.node_lat.min(), graph.node_lat.max(), places)
    return RoadPaths(graph, settings, snap(graph, settings, lon, lat))


def networkx_seconds(
    paths: RoadPaths, sources: Sequence[int]
) -> tuple[float, np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Seconds of a loop over the sources with NetworkX on the same links, and the weights that it found."""
    import networkx as nx  # noqa: PLC0415 (an extra that only the bench environment has)

    links, first = paths.links, paths.graph.node_count
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        zip(links.origin.tolist(), links.destination.tolist(), links.weight.tolist(), strict=True)
    )
    count = len(paths.snaps.road)
    found = np.full((len(sources), count), np.inf)
    began = time.process_time()
    for row, source in enumerate(sources):
        length = nx.single_source_dijkstra_path_length(graph, first + source)
        found[row] = [length.get(first + place, np.inf) for place in range(count)]
    return time.process_time() - began, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=SIDE, help="crossings along each side of the regency")
    arguments = parser.parse_args()
    graph = make_regency(arguments.side)
    connected = graph.metres[connected_roads(graph, RoadSettings())].sum() / graph.metres.sum()
    paths = make_paths(graph)
    everywhere = np.arange(PLACES)
    assert len(paths.links.road), "cut at the places: part of loading"
    began = time.process_time()
    seconds, metres = paths.between(everywhere, everywhere)
    ours = time.process_time() - began
    print(f"{graph.node_count} junctions, {graph.road_count} roads, {connected:.0%} connected, {PLACES} places")
    print(f"ours: {ours:.2f} s for {PLACES} x {PLACES} minutes and metres")
    sources = list(range(_NETWORKX_SOURCES))
    try:
        spent, found = networkx_seconds(paths, sources)
    except ModuleNotFoundError:
        print("networkx is not installed here: pip install 'moling[bench]'")
        return
    their = spent * PLACES / _NETWORKX_SOURCES
    whole = np.where(np.isfinite(found), found, 0).astype(np.int64)
    offset = paths.snaps.offset_m[sources][:, None] + paths.snaps.offset_m[None, :]
    expected = (whole >> 26) / 100 + offset / (paths.settings.approach_kmh / 3.6)
    comparable = np.isfinite(found) & np.isfinite(seconds[sources]) & (seconds[sources] > 0)
    assert np.allclose(seconds[sources][comparable], expected[comparable])
    assert np.isfinite(metres[np.isfinite(seconds)]).all()
    print(f"networkx loop: {their:.0f} s (from {_NETWORKX_SOURCES} sources); ratio {their / ours:.0f}")


if __name__ == "__main__":
    main()

"""The roads that the bench is measured on, in a small size."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.roads import make_paths, make_regency


def test_the_bench_regency_is_like_a_real_one_and_times_are_exact() -> None:
    """Junctions of two to three roads, and the same times as SciPy's search on the whole graph."""
    graph = make_regency(side=40)
    assert 2.4 < 2 * graph.road_count / graph.node_count < 3.2
    paths = make_paths(graph, places=40)
    everywhere = np.arange(40)

    seconds, metres = paths.between(everywhere, everywhere)

    links, first = paths.links, graph.node_count
    count = first + 40
    whole = csr_array((links.weight, (links.origin, links.destination)), shape=(count, count))
    packed = dijkstra(whole, indices=first + everywhere)[:, first:]
    on_road = paths.snaps.is_on_road
    both = on_road[:, None] & on_road[None, :] & np.isfinite(packed)
    assert both.sum() > 500
    offset = paths.snaps.offset_m[:, None] + paths.snaps.offset_m[None, :]
    np.fill_diagonal(both, val=False)
    time = packed[both].astype(np.int64)
    assert np.allclose(seconds[both], (time >> 26) / 100 + offset[both] / (10 / 3.6))
    assert np.allclose(metres[both], (time & ((1 << 26) - 1)) / 10 + offset[both])

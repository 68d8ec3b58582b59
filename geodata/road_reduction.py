"""
A smaller graph with the same distances between some of its nodes.

Nodes that nobody asks for and that have few neighbours are taken out one by one; each pair of its neighbours gets the
way through it as a link of its own, unless a shorter one is there. Distances between the nodes that stay do not change.
This is the first half of contraction hierarchies (Geisberger et al. 2012, doi 10.1287/trsc.1110.0401), done for whole
sets of nodes at once, none of which touch; a road network of 60,000 nodes shrinks to some thousands.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_NEIGHBOURS: Final = 5
"""Nodes with more stay: to take one out would add more links than it saves (3 to 6 measured on 60,000 nodes)."""
_LEAST_SHARE: Final = 0.01
"""A round that takes out fewer of the nodes than this is the last."""
_SEED: Final = 20_261_207


def reduce_links(origin: Ints, destination: Ints, length: Floats, keep: Ints, count: int) -> tuple[Ints, Ints, Floats]:
    """
    Links with the same shortest lengths between the nodes in ``keep``.

    Parameters
    ----------
    origin, destination, length
        Directed links; lengths are whole and positive, so that sums are exact.
    keep
        Nodes that must stay.
    count
        Number of nodes; those that are taken out keep their numbers but have no links.
    """
    must_stay = np.zeros(count, dtype=bool)
    must_stay[keep] = True
    order = np.random.default_rng(_SEED).permutation(count)  # ties are broken the same way each time
    links = _shortest_of_parallel(origin, destination, length)
    while len(links[0]):
        chosen = _apart(links[0], links[1], must_stay, order, count)
        if chosen.sum() < _LEAST_SHARE * np.count_nonzero(np.bincount(links[0], minlength=count)):
            break
        links = _without(links, chosen, count)
    return links


def _apart(
    origin: Ints, destination: Ints, must_stay: npt.NDArray[np.bool_], order: Ints, count: int
) -> npt.NDArray[np.bool_]:
    """Nodes to take out now: few neighbours, and no two of them neighbours."""
    low, high = np.minimum(origin, destination), np.maximum(origin, destination)
    pairs = np.unique(low * count + high)
    low, high = pairs // count, pairs % count
    neighbours = np.bincount(low, minlength=count) + np.bincount(high, minlength=count)
    may_go = (neighbours > 0) & (neighbours <= _MOST_NEIGHBOURS) & ~must_stay
    # Fewest neighbours first: taking such a node out adds the fewest links.
    rank = np.where(may_go, neighbours * count + order, np.iinfo(np.int64).max)
    best = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(best, low, rank[high])
    np.minimum.at(best, high, rank[low])
    return may_go & (rank < best)


def _without(links: tuple[Ints, Ints, Floats], gone: npt.NDArray[np.bool_], count: int) -> tuple[Ints, Ints, Floats]:
    origin, destination, length = links
    into = np.flatnonzero(gone[destination])
    out = np.flatnonzero(gone[origin])
    out = out[np.argsort(origin[out], kind="stable")]
    ways_out = np.bincount(origin[out], minlength=count)
    first_out = np.cumsum(ways_out) - ways_out
    times = ways_out[destination[into]]
    before = np.repeat(into, times)
    step = np.arange(len(before)) - np.repeat(np.cumsum(times) - times, times)
    after = out[first_out[destination[before]] + step]
    new = origin[before], destination[after], length[before] + length[after]
    is_way = new[0] != new[1]
    stays = ~gone[origin] & ~gone[destination]
    return _shortest_of_parallel(
        np.concatenate([origin[stays], new[0][is_way]]),
        np.concatenate([destination[stays], new[1][is_way]]),
        np.concatenate([length[stays], new[2][is_way]]),
    )


def _shortest_of_parallel(origin: Ints, destination: Ints, length: Floats) -> tuple[Ints, Ints, Floats]:
    order = np.lexsort((length, destination, origin))
    origin, destination, length = origin[order], destination[order], length[order]
    is_first = np.ones(len(origin), dtype=bool)
    is_first[1:] = (origin[1:] != origin[:-1]) | (destination[1:] != destination[:-1])
    is_first &= origin != destination
    return origin[is_first], destination[is_first], length[is_first]

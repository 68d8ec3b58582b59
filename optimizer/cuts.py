"""
Subset-row cuts: of three visits, at most one route serves two or more.

True of every plan, because each visit is made once, and often broken by the linear program, which halves routes (Jepsen
et al. 2008, doi 10.1287/opre.1070.0449). Visits of a group count as one element.
"""

from collections.abc import Sequence
from itertools import combinations

CUT_SIZE = 3
CUT_SERVES = 2
"""A route counts in a cut when it serves that many of its elements."""
_LEAST_VIOLATION = 0.03
_MOST_WITH_ONE = 4
"""New cuts that share an element tighten the same spot; so many are enough for a round."""

_Triple = tuple[int, int, int]


def find_subset_row_cuts(
    served: Sequence[tuple[frozenset[int], float]], *, known: frozenset[frozenset[int]], most: int
) -> list[frozenset[int]]:
    """
    Cuts that a solution breaks, the worst broken first.

    Parameters
    ----------
    served
        For each route used, the elements that it serves and its weight in the solution.
    known
        Cuts that are not to be found again.
    most
        Number of cuts at most.
    """
    chosen: list[frozenset[int]] = []
    times: dict[int, int] = {}
    broken = _violations(served)
    for triple in sorted(broken, key=lambda each: (-broken[each], each)):
        cut = frozenset(triple)
        if broken[triple] < _LEAST_VIOLATION or len(chosen) == most:
            break
        if cut not in known and all(times.get(element, 0) < _MOST_WITH_ONE for element in triple):
            chosen.append(cut)
            for element in triple:
                times[element] = times.get(element, 0) + 1
    return chosen


def _violations(served: Sequence[tuple[frozenset[int], float]]) -> dict[_Triple, float]:
    """By how much each triple of which two stand in one route goes beyond 1."""
    pairs: dict[tuple[int, int], float] = {}
    triples: dict[_Triple, float] = {}
    for elements, weight in served:
        ordered = sorted(elements)
        for pair in combinations(ordered, 2):
            pairs[pair] = pairs.get(pair, 0.0) + weight
        for triple in combinations(ordered, 3):
            triples[triple] = triples.get(triple, 0.0) + weight
    near: dict[int, set[int]] = {}
    for one, other in pairs:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    found: dict[_Triple, float] = {}
    for one, other in pairs:
        for third in (near[one] | near[other]) - {one, other}:
            low, middle, high = sorted((one, other, third))
            sides = sum(pairs.get(pair, 0.0) for pair in ((low, middle), (low, high), (middle, high)))
            # A route over all three stands in each of the three sides, and counts once.
            found[low, middle, high] = sides - 2 * triples.get((low, middle, high), 0.0) - 1
    return found

"""
Subset-row cuts: of an odd number of visits, routes that serve two of them or more can use up only so many.

Of ``n`` visits (n odd) the routes of a plan serve at most ``(n - 1) / 2`` pairs, as each visit is made once: the sum
over the routes of half their visits in the set, rounded down, is at most half of n, rounded down. It holds for every
plan, and the linear program, which halves routes, often breaks it (Jepsen et al. 2008, doi 10.1287/opre.1070.0449; sets
of five: Pecin et al. 2017, doi 10.1016/j.orl.2017.02.006). Visits of a group count as one element.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

_LEAST_VIOLATION = 0.03
_MOST_WITH_ONE = 4
"""New cuts that share an element tighten the same spot; so many are enough for a round."""
_NEARLY_BROKEN = 0.4
"""Triples this far below their limit are worth extending to five."""
_MOST_EXTENDED = 300

_Set = tuple[int, ...]


def pairs_served(cut: frozenset[int], elements: frozenset[int]) -> int:
    """What a route over those elements counts in a cut."""
    return len(cut & elements) // 2


def most_pairs(cut: frozenset[int]) -> int:
    """What all routes together count in a cut at most."""
    return len(cut) // 2


def find_subset_row_cuts(
    served: Sequence[tuple[frozenset[int], float]], *, known: frozenset[frozenset[int]], most: int
) -> list[frozenset[int]]:
    """
    Cuts that a solution breaks, the worst broken first; of five elements only where too few of three are broken.

    Parameters
    ----------
    served
        For each route used, the elements that it serves and its weight in the solution.
    known
        Cuts that are not to be found again.
    most
        Number of cuts at most.
    """
    triples = _violations(served)
    chosen = _Chosen(known, most)
    chosen.take(triples)
    if len(chosen.cuts) < most:
        chosen.take(_fives(served, triples))
    return chosen.cuts


class _Chosen:
    """The cuts of a round: the worst broken ones that do not crowd around an element."""

    def __init__(self, known: frozenset[frozenset[int]], most: int) -> None:
        self.cuts: list[frozenset[int]] = []
        self._known, self._most = known, most
        self._times: dict[int, int] = {}

    def take(self, broken: dict[_Set, float]) -> None:
        """Choose among sets by how far they are broken."""
        for each in sorted(broken, key=lambda each: (-broken[each], each)):
            cut = frozenset(each)
            if broken[each] < _LEAST_VIOLATION or len(self.cuts) == self._most:
                break
            if cut not in self._known and all(self._times.get(element, 0) < _MOST_WITH_ONE for element in each):
                self.cuts.append(cut)
                for element in each:
                    self._times[element] = self._times.get(element, 0) + 1


def _violations(served: Sequence[tuple[frozenset[int], float]]) -> dict[_Set, float]:
    """By how much each triple of which two stand in one route goes beyond 1."""
    pairs: dict[tuple[int, int], float] = {}
    triples: dict[_Set, float] = {}
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
    found: dict[_Set, float] = {}
    for one, other in pairs:
        for third in (near[one] | near[other]) - {one, other}:
            low, middle, high = sorted((one, other, third))
            sides = sum(pairs.get(pair, 0.0) for pair in ((low, middle), (low, high), (middle, high)))
            # A route over all three stands in each of the three sides, and counts once.
            found[low, middle, high] = sides - 2 * triples.get((low, middle, high), 0.0) - 1
    return found


def _fives(served: Sequence[tuple[frozenset[int], float]], triples: dict[_Set, float]) -> dict[_Set, float]:
    """For triples that are nearly broken the two elements that break them most, and by how much beyond 2."""
    divided = [each for each in served if each[1] < 1 - _LEAST_VIOLATION]
    found: dict[_Set, float] = {}
    nearly = [each for each in triples if triples[each] > -_NEARLY_BROKEN]
    for each in sorted(nearly, key=lambda each: (-triples[each], each))[:_MOST_EXTENDED]:
        best = _best_pair(frozenset(each), divided)
        if best is not None:
            pair, gained = best
            found[tuple(sorted((*each, *pair)))] = triples[each] + gained - 1
    return found


def _best_pair(
    triple: frozenset[int], divided: Sequence[tuple[frozenset[int], float]]
) -> tuple[tuple[int, int], float] | None:
    """The two further elements, of routes that hold some of the triple, with which the routes serve most pairs more."""
    touching = [(elements, weight) for elements, weight in divided if elements & triple]
    others = np.array(sorted({element for elements, _ in touching for element in elements - triple}), dtype=np.int64)
    if len(others) < 2:  # noqa: PLR2004 (a pair)
        return None
    known = frozenset(others.tolist())
    counting = [(elements, weight) for elements, weight in divided if elements & known]
    holds = np.array([np.isin(others, list(elements)) for elements, _ in counting], dtype=np.float64)
    weight = np.array([weight for _, weight in counting])
    odd = np.array([len(elements & triple) % 2 == 1 for elements, _ in counting])
    # A route that holds an odd number of the triple gains a pair with either new element, an even one with both.
    alone = (weight * odd) @ holds
    both = (holds * np.where(odd, -weight, weight)[:, None]).T @ holds
    gain = both + alone[:, None] + alone[None, :]
    np.fill_diagonal(gain, -1.0)
    one, other = divmod(int(gain.argmax()), len(others))
    return (int(others[one]), int(others[other])), float(gain[one, other])

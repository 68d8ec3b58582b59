"""
The compiled search of `pricing`: labels over one shift class, completion bounds, dominance.

A route of a class is a path start -> visits -> end on the class's working-time axis, where pauses have no length
(`network`). A *label* is the end of a partial route: the visit just served, the minute its service finishes, the points
won so far, what it used of each resource, which visits it remembers, and the parity of each cut. Every service lasts at
least a minute, so labels are handled in order of time and only ever make later ones.

Three things keep the search small:

* the *completion bound*: the most that can still be won from a visit finished at a minute when visited sets, resources
  and cuts are ignored, computed backwards over time. A label that cannot reach the threshold with it is dropped; this
  is where nearly all labels go.
* *dominance*: a label that is no later, no poorer, no heavier, and remembers no more than another makes it useless.
* *ng-routes* (Baldacci, Mingozzi & Roberti 2011, doi 10.1287/opre.1110.0975): a label forgets visits that are far from
  where it is, so a route may repeat them. Routes that do are in no plan, but allowing them only raises the best value,
  so the bound holds; elementary routes alone become columns.

Subset-row cuts (Jepsen et al. 2008, doi 10.1287/opre.1070.0449) cost their dual for every second member served; the
completion bound ignores that and stays an upper bound. Values are floats; whoever makes a bound of them adds a margin.

The module is long because all that is compiled stands here, and nothing else.
"""

from enum import IntEnum
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

NEVER = -1e18
"""Worth of what cannot be; below any sum of points."""

WORD_BITS = 64


class Dominance(IntEnum):
    """Which labels a search may leave out."""

    RELAXED = 0
    """Those later and poorer than another at the same visit, whatever else they hold: few labels, good routes."""
    EXACT = 1
    """Those that can never become the best route: the best value is exact."""
    SAME_SET = 2
    """Those later and poorer than another over the same visits: every set of visits keeps its best routes."""
    NONE = 3
    """No label at all: what a test compares the others with."""


class RouteNetwork(NamedTuple):
    """
    A shift class as arrays for the compiled search; n visits that some route of the class can hold, R resources.

    Attributes
    ----------
    start_min, end_min, travel
        Minutes from the start to each visit (n), from each visit to the end (n), between visits (n, n).
    start_cost, end_cost, travel_cost
        Points lost by kilometres for the same ways.
    duration
        Minutes of each visit's service (n), at least 1.
    option_of, option_first, option_last, option_cost
        Options of visit v are rows ``option_of[v]`` to ``option_of[v + 1]``: service starts from first to last, both
        included, counted from the class's ``begin``, and loses cost.
    use, capacity
        What each visit uses (R, n) of each resource that can run out, and how much there is (R).
    word, bit
        Where the element of each visit stands in a set: its word (n) and its bit in there (n). Visits of a group share
        an element, because they exclude each other as a visit excludes itself.
    keep
        Elements still remembered after each visit (n, W).
    max_stops
        Most stops of a route.
    """

    start_min: Ints
    end_min: Ints
    travel: Ints
    start_cost: Floats
    end_cost: Floats
    travel_cost: Floats
    duration: Ints
    option_of: Ints
    option_first: Ints
    option_last: Ints
    option_cost: Floats
    use: Ints
    capacity: Ints
    word: Ints
    bit: Words
    keep: Words
    max_stops: int


class CutMembers(NamedTuple):
    """
    Cuts that cost something, by visit: visit v is in cuts ``members[of[v]:of[v + 1]]``.

    Attributes
    ----------
    dual
        Points lost for every second member that a route serves, above 0 (K).
    words
        Words of a set of parities, at least 1.
    """

    of: Ints
    members: Ints
    dual: Floats
    words: int


class Labels(NamedTuple):
    """Labels of one search, a row each, in order of making; ``parent`` is -1 for a first stop."""

    visit: Ints
    finish: Ints
    value: Floats
    parent: Ints
    stops: Ints
    worth: Floats
    alive: Flags
    seen: Words
    parity: Words
    load: Ints


@numba.njit(cache=True, nogil=True)
def completion_bound(net: RouteNetwork, gain: Floats, back_cost: Floats) -> Floats:
    """
    Most that can still be won after finishing visit v at minute t, visited sets, resources and cuts ignored.

    Parameters
    ----------
    gain
        Points of serving each visit at the present duals (n).
    back_cost
        Points lost for being back at each minute (T + 1): duty and overtime.

    Returns
    -------
    Array (n, T + 1); `NEVER` where the van cannot be back in time or the visit cannot have ended so soon.
    """
    n = len(net.duration)
    last = len(back_cost) - 1
    best = np.full((n, last + 1), NEVER)
    arrived = np.full((n, last + 1), NEVER)
    # What is won from arriving at u in a block of minutes follows from finishing at u at least a block later. So a
    # block as long as the shortest service can be filled row by row, which the processor does many minutes at a time.
    block = max(1, net.duration.min()) if n else 1
    soonest = np.empty(n, np.int64)
    latest = np.empty(n, np.int64)
    for v in range(n):
        options = slice(net.option_of[v], net.option_of[v + 1])
        soonest[v] = net.option_first[options].min() + net.duration[v]
        latest[v] = net.option_last[options].max()
    high = last
    while high >= 0:
        low = max(0, high - block + 1)
        for u in range(n):
            _fill_arrivals(net, arrived[u], best[u], gain[u], u, low, high)
        for v in range(n):
            if high < soonest[v]:
                continue
            row = best[v]
            for t in range(low, min(high, last - net.end_min[v]) + 1):
                row[t] = -net.end_cost[v] - back_cost[t + net.end_min[v]]
            for u in range(n):
                if u != v:
                    way = net.travel[v, u]
                    end = min(high, latest[u] - way) + 1
                    if end > low:
                        _raise_to(row[low:end], arrived[u, low + way : end + way], net.travel_cost[v, u])
        high = low - 1
    return best


@numba.njit(cache=True, nogil=True)
def best_through(net: RouteNetwork, gain: Floats, back_cost: Floats, completion: Floats) -> Floats:
    """
    Most that a route through each visit can be worth, visited sets, resources and cuts ignored.

    The twin of `completion_bound` forwards over time, the most won from the start until the service of a visit ends,
    joined with the most that can still be won from then on.

    Parameters
    ----------
    gain, back_cost
        As for `completion_bound`.
    completion
        `completion_bound` of the same gains and costs.

    Returns
    -------
    Array (n); below `NEVER` / 2 for a visit that no route can hold.
    """
    n = len(net.duration)
    last = len(back_cost) - 1
    won = np.full((n, last + 1), NEVER)
    arrived = np.full((n, last + 1), NEVER)
    through = np.full(n, NEVER)
    for u in range(n):
        if net.start_min[u] <= last:
            arrived[u, net.start_min[u]] = -net.start_cost[u]
    # What ends within a block of minutes has begun before it, as every service is at least as long as the block.
    block = max(1, net.duration.min()) if n else 1
    low = 0
    while low <= last:
        high = min(last, low + block - 1)
        for u in range(n):
            _fill_finishes(net, won[u], arrived[u], gain[u], u, low, high)
            for t in range(low, high + 1):
                through[u] = max(through[u], won[u, t] + completion[u, t])
        for u in range(n):
            row = arrived[u]
            for v in range(n):
                if v != u:
                    way = net.travel[v, u]
                    first = max(low, way)
                    if first <= high:
                        _raise_to(row[first : high + 1], won[v, first - way : high + 1 - way], net.travel_cost[v, u])
            for t in range(max(1, low), high + 1):
                row[t] = max(row[t], row[t - 1])  # who has arrived may wait
        low = high + 1
    return through


@numba.njit(cache=True)
def _fill_finishes(net: RouteNetwork, won: Floats, arrived: Floats, gain: float, u: int, low: int, high: int) -> None:
    """Most won by services of visit u that end at the minutes from low to high."""
    duration = net.duration[u]
    for o in range(net.option_of[u], net.option_of[u + 1]):
        for t in range(max(low, net.option_first[o] + duration), min(high, net.option_last[o] + duration) + 1):
            won[t] = max(won[t], arrived[t - duration] - net.option_cost[o] + gain)


@numba.njit(cache=True)
def _raise_to(row: Floats, ahead: Floats, cost: float) -> None:
    """Raise each value of a row to what lies ahead less a cost."""
    for i in range(len(row)):
        value = ahead[i] - cost
        row[i] = value if value > row[i] else row[i]  # noqa: FURB136 (max() would keep the loop scalar)


@numba.njit(cache=True)
def _fill_arrivals(
    net: RouteNetwork, arrived: Floats, finished: Floats, gain: float, u: int, low: int, high: int
) -> None:
    """Most that can still be won from arriving at visit u at the minutes from low to high, waiting included."""
    last = len(finished) - 1
    duration = net.duration[u]
    for o in range(net.option_of[u], net.option_of[u + 1]):
        first = net.option_first[o]
        for t in range(low, min(high, net.option_last[o]) + 1):
            finish = max(t, first) + duration
            if finish <= last:
                value = finished[finish] - net.option_cost[o] + gain
                arrived[t] = max(arrived[t], value)


@numba.njit(cache=True)
def _parity_loss(labels: Labels, one: int, other: int, cuts: CutMembers) -> float:
    """Most that the first label can still lose to the second: duals of cuts that are odd in it and even there."""
    loss = 0.0
    for w in range(cuts.words):
        bits = labels.parity[one, w] & ~labels.parity[other, w]
        k = w * WORD_BITS
        while bits:
            if bits & np.uint64(1):
                loss += cuts.dual[k]
            bits >>= np.uint64(1)
            k += 1
    return loss


@numba.njit(cache=True)
def _dominates(net: RouteNetwork, cuts: CutMembers, labels: Labels, one: int, other: int, dominance: int) -> bool:
    """Whether a label, no later and no poorer than another at the same visit, makes it useless."""
    if dominance == Dominance.RELAXED:
        return True
    if dominance == Dominance.NONE:
        return False
    if net.max_stops < len(net.duration) and labels.stops[one] > labels.stops[other]:
        return False
    for w in range(net.keep.shape[1]):
        if labels.seen[one, w] & ~labels.seen[other, w]:
            return False
        if dominance == Dominance.SAME_SET and labels.seen[one, w] != labels.seen[other, w]:
            return False
    for r in range(net.use.shape[0]):
        if labels.load[one, r] > labels.load[other, r]:
            return False
    if len(cuts.dual):
        return bool(labels.value[one] - _parity_loss(labels, one, other, cuts) >= labels.value[other])
    return True


@numba.njit(cache=True)
def _write_candidate(net: RouteNetwork, cuts: CutMembers, labels: Labels, at: int, before: int, u: int) -> bool:
    """Write into row ``at`` what follows from label ``before`` (-1: the start) by serving u; False where it may not."""
    first = before < 0
    labels.stops[at] = 1 if first else labels.stops[before] + 1
    if labels.stops[at] > net.max_stops:
        return False
    for r in range(net.use.shape[0]):
        labels.load[at, r] = net.use[r, u] + (0 if first else labels.load[before, r])
        if labels.load[at, r] > net.capacity[r]:
            return False
    for w in range(net.keep.shape[1]):
        labels.seen[at, w] = np.uint64(0) if first else labels.seen[before, w] & net.keep[u, w]
    labels.seen[at, net.word[u]] |= net.bit[u]
    for w in range(cuts.words):
        labels.parity[at, w] = np.uint64(0) if first else labels.parity[before, w]
    labels.visit[at] = u
    labels.parent[at] = before
    labels.alive[at] = True
    return True


@numba.njit(cache=True)
def _pay_cuts(cuts: CutMembers, labels: Labels, at: int, u: int) -> float:
    """Flip the parities of the cuts that u is in; the duals lost where it was the second member."""
    lost = 0.0
    for m in range(cuts.of[u], cuts.of[u + 1]):
        k = cuts.members[m]
        word = k // WORD_BITS
        bit = np.uint64(1) << np.uint64(k % WORD_BITS)
        if labels.parity[at, word] & bit:
            lost += cuts.dual[k]
        labels.parity[at, word] ^= bit
    return lost


@numba.njit(cache=True)
def _is_useless(
    net: RouteNetwork,
    cuts: CutMembers,
    labels: Labels,
    new: int,
    at_first: Ints,
    at_next: Ints,
    dominance: int,
    comparisons: npt.NDArray[np.int64],
) -> bool:
    """Whether a label of the same visit makes the new one useless; marks those that the new one makes useless."""
    u = labels.visit[new]
    before = -1
    other = at_first[u]
    while other >= 0:
        comparisons[0] += 1
        after = at_next[other]
        if not labels.alive[other]:
            if before >= 0:
                at_next[before] = after
            else:
                at_first[u] = after
            other = after
            continue
        if labels.finish[other] <= labels.finish[new] and labels.value[other] >= labels.value[new]:
            if _dominates(net, cuts, labels, other, new, dominance):
                return True
        elif (
            labels.finish[other] >= labels.finish[new]
            and labels.value[new] >= labels.value[other]
            and _dominates(net, cuts, labels, new, other, dominance)
        ):
            labels.alive[other] = False
        before = other
        other = after
    return False


@numba.njit(cache=True)
def _empty_labels(net: RouteNetwork, cuts: CutMembers, most: int) -> Labels:
    return Labels(
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.float64),
        np.empty(most, np.int32),
        np.empty(most, np.int32),
        np.empty(most, np.float64),
        np.empty(most, np.bool_),
        np.empty((most, net.keep.shape[1]), np.uint64),
        np.empty((most, cuts.words), np.uint64),
        np.empty((most, net.use.shape[0]), np.int32),
    )


@numba.njit(cache=True, nogil=True)
def search(
    net: RouteNetwork,
    cuts: CutMembers,
    gain: Floats,
    back_cost: Floats,
    completion: Floats,
    threshold: float,
    dominance: int,
    most: int,
    most_comparisons: int,
) -> tuple[Labels, int, bool]:
    """
    Labels that can still become routes worth more than ``threshold``.

    Parameters
    ----------
    completion
        `completion_bound` of the same gains and costs.
    most, most_comparisons
        Most labels kept, and most pairs of labels compared: the search does not look at the clock, and this is where
        its time goes.

    Returns
    -------
    The labels (rows from the count on are void), their count, and whether the search ended by itself: with so many
    labels or comparisons made it stops, and then its routes are routes but its best value says nothing.
    """
    n = len(net.duration)
    last = len(back_cost) - 1
    labels = _empty_labels(net, cuts, most + 1)
    due_first = np.full(last + 1, -1, np.int32)
    due_next = np.empty(most + 1, np.int32)
    at_first = np.full(n, -1, np.int32)
    at_next = np.empty(most + 1, np.int32)
    comparisons = np.zeros(1, np.int64)
    count = 0
    moment = -1
    current = -1
    while moment <= last:
        if comparisons[0] > most_comparisons:
            return labels, count, False
        for u in range(n):
            if current < 0:
                arrive = net.start_min[u]
                won = -net.start_cost[u]
            else:
                v = labels.visit[current]
                if labels.seen[current, net.word[u]] & net.bit[u]:
                    continue
                arrive = moment + net.travel[v, u]
                won = labels.value[current] - net.travel_cost[v, u]
            won += gain[u]
            if arrive > last or not _write_candidate(net, cuts, labels, count, current, u):
                continue
            won -= _pay_cuts(cuts, labels, count, u)
            for o in range(net.option_of[u], net.option_of[u + 1]):
                start = max(arrive, net.option_first[o])
                finish = start + net.duration[u]
                value = won - net.option_cost[o]
                if start > net.option_last[o] or finish > last or value + completion[u, finish] <= threshold:
                    continue
                labels.finish[count] = finish
                labels.value[count] = value
                if _is_useless(net, cuts, labels, count, at_first, at_next, dominance, comparisons):
                    continue
                if count == most:
                    return labels, count, False
                back = finish + net.end_min[u]
                labels.worth[count] = value - net.end_cost[u] - back_cost[back] if back <= last else NEVER
                due_next[count] = due_first[finish]
                due_first[finish] = count
                at_next[count] = at_first[u]
                at_first[u] = count
                count += 1
                # The next option starts from the same partial label.
                for w in range(net.keep.shape[1]):
                    labels.seen[count, w] = labels.seen[count - 1, w]
                for w in range(cuts.words):
                    labels.parity[count, w] = labels.parity[count - 1, w]
                for r in range(net.use.shape[0]):
                    labels.load[count, r] = labels.load[count - 1, r]
                labels.visit[count] = u
                labels.parent[count] = current
                labels.stops[count] = labels.stops[count - 1]
                labels.alive[count] = True
        # The next label in order of time that is still alive.
        if current >= 0:
            current = due_next[current]
        else:
            moment = 0
            current = due_first[0] if last >= 0 else -1
        while moment <= last and (current < 0 or not labels.alive[current]):
            if current >= 0:
                current = due_next[current]
                continue
            moment += 1
            if moment <= last:
                current = due_first[moment]
    return labels, count, True


def compile_search() -> None:
    """Compile the search on a tiny class, so that the compiled code lies in the cache for later runs."""
    whole, real = np.zeros(1, np.int32), np.zeros(1)
    net = RouteNetwork(
        start_min=whole,
        end_min=whole,
        travel=np.zeros((1, 1), np.int32),
        start_cost=real,
        end_cost=real,
        travel_cost=np.zeros((1, 1)),
        duration=whole + np.int32(1),
        option_of=np.array([0, 1], np.int32),
        option_first=whole,
        option_last=whole,
        option_cost=real,
        use=np.zeros((0, 1), np.int32),
        capacity=np.zeros(0, np.int32),
        word=whole,
        bit=np.ones(1, np.uint64),
        keep=np.ones((1, 1), np.uint64),
        max_stops=1,
    )
    cuts = CutMembers(np.zeros(2, np.int32), np.zeros(0, np.int32), np.zeros(0), 1)
    gain, back_cost = np.ones(1), np.zeros(2)
    completion = completion_bound(net, gain, back_cost)
    best_through(net, gain, back_cost, completion)
    search(net, cuts, gain, back_cost, completion, 0.0, Dominance.EXACT, 10, 10)

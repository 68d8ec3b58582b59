"""
The best routes of one shift class for given dual values: labelling with completion bounds.

A route of a class is a path start -> visits -> end on the class's working-time axis, where pauses have no length
(`network`). A *label* is the end of a partial route: the visit just served, the minute its service finishes, the points
won so far, what it used of each resource, which visits it remembers, and the parity of each cut. Every service lasts at
least a minute, so labels are handled in order of time and only ever make later ones.

Three things keep the search small:

* the *completion bound*: the most that can still be won from a visit finished at a minute when visited sets, resources
  and cuts are ignored, computed backwards over time. A label that cannot reach the threshold with it is dropped; this is
  where nearly all labels go.
* *dominance*: a label that is no later, no poorer, no heavier, and remembers no more than another makes it useless.
* *ng-routes* (Baldacci, Mingozzi & Roberti 2011, doi 10.1287/opre.1110.0975): a label forgets visits that are far from
  where it is, so a route may repeat them. Routes that do are in no plan, but allowing them only raises the best value, so
  the bound holds; elementary routes alone become columns.

Subset-row cuts (Jepsen et al. 2008, doi 10.1287/opre.1070.0449) cost their dual for every second member served; the
completion bound ignores that and stays an upper bound. Values are floats; whoever makes a bound of them adds a margin.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from optimizer.network import Network, ShiftClass
from optimizer.problem import LimitScope, MeasureKind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

NEVER = -1e18
"""Worth of what cannot be; below any sum of points."""

_WORD_BITS = 64


class Dominance(IntEnum):
    """Which labels a search may leave out."""

    RELAXED = 0
    """Those later and poorer than another at the same visit, whatever else they hold: few labels, good routes."""
    EXACT = 1
    """Those that can never become the best route: the best value is exact."""
    SAME_SET = 2
    """Those later and poorer than another over the same visits: every set of visits keeps its best routes."""


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
        Where the element of each visit stands in a set: its word (n) and its bit in there (n). Visits of a group share an
        element, because they exclude each other as a visit excludes itself.
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
    Cuts that cost something, by visit: visit v is in cuts ``index[of[v]:of[v + 1]]``.

    Attributes
    ----------
    dual
        Points lost for every second member that a route serves, above 0 (K).
    words
        Words of a set of parities, at least 1.
    """

    of: Ints
    index: Ints
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


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
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
    Array (n, T + 1); `NEVER` where the van cannot be back in time.
    """
    n = len(net.duration)
    last = len(back_cost) - 1
    best = np.full((n, last + 1), NEVER)
    arrived = np.full((n, last + 1), NEVER)
    for t in range(last, -1, -1):
        for u in range(n):
            top = NEVER
            for o in range(net.option_of[u], net.option_of[u + 1]):
                start = max(t, net.option_first[o])
                finish = start + net.duration[u]
                if start <= net.option_last[o] and finish <= last:
                    top = max(top, best[u, finish] - net.option_cost[o])
            if top > NEVER / 2:
                arrived[u, t] = top + gain[u]
        for v in range(n):
            back = t + net.end_min[v]
            top = -net.end_cost[v] - back_cost[back] if back <= last else NEVER
            for u in range(n):
                at = t + net.travel[v, u]
                if u != v and at <= last:
                    top = max(top, arrived[u, at] - net.travel_cost[v, u])
            best[v, t] = top
    return best


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _parity_loss(labels: Labels, one: int, other: int, cuts: CutMembers) -> float:
    """Most that the first label can still lose to the second: duals of cuts that are odd in it and even there."""
    loss = 0.0
    for w in range(cuts.words):
        bits = labels.parity[one, w] & ~labels.parity[other, w]
        k = w * _WORD_BITS
        while bits:
            if bits & np.uint64(1):
                loss += cuts.dual[k]
            bits >>= np.uint64(1)
            k += 1
    return loss


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _dominates(net: RouteNetwork, cuts: CutMembers, labels: Labels, one: int, other: int, dominance: int) -> bool:
    """Whether a label, no later and no poorer than another at the same visit, makes it useless."""
    if dominance == Dominance.RELAXED:
        return True
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
        return labels.value[one] - _parity_loss(labels, one, other, cuts) >= labels.value[other]
    return True


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
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


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _pay_cuts(cuts: CutMembers, labels: Labels, at: int, u: int) -> float:
    """Flip the parities of the cuts that u is in; the duals lost where it was the second member."""
    lost = 0.0
    for m in range(cuts.of[u], cuts.of[u + 1]):
        k = cuts.index[m]
        word = k // _WORD_BITS
        bit = np.uint64(1) << np.uint64(k % _WORD_BITS)
        if labels.parity[at, word] & bit:
            lost += cuts.dual[k]
        labels.parity[at, word] ^= bit
    return lost


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _is_useless(
    net: RouteNetwork, cuts: CutMembers, labels: Labels, new: int, at_first: Ints, at_next: Ints, dominance: int
) -> bool:
    """Whether a label of the same visit makes the new one useless; marks those that the new one makes useless."""
    u = labels.visit[new]
    before = -1
    other = at_first[u]
    while other >= 0:
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


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
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


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def search(
    net: RouteNetwork,
    cuts: CutMembers,
    gain: Floats,
    back_cost: Floats,
    completion: Floats,
    threshold: float,
    dominance: int,
    most: int,
) -> tuple[Labels, int, bool]:
    """
    Labels that can still become routes worth more than ``threshold``.

    Parameters
    ----------
    completion
        `completion_bound` of the same gains and costs.
    most
        Most labels kept.

    Returns
    -------
    The labels (rows from the count on are void), their count, and whether the search ended by itself: with ``most``
    labels made it stops, and then its routes are routes but its best value says nothing.
    """
    n = len(net.duration)
    last = len(back_cost) - 1
    labels = _empty_labels(net, cuts, most + 1)
    due_first = np.full(last + 1, -1, np.int32)
    due_next = np.empty(most + 1, np.int32)
    at_first = np.full(n, -1, np.int32)
    at_next = np.empty(most + 1, np.int32)
    count = 0
    moment = -1
    current = -1
    while moment <= last:
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
                if _is_useless(net, cuts, labels, count, at_first, at_next, dominance):
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


@dataclass(frozen=True, slots=True)
class Column:
    """
    A route of a class as the master sees it.

    Attributes
    ----------
    shift_class
        Position of the class in the network.
    visits, starts
        Positions of the visits in the problem, in order, and when their services start on the class's axis.
    back_min
        Minutes on duty: from the class's ``begin`` until the van is back.
    value
        Points: prizes less the costs of windows, shift, kilometres and time; communities and shortfalls are not in it.
    """

    shift_class: int
    visits: tuple[int, ...]
    starts: tuple[int, ...]
    back_min: int
    value: float


@dataclass(frozen=True, slots=True)
class Duals:
    """
    What the rows of the master charge a route of one class.

    Attributes
    ----------
    visit
        For serving each visit of the problem (all of them), every row it stands in summed up; may be negative.
    route
        For using a shift of the class.
    duty_min
        For each minute on duty.
    cuts, cut
        Subset-row cuts as sets of elements, and what each costs, at least 0.
    """

    visit: Floats
    route: float
    duty_min: float
    cuts: tuple[frozenset[int], ...] = ()
    cut: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Priced:
    """
    Outcome of one pricing.

    Attributes
    ----------
    best
        Most that a route of the class is worth at these duals, ``route`` included; at least the threshold that was asked
        for. An upper bound where ``exact``.
    exact
        Whether the search was exact and ended by itself.
    columns
        Elementary routes worth more than the threshold, best first.
    """

    best: float
    exact: bool
    columns: list[Column]


class ClassPricing:
    """
    Prices routes of one shift class.

    Parameters
    ----------
    position
        Of the class in the network.
    memory
        How many of the nearest visits a label remembers; None for all, which makes every route elementary.
    """

    def __init__(self, network: Network, position: int, *, elements: Ints, memory: int | None = None) -> None:
        self.position = position
        self._network = network
        self._class = network.classes[position]
        self.visits = np.unique(self._class.options.visit)
        problem = network.problem
        shift = self._class.shift
        self.elements = elements[self.visits]
        self._prize = np.array([problem.visits[v].prize for v in self.visits])
        self._back_cost = _back_costs(self._class)
        self._fixed_cost = shift.fixed_cost
        self.net = _route_network(network, self._class, self.visits, self.elements, memory)

    def price(
        self,
        duals: Duals,
        *,
        threshold: float,
        dominance: Dominance,
        most_labels: int,
        most_columns: int | None = None,
        prizes: bool = True,
    ) -> Priced:
        """
        Routes worth more than a threshold at these duals.

        Parameters
        ----------
        most_columns
            Keep a varied choice of that many; None for all.
        prizes
            False to count no prize and no cost, only what the duals pay: the search for any plan at all.
        """
        if not len(self.visits):
            return Priced(threshold, exact=True, columns=[])
        net = self.net if prizes else self._free_net()
        gain = (self._prize if prizes else 0.0) - duals.visit[self.visits]
        minutes = np.arange(len(self._back_cost))
        back_cost = (self._back_cost if prizes else 0.0) + duals.duty_min * minutes
        floor = threshold + duals.route + (self._fixed_cost if prizes else 0.0)
        cuts = self._cut_members(duals)
        completion = completion_bound(net, gain, back_cost)
        labels, count, ended = search(net, cuts, gain, back_cost, completion, floor, dominance, most_labels)
        worth = labels.worth[:count]
        best = max(float(worth.max(initial=NEVER)), floor) - floor + threshold
        chosen = np.flatnonzero(worth > floor)
        chosen = chosen[np.argsort(-worth[chosen], kind="stable")]
        columns = self._columns(labels, chosen, most_columns)
        return Priced(best, ended and dominance != Dominance.RELAXED, columns)

    def _free_net(self) -> RouteNetwork:
        net = self.net
        return net._replace(
            start_cost=net.start_cost * 0,
            end_cost=net.end_cost * 0,
            travel_cost=net.travel_cost * 0,
            option_cost=net.option_cost * 0,
        )

    def _cut_members(self, duals: Duals) -> CutMembers:
        members: list[list[int]] = [[] for _ in self.visits]
        costly = [k for k, dual in enumerate(duals.cut) if dual > 0]
        where: dict[int, list[int]] = {}
        for v, element in enumerate(self.elements):
            where.setdefault(int(element), []).append(v)
        for row, k in enumerate(costly):
            for element in duals.cuts[k]:
                for v in where.get(element, ()):
                    members[v].append(row)
        of = np.concatenate(([0], np.cumsum([len(each) for each in members]))).astype(np.int32)
        index = np.array([row for each in members for row in each], dtype=np.int32)
        dual = np.array([duals.cut[k] for k in costly], dtype=np.float64)
        return CutMembers(of, index, dual, max(1, -(-len(costly) // _WORD_BITS)))

    def _columns(self, labels: Labels, chosen: npt.NDArray[np.intp], most: int | None) -> list[Column]:
        columns: list[Column] = []
        spread = np.zeros(len(self.visits), dtype=np.int64)
        for label in chosen:
            chain: list[int] = []
            at = int(label)
            while at >= 0:
                chain.append(at)
                at = int(labels.parent[at])
            path = labels.visit[chain[::-1]]
            if len(set(self.elements[path].tolist())) < len(path):
                continue
            if most is not None:
                # A visit that many chosen routes already hold adds little; routes over other visits do.
                if spread[path].min() * len(self.visits) > most * len(path):
                    continue
                spread[path] += 1
            columns.append(self._column(labels, chain[::-1]))
            if len(columns) == most:
                break
        return columns

    def _column(self, labels: Labels, chain: list[int]) -> Column:
        path = labels.visit[chain]
        starts = labels.finish[chain] - self.net.duration[path]
        back = int(labels.finish[chain[-1]] + self.net.end_min[path[-1]])
        value = float(
            self._prize[path].sum()
            - self.net.start_cost[path[0]]
            - self.net.travel_cost[path[:-1], path[1:]].sum()
            - self.net.end_cost[path[-1]]
            - sum(self._option_cost(v, start) for v, start in zip(path.tolist(), starts.tolist(), strict=True))
            - self._back_cost[back]
            - self._fixed_cost
        )
        begin = self._class.begin
        return Column(
            self.position,
            tuple(self.visits[path].tolist()),
            tuple((starts + begin).tolist()),
            back,
            value,
        )

    def _option_cost(self, v: int, start: int) -> float:
        net = self.net
        return min(
            float(net.option_cost[o])
            for o in range(net.option_of[v], net.option_of[v + 1])
            if net.option_first[o] <= start <= net.option_last[o]
        )


def _back_costs(shift_class: ShiftClass) -> Floats:
    """Points lost for being back at each minute after ``begin``, hourly pay and overtime; the last is ``close``."""
    minutes = np.arange(max(0, shift_class.close - shift_class.begin) + 1)
    shift = shift_class.shift
    clock = np.asarray(shift_class.axis.end_clock(minutes + shift_class.begin))
    overtime = np.maximum(0, clock - shift.latest)
    return np.asarray(shift.cost_per_hour * minutes / 60 + shift.overtime_cost * overtime, dtype=np.float64)


def _route_network(
    network: Network, shift_class: ShiftClass, visits: npt.NDArray[np.int64], elements: Ints, memory: int | None
) -> RouteNetwork:
    rows = network.rows[visits]
    start, end, begin = shift_class.start_row, shift_class.end_row, shift_class.begin
    per_metre = shift_class.shift.cost_per_km / 1000
    minutes, metres = network.duration_min, network.distance_m
    options = shift_class.options
    use, capacity = _resources(network, shift_class, visits)
    local = {int(element): at for at, element in enumerate(dict.fromkeys(elements.tolist()))}
    place = np.array([local[int(element)] for element in elements], dtype=np.int32)
    travel = minutes[np.ix_(rows, rows)].astype(np.int32)
    word, bit = place // _WORD_BITS, np.uint64(1) << (place % _WORD_BITS).astype(np.uint64)
    return RouteNetwork(
        start_min=minutes[start, rows].astype(np.int32),
        end_min=minutes[rows, end].astype(np.int32),
        travel=travel,
        start_cost=metres[start, rows] * per_metre,
        end_cost=metres[rows, end] * per_metre,
        travel_cost=metres[np.ix_(rows, rows)] * per_metre,
        duration=shift_class.service[visits].astype(np.int32),
        option_of=np.searchsorted(options.visit, [*visits.tolist(), np.iinfo(np.int64).max]).astype(np.int32),
        option_first=(options.low - begin).astype(np.int32),
        option_last=(options.high - begin).astype(np.int32),
        option_cost=options.cost.astype(np.float64),
        use=use,
        capacity=capacity,
        word=word.astype(np.int32),
        bit=bit,
        keep=_remembered(travel, word, bit, len(local), memory),
        max_stops=shift_class.shift.max_stops or len(visits) + 1,
    )


def _resources(
    network: Network, shift_class: ShiftClass, visits: npt.NDArray[np.int64]
) -> tuple[Ints, Ints]:
    """Capacities and limits a shift that the visits of the class could break at all."""
    shift = shift_class.shift
    rules = [
        (network.demands[resource][visits], most) for resource, most in shift.capacity.items() if resource in network.demands
    ]
    for limit, amounts in zip(network.problem.limits, network.amounts, strict=True):
        if limit.per is LimitScope.SHIFT and limit.measure.kind is not MeasureKind.DUTY_MIN and limit.max is not None:
            rules.append((amounts[visits], limit.max))
    tight = [(amounts, most) for amounts, most in rules if amounts.sum() > most]
    use = np.array([amounts for amounts, _ in tight], dtype=np.int32).reshape(len(tight), len(visits))
    return use, np.array([most for _, most in tight], dtype=np.int32)


def _remembered(travel: Ints, word: Ints, bit: Words, elements: int, memory: int | None) -> Words:
    n = len(travel)
    keep = np.zeros((n, -(-elements // _WORD_BITS)), dtype=np.uint64)
    around = travel + travel.T
    for v in range(n):
        near = range(n) if memory is None else [v, *np.argsort(around[v], kind="stable")[:memory].tolist()]
        for u in near:
            keep[v, word[u]] |= bit[u]
    return keep

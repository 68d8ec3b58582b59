"""
The best routes of one shift class for given dual values, as columns of the master.

Turns a class into the arrays of `labelling`, the duals of the master into gains and costs, and labels into routes with
their times and true value.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.labelling import (
    NEVER,
    WORD_BITS,
    CutMembers,
    Dominance,
    Floats,
    Ints,
    Labels,
    RouteNetwork,
    Words,
    best_through,
    completion_bound,
    search,
)
from optimizer.network import Network, ShiftClass
from optimizer.problem import LimitScope, MeasureKind

_COMPARISONS_A_SECOND = 2.5e7
"""Of labels, in the compiled search, where they are so many that each comparison waits for memory."""
_COUNTLESS = 2**62


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
class SearchFor:
    """
    Which routes a pricing looks for.

    Attributes
    ----------
    threshold
        Routes must be worth more than this at the duals.
    most_labels, seconds
        With so many labels, or after about so long, the search ends, and then its best value says nothing.
    most_columns
        Keep a varied choice of that many; None for all.
    at_least
        Part, 0 to 1, of the most that any route of the class could be worth when visits may be repeated: routes worth
        less are left out too, whatever the threshold. Best values say nothing then.
    prizes
        False to count no prize and no cost, only what the duals pay: the search for any plan at all.
    bounded
        False to search without completion bounds, which finds the same routes later.
    """

    threshold: float
    dominance: Dominance
    most_labels: int
    most_columns: int | None = None
    at_least: float = 0.0
    prizes: bool = True
    bounded: bool = True
    seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class Priced:
    """
    Outcome of one pricing.

    Attributes
    ----------
    best
        Most that a route of the class is worth at these duals, ``route`` included; at least the threshold that was
        asked for. An upper bound where ``exact``.
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
        self._back_cost = back_costs(self._class)
        self._fixed_cost = shift.fixed_cost
        self.net = _route_network(network, self._class, self.visits, self.elements, memory)

    def price(self, duals: Duals, search_for: SearchFor) -> Priced:
        """Routes worth more than a threshold at these duals."""
        threshold, prizes = search_for.threshold, search_for.prizes
        if not len(self.visits):
            return Priced(threshold, exact=True, columns=[])
        net = self.net if prizes else self._free_net()
        gain: Floats = self._prize * prizes - duals.visit[self.visits]
        back_cost: Floats = self._back_cost * prizes + duals.duty_min * np.arange(len(self._back_cost))
        floor = threshold + duals.route + (self._fixed_cost if prizes else 0.0)
        cuts = self._cut_members(duals)
        completion = completion_bound(net, gain, back_cost)
        if not search_for.bounded:
            completion = np.where(completion > NEVER / 2, -NEVER, completion)
        if search_for.at_least:
            charged = floor - threshold
            possible = self._most_possible(net, gain, completion) - charged
            floor = charged + max(threshold, search_for.at_least * possible)
        dominance = search_for.dominance
        most_comparisons = int(min(search_for.seconds * _COMPARISONS_A_SECOND, _COUNTLESS))
        labels, count, ended = search(
            net, cuts, gain, back_cost, completion, floor, dominance, search_for.most_labels, most_comparisons
        )
        worth = labels.worth[:count]
        best = max(float(worth.max(initial=NEVER)), floor) - floor + threshold
        chosen = np.flatnonzero(worth > floor)
        chosen = chosen[np.argsort(-worth[chosen], kind="stable")]
        columns = self._columns(labels, chosen, search_for.most_columns)
        return Priced(best, ended and dominance != Dominance.RELAXED and not search_for.at_least, columns)

    def _most_possible(self, net: RouteNetwork, gain: Floats, completion: Floats) -> float:
        """Most that any route of the class can be worth, visited sets and what using a shift costs ignored."""
        visit = np.repeat(np.arange(len(self.visits)), np.diff(net.option_of))
        start = np.maximum(net.start_min[visit], net.option_first)
        finish = np.minimum(start + net.duration[visit], completion.shape[1] - 1)
        worth = gain[visit] - net.start_cost[visit] - net.option_cost + completion[visit, finish]
        return float(worth[start <= net.option_last].max(initial=0.0))

    def best_through(self, duals: Duals) -> Floats:
        """
        Upper bound, for each visit of the problem, on what a route of the class that serves it is worth at these duals.

        Visited sets, resources and cuts are ignored. Below `labelling.NEVER` / 2 where no route holds the visit.
        """
        best = np.full(len(duals.visit), NEVER)
        if len(self.visits):
            gain: Floats = self._prize - duals.visit[self.visits]
            back_cost: Floats = self._back_cost + duals.duty_min * np.arange(len(self._back_cost))
            completion = completion_bound(self.net, gain, back_cost)
            through = best_through(self.net, gain, back_cost, completion)
            best[self.visits] = through - duals.route - self._fixed_cost
        return best

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
        return CutMembers(of, index, dual, max(1, -(-len(costly) // WORD_BITS)))

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


def back_costs(shift_class: ShiftClass) -> Floats:
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
    word, bit = place // WORD_BITS, np.uint64(1) << (place % WORD_BITS).astype(np.uint64)
    return RouteNetwork(
        start_min=minutes[start, rows].astype(np.int32),
        end_min=minutes[rows, end].astype(np.int32),
        travel=travel,
        start_cost=metres[start, rows] * per_metre,
        end_cost=metres[rows, end] * per_metre,
        travel_cost=np.asarray(metres[np.ix_(rows, rows)] * per_metre, dtype=np.float64),
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


def _resources(network: Network, shift_class: ShiftClass, visits: npt.NDArray[np.int64]) -> tuple[Ints, Ints]:
    """Capacities and limits a shift that the visits of the class could break at all."""
    shift = shift_class.shift
    rules = [
        (network.demands[resource][visits], most)
        for resource, most in shift.capacity.items()
        if resource in network.demands
    ]
    for limit, amounts in zip(network.problem.limits, network.amounts, strict=True):
        if limit.per is LimitScope.SHIFT and limit.measure.kind is not MeasureKind.DUTY_MIN and limit.max is not None:
            rules.append((amounts[visits], limit.max))
    tight = [(amounts, most) for amounts, most in rules if amounts.sum() > most]
    use = np.array([amounts for amounts, _ in tight], dtype=np.int32).reshape(len(tight), len(visits))
    return use, np.array([most for _, most in tight], dtype=np.int32)


def _remembered(travel: Ints, word: Ints, bit: Words, elements: int, memory: int | None) -> Words:
    n = len(travel)
    keep = np.zeros((n, -(-elements // WORD_BITS)), dtype=np.uint64)
    around = travel + travel.T
    for v in range(n):
        near = range(n) if memory is None else [v, *np.argsort(around[v], kind="stable")[:memory].tolist()]
        for u in near:
            keep[v, word[u]] |= bit[u]
    return keep

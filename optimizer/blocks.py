"""
Blocks of a problem that have nothing to do with one another, each solved by itself: the step is exact.

Two visits are in one block when a shift can make both, when a group or a community joins them, or a limit that adds
them up; and so on from visit to visit. A plan of the whole is then nothing but a plan of each block, its value the sum
of theirs, and the sum of proved bounds is a proved bound. A quarter whose visits keep to their fortnights falls into
fortnights this way; a week is mostly one block.

What cannot bind joins nothing: a maximum over the plan that all visits together keep, a community whose shares add up
to no more than all of it. A limit a shift, or a vehicle's week, falls apart with its shifts.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from optimizer.incumbent import EngineLimits, Incumbent
from optimizer.insertion import insert_visits
from optimizer.network import Bar, Network, build_network, limit_bucket
from optimizer.plan import Route
from optimizer.problem import CommunityId, Limit, LimitScope, MeasureKind, Problem, ShiftId, Visit
from optimizer.state import State, join_states
from optimizer.worth import Worth

EngineRun = Callable[[Network, Incumbent, EngineLimits], State | None]
"""Offers plans and bounds of a network to the incumbent until a limit is reached; returns what it leaves behind."""

_SHARE_ROUNDING = 1e-9
_THRIFT = 0.75
"""Of the first plan; see `insertion.insert_visits`."""
_START_SHARE = 0.1
"""Part of the time that the first plan of the whole may take."""
_WORTH_A_SECOND_RUN = 1.5
"""A block that ended unproved is tried again with at least so many times the seconds that it had."""


def split(network: Network) -> tuple[Problem, ...]:
    """
    The blocks of a problem, by their first shift; the problem itself where it is one block.

    Every shift, visit and limit that a plan can depend on is in exactly one block; limits a shift, vehicle or week are
    in each. Visits that no shift can make, and shifts that can make none, are left out: no plan holds them. A limit
    over the plan that counts no visit at all, whose shortfall every plan pays, stands in the first block.
    """
    problem = network.problem
    makeable = _makeable(network)
    if any(network.must[position] for position in range(len(problem.visits)) if position not in makeable):
        return (problem,)  # no plan keeps all rules, and the whole tells why
    sets = _joined(network, makeable)
    blocks: dict[int, list[int]] = {sets.leader(len(problem.shifts) + position): [] for position in makeable}
    for shift in range(len(problem.shifts)):
        if sets.leader(shift) in blocks:
            blocks[sets.leader(shift)].append(shift)
    if len(blocks) < 2:  # noqa: PLR2004 (one block is the whole)
        return (problem,)
    parts: list[Problem] = []
    for leader, shifts in sorted(blocks.items(), key=lambda block: block[1]):
        mine = [position for position in makeable if sets.leader(len(problem.shifts) + position) == leader]
        parts.append(_block(network, shifts, mine, makeable, is_first=not parts))
    return tuple(parts)


def solve_blocks(
    problems: Sequence[Problem], network: Network, incumbent: Incumbent, limits: EngineLimits, engine: EngineRun
) -> State | None:
    """
    Run an engine on each block, the smallest first, and offer the whole what they bring.

    Time is shared by the number of visits. What a block leaves over goes to those after it, and then to those that
    ended unproved.

    Parameters
    ----------
    problems
        The blocks of ``network``'s problem, from `split`.
    incumbent
        Of the whole; a plan that it holds is where the blocks start.

    Returns
    -------
    What the engine leaves behind of all blocks; None where that is not asked for.
    """
    began = time.monotonic()
    first = insert_visits(
        network,
        Worth(network),
        thrift=_THRIFT,
        deadline=began + _START_SHARE * max(0.0, limits.deadline - began),
    )
    incumbent.offer(first)
    whole = _Whole(problems, incumbent, limits, engine)
    whole.run()
    return join_states([state for state in whole.states if state is not None]) if limits.keeps_state else None


class _Whole:
    """The blocks of one run, and what they come to together."""

    def __init__(
        self, problems: Sequence[Problem], incumbent: Incumbent, limits: EngineLimits, engine: EngineRun
    ) -> None:
        self._incumbent, self._limits, self._engine = incumbent, limits, engine
        self._networks = [build_network(problem) for problem in problems]
        self._blocks = [
            Incumbent(network, lambda *_: self._offer_sum(), incumbent.should_stop) for network in self._networks
        ]
        self._seconds = [0.0] * len(problems)
        self.states: list[State | None] = [None] * len(problems)
        start = incumbent.routes or ()
        for network, block in zip(self._networks, self._blocks, strict=True):
            block.offer_routes([route for route in start if route.shift in network.problem.shift_by_id])
        self._offer_sum()

    def run(self) -> None:
        """Give each block its time, and those that ended unproved what is left."""
        if self._run_each(sorted(range(len(self._blocks)), key=self._size), least=0.0):
            self._run_each(
                sorted(self._unproved(), key=lambda at: -self._missing(at)),
                least=_WORTH_A_SECOND_RUN,
            )

    def _run_each(self, order: Sequence[int], *, least: float) -> bool:
        """Run the blocks in this order; False when the run is over."""
        for number, at in enumerate(order):
            left = self._limits.deadline - time.monotonic()
            if left <= 0 or self._incumbent.should_stop():
                return False
            share = left * self._size(at) / sum(map(self._size, order[number:]))
            if share < least * self._seconds[at]:
                continue
            self._seconds[at] = share
            block = self._blocks[at]
            limits = replace(self._limits, deadline=time.monotonic() + share)
            self.states[at] = self._engine(self._networks[at], block, limits)
            self._offer_sum()
            if block.conflict:
                self._incumbent.refuse(block.conflict)
                return False
        return True

    def _size(self, at: int) -> int:
        return len(self._networks[at].problem.visits)

    def _bound(self, at: int) -> float:
        """Of a block: the proved one, or as long as there is none all prizes and no costs."""
        block, problem = self._blocks[at], self._networks[at].problem
        if block.bound is not None:
            return block.bound
        return sum(visit.prize for visit in problem.visits) + sum(each.prize for each in problem.communities)

    def _missing(self, at: int) -> float:
        """Points between the plan of a block and its bound."""
        block = self._blocks[at]
        return float("inf") if block.bound is None or block.value is None else block.bound - block.value

    def _unproved(self) -> list[int]:
        return [at for at in range(len(self._blocks)) if self._missing(at) > 0]

    def _offer_sum(self) -> None:
        if any(block.bound is not None for block in self._blocks):
            self._incumbent.prove(sum(map(self._bound, range(len(self._blocks)))))
        routes: list[Route] = []
        for block in self._blocks:
            if block.routes is None:
                return
            routes += block.routes
        self._incumbent.offer_routes(routes)


class _Joined:
    """Which of so many things hang together: disjoint sets, each with a leader."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def leader(self, thing: int) -> int:
        """The same for all things of a set."""
        while self._above[thing] != thing:
            self._above[thing] = self._above[self._above[thing]]
            thing = self._above[thing]
        return thing

    def join(self, things: Iterable[int]) -> None:
        """Put all of them into one set."""
        for one, other in pairwise(things):
            self._above[self.leader(other)] = self.leader(one)


def _makeable(network: Network) -> list[int]:
    """Positions of the visits that some shift can make."""
    able = np.zeros(len(network.problem.visits), dtype=np.bool_)
    for each in network.classes:
        able |= each.bars == Bar.NONE
    return [int(position) for position in np.flatnonzero(able)]


def _joined(network: Network, makeable: Sequence[int]) -> _Joined:
    """Shifts and, numbered on from them, visits: what hangs together."""
    problem = network.problem
    after_shifts = len(problem.shifts)
    joined = _Joined(after_shifts + len(problem.visits))
    for each in network.classes:
        for position in np.flatnonzero(each.bars == Bar.NONE):
            joined.join([after_shifts + int(position), *each.members])
    for positions in _ties(problem, makeable):
        joined.join(after_shifts + position for position in positions)
    for limit, amounts in zip(problem.limits, network.amounts, strict=True):
        counted = [position for position in makeable if amounts[position] > 0]
        if limit.per is LimitScope.PLAN:
            if limit.min is not None or int(amounts[counted].sum()) > (limit.max or 0):
                joined.join(after_shifts + position for position in counted)
        elif limit.per is not LimitScope.SHIFT:
            is_duty = limit.measure.kind is MeasureKind.DUTY_MIN
            for shifts in _buckets(network, limit, makeable if is_duty else counted):
                joined.join(shifts)
    return joined


def _ties(problem: Problem, makeable: Sequence[int]) -> list[list[int]]:
    """Visits that share a group, or a community that they may reach more than whole."""
    groups: dict[str, list[int]] = defaultdict(list)
    reached: dict[CommunityId, list[int]] = defaultdict(list)
    for position in makeable:
        visit = problem.visits[position]
        if visit.group is not None:
            groups[visit.group].append(position)
        for community, share in visit.reaches.items():
            if share > 0:
                reached[community].append(position)
    shared = [
        positions
        for community, positions in reached.items()
        if sum(problem.visits[position].reaches[community] for position in positions) > 1 + _SHARE_ROUNDING
    ]
    return [*groups.values(), *shared]


def _buckets(network: Network, limit: Limit, visits: Sequence[int]) -> list[list[int]]:
    """The shifts that a limit adds up over, as far as they can make any of the visits."""
    buckets: dict[tuple[str, int], list[int]] = defaultdict(list)
    for each in network.classes:
        if (each.bars[visits] == Bar.NONE).any():
            for member in each.members:
                buckets[limit_bucket(limit, network.problem.shifts[member])].append(member)
    return list(buckets.values())


def _block(
    network: Network, shifts: Sequence[int], mine: Sequence[int], makeable: Sequence[int], *, is_first: bool
) -> Problem:
    """The problem of these shifts and visits."""
    problem = network.problem
    names = frozenset(problem.shifts[position].id for position in shifts)
    visits = tuple(_kept_to(problem.visits[position], names) for position in mine)
    reached = {community for visit in visits for community in visit.reaches}
    limits = []
    for limit, amounts in zip(problem.limits, network.amounts, strict=True):
        counted = {position for position in makeable if amounts[position] > 0}
        # A maximum over the plan that is spread over blocks cannot bind, or it would have joined them.
        if limit.per is not LimitScope.PLAN or (counted <= set(mine) if counted else is_first):
            limits.append(limit)
    return replace(
        problem,
        shifts=tuple(problem.shifts[position] for position in shifts),
        visits=visits,
        travel=problem.travel_times,
        communities=tuple(each for each in problem.communities if each.id in reached),
        limits=tuple(limits),
    )


def _kept_to(visit: Visit, shifts: frozenset[ShiftId]) -> Visit:
    """The visit without the names of shifts of other blocks, none of which can make it."""
    return replace(
        visit,
        shifts=None if visit.shifts is None else visit.shifts & shifts,
        shift_cost={shift: cost for shift, cost in visit.shift_cost.items() if shift in shifts},
    )

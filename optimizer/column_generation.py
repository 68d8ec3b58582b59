"""
The proving engine: column generation over the routes of shift classes, with a bound that holds at any time.

The run goes: first plans by insertion; columns until no route improves the linear program, which gives the bound;
subset-row cuts while they tighten it; the best choice among the columns; then every route whose reduced value is within
the gap (Baldacci, Christofides & Mingozzi 2008, doi 10.1007/s10107-007-0178-5): with all of them in, the best choice is
the best plan. Every step leaves a plan and a bound behind, so the run can end between any two of them.

What was proved is handed to the incumbent as it is found; nothing here decides what the answer says.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimizer.choice import Choice, choose
from optimizer.diving import dive
from optimizer.incumbent import EngineLimits, Incumbent
from optimizer.insertion import insert_visits
from optimizer.labelling import NEVER, Dominance
from optimizer.master import Master, Relaxed, elements_of
from optimizer.network import Network
from optimizer.pricing import ClassPricing, Column, Duals, Priced, SearchFor
from optimizer.schedule import best_schedule, build_timed_route, route_distance
from optimizer.worth import Worth

NAME = "column-generation"
"""Name of the engine in plans."""

_THRIFTS = (0.75, 1.0, 0.5)
_START_SHARES = (0.5, 0.1, 0.1)
"""Parts of the time left that first plans may take: with thousands of visits the first one is all there may be."""
_IMPROVES = 1e-6
"""A route must be worth more than this at the present duals to become a column."""
_COLUMNS_A_CLASS = 60
_FEW_COLUMNS = 10
_RELAXED_LABELS = 200_000
_EXACT_LABELS, _MOST_LABELS = 500_000, 2_000_000
_NEAR = 8
"""Visits that labels remember where remembering all makes them too many."""
_CUTS_A_ROUND = 40
_CUT_ROUNDS = 12
_LEAST_TIGHTENING = 2e-5
"""Cuts go on while a round lowers the bound by more than this part of it."""
_NARROW, _WIDER = 0.0005, 0.002
"""Parts of the bound within which routes are chosen among before all within the gap are."""
_CHOICE_SHARE = 0.4
_LAST_CHOICE_SHARE = 0.75
"""
Parts of the time left that an integer choice may take, and the one that can end the proof; a choice cut short still has
a plan. CBC counts processor time, so on a busy machine it takes longer by the clock: hence room at the end.
"""
_COLUMNS_A_SECOND = 1_000
"""With less time than this CBC would not come out of preparing the choice, and it does not look at the clock there."""
_MOST_CHOICES = 40_000
"""More columns than this are too many for one integer choice."""
_MARGIN = 1e-7
"""Relative room for rounding in floats, always on the side that keeps a bound valid."""


@dataclass(frozen=True, slots=True)
class _Proof:
    """
    Duals with the bound that they prove.

    Attributes
    ----------
    best
        For each class the most that a route is worth at these duals, its own dual included.
    """

    row_duals: list[float]
    best: list[float]
    bound: float


@dataclass(frozen=True, slots=True)
class Features:
    """
    What makes proofs quick; each can be switched off, and no answer may change by it.

    Attributes
    ----------
    completion_bounds, dominance
        Leave out labels that cannot pay, or that another makes useless.
    cuts
        Tighten the linear program with subset-row cuts.
    enumeration
        Close the gap by choosing among all routes within it; without, the bound of the linear program stands.
    memory
        How many near visits labels remember in exact pricing; None for all, which makes every route elementary.
    """

    completion_bounds: bool = True
    dominance: bool = True
    cuts: bool = True
    enumeration: bool = True
    memory: int | None = None


ALL_FEATURES = Features()


class _OutOfTimeError(Exception):
    """The deadline has passed or the caller wants the run to end."""


def run(network: Network, incumbent: Incumbent, limits: EngineLimits, features: Features = ALL_FEATURES) -> None:
    """Offer better and better plans and bounds to the incumbent until it is proved best or a limit is reached."""
    try:
        _Run(network, incumbent, limits, features).go()
    except _OutOfTimeError:
        return


class _Run:
    """One call of `run`: the master, the pricing of each class, and the proof so far."""

    def __init__(self, network: Network, incumbent: Incumbent, limits: EngineLimits, features: Features) -> None:
        self._network, self._incumbent, self._limits, self._features = network, incumbent, limits, features
        self._elements = elements_of(network)
        self._master = Master(network, self._elements)
        self._pricing: list[ClassPricing] = []
        self._forgetful: dict[int, ClassPricing] = {}
        self._proof: _Proof | None = None

    def go(self) -> None:
        self._start()
        for position in range(len(self._network.classes)):
            self._check_time()
            self._pricing.append(ClassPricing(self._network, position, elements=self._elements))
        relaxed = self._generate(self._master)
        if relaxed.missing > _IMPROVES and not self._is_coverable():
            return
        self._dive()
        self._cut(relaxed)
        self._dive()
        self._close()

    def _check_time(self) -> None:
        if self._seconds_left() <= 0 or self._incumbent.should_stop():
            raise _OutOfTimeError

    def _seconds_left(self) -> float:
        return self._limits.deadline - time.monotonic()

    def _share(self, part: float) -> float:
        self._check_time()
        return self._seconds_left() * part

    def _start(self) -> None:
        worth = Worth(self._network)
        for thrift, part in zip(_THRIFTS, _START_SHARES, strict=True):
            deadline = time.monotonic() + self._share(part)
            sequences = insert_visits(self._network, worth, thrift=thrift, deadline=deadline)
            self._incumbent.offer(sequences)
            self._add_routes(sequences)
        # The plan at hand may come from elsewhere, and then knows better routes.
        self._add_routes(self._incumbent.sequences or {})

    def _add_routes(self, sequences: Mapping[int, Sequence[int]]) -> None:
        self._master.add(
            column
            for shift, visits in sequences.items()
            if (column := self._as_column(self._network.class_of[shift], visits)) is not None
        )

    def _as_column(self, position: int, visits: Sequence[int]) -> Column | None:
        shift_class = self._network.classes[position]
        timed = best_schedule(self._network, shift_class, visits)
        if timed is None:
            return None
        problem, metres = self._network.problem, route_distance(self._network, shift_class, visits)
        shift = shift_class.shift
        prizes = sum(problem.visits[v].prize for v in visits)
        value = prizes - timed.cost - shift.fixed_cost - shift.cost_per_km * metres / 1000
        return Column(position, tuple(visits), timed.starts, timed.back - shift_class.begin, value)

    def _generate(self, master: Master, *, prizes: bool = True) -> Relaxed:
        """Add columns until none improves the linear program, first by relaxed dominance, then exactly."""
        dominance = Dominance.RELAXED
        while True:
            self._check_time()
            relaxed = master.relax()
            row_duals = master.row_duals()
            priced = [self._price(master, row_duals, each, dominance, prizes=prizes) for each in self._pricing]
            added = sum(master.add(each.columns) for each in priced)
            if dominance is Dominance.EXACT:
                ended = all(each.exact for each in priced)
                if prizes and ended:
                    self._note_bound(master, row_duals, [each.best for each in priced])
                if not added:
                    return relaxed
            elif added < _FEW_COLUMNS:
                dominance = Dominance.EXACT

    def _price(
        self, master: Master, row_duals: Sequence[float], pricing: ClassPricing, dominance: Dominance, *, prizes: bool
    ) -> Priced:
        self._check_time()
        duals = master.class_duals(row_duals, pricing.position)
        if dominance is Dominance.RELAXED:
            return self._search(pricing, duals, dominance, most_labels=_RELAXED_LABELS, prizes=prizes)
        exact = dominance if self._features.dominance else Dominance.NONE
        if self._features.memory is None:
            priced = self._search(pricing, duals, exact, most_labels=_EXACT_LABELS, prizes=prizes)
            if priced.exact:
                return priced
        # Labels that remember near visits only are fewer, and their bound is still one.
        position = pricing.position
        if position not in self._forgetful:
            memory = _NEAR if self._features.memory is None else self._features.memory
            self._forgetful[position] = ClassPricing(self._network, position, elements=self._elements, memory=memory)
        return self._search(self._forgetful[position], duals, exact, most_labels=_MOST_LABELS, prizes=prizes)

    def _search(
        self, pricing: ClassPricing, duals: Duals, dominance: Dominance, *, most_labels: int, prizes: bool
    ) -> Priced:
        search_for = SearchFor(
            threshold=_IMPROVES,
            dominance=dominance,
            most_labels=most_labels,
            most_columns=_COLUMNS_A_CLASS,
            prizes=prizes,
            bounded=self._features.completion_bounds,
        )
        return pricing.price(duals, search_for)

    def _note_bound(self, master: Master, row_duals: list[float], best: list[float]) -> None:
        bound = master.bound(row_duals, best)
        bound += _MARGIN * max(1.0, abs(bound))
        self._incumbent.prove(bound)
        if self._proof is None or bound < self._proof.bound:
            self._proof = _Proof(row_duals, best, bound)

    def _is_coverable(self) -> bool:
        """Whether the required visits and hard minima can be met by routes at all, split or whole; says so if not."""
        master = Master(self._network, self._elements, prizes=False)
        master.add(self._master.columns)
        relaxed = self._generate(master, prizes=False)
        if relaxed.missing > _IMPROVES:
            self._incumbent.refuse(master.conflict())
            return False
        self._master.add(master.columns)
        self._generate(self._master)
        return True

    def _dive(self) -> None:
        """A plan of the present columns, quickly; the integer choice, which finds better ones, may need longer."""
        columns = dive(self._master, self._check_time)
        if columns:
            self._offer(self._choose(columns))

    def _cut(self, relaxed: Relaxed) -> None:
        """Tighten the bound while it pays."""
        for _ in range(_CUT_ROUNDS if self._features.cuts else 0):
            before = self._proof.bound if self._proof is not None else None
            if all(weight > 1 - _IMPROVES for _, weight in relaxed.weights):
                break
            if not self._master.add_cuts(relaxed, most=_CUTS_A_ROUND):
                break
            relaxed = self._generate(self._master)
            if before is None or self._proof is None:
                break
            if before - self._proof.bound < _LEAST_TIGHTENING * max(1.0, abs(before)):
                break

    def _offer(self, choice: Choice) -> None:
        if choice.value is not None:
            routes = [build_timed_route(self._network, shift, c.visits, c.starts) for shift, c in choice.routes]
            self._incumbent.offer_routes(routes)

    def _close(self) -> None:
        """
        Choose among ever wider sets of routes: those that nearly pay at the proved duals, then all within the gap.

        The narrow set is quick and mostly holds the best plan; the smaller gap that it leaves makes the wide set small.
        """
        for part in (_NARROW, _WIDER, 1.0):
            proof, value = self._proof, self._incumbent.value
            if proof is None or not self._features.enumeration:
                self._offer(self._choose(self._master.columns))
                return
            gap = proof.bound - value if value is not None else -NEVER
            if value is not None and gap <= _MARGIN * 2 * max(1.0, abs(value)):
                return
            within = min(gap, part * max(1.0, abs(proof.bound))) if part < 1 else gap
            if part == _WIDER and within >= gap:
                continue
            if not self._choose_within(within, is_whole=within >= gap):
                return
            if within >= gap:
                return

    def _choose_within(self, within: float, *, is_whole: bool) -> bool:
        """Choose among the routes within some points of the bound; whether going wider makes sense."""
        columns = self._enumerate(within)
        if columns is None:
            self._offer(self._choose(self._master.columns))
            return False
        if is_whole:
            self._displace_all_but(columns)
        if len(columns) > _COLUMNS_A_SECOND * self._seconds_left():
            return False
        share = _LAST_CHOICE_SHARE if is_whole else _CHOICE_SHARE
        choice = self._choose(_united(columns, self._master.columns), share=share)
        self._offer(choice)
        if is_whole:
            self._conclude(choice)
        return True

    def _choose(self, columns: Sequence[Column], *, share: float = _LAST_CHOICE_SHARE) -> Choice:
        return choose(self._network, self._elements, columns, time_limit_s=self._share(share))

    def _displace_all_but(self, columns: Sequence[Column]) -> None:
        """What no route within the gap holds is in no plan that is worth more than the one at hand."""
        if self._incumbent.value is not None:
            held = {visit for column in columns for visit in column.visits}
            self._incumbent.displace(set(range(len(self._network.problem.visits))) - held)

    def _conclude(self, choice: Choice) -> None:
        """All routes of any better plan were there to choose from: what the choice proved holds for the problem."""
        value = self._incumbent.value
        if value is None:
            if choice.proved:
                self._incumbent.refuse(self._all_musts())
            return
        bound = choice.bound + _MARGIN * max(1.0, abs(choice.bound)) if choice.value is not None else value
        self._incumbent.prove(max(value, bound))

    def _all_musts(self) -> tuple[str, ...]:
        problem = self._network.problem
        hard = [limit.id for limit in problem.limits if limit.min is not None and limit.shortfall_cost is None]
        return (*(visit.id for visit in problem.visits if visit.must), *hard)

    def _enumerate(self, gap: float) -> list[Column] | None:
        """Every route that a plan within the gap of the bound can hold; None where they are too many."""
        assert self._proof is not None
        found: list[Column] = []
        for pricing, best in zip(self._pricing, self._proof.best, strict=True):
            self._check_time()
            search_for = SearchFor(
                threshold=max(0.0, best) - gap * (1 + _MARGIN) - _MARGIN,
                dominance=Dominance.SAME_SET,
                most_labels=_MOST_LABELS,
                bounded=self._features.completion_bounds,
            )
            duals = self._master.class_duals(self._proof.row_duals, pricing.position)
            priced = pricing.price(duals, search_for)
            found.extend(_best_of_each_set(priced.columns, keep_times=self._master.counts_duty))
            if not priced.exact or len(found) > _MOST_CHOICES:
                return None
        return found


def _best_of_each_set(columns: Sequence[Column], *, keep_times: bool) -> list[Column]:
    """Of routes over the same visits the most valuable; with ``keep_times`` also those that are back earlier."""
    best: dict[frozenset[int], list[Column]] = {}
    for column in sorted(columns, key=lambda each: (-each.value, each.back_min)):
        kept = best.setdefault(frozenset(column.visits), [])
        if not kept or (keep_times and column.back_min < kept[-1].back_min):
            kept.append(column)
    return [column for kept in best.values() for column in kept]


def _united(columns: Sequence[Column], pool: Sequence[Column]) -> list[Column]:
    """The columns with those of the pool that are not among them: they cost no proof and help to find plans."""
    known = {(column.shift_class, column.visits, column.back_min) for column in columns}
    return [*columns, *(column for column in pool if (column.shift_class, column.visits, column.back_min) not in known)]

"""
The linear relaxation of a problem, made exact by pricing: columns until none improves it, its bound, cuts.

A *round* solves the linear program over the columns at hand and prices every shift class at its duals. Rounds go on,
first with relaxed dominance, then exactly, until no route improves the program; each exact round proves a bound (the
Lagrangian of `master`), and the lowest one is kept with its duals. Everything that spans more than the relaxation, the
choice of whole routes and the order of the steps, belongs to the engines that use it.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum

from optimizer.labelling import NEVER, Dominance
from optimizer.master import Master, Relaxed, elements_of
from optimizer.network import Network
from optimizer.pricing import ClassPricing, Column, Duals, Priced, SearchFor
from optimizer.schedule import best_schedule, route_distance

MARGIN = 1e-7
"""Relative room for rounding in floats, always on the side that keeps a bound valid."""
IMPROVES = 1e-6
"""A route must be worth more than this at the present duals to become a column."""
MOST_LABELS = 2_000_000
_LABELS_A_ROUTE = 5
"""Labels of a class for each route that is wanted at most where few are: more of them mostly mean more routes."""
_MANY = 10_000
_COLUMNS_A_CLASS = 60
_FEW_COLUMNS = 10
_RELAXED_LABELS = 200_000
_EXACT_LABELS = 500_000
_NEAR = 8
"""Visits that labels remember where remembering all makes them too many."""
_CUTS_A_ROUND = 40
_CUT_ROUNDS = 12
_LEAST_TIGHTENING = 2e-5
"""Cuts go on while a round lowers the bound by more than this part of it."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """How routes are looked for in a round; see `SearchFor`."""

    dominance: Dominance
    at_least: float = 0.0


_LIKELY = _Stage(Dominance.RELAXED, 0.5)
"""While the program knows few routes nearly every other one improves it; looking at them all takes most of the time."""
_RELAXED = _Stage(Dominance.RELAXED)
_EXACT = _Stage(Dominance.EXACT)


class Depth(IntEnum):
    """How far columns that improve the linear program are looked for."""

    LIKELY = 1
    """Until routes worth at least half of what any may be are few: enough to go on from what an earlier solve knew."""
    RELAXED = 2
    """Until relaxed dominance finds little: good columns soon, and no new bound."""
    EXACT = 3
    """Until there are none, which proves the bound."""


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


@dataclass(frozen=True, slots=True)
class Proof:
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


class EnoughRoundsError(Exception):
    """As many rounds were run as were asked for."""


class Relaxation:
    """
    The linear program over all routes of a problem, as far as it has been looked at.

    Parameters
    ----------
    check_time
        Called before every pricing: the seconds that it may take; may raise to end the work. What was found until then
        stays.
    on_bound
        Gets every lower proved bound.
    threads
        Classes that are priced side by side; the answers are the same for any number.
    most_rounds
        After so many rounds `EnoughRoundsError` is raised; None for no limit.

    Attributes
    ----------
    proof
        The lowest bound with its duals; None before an exact round has ended.
    """

    def __init__(
        self,
        network: Network,
        *,
        check_time: Callable[[], float],
        on_bound: Callable[[float], None] = lambda _: None,
        features: Features = ALL_FEATURES,
        threads: int = 1,
        most_rounds: int | None = None,
    ) -> None:
        self.network = network
        self.elements = elements_of(network)
        self.master = Master(network, self.elements)
        self.proof: Proof | None = None
        self._check_time, self._on_bound, self._features = check_time, on_bound, features
        self._threads, self._rounds_left = threads, most_rounds
        self._pricing: list[ClassPricing] = []
        self._forgetful: dict[int, ClassPricing] = {}

    @property
    def pricing(self) -> Sequence[ClassPricing]:
        """The pricing of each class, made when first asked for."""
        while len(self._pricing) < len(self.network.classes):
            self._check_time()
            self._pricing.append(ClassPricing(self.network, len(self._pricing), elements=self.elements))
        return self._pricing

    def add_routes(self, routes: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Add routes, given as the position of their class and their visits in order; those that do not fit are not."""
        self.master.add(self.columns_of(routes))

    def columns_of(self, routes: Iterable[tuple[int, Sequence[int]]]) -> list[Column]:
        """The columns of routes, timed the cheapest way, without those that do not fit."""
        columns = (self._as_column(position, visits) for position, visits in routes)
        return [column for column in columns if column is not None]

    def _as_column(self, position: int, visits: Sequence[int]) -> Column | None:
        shift_class = self.network.classes[position]
        timed = best_schedule(self.network, shift_class, visits)
        if timed is None:
            return None
        problem, metres = self.network.problem, route_distance(self.network, shift_class, visits)
        shift = shift_class.shift
        prizes = sum(problem.visits[v].prize for v in visits)
        value = prizes - timed.cost - shift.fixed_cost - shift.cost_per_km * metres / 1000
        return Column(position, tuple(visits), timed.starts, timed.back - shift_class.begin, value)

    def generate(self, depth: Depth = Depth.EXACT) -> Relaxed:
        """Add columns that improve the linear program, as far as is asked; the program then."""
        return self._generate(self.master, depth)

    def relax(self) -> Relaxed:
        """The linear program over the columns at hand."""
        self._check_time()
        return self.master.relax()

    def price_once(self, classes: Iterable[int]) -> int:
        """
        Add routes of some classes that improve the linear program as it stands, whatever is fixed in it; how many.

        By relaxed dominance; no answer of 0 proves that there are none.
        """
        self.relax()
        chosen = [self.pricing[position] for position in classes]
        priced = self._price_all(self.master, self.master.row_duals(), _LIKELY, chosen)
        return sum(self.master.add(each.columns) for each in priced)

    def bound_once(self) -> tuple[float, bool]:
        """
        The bound at the duals of the program as it stands, with a visit forced in or not, and whether routes came.

        One linear program and one exact pricing. The bound is infinite where the pricing could not end; it becomes
        no part of `proof`.
        """
        self.relax()
        row_duals = self.master.row_duals()
        priced = self._price_all(self.master, row_duals, _EXACT, self.pricing)
        added = sum(self.master.add(each.columns) for each in priced)
        if not all(each.exact for each in priced):
            return -NEVER, added > 0
        bound = self.master.bound(row_duals, [each.best for each in priced])
        return bound + MARGIN * max(1.0, abs(bound)), added > 0

    def find_conflict(self) -> tuple[str, ...]:
        """
        Ids of visits, shifts and limits that cannot all hold; empty where routes, split or whole, meet them all.

        The columns that meet them join the linear program.
        """
        master = Master(self.network, self.elements, prizes=False)
        master.add(self.master.columns)
        relaxed = self._generate(master, Depth.EXACT)
        if relaxed.missing > IMPROVES:
            return master.conflict()
        self.master.add(master.columns)
        return ()

    def cut(self, relaxed: Relaxed, *, seconds: float) -> None:
        """Tighten the bound with subset-row cuts while it pays; no round starts after those seconds."""
        until = time.monotonic() + seconds
        for _ in range(_CUT_ROUNDS if self._features.cuts else 0):
            before = self.proof.bound if self.proof is not None else None
            if all(weight > 1 - IMPROVES for _, weight in relaxed.weights):
                break
            if time.monotonic() > until or not self.master.tighten(relaxed, most=_CUTS_A_ROUND):
                break
            relaxed = self.generate()
            if before is None or self.proof is None:
                break
            if before - self.proof.bound < _LEAST_TIGHTENING * max(1.0, abs(before)):
                break

    def enumerate_within(self, gap: float, *, most: int) -> list[Column] | None:
        """Every route that a plan within ``gap`` points of the bound can hold; None where they are more than most."""
        assert self.proof is not None
        found: list[Column] = []
        most_labels = MOST_LABELS if most > _MANY else _LABELS_A_ROUTE * most
        for priced in self._priced_within(self.proof, gap, most_labels=most_labels):
            found.extend(_best_of_each_set(priced.columns, keep_times=self.master.counts_duty))
            if not priced.exact or len(found) > most:
                return None
        return found

    def _priced_within(self, proof: Proof, gap: float, *, most_labels: int) -> Iterator[Priced]:
        def price(pricing: ClassPricing) -> Priced:
            seconds = self._check_time()
            search_for = SearchFor(
                threshold=max(0.0, proof.best[pricing.position]) - gap * (1 + MARGIN) - MARGIN,
                dominance=Dominance.SAME_SET,
                most_labels=most_labels,
                bounded=self._features.completion_bounds,
                seconds=seconds,
            )
            return pricing.price(self.master.class_duals(proof.row_duals, pricing.position), search_for)

        return self._side_by_side(price, self.pricing)

    def _side_by_side(
        self, price: Callable[[ClassPricing], Priced], chosen: Sequence[ClassPricing]
    ) -> Iterator[Priced]:
        """Price classes, in their order, as many at a time as there are threads."""
        if self._threads == 1:
            yield from map(price, chosen)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(price, chosen)

    def _generate(self, master: Master, depth: Depth) -> Relaxed:
        stages = [_LIKELY, _RELAXED, _EXACT][:depth]
        at = 0
        while True:
            self._count_round()
            relaxed = master.relax()
            row_duals = master.row_duals()
            priced = self._price_all(master, row_duals, stages[at], self.pricing)
            added = sum(master.add(each.columns) for each in priced)
            if stages[at] is _EXACT:
                if master.prizes and all(each.exact for each in priced):
                    self._note_bound(master, row_duals, [each.best for each in priced])
                if not added:
                    return relaxed
                if added >= _FEW_COLUMNS or relaxed.missing > IMPROVES:
                    # Cheap rounds bring what follows from the new columns; exact ones are for what only they find.
                    at -= 1
            elif not added or (added < _FEW_COLUMNS and relaxed.missing <= IMPROVES):
                # While required visits lack a route their duals are huge, and exact labels over them countless.
                at += 1
                if at == len(stages):
                    return relaxed

    def _count_round(self) -> None:
        self._check_time()
        if self._rounds_left is not None:
            if self._rounds_left == 0:
                raise EnoughRoundsError
            self._rounds_left -= 1

    def _price_all(
        self, master: Master, row_duals: Sequence[float], stage: _Stage, chosen: Sequence[ClassPricing]
    ) -> list[Priced]:
        def price(pricing: ClassPricing) -> Priced:
            duals = master.class_duals(row_duals, pricing.position)
            return self._price(pricing, duals, stage, prizes=master.prizes)

        return list(self._side_by_side(price, chosen))

    def _price(self, pricing: ClassPricing, duals: Duals, stage: _Stage, *, prizes: bool) -> Priced:
        if stage is not _EXACT:
            return self._search(pricing, duals, stage, most_labels=_RELAXED_LABELS, prizes=prizes)
        if self._features.memory is None:
            priced = self._search(pricing, duals, stage, most_labels=_EXACT_LABELS, prizes=prizes)
            if priced.exact:
                return priced
        # Labels that remember near visits only are fewer, and their bound is still one.
        position = pricing.position
        if position not in self._forgetful:
            memory = _NEAR if self._features.memory is None else self._features.memory
            self._forgetful[position] = ClassPricing(self.network, position, elements=self.elements, memory=memory)
        return self._search(self._forgetful[position], duals, stage, most_labels=MOST_LABELS, prizes=prizes)

    def _search(self, pricing: ClassPricing, duals: Duals, stage: _Stage, *, most_labels: int, prizes: bool) -> Priced:
        seconds = self._check_time()
        search_for = SearchFor(
            threshold=IMPROVES,
            dominance=Dominance.NONE if stage is _EXACT and not self._features.dominance else stage.dominance,
            most_labels=most_labels,
            most_columns=_COLUMNS_A_CLASS,
            at_least=stage.at_least,
            prizes=prizes,
            bounded=self._features.completion_bounds,
            seconds=seconds,
        )
        return pricing.price(duals, search_for)

    def _note_bound(self, master: Master, row_duals: list[float], best: list[float]) -> None:
        bound = master.bound(row_duals, best)
        bound += MARGIN * max(1.0, abs(bound))
        self._on_bound(bound)
        if self.proof is None or bound < self.proof.bound:
            self.proof = Proof(row_duals, best, bound)


def _best_of_each_set(columns: Sequence[Column], *, keep_times: bool) -> list[Column]:
    """Of routes over the same visits the most valuable; with ``keep_times`` also those that are back earlier."""
    best: dict[frozenset[int], list[Column]] = {}
    for column in sorted(columns, key=lambda each: (-each.value, each.back_min)):
        kept = best.setdefault(frozenset(column.visits), [])
        if not kept or (keep_times and column.back_min < kept[-1].back_min):
            kept.append(column)
    return [column for kept in best.values() for column in kept]

"""
The proving engine: column generation over the routes of shift classes, with a bound that holds at any time.

The run goes: first plans by insertion; columns until no route improves the linear program, which gives the bound;
subset-row cuts while they tighten it; the best choice among the columns; then every route whose reduced value is within
the gap (Baldacci, Christofides & Mingozzi 2008, doi 10.1007/s10107-007-0178-5): with all of them in, the best choice is
the best plan. Every step leaves a plan and a bound behind, so the run can end between any two of them.

What was proved is handed to the incumbent as it is found; nothing here decides what the answer says.
"""

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import combinations

from optimizer.choice import Choice, choose
from optimizer.diving import dive
from optimizer.incumbent import EngineLimits, Incumbent
from optimizer.insertion import insert_visits
from optimizer.labelling import NEVER
from optimizer.master import Relaxed
from optimizer.network import Network, ShiftClass
from optimizer.plan import OPTIMALITY_TOLERANCE
from optimizer.pricing import Column
from optimizer.problem import DAY_MIN
from optimizer.relaxation import ALL_FEATURES, IMPROVES, MARGIN, Depth, EnoughRoundsError, Features, Relaxation
from optimizer.ruin_recreate import ruin_and_recreate
from optimizer.schedule import build_timed_route
from optimizer.state import State, keep, recall
from optimizer.worth import Worth

NAME = "column-generation"
"""Name of the engine in plans."""

_THRIFTS = (0.75, 1.0, 0.5)
_START_SHARES = (0.5, 0.1, 0.1)
"""Parts of the time left that first plans may take: with thousands of visits the first one is all there may be."""
_NARROW, _WIDER = 0.0005, 0.002
"""Parts of the bound within which routes are chosen among before all within the gap are."""
_NARROW_SHARE, _CHOICE_SHARE = 0.1, 0.4
_LAST_CHOICE_SHARE = 0.75
"""
Parts of the time left that an integer choice may take, and the one that can end the proof; a choice cut short still has
a plan. CBC counts processor time, so on a busy machine it takes longer by the clock: hence room at the end.
"""
_LONG_STOPS, _LONGEST_STOPS, _RUIN_SHARE = 7, 10, 0.75
"""
Mean stops, or those of one route, from which on routes are too many to be priced in time, and the part of the time that
ruin and recreate gets then.
"""
_CUT_SHARE = 0.2
"""Part of the time left after which no more cuts are looked for."""
_POLISH_SHARE, _LAST_POLISH_SHARE, _POLISH_S = 0.3, 0.9, 3.0
"""
Part of the time left that choices for a few days may take, before and after the proof was tried, and seconds for each
of them, or more where there is time.
"""
_COLUMNS_A_SECOND = 1_000
"""With less time than this CBC would not come out of preparing the choice, and it does not look at the clock there."""
_FEW = 1_000
"""So many routes within the gap are chosen among at once, before anything is done to make them fewer."""
_ROUNDING = 2 * MARGIN
"""Part of the bound by which the best plan may seem to lack from it."""
_MOST_CHOICES = 40_000
"""More columns than this are too many for one integer choice."""


class _OutOfTimeError(Exception):
    """The deadline has passed or the caller wants the run to end."""


def run(
    network: Network,
    incumbent: Incumbent,
    limits: EngineLimits,
    known: State | None = None,
    *,
    features: Features = ALL_FEATURES,
) -> State | None:
    """
    Offer better and better plans and bounds to the incumbent until it is proved best or a limit is reached.

    Parameters
    ----------
    known
        What an earlier run, of this problem or one before some changes, left behind.

    Returns
    -------
    What this run leaves behind; None where nobody asked for it.
    """
    each = _Run(network, incumbent, limits, features)
    with suppress(_OutOfTimeError):
        each.go(known)
    return keep(each.relaxation, instance_sha256="") if limits.keeps_state else None


class _Run:
    """One call of `run`."""

    def __init__(self, network: Network, incumbent: Incumbent, limits: EngineLimits, features: Features) -> None:
        self._network, self._incumbent, self._limits, self._features = network, incumbent, limits, features
        self.relaxation = Relaxation(
            network,
            check_time=self._check_time,
            on_bound=incumbent.prove,
            features=features,
            threads=limits.threads,
            most_rounds=limits.solutions,
        )

    def go(self, known: State | None) -> None:
        if known is not None:
            recall(self.relaxation, known)
        self._ruin(self._start())
        try:
            if known is not None:
                # An earlier solve knew most of the routes, so that a good plan is there at once.
                self.relaxation.generate(Depth.LIKELY)
                self._dive(priced=False)
            self.relaxation.generate(Depth.RELAXED)
            self._dive(priced=False)
            relaxed = self.relaxation.generate(self._depth)
            if relaxed.missing > IMPROVES and self._is_refused():
                return
            self._dive(priced=True)
            if self._limits.prove and not self._is_closed_by_few():
                self._polish()
                self._cut(relaxed)
        except EnoughRoundsError:
            self._dive(priced=False)
            return
        if self._limits.prove and not self._is_closed_by_few():
            self._polish()
            self._close()
            # What time is left, a proof could not use: it would not have come to its end.
            self._polish(part=_LAST_POLISH_SHARE, enough=OPTIMALITY_TOLERANCE)

    @property
    def _depth(self) -> Depth:
        return Depth.EXACT if self._limits.prove else Depth.RELAXED

    def _check_time(self) -> float:
        left = self._seconds_left()
        if left <= 0 or self._incumbent.should_stop():
            raise _OutOfTimeError
        return left

    def _seconds_left(self) -> float:
        return self._limits.deadline - time.monotonic()

    def _share(self, part: float) -> float:
        return self._check_time() * part

    def _start(self) -> Mapping[int, Sequence[int]]:
        """First plans by insertion; the best, or the last one where required visits find no place in any."""
        sequences: Mapping[int, Sequence[int]] = {}
        self._know(self._incumbent.sequences or {})
        worth = Worth(self._network)
        for thrift, part in zip(_THRIFTS, _START_SHARES, strict=True):
            deadline = time.monotonic() + self._share(part)
            sequences = insert_visits(self._network, worth, thrift=thrift, deadline=deadline)
            self._incumbent.offer(sequences)
            self._know(sequences)
            if _is_long(sequences):
                break  # ruin and recreate goes on from any plan
        return self._incumbent.sequences or sequences

    def _ruin(self, start: Mapping[int, Sequence[int]]) -> None:
        """Where routes are long, most of the time is for ruin and recreate: pricing them all would take longer."""
        if not _is_long(start):
            return
        begin, seconds = time.monotonic(), self._share(_RUIN_SHARE)
        rounds = 0

        def share_done() -> float:
            nonlocal rounds
            self._check_time()
            rounds += 1
            in_time = (time.monotonic() - begin) / seconds
            return (
                in_time if self._limits.solutions is None else max(rounds / (self._limits.solutions + 1), in_time // 1)
            )

        worth = Worth(self._network)
        for sequences in ruin_and_recreate(self._network, worth, start, seed=self._limits.seed, share_done=share_done):
            self._incumbent.offer(sequences)
            self._know(sequences)

    def _know(self, sequences: Mapping[int, Sequence[int]]) -> None:
        self.relaxation.add_routes((self._network.class_of[shift], visits) for shift, visits in sequences.items())

    def _is_refused(self) -> bool:
        """Whether the required visits and hard minima cannot be met by routes at all, split or whole."""
        conflict = self.relaxation.find_conflict()
        if conflict:
            self._incumbent.refuse(conflict)
            return True
        self.relaxation.generate(self._depth)
        return False

    def _dive(self, *, priced: bool) -> None:
        """A plan of the linear program, quickly; the integer choice, which finds better ones, may need longer."""
        columns = dive(self.relaxation, priced=priced)
        if columns:
            self._offer(self._choose(columns))

    def _cut(self, relaxed: Relaxed) -> None:
        if self._features.cuts:
            self.relaxation.cut(relaxed, seconds=self._share(_CUT_SHARE))
            self._dive(priced=True)

    def _polish(self, *, part: float = _POLISH_SHARE, enough: float = _WIDER) -> None:
        """
        Choose anew for two or three days at a time, the others kept, while the plan is far from its bound.

        Such a choice takes a tenth of a second where one over all days takes minutes: a van that stays at home on one
        day and two that hurry on another are put right here.

        Parameters
        ----------
        part
            Of the time left.
        enough
            Part of the bound that the plan may lack.
        """
        days = sorted({_day(each) for each in self._network.classes})
        together = [set(pair) for pair in combinations(days, 2)] + [set(three) for three in combinations(days, 3)]
        random.Random(self._limits.seed).shuffle(together)  # noqa: S311 (an order, no secret)
        until = time.monotonic() + self._share(part)
        for number, free in enumerate(together):
            left = until - time.monotonic()
            if not self._lacks(enough) or left <= 0:
                return
            seconds = max(_POLISH_S, left / (len(together) - number))
            self._offer(self._choose_on(free, min(left, seconds)))

    def _choose_on(self, free: set[int], seconds: float) -> Choice:
        plan = [(self._network.class_of[shift], visits) for shift, visits in (self._incumbent.sequences or {}).items()]
        day_of = [_day(each) for each in self._network.classes]
        kept = self.relaxation.columns_of([each for each in plan if day_of[each[0]] not in free])
        taken = {int(self.relaxation.elements[visit]) for column in kept for visit in column.visits}
        freed = [
            column
            for column in self.relaxation.master.columns
            if day_of[column.shift_class] in free
            and taken.isdisjoint(self.relaxation.elements[list(column.visits)].tolist())
        ]
        return choose(self._network, self.relaxation.elements, [*kept, *freed], time_limit_s=seconds)

    def _lacks(self, part: float) -> bool:
        """Whether the plan lacks more to the bound than that part of it."""
        bound, value = self._incumbent.bound, self._incumbent.value
        return bound is not None and value is not None and bound - value > part * max(1.0, abs(bound))

    def _offer(self, choice: Choice) -> None:
        if choice.value is not None:
            routes = [build_timed_route(self._network, shift, c.visits, c.starts) for shift, c in choice.routes]
            self._incumbent.offer_routes(routes)

    def _close(self) -> None:
        """
        Choose among ever wider sets of routes: those that nearly pay at the proved duals, then all within the gap.

        A narrow set is quick and mostly holds the best plan; the smaller gap that it leaves makes the whole set small.
        Where diving has left a small gap already, the whole set comes at once.
        """
        for part in (_NARROW, _WIDER, 1.0):
            proof, value = self.relaxation.proof, self._incumbent.value
            if proof is None or not self._features.enumeration:
                self._offer(self._choose(self.relaxation.master.columns))
                return
            gap = proof.bound - value if value is not None else -NEVER
            if value is not None and gap <= _ROUNDING * max(1.0, abs(value)):
                return
            size = max(1.0, abs(proof.bound))
            if part < 1 and gap <= _WIDER * size:
                continue
            within = min(gap, part * size) if part < 1 else gap
            if not self._choose_within(within, is_whole=within >= gap):
                return
            if within >= gap:
                return

    def _is_closed_by_few(self) -> bool:
        """Whether the plan is proved best, if need be by a choice among the routes within the gap, if they are few."""
        if not self._lacks(_ROUNDING):
            return self._incumbent.bound is not None
        proof = self.relaxation.proof
        if proof is None or not self._features.enumeration:
            return False
        for narrow in (False, True):
            if narrow:
                nearly = self.relaxation.enumerate_within(_NARROW * max(1.0, abs(proof.bound)), most=_FEW)
                if nearly is None:
                    return False
                self._offer(self._choose(_united(nearly, self._columns_of_plan()), share=_NARROW_SHARE))
            value = self._incumbent.value
            within = None if value is None else self.relaxation.enumerate_within(proof.bound - value, most=_FEW)
            if within is not None:
                self._choose_of(within, is_whole=True)
                return not self._lacks(_ROUNDING)
        return False

    def _choose_within(self, within: float, *, is_whole: bool) -> bool:
        """Choose among the routes within some points of the bound; whether going wider makes sense."""
        columns = self.relaxation.enumerate_within(within, most=_MOST_CHOICES)
        if columns is None:
            self._offer(self._choose(self.relaxation.master.columns))
            return False
        if len(columns) > _COLUMNS_A_SECOND * self._seconds_left():
            if is_whole:
                self._displace_all_but(columns)
            return False
        self._choose_of(columns, is_whole=is_whole)
        return True

    def _choose_of(self, columns: Sequence[Column], *, is_whole: bool) -> None:
        """Choose among routes; where they are all within the gap, what is proved of them holds for the problem."""
        if is_whole:
            self._displace_all_but(columns)
        share = _LAST_CHOICE_SHARE if is_whole else _CHOICE_SHARE
        choice = self._choose(_united(columns, self._columns_of_plan()), share=share)
        self._offer(choice)
        if is_whole:
            self._conclude(choice)

    def _columns_of_plan(self) -> list[Column]:
        """The plan at hand, so that a choice is never worse; all known columns where there is none yet."""
        sequences = self._incumbent.sequences
        if sequences is None:
            return list(self.relaxation.master.columns)
        return self.relaxation.columns_of((self._network.class_of[s], visits) for s, visits in sequences.items())

    def _choose(self, columns: Sequence[Column], *, share: float = _LAST_CHOICE_SHARE) -> Choice:
        return choose(self._network, self.relaxation.elements, columns, time_limit_s=self._share(share))

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
        bound = choice.bound + MARGIN * max(1.0, abs(choice.bound)) if choice.value is not None else value
        self._incumbent.prove(max(value, bound))

    def _all_musts(self) -> tuple[str, ...]:
        problem = self._network.problem
        hard = [limit.id for limit in problem.limits if limit.min is not None and limit.shortfall_cost is None]
        return (*(visit.id for visit in problem.visits if visit.must), *hard)


def _day(shift_class: ShiftClass) -> int:
    return shift_class.shift.earliest // DAY_MIN


def _is_long(sequences: Mapping[int, Sequence[int]]) -> bool:
    """Whether routes make so many stops that pricing them is hopeless."""
    stops = [len(visits) for visits in sequences.values() if visits]
    return bool(stops) and (sum(stops) >= _LONG_STOPS * len(stops) or max(stops) >= _LONGEST_STOPS)


def _united(columns: Sequence[Column], pool: Sequence[Column]) -> list[Column]:
    """The columns with those of the pool that are not among them."""
    known = {(column.shift_class, column.visits, column.back_min) for column in columns}
    return [*columns, *(column for column in pool if (column.shift_class, column.visits, column.back_min) not in known)]

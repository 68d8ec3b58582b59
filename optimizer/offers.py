"""
Slots to offer for a new letter, ranked by what the rest of the week loses.

First every shift is asked alone: the visit is put in at the best place, and stops of that day go where they must
(`exchange`); each answer is a plan that keeps all rules. Then the week is solved again for each day, the most
promising first, with the visit forced on it and everything published costing points where it does not stay
(`Stability`): what had to go may find a place elsewhere. Both ways give plans, and no proof that a slot cannot be had
for less.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.changes import AddVisit, Changes, PinVisit
from optimizer.difference import Difference, compare
from optimizer.errors import BrokenPlanError, InvalidChangeError
from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.exchange import Exchange, list_exchanges
from optimizer.history import changed_problem, leaving_as_published, retimed
from optimizer.instance import sha256_of, write_problem
from optimizer.keeping import Keeping, Stability
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason, Route, Stop, Unserved
from optimizer.problem import DAY_MIN, Problem, ShiftId
from optimizer.replan import Solver
from optimizer.solve import SolveOptions, solve
from optimizer.worth import Worth

_ASKING_SHARE = 0.4
"""Part of the time for asking every shift alone."""
_DAYS_ONLY = Stability(other_van=0.0)
"""Vans that are alike stay so to the engine, which is then several times as quick; published vans are given back."""
_FEW = 3
"""So many days are solved again for certain, with equal shares of the time; time that they leave goes to more."""
_LEAST_S = 0.5
"""Less time than this is not worth another solve."""


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A slot that could be promised.

    Attributes
    ----------
    changes
        What `replan` needs to make the promise: the visit, pinned to the shift and the minute.
    problem, plan
        The week with the promise, and a plan of it that keeps all its rules.
    loss
        Points that the rest of the week loses: value of the present plan less the value of ``plan`` without the prize
        of the visit. A slot is worth having where it is less than the prize.
    gain
        Points that the week wins by it, prize included; below 0 where the visit is not worth its place.
    solved
        Whether it is the best found for its day by solving the week again; else the visit was put into the shift's day
        as it stands.
    difference
        From the present plan: which visits would go or move.
    """

    shift: ShiftId
    stop: Stop
    changes: Changes
    problem: Problem
    plan: Plan
    loss: float
    gain: float
    solved: bool
    difference: Difference


def rank_offers(
    problem: Problem,
    plan: Plan,
    letter: AddVisit,
    options: SolveOptions,
    *,
    now: int | None = None,
    solver: Solver = solve,
) -> Iterator[list[Offer]]:
    """
    Every slot found for a new visit, the least loss first, at most one a shift; better and better lists of them.

    The first list comes when every shift was asked, another one after each day that was solved again.

    Parameters
    ----------
    plan
        The plan in force; it keeps all rules of ``problem``.
    letter
        The visit, with its place where that is new.
    options
        How to solve; the time limit is for everything.
    now
        What the plan has begun by this minute stays; the visit cannot start before it.

    Raises
    ------
    InvalidChangeError
        When the visit does not fit the problem.
    """
    started = time.monotonic()
    deadline = started + options.time_limit_s
    desk = _Desk(problem, plan, letter, now, options)
    offers = {offer.shift: offer for offer in desk.ask(started + options.time_limit_s * _ASKING_SHARE)}
    yield _ranked(offers.values())
    for number, day in enumerate(desk.promising_days(offers.values())):
        left = deadline - time.monotonic()
        if left < _LEAST_S:
            break
        better = desk.solve_day(day, offers.values(), solver, seconds=left / max(1, _FEW - number))
        if better is not None and (better.shift not in offers or better.loss <= offers[better.shift].loss):
            offers[better.shift] = better
            yield _ranked(offers.values())


def _ranked(offers: Iterable[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda offer: (offer.loss, not offer.solved, offer.stop.start, offer.shift))


class _Desk:
    """Makes offers for one letter."""

    def __init__(self, problem: Problem, plan: Plan, letter: AddVisit, now: int | None, options: SolveOptions) -> None:
        self._problem, self._plan, self._letter, self._now, self._options = problem, plan, letter, now, options
        if plan.value is None:
            raise InvalidChangeError(f"Plan of '{plan.instance}' has no routes; offers need a plan that is in force.")
        self._value = plan.value
        self._week = changed_problem(problem, plan.routes, Changes((letter,), now))
        self._network = build_network(self._week)
        self._at = len(self._week.visits) - 1

    def ask(self, deadline: float) -> list[Offer]:
        """The best exchange of each shift as an offer."""
        routes = {route.shift: route for each in self._plan.routes if (route := retimed(self._week, each)) is not None}
        made = {stop.visit for route in routes.values() for stop in route.stops}
        held = np.array([visit.id in made for visit in self._week.visits], dtype=np.bool_)
        beside = Worth(self._network).beside(held)
        exchanges = list_exchanges(self._network, beside, routes, self._value, self._at, deadline=deadline)
        return [self._exchanged(each) for each in exchanges]

    def promising_days(self, offers: Iterable[Offer]) -> list[int]:
        """Days on which some shift may hold the visit, those with the least loss so far first."""
        least: dict[int, float] = {}
        for offer in offers:
            day = self._day(offer.shift)
            least[day] = min(offer.loss, least.get(day, offer.loss))
        days = {self._day(shift) for shift in self._allowed()}
        return sorted(days, key=lambda day: (least.get(day, float("inf")), day))

    def solve_day(self, day: int, offers: Iterable[Offer], solver: Solver, *, seconds: float) -> Offer | None:
        """The best slot of a day with the week solved for it; None where nothing was found in the time."""
        visit = self._letter.visit
        shifts = frozenset(shift for shift in self._allowed() if self._day(shift) == day)
        forced = replace(self._letter, visit=replace(visit, required=True, shifts=shifts))
        week = changed_problem(self._problem, self._plan.routes, Changes((forced,), self._now))
        keeping = Keeping(self._problem, self._plan, week, _DAYS_ONLY, now=self._now or 0)
        start = next((offer.plan for offer in _ranked(offers) if self._day(offer.shift) == day), None)
        quick = replace(
            self._options,
            prove=False,
            initial_plan=start,
            state=keeping.known(self._options.state, () if start is None else start.routes),
            time_limit_s=seconds,
        )
        found = solver(keeping.problem, quick)
        if found.value is None:
            return None
        return self._offer(keeping.told(found, self._options.gettext), solved=True)

    def _day(self, shift: ShiftId) -> int:
        return self._week.shift_by_id[shift].earliest // DAY_MIN

    def _allowed(self) -> list[ShiftId]:
        return [
            shift.id
            for shift, at in zip(self._week.shifts, self._network.class_of, strict=True)
            if not self._network.classes[at].bars[self._at]
        ]

    def _exchanged(self, exchange: Exchange) -> Offer:
        published = {route.shift: route for route in self._plan.routes}
        shift = exchange.route.shift
        route = leaving_as_published(self._week, exchange.route, published.get(shift), self._now)
        routes = tuple({**published, shift: route}.values())
        plan = replace(self._plan, routes=routes, unserved=tuple(self._unserved(routes)))
        return self._offer(plan, solved=False)

    def _unserved(self, routes: Sequence[Route]) -> Iterator[Unserved]:
        made = {stop.visit for route in routes for stop in route.stops}
        known = {each.visit: each for each in self._plan.unserved if each.reason is Reason.IMPOSSIBLE}
        text = self._options.gettext("Whether it fits beside the promised visit was not looked at.")
        for visit in self._week.visits:
            if visit.id not in made:
                yield known.get(visit.id) or Unserved(visit.id, Reason.UNDECIDED, text)

    def _offer(self, plan: Plan, *, solved: bool) -> Offer:
        visit = self._letter.visit
        shift, stop = next((route.shift, s) for route in plan.routes for s in route.stops if s.visit == visit.id)
        changes = Changes((self._letter, PinVisit(visit.id, shift, stop.start)), self._now)
        week = changed_problem(self._problem, self._plan.routes, changes)
        value = evaluate_routes(week, plan.routes).value
        told = replace(
            plan,
            instance_sha256=sha256_of(write_problem(week)),
            status=PlanStatus.FEASIBLE,
            value=value,
            bound=None,
            stated_gap=None,
        )
        broken = evaluate(week, told).violations
        if broken:
            raise BrokenPlanError(f"An offer for '{visit.id}' breaks a rule: {broken[0]}")
        gain = value - self._value
        return Offer(
            shift=shift,
            stop=stop,
            changes=changes,
            problem=week,
            plan=told,
            loss=round(visit.prize - gain, 3),
            gain=round(gain, 3),
            solved=solved,
            difference=compare(self._problem, self._plan, week, told),
        )

"""
Slots to offer for a new letter, ranked by what the rest of the week loses.

First every shift is asked alone: the visit is put in at the best place, and stops of that day go where they must
(`exchange`); each answer is a plan that keeps all rules. Then the most promising are solved again with the visit pinned
there, everything published costing points where it does not stay (`replan.Stability`): what had to go may find a place
on another day. Both ways give plans, and no proof that a slot cannot be had for less.
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
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason, Route, Stop, Unserved
from optimizer.problem import Problem, ShiftId
from optimizer.replan import Keeping, Solver
from optimizer.solve import SolveOptions, solve
from optimizer.worth import Worth

_ASKING_SHARE = 0.4
"""Part of the time for asking every shift alone."""
_FEW = 3
"""So many slots are solved again for certain, with equal shares of the time; time that they leave goes to more."""
_LEAST_S = 0.5
"""Less time than this is not worth another solve."""


@dataclass(frozen=True, slots=True)
class Offer:
    """
    A slot that could be promised.

    Attributes
    ----------
    changes
        What `replan` needs to make the promise: the visit, pinned to the shift.
    problem, plan
        The week with the promise, and a plan of it that keeps all its rules.
    loss
        Points that the rest of the week loses: value of the present plan less the value of ``plan`` without the prize
        of the visit. A slot is worth having where it is less than the prize.
    gain
        Points that the week wins by it, prize included; below 0 where the visit is not worth its place.
    solved
        Whether the week was solved again for it; else the visit was put into the day as it stands.
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

    The first list comes when every shift was asked, another one after each slot that was solved again.

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
    for number, offer in enumerate(_ranked(offers.values())):
        left = deadline - time.monotonic()
        if left < _LEAST_S:
            break
        better = desk.solve_again(offer, solver, seconds=left / max(1, _FEW - number))
        if better is not None:
            offers[offer.shift] = better
            yield _ranked(offers.values())


def _ranked(offers: Iterable[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda offer: (offer.loss, offer.stop.start, offer.shift))


class _Desk:
    """Makes offers for one letter."""

    def __init__(self, problem: Problem, plan: Plan, letter: AddVisit, now: int | None, options: SolveOptions) -> None:
        self._problem, self._plan, self._letter, self._now, self._options = problem, plan, letter, now, options
        self._week = changed_problem(problem, plan.routes, Changes((letter,), now))
        if plan.value is None:
            raise InvalidChangeError(f"Plan of '{plan.instance}' has no routes; offers need a plan that is in force.")
        self._value = plan.value

    def ask(self, deadline: float) -> list[Offer]:
        """The best exchange of each shift as an offer."""
        network = build_network(self._week)
        routes = {route.shift: route for each in self._plan.routes if (route := retimed(self._week, each)) is not None}
        made = {stop.visit for route in routes.values() for stop in route.stops}
        beside = Worth(network).beside(np.array([visit.id in made for visit in self._week.visits], dtype=np.bool_))
        at = len(self._week.visits) - 1
        exchanges = list_exchanges(network, beside, routes, self._value, at, deadline=deadline)
        return [self._exchanged(each) for each in exchanges]

    def solve_again(self, offer: Offer, solver: Solver, *, seconds: float) -> Offer | None:
        """The offer with the week solved for it; None where nothing was found in the time."""
        keeping = Keeping(self._problem, self._plan, offer.problem, now=self._now or 0)
        quick = replace(
            self._options,
            prove=False,
            initial_plan=offer.plan,
            state=keeping.known(self._options.state, offer.plan.routes),
            time_limit_s=seconds,
        )
        found = solver(keeping.problem, quick)
        if found.value is None:
            return None
        told = replace(keeping.told(found, self._options.gettext), instance_sha256=offer.plan.instance_sha256)
        return self._offer(offer.changes, offer.problem, told, offer.shift, solved=True)

    def _exchanged(self, exchange: Exchange) -> Offer:
        shift = exchange.route.shift
        changes = Changes((self._letter, PinVisit(exchange.visit, shift)), self._now)
        week = changed_problem(self._problem, self._plan.routes, changes)
        published = {route.shift: route for route in self._plan.routes}
        route = leaving_as_published(week, exchange.route, published.get(shift), self._now)
        routes = tuple({**published, shift: route}.values())
        plan = replace(
            self._plan,
            instance_sha256=sha256_of(write_problem(week)),
            status=PlanStatus.FEASIBLE,
            value=evaluate_routes(week, routes).value,
            bound=None,
            stated_gap=None,
            routes=routes,
            unserved=tuple(self._unserved(week, routes)),
        )
        return self._offer(changes, week, plan, shift, solved=False)

    def _unserved(self, week: Problem, routes: Sequence[Route]) -> Iterator[Unserved]:
        made = {stop.visit for route in routes for stop in route.stops}
        known = {each.visit: each for each in self._plan.unserved}
        text = self._options.gettext("Whether it fits beside the promised visit was not looked at.")
        for visit in week.visits:
            if visit.id not in made:
                before = known.get(visit.id)
                impossible = before is not None and before.reason is Reason.IMPOSSIBLE
                yield before if before is not None and impossible else Unserved(visit.id, Reason.UNDECIDED, text)

    def _offer(self, changes: Changes, week: Problem, plan: Plan, shift: ShiftId, *, solved: bool) -> Offer:
        judged = evaluate(week, plan)
        if judged.violations:
            raise BrokenPlanError(f"An offer for '{self._letter.visit.id}' breaks a rule: {judged.violations[0]}")
        (stop,) = (s for route in plan.routes for s in route.stops if s.visit == self._letter.visit.id)
        gain = judged.value - self._value
        return Offer(
            shift=shift,
            stop=stop,
            changes=changes,
            problem=week,
            plan=plan,
            loss=round(self._letter.visit.prize - gain, 3),
            gain=round(gain, 3),
            solved=solved,
            difference=compare(self._problem, self._plan, week, plan),
        )

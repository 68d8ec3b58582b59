"""
Why visits are left out of a plan, what would serve them, and what one more of anything is worth.

The linear program over all routes is made exact first; its duals prove losses and estimate worth. Then each visit left
out is told, the dearest first: the barrier that makes it impossible, or what a plan with it loses at least (proved) and
the best such plan found, and the changes that would serve it, each confirmed by a plan. Forcing a visit into the linear
program takes ten times as long as all the rest: the dear ones get it, as far as the others are left time for the rest.
The last part of the time goes to one more van-day, hour, kit or card.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from optimizer.errors import BrokenPlanError
from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.exchange import find_exchange
from optimizer.explanation import Explained, Explanation, Found, OneMore, Remedy, changes_object
from optimizer.forcing import bound_with, bounds_through, plan_with
from optimizer.labelling import Floats
from optimizer.network import Network, build_network
from optimizer.one_more import confirm_one_more, estimate_one_more
from optimizer.plan import OPTIMALITY_TOLERANCE, Plan, PlanStatus, Reason, Unserved
from optimizer.problem import Problem, VisitId
from optimizer.proofs import describe_barrier, find_barriers
from optimizer.relaxation import Relaxation
from optimizer.remedies import Remedies
from optimizer.solve import SolveOptions
from optimizer.state import State, recall
from optimizer.violation import N_, Gettext
from optimizer.worth import Worth

HUB_RADIUS_M = 5_000
"""As far as people come to another stop (`DOMAIN.md`, 4)."""
_RELAXING_SHARE = 0.45
_VISITS_SHARE = 0.75
"""Parts of the time until which the linear program is made exact, and visits are told."""
_RESERVE_S = 0.15
_NO_ROUTE = N_("No route of any shift can hold it in time.")
_CHOICE_SHARE, _LEAST_CHOICE_S = 0.75, 0.5
_KEEP_MARGIN, _BOUND_SHARE = 1.3, 0.4
"""
How much more time visits still to be told are left than those before them took, and the part of what is free then that
the proved loss of one visit may take.
"""
_ALIKE = 0.5
"""Points by which a proved loss may be below the best found one before a lower bound is looked for."""


class _OutOfTimeError(Exception):
    """A part of the work has used up its time, or the caller wants it to end."""


@dataclass(slots=True)
class _Clock:
    """Tells the seconds left; raises when there are none or the caller wants to stop."""

    should_stop: Callable[[], bool]
    # Moved from part to part of the work.
    deadline: float = field(default=0.0)

    def check(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0 or self.should_stop():
            raise _OutOfTimeError
        return left


def explain(  # noqa: PLR0913 (what to explain, how, and who listens)
    problem: Problem,
    plan: Plan,
    options: SolveOptions,
    *,
    state: State | None = None,
    only: VisitId | None = None,
    hub_radius_m: int = HUB_RADIUS_M,
    on_explained: Callable[[Explanation], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Explained:
    """
    Everything that can be said of a plan's visits left out within the time limit.

    Parameters
    ----------
    plan
        Of the problem, with routes; it keeps all rules. Its bound, and what it calls displaced, are taken as proved.
    options
        How long and with how many threads; ``gettext`` gives the language of the plan's texts.
    state
        What the solve left behind; without it the linear program is made from the plan's routes, which takes longer.
    only
        Explain this visit and nothing else: all the time is for it, every remedy is told, and the best plan with it is
        looked for among all routes.
    on_explained
        Gets each explanation when it is ready, the dearest visit first.

    Raises
    ------
    BrokenPlanError
        When the plan with the reasons written in breaks a rule: an error of the program, or of a plan that was none.
    """
    began = time.monotonic()
    end = began + options.time_limit_s - _RESERVE_S
    clock = _Clock(should_stop)
    desk = _Desk(problem, plan, options, clock, hub_radius_m)
    clock.deadline = began + options.time_limit_s * _RELAXING_SHARE
    with suppress(_OutOfTimeError):
        desk.relax(state)
    visits = [visit for visit in desk.left_out() if only is None or visit == only]
    until = end if only is not None else began + options.time_limit_s * _VISITS_SHARE
    clock.deadline = until
    explanations: list[Explanation] = []
    for number, visit in enumerate(visits):
        if should_stop():
            break
        explanations.append(desk.explain(visit, after=len(visits) - number - 1, thoroughly=only is not None))
        on_explained(explanations[-1])
    one_more: list[OneMore] = []
    if only is None and not should_stop():
        clock.deadline = end
        one_more = desk.one_more([remedy for each in explanations for remedy in each.remedies], end)
    told = with_reasons(plan, explanations, options.gettext)
    broken = evaluate(problem, told).violations
    if broken:
        raise BrokenPlanError(f"The explained plan of '{problem.name}' breaks a rule: {broken[0]}")
    return Explained(told, tuple(explanations), tuple(one_more))


class _Desk:
    """Explains the visits that one plan leaves out."""

    def __init__(self, problem: Problem, plan: Plan, options: SolveOptions, clock: _Clock, hub_radius_m: int) -> None:
        # Changed problems share matrices, and would each compute them anew from a rule.
        problem = replace(problem, travel=problem.travel_times)
        assert plan.value is not None
        self._problem, self._plan, self._options, self._clock = problem, plan, options, clock
        self._value = plan.value
        self._network: Network = build_network(problem)
        self._barriers = find_barriers(self._network)
        self._position = {visit.id: at for at, visit in enumerate(problem.visits)}
        self._routes = {route.shift: route for route in plan.routes}
        self._made = np.zeros(len(problem.visits), dtype=np.bool_)
        self._made[[self._position[stop.visit] for route in plan.routes for stop in route.stops]] = True
        self._worth = Worth(self._network).beside(self._made)
        self._remedies = Remedies(self._network, plan.routes, self._value, self._worth, hub_radius_m=hub_radius_m)
        self._relaxation = Relaxation(self._network, check_time=clock.check, threads=options.threads)
        self._bounds: Floats | None = None
        said = {each.visit for each in plan.unserved if each.reason is Reason.DISPLACED}
        self._displaced = set(self._position) if plan.status is PlanStatus.OPTIMAL else said
        self._spent, self._told, self._longest = 0.0, 0, 0.0

    def left_out(self) -> list[VisitId]:
        """Visits that the plan leaves out, the dearest first: what they would add counts, communities with it."""
        left = np.flatnonzero(~self._made)
        ranked = sorted(left.tolist(), key=lambda at: (-float(self._worth[at]), at))
        return [self._problem.visits[at].id for at in ranked]

    def relax(self, state: State | None) -> None:
        """Make the linear program exact, and take the bounds that follow from its duals alone."""
        relaxation = self._relaxation
        if state is not None:
            recall(relaxation, state)
        shifts = {shift.id: at for at, shift in enumerate(self._problem.shifts)}
        relaxation.add_routes(
            (self._network.class_of[shifts[route.shift]], [self._position[stop.visit] for stop in route.stops])
            for route in self._plan.routes
        )
        try:
            relaxation.generate()
        finally:
            if relaxation.proof is not None:
                self._bounds = bounds_through(relaxation)

    def explain(self, visit: VisitId, *, after: int, thoroughly: bool) -> Explanation:
        """What can be said of a visit until the clock's deadline; so many others come after it, all but thoroughly."""
        began = time.monotonic()
        position, gettext = self._position[visit], self._options.gettext
        worth = round(float(self._worth[position]), 3)
        barrier = None
        if position in self._barriers:
            barrier = describe_barrier(self._network, position, self._barriers[position], gettext)
        elif self._bounds is not None and np.isneginf(self._bounds[position]):
            barrier = gettext(_NO_ROUTE)
        if barrier is not None:
            remedies = self._find_remedies(visit, every=thoroughly)
            return Explanation(visit, worth, Reason.IMPOSSIBLE, barrier=barrier, remedies=remedies)
        found = self._find_plan(visit)
        remedies = self._find_remedies(visit, every=thoroughly)
        self._spent, self._told = self._spent + time.monotonic() - began, self._told + 1
        bound = self._bound_with(position, found, keep_s=after * self._spent / self._told)
        if thoroughly:
            found = self._find_better(visit, found)
        room = OPTIMALITY_TOLERANCE * max(1.0, abs(self._value))
        is_proved = visit in self._displaced or (bound is not None and bound <= self._value + room)
        is_better = found is not None and found.loss < -room
        loss = None if bound is None or bound >= self._value else self._value - bound
        if loss is not None and found is not None:
            loss = min(loss, found.loss)  # room for rounding is all that can lie between
        reason = Reason.DISPLACED if is_proved and not is_better else Reason.UNDECIDED
        return Explanation(visit, worth, reason, proved_loss=loss, found=found, remedies=remedies)

    def one_more(self, remedies: Sequence[Remedy], deadline: float) -> list[OneMore]:
        """What one more of anything is worth, as far as the time allows."""
        if self._relaxation.proof is None:
            return []
        self._clock.deadline = (time.monotonic() + deadline) / 2
        estimates = []
        with suppress(_OutOfTimeError):
            for each in estimate_one_more(self._relaxation):
                estimates.append(each)
                self._clock.check()
        estimates.sort(key=lambda each: -each.estimate)
        options = replace(self._options, state=None)
        confirmed = confirm_one_more(self._relaxation, self._plan, estimates, remedies, options, deadline)
        return sorted(confirmed, key=lambda each: (each.gain is None, -(each.gain or 0.0), -each.estimate))

    def _find_plan(self, visit: VisitId) -> Found | None:
        """The best exchange inside one shift; of a group that is served by another visit, after that one has gone."""
        exchange = find_exchange(
            self._network,
            self._worth,
            self._routes,
            self._value,
            self._position[visit],
            deadline=self._clock.deadline,
        )
        if exchange is None:
            return None
        routes = {**self._routes, exchange.route.shift: exchange.route}
        return Found(tuple(routes.values()), exchange.loss, exchange.out)

    def _find_better(self, visit: VisitId, found: Found | None) -> Found | None:
        """The plan that a choice among all routes finds in the time left, where it is better than the one known."""
        left = self._clock.deadline - time.monotonic()
        if self._relaxation.proof is None or left < _LEAST_CHOICE_S:
            return found
        routes = plan_with(self._relaxation, self._position[visit], seconds=left * _CHOICE_SHARE)
        judged = None if routes is None else evaluate_routes(self._problem, routes)
        if routes is None or judged is None or not judged.feasible:
            return found
        loss = self._value - judged.value
        if found is not None and found.loss <= loss:
            return found
        served = set(judged.visits_made)
        out = tuple(stop.visit for route in self._plan.routes for stop in route.stops if stop.visit not in served)
        return Found(routes, loss, out)

    def _find_remedies(self, visit: VisitId, *, every: bool) -> tuple[Remedy, ...]:
        found: list[Remedy] = []
        with suppress(_OutOfTimeError):
            self._clock.check()
            for remedy in self._remedies.find(visit):
                found.append(remedy)
                if not every:
                    break
                self._clock.check()
        return tuple(found)

    def _bound_with(self, position: int, found: Found | None, *, keep_s: float) -> float | None:
        """
        No plan that holds the visit is worth more, by the better of the ways there is time for; None: unknown.

        Parameters
        ----------
        keep_s
            Seconds to be left until the clock's deadline.
        """
        known = np.inf if self._plan.bound is None else self._plan.bound
        if self._bounds is None:
            return None if known == np.inf else float(known)
        known = min(known, float(self._bounds[position]))
        enough = self._value if found is None else self._value - found.loss + _ALIKE
        began, end = time.monotonic(), self._clock.deadline
        free = end - began - keep_s * _KEEP_MARGIN
        if known > enough and free > self._longest:
            # A linear program that is hard to make exact again must not use up what all the others need.
            self._clock.deadline = began + max(self._longest, free * _BOUND_SHARE)
            try:
                with suppress(_OutOfTimeError):
                    known = bound_with(self._relaxation, position, known=known, enough=enough)
            finally:
                self._clock.deadline = end
            self._longest = max(self._longest, time.monotonic() - began)
        return known


def with_reasons(plan: Plan, explanations: Sequence[Explanation], gettext: Gettext) -> Plan:
    """The plan with what was explained written to its visits left out; the others keep what was said before."""
    listed = {each.visit: each for each in plan.unserved}
    for each in explanations:
        goes = each.found.out if each.found is not None and each.reason is Reason.DISPLACED else ()
        remedy = changes_object(each.remedies[0].changes) if each.remedies else None
        listed[each.visit] = Unserved(each.visit, each.reason, each.text(gettext), goes, remedy)
    return replace(plan, unserved=tuple(listed.values()))

"""
A new plan after changes, as near to the published one as the costs ask for.

What has begun stays (`history`). Every other published visit costs points where it goes to another day, to another van
of its day, or goes altogether; with these costs in the problem the engine finds, and proves, the plan that loses least.
They are no part of the answer's problem and value: the week is worth what it is worth. So two searches may run: one for
the plan with the costs, and, in the time left, one without, which bounds what the plan could be worth at most and tells
what keeping to the published plan costs.

Times inside one shift are free to change. Windows could price them only for all shifts at once, and who is visited on
the announced day by the announced van has lost little.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from optimizer.changes import Changes
from optimizer.difference import Difference, compare
from optimizer.errors import BrokenPlanError
from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.history import begun_stops, changed_problem, leaving_as_published, retimed
from optimizer.instance import sha256_of, write_problem
from optimizer.plan import (
    OPTIMALITY_TOLERANCE,
    Plan,
    PlanStatus,
    Reason,
    Route,
    Unserved,
    relative_gap,
)
from optimizer.problem import DAY_MIN, Fixed, Problem, Visit, VisitId
from optimizer.solve import SolveOptions, solve
from optimizer.state import KnownRoute, State
from optimizer.violation import Gettext

Solver = Callable[[Problem, SolveOptions], Plan]
_KEEPING_SHARE = 0.7
"""Part of the time for the plan that keeps to the published one."""
_LEAST_S = 1.0
"""Less time than this says nothing of the best plan without keeping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """
    What it costs to disappoint people to whom a plan was published, in points (a person served is one).

    Attributes
    ----------
    other_van
        Another van on the announced day: people hardly notice, the crew does.
    other_day
        Another day: a village head announces anew; three vans swapped are worth one day kept.
    dropped
        On top of the prize: not at all. More than a day, or dear visits would rather be dropped than moved.
    confirmed_tag
        Visits with that tag keep shift and minute while their shift is there; None: there are none.
    """

    other_van: float = 2.0
    other_day: float = 6.0
    dropped: float = 10.0
    confirmed_tag: str | None = "confirmed"


@dataclass(frozen=True, slots=True)
class Replanned:
    """
    The answer to changes.

    Attributes
    ----------
    problem
        The changed problem, with what has happened pinned and without any cost of keeping to the published plan.
    plan
        A plan of it; infeasible or unknown where there is none.
    difference
        From the published plan to this one; None where there is none.
    disturbance
        Points by `Stability` for the published visits that do not stay as announced.
    gap
        Proved relative distance of value less disturbance from the best that any plan reaches; None where none is
        proved. Within `OPTIMALITY_TOLERANCE` no smaller change is worth more.
    price
        Points that keeping to the published plan costs at most: no plan of `problem` is worth more than the value and
        this. None where it is not known.
    """

    problem: Problem
    plan: Plan
    difference: Difference | None
    disturbance: float
    gap: float | None

    @property
    def price(self) -> float | None:
        """Points that keeping to the published plan costs at most."""
        if self.plan.bound is None or self.plan.value is None:
            return None
        return self.plan.bound - self.plan.value


def replan(
    problem: Problem,
    plan: Plan,
    changes: Changes,
    options: SolveOptions,
    *,
    stability: Stability = Stability(),
    solver: Solver = solve,
) -> Replanned:
    """
    The plan that loses least, changes of the published one counted.

    Parameters
    ----------
    plan
        The published plan of ``problem``; it keeps all its rules.
    options
        How to solve; ``initial_plan`` and ``instance_sha256`` are set here. Without ``prove`` the first good plan is
        the answer, and nothing is said of what keeping costs.
    solver
        What solves; another one than `solve` may do it in a process of its own.

    Raises
    ------
    InvalidChangeError
        When a change does not fit the problem, or contradicts what has happened by ``changes.now``.
    """
    started = time.monotonic()
    changed = changed_problem(problem, plan.routes, changes)
    keeping = Keeping(problem, plan, changed, stability, now=changes.now or 0)
    options = replace(options, instance_sha256=sha256_of(write_problem(changed)), state=keeping.known(options.state))
    kept = replace(options, initial_plan=keeping.rest, time_limit_s=options.time_limit_s * _KEEPING_SHARE)
    # A solver in a process of its own names the bytes that it was given: those of the problem with the costs.
    found = replace(solver(keeping.problem, kept), instance_sha256=options.instance_sha256)
    if found.value is None:
        return Replanned(changed, found, None, 0.0, None)
    told = keeping.told(found, options.gettext)
    left = options.time_limit_s - (time.monotonic() - started)
    if options.prove and left >= _LEAST_S:
        told = _bounded(told, solver(changed, replace(options, initial_plan=told, time_limit_s=left)))
    seconds = round(time.monotonic() - started, 3)
    told = replace(told, seconds=seconds)
    broken = evaluate(changed, told).violations
    if broken:
        raise BrokenPlanError(f"The new plan of '{problem.name}' breaks a rule: {broken[0]}")
    disturbance, gap = keeping.judged(found)
    return Replanned(changed, told, compare(problem, plan, changed, told), disturbance, gap)


class Keeping:
    """
    A changed problem in which it costs points not to keep to a published plan.

    Parameters
    ----------
    problem, plan
        What was published.
    changed
        The problem after changes, what has happened pinned.
    now
        What was begun by this minute is settled; shifts that are over by then cost nothing, for nothing can go there.

    Attributes
    ----------
    problem
        The changed problem with the costs.
    rest
        What is left of the published plan in it, to start from.
    """

    def __init__(
        self, problem: Problem, plan: Plan, changed: Problem, stability: Stability = Stability(), *, now: int
    ) -> None:
        self._stability, self._now = stability, now
        self._published = {stop.visit: (route.shift, stop.start) for route in plan.routes for stop in route.stops}
        self._day = {shift.id: shift.earliest // DAY_MIN for shift in (*problem.shifts, *changed.shifts)}
        self._begun = {stop.visit for route in plan.routes for stop in begun_stops(route, now)}
        self._changed, self._routes = changed, {route.shift: route for route in plan.routes}
        self._open = [shift.id for shift in changed.shifts if shift.latest + shift.overtime_max >= now]
        visits = tuple(self._kept(visit) for visit in changed.visits)
        self.problem = replace(changed, visits=visits)
        routes = (retimed(changed, self._possible(route)) for route in plan.routes)
        self.rest = replace(plan, routes=tuple(route for route in routes if route is not None))
        self._bonus = stability.dropped * sum(self._is_free(visit) for visit in changed.visits)

    def _possible(self, route: Route) -> Route:
        """The route with what its shift may still hold; of one that is lost half way, what it had begun."""
        shift = self._changed.shift_by_id.get(route.shift)
        if shift is None or shift.max_stops is None or shift.max_stops >= len(route.stops):
            return route
        return replace(route, stops=route.stops[: shift.max_stops])

    def _is_free(self, visit: Visit) -> bool:
        """Whether the visit was published and has not happened: then keeping it is worth something."""
        return visit.id in self._published and visit.id not in self._begun

    def _kept(self, visit: Visit) -> Visit:
        if not self._is_free(visit):
            return visit
        shift, start = self._published[visit.id]
        kept = replace(visit, prize=round(visit.prize + self._stability.dropped, 3))
        if visit.fixed is not None:
            return kept
        if self._stability.confirmed_tag in visit.tags and shift in self._changed.shift_by_id:
            return replace(kept, fixed=Fixed(shift, start))
        costs = dict(visit.shift_cost)
        for other in self._open:
            if other != shift and (visit.shifts is None or other in visit.shifts):
                same_day = self._day[other] == self._day[shift]
                more = self._stability.other_van if same_day else self._stability.other_day
                costs[other] = round(costs.get(other, 0.0) + more, 3)
        return replace(kept, shift_cost=costs)

    def known(self, state: State | None, routes: Sequence[Route] = ()) -> State:
        """
        What a search can start from: those routes and what is left of the published ones, before what was known.

        Each stands there shortened, too. Were a route the only one known to hold a pinned visit, the others on it would
        seem to have no other way, and prices that tell so mislead the search for long.
        """
        routes = (*routes, *self.rest.routes)
        shifts = tuple((route.shift,) for route in routes)
        shorter = tuple(
            KnownRoute(at, visits) for at, route in enumerate(routes) for visits in sorted(self._shortened(route))
        )
        if state is None:
            return State("", shifts, shorter)
        later = (KnownRoute(each.shifts + len(shifts), each.visits) for each in state.routes)
        return State(state.instance_sha256, (*shifts, *state.shifts), (*shorter, *later), state.cuts)

    def _shortened(self, route: Route) -> set[tuple[VisitId, ...]]:
        visits = tuple(stop.visit for stop in route.stops)
        pinned = tuple(visit for visit in visits if self.problem.visit_by_id[visit].fixed is not None)
        free = [at for at, visit in enumerate(visits) if visit not in pinned]
        without_one = {(*visits[:at], *visits[at + 1 :]) for at in free}
        early = {tuple(visit for visit in visits if visit in pinned or visit in visits[:end]) for end in free}
        return {visits, pinned, *without_one, *early} - {()}

    def told(self, found: Plan, gettext: Gettext) -> Plan:
        """The plan as one of the changed problem, without the costs: worth what it is worth, nothing proved yet."""
        routes = tuple(
            leaving_as_published(self._changed, route, self._routes.get(route.shift), self._now)
            for route in found.routes
        )
        text = gettext(
            "Keeping to the published plan leaves it out; whether a plan with it is worth more was not shown."
        )
        unserved = tuple(
            Unserved(each.visit, Reason.UNDECIDED, text) if each.reason is Reason.DISPLACED else each
            for each in found.unserved
        )
        value = evaluate_routes(self._changed, routes).value
        return replace(
            found,
            status=PlanStatus.FEASIBLE,
            stated_gap=None,
            value=value,
            bound=None,
            routes=routes,
            unserved=unserved,
        )

    def judged(self, found: Plan) -> tuple[float, float | None]:
        """The points for what does not stay as announced, and the proved gap of value less these points."""
        true = evaluate_routes(self._changed, found.routes).value
        kept = (found.value or 0.0) - self._bonus
        bound = None if found.bound is None else found.bound - self._bonus
        return round(true - kept, 3), relative_gap(kept, bound)


def _bounded(plan: Plan, free: Plan) -> Plan:
    """The plan with the bound that a search without costs of keeping has proved."""
    if free.bound is None or plan.value is None:
        return plan
    bound = max(free.bound, plan.value)
    gap = relative_gap(plan.value, bound)
    status = PlanStatus.OPTIMAL if gap is not None and gap <= OPTIMALITY_TOLERANCE else PlanStatus.FEASIBLE
    return replace(plan, bound=bound, status=status)

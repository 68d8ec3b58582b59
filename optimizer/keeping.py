"""
What it costs not to keep to a published plan: a changed problem with that in it, and the way back from its plans.

The costs are no part of what the week is worth. They stand in the problem that is searched, and are taken off again
from what was found.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from optimizer.evaluate import evaluate_routes
from optimizer.history import begun_stops, leaving_as_published, retimed
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason, Route, Unserved, relative_gap
from optimizer.problem import DAY_MIN, Fixed, Problem, ShiftId, Visit, VisitId
from optimizer.state import KnownRoute, State
from optimizer.violation import Gettext


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
            same_day = self._day[other] == self._day[shift]
            more = self._stability.other_van if same_day else self._stability.other_day
            # A price of nothing would still tell shifts apart that are alike to the engine.
            if more and other != shift and (visit.shifts is None or other in visit.shifts):
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
            for route in self._by_published_vans(found.routes)
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

    def _by_published_vans(self, routes: tuple[Route, ...]) -> tuple[Route, ...]:
        """
        The routes, those of vans that are alike handed to the one to which most of their visits were published.

        Where a limit counts over the days of a vehicle, that may break it; then they stay as they are.
        """
        network = build_network(self.problem)
        ids = [shift.id for shift in self.problem.shifts]
        class_of = dict(zip(ids, network.class_of, strict=True))
        shared = {
            (at, member): sum(self._published.get(stop.visit, ("",))[0] == ids[member] for stop in route.stops)
            for at, route in enumerate(routes)
            for member in network.classes[class_of[route.shift]].members
        }
        order = sorted(shared, key=lambda pair: (-shared[pair], ids[pair[1]] != routes[pair[0]].shift, pair))
        driver: dict[int, ShiftId] = {}
        for at, member in order:
            if at not in driver and ids[member] not in driver.values():
                driver[at] = ids[member]
        handed = tuple(replace(route, shift=driver[at]) for at, route in enumerate(routes))
        before, after = evaluate_routes(self.problem, routes), evaluate_routes(self.problem, handed)
        return handed if after.feasible and after.value >= before.value else routes

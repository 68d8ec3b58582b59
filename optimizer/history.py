"""
What a plan has begun by some minute, and the problem in which that has happened.

A stop is begun once the van has left for it. It is pinned to its shift and minute; no other service starts before the
minute, and a van that has not left yet leaves after it. So whatever plan the changed problem has, its past is the one
that happened.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from optimizer.changes import Change, Changes, apply_changes
from optimizer.errors import InvalidChangeError
from optimizer.evaluate import evaluate_routes
from optimizer.figures import timed_route
from optimizer.losses import LoseDay, LoseShift, LoseVehicle, pinned, without_minutes
from optimizer.plan import Route, Stop
from optimizer.problem import DAY_MIN, Fixed, MeasureKind, Problem, Shift, ShiftId, VisitId, clock
from optimizer.violation import Rule

_OF_THE_FUTURE = {Rule.REQUIRED_MISSING, Rule.LIMIT_UNMET, Rule.BACK_LATE}
"""Rules that a past by itself need not keep: more stops are to come, and the way home over them may be shorter."""


def changed_problem(problem: Problem, routes: Sequence[Route], changes: Changes) -> Problem:
    """
    The problem after changes that became known at a minute, with what the routes had begun by then pinned.

    A loss without a minute of its own is one from ``changes.now`` on.

    Raises
    ------
    InvalidChangeError
        For a change that does not fit, or one that the past contradicts; the message names which rule what has
        happened would break.
    """
    now = changes.now
    changed = apply_changes(problem, (_from_now(change, now) for change in changes.changes), routes)
    if now is None:
        return changed
    lost = {shift.id for shift in problem.shifts if _is_lost(shift, changed)}
    past = {route.shift: begun_stops(route, now) for route in routes if route.shift not in lost}
    for shift, stops in past.items():
        _check_begun(changed, shift, stops)
        changed = pinned(changed, shift, stops)
    changed = _from_minute(changed, now, routes, lost)
    _check_past(changed, routes)
    return changed


def begun_stops(route: Route, now: int) -> tuple[Stop, ...]:
    """The stops of a route for which the van has left before the minute."""
    departures = (route.leave, *(stop.finish for stop in route.stops))
    return tuple(stop for _, stop in takewhile(lambda pair: pair[0] < now, zip(departures, route.stops, strict=False)))


def retimed(problem: Problem, route: Route) -> Route | None:
    """The route with the visits that the problem still knows, at their minutes; None where nothing is left of it."""
    shift = problem.shift_by_id.get(route.shift)
    stops = tuple(stop for stop in route.stops if stop.visit in problem.visit_by_id)
    if shift is None or not stops:
        return None
    timed = timed_route(problem, shift, replace(route, stops=stops))
    told = tuple(replace(stop.stated, arrive=stop.arrive, finish=stop.finish) for stop in timed.stops)
    return replace(route, stops=told, back=timed.back, distance_m=timed.distance_m)


def leaving_as_published(problem: Problem, route: Route, published: Route | None, now: int | None) -> Route:
    """The route, leaving when the published one left where its first stop is that one's and begun by the minute."""
    if now is None or published is None or not begun_stops(published, now):
        return route
    first, before = route.stops[0], published.stops[0]
    if (first.visit, first.start) != (before.visit, before.start):
        return route
    left = replace(route, leave=published.leave)
    timed = timed_route(problem, problem.shift_by_id[route.shift], left)
    return replace(left, stops=(replace(first, arrive=timed.stops[0].arrive), *route.stops[1:]))


def _from_now(change: Change, now: int | None) -> Change:
    """A loss without a minute of its own is one of what is still ahead."""
    if now is None or not isinstance(change, (LoseVehicle, LoseShift, LoseDay)) or change.after is not None:
        return change
    if isinstance(change, LoseDay) and now < change.day * DAY_MIN:
        return change
    return replace(change, after=now)


def _is_lost(shift: Shift, changed: Problem) -> bool:
    """Whether a change took the shift away, or left it nothing but the stops that it had begun."""
    left = changed.shift_by_id.get(shift.id)
    return left is None or left.max_stops != shift.max_stops


def _check_begun(changed: Problem, shift: ShiftId, stops: Sequence[Stop]) -> None:
    for stop in stops:
        begun = f"Visit '{stop.visit}' was begun on shift '{shift}' at {clock(stop.start)}"
        visit = changed.visit_by_id.get(stop.visit)
        if visit is None:
            raise InvalidChangeError(f"{begun}; what has happened cannot be declined.")
        if visit.fixed is not None and visit.fixed not in {Fixed(shift), Fixed(shift, stop.start)}:
            raise InvalidChangeError(f"{begun}; it cannot be pinned to shift '{visit.fixed.shift}' any more.")


def _from_minute(changed: Problem, now: int, routes: Sequence[Route], lost: Collection[ShiftId]) -> Problem:
    """Nothing starts before the minute but what is pinned as begun; no other van leaves before it."""
    begun = {visit for route in routes for visit in _past_visits(changed, route)}
    visits = tuple(visit if visit.id in begun else without_minutes(visit, now) for visit in changed.visits)
    held = {route.shift: route for route in routes}
    shifts = tuple(
        shift if shift.id in lost else _shift_from(shift, held.get(shift.id), now) for shift in changed.shifts
    )
    return replace(changed, visits=visits, shifts=shifts)


def _shift_from(shift: Shift, route: Route | None, now: int) -> Shift:
    begun = begun_stops(route, now) if route is not None else ()
    if route is None or not begun:
        return replace(shift, earliest=now) if shift.earliest < now <= shift.latest else shift
    # A van that is on its way home is not sent out again.
    return replace(shift, max_stops=len(begun)) if begun == route.stops and begun[-1].finish < now else shift


def _past_visits(changed: Problem, route: Route) -> Iterator[VisitId]:
    """Visits of the route that the changed problem pins just as they are there."""
    for stop in route.stops:
        visit = changed.visit_by_id.get(stop.visit)
        if visit is not None and visit.fixed == Fixed(route.shift, stop.start):
            yield visit.id


def _check_past(changed: Problem, routes: Sequence[Route]) -> None:
    past = []
    for route in routes:
        begun = set(_past_visits(changed, route))
        kept = replace(route, stops=tuple(stop for stop in route.stops if stop.visit in begun))
        told = retimed(changed, kept)
        if told is not None:
            past.append(told)
    duty = {limit.id for limit in changed.limits if limit.measure.kind is MeasureKind.DUTY_MIN}
    for violation in evaluate_routes(changed, past).violations:
        if violation.rule not in _OF_THE_FUTURE and duty.isdisjoint(violation.subjects):
            raise InvalidChangeError(f"What has happened breaks a rule of the changed week: {violation.text(str)}")

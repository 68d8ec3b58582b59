"""Rules about routes, one small check each; every check yields the violations that it finds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from optimizer.figures import TimedRoute, TimedStop, limit_counts, pause_at
from optimizer.plan import Route
from optimizer.problem import DAY_MIN, LimitId, Problem, Shift, Visit, VisitId
from optimizer.violation import ClockTime, Fact, Intervals, Rule, Scope, Violation, broken


def broken_membership(problem: Problem, routes: Sequence[Route]) -> Iterator[Violation]:
    """Which shifts and visits the routes hold: known ones, each once, one of a group."""
    for shift, count in Counter(route.shift for route in routes).items():
        if shift not in problem.shift_by_id:
            yield broken(Rule.UNKNOWN_SHIFT, shift, shift=shift)
        if count > 1:
            yield broken(Rule.SHIFT_TWICE, shift, shift=shift, count=count)
    for route in routes:
        if not route.stops:
            yield broken(Rule.EMPTY_ROUTE, route.shift, shift=route.shift)
        for stop in route.stops:
            if stop.visit not in problem.visit_by_id:
                yield broken(Rule.UNKNOWN_VISIT, stop.visit, route.shift, visit=stop.visit, shift=route.shift)
    made = Counter(stop.visit for route in routes for stop in route.stops)
    for visit, count in made.items():
        if count > 1:
            yield broken(Rule.VISIT_TWICE, visit, visit=visit, count=count)
    yield from _broken_groups(visit for visit in problem.visits if visit.id in made)


def _broken_groups(made: Iterable[Visit]) -> Iterator[Violation]:
    members: dict[str, list[VisitId]] = {}
    for visit in made:
        if visit.group is not None:
            members.setdefault(visit.group, []).append(visit.id)
    for group, visits in members.items():
        if len(visits) > 1:
            yield broken(Rule.GROUP_TWICE, *visits, group=group, visits=", ".join(visits))


def missing_required(problem: Problem, routes: Sequence[Route]) -> Iterator[Violation]:
    """Required and pinned visits that no route holds."""
    made = {stop.visit for route in routes for stop in route.stops}
    for visit in problem.visits:
        if visit.must and visit.id not in made:
            yield broken(Rule.REQUIRED_MISSING, visit.id, visit=visit.id)


def broken_route(route: TimedRoute) -> Iterator[Violation]:
    """All rules inside one route: its frame, its loads, its stops."""
    yield from _broken_departure(route)
    yield from _broken_return(route)
    yield from _broken_loads(route)
    for stop in route.stops:
        yield from _broken_assignment(route.shift, stop)
        yield from _broken_times(route.shift, stop)
        yield from _broken_start(route.shift, stop)


def _broken_departure(route: TimedRoute) -> Iterator[Violation]:
    shift, leave = route.shift, route.stated.leave
    if leave < shift.earliest:
        right = ClockTime(shift.earliest)
        yield broken(Rule.LEAVE_EARLY, shift.id, shift=shift.id, leave=ClockTime(leave), right=right)
    pause = pause_at(shift.pauses, leave)
    if pause is not None:
        first, right = ClockTime(pause.start), ClockTime(pause.end)
        yield broken(Rule.LEAVE_IN_PAUSE, shift.id, shift=shift.id, leave=ClockTime(leave), pause=first, right=right)


def _broken_return(route: TimedRoute) -> Iterator[Violation]:
    shift, stated = route.shift, route.stated
    if stated.back != route.back:
        right = ClockTime(route.back)
        yield broken(Rule.BACK_WRONG, shift.id, shift=shift.id, back=ClockTime(stated.back), right=right)
    last = shift.latest + shift.overtime_max
    if route.back > last:
        back, right = ClockTime(route.back), ClockTime(last)
        yield broken(Rule.BACK_LATE, shift.id, shift=shift.id, back=back, right=right)
    if stated.distance_m != route.distance_m:
        metres, right_m = stated.distance_m, route.distance_m
        yield broken(Rule.DISTANCE_WRONG, shift.id, shift=shift.id, distance_m=metres, right=right_m)


def _broken_loads(route: TimedRoute) -> Iterator[Violation]:
    shift, count = route.shift, len(route.stated.stops)
    if shift.max_stops is not None and count > shift.max_stops:
        yield broken(Rule.TOO_MANY_STOPS, shift.id, shift=shift.id, count=count, right=shift.max_stops)
    for resource, most in shift.capacity.items():
        amount = sum(stop.visit.demand.get(resource, 0) for stop in route.stops)
        if amount > most:
            facts: dict[str, Fact] = {"resource": resource, "amount": amount, "right": most}
            yield broken(Rule.CAPACITY_EXCEEDED, shift.id, resource, shift=shift.id, **facts)


def _broken_assignment(shift: Shift, stop: TimedStop) -> Iterator[Violation]:
    visit, facts = stop.visit, {"visit": stop.visit.id, "shift": shift.id}
    lacking = visit.skills - shift.skills
    if lacking:
        yield broken(Rule.SKILL_MISSING, visit.id, shift.id, skills=", ".join(sorted(lacking)), **facts)
    if visit.shifts is not None and shift.id not in visit.shifts:
        allowed = ", ".join(sorted(visit.shifts)) or "-"
        yield broken(Rule.SHIFT_NOT_ALLOWED, visit.id, shift.id, right=allowed, **facts)
    if visit.fixed is not None and visit.fixed.shift != shift.id:
        yield broken(Rule.FIXED_SHIFT, visit.id, shift.id, right=visit.fixed.shift, **facts)


def _broken_times(shift: Shift, stop: TimedStop) -> Iterator[Violation]:
    visit, stated = stop.visit, stop.stated
    if stated.arrive != stop.arrive:
        facts: dict[str, Fact] = {"arrive": ClockTime(stated.arrive), "right": ClockTime(stop.arrive)}
        yield broken(Rule.ARRIVE_WRONG, visit.id, shift.id, visit=visit.id, shift=shift.id, **facts)
    if stated.finish != stop.finish:
        finish, right = ClockTime(stated.finish), ClockTime(stop.finish)
        yield broken(Rule.FINISH_WRONG, visit.id, visit=visit.id, finish=finish, right=right)
    if visit.finish_by is not None:
        last = stated.start // DAY_MIN * DAY_MIN + visit.finish_by
        if stop.finish > last:
            finish, right = ClockTime(stop.finish), ClockTime(last)
            yield broken(Rule.FINISH_LATE, visit.id, visit=visit.id, finish=finish, right=right)


def _broken_start(shift: Shift, stop: TimedStop) -> Iterator[Violation]:
    visit, minute = stop.visit, stop.stated.start
    start = ClockTime(minute)
    if minute < stop.arrive:
        yield broken(Rule.START_BEFORE_ARRIVAL, visit.id, visit=visit.id, start=start, right=ClockTime(stop.arrive))
    pause = pause_at(shift.pauses, minute)
    if pause is not None:
        first, right = ClockTime(pause.start), ClockTime(pause.end)
        yield broken(Rule.START_IN_PAUSE, visit.id, visit=visit.id, start=start, pause=first, right=right)
    if stop.window_cost is None:
        windows = Intervals(tuple((window.start, window.end) for window in visit.windows))
        yield broken(Rule.OUTSIDE_WINDOWS, visit.id, visit=visit.id, start=start, right=windows)
    pinned = None if visit.fixed is None else visit.fixed.start
    if pinned is not None and pinned != minute:
        yield broken(Rule.FIXED_START, visit.id, visit=visit.id, start=start, right=ClockTime(pinned))


def exceeded_limits(problem: Problem, routes: Sequence[TimedRoute]) -> Iterator[Violation]:
    """Maxima of limits, over each shift, vehicle, vehicle and week, or the plan."""
    for limit in problem.limits:
        if limit.max is None:
            continue
        for scope, amount in limit_counts(limit, routes).items():
            if amount > limit.max:
                facts: dict[str, Fact] = {"amount": amount, "scope": Scope(scope), "right": limit.max}
                yield broken(Rule.LIMIT_EXCEEDED, limit.id, *scope, limit=limit.id, **facts)


def unmet_limits(problem: Problem, shortfalls: Mapping[LimitId, int]) -> Iterator[Violation]:
    """Minima without a cost, which must not be missed."""
    for limit in problem.limits:
        if limit.id in shortfalls and limit.min is not None and limit.shortfall_cost is None:
            amount = limit.min - shortfalls[limit.id]
            yield broken(Rule.LIMIT_UNMET, limit.id, limit=limit.id, amount=amount, right=limit.min)


def soft_violations(
    problem: Problem, routes: Sequence[TimedRoute], shortfalls: Mapping[LimitId, int]
) -> Iterator[Violation]:
    """What the routes are allowed to do but a planner should see: overtime, costly windows, shortfalls."""
    for route in routes:
        shift, minutes = route.shift, route.overtime_min
        if minutes:
            back, right = ClockTime(route.back), ClockTime(shift.latest)
            yield broken(Rule.OVERTIME_USED, shift.id, shift=shift.id, minutes=minutes, back=back, right=right)
        for stop in route.stops:
            if stop.window_cost:
                visit, start = stop.visit.id, ClockTime(stop.stated.start)
                yield broken(Rule.COSTED_WINDOW_USED, visit, visit=visit, start=start, cost=stop.window_cost)
    for limit in problem.limits:
        if limit.id in shortfalls and limit.min is not None and limit.shortfall_cost is not None:
            missing = shortfalls[limit.id]
            facts: dict[str, Fact] = {"amount": limit.min - missing, "missing": missing, "right": limit.min}
            yield broken(Rule.SHORTFALL, limit.id, limit=limit.id, **facts)

"""
What routes amount to: times, metres, minutes on duty and points, computed from the problem and the decisions alone.

A route's decisions are its shift, when the van leaves, the order of its stops and when each service starts. All else
follows, and is computed here a second time, apart from every engine: `evaluate` compares it with what a plan states.

Points are summed as whole thousandths and fractions of them, so that no order of adding can change a value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from optimizer.plan import Route, Stop
from optimizer.problem import CommunityId, Limit, LimitScope, MeasureKind, Pause, Problem, Shift, Visit

_SHARE_UNITS = 10_000
_MILLI = 1_000


def pause_at(pauses: Iterable[Pause], minute: int) -> Pause | None:
    """The pause that holds the minute, or None; a pause holds its first minute and not its last."""
    return next((pause for pause in pauses if pause.start <= minute < pause.end), None)


def end_of_work(pauses: Iterable[Pause], begin: int, minutes: int) -> int:
    """
    When driving or serving that takes ``minutes`` is over if it begins at ``begin``.

    It stands still in pauses. It may have to begin inside one (a van that drives on after a service that ended as the
    pause began): then it waits. What ends exactly as a pause begins has ended; what takes no time waits for nothing.
    """
    now, left = begin, minutes
    for pause in pauses:
        if left <= max(0, pause.start - now):
            break
        if now < pause.end:
            left -= max(0, pause.start - now)
            now = pause.end
    return now + left


def minutes_without_pauses(pauses: Iterable[Pause], begin: int, end: int) -> int:
    """Minutes from ``begin`` to ``end`` that lie in no pause."""
    paused = sum(max(0, min(end, pause.end) - max(begin, pause.start)) for pause in pauses)
    return end - begin - paused


@dataclass(frozen=True, slots=True)
class TimedStop:
    """
    A stop as stated, beside what the decisions make of it.

    Attributes
    ----------
    arrive, finish
        When the van must be there and the service must be over.
    window_cost
        Points of the cheapest window that holds the start; None where no window does.
    """

    stated: Stop
    visit: Visit
    arrive: int
    finish: int
    window_cost: float | None


@dataclass(frozen=True, slots=True)
class TimedRoute:
    """
    A route as stated, beside what the decisions make of it.

    Attributes
    ----------
    stops
        Those whose visit the problem knows.
    back, distance_m
        When the van must be back and what it must have driven.
    driving_min, service_min, duty_min
        Minutes, pauses not counted; duty is from the shift's ``earliest`` until the van is back.
    """

    stated: Route
    shift: Shift
    stops: tuple[TimedStop, ...]
    back: int
    distance_m: int
    driving_min: int
    service_min: int
    duty_min: int

    @property
    def overtime_min(self) -> int:
        """Clock minutes after the shift's ``latest``."""
        return max(0, self.back - self.shift.latest)


def timed_route(problem: Problem, shift: Shift, route: Route) -> TimedRoute:
    """The route with every time and number computed from its decisions."""
    at, now, metres, driving, service = problem.location_index[shift.start_location], route.leave, 0, 0, 0
    duration_min, distance_m = problem.travel_times.duration_min, problem.travel_times.distance_m
    stops = []
    for stop in route.stops:
        visit = problem.visit_by_id.get(stop.visit)
        if visit is None:
            continue
        there = problem.location_index[visit.location]
        arrive = end_of_work(shift.pauses, now, int(duration_min[at, there]))
        finish = end_of_work(shift.pauses, stop.start, visit.service_duration(shift.kits))
        costs = [window.cost for window in visit.windows if window.start <= stop.start <= window.end]
        stops.append(TimedStop(stop, visit, arrive, finish, min(costs, default=None)))
        metres, driving = metres + int(distance_m[at, there]), driving + int(duration_min[at, there])
        service += visit.service_duration(shift.kits)
        at, now = there, finish
    home = problem.location_index[shift.end_location]
    back = end_of_work(shift.pauses, now, int(duration_min[at, home]))
    return TimedRoute(
        stated=route,
        shift=shift,
        stops=tuple(stops),
        back=back,
        distance_m=metres + int(distance_m[at, home]),
        driving_min=driving + int(duration_min[at, home]),
        service_min=service,
        duty_min=max(0, minutes_without_pauses(shift.pauses, shift.earliest, back)),
    )


def limit_counts(limit: Limit, routes: Sequence[TimedRoute]) -> dict[tuple[str, ...], int]:
    """What a limit counts, by the shift, the vehicle, or the vehicle and week; by ``()`` over the whole plan."""
    counts: dict[tuple[str, ...], int] = {(): 0} if limit.per is LimitScope.PLAN else {}
    for route in routes:
        scope = _scope(limit.per, route.shift)
        if limit.measure.kind is MeasureKind.DUTY_MIN:
            amount = route.duty_min
        else:
            amount = sum(limit.measure.amount(stop.visit) for stop in route.stops if limit.counts(stop.visit))
        counts[scope] = counts.get(scope, 0) + amount
    return counts


def _scope(per: LimitScope, shift: Shift) -> tuple[str, ...]:
    match per:
        case LimitScope.SHIFT:
            return (shift.id,)
        case LimitScope.VEHICLE:
            return (shift.vehicle,)
        case LimitScope.VEHICLE_WEEK:
            return (shift.vehicle, str(shift.week + 1))
        case LimitScope.PLAN:
            return ()


@dataclass(frozen=True, slots=True)
class Worth:
    """
    The value of routes, part by part, in points; costs are positive numbers.

    Attributes
    ----------
    prizes, community_prizes
        Won by the visits made, and by the shares of communities that they serve.
    window_costs, shift_costs
        For starting in a costly window, for being on a shift that a visit would rather not use.
    fixed_costs, distance_costs, time_costs, overtime_costs
        For the shifts used, the metres driven, the time on duty, the minutes after ``latest``.
    shortfall_costs
        For what limits with a minimum lack.
    value
        Prizes less costs.
    """

    prizes: float
    community_prizes: float
    window_costs: float
    shift_costs: float
    fixed_costs: float
    distance_costs: float
    time_costs: float
    overtime_costs: float
    shortfall_costs: float
    value: float


def worth(problem: Problem, routes: Sequence[TimedRoute]) -> Worth:
    """The value of routes and its parts (`INSTANCE.md`, the value of a plan)."""
    made = {stop.visit.id: stop.visit for route in routes for stop in route.stops}
    stops = [(route.shift, stop) for route in routes for stop in route.stops]
    covered = _covered_units(problem, made.values())
    reached = sum(_milli(problem.community_by_id[each].prize) * units for each, units in covered.items())
    won = {
        "prizes": Fraction(sum(_milli(visit.prize) for visit in made.values())),
        "community_prizes": Fraction(reached, _SHARE_UNITS),
    }
    lost = {
        "window_costs": Fraction(sum(_milli(stop.window_cost or 0) for _, stop in stops)),
        "shift_costs": Fraction(sum(_milli(stop.visit.shift_cost.get(shift.id, 0)) for shift, stop in stops)),
        "fixed_costs": Fraction(sum(_milli(route.shift.fixed_cost) for route in routes)),
        "distance_costs": Fraction(sum(_milli(route.shift.cost_per_km) * route.distance_m for route in routes), 1000),
        "time_costs": Fraction(sum(_milli(route.shift.cost_per_hour) * route.duty_min for route in routes), 60),
        "overtime_costs": Fraction(sum(_milli(route.shift.overtime_cost) * route.overtime_min for route in routes)),
        "shortfall_costs": Fraction(
            sum(_milli(limit.shortfall_cost or 0) * shortfall(limit, routes) for limit in problem.limits)
        ),
    }
    value = sum(won.values(), Fraction(0)) - sum(lost.values(), Fraction(0))
    return Worth(**{name: float(part / _MILLI) for name, part in {**won, **lost, "value": value}.items()})


def covered_shares(problem: Problem, made: Iterable[Visit]) -> dict[CommunityId, float]:
    """Share, 0 to 1, of each community that the visits serve."""
    return {community: units / _SHARE_UNITS for community, units in _covered_units(problem, made).items()}


def _covered_units(problem: Problem, made: Iterable[Visit]) -> dict[CommunityId, int]:
    reached = dict.fromkeys(problem.community_by_id, 0)
    for visit in made:
        for community, share in visit.reaches.items():
            reached[community] += round(share * _SHARE_UNITS)
    return {community: min(_SHARE_UNITS, units) for community, units in reached.items()}


def shortfall(limit: Limit, routes: Sequence[TimedRoute]) -> int:
    """Units by which the routes miss the limit's minimum; 0 where it has none."""
    return 0 if limit.min is None else max(0, limit.min - limit_counts(limit, routes)[()])


def _milli(points: float) -> int:
    return round(points * _MILLI)

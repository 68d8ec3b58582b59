"""
The true optimum of tiny problems by trying everything, and the cases with a story that the tests judge.

Brute force was written apart from `evaluate` and from every engine. It keeps, for each shift and each set of visits,
the orders and starts that no other beats in time and cost, and then hands sets to shifts. Points are whole numbers
of 1/60,000,000, in which every prize and cost of the format is exact. The module is long because test modules share
nothing but what a conftest hands out.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest

from optimizer.plan import Plan, PlanStatus, Reason, Route, Stop, Unserved
from optimizer.problem import (
    Community,
    CommunityId,
    Fixed,
    Limit,
    LimitId,
    LimitScope,
    Location,
    LocationId,
    Measure,
    MeasureKind,
    Pause,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    TravelTimes,
    VehicleId,
    Visit,
    VisitId,
)

UNIT = 60_000_000
"""Units of a point: thousandths of points, by thousandths of kilometres or by sixtieths of hours."""


@dataclass(frozen=True, slots=True)
class Option:
    """A way for a shift to make a set of visits (a bit mask): its cost in units, minutes on duty, and the stops."""

    mask: int
    cost: int
    duty: int
    leave: int
    back: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """The beginning of a route: where the van is, since when, what it has cost so far."""

    mask: int
    place: LocationId
    now: int
    cost: int
    stops: tuple[Stop, ...]


@pytest.fixture(scope="session")
def monday() -> Problem:
    """
    A Monday in Batu Bara: a vocational school, a village hall with an alternative, an orphanage, and two vans.

    Van 1 has two kits and a card printer and works 07:30-16:00 with lunch at 12:00; van 2 has one kit.
    """
    school = Visit(
        id=VisitId("smk"),
        location=LocationId("smk"),
        prize=62.5,
        setup_min=20,
        work_min=301,
        windows=(TimeWindow(480, 600, 3.0), TimeWindow(540, 700, 1.5)),
        demand={"id_card": 62},
        skills=frozenset({"print"}),
        shift_cost={ShiftId("van-1/mon"): 4.25},
        tags=frozenset({"school"}),
        reaches={CommunityId("air-putih"): 0.25},
        fixed=Fixed(ShiftId("van-1/mon"), 480),
    )
    hall = Visit(
        id=VisitId("hall"),
        location=LocationId("hall"),
        prize=40.0,
        setup_min=10,
        work_min=100,
        windows=(TimeWindow(480, 900),),
        group="village",
        tags=frozenset({"village"}),
        demand={"id_card": 40},
        reaches={CommunityId("air-putih"): 0.5, CommunityId("sei-balai"): 0.8},
    )
    orphanage = Visit(
        id=VisitId("panti"),
        location=LocationId("panti"),
        prize=30.0,
        required=True,
        setup_min=15,
        work_min=240,
        windows=(TimeWindow(780, 900),),
        finish_by=975,
        reaches={CommunityId("sei-balai"): 0.5},
    )
    van_1 = Shift(
        id=ShiftId("van-1/mon"),
        vehicle=VehicleId("van-1"),
        start_location=LocationId("office"),
        end_location=LocationId("office"),
        earliest=450,
        latest=960,
        overtime_max=60,
        overtime_cost=0.5,
        pauses=(Pause(720, 780),),
        fixed_cost=10.0,
        cost_per_km=0.5,
        cost_per_hour=3.0,
        max_stops=3,
        kits=2,
        capacity={"id_card": 120},
        skills=frozenset({"print"}),
    )
    return Problem(
        name="batubara 2026-W50",
        week=date(2026, 12, 7),
        timezone="Asia/Jakarta",
        locations=tuple(
            Location(LocationId(name), lon, lat)
            for name, lon, lat in (
                ("office", 99.53, 3.16),
                ("smk", 99.4, 3.2),
                ("hall", 99.45, 3.1),
                ("panti", 99.5, 3),
            )
        ),
        travel=TravelTimes(
            [[0, 30, 20, 25], [35, 0, 15, 10], [20, 15, 0, 40], [25, 10, 40, 0]],
            [
                [0, 20_000, 12_000, 15_000],
                [21_500, 0, 9_000, 6_000],
                [12_000, 9_000, 0, 30_000],
                [15_000, 7_000, 30_000, 0],
            ],
        ),
        shifts=(
            van_1,
            replace(
                van_1, id=ShiftId("van-2/mon"), vehicle=VehicleId("van-2"), kits=1, skills=frozenset(), max_stops=None
            ),
        ),
        visits=(
            school,
            hall,
            orphanage,
            replace(hall, id=VisitId("market"), location=LocationId("office"), prize=10.0, reaches={}),
        ),
        communities=(Community(CommunityId("air-putih"), 50.0), Community(CommunityId("sei-balai"), 20.0)),
        limits=(
            Limit(LimitId("cards"), Measure(MeasureKind.DEMAND, "id_card"), max=150),
            Limit(LimitId("schools-a-day"), Measure(MeasureKind.VISITS), "school", LimitScope.SHIFT, max=2),
            Limit(LimitId("hours"), Measure(MeasureKind.DUTY_MIN), per=LimitScope.VEHICLE_WEEK, max=2_250),
            Limit(LimitId("villages"), Measure(MeasureKind.VISITS), "village", min=2, shortfall_cost=5.0),
        ),
    )


@pytest.fixture(scope="session")
def monday_plan() -> Plan:
    """
    Van 1 makes the school, the hall and the orphanage and is back 26 minutes late; every number is by hand.

    Prizes 132.5, communities 0.75 x 50 + 1 x 20 = 57.5; costs: window 3, shift 4.25, fixed 10, 74 km x 0.5 = 37,
    476 minutes on duty x 3 / 60 = 23.8, 26 minutes overtime x 0.5 = 13, one village short 5. Value 93.95.
    """
    stops = (
        Stop(VisitId("smk"), arrive=480, start=480, finish=651),
        Stop(VisitId("hall"), arrive=666, start=666, finish=786),
        Stop(VisitId("panti"), arrive=826, start=826, finish=961),
    )
    return Plan(
        instance="batubara 2026-W50",
        instance_sha256="ab" * 32,
        status=PlanStatus.FEASIBLE,
        value=93.95,
        bound=98.5,
        seconds=1.5,
        engine="by hand",
        routes=(Route(ShiftId("van-1/mon"), leave=450, back=986, distance_m=74_000, stops=stops),),
        unserved=(Unserved(VisitId("market"), Reason.DISPLACED, by=(VisitId("hall"),), text="The hall serves more."),),
    )


Chosen = tuple[tuple[Shift, Option], ...]
States = dict[tuple[int, tuple[int, ...]], tuple[int, Chosen]]
"""The cheapest choice of options for each set of visits made and what limits have counted."""


@pytest.fixture(scope="session")
def brute_force() -> Callable[[Problem], float | None]:
    """Return the value of the best plan of a tiny problem (up to seven visits), None where no plan is feasible."""

    def value(problem: Problem) -> float | None:
        best = _best(problem)
        return None if best is None else best[0]

    return value


@pytest.fixture(scope="session")
def brute_force_routes() -> Callable[[Problem], tuple[Route, ...] | None]:
    """Return the routes of a best plan of a tiny problem, None where no plan is feasible."""

    def routes(problem: Problem) -> tuple[Route, ...] | None:
        best = _best(problem)
        return None if best is None else best[1]

    return routes


def _best(problem: Problem) -> tuple[float, tuple[Route, ...]] | None:
    # What has been made, and what the present vehicle and week have used up, tells what may follow; keep the cheapest.
    states: States = {(0, tuple(0 for _ in problem.limits)): (0, ())}
    before: Shift | None = None
    for shift in sorted(problem.shifts, key=lambda shift: (shift.vehicle, shift.earliest)):
        options = _options(problem, shift)
        after: States = {}
        for (mask, used), (cost, chosen) in states.items():
            carried = tuple(
                used[n] if before is not None and _scope(limit, before) == _scope(limit, shift) else 0
                for n, limit in enumerate(problem.limits)
            )
            _keep(after, (mask, carried), (cost, chosen))
            for option in options:
                total = _added(problem, carried, option)
                if not mask & option.mask and total is not None:
                    _keep(after, (mask | option.mask, total), (cost + option.cost, (*chosen, (shift, option))))
        states, before = after, shift
    ends = [
        (worth - cost, chosen)
        for (mask, _), (cost, chosen) in states.items()
        if (worth := _worth_of_set(problem, mask)) is not None
    ]
    if not ends:
        return None
    value, chosen = max(ends, key=lambda end: end[0])
    return float(Fraction(value, UNIT)), tuple(_route(problem, shift, option) for shift, option in chosen)


def _keep(states: States, key: tuple[int, tuple[int, ...]], state: tuple[int, Chosen]) -> None:
    if key not in states or state[0] < states[key][0]:
        states[key] = state


def _scope(limit: Limit, shift: Shift) -> object:
    scopes: Mapping[LimitScope, object] = {
        LimitScope.SHIFT: shift.id,
        LimitScope.VEHICLE: shift.vehicle,
        LimitScope.VEHICLE_WEEK: (shift.vehicle, shift.earliest // (7 * 24 * 60)),
        LimitScope.PLAN: None,
    }
    return scopes[limit.per]


def _added(problem: Problem, used: tuple[int, ...], option: Option) -> tuple[int, ...] | None:
    """What limits with a maximum have counted after the option; None where it is too much."""
    total = tuple(
        0 if limit.max is None else before + _amount(problem, limit, option.mask, option.duty)
        for limit, before in zip(problem.limits, used, strict=True)
    )
    allowed = all(limit.max is None or n <= limit.max for limit, n in zip(problem.limits, total, strict=True))
    return total if allowed else None


def _amount(problem: Problem, limit: Limit, mask: int, duty: int) -> int:
    if limit.measure.kind is MeasureKind.DUTY_MIN:
        return duty
    counted = [visit for visit in _members(problem, mask) if limit.tag is None or limit.tag in visit.tags]
    if limit.measure.kind is MeasureKind.VISITS:
        return len(counted)
    if limit.measure.kind is MeasureKind.WORK_MIN:
        return sum(visit.work_min for visit in counted)
    return sum(visit.demand.get(limit.measure.resource or "", 0) for visit in counted)


def _members(problem: Problem, mask: int) -> list[Visit]:
    return [visit for n, visit in enumerate(problem.visits) if mask >> n & 1]


def _units(points: float, times: int = 1, per: int = 1) -> int:
    """Units of points for each of ``per``, so many times."""
    return round(points * 1_000) * times * (UNIT // 1_000 // per)


def _worth_of_set(problem: Problem, mask: int) -> int | None:
    """Prizes less shortfalls of a set of visits, however they are made; None where no plan may be of this set."""
    made = _members(problem, mask)
    groups = [visit.group for visit in made if visit.group is not None]
    if len(groups) > len(set(groups)) or any((v.required or v.fixed) and v not in made for v in problem.visits):
        return None
    worth = sum(_units(visit.prize) for visit in made)
    for community in problem.communities:
        shares = sum(round(visit.reaches.get(community.id, 0) * 10_000) for visit in made)
        worth += _units(community.prize, min(10_000, shares), 10_000)
    for limit in problem.limits:
        missing = 0 if limit.min is None else max(0, limit.min - _amount(problem, limit, mask, 0))
        if missing and limit.shortfall_cost is None:
            return None
        worth -= _units(limit.shortfall_cost or 0, missing)
    return worth


def _options(problem: Problem, shift: Shift) -> list[Option]:
    """All ways for the shift to make some visits that no other way to make the same ones beats in cost and duty."""
    latest = shift.latest + shift.overtime_max
    working = [
        minute
        for minute in range(shift.earliest, latest)
        if not any(pause.start <= minute < pause.end for pause in shift.pauses)
    ]
    found: dict[int, list[Option]] = {}
    labels = [Label(0, shift.start_location, working[0], 0, ())] if working else []
    while labels:
        longer: dict[tuple[int, VisitId], list[Label]] = {}
        for label in labels:
            for extended in _extensions(problem, shift, working, label):
                _add_unbeaten(longer.setdefault((extended.mask, extended.stops[-1].visit), []), extended)
        labels = [label for group in longer.values() for label in group]
        for label in labels:
            option = _closed(problem, shift, working, label)
            if option is not None:
                found.setdefault(label.mask, []).append(option)
    return [option for group in found.values() for option in _unbeaten(group)]


def _unbeaten(group: list[Option]) -> Iterator[Option]:
    least_duty: float = float("inf")
    for option in sorted(group, key=lambda each: (each.cost, each.duty)):
        if option.duty < least_duty:
            least_duty = option.duty
            yield option


def _add_unbeaten(group: list[Label], label: Label) -> None:
    if not any(other.now <= label.now and other.cost <= label.cost for other in group):
        group[:] = [other for other in group if not (label.now <= other.now and label.cost <= other.cost)]
        group.append(label)


def _after(working: list[int], minute: int, work: int) -> int | None:
    """When work begun at the minute is done, counted along the working minutes; None when they run out."""
    if work == 0:
        return minute
    last = bisect_left(working, minute) + work - 1
    return working[last] + 1 if last < len(working) else None


def _leg(problem: Problem, start: LocationId, end: LocationId) -> tuple[int, int]:
    a, b = problem.location_index[start], problem.location_index[end]
    return int(problem.travel_times.duration_min[a, b]), int(problem.travel_times.distance_m[a, b])


def _extensions(problem: Problem, shift: Shift, working: list[int], label: Label) -> Iterator[Label]:
    for n, visit in enumerate(problem.visits):
        mask = label.mask | 1 << n
        if mask == label.mask or not _may_hold(problem, shift, visit, mask):
            continue
        minutes, metres = _leg(problem, label.place, visit.location)
        arrive = _after(working, label.now, minutes)
        if arrive is None:
            continue
        cost = label.cost + _units(visit.shift_cost.get(shift.id, 0)) + _units(shift.cost_per_km, metres, 1_000)
        for start, window_cost in _starts(visit, working, arrive):
            finish = _after(working, start, visit.setup_min - -visit.work_min // shift.kits)
            if finish is not None and finish <= _finish_by(visit, start):
                stops = (*label.stops, Stop(visit.id, arrive, start, finish))
                yield Label(mask, visit.location, finish, cost + _units(window_cost), stops)


def _may_hold(problem: Problem, shift: Shift, visit: Visit, mask: int) -> bool:
    made = _members(problem, mask)
    return (
        visit.skills <= shift.skills
        and (visit.shifts is None or shift.id in visit.shifts)
        and (visit.fixed is None or visit.fixed.shift == shift.id)
        and (shift.max_stops is None or len(made) <= shift.max_stops)
        and all(sum(each.demand.get(what, 0) for each in made) <= most for what, most in shift.capacity.items())
    )


def _starts(visit: Visit, working: list[int], arrive: int) -> Iterator[tuple[int, float]]:
    """The starts worth trying, with their cost: the first of each window, and of each later day, for `finish_by`."""
    pinned = None if visit.fixed is None else visit.fixed.start
    wanted = {max(arrive, window.start) for window in visit.windows}
    wanted |= {day * 1_440 for day in range(arrive // 1_440 + 1, working[-1] // 1_440 + 1)}
    starts = {working[place] for minute in wanted if (place := bisect_left(working, minute)) < len(working)}
    if pinned is not None:
        starts = {pinned} & set(working[bisect_left(working, arrive) :])
    for start in starts:
        costs = [window.cost for window in visit.windows if window.start <= start <= window.end]
        if costs:
            yield start, min(costs)


def _finish_by(visit: Visit, start: int) -> float:
    return float("inf") if visit.finish_by is None else start // 1_440 * 1_440 + visit.finish_by


def _closed(problem: Problem, shift: Shift, working: list[int], label: Label) -> Option | None:
    minutes, metres = _leg(problem, label.place, shift.end_location)
    back = _after(working, label.now, minutes)
    if back is None:
        return None
    duty = bisect_left(working, back)
    cost = (
        label.cost
        + _units(shift.fixed_cost)
        + _units(shift.cost_per_km, metres, 1_000)
        + _units(shift.cost_per_hour, duty, 60)
        + _units(shift.overtime_cost, max(0, back - shift.latest))
    )
    return Option(label.mask, cost, duty, working[0], back, label.stops)


def _route(problem: Problem, shift: Shift, option: Option) -> Route:
    visits = [problem.visit_by_id[stop.visit] for stop in option.stops]
    places = [shift.start_location, *(visit.location for visit in visits), shift.end_location]
    metres = sum(_leg(problem, a, b)[1] for a, b in pairwise(places))
    return Route(shift.id, option.leave, option.back, metres, option.stops)

"""
Generated problems over every feature of the format, and random plans that keep the rules by construction.

Both are fixtures: ``problems`` makes a Hypothesis strategy, ``scheduled`` fills a problem's shifts. The schedules walk
the clock by a list of the minutes at which a shift works, so that nothing here leans on the code under test.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from math import ceil
from random import Random

import pytest
from hypothesis import strategies as st

from optimizer.plan import Route, Stop
from optimizer.problem import (
    Community,
    CommunityId,
    Fixed,
    GreatCircle,
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

Problems = Callable[..., st.SearchStrategy[Problem]]
Scheduled = Callable[[Problem, Random], tuple[Route, ...]]

SKILLS = ("print", "portable")
TAGS = ("school", "village", "recurring")
RESOURCES = ("id_card", "child_card")


@pytest.fixture(scope="session")
def problems() -> Problems:
    """
    Strategy maker: ``problems(max_visits=6, max_shifts=4)`` gives small, valid, dense problems.

    They are valid, not always feasible: a required visit may fit nowhere.
    """
    return _problems


@pytest.fixture(scope="session")
def relaxed() -> Callable[[Problem], Problem]:
    """Make a problem that an empty plan satisfies: nothing required or pinned, every minimum soft."""
    return _relaxed


@pytest.fixture(scope="session")
def scheduled() -> Scheduled:
    """Random routes that keep every rule of a relaxed problem; visits that fit nowhere are left out."""
    return _scheduled


@cache
def points(most: int) -> st.SearchStrategy[float]:
    """Points with up to three decimals, often none, often 0."""
    thousandths = st.one_of(st.just(0), st.integers(0, most).map(lambda n: n * 1_000), st.integers(0, most * 1_000))
    return thousandths.map(lambda n: n / 1_000)


@cache
def subsets(words: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    """Sets of some of the words, smaller ones first."""
    return st.sets(st.sampled_from(sorted(words))).map(frozenset)


@st.composite
def _problems(draw: st.DrawFn, *, max_visits: int = 6, max_shifts: int = 4) -> Problem:
    horizon_days = draw(st.sampled_from((1, 2, 5, 7, 8, 15)))
    places = draw(st.integers(1, max_visits + 2))
    locations = tuple(
        Location(LocationId(f"place-{n}"), 99.5 + draw(st.integers(0, 20)) / 100, 3.1 + n / 100) for n in range(places)
    )
    shifts = draw(_shifts(locations, horizon_days, max_shifts))
    communities = tuple(Community(CommunityId(f"desa-{n}"), draw(points(60))) for n in range(draw(st.integers(0, 2))))
    musts = draw(st.sampled_from((0, 0, 1, 3)))  # in tenths: were each problem full of musts, most would be infeasible
    visits = tuple(
        draw(
            _visits(
                VisitId(f"visit-{n}"),
                locations=locations,
                shifts=shifts,
                communities=communities,
                horizon_min=horizon_days * 1_440,
                musts=musts,
            )
        )
        for n in range(max_visits - draw(st.integers(0, max_visits - 1)))
    )
    return Problem(
        name="generated",
        week=date(2026, 12, 7),
        timezone="Asia/Jakarta",
        horizon_days=horizon_days,
        locations=locations,
        travel=draw(st.one_of(_matrices(places), st.sampled_from((GreatCircle(), GreatCircle(1.25, 42.5))))),
        shifts=shifts,
        visits=visits,
        communities=communities,
        limits=tuple(draw(_limits(LimitId(f"limit-{n}"))) for n in range(draw(st.sampled_from((0, 0, 1, 2, 3))))),
    )


@st.composite
def _matrices(draw: st.DrawFn, size: int) -> TravelTimes:
    """Asymmetric, without the triangle inequality, sometimes with a way from a place to itself."""
    own = draw(st.sampled_from((0, 0, 3)))
    random = Random(draw(st.integers(0, 9_999)))  # a draw a cell would take most of the time of a test
    minutes = [[own if a == b else random.choice((0, 5, 12, 20, 45)) for a in range(size)] for b in range(size)]
    metres = [[own * 100 if a == b else random.randrange(20_000) for a in range(size)] for b in range(size)]
    return TravelTimes(minutes, metres)


@st.composite
def _shifts(draw: st.DrawFn, locations: tuple[Location, ...], horizon_days: int, max_shifts: int) -> tuple[Shift, ...]:
    """Up to two vans; some days are split into a morning and an afternoon, and a night market runs past midnight."""
    days = st.tuples(st.sampled_from(("van-1", "van-2")), st.integers(0, horizon_days - 1))
    least = min(draw(st.integers(1, max_shifts)), horizon_days)
    shifts: list[Shift] = []
    for vehicle, day in sorted(draw(st.sets(days, min_size=least, max_size=max_shifts))):
        spans = draw(st.sampled_from((((450, 960),), ((480, 870),), ((450, 690), (780, 1_020)), ((660, 1_410),))))
        if day + 1 < horizon_days and (vehicle, day) == ("van-2", 3):
            spans = ((1_080, 1_620),)
        for part, (start, end) in enumerate(spans[: max_shifts - len(shifts)]):
            shift = draw(_one_shift(locations, day * 1_440 + start, day * 1_440 + end))
            shift_id = ShiftId(f"{vehicle}/{day}/{part}")
            shifts.append(replace(shift, id=shift_id, vehicle=VehicleId(vehicle)))
    return tuple(shifts)


@st.composite
def _one_shift(draw: st.DrawFn, locations: tuple[Location, ...], earliest: int, latest: int) -> Shift:
    place = st.sampled_from([each.id for each in locations])
    cuts = draw(
        st.sampled_from(
            ((), (), (150, 210), (150, 195, 195, 210), (0, 20), (60, 75, 120, 180), (100, 140, 210, 225), (-30, 15))
        )
    )
    return Shift(
        id=ShiftId("shift"),
        vehicle=VehicleId("van"),
        start_location=draw(place),
        end_location=draw(place),
        earliest=earliest,
        latest=latest,
        overtime_max=draw(st.sampled_from((0, 0, 30, 60))),
        overtime_cost=draw(points(2)),
        pauses=tuple(Pause(earliest + a, earliest + b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)),
        fixed_cost=draw(points(8)),
        cost_per_km=draw(st.sampled_from((0.0, 0.0, 0.5, 0.125, 1.001))),
        cost_per_hour=draw(st.sampled_from((0.0, 0.0, 2.0, 0.7, 3.333))),
        max_stops=draw(st.sampled_from((None, None, None, 1, 2, 3))),
        kits=draw(st.integers(1, 3)),
        capacity=draw(st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, 90), max_size=1)),
        skills=draw(st.one_of(st.just(frozenset(SKILLS)), subsets(SKILLS))),
    )


@st.composite
def _visits(
    draw: st.DrawFn,
    visit_id: VisitId,
    *,
    locations: tuple[Location, ...],
    shifts: tuple[Shift, ...],
    communities: tuple[Community, ...],
    horizon_min: int,
    musts: int,
) -> Visit:
    shift_ids = [shift.id for shift in shifts]
    some_shifts = st.sets(st.sampled_from(shift_ids)).map(frozenset)
    allowed = draw(some_shifts) if draw(st.integers(0, 5)) == 5 else None
    shares = st.sampled_from((1.0, 0.5, 0.3333, 0.25))
    windows = draw(st.lists(_windows(shifts, horizon_min), min_size=1, max_size=3))
    pin = st.builds(
        Fixed, st.sampled_from(shift_ids), st.sampled_from([None, None, *(window.start for window in windows)])
    )
    return Visit(
        id=visit_id,
        location=draw(st.sampled_from([each.id for each in locations])),
        prize=draw(st.one_of(points(90), st.integers(10_000, 90_000).map(lambda n: n / 1_000), st.just(40.0))),
        required=draw(st.integers(1, 10)) > 10 - musts,
        setup_min=draw(st.sampled_from((0, 10, 20))),
        work_min=draw(st.one_of(st.integers(1, 60), st.integers(1, 150))),
        windows=tuple(windows),
        finish_by=draw(st.sampled_from((None, None, None, None, 750, 960))),
        demand=draw(st.dictionaries(st.sampled_from(RESOURCES), st.integers(0, 60), max_size=2)),
        skills=draw(st.sampled_from((frozenset[str](),) * 4 + (frozenset(SKILLS[:1]), frozenset(SKILLS)))),
        shifts=allowed,
        shift_cost=draw(st.dictionaries(st.sampled_from(shift_ids), points(20), max_size=2)),
        group=draw(st.sampled_from((None,) * 5 + ("halves", "places"))),
        tags=draw(subsets(TAGS)),
        reaches={each.id: draw(shares) for each in communities if draw(st.booleans())},
        fixed=draw(pin) if draw(st.integers(1, 20)) > 20 - musts else None,
    )


@st.composite
def _windows(draw: st.DrawFn, shifts: tuple[Shift, ...], horizon_min: int) -> TimeWindow:
    """Mostly about the hours of some shift, so that most visits can be served; sometimes the whole horizon."""
    if draw(st.integers(0, 3)) == 3:
        return TimeWindow(0, horizon_min, draw(points(9)))
    earliest = draw(st.sampled_from([shift.earliest for shift in shifts]))
    start = earliest + draw(st.sampled_from((0, 0, 45, 90, 155, 210, 330)))
    end = start + draw(st.sampled_from((240, 480, 60, 0, 360)))
    return TimeWindow(min(start, horizon_min), min(end, horizon_min), draw(points(9)))


@st.composite
def _limits(draw: st.DrawFn, limit_id: LimitId) -> Limit:
    tag = draw(st.sampled_from((None, *TAGS)))
    if draw(st.booleans()):
        cards = Measure(MeasureKind.DEMAND, "id_card")
        measure = draw(st.sampled_from((Measure(MeasureKind.VISITS), Measure(MeasureKind.WORK_MIN), cards)))
        cost = draw(st.one_of(st.none(), points(5), points(5), points(5)))
        least = draw(st.integers(0, 3)) if measure.kind is MeasureKind.VISITS else draw(st.integers(0, 120))
        return Limit(limit_id, measure, tag=tag, min=least, shortfall_cost=cost, max=draw(st.sampled_from((None, 300))))
    kind = draw(st.sampled_from(MeasureKind))
    most = {MeasureKind.VISITS: 3, MeasureKind.WORK_MIN: 300, MeasureKind.DUTY_MIN: 900, MeasureKind.DEMAND: 120}[kind]
    measure = Measure(kind, "id_card" if kind is MeasureKind.DEMAND else None)
    scopes = list(LimitScope)
    if kind is MeasureKind.DUTY_MIN:
        tag, scopes = None, [scope for scope in scopes if scope is not LimitScope.PLAN]
    return Limit(limit_id, measure, tag=tag, per=draw(st.sampled_from(scopes)), max=draw(st.integers(most // 2, most)))


def _relaxed(problem: Problem) -> Problem:
    return replace(
        problem,
        visits=tuple(replace(visit, required=False, fixed=None) for visit in problem.visits),
        limits=tuple(
            limit if limit.min is None else replace(limit, shortfall_cost=limit.shortfall_cost or 0.0)
            for limit in problem.limits
        ),
    )


class WorkingClock:
    """The minutes at which a shift works: from ``earliest`` to its last allowed minute, pauses left out."""

    def __init__(self, shift: Shift) -> None:
        self.end = shift.latest + shift.overtime_max
        paused = {minute for pause in shift.pauses for minute in range(pause.start, pause.end)}
        self.minutes = [minute for minute in range(shift.earliest, self.end) if minute not in paused]

    def worked_before(self, minute: int) -> int:
        """How many of its minutes lie before this one."""
        return bisect_left(self.minutes, minute)

    def after(self, minute: int, work: int) -> int | None:
        """When work that begins at this minute, or at the first working one after it, is done; None if too late."""
        if work == 0:
            return minute if minute <= self.end else None
        last = self.worked_before(minute) + work - 1
        return self.minutes[last] + 1 if last < len(self.minutes) else None


def _scheduled(problem: Problem, random: Random) -> tuple[Route, ...]:
    routes: list[Route] = []
    left = random.sample(problem.visits, len(problem.visits))
    for shift in random.sample(problem.shifts, len(problem.shifts)):
        route = _random_route(problem, shift, left, random)
        if route is not None and _within_limits(problem, [*routes, route]):
            routes.append(route)
            made = [problem.visit_by_id[stop.visit] for stop in route.stops]
            served = {visit.id for visit in made}
            groups = {visit.group for visit in made} - {None}
            left = [visit for visit in left if visit.id not in served and visit.group not in groups]
    return tuple(routes)


def _random_route(problem: Problem, shift: Shift, candidates: list[Visit], random: Random) -> Route | None:
    clock = WorkingClock(shift)
    if not clock.minutes:
        return None
    leave = random.choice(clock.minutes[:90])
    stops: list[Stop] = []
    made: list[Visit] = []
    for visit in candidates:
        if random.random() < 0.8 and _suits(shift, [*made, visit]):
            stop = _random_stop(problem, shift, clock, visit, (leave, stops), random)
            if stop is not None and _way_back(problem, shift, clock, (leave, [*stops, stop])) is not None:
                stops.append(stop)
                made.append(visit)
    back = _way_back(problem, shift, clock, (leave, stops))
    if back is None or not stops:
        return None
    places = [shift.start_location, *(visit.location for visit in made), shift.end_location]
    rows = [problem.location_index[place] for place in places]
    metres = sum(int(problem.travel_times.distance_m[a, b]) for a, b in pairwise(rows))
    return Route(shift.id, leave, back, metres, tuple(stops))


def _suits(shift: Shift, made: list[Visit]) -> bool:
    """Whether the shift may make these visits, times aside."""
    visit, groups = made[-1], [each.group for each in made if each.group is not None]
    return (
        len(made) <= (shift.max_stops or len(made))
        and len(groups) == len(set(groups))
        and visit.skills <= shift.skills
        and (visit.shifts is None or shift.id in visit.shifts)
        and all(sum(each.demand.get(what, 0) for each in made) <= most for what, most in shift.capacity.items())
    )


def _drive(problem: Problem, start: LocationId, end: LocationId) -> int:
    return int(problem.travel_times.duration_min[problem.location_index[start], problem.location_index[end]])


def _position(problem: Problem, shift: Shift, so_far: tuple[int, list[Stop]]) -> tuple[LocationId, int]:
    leave, stops = so_far
    if not stops:
        return shift.start_location, leave
    return problem.visit_by_id[stops[-1].visit].location, stops[-1].finish


def _way_back(problem: Problem, shift: Shift, clock: WorkingClock, so_far: tuple[int, list[Stop]]) -> int | None:
    place, now = _position(problem, shift, so_far)
    return clock.after(now, _drive(problem, place, shift.end_location))


def _random_stop(
    problem: Problem, shift: Shift, clock: WorkingClock, visit: Visit, so_far: tuple[int, list[Stop]], random: Random
) -> Stop | None:
    """A stop that starts at the first or at some other possible minute of a window; None where there is none."""
    place, now = _position(problem, shift, so_far)
    arrive = clock.after(now, _drive(problem, place, visit.location))
    if arrive is None:
        return None
    window = random.choice(visit.windows)
    possible = [minute for minute in clock.minutes if max(arrive, window.start) <= minute <= window.end]
    if not possible:
        return None
    start = random.choice((possible[0], random.choice(possible)))
    finish = clock.after(start, visit.setup_min + ceil(visit.work_min / shift.kits))
    too_late = visit.finish_by is not None and finish is not None and finish > start // 1_440 * 1_440 + visit.finish_by
    return None if finish is None or too_late else Stop(visit.id, arrive, start, finish)


def _within_limits(problem: Problem, routes: list[Route]) -> bool:
    for limit in problem.limits:
        counts: Counter[object] = Counter()
        for route in routes:
            shift = problem.shift_by_id[route.shift]
            scope = {
                LimitScope.SHIFT: (shift.id,),
                LimitScope.VEHICLE: (shift.vehicle,),
                LimitScope.VEHICLE_WEEK: (shift.vehicle, shift.earliest // 10_080),
                LimitScope.PLAN: (),
            }[limit.per]
            made = [problem.visit_by_id[stop.visit] for stop in route.stops]
            counts[scope] += {
                MeasureKind.VISITS: sum(limit.tag in (None, *visit.tags) for visit in made),
                MeasureKind.WORK_MIN: sum(v.work_min for v in made if limit.tag in (None, *v.tags)),
                MeasureKind.DEMAND: sum(v.demand.get("id_card", 0) for v in made if limit.tag in (None, *v.tags)),
                MeasureKind.DUTY_MIN: WorkingClock(shift).worked_before(route.back),
            }[limit.measure.kind]
        if limit.max is not None and any(count > limit.max for count in counts.values()):
            return False
    return True

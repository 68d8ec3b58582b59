"""
Every feature of the format laid over a plain week, so that an engine meets them all at once.

Vans differ in kits, skills, places, hours and costs; days have pauses; villages reach one another; visits have
preferences, alternatives and pins; limits of every scope and measure hold, some of them dear and some hard. Hard ones
are loose enough that a plan always exists: the test of this module makes one.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np

from optimizer.problem import (
    DAY_MIN,
    Community,
    CommunityId,
    Fixed,
    Limit,
    LimitId,
    LimitScope,
    LocationId,
    Measure,
    MeasureKind,
    Pause,
    Problem,
    Shift,
    TimeWindow,
    TravelTimes,
    Visit,
)

_LUNCH, _FRIDAY_PRAYER, _FRIDAY = (720, 780), (690, 810), 4
_DISTRICTS = 6
_NEIGHBOURS = 2
_SECOND_DEPOT = LocationId("p1")


def enrich(problem: Problem, lots: Random) -> Problem:
    """The week with everything added; ``lots`` decides what is drawn."""
    travel = _uneven_travel(problem, lots)
    shifts = tuple(_rich_shift(shift, at) for at, shift in enumerate(problem.shifts))
    plain = [_rich_visit(visit, at, lots, shifts) for at, visit in enumerate(problem.visits)]
    villages = [at for at, visit in enumerate(plain) if "village" in visit.tags]
    communities = tuple(
        Community(CommunityId(f"people of {plain[at].id}"), round(plain[at].prize * 0.6, 1)) for at in villages
    )
    visits = _reaching(plain, villages, communities, travel)
    visits = _with_duties(visits, villages, shifts)
    return replace(
        problem,
        travel=travel,
        shifts=shifts,
        visits=tuple(visits),
        communities=communities,
        limits=_limits(visits),
    )


def _uneven_travel(problem: Problem, lots: Random) -> TravelTimes:
    """One-way detours and short cuts: neither symmetric nor obeying the triangle inequality."""
    plain, size = problem.travel_times, len(problem.locations)
    factor = np.array([[lots.choice((0.9, 1.0, 1.0, 1.1, 1.3)) for _ in range(size)] for _ in range(size)])
    return TravelTimes(
        np.ceil(plain.duration_min * factor).astype(np.int64), np.rint(plain.distance_m * factor).astype(np.int64)
    )


def _rich_shift(shift: Shift, position: int) -> Shift:
    day = shift.earliest // DAY_MIN
    start, end = _FRIDAY_PRAYER if day == _FRIDAY else _LUNCH
    van = int(shift.vehicle.removeprefix("van-"))
    return replace(
        shift,
        end_location=_SECOND_DEPOT if van % 3 == 0 else shift.end_location,
        overtime_max=60,
        overtime_cost=0.5 + 0.25 * (position % 2),
        pauses=(Pause(day * DAY_MIN + start, day * DAY_MIN + end),),
        fixed_cost=4.0 + van,
        cost_per_hour=1.5,
        max_stops=4 + van % 2,
        kits=1 + van % 2,
        capacity={"id_card": 120 + 30 * (van % 3), "child_card": 60},
        skills=frozenset({"record"} | ({"ramp"} if van % 2 else set())),
    )


def _rich_visit(visit: Visit, position: int, lots: Random, shifts: Sequence[Shift]) -> Visit:
    school = "school" in visit.tags
    first, *later = visit.windows
    # A second choice of hours or a late day costs a few points.
    windows = (first, *(replace(window, cost=float(lots.randrange(4))) for window in later))
    costly = lots.choice(shifts).id
    return replace(
        visit,
        setup_min=lots.choice((10, 15, 20)),
        windows=windows if school else (*windows, _early_hours(first)),
        finish_by=lots.choice((None, 900, 960)) if school else None,
        demand={**visit.demand, "child_card": lots.randrange(0, 20)},
        skills=frozenset({"record"} | ({"ramp"} if position % 9 == 0 else set())),
        shifts=frozenset(shift.id for shift in shifts if shift.vehicle != "van-2") if position % 11 == 0 else None,
        shift_cost={costly: float(lots.randrange(1, 6))},
        group=f"offer {position // 14}" if position % 14 in {3, 4} else None,
        tags=visit.tags | {f"district:{position % _DISTRICTS}"},
    )


def _early_hours(window: TimeWindow) -> TimeWindow:
    """An hour that overlaps the window and is dearer, of which the cheaper one must count."""
    return TimeWindow(window.start, window.start + 60, cost=5.0)


def _reaching(
    visits: Sequence[Visit], villages: Sequence[int], communities: Sequence[Community], travel: TravelTimes
) -> list[Visit]:
    """Each village's stop serves half of its own people by community, and a part of its nearest neighbours'."""
    reaching = list(visits)
    for own, at in enumerate(villages):
        # Location 0 is the office: the place of a visit is one further on.
        metres = travel.distance_m[at + 1, [other + 1 for other in villages]]
        near = [int(other) for other in np.argsort(metres, kind="stable") if other != own]
        shares = {communities[own].id: 0.5}
        for rank, other in enumerate(near[:_NEIGHBOURS]):
            shares[communities[other].id] = 0.3125 - 0.1 * rank
        prize = round(visits[at].prize * 0.7, 1)
        reaching[at] = replace(visits[at], prize=prize, reaches={key: round(part, 4) for key, part in shares.items()})
    return reaching


def _with_duties(visits: Sequence[Visit], villages: Sequence[int], shifts: Sequence[Shift]) -> list[Visit]:
    """Two required villages, and two pinned on quiet days, one of them to the minute."""
    duties = list(visits)
    daily = len({shift.earliest for shift in shifts})
    free = [
        at
        for at in villages
        # Every day, and the hour of `_early_hours` besides.
        if visits[at].group is None and visits[at].shifts is None and len(visits[at].windows) > daily
    ]
    for at in free[:2]:
        duties[at] = replace(visits[at], required=True)
    for rank, at in enumerate(free[2:4]):
        shift = shifts[rank * len(shifts) // 2]
        start = shift.earliest + 150 if rank else None
        duties[at] = replace(visits[at], skills=frozenset(), fixed=Fixed(shift.id, start))
    return duties


def _limits(visits: Sequence[Visit]) -> tuple[Limit, ...]:
    cards = sum(visit.demand.get("id_card", 0) for visit in visits)
    counted, work, duty = (Measure(kind) for kind in (MeasureKind.VISITS, MeasureKind.WORK_MIN, MeasureKind.DUTY_MIN))
    blank_cards = Measure(MeasureKind.DEMAND, "id_card")
    return (
        Limit(LimitId("two schools a day"), counted, tag="school", per=LimitScope.SHIFT, max=2),
        Limit(LimitId("work a day"), work, per=LimitScope.SHIFT, max=480),
        Limit(LimitId("weekly hours"), duty, per=LimitScope.VEHICLE_WEEK, max=5 * 480),
        Limit(LimitId("schools a van"), counted, tag="school", per=LimitScope.VEHICLE, max=7),
        Limit(LimitId("blank cards"), blank_cards, max=cards // 2),
        Limit(LimitId("village work"), work, tag="village", min=2_400, shortfall_cost=0.05),
        Limit(LimitId("district 0"), counted, tag="district:0", min=2),
        *(
            Limit(LimitId(f"district {number}"), counted, tag=f"district:{number}", min=14, shortfall_cost=12.5)
            for number in range(1, _DISTRICTS)
        ),
    )

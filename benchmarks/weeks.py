"""
Weeks, quarters and a series of sizes, made by code: the same arguments give the same problem, byte for byte.

The plain week has the character of the project's first measurements: villages and schools of a regency about 65 by 40
kilometres, vans that work five days from the office, stays of one to four hours, and about twice the demand that can be
served. A village is open all day on some days, a school for two hours on a few. A prize is people times urgency; half a
point is lost a kilometre.

`rich_week` uses every feature of the format at once, `quarter` the long axis. All places and numbers are invented.
"""

import math
from dataclasses import replace
from datetime import date
from random import Random

from benchmarks.rich import enrich
from optimizer.problem import (
    DAY_MIN,
    WEEK_MIN,
    GreatCircle,
    Limit,
    LimitId,
    LimitScope,
    Location,
    LocationId,
    Measure,
    MeasureKind,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    VehicleId,
    Visit,
    VisitId,
)

MONDAY = date(2026, 12, 7)
WORKING_DAYS = 5
_WEST, _EAST, _SOUTH, _NORTH = 99.0, 99.62, 3.0, 3.36
_OFFICE = Location(LocationId("office"), 99.284, 3.18)
_ROADS = GreatCircle(detour_factor=1.3, speed_kmh=38.0)
_DISTRICTS = 12
_DISTRICT_SPREAD_DEG = 0.07
_MARGIN_DEG = 0.12
_OPEN, _CLOSE = 450, 990
"""Vans work from 07:30 to 16:30."""
_SCHOOL_MORNING, _SCHOOL_NOON = (480, 630), (720, 840)
_CARDS_A_DAY = 150
_VILLAGE_SHARE = 5 / 7
_VISITS_A_VAN = 42
_QUARTER_WEEKS = 13


def week(villages: int, schools: int, vans: int, seed: int) -> Problem:
    """A plain week: those numbers of visits, and five shifts a van."""
    lots = Random(seed)
    places = _draw_places(lots, villages + schools)
    visits = [_village_visit(lots, place, at) for at, place in enumerate(places[:villages], 1)]
    visits += [_school_visit(lots, place, at) for at, place in enumerate(places[villages:], villages + 1)]
    return Problem(
        name=f"week-v{villages}-s{schools}-k{vans}-seed{seed}",
        week=MONDAY,
        timezone="Asia/Jakarta",
        locations=(_OFFICE, *places),
        shifts=tuple(_shift(van, day) for day in range(WORKING_DAYS) for van in range(1, vans + 1)),
        visits=tuple(visits),
        travel=_ROADS,
    )


def big_week(seed: int) -> Problem:
    """420 visits and 50 shifts."""
    return week(300, 120, 10, seed)


def sized_week(visits: int, seed: int) -> Problem:
    """A plain week with that many visits, and as many vans as keep the demand at about twice what can be served."""
    villages = round(visits * _VILLAGE_SHARE)
    return week(villages, visits - villages, max(1, round(visits / _VISITS_A_VAN)), seed)


def rich_week(seed: int, *, villages: int = 150, schools: int = 60, vans: int = 5) -> Problem:
    """A week with every feature of the format at once, see `rich`; by default 210 visits and 25 shifts."""
    plain = week(villages, schools, vans, seed)
    return replace(enrich(plain, Random(seed)), name=plain.name.replace("week", "rich"))


def quarter(seed: int, *, hubs: int = 120, vans: int = 2) -> Problem:
    """
    Thirteen weeks in which each hub is to be visited twice; by default 240 visits and 130 shifts.

    Both visits of a hub may be made on its two days of the week within some weeks of one half of the quarter; stays are
    long, and no van is on duty for more than 37.5 hours a week.
    """
    lots = Random(seed)
    places = _draw_places(lots, hubs)
    visits = []
    for number, place in enumerate(places, 1):
        people = round(lots.uniform(40, 140))
        weekdays = sorted(lots.sample(range(WORKING_DAYS), 2))
        for half in range(2):
            first = lots.randrange(3) + half * (_QUARTER_WEEKS // 2)
            days = [7 * (first + week) + day for week in range(4) for day in weekdays]
            visits.append(
                Visit(
                    id=VisitId(f"hub-{number}/{half + 1}"),
                    location=place.id,
                    prize=float(people * lots.choice((1, 1, 2))),
                    setup_min=20,
                    work_min=round(people * lots.uniform(1.8, 2.6)),
                    windows=tuple(TimeWindow(day * DAY_MIN + _OPEN, day * DAY_MIN + _CLOSE) for day in days),
                    demand={"id_card": people},
                    tags=frozenset({"hub"}),
                )
            )
    days = [7 * week + day for week in range(_QUARTER_WEEKS) for day in range(WORKING_DAYS)]
    duty = Limit(
        LimitId("weekly hours"), Measure(MeasureKind.DUTY_MIN), per=LimitScope.VEHICLE_WEEK, max=round(37.5 * 60)
    )
    return Problem(
        name=f"quarter-h{hubs}-k{vans}-seed{seed}",
        week=MONDAY,
        timezone="Asia/Jakarta",
        locations=(_OFFICE, *places),
        shifts=tuple(_shift(van, day) for day in days for van in range(1, vans + 1)),
        visits=tuple(visits),
        travel=_ROADS,
        limits=(duty,),
        horizon_days=_QUARTER_WEEKS * WEEK_MIN // DAY_MIN,
    )


def _draw_places(lots: Random, count: int) -> list[Location]:
    """Points around district centres, inside the regency."""
    centres = [
        (
            lots.uniform(_WEST + _MARGIN_DEG, _EAST - _MARGIN_DEG),
            lots.uniform(_SOUTH + _MARGIN_DEG / 2, _NORTH - _MARGIN_DEG / 2),
        )
        for _ in range(_DISTRICTS)
    ]
    places = []
    for number in range(1, count + 1):
        lon, lat = lots.choice(centres)
        lon = min(_EAST, max(_WEST, lots.gauss(lon, _DISTRICT_SPREAD_DEG)))
        lat = min(_NORTH, max(_SOUTH, lots.gauss(lat, _DISTRICT_SPREAD_DEG)))
        places.append(Location(LocationId(f"p{number}"), round(lon, 5), round(lat, 5)))
    return places


def _shift(van: int, day: int) -> Shift:
    midnight = day * DAY_MIN
    return Shift(
        id=ShiftId(f"van-{van}/d{day + 1}"),
        vehicle=VehicleId(f"van-{van}"),
        start_location=_OFFICE.id,
        end_location=_OFFICE.id,
        earliest=midnight + _OPEN,
        latest=midnight + _CLOSE,
        cost_per_km=0.5,
        capacity={"id_card": _CARDS_A_DAY},
    )


def _village_visit(lots: Random, place: Location, number: int) -> Visit:
    people = min(70, max(8, round(math.exp(lots.gauss(3.05, 0.6)))))
    urgency = lots.choices((1, 2, 3), (50, 30, 20))[0]
    open_days = lots.choices((5, 3, 2), (60, 23, 17))[0]
    days = sorted(lots.sample(range(WORKING_DAYS), open_days))
    return Visit(
        id=VisitId(f"v{number}"),
        location=place.id,
        prize=float(people * urgency),
        work_min=max(45, round(people * lots.uniform(2.0, 3.2) + lots.uniform(15, 35))),
        windows=tuple(TimeWindow(day * DAY_MIN + _OPEN, day * DAY_MIN + _CLOSE) for day in days),
        demand={"id_card": people},
        tags=frozenset({"village"}),
    )


def _school_visit(lots: Random, place: Location, number: int) -> Visit:
    pupils = min(90, max(15, round(lots.gauss(40, 15))))
    start, end = lots.choice((_SCHOOL_MORNING, _SCHOOL_NOON))
    days = sorted(lots.sample(range(WORKING_DAYS), lots.choice((1, 2, 3))))
    return Visit(
        id=VisitId(f"v{number}"),
        location=place.id,
        prize=float(3 * pupils),
        work_min=max(60, round(pupils * lots.uniform(1.8, 2.6) + lots.uniform(20, 40))),
        windows=tuple(TimeWindow(day * DAY_MIN + start, day * DAY_MIN + end) for day in days),
        demand={"id_card": pupils},
        tags=frozenset({"school"}),
    )

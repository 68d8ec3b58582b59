"""Weeks of vans and villages as large as real ones, for whoever solves them."""

from dataclasses import replace
from datetime import date
from random import Random

import pytest

from optimizer.problem import (
    Location,
    LocationId,
    Pause,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    VehicleId,
    Visit,
    VisitId,
)


def _week_of(visits: int, vans: int = 2, seed: int = 3) -> Problem:
    """A week of vans that leave one office, with as many visits at places of their own, more than can be made."""
    random = Random(seed)
    places = [Location(LocationId("office"), 99.53, 3.16)]
    places += [
        Location(LocationId(f"desa-{n}"), round(99.3 + random.random() / 2, 4), round(2.9 + random.random() / 2, 4))
        for n in range(visits)
    ]
    shifts = [
        Shift(
            ShiftId(f"van-{van}/{day}"),
            VehicleId(f"van-{van}"),
            places[0].id,
            places[0].id,
            day * 1_440 + 450,
            day * 1_440 + 960,
            pauses=(Pause(day * 1_440 + 720, day * 1_440 + 780),),
            cost_per_km=0.5,
        )
        for van in range(vans)
        for day in range(5)
    ]
    candidates = [
        Visit(
            VisitId(f"desa-{n}"),
            LocationId(f"desa-{n}"),
            float(random.randint(10, 200)),
            random.randint(30, 150),
            tuple(TimeWindow(day * 1_440 + 480, day * 1_440 + 900) for day in range(5)),
            setup_min=20,
        )
        for n in range(visits)
    ]
    return Problem("week", date(2026, 12, 7), "Asia/Jakarta", tuple(places), tuple(shifts), tuple(candidates))


@pytest.fixture(scope="session")
def week() -> Problem:
    """Two vans, five days, 60 villages."""
    return _week_of(60)


@pytest.fixture(scope="session")
def big_week() -> Problem:
    """3,000 villages without matrices, as many as a regency with every hamlet."""
    return _week_of(3_000, vans=10)


@pytest.fixture(scope="session")
def short_week(week: Problem) -> Problem:
    """One van, three days, eight villages: the solver is soon done with it."""
    return replace(week, shifts=week.shifts[:3], visits=week.visits[:8])

"""Windows in which a service also ends in time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.planning.windows import Stay, after, fits, latest_start, windows_for
from geodata.times import TimeRange
from optimizer.problem import LocationId, Pause, Shift, ShiftId, VehicleId

HALL, OFFICE = LocationId("hall"), LocationId("office")
LUNCH = (Pause(720, 780),)


def _shift(name: str, kits: int, *, day: int = 0, latest: int = 960, overtime: int = 0) -> Shift:
    base = day * 1440
    pause = Pause(base + 720, base + 780)
    return Shift(
        ShiftId(name),
        VehicleId(name.partition("/")[0]),
        OFFICE,
        OFFICE,
        base + 450,
        base + latest,
        overtime_max=overtime,
        pauses=(pause,),
        kits=kits,
    )


def _drive(origin: LocationId, destination: LocationId) -> int:
    return 0 if origin == destination else 30


@pytest.mark.parametrize(
    "minute, work, done", [(600, 120, 720), (600, 121, 781), (730, 10, 790), (720, 0, 720), (780, 10, 790)]
)
def test_work_stands_still_in_a_pause(minute: int, work: int, done: int) -> None:
    """Work that ends exactly where the pause begins has ended; one minute more is done a minute after the pause."""
    assert after(minute, work, LUNCH) == done


@given(
    st.integers(0, 1400),
    st.integers(1, 600),
    st.lists(st.integers(1, 90), min_size=0, max_size=6),
)
def test_latest_start_is_the_last_that_ends_in_time(finish: int, work: int, lengths: list[int]) -> None:
    """Against a plain search minute by minute: the start found ends in time, and the next minute would not."""
    pauses, clock = [], 100
    for length in lengths:
        pauses.append(Pause(clock, clock + length))
        clock += length + 40
    start = latest_start(finish, work, pauses)
    assert after(start, work, pauses) <= finish
    assert after(start + 1, work, pauses) > finish


def test_a_stay_must_fit_between_leaving_and_being_back() -> None:
    """30 minutes each way and 420 of service fill the day of 450 worked minutes; one more does not fit."""
    hours = TimeRange(450, 1080)
    shift = _shift("van/mon", 1)
    assert fits(Stay(HALL, 30, 360), hours, shift, _drive)
    assert not fits(Stay(HALL, 30, 361), hours, shift, _drive)
    assert fits(Stay(HALL, 30, 361), hours, _shift("van/mon", 1, overtime=1), _drive)


def test_equal_ends_are_kept_exactly_for_every_van() -> None:
    """Where every day ends alike, finish_by does all and the window leaves the fastest van its full freedom."""
    shifts = [_shift("a/mon", 2), _shift("b/mon", 1)]
    made = windows_for(Stay(HALL, 20, 100), {0: (TimeRange(480, 700),)}, shifts, _drive)
    assert [(window.start, window.end) for window in made.windows] == [(480, 700 - 70)]
    assert (made.finish_by, made.too_slow) == (700, frozenset())


def test_an_earlier_end_is_kept_by_the_slowest_van_that_can() -> None:
    """Monday ends at 11:40, Tuesday at 15:00: Monday's window leaves 120 minutes, as the van with one kit needs."""
    shifts = [_shift("a/mon", 2), _shift("b/mon", 1), _shift("a/tue", 2, day=1)]
    hours = {0: (TimeRange(480, 700),), 1: (TimeRange(480, 900),)}
    made = windows_for(Stay(HALL, 20, 100), hours, shifts, _drive)
    assert made.windows[0].end == 700 - 120
    assert made.finish_by == 900
    assert made.too_slow == frozenset()


def test_a_van_too_slow_for_a_shortened_day_is_left_out() -> None:
    """Monday's 100 minutes hold the van with two kits only; the other one could break them unseen, so it stays away."""
    shifts = [_shift("a/mon", 2), _shift("b/mon", 1), _shift("b/tue", 1, day=1)]
    hours = {0: (TimeRange(600, 700),), 1: (TimeRange(480, 900),)}
    made = windows_for(Stay(HALL, 20, 100), hours, shifts, _drive)
    assert made.too_slow == {"b/mon"}
    assert made.windows[0].end == 700 - 70


_RANGE = st.tuples(st.integers(420, 900), st.integers(30, 420)).map(lambda it: TimeRange(it[0], it[0] + it[1]))


@settings(max_examples=150, deadline=None)
@given(
    hours=st.dictionaries(st.integers(0, 2), st.lists(_RANGE, min_size=1, max_size=2).map(tuple), min_size=1),
    kits=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    work=st.integers(1, 500),
)
def test_whoever_may_start_ends_in_the_hosts_hours(
    hours: dict[int, tuple[TimeRange, ...]], kits: list[int], work: int
) -> None:
    """Every allowed van, starting at any allowed minute and done by finish_by, is done within the host's hours."""
    shifts = [_shift(f"{van}/{day}", count, day=day) for van, count in enumerate(kits) for day in range(3)]
    stay = Stay(HALL, 35, work)
    made = windows_for(stay, hours, shifts, _drive)
    for shift in (each for each in shifts if each.id not in made.too_slow):
        day = shift.earliest // 1440
        for window in (each for each in made.windows if each.start // 1440 == day):
            for start in range(window.start, window.end + 1, 7):
                done = after(start, stay.duration_min(shift.kits), shift.pauses)
                if done <= day * 1440 + made.finish_by and fits(stay, TimeRange(0, 1440), shift, _drive):
                    within = (day * 1440 + each.start <= start and done <= day * 1440 + each.end for each in hours[day])
                    assert any(within)


def test_what_nobody_can_do_keeps_its_windows() -> None:
    """Then the engine can name the rule that bars it, and the strictest end makes sure that it stays barred."""
    hours = {0: (TimeRange(600, 700),), 1: (TimeRange(600, 660),)}
    made = windows_for(Stay(HALL, 20, 900), hours, [_shift("a/mon", 1), _shift("a/tue", 1, day=1)], _drive)
    assert [(window.start, window.end) for window in made.windows] == [(600, 700), (2040, 2100)]
    assert made.finish_by == 660

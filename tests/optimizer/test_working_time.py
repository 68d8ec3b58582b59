"""Folding pauses away and back must lose no minute: compared with counting minutes one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.problem import Fixed, LocationId, Pause, ShiftId, TimeWindow, Visit, VisitId
from optimizer.working_time import FAR_FUTURE, WorkingTime, start_pieces

HORIZON = 200


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    """Disjoint pauses in order; some touch, some begin at minute 0."""
    edges = sorted(draw(st.sets(st.integers(0, HORIZON - 50), max_size=8)))
    found = [Pause(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    if draw(st.booleans()) and found:
        found.append(Pause(found[-1].end, found[-1].end + draw(st.integers(1, 20))))
    return tuple(found)


@given(pauses=pauses())
def test_the_axis_counts_minutes_outside_pauses(pauses: tuple[Pause, ...]) -> None:
    """Forth: minutes worked. Back: the last clock minute with that value for a beginning, the first for an end."""
    axis = WorkingTime(pauses)
    clock = np.arange(HORIZON)
    works = [not any(pause.start <= minute < pause.end for pause in pauses) for minute in range(HORIZON)]
    counted = np.concatenate(([0], np.cumsum(works)))[:-1]
    assert axis.elapsed(clock).tolist() == counted.tolist()
    for worked in range(int(counted[-1])):
        same = [minute for minute in range(HORIZON) if counted[minute] == worked]
        assert axis.start_clock(worked) == max(same)
        assert axis.end_clock(worked) == min(same)
        assert works[axis.start_clock(worked)], "work never begins inside a pause"


def test_one_minute_and_many_go_the_same_way() -> None:
    """Engines hand in arrays, schedules single minutes."""
    axis = WorkingTime((Pause(10, 15), Pause(20, 30)))
    for way in (axis.elapsed, axis.start_clock, axis.end_clock):
        assert [way(minute) for minute in range(40)] == way(np.arange(40)).tolist()


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    """A visit with windows over three days that may overlap, touch, and cross midnight."""
    windows = [
        TimeWindow(start, start + draw(st.integers(0, 2_000)), float(draw(st.integers(0, 2))))
        for start in draw(st.lists(st.integers(0, 2_500), min_size=1, max_size=4))
    ]
    start = draw(st.one_of(st.none(), st.integers(0, 3_000)))
    return Visit(
        VisitId("desa"),
        LocationId("desa"),
        1.0,
        30,
        tuple(windows),
        finish_by=draw(st.one_of(st.none(), st.integers(0, 1_440))),
        fixed=Fixed(ShiftId("van"), start) if draw(st.booleans()) else None,
    )


@given(visit=visits())
def test_pieces_hold_every_minute_of_the_windows_once_at_its_cost(visit: Visit) -> None:
    """Of overlapping windows the cheapest counts; the end of service is bound to the day on which it starts."""
    pieces = start_pieces(visit)
    pinned = visit.fixed.start if visit.fixed is not None else None
    for minute in range(0, 5_000, 7) if pinned is None else range(pinned - 2, pinned + 3):
        costs = [window.cost for window in visit.windows if window.start <= minute <= window.end]
        here = [piece for piece in pieces if piece[0] <= minute <= piece[1]]
        if not costs or (pinned is not None and minute != pinned):
            assert not here
            continue
        ((_, _, cost, finish),) = here
        assert cost == min(costs)
        assert finish == (FAR_FUTURE if visit.finish_by is None else minute // 1_440 * 1_440 + visit.finish_by)


@pytest.mark.parametrize("start", [10, 14])
def test_a_window_inside_a_pause_holds_no_start(start: int) -> None:
    """Its first minute maps behind its last one."""
    axis = WorkingTime((Pause(10, 15),))
    assert axis.elapsed(start) > axis.elapsed(14 + 1) - 1

"""
Windows in which a service may start, so that it also ends when the host wants it to.

A visit's ``finish_by`` is one minute for all its days and is exact for every van. Where the host's hours end earlier on
some days, the windows of those days are shortened by the time that the slowest van able to come needs; vans too slow
for such a day are left out. The shortening follows the pauses, in which service stands still.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from geodata.times import TimeRange
from optimizer.problem import DAY_MIN, LocationId, Pause, Shift, ShiftId, TimeWindow

DayHours = Mapping[int, tuple[TimeRange, ...]]
"""Hours of a host by day of the horizon, 0 for Monday."""


@dataclass(frozen=True, slots=True)
class Stay:
    """
    A service as long as it may turn out: its place, and its minutes by the kits of the van.

    Attributes
    ----------
    setup_min, work_min
        As in `optimizer.problem.Visit`.
    """

    location: LocationId
    setup_min: int
    work_min: int

    def duration_min(self, kits: int) -> int:
        """Minutes with so many kits."""
        return self.setup_min - (-self.work_min // kits)


@dataclass(frozen=True, slots=True)
class Windows:
    """
    When a stay may start.

    Attributes
    ----------
    finish_by
        Minute of the day by which service ends.
    too_slow
        Shifts that cannot finish on a day whose windows were shortened for others.
    """

    windows: tuple[TimeWindow, ...]
    finish_by: int
    too_slow: frozenset[ShiftId]


Drive = Callable[[LocationId, LocationId], int]
"""Minutes between two places."""


def after(minute: int, work: int, pauses: Sequence[Pause]) -> int:
    """Clock minute at which ``work`` minutes begun at ``minute`` are done; pauses are half-open and do not count."""
    if work == 0:
        return minute
    for pause in pauses:
        if pause.end <= minute:
            continue
        room = max(0, pause.start - minute)
        if work <= room:
            break
        work -= room
        minute = pause.end
    return minute + work


def latest_start(finish: int, work: int, pauses: Sequence[Pause]) -> int:
    """Latest clock minute at which ``work`` minutes (at least 1) may begin and be done by ``finish``."""
    for pause in reversed(pauses):
        if finish <= pause.start:
            continue
        room = max(0, finish - pause.end)
        if work <= room:
            break
        work -= room
        finish = pause.start
    return finish - work


def fits(stay: Stay, hours: TimeRange, shift: Shift, drive: Drive) -> bool:
    """Whether the shift, doing nothing else, can finish the stay within these hours of its own day."""
    midnight = shift.earliest // DAY_MIN * DAY_MIN
    out = drive(shift.start_location, stay.location)
    home = drive(stay.location, shift.end_location)
    begin = max(midnight + hours.start, after(shift.earliest, out, shift.pauses))
    done = after(begin, stay.duration_min(shift.kits), shift.pauses)
    back = after(done, home, shift.pauses)
    return done <= midnight + hours.end and back <= shift.latest + shift.overtime_max


def able_shifts(stay: Stay, hours: DayHours, shifts: Sequence[Shift], drive: Drive) -> tuple[Shift, ...]:
    """The shifts that can finish the stay within the host's hours of their day."""
    return tuple(
        shift
        for shift in shifts
        if any(fits(stay, each, shift, drive) for each in hours.get(shift.earliest // DAY_MIN, ()))
    )


def windows_for(stay: Stay, hours: DayHours, shifts: Sequence[Shift], drive: Drive) -> Windows:
    """
    The windows of a stay on all days on which a shift can finish it.

    Where none can, every window is kept as asked for, so that the engine can say what bars it, and ``finish_by`` is the
    strictest end.

    Parameters
    ----------
    hours
        Of the host; at least one range.
    shifts
        Those that may come at all.
    """
    able = able_shifts(stay, hours, shifts, drive)
    if not able:
        asked = [(day, each) for day, ranges in sorted(hours.items()) for each in ranges]
        windows = tuple(TimeWindow(day * DAY_MIN + each.start, day * DAY_MIN + each.end) for day, each in asked)
        return Windows(windows, min(each.end for _, each in asked), frozenset())
    finish_by = max(each.end for shift in able for each in hours[shift.earliest // DAY_MIN])
    windows_made: list[TimeWindow] = []
    too_slow: set[ShiftId] = set()
    for day in sorted({shift.earliest // DAY_MIN for shift in able}):
        on_day = [shift for shift in able if shift.earliest // DAY_MIN == day]
        made = [_window(stay, day, each, on_day, finish_by) for each in hours[day]]
        windows_made += [window for window in made if window is not None]
        if any(each.end < finish_by for each in hours[day]):
            too_slow |= {shift.id for shift in shifts if shift.earliest // DAY_MIN == day and shift not in able}
    return Windows(tuple(windows_made), finish_by, frozenset(too_slow))


def _window(stay: Stay, day: int, hours: TimeRange, able: Sequence[Shift], finish_by: int) -> TimeWindow | None:
    midnight = day * DAY_MIN
    # With `finish_by` at work the fastest van may use the window to its end; without it the slowest one must fit.
    choose = max if hours.end == finish_by else min
    kits = choose(shift.kits for shift in able)
    end = latest_start(midnight + hours.end, stay.duration_min(kits), able[0].pauses)
    start = midnight + hours.start
    return TimeWindow(start, end) if start <= end else None

"""
Clock minutes and working minutes: the axis on which a pause has no length, and when visits may start by the clock.

On the working-time axis of a shift driving and service simply add up. One working minute may stand for several of the
clock, those of a pause: work that begins begins at the last of them, work that ends has ended at the first.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

from optimizer.problem import DAY_MIN, Pause, Visit

IntArray = npt.NDArray[np.int64]
_Minutes = TypeVar("_Minutes", int, IntArray)

FAR_FUTURE = 10**9
"""Later than any minute of any axis: stands for 'no such rule'."""


class WorkingTime:
    """
    The axis that counts working minutes only; ``elapsed`` goes there, the two clocks come back.

    Parameters
    ----------
    pauses
        Disjoint and in order; half-open.
    """

    __slots__ = ("_before", "_begins", "_lengths", "_places")

    def __init__(self, pauses: Sequence[Pause]) -> None:
        self._begins = np.array([pause.start for pause in pauses], dtype=np.int64)
        self._lengths = np.array([pause.end - pause.start for pause in pauses], dtype=np.int64)
        self._before = np.concatenate(([0], np.cumsum(self._lengths)))
        self._places = self._begins - self._before[:-1]

    def elapsed(self, clock: _Minutes) -> _Minutes:
        """Working minutes between minute 0 and ``clock``; a whole pause maps to one value."""
        begun = np.searchsorted(self._begins, clock, side="right")
        last = np.maximum(begun - 1, 0)
        if not len(self._begins):
            return clock
        running = np.where(begun > 0, np.minimum(clock - self._begins[last], self._lengths[last]), 0)
        return cast(_Minutes, self._like(clock, clock - self._before[last] - running))

    def start_clock(self, working: _Minutes) -> _Minutes:
        """The latest minute with that value: when work that begins there begins, never inside a pause."""
        passed = np.searchsorted(self._places, working, side="right")
        return cast(_Minutes, self._like(working, working + self._before[passed]))

    def end_clock(self, working: _Minutes) -> _Minutes:
        """The earliest minute with that value: when work that ends there has ended."""
        passed = np.searchsorted(self._places, working, side="left")
        return cast(_Minutes, self._like(working, working + self._before[passed]))

    @staticmethod
    def _like(given: object, result: object) -> object:
        return result if isinstance(given, np.ndarray) else int(cast(np.int64, result))


def start_pieces(visit: Visit) -> list[tuple[int, int, float, int]]:
    """
    Clock minutes on which the service of a visit may start: ``(first, last, cost, finish)`` in order, disjoint.

    Of windows that overlap the cheapest counts. ``finish`` is the minute by which service must have ended; windows
    are split at midnight where that depends on the day. A pinned minute leaves that minute only.
    """
    pieces = _cheapest_pieces(visit)
    pinned = visit.fixed.start if visit.fixed is not None else None
    if pinned is not None:
        pieces = [(pinned, pinned, cost) for first, last, cost in pieces if first <= pinned <= last]
    if visit.finish_by is None:
        return [(first, last, cost, FAR_FUTURE) for first, last, cost in pieces]
    by_day = []
    for first, last, cost in pieces:
        for day in range(first // DAY_MIN, last // DAY_MIN + 1):
            midnight = day * DAY_MIN
            inside = max(first, midnight), min(last, midnight + DAY_MIN - 1)
            by_day.append((*inside, cost, midnight + visit.finish_by))
    return by_day


def _cheapest_pieces(visit: Visit) -> list[tuple[int, int, float]]:
    windows = sorted(visit.windows, key=lambda window: window.start)
    if all(before.end < after.start for before, after in pairwise(windows)):
        return [(window.start, window.end, window.cost) for window in windows]
    pieces: list[tuple[int, int, float]] = []
    edges = sorted({window.start for window in windows} | {window.end + 1 for window in windows})
    for first, after in pairwise(edges):
        costs = [window.cost for window in windows if window.start <= first < window.end + 1]
        if not costs:
            continue
        if pieces and pieces[-1][1] == first - 1 and pieces[-1][2] == min(costs):
            first = pieces.pop()[0]  # noqa: PLW2901 (the piece before goes on)
        pieces.append((first, after - 1, min(costs)))
    return pieces

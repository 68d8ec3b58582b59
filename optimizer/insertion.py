"""
A first plan by insertion: again and again the visit that brings most for the minutes it takes, where it fits best.

It is there within a second also for thousands of visits, keeps every rule, and knows how worth shrinks as communities
are covered. Required visits come first, those with the fewest places before the others; when one does not fit, the
whole is tried again with that one in front. The routing library starts from it, because by itself it often finds no
plan at all where many visits are required.
"""

import heapq
import time
from dataclasses import dataclass, field

import numpy as np

from optimizer.network import BoolArray, FloatArray, Network, ShiftClass
from optimizer.room import Room
from optimizer.working_time import FAR_FUTURE, IntArray
from optimizer.worth import Worth

Sequences = dict[int, tuple[int, ...]]
"""The visits of each used shift in order; positions in the problem."""

_MAX_TRIES, _TRIES_SHARE = 20, 0.2
"""Orders of the required visits that are tried before giving up on placing them all, and their part of the time."""


@dataclass(frozen=True, slots=True)
class _Place:
    shift: int
    at: int
    visit: int
    score: float


@dataclass(slots=True)
class _Day:
    """
    A route under construction.

    `free` holds when the van drives on after the start and each stop, at the earliest; `due` when each service starts
    at the latest, and when the van must be back.
    """

    visits: list[int] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    due: list[int] = field(default_factory=list)
    back: int = 0


def insert_visits(network: Network, worth: Worth, *, thrift: float, deadline: float) -> Sequences:
    """
    A plan by insertion; the same one whenever the deadline does not cut it short.

    Parameters
    ----------
    thrift
        Power of the minutes by which gains are divided: 1 for most points a minute, 0 for most points.
    deadline
        On the monotonic clock; what is placed by then is returned.
    """
    begin = time.monotonic()
    until = begin + _TRIES_SHARE * (deadline - begin)
    order = _hardest_first(network)
    builder = _Builder(network, worth, thrift, deadline)
    for _ in range(_MAX_TRIES):
        failed = builder.place_required(order)
        if not failed or time.monotonic() > until:
            break
        promoted = [*failed, *(visit for visit in order if visit not in failed)]
        if promoted == order:
            break
        order = promoted
        builder = _Builder(network, worth, thrift, deadline)
    builder.fill()
    return {shift: tuple(day.visits) for shift, day in sorted(builder.days.items()) if day.visits}


def _hardest_first(network: Network) -> list[int]:
    """Required visits, those with the least minutes to start at before the others."""
    minutes = np.zeros(len(network.rows))
    for each in network.classes:
        wide = (each.options.high - each.options.low + 1) * len(each.members)
        minutes += np.bincount(each.options.visit, wide, minlength=len(minutes))
    required = np.flatnonzero(network.must)
    return [int(visit) for visit in required[np.argsort(minutes[required], kind="stable")]]


class _Builder:
    def __init__(self, network: Network, worth: Worth, thrift: float, deadline: float) -> None:
        self.network, self.worth, self.thrift, self.deadline = network, worth, thrift, deadline
        self.room = Room(network)
        self.days = {shift: self._empty_day(shift) for shift in range(len(network.problem.shifts))}
        self.made = np.zeros(len(network.rows), dtype=np.bool_)
        self.open = np.ones(len(network.rows), dtype=np.bool_)
        self.values = worth.beside(self.made)
        groups: dict[str, list[int]] = {}
        for position, visit in enumerate(network.problem.visits):
            if visit.group is not None:
                groups.setdefault(visit.group, []).append(position)
        self.groups = groups

    def place_required(self, order: list[int]) -> list[int]:
        """Place those visits, each where it fits best; return the ones that found no place."""
        failed = []
        for visit in order:
            only = np.zeros_like(self.open)
            only[visit] = self.open[visit]
            places = (self._best_place(shift, only) for shift in self.days)
            best = max((place for place in places if place is not None), key=lambda place: place.score, default=None)
            if best is None:
                failed.append(visit)
            else:
                self._put(best)
        return failed

    def fill(self) -> None:
        """
        Insert visits while one brings more than it costs.

        The best place of each shift is kept in a heap and looked at again when it comes up: gains only shrink.
        """
        heap: list[tuple[float, int]] = [(-np.inf, shift) for shift in self.days]
        while heap and time.monotonic() < self.deadline:
            _, shift = heapq.heappop(heap)
            place = self._best_place(shift, self.open)
            if place is None:
                continue
            if heap and -heap[0][0] > place.score:
                heapq.heappush(heap, (-place.score, shift))
                continue
            self._put(place)
            heapq.heappush(heap, (-np.inf, shift))

    def _best_place(self, shift: int, allowed: BoolArray) -> _Place | None:
        shift_class, day = self.network.class_of_shift(shift), self._day(shift)
        options = shift_class.options
        rows = np.flatnonzero((allowed & self.room.fits(shift))[options.visit])
        if not len(rows):
            return None
        best: _Place | None = None
        for at in range(len(day.visits) + 1):
            scores = self._scores(shift_class, day, at, rows)
            top = int(np.argmax(scores))
            if scores[top] > 0 and (best is None or scores[top] > best.score):
                best = _Place(shift, at, int(options.visit[rows[top]]), float(scores[top]))
        return best

    def _scores(self, shift_class: ShiftClass, day: _Day, at: int, options: IntArray) -> FloatArray:
        """Gain for the minutes taken of each option at that position; minus infinity where it does not fit."""
        network, shift = self.network, shift_class.shift
        visit = shift_class.options.visit[options]
        row, service = network.rows[visit], shift_class.service[visit]
        before = shift_class.start_row if at == 0 else int(network.rows[day.visits[at - 1]])
        last = at == len(day.visits)
        after = shift_class.end_row if last else int(network.rows[day.visits[at]])
        start = np.maximum(day.free[at] + network.duration_min[before][row], shift_class.options.low[options])
        onward = start + service + network.duration_min[row, after]
        fits = (start <= shift_class.options.high[options]) & (onward <= day.due[at])
        direct_min, direct_m = (
            (0, 0)
            if not day.visits
            else (
                int(network.duration_min[before, after]),
                int(network.distance_m[before, after]),
            )
        )
        taken = network.duration_min[before][row] + service + network.duration_min[row, after] - direct_min
        metres = network.distance_m[before][row] + network.distance_m[row, after] - direct_m
        usual = day.back if last else day.free[at] + direct_min
        back = np.maximum(day.back, day.back + onward - usual) if day.visits else onward
        gain = self.values[visit] - shift_class.options.cost[options] - metres * (shift.cost_per_km / 1000)
        gain -= (back - day.back) * (shift.cost_per_hour / 60)
        overtime = np.maximum(0, back - shift_class.latest) - max(0, day.back - shift_class.latest)
        gain -= overtime * shift.overtime_cost
        if not day.visits:
            gain -= shift.fixed_cost
        return np.where(fits, gain / np.maximum(1, taken) ** self.thrift, -np.inf)

    def _put(self, place: _Place) -> None:
        self.days[place.shift].visits.insert(place.at, place.visit)
        self.room.take(place.shift, place.visit)
        self.made[place.visit] = True
        self.open[place.visit] = False
        group = self.network.problem.visits[place.visit].group
        if group is not None:
            self.open[self.groups[group]] = False
        if not self.worth.constant:
            self.values = self.worth.beside(self.made)
        self._day(place.shift)

    def _empty_day(self, shift: int) -> _Day:
        shift_class = self.network.class_of_shift(shift)
        return _Day(free=[shift_class.begin], due=[shift_class.close], back=shift_class.begin)

    def _day(self, shift: int) -> _Day:
        """The route with its times as other routes now allow them."""
        shift_class, day, network = self.network.class_of_shift(shift), self.days[shift], self.network
        free, row = [shift_class.begin], shift_class.start_row
        for visit in day.visits:
            arrive = free[-1] + int(network.duration_min[row, network.rows[visit]])
            start = shift_class.options.earliest_start(visit, arrive)
            assert start is not None
            free.append(start + int(shift_class.service[visit]))
            row = int(network.rows[visit])
        day.back = free[-1] + int(network.duration_min[row, shift_class.end_row]) if day.visits else shift_class.begin
        due = [min(shift_class.close, shift_class.begin + self._duty_left(shift))]
        row = shift_class.end_row
        for visit in reversed(day.visits):
            by = due[0] - int(network.duration_min[network.rows[visit], row]) - int(shift_class.service[visit])
            start = shift_class.options.latest_start(visit, by)
            assert start is not None
            due.insert(0, start)
            row = int(network.rows[visit])
        day.free, day.due = free, due
        return day

    def _duty_left(self, shift: int) -> int:
        if not self.room.counts_duty:
            return FAR_FUTURE
        duty = {k: each.back - self.network.class_of_shift(k).begin for k, each in self.days.items() if each.visits}
        return self.room.duty_left(shift, duty)

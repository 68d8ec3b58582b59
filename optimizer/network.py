"""
A problem as the arrays that engines search: shift classes, their working-time axes, and when each visit can start.

Shifts that differ in name and vehicle only form one `ShiftClass`. Its *working-time axis* counts the minutes on which
work goes on: a pause has no length there, so driving and service simply add up. A service may start at the minutes of
its `Options`, intervals of that axis, both ends included. Options that no route of the class can hold are left out,
judged by shortest paths over all locations, because the format does not promise the triangle inequality; for every
visit without an option a `Bar` names the first rule that bars it from the class. All numbers are whole minutes of the
problem's axis or of a working-time axis, and metres.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from optimizer.problem import (
    Limit,
    LimitScope,
    MeasureKind,
    Problem,
    Shift,
    ShiftId,
    VehicleId,
)
from optimizer.working_time import FAR_FUTURE, IntArray, WorkingTime, start_pieces

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Bar(IntEnum):
    """The first rule, in this order, that keeps a visit out of every route of a shift class."""

    NONE = 0
    PINNED_ELSEWHERE = 1
    NOT_ALLOWED = 2
    SKILL = 3
    CAPACITY = 4
    LIMIT = 5
    STOPS = 6
    NO_WINDOW = 7
    TOO_FAR = 8
    FINISH_BY = 9
    NOT_BACK = 10
    DUTY = 11


@dataclass(frozen=True, slots=True)
class Options:
    """
    When the visits can start in a shift class: one row per visit and interval, in order of visit and time.

    Attributes
    ----------
    visit
        Position of the visit in the problem.
    low, high
        First and last minute of the working-time axis on which service may start. The intervals of one visit are
        disjoint.
    cost
        Points lost for starting there: of the window and of the shift.
    window_cost
        The part of the window.
    first
        Rows ``first[v]`` to ``first[v + 1]`` (excluded) are those of visit ``v``.
    """

    visit: IntArray
    low: IntArray
    high: IntArray
    cost: FloatArray
    window_cost: FloatArray
    first: IntArray

    def earliest_start(self, visit: int, minute: int) -> int | None:
        """First minute from ``minute`` on at which the visit may start; None where there is none."""
        begin, end = int(self.first[visit]), int(self.first[visit + 1])
        at = begin + int(np.searchsorted(self.high[begin:end], minute))
        return None if at == end else max(minute, int(self.low[at]))

    def window_cost_at(self, visit: int, minute: int) -> float:
        """Points lost by the window for starting the visit at a minute of one of its intervals."""
        begin, end = int(self.first[visit]), int(self.first[visit + 1])
        return float(self.window_cost[begin + int(np.searchsorted(self.high[begin:end], minute))])

    def latest_start(self, visit: int, minute: int) -> int | None:
        """Last minute up to ``minute`` at which the visit may start; None where there is none."""
        begin, end = int(self.first[visit]), int(self.first[visit + 1])
        at = begin + int(np.searchsorted(self.low[begin:end], minute, side="right")) - 1
        return None if at < begin else min(minute, int(self.high[at]))


@dataclass(frozen=True, slots=True)
class ShiftClass:
    """
    Shifts that differ in name and vehicle only.

    Attributes
    ----------
    shift
        One of them, for its costs, pauses and places.
    members
        Their positions in the problem.
    start_row, end_row
        Rows of the start and end locations in the matrices.
    begin, latest, close
        On the working-time axis: from when the van may be under way; from when on it is overtime; by when it must be
        back, overtime and limits of minutes on duty used up.
    service
        Minutes each visit takes with the kits aboard.
    bars
        A `Bar` for each visit; `Bar.NONE` exactly where it has an option.
    pinned
        The visits pinned to the shift, which is then alone in its class.
    """

    shift: Shift
    members: tuple[int, ...]
    axis: WorkingTime
    start_row: int
    end_row: int
    begin: int
    latest: int
    close: int
    service: IntArray
    options: Options
    bars: IntArray
    pinned: BoolArray


@dataclass(frozen=True, slots=True)
class Network:
    """
    A problem with the arrays that engines search.

    Attributes
    ----------
    duration_min, distance_m
        The problem's matrices.
    rows
        Row of each visit's location in the matrices.
    must
        Which visits every plan has to hold.
    classes, class_of
        The shift classes, and for each shift the position of its class.
    amounts
        For each limit what each visit adds to it; 0 where it does not count. Rows limits, columns visits.
    demands
        For each resource what each visit uses of it.
    """

    problem: Problem
    duration_min: IntArray
    distance_m: IntArray
    rows: IntArray
    must: BoolArray
    classes: tuple[ShiftClass, ...]
    class_of: tuple[int, ...]
    amounts: IntArray
    demands: dict[str, IntArray]

    def class_of_shift(self, shift: int) -> ShiftClass:
        """The class of the shift at that position of the problem."""
        return self.classes[self.class_of[shift]]


def build_network(problem: Problem) -> Network:
    """The arrays of a problem; takes about a second for 3,000 visits and 50 shift classes."""
    travel = problem.travel_times
    rows = np.array([problem.location_index[visit.location] for visit in problem.visits], dtype=np.int64)
    must = np.array([visit.must for visit in problem.visits], dtype=np.bool_)
    resources = sorted({resource for visit in problem.visits for resource in visit.demand})
    demands = {
        resource: np.array([visit.demand.get(resource, 0) for visit in problem.visits], dtype=np.int64)
        for resource in resources
    }
    amounts = np.array(
        [[limit.measure.amount(v) if limit.counts(v) else 0 for v in problem.visits] for limit in problem.limits],
        dtype=np.int64,
    ).reshape(len(problem.limits), len(problem.visits))
    bare = Network(problem, travel.duration_min, travel.distance_m, rows, must, (), (), amounts, demands)
    members = _group_shifts(problem)
    builder = _ClassBuilder(bare)
    classes = tuple(builder.build(positions) for positions in members)
    class_of = [0] * len(problem.shifts)
    for position, each in enumerate(classes):
        for shift in each.members:
            class_of[shift] = position
    return replace(bare, classes=classes, class_of=tuple(class_of))


def limit_bucket(limit: Limit, shift: Shift) -> tuple[str, int]:
    """What a limit adds up over, for a route of that shift: the plan, a vehicle, a vehicle's week or the shift."""
    match limit.per:
        case LimitScope.PLAN:
            return ("", 0)
        case LimitScope.VEHICLE:
            return (shift.vehicle, 0)
        case LimitScope.VEHICLE_WEEK:
            return (shift.vehicle, shift.week)
        case LimitScope.SHIFT:
            return (shift.id, 0)


def shortest_minutes(duration_min: IntArray, first: IntArray) -> IntArray:
    """
    Least minutes from a place to every row by any path of at least one leg, given its direct legs.

    Parameters
    ----------
    duration_min
        Legs, rows from, columns to; hand in the transpose to go backwards.
    first
        Minutes of the first leg to each row.

    Notes
    -----
    Dijkstra over the dense matrix. Services in between would take at least a minute each; leaving them out keeps the
    result a lower bound.
    """
    least = first.copy()
    waiting = first.astype(np.float64)
    for _ in range(len(first)):
        row = int(np.argmin(waiting))
        if waiting[row] == np.inf:
            break
        waiting[row] = np.inf
        shorter = least[row] + duration_min[row] < least
        if shorter.any():
            least[shorter] = least[row] + duration_min[row][shorter]
            waiting[shorter] = least[shorter]
    return least


def _group_shifts(problem: Problem) -> list[tuple[int, ...]]:
    """Positions of the shifts of each class, in order of the first of them."""
    answers: dict[ShiftId, list[tuple[int, str, float]]] = {shift.id: [] for shift in problem.shifts}
    for position, visit in enumerate(problem.visits):
        for allowed in visit.shifts or ():
            answers[allowed].append((position, "allowed", 0))
        for dear, cost in visit.shift_cost.items():
            answers[dear].append((position, "cost", cost))
        if visit.fixed is not None:
            answers[visit.fixed.shift].append((position, "fixed", 0))
    classes: dict[tuple[object, ...], list[int]] = {}
    nameless = VehicleId("-")
    for position, shift in enumerate(problem.shifts):
        alike = replace(shift, id=ShiftId("-"), vehicle=nameless, capacity={}, skills=frozenset())
        key = (repr(alike), shift.skills, frozenset(shift.capacity.items()), tuple(answers[shift.id]))
        classes.setdefault(key, []).append(position)
    return [tuple(positions) for positions in classes.values()]


class _ClassBuilder:
    """Builds shift classes; keeps what they share: clock intervals of all visits, closures of depots."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.problem = network.problem
        pieces = [
            (position, *piece) for position, visit in enumerate(self.problem.visits) for piece in start_pieces(visit)
        ]
        columns = np.array(pieces, dtype=np.float64).reshape(-1, 5)
        self.visit, self.first, self.last, self.finish = (columns[:, at].astype(np.int64) for at in (0, 1, 2, 4))
        self.cost = columns[:, 3]
        self.closures: dict[tuple[int, bool], IntArray] = {}
        duty = [limit.max for limit in self.problem.limits if limit.measure.kind is MeasureKind.DUTY_MIN]
        self.duty_max = min((most for most in duty if most is not None), default=FAR_FUTURE)

    def build(self, members: tuple[int, ...]) -> ShiftClass:
        """The class of those shifts."""
        shift = self.problem.shifts[members[0]]
        axis = WorkingTime(shift.pauses)
        rows = self.problem.location_index[shift.start_location], self.problem.location_index[shift.end_location]
        begin = axis.elapsed(shift.earliest)
        back = axis.elapsed(shift.latest + shift.overtime_max)
        durations: dict[tuple[int, int], int] = {}
        service = np.array(
            [
                durations.setdefault((v.setup_min, v.work_min), v.service_duration(shift.kits))
                for v in self.problem.visits
            ],
            dtype=np.int64,
        )
        pinned = np.array(
            [v.fixed is not None and v.fixed.shift == shift.id for v in self.problem.visits], dtype=np.bool_
        )
        bars = self._bars_without_times(shift, members, pinned)
        low, high, possible = self._times(shift, axis, rows, service, bars)
        options = self._options(shift, low, high, possible)
        latest = axis.elapsed(shift.latest)
        close = min(back, begin + self.duty_max)
        return ShiftClass(shift, members, axis, *rows, begin, latest, close, service, options, bars, pinned)

    def _bars_without_times(self, shift: Shift, members: tuple[int, ...], pinned: BoolArray) -> IntArray:
        visits = self.problem.visits
        bars = np.zeros(len(visits), dtype=np.int64)
        names = {self.problem.shifts[member].id for member in members}
        for position, visit in enumerate(visits):
            if visit.fixed is not None and visit.fixed.shift not in names:
                bars[position] = Bar.PINNED_ELSEWHERE
            elif visit.shifts is not None and shift.id not in visit.shifts:
                bars[position] = Bar.NOT_ALLOWED
            elif not visit.skills <= shift.skills:
                bars[position] = Bar.SKILL
        for bar, broken in self._overloads(shift, pinned):
            bars[(bars == Bar.NONE) & broken] = bar
        return bars

    def _overloads(self, shift: Shift, pinned: BoolArray) -> list[tuple[Bar, BoolArray]]:
        """Visits that break a capacity, limit or number of stops alone or with the visits pinned to the shift."""
        found = []
        for resource, amount in self.network.demands.items():
            if resource in shift.capacity:
                found.append((Bar.CAPACITY, load_with_pins(amount, pinned) > shift.capacity[resource]))
        for limit, amount in zip(self.problem.limits, self.network.amounts, strict=True):
            if limit.max is not None and limit.measure.kind is not MeasureKind.DUTY_MIN:
                load = np.where(amount > 0, load_with_pins(amount, pinned), 0)
                found.append((Bar.LIMIT, load > limit.max))
        if shift.max_stops is not None:
            found.append((Bar.STOPS, load_with_pins(np.ones_like(self.network.rows), pinned) > shift.max_stops))
        return found

    def _times(
        self, shift: Shift, axis: WorkingTime, rows: tuple[int, int], service: IntArray, bars: IntArray
    ) -> tuple[IntArray, IntArray, BoolArray]:
        """First and last start of every piece on the axis, and whether there is one; notes bars of time."""
        begin, end_clock = axis.elapsed(shift.earliest), shift.latest + shift.overtime_max
        stay, place = service[self.visit], self.network.rows[self.visit]
        low = axis.elapsed(np.maximum(self.first, shift.earliest))
        # A last minute inside a pause maps to the minute before the pause.
        high = axis.elapsed(np.minimum(self.last, end_clock) + 1) - 1
        possible = bars[self.visit] == Bar.NONE
        possible &= low <= high
        self._note(bars, Bar.NO_WINDOW, possible)
        low = np.maximum(low, begin + self._closure(rows[0], backwards=False)[place])
        possible &= low <= high
        self._note(bars, Bar.TOO_FAR, possible)
        high = np.minimum(high, axis.elapsed(self.finish) - stay)
        possible &= low <= high
        self._note(bars, Bar.FINISH_BY, possible)
        home = stay + self._closure(rows[1], backwards=True)[place]
        high = np.minimum(high, axis.elapsed(end_clock) - home)
        possible &= low <= high
        self._note(bars, Bar.NOT_BACK, possible)
        high = np.minimum(high, begin + self.duty_max - home)
        possible &= low <= high
        self._note(bars, Bar.DUTY, possible)
        return low, high, possible

    def _note(self, bars: IntArray, bar: Bar, possible: BoolArray) -> None:
        left = np.zeros(len(bars), dtype=np.bool_)
        left[self.visit[possible]] = True
        bars[(bars == Bar.NONE) & ~left] = bar

    def _closure(self, row: int, *, backwards: bool) -> IntArray:
        if (row, backwards) not in self.closures:
            legs = self.network.duration_min.T if backwards else self.network.duration_min
            self.closures[row, backwards] = shortest_minutes(legs, legs[row])
        return self.closures[row, backwards]

    def _options(self, shift: Shift, low: IntArray, high: IntArray, possible: BoolArray) -> Options:
        visit = self.visit[possible]
        extra = np.zeros(len(self.problem.visits))
        for position, each in enumerate(self.problem.visits):
            if each.shift_cost:
                extra[position] = each.shift_cost.get(shift.id, 0.0)
        first = np.searchsorted(visit, np.arange(len(self.problem.visits) + 1))
        window_cost = self.cost[possible]
        return Options(visit, low[possible], high[possible], window_cost + extra[visit], window_cost, first)


def load_with_pins(amount: IntArray, pinned: BoolArray) -> IntArray:
    """What each visit brings a load to, together with all that is pinned there (itself counted once)."""
    pins = int(amount[pinned].sum())
    load: IntArray = np.where(pinned, pins, amount + pins)
    return load

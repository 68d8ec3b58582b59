"""
Changes that would serve a visit left out, each confirmed by a plan.

Candidates are ranked by a cheap test: whether the minutes of a shift suffice for its stops and the visit, in the order
that drives least. A candidate becomes a remedy by a plan only: the change is applied to the whole problem, the changed
shift is solved exactly with the visit in it, the rest of the plan is kept, and `evaluate` judges the whole.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

import numpy as np

from optimizer.changes import (
    AddKits,
    AddShift,
    AllowDay,
    AllowOvertime,
    Change,
    Changes,
    RaiseCapacity,
    RaiseLimit,
    RequireVisit,
    ServeAt,
    apply_changes,
)
from optimizer.errors import InvalidChangeError
from optimizer.evaluate import evaluate_routes
from optimizer.explanation import Remedy
from optimizer.labelling import Dominance
from optimizer.master import elements_of
from optimizer.network import FloatArray, Network, build_network, limit_bucket
from optimizer.plan import Route
from optimizer.pricing import ClassPricing, Duals, SearchFor
from optimizer.problem import (
    DAY_MIN,
    GreatCircle,
    LimitScope,
    LocationId,
    MeasureKind,
    Problem,
    Shift,
    ShiftId,
    TravelTimes,
    VehicleId,
    Visit,
    VisitId,
)
from optimizer.schedule import build_timed_route
from optimizer.working_time import WorkingTime

_OVERTIME = (30, 60)
_TRIED = 4
"""Candidates of a kind that are confirmed at most."""
_BESIDE = 8
"""Visits left out that one more van-day may take along."""
_LABELS = 50_000


class Effort(IntEnum):
    """
    What a change asks of an office, the least first: words, then hours, then equipment, then a van and crew.

    Cards come with an hour of overtime where the shift is short of both.
    """

    DAY = 0
    HUB = 1
    HALF_AN_HOUR = 2
    HOUR = 3
    KIT = 4
    CARDS = 5
    VAN_DAY = 6


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Changes; ``short`` is by how many minutes the shift is still too short for ``stops`` and the visit."""

    short: int
    changes: tuple[Change, ...]
    shift: ShiftId
    stops: tuple[VisitId, ...]


class Remedies:
    """
    Finds remedies for the visits that a plan leaves out.

    Parameters
    ----------
    network
        Of the problem, which should have its travel times as matrices: changed problems then share them.
    routes, value
        The plan; it keeps all rules.
    worth
        What each visit adds to the plan or loses it by going (`Worth.beside`); stops are chosen by it.
    hub_radius_m
        As far as people come to another stop, straight over the ground.
    """

    def __init__(
        self, network: Network, routes: Sequence[Route], value: float, worth: FloatArray, *, hub_radius_m: int
    ) -> None:
        self._network, self._problem = network, network.problem
        self._routes = {route.shift: route for route in routes}
        self._stops = {shift: tuple(stop.visit for stop in route.stops) for shift, route in self._routes.items()}
        self._made = {visit: shift for shift, stops in self._stops.items() for visit in stops}
        self._value = value
        self._worth = {visit.id: max(0.0, float(each)) for visit, each in zip(self._problem.visits, worth, strict=True)}
        self._position = {visit.id: at for at, visit in enumerate(self._problem.visits)}
        self._minutes = {shift.id: _working_minutes(shift) for shift in self._problem.shifts}
        self._metres = GreatCircle(1.0).between(self._problem.locations).distance_m
        self._radius_m = hub_radius_m

    def find(self, visit: VisitId) -> Iterator[Remedy]:
        """
        Remedies as they are confirmed, of each kind the most promising, those that ask least of the office first.

        What loses no visit comes as soon as it is found; what loses one comes at the end, and only where nothing else
        did. A visit whose group is served has none.
        """
        wanted = self._problem.visit_by_id[visit]
        if wanted.group is not None and any(self._problem.visit_by_id[v].group == wanted.group for v in self._made):
            return
        losing: list[tuple[float, int, Remedy]] = []
        found = False
        for effort in Effort:
            ranked = sorted(self._candidates(wanted, effort), key=lambda each: (max(0, each.short), each.short))
            for number, candidate in enumerate(each for each in ranked if each.short <= 0):
                if number == _TRIED:
                    break
                remedy = self.confirm(visit, candidate.changes, candidate.shift, candidate.stops)
                if remedy is not None and not remedy.out:
                    found = True
                    yield remedy
                    break
                if remedy is not None and remedy.gain > 0:
                    losing.append((-remedy.gain, len(losing), remedy))
        if losing and not found:
            yield min(losing)[2]

    def confirm(
        self, visit: VisitId, changes: tuple[Change, ...], shift: ShiftId, stops: Sequence[VisitId]
    ) -> Remedy | None:
        """
        The remedy that changes give when a shift may serve the visit with some of these stops; None for none.

        Parameters
        ----------
        shift
            Of the changed problem.
        stops
            Visits among which the shift chooses, beside the one.
        """
        told = Changes((*changes, RequireVisit(visit)))
        try:
            changed = apply_changes(self._problem, told.changes)
        except InvalidChangeError:
            return None
        route = best_route(changed, shift, visit, stops, self._worth)
        if route is None:
            return None
        routes = (*(each for name, each in self._routes.items() if name != shift), route)
        judged = evaluate_routes(changed, routes)
        if not judged.feasible:
            return None
        served = {stop.visit for each in routes for stop in each.stops}
        out = tuple(each for each in self._made if each not in served)
        return Remedy(told, routes, judged.value - self._value, out)

    def _candidates(self, visit: Visit, effort: Effort) -> Iterator[_Candidate]:
        match effort:
            case Effort.DAY:
                yield from self._days(visit)
            case Effort.HUB:
                yield from self._hubs(visit)
            case Effort.HALF_AN_HOUR:
                yield from self._hours(visit, _OVERTIME[0])
            case Effort.HOUR:
                yield from self._hours(visit, _OVERTIME[1])
            case Effort.KIT:
                yield from self._kits(visit)
            case Effort.CARDS:
                yield from self._cards(visit)
            case Effort.VAN_DAY:
                yield from self._van_days(visit)

    def _hours(self, visit: Visit, minutes: int) -> Iterator[_Candidate]:
        for shift in self._shifts_for(visit):
            if self._has_room(visit, shift):
                short = self._short(visit, shift, visit.location) - minutes
                yield _Candidate(short, (AllowOvertime(shift.id, minutes),), shift.id, self._stops_of(shift))

    def _kits(self, visit: Visit) -> Iterator[_Candidate]:
        for shift in self._shifts_for(visit):
            if self._has_room(visit, shift):
                short = self._short(visit, replace(shift, kits=shift.kits + 1), visit.location)
                yield _Candidate(short, (AddKits(shift.id, 1),), shift.id, self._stops_of(shift))

    def _days(self, visit: Visit) -> Iterator[_Candidate]:
        days = _days_of(visit)
        for shift in self._problem.shifts:
            day = shift.earliest // DAY_MIN
            closed = day not in days or (visit.shifts is not None and shift.id not in visit.shifts)
            if closed and visit.skills <= shift.skills and visit.fixed is None and self._has_room(visit, shift):
                short = self._short(visit, shift, visit.location)
                yield _Candidate(short, (AllowDay(visit.id, day),), shift.id, self._stops_of(shift))

    def _hubs(self, visit: Visit) -> Iterator[_Candidate]:
        here = self._problem.location_index[visit.location]
        for shift in self._shifts_for(visit):
            if not self._has_room(visit, shift):
                continue
            for stop in self._stops_of(shift):
                place = self._problem.visit_by_id[stop].location
                metres = int(self._metres[here, self._problem.location_index[place]])
                if place != visit.location and metres <= self._radius_m:
                    short = self._short(visit, shift, place)
                    yield _Candidate(short, (ServeAt(visit.id, place),), shift.id, self._stops_of(shift))

    def _cards(self, visit: Visit) -> Iterator[_Candidate]:
        for shift in self._shifts_for(visit):
            lacking = self._lacking(visit, shift)
            short = self._short(visit, shift, visit.location)
            if lacking and short > 0:
                more_time = AllowOvertime(shift.id, _OVERTIME[-1])
                yield _Candidate(short - _OVERTIME[-1], (*lacking, more_time), shift.id, self._stops_of(shift))
            elif lacking:
                yield _Candidate(short, tuple(lacking), shift.id, self._stops_of(shift))

    def _van_days(self, visit: Visit) -> Iterator[_Candidate]:
        """A day of a van that has none then, or a further van like one that works that day."""
        days = _days_of(visit)
        busy = {(shift.vehicle, shift.earliest // DAY_MIN) for shift in self._problem.shifts}
        beside = self._nearest_left_out(visit)
        for shift in self._problem.shifts:
            for day in sorted(days):
                same = shift.earliest // DAY_MIN == day
                if (not same and (shift.vehicle, day) in busy) or not visit.skills <= shift.skills:
                    continue
                name = self._new_shift(f"{shift.vehicle}+{day}")
                vehicle = VehicleId(f"{shift.vehicle}+") if same else None
                added = AddShift(name, shift.id, vehicle, None if same else day)
                alone = self._working_need(visit, shift, (), visit.location) - self._minutes[shift.id]
                yield _Candidate(alone, (added,), name, beside)

    def _new_shift(self, name: str) -> ShiftId:
        while name in self._problem.shift_by_id:
            name += "+"
        return ShiftId(name)

    def _nearest_left_out(self, visit: Visit) -> tuple[VisitId, ...]:
        """Visits left out near the one, which the same van could serve: at most one of a group."""
        here = self._problem.location_index[visit.location]
        groups = {self._problem.visit_by_id[each].group for each in self._made} | {visit.group}
        left = [
            each
            for each in self._problem.visits
            if each.id not in self._made and each.id != visit.id and (each.group is None or each.group not in groups)
        ]
        left.sort(key=lambda each: int(self._metres[here, self._problem.location_index[each.location]]))
        return tuple(each.id for each in left[:_BESIDE])

    def _shifts_for(self, visit: Visit) -> Iterator[Shift]:
        """Shifts that may hold the visit as far as skills, permission and days go."""
        days = _days_of(visit)
        for shift in self._problem.shifts:
            allowed = visit.shifts is None or shift.id in visit.shifts
            pinned = visit.fixed is None or visit.fixed.shift == shift.id
            if allowed and pinned and visit.skills <= shift.skills and shift.earliest // DAY_MIN in days:
                yield shift

    def _stops_of(self, shift: Shift) -> tuple[VisitId, ...]:
        return self._stops.get(shift.id, ())

    def _has_room(self, visit: Visit, shift: Shift) -> bool:
        full = shift.max_stops is not None and len(self._stops_of(shift)) >= shift.max_stops
        return not full and not self._lacking(visit, shift)

    def _lacking(self, visit: Visit, shift: Shift) -> list[Change]:
        """What would have to be raised, and by how much, for the visit to join the stops of a shift."""
        changes: list[Change] = []
        stops = [self._problem.visit_by_id[each] for each in self._stops_of(shift)]
        for resource, most in shift.capacity.items():
            load = sum(each.demand.get(resource, 0) for each in (*stops, visit))
            if load > most:
                changes.append(RaiseCapacity(shift.id, resource, load - most))
        for limit in self._problem.limits:
            if limit.max is None or limit.measure.kind is MeasureKind.DUTY_MIN or not limit.counts(visit):
                continue
            bucket = limit_bucket(limit, shift)
            made = [
                self._problem.visit_by_id[each]
                for name, each_stops in self._stops.items()
                if limit_bucket(limit, self._problem.shift_by_id[name]) == bucket
                for each in each_stops
            ]
            load = sum(limit.measure.amount(each) for each in (*made, visit) if limit.counts(each))
            if load > limit.max:
                changes.append(RaiseLimit(limit.id, load - limit.max))
        return changes

    def _short(self, visit: Visit, shift: Shift, place: LocationId) -> int:
        """Minutes by which a shift is too short for its stops and the visit, waiting not counted; 0 or less: none."""
        return self._working_need(visit, shift, self._stops_of(shift), place) - self._minutes[shift.id]

    def _working_need(self, visit: Visit, shift: Shift, stops: Sequence[VisitId], place: LocationId) -> int:
        rows = self._problem.location_index
        visits = [self._problem.visit_by_id[each] for each in stops]
        way = [rows[shift.start_location], *(rows[each.location] for each in visits), rows[shift.end_location]]
        minutes, here = self._network.duration_min, rows[place]
        legs = [int(minutes[a, b]) for a, b in pairwise(way)]
        detours = [
            int(minutes[a, here]) + int(minutes[here, b]) - leg for (a, b), leg in zip(pairwise(way), legs, strict=True)
        ]
        if not stops:
            legs, detours = [0], [int(minutes[way[0], here]) + int(minutes[here, way[1]])]
        return sum(legs) + min(detours) + sum(each.service_duration(shift.kits) for each in (*visits, visit))


def best_route(
    problem: Problem, shift: ShiftId, visit: VisitId, stops: Sequence[VisitId], worth: Mapping[VisitId, float]
) -> Route | None:
    """
    The most valuable route of a shift that serves a visit and any of some stops; None where there is none.

    Exact up to 50,000 labels. Limits inside the shift hold, others are the judge's business.

    Parameters
    ----------
    worth
        What serving each visit brings beside the rest of the plan; required visits among the stops are kept.
    """
    small = _one_shift(problem, problem.shift_by_id[shift], (*stops, visit), worth)
    network = build_network(small)
    pricing = ClassPricing(network, 0, elements=elements_of(network))
    # More than all else together: a route with the visit, and with whatever is required, comes before any other.
    urgent = 1.0 + 2 * sum(each.prize for each in small.visits) + 1e6
    musts = np.array([problem.visit_by_id[each.id].must or each.id == visit for each in small.visits])
    duals = Duals(-urgent * musts, 0.0, 0.0)
    search_for = SearchFor(urgent * (int(musts.sum()) - 0.5), Dominance.EXACT, _LABELS, most_columns=1)
    for column in pricing.price(duals, search_for).columns:
        return build_timed_route(network, 0, column.visits, column.starts)
    return None


def _one_shift(problem: Problem, shift: Shift, visits: Sequence[VisitId], worth: Mapping[VisitId, float]) -> Problem:
    """The problem of one shift and those visits, worth what they bring beside the rest of the plan."""
    chosen = [problem.visit_by_id[each] for each in dict.fromkeys(visits)]
    places = dict.fromkeys((shift.start_location, shift.end_location, *(each.location for each in chosen)))
    rows = [problem.location_index[each] for each in places]
    travel = problem.travel_times
    inside = np.ix_(rows, rows)
    return replace(
        problem,
        locations=tuple(problem.locations[row] for row in rows),
        travel=TravelTimes(travel.duration_min[inside], travel.distance_m[inside]),
        shifts=(shift,),
        visits=tuple(
            replace(
                each,
                prize=round(worth[each.id], 3),
                required=False,
                shifts=None if each.shifts is None else each.shifts & {shift.id},
                shift_cost={name: cost for name, cost in each.shift_cost.items() if name == shift.id},
                fixed=each.fixed if each.fixed is not None and each.fixed.shift == shift.id else None,
                reaches={},
            )
            for each in chosen
        ),
        communities=(),
        limits=tuple(limit for limit in problem.limits if limit.per is LimitScope.SHIFT),
    )


def _working_minutes(shift: Shift) -> int:
    axis = WorkingTime(shift.pauses)
    return axis.elapsed(shift.latest + shift.overtime_max) - axis.elapsed(shift.earliest)


def _days_of(visit: Visit) -> set[int]:
    return {day for window in visit.windows for day in range(window.start // DAY_MIN, window.end // DAY_MIN + 1)}

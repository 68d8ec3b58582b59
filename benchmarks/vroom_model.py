"""
Our problems as VROOM inputs, by the means that its documentation gives.

A vehicle is a shift on the problem's own axis, a job a visit with all its windows; which shifts it allows is said by a
skill of its own, stays by the vehicle's type. VROOM serves as many jobs of high priority as it can and only then looks
at costs: prizes become priorities from 1 to 100, and no kilometre is ever weighed against a prize. That is its
objective, and what it loses by it is part of the comparison. It stops by itself, often long before its time is up, and
knows no seed. What has no counterpart is told by `vroom_lacks`.
"""

import time
from datetime import timedelta

import numpy as np
import vroom
from vroom.solution.solution import Solution

from benchmarks.judged import Found
from benchmarks.readings import Sequences
from optimizer.problem import LimitScope, MeasureKind, Problem, Shift, ShiftId, Visit, VisitId

_MOST_PRIORITY = 100
_EXPLORATION_LEVEL = 5
_SECONDS_PER_MIN = 60
_COSTS_PER_POINT = 1_000
"""VROOM's costs are whole numbers."""
_PROFILE = "car"


def vroom_lacks(problem: Problem) -> list[str]:
    """What a problem asks for that VROOM has no means for; empty where its input says everything but the objective."""
    shifts, visits = problem.shifts, problem.visits
    stops_a_shift = all(
        limit.per is LimitScope.SHIFT and limit.measure.kind is MeasureKind.VISITS and limit.tag is None
        for limit in problem.limits
    )
    asked = {
        "communities that several stops share": bool(problem.communities),
        "limits other than stops of a shift": not stops_a_shift,
        "groups": any(visit.group is not None for visit in visits),
        "costs of windows or shifts": any(v.shift_cost or any(w.cost for w in v.windows) for v in visits),
        "ends of service": any(visit.finish_by is not None for visit in visits),
        "pauses that a service may span": any(shift.pauses for shift in shifts),
        "overtime": any(shift.overtime_max for shift in shifts),
        "costs of time on duty": any(shift.cost_per_hour for shift in shifts),
    }
    return [what for what, is_asked in asked.items() if is_asked]


def solve_with_vroom(problem: Problem, deadline: float, _seed: int) -> Found:
    """
    The plan at which VROOM stops, at the latest at a time of the monotonic clock, with its most thorough search.

    Only for problems that lack nothing, see `vroom_lacks`.
    """
    asked = vroom.Input()
    travel = problem.travel_times
    asked.set_durations_matrix(_PROFILE, (travel.duration_min * _SECONDS_PER_MIN).astype(np.uint32))
    asked.set_distances_matrix(_PROFILE, travel.distance_m.astype(np.uint32))
    resources = sorted({resource for visit in problem.visits for resource in visit.demand})
    asked.add_vehicle([_vehicle(problem, at, shift, resources) for at, shift in enumerate(problem.shifts)])
    asked.add_job([_job(problem, at, visit, resources) for at, visit in enumerate(problem.visits)])
    begin = time.monotonic()
    answer = asked.solve(_EXPLORATION_LEVEL, nb_threads=1, timeout=timedelta(seconds=max(0.1, deadline - begin)))
    return Found(_sequences(problem, answer))


def _vehicle(problem: Problem, position: int, shift: Shift, resources: list[str]) -> vroom.Vehicle:
    most = [shift.capacity.get(resource, _total(problem, resource)) for resource in resources]
    stops = [limit.max for limit in problem.limits if limit.max is not None]
    stops += [shift.max_stops] if shift.max_stops is not None else []
    may_make = {at for at, visit in enumerate(problem.visits) if _allows(visit, shift)}
    # Where driving is free, VROOM's own default, time on the road, decides between plans of the same priority.
    costs = (
        vroom.VehicleCosts(
            fixed=round(_COSTS_PER_POINT * shift.fixed_cost),
            per_hour=0,
            per_km=round(_COSTS_PER_POINT * shift.cost_per_km),
        )
        if shift.cost_per_km
        else vroom.VehicleCosts(fixed=round(_COSTS_PER_POINT * shift.fixed_cost))
    )
    return vroom.Vehicle(
        position,
        start=problem.location_index[shift.start_location],
        end=problem.location_index[shift.end_location],
        profile=_PROFILE,
        capacity=most,
        skills=may_make,
        time_window=(shift.earliest * _SECONDS_PER_MIN, shift.latest * _SECONDS_PER_MIN),
        costs=costs,
        type=_type(shift),
        **({"max_tasks": min(stops)} if stops else {}),
    )


def _job(problem: Problem, position: int, visit: Visit, resources: list[str]) -> vroom.Job:
    highest = max((each.prize for each in problem.visits), default=0.0)
    stays = {_type(shift): visit.service_duration(shift.kits) * _SECONDS_PER_MIN for shift in problem.shifts}
    windows = visit.windows
    if visit.fixed is not None and visit.fixed.start is not None:
        spans = [(visit.fixed.start, visit.fixed.start)]
    else:
        spans = [(window.start, window.end) for window in windows]
    everyone = all(_allows(visit, shift) for shift in problem.shifts)
    priority = max(1, round(_MOST_PRIORITY * visit.prize / highest)) if highest else 0
    return vroom.Job(
        position,
        location=problem.location_index[visit.location],
        service_per_type=stays,
        delivery=[visit.demand.get(resource, 0) for resource in resources],
        skills=set() if everyone else {position},
        priority=_MOST_PRIORITY if visit.must else priority,
        time_windows=[(start * _SECONDS_PER_MIN, end * _SECONDS_PER_MIN) for start, end in _disjoint(spans)],
    )


def _allows(visit: Visit, shift: Shift) -> bool:
    """Whether the visit may be made on the shift as far as names and skills go."""
    if visit.fixed is not None and visit.fixed.shift != shift.id:
        return False
    return (visit.shifts is None or shift.id in visit.shifts) and visit.skills <= shift.skills


def _disjoint(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same minutes as spans that do not touch, as VROOM asks for."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _type(shift: Shift) -> str:
    return f"{shift.kits} kits"


def _total(problem: Problem, resource: str) -> int:
    return sum(visit.demand.get(resource, 0) for visit in problem.visits)


def _sequences(problem: Problem, answer: Solution) -> Sequences | None:
    """The jobs of each vehicle in order; None where a required visit is left out."""
    found: dict[ShiftId, list[VisitId]] = {}
    for route in answer.to_dict()["routes"]:
        jobs = [problem.visits[step["id"]].id for step in route["steps"] if step["type"] == "job"]
        if jobs:
            found[problem.shifts[route["vehicle"]].id] = jobs
    made = {visit for visits in found.values() for visit in visits}
    return found if all(visit.id in made for visit in problem.visits if visit.must) else None

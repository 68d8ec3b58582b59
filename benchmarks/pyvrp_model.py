"""
Our problems as PyVRP models, by the means that its documentation gives.

A vehicle type is a shift class, with its own routing profile. All days lie on one clock: a type's times count from the
midnight of its day, and its profile forbids the clients that are not open on it, as PyVRP's own reader does for
site-dependent problems. A visit open at the same hours on several days is then a single client; one with several hours
is a client for each, in a mutually exclusive group (FAQ, "multiple time windows"). Stays that differ from shift to
shift ride on the edges that leave a client (FAQ, "vehicle-specific service durations"). Two other models were tried, a
client for each window on one long axis and vehicle types by the week; both leave PyVRP with several times as many
clients. Pauses are folded away as in `network`, which costs PyVRP nothing.

Duty and overtime count from a shift's ``earliest``, so where they cost something a type must start then
(``start_late``). Stops a day and limits of a shift are load dimensions. Costs are in thousandths of points: PyVRP caps
its penalties, and finds no plan where costs are in millionths. Where driving costs nothing, its search has nothing to
shorten routes by and stays a tenth lower (measured on TOPTW); there costs are in hundred-thousandths, and all driving
of a plan together costs at most a point. What is left over is told by `pyvrp_lacks`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyvrp
from pyvrp.constants import MAX_VALUE
from pyvrp.stop import MaxRuntime

from benchmarks.judged import Found
from benchmarks.readings import Sequences
from optimizer.network import Bar, Network, ShiftClass, build_network
from optimizer.problem import DAY_MIN, Limit, LimitScope, MeasureKind, Problem, ShiftId, VisitId
from optimizer.working_time import FAR_FUTURE, start_pieces

_UNITS, _FINE_UNITS = 1_000, 100_000
"""Units of cost in a point, the second where driving is free."""
_METRES_PER_KM = 1_000
_MIN_PER_HOUR = 60

IntArray = npt.NDArray[np.int64]


def pyvrp_lacks(problem: Problem) -> list[str]:
    """What a problem asks for that PyVRP has no means for; empty where its model is exact."""
    lacks = []
    if problem.communities:
        lacks.append("communities that several stops share")
    if any(not _is_load(limit) for limit in problem.limits):
        lacks.append("limits over several routes, minima and minutes on duty")
    return lacks


def _is_load(limit: Limit) -> bool:
    return limit.per is LimitScope.SHIFT and limit.max is not None and limit.measure.kind is not MeasureKind.DUTY_MIN


@dataclass(frozen=True, slots=True)
class _Choice:
    """A way to make a visit: within those minutes of the clock, at that cost, by those shift classes."""

    visit: int
    early: int
    late: int
    cost: float
    classes: frozenset[int]


def solve_with_pyvrp(problem: Problem, deadline: float, seed: int) -> Found:
    """
    The best plan that PyVRP finds by a time of the monotonic clock, by its default parameters.

    Only for problems that lack nothing, see `pyvrp_lacks`.
    """
    model = PyVrpModel(build_network(problem))
    begin = time.monotonic()
    result = pyvrp.solve(model.data(), MaxRuntime(max(0.1, deadline - begin)), seed=seed, display=False)
    if not result.is_feasible():
        return Found(None)
    return Found(model.sequences(result.best), model.trace(result.stats))


class PyVrpModel:
    """A problem as PyVRP's data, and the way back from its solutions."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._choices = _choices(network)
        self._depots = sorted({row for each in network.classes for row in (each.start_row, each.end_row)})
        self._rows = np.array(
            [*self._depots, *(network.rows[choice.visit] for choice in self._choices)], dtype=np.int64
        )
        self._loads = _loads(network)
        stays = [each.service for each in network.classes]
        self._stay = stays[0] if all(np.array_equal(stays[0], stay) for stay in stays) else None
        shifts = network.problem.shifts
        self._driving_is_free = not any(shift.cost_per_km or shift.cost_per_hour for shift in shifts)
        self._units = _FINE_UNITS if self._driving_is_free else _UNITS
        # In sets with free driving a metre and a minute are the same unit: a plan drives no more metres than this.
        self._most_metres = max(1, sum(shift.latest - shift.earliest for shift in shifts))
        self._prizes = 0

    def data(self) -> pyvrp.ProblemData:
        """What PyVRP solves."""
        network, places = self._network, self._network.problem.locations
        groups, group_of = _groups(network, self._choices)
        clients = [self._client(at, choice, group_of[at]) for at, choice in enumerate(self._choices)]
        self._prizes = sum(client.prize for client in clients)
        profiles = [self._profile(each, at) for at, each in enumerate(network.classes)]
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(places[row].lon, places[row].lat) for row in self._rows],
            clients=clients,
            depots=[pyvrp.Depot(location=at) for at in range(len(self._depots))],
            vehicle_types=[self._vehicle_type(each, at) for at, each in enumerate(network.classes)],
            distance_matrices=[distances for distances, _ in profiles],
            duration_matrices=[durations for _, durations in profiles],
            groups=groups,
        )

    def sequences(self, solution: pyvrp.Solution) -> Sequences:
        """The visits of each shift that the solution uses."""
        problem = self._network.problem
        members = [list(each.members) for each in self._network.classes]
        found: dict[ShiftId, Sequence[VisitId]] = {}
        for route in solution.routes():
            made = [problem.visits[self._choices[stop.idx].visit].id for stop in route if stop.is_client()]
            if made:
                found[problem.shifts[members[route.vehicle_type()].pop(0)].id] = made
        return found

    def trace(self, stats: pyvrp.Statistics) -> tuple[tuple[float, float], ...]:
        """Seconds and value of each better plan: PyVRP's cost holds the prizes of all clients that are not visited."""
        found: list[tuple[float, float]] = []
        seconds = 0.0
        for took, datum in zip(stats.runtimes, stats, strict=True):
            seconds += took
            value = (self._prizes - datum.best_cost) / self._units
            if datum.best_feas and (not found or value > found[-1][1]):
                found.append((round(seconds, 3), value))
        return tuple(found)

    def _cost(self, points: float) -> int:
        return round(self._units * points)

    def _client(self, at: int, choice: _Choice, group: int | None) -> pyvrp.Client:
        visit = self._network.problem.visits[choice.visit]
        return pyvrp.Client(
            location=len(self._depots) + at,
            delivery=[int(amount[choice.visit]) for amount, _ in self._loads],
            service_duration=0 if self._stay is None else int(self._stay[choice.visit]),
            tw_early=choice.early,
            tw_late=choice.late,
            prize=max(0, self._cost(visit.prize - choice.cost)),
            required=visit.must and group is None,
            group=group,
        )

    def _profile(self, shift_class: ShiftClass, position: int) -> tuple[IntArray, IntArray]:
        """Costs, which PyVRP calls distances, and minutes of a class; clients it may not make are out of reach."""
        network, shift, pairs = self._network, shift_class.shift, np.ix_(self._rows, self._rows)
        per_metre = self._units * shift.cost_per_km / _METRES_PER_KM
        if self._driving_is_free:
            per_metre = self._units / self._most_metres
        costs = np.rint(per_metre * network.distance_m[pairs]).astype(np.int64)
        minutes = network.duration_min[pairs].copy()
        for at, choice in enumerate(self._choices, len(self._depots)):
            if position not in choice.classes:
                # By cost alone: minutes as large, times PyVRP's penalty for lateness, overflow its numbers.
                costs[at, :] = costs[:, at] = MAX_VALUE
                continue
            costs[:, at] += self._cost(network.problem.visits[choice.visit].shift_cost.get(shift.id, 0.0))
            if self._stay is None:
                minutes[at, :] += int(shift_class.service[choice.visit])
        np.minimum(costs, MAX_VALUE, out=costs)
        for matrix in (costs, minutes):
            np.fill_diagonal(matrix, 0)  # PyVRP asks for zeros; no client is visited twice in a row
        return costs, minutes

    def _vehicle_type(self, shift_class: ShiftClass, position: int) -> pyvrp.VehicleType:
        shift, offset = shift_class.shift, _offset(shift_class)
        begin = shift_class.begin - offset
        return pyvrp.VehicleType(
            num_available=len(shift_class.members),
            capacity=[most.get(shift_class.members[0], _total(amount)) for amount, most in self._loads],
            start_depot=self._depots.index(shift_class.start_row),
            end_depot=self._depots.index(shift_class.end_row),
            fixed_cost=self._cost(shift.fixed_cost),
            tw_early=begin,
            tw_late=shift_class.close - offset,
            start_late=begin if shift.cost_per_hour or shift.overtime_max else None,
            shift_duration=min(shift_class.latest, shift_class.close) - shift_class.begin,
            max_overtime=max(0, shift_class.close - shift_class.latest),
            unit_overtime_cost=self._cost(shift.overtime_cost),
            unit_distance_cost=1,
            unit_duration_cost=self._cost(shift.cost_per_hour / _MIN_PER_HOUR),
            profile=position,
        )


def _choices(network: Network) -> list[_Choice]:
    classes: dict[tuple[int, int, int, float], set[int]] = {}
    for visit, each in enumerate(network.problem.visits):
        for first, last, cost, finish in start_pieces(each):
            for at, shift_class in enumerate(network.classes):
                if shift_class.bars[visit] != Bar.NONE:
                    continue
                early, late = _on_clock(shift_class, visit, first, last, finish)
                if early <= late:
                    classes.setdefault((visit, early, late, cost), set()).add(at)
    return [_Choice(*key, frozenset(found)) for key, found in classes.items()]


def _on_clock(shift_class: ShiftClass, visit: int, first: int, last: int, finish: int) -> tuple[int, int]:
    """First and last start of a piece of a window on the clock of a class; the second is less where there is none."""
    shift, axis, offset = shift_class.shift, shift_class.axis, _offset(shift_class)
    early = axis.elapsed(max(first, shift.earliest))
    late = axis.elapsed(min(last, shift.latest + shift.overtime_max) + 1) - 1
    if finish < FAR_FUTURE:
        late = min(late, axis.elapsed(finish) - int(shift_class.service[visit]))
    return early - offset, late - offset


def _offset(shift_class: ShiftClass) -> int:
    return shift_class.axis.elapsed(shift_class.shift.earliest // DAY_MIN * DAY_MIN)


def _loads(network: Network) -> list[tuple[IntArray, dict[int, int]]]:
    """For each load dimension what the visits add, and what the shifts with a limit can take, by position."""
    shifts = network.problem.shifts
    loads = []
    for resource, amount in network.demands.items():
        loads.append((amount, {at: s.capacity[resource] for at, s in enumerate(shifts) if resource in s.capacity}))
    stops = {at: shift.max_stops for at, shift in enumerate(shifts) if shift.max_stops is not None}
    if stops:
        loads.append((np.ones_like(network.rows), stops))
    for limit, amount in zip(network.problem.limits, network.amounts, strict=True):
        assert limit.max is not None
        loads.append((amount, dict.fromkeys(range(len(shifts)), limit.max)))
    return loads


def _total(amount: IntArray) -> int:
    return int(amount.sum())


def _groups(network: Network, choices: Sequence[_Choice]) -> tuple[list[pyvrp.ClientGroup], list[int | None]]:
    """Groups of clients of which one is visited at most, and for each client its group, if it has one."""
    visits = network.problem.visits
    by_name: dict[tuple[str, str], list[int]] = {}
    for at, choice in enumerate(choices):
        visit = visits[choice.visit]
        name = ("visit", str(visit.id)) if visit.group is None else ("group", visit.group)
        by_name.setdefault(name, []).append(at)
    groups: list[pyvrp.ClientGroup] = []
    group_of: list[int | None] = [None] * len(choices)
    for clients in by_name.values():
        if len(clients) > 1:
            for at in clients:
                group_of[at] = len(groups)
            must = any(visits[choices[at].visit].must for at in clients)
            groups.append(pyvrp.ClientGroup(clients, required=must))
    return groups, group_of

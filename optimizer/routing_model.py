"""
Searches of the OR-Tools routing library over one model of the problem.

From a plan it goes on by guided local search; without one it builds its own by insertion and goes on by iterated local
search, which ruins two neighbouring routes at a time and inserts anew. Measured on weeks of 210 visits at 10 seconds,
the second reaches 8,601 to 8,684 where guided local search from the library's first solution ends at 8,561 to 8,601;
its metaheuristics other than these two ended lower. The library cannot start iterated local search from a given plan.

One vehicle is one shift, one node a visit at one window cost. All shifts share one artificial time axis: each has its
own segment of it, in working minutes, with no segment touching another. When a visit may start is then the domain of
one variable, and pauses, days and windows of each shift are exact. Starts of segments are fixed, because waiting is
free and duty counts from ``earliest`` anyway.

The library adds up prizes and costs of arcs; what else is part of the value (communities, minima) comes in through
the worth of visits that callers hand in. Overtime is counted in working minutes here, so a pause within it is missed.
What the library calls a solution is only taken as the visits of each shift in order: `schedule` times them, `evaluate`
judges them.

Points become whole numbers by `_scale`, so that no sum overflows: a model with huge numbers loses decimals instead.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2, routing_parameters_pb2
from ortools.util import optional_boolean_pb2

from optimizer.network import FloatArray, Network, limit_bucket
from optimizer.problem import Limit, LimitScope, MeasureKind
from optimizer.schedule import best_schedule
from optimizer.working_time import IntArray

Sequences = Mapping[int, Sequence[int]]

_FINEST_SCALE = 1_000 * 60
"""Points to whole numbers: three decimals, and an hourly cost by the minute."""
_ROUTES_RUINED = 2
_LARGEST_SUM = 2**58
"""Sums stay below this, leaving room for the penalties of guided local search in 64 bits."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """
    When to stop.

    Attributes
    ----------
    seconds
        Wall clock; the library may overrun it on large models.
    solutions
        Number of solutions; None for no limit. With one the same problem gives the same plan.
    """

    seconds: float
    solutions: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Node:
    visit: int
    window_cost: float


def search(
    network: Network,
    worth: FloatArray,
    candidates: Sequence[int],
    start: Sequences,
    limits: SearchLimits,
    on_solution: Callable[[dict[int, tuple[int, ...]]], bool],
) -> None:
    """
    Improve a plan; every better one is handed over as it is found.

    Parameters
    ----------
    worth
        Points of each visit of the problem; huge for those that must be made.
    candidates
        Positions of the visits to choose among; they hold all visits of ``start``.
    start
        Visits of each shift in order; keeps all maxima.
    on_solution
        Gets the visits of each used shift in order. After False nothing more is handed over, and the search ends as
        soon as the library lets it: guided local search at once, iterated local search at its limit.
    """
    model = _Model(network, worth, candidates)
    model.build(start)
    model.run(start, limits, on_solution)


class _Model:
    def __init__(self, network: Network, worth: FloatArray, candidates: Sequence[int]) -> None:
        self.network, self.worth = network, worth
        shifts = network.problem.shifts
        self.shifts = [k for k in range(len(shifts)) if len(network.class_of_shift(k).options.visit)]
        self.nodes = [_Node(visit, cost) for visit in candidates for cost in self._window_costs(visit)]
        self.node_visits = np.array([node.visit for node in self.nodes], dtype=np.int64)
        depots = sorted({row for k in self.shifts for row in self._ends(k)})
        self.depots = {row: len(self.nodes) + at for at, row in enumerate(depots)}
        self.rows = np.array([*network.rows[self.node_visits], *depots], dtype=np.int64)
        self.offsets: list[int] = []
        self.horizon = 0
        for k in self.shifts:
            self.offsets.append(self.horizon)
            self.horizon += self._length(k) + 1
        starts, ends = zip(*(self._ends(k) for k in self.shifts), strict=True)
        self.manager = pywrapcp.RoutingIndexManager(
            len(self.rows), len(self.shifts), [self.depots[row] for row in starts], [self.depots[row] for row in ends]
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.scale = self._scale()
        self.unary: dict[str, pywrapcp.RoutingDimension] = {}

    def _ends(self, shift: int) -> tuple[int, int]:
        each = self.network.class_of_shift(shift)
        return each.start_row, each.end_row

    def _length(self, shift: int) -> int:
        each = self.network.class_of_shift(shift)
        return max(0, each.close - each.begin)

    def _window_costs(self, visit: int) -> list[float]:
        costs: set[float] = set()
        for each in self.network.classes:
            options = each.options
            costs.update(options.window_cost[options.first[visit] : options.first[visit + 1]].tolist())
        return sorted(costs)

    def _scale(self) -> float:
        """Whole numbers a point, such that no sum of a plan's costs and lost worth reaches `_LARGEST_SUM`."""
        shifts = self.network.problem.shifts
        used = self.rows
        farthest = float(self.network.distance_m[np.ix_(used, used)].max()) / 1000
        arcs = farthest * max(shifts[k].cost_per_km for k in self.shifts)
        options = [self.network.class_of_shift(k).options.cost for k in self.shifts]
        arcs += max(float(costs.max()) for costs in options)
        once = float(self.worth[self.node_visits].max())
        total = (arcs + 2 * once) * (len(self.nodes) + len(self.shifts))
        total += sum(
            shifts[k].fixed_cost + (shifts[k].cost_per_hour / 60 + shifts[k].overtime_cost) * self._length(k)
            for k in self.shifts
        )
        return min(float(_FINEST_SCALE), _LARGEST_SUM / max(1.0, total))

    def _whole(self, points: float) -> int:
        return round(points * self.scale)

    def build(self, start: Sequences) -> None:
        """Put the whole problem into the library's model."""
        self._add_time()
        self._add_arc_costs()
        self._add_choices()
        self._add_loads()
        self._add_limits(start)
        self._add_duty_limits()

    def _add_time(self) -> None:
        network, routing = self.network, self.routing
        inner = len(self.nodes)
        legs = network.duration_min[np.ix_(self.rows, self.rows)].copy()
        legs[inner:, inner:] = 0  # the way of a shift that stays at home
        callbacks: dict[int, int] = {}
        transits = []
        for k in self.shifts:
            kits = network.problem.shifts[k].kits
            if kits not in callbacks:
                matrix = legs.copy()
                matrix[:inner] += network.class_of_shift(k).service[self.node_visits][:, None]
                callbacks[kits] = routing.RegisterTransitMatrix(matrix.tolist())
            transits.append(callbacks[kits])
        routing.AddDimensionWithVehicleTransits(transits, self.horizon, self.horizon, False, "time")  # noqa: FBT003
        self.time = routing.GetDimensionOrDie("time")
        for vehicle, (k, offset) in enumerate(zip(self.shifts, self.offsets, strict=True)):
            shift, shift_class = network.problem.shifts[k], network.class_of_shift(k)
            end = routing.End(vehicle)
            self.time.CumulVar(routing.Start(vehicle)).SetValue(offset)
            self.time.CumulVar(end).SetRange(offset, offset + self._length(k))
            routing.AddVariableMinimizedByFinalizer(self.time.CumulVar(end))
            if shift.overtime_cost and shift_class.close > shift_class.latest:
                late = offset + max(0, shift_class.latest - shift_class.begin)
                self.time.SetCumulVarSoftUpperBound(end, late, self._whole(shift.overtime_cost))
            if shift.cost_per_hour:
                self.time.SetSpanCostCoefficientForVehicle(self._whole(shift.cost_per_hour / 60), vehicle)
            if shift.fixed_cost:
                routing.SetFixedCostOfVehicle(self._whole(shift.fixed_cost), vehicle)
        for node in range(inner):
            self._restrict_node(node)

    def _restrict_node(self, node: int) -> None:
        """Leave a node the shifts and starts of its options at its window cost."""
        visit, cost = self.nodes[node].visit, self.nodes[node].window_cost
        allowed, intervals = [], []
        for vehicle, (k, offset) in enumerate(zip(self.shifts, self.offsets, strict=True)):
            shift_class = self.network.class_of_shift(k)
            options = shift_class.options
            at = range(int(options.first[visit]), int(options.first[visit + 1]))
            shift = offset - shift_class.begin
            mine = [
                (int(options.low[o]) + shift, int(options.high[o]) + shift)
                for o in at
                if options.window_cost[o] == cost
            ]
            if mine:
                allowed.append(vehicle)
                intervals += mine
        index = self.manager.NodeToIndex(node)
        self.routing.VehicleVar(index).SetValues([-1, *allowed])
        cumul = self.time.CumulVar(index)
        cumul.SetRange(intervals[0][0], intervals[-1][1])
        for before, after in itertools.pairwise(intervals):
            if before[1] + 1 < after[0]:
                cumul.RemoveInterval(before[1] + 1, after[0] - 1)

    def _add_arc_costs(self) -> None:
        network, inner = self.network, len(self.nodes)
        kilometres = network.distance_m[np.ix_(self.rows, self.rows)] / 1000
        kilometres[inner:, inner:] = 0
        window_costs = np.array([node.window_cost for node in self.nodes])
        visits = [network.problem.visits[node.visit] for node in self.nodes]
        costs = window_costs + self._group_costs()
        callbacks: dict[tuple[object, ...], int] = {}
        for vehicle, k in enumerate(self.shifts):
            shift = network.problem.shifts[k]
            extra = np.array([visit.shift_cost.get(shift.id, 0.0) for visit in visits])
            key = (shift.cost_per_km, extra.tobytes())
            if key not in callbacks:
                points = kilometres * shift.cost_per_km
                points[:, :inner] += costs + extra
                matrix = np.rint(points * self.scale).astype(np.int64)
                callbacks[key] = self.routing.RegisterTransitMatrix(matrix.tolist())
            self.routing.SetArcCostEvaluatorOfVehicle(callbacks[key], vehicle)

    def _choices(self) -> list[list[int]]:
        """Nodes of which at most one is made: the window costs of a visit, the visits of a group."""
        choices: dict[tuple[str, str], list[int]] = {}
        for node, each in enumerate(self.nodes):
            visit = self.network.problem.visits[each.visit]
            key = ("group", visit.group) if visit.group is not None else ("visit", visit.id)
            choices.setdefault(key, []).append(node)
        return list(choices.values())

    def _group_costs(self) -> FloatArray:
        """What each node is worth less than the best of its choice, which is what dropping the choice costs."""
        costs = np.zeros(len(self.nodes))
        for nodes in self._choices():
            worth = self.worth[self.node_visits[nodes]]
            costs[nodes] = worth.max() - worth
        return costs

    def _add_choices(self) -> None:
        for nodes in self._choices():
            penalty = self._whole(float(self.worth[self.node_visits[nodes]].max()))
            self.routing.AddDisjunction([self.manager.NodeToIndex(node) for node in nodes], penalty)

    def _add_loads(self) -> None:
        """Capacities and numbers of stops."""
        shifts = [self.network.problem.shifts[k] for k in self.shifts]
        if any(shift.max_stops is not None for shift in shifts):
            most = [len(self.nodes) if shift.max_stops is None else shift.max_stops for shift in shifts]
            self._count("stops", np.ones(len(self.network.rows), dtype=np.int64), most)
        for resource, amounts in self.network.demands.items():
            total = int(amounts.sum())
            most = [shift.capacity.get(resource, total) for shift in shifts]
            if min(most) < total:
                self._count(f"load {resource}", amounts, most)

    def _count(self, name: str, amounts: IntArray, most: list[int]) -> pywrapcp.RoutingDimension:
        """A dimension that adds up an amount of the visits along each route."""
        per_node = [*amounts[self.node_visits].tolist(), *([0] * len(self.depots))]
        callback = self.routing.RegisterUnaryTransitVector(per_node)
        self.routing.AddDimensionWithVehicleCapacity(callback, 0, most, True, name)  # noqa: FBT003
        return self.routing.GetDimensionOrDie(name)

    def _add_limits(self, start: Sequences) -> None:
        """Maxima as they stand; hard minima only where the start keeps them, else they steer through the worth."""
        made = [visit for visits in start.values() for visit in visits]
        for limit, amounts in zip(self.network.problem.limits, self.network.amounts, strict=True):
            if limit.measure.kind is MeasureKind.DUTY_MIN:
                continue
            total = int(amounts[self.node_visits].sum())
            hard_min = limit.min if limit.shortfall_cost is None and limit.min is not None else 0
            keeps_min = hard_min > 0 and int(amounts[made].sum()) >= hard_min
            most = total if limit.max is None else min(total, limit.max)
            if most >= total and not keeps_min:
                continue
            counted = self._count(f"limit {limit.id}", amounts, [most] * len(self.shifts))
            ends = [counted.CumulVar(self.routing.End(vehicle)) for vehicle in range(len(self.shifts))]
            if keeps_min:
                self._constrain(self._sum(ends) >= hard_min)
            if limit.per is not LimitScope.SHIFT and most < total:
                for vehicles in self._buckets(limit):
                    self._constrain(self._sum([ends[vehicle] for vehicle in vehicles]) <= most)

    def _add_duty_limits(self) -> None:
        for limit in self.network.problem.limits:
            if limit.measure.kind is not MeasureKind.DUTY_MIN or limit.max is None or limit.per is LimitScope.SHIFT:
                continue  # one shift's minutes are part of when it closes
            for vehicles in self._buckets(limit):
                ends = [self.time.CumulVar(self.routing.End(vehicle)) for vehicle in vehicles]
                self._constrain(self._sum(ends) <= limit.max + sum(self.offsets[vehicle] for vehicle in vehicles))

    def _buckets(self, limit: Limit) -> list[list[int]]:
        """Vehicles of the model over which a limit sums."""
        buckets: dict[tuple[str, int], list[int]] = {}
        for vehicle, k in enumerate(self.shifts):
            buckets.setdefault(limit_bucket(limit, self.network.problem.shifts[k]), []).append(vehicle)
        return list(buckets.values())

    def _sum(self, variables: list[pywrapcp.IntVar]) -> pywrapcp.IntExpr:
        return self.routing.solver().Sum(variables)

    def _constrain(self, constraint: pywrapcp.Constraint) -> None:
        self.routing.solver().Add(constraint)

    def run(
        self, start: Sequences, limits: SearchLimits, on_solution: Callable[[dict[int, tuple[int, ...]]], bool]
    ) -> None:
        """Search from the start; where the library does not take it, from a plan of its own."""
        routing = self.routing
        parameters = _parameters(limits)
        if len(self._choices()) < len(self.nodes):
            # Another window may fit another place only: the node is exchanged and put elsewhere in one move.
            parameters.local_search_operators.use_extended_swap_active = optional_boolean_pb2.BOOL_TRUE
        routing.solver().ReSeed(limits.seed)
        routing.CloseModelWithParameters(parameters)
        best = float("inf")

        def note_solution() -> None:
            nonlocal best
            cost = routing.CostVar().Max()
            if cost < best:
                best = cost
                if not on_solution(self._sequences()):
                    routing.CancelSearch()

        routing.AddAtSolutionCallback(note_solution)
        routes = self._start_routes(start)
        first = routing.ReadAssignmentFromRoutes(routes, True) if any(routes) else None  # noqa: FBT003
        if first is None:
            parameters.use_iterated_local_search = True
            parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
            routing.SolveWithIteratedLocalSearch(parameters)
        else:
            routing.SolveFromAssignmentWithParameters(first, parameters)

    def _start_routes(self, start: Sequences) -> list[list[int]]:
        index_of = {(node.visit, node.window_cost): self.manager.NodeToIndex(at) for at, node in enumerate(self.nodes)}
        hurry = any(limit.measure.kind is MeasureKind.DUTY_MIN for limit in self.network.problem.limits)
        routes = []
        for k in self.shifts:
            visits = start.get(k, ())
            shift_class = self.network.class_of_shift(k)
            schedule = best_schedule(self.network, shift_class, visits, hurry=hurry) if visits else None
            starts = schedule.starts if schedule is not None else ()
            routes.append(
                [
                    index_of[visit, shift_class.options.window_cost_at(visit, minute)]
                    for visit, minute in zip(visits, starts, strict=False)
                ]
            )
        return routes

    def _sequences(self) -> dict[int, tuple[int, ...]]:
        routing = self.routing
        sequences = {}
        for vehicle, k in enumerate(self.shifts):
            visits = []
            index = routing.NextVar(routing.Start(vehicle)).Value()
            while not routing.IsEnd(index):
                visits.append(self.nodes[self.manager.IndexToNode(index)].visit)
                index = routing.NextVar(index).Value()
            if visits:
                sequences[k] = tuple(visits)
        return sequences


def _parameters(limits: SearchLimits) -> routing_parameters_pb2.RoutingSearchParameters:
    """Guided local search; iterated local search ruins two neighbouring routes at a time."""
    insertion = routing_enums_pb2.FirstSolutionStrategy.LOCAL_CHEAPEST_INSERTION
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = insertion
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    ruin = parameters.iterated_local_search_parameters.ruin_recreate_parameters
    ruin.ruin_strategies.add().spatially_close_routes.num_ruined_routes = _ROUTES_RUINED
    ruin.recreate_strategy.heuristic = insertion
    parameters.time_limit.FromMilliseconds(max(1, round(limits.seconds * 1000)))
    if limits.solutions is not None:
        parameters.solution_limit = limits.solutions
    return parameters

"""
The integer choice: the best plan that given routes can make, with everything that spans routes as rows.

Limits per vehicle hold here for each vehicle by itself: routes are handed to vehicles inside the program where there
are such limits. The program goes to CBC: on weeks of 210 visits and 2,000 to 9,000 routes it proved in 3 to 10 s what
CP-SAT (one thread, full linearisation) proved in 7 to 20 s; SCIP and HiGHS took 12 s for the smaller of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from optimizer.network import Network
from optimizer.pricing import Column
from optimizer.problem import Limit, LimitScope, MeasureKind

INFINITY = float("inf")


@dataclass(frozen=True, slots=True)
class Choice:
    """
    Outcome of the integer choice.

    Attributes
    ----------
    routes
        A column with the position of the shift that drives it.
    value
        Points of the choice; None where none was found.
    bound
        No choice among the given columns is worth more.
    proved
        Whether the choice is the best among the given columns, or, without one, that there is none.
    """

    routes: list[tuple[int, Column]]
    value: float | None
    bound: float
    proved: bool


@dataclass(slots=True)
class _Chooser:
    """Builds and reads the integer program; variables are (column, vehicle or None)."""

    network: Network
    elements: npt.NDArray[np.int32]
    columns: Sequence[Column]
    solver: pywraplp.Solver = field(init=False)
    variables: list[tuple[Column, str | None, pywraplp.Variable]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the variables and rows."""
        self.solver = pywraplp.Solver.CreateSolver("CBC")
        objective = self.solver.Objective()
        objective.SetMaximization()
        by_vehicle = any(
            limit.per in {LimitScope.VEHICLE, LimitScope.VEHICLE_WEEK} for limit in self.network.problem.limits
        )
        vehicles = [self._vehicles(position) if by_vehicle else [None] for position in range(len(self.network.classes))]
        for column in self.columns:
            for vehicle in vehicles[column.shift_class]:
                variable = self.solver.BoolVar("")
                objective.SetCoefficient(variable, column.value)
                self.variables.append((column, vehicle, variable))
        self._count_visits()
        self._count_shifts()
        self._reach_communities()
        for position, limit in enumerate(self.network.problem.limits):
            self._keep_limit(position, limit)

    def _vehicles(self, position: int) -> list[str | None]:
        shifts = self.network.problem.shifts
        return list(dict.fromkeys(shifts[member].vehicle for member in self.network.classes[position].members))

    def _count_visits(self) -> None:
        solver, must = self.solver, self.network.must
        rows = {int(element): solver.Constraint(-INFINITY, 1) for element in np.unique(self.elements)}
        required = {v: solver.Constraint(1, 1) for v in np.flatnonzero(must).tolist()}
        for column, _, variable in self.variables:
            for v in column.visits:
                rows[int(self.elements[v])].SetCoefficient(variable, 1)
                if v in required:
                    required[v].SetCoefficient(variable, 1)

    def _count_shifts(self) -> None:
        rows: dict[tuple[int, str | None], pywraplp.Constraint] = {}
        shifts = self.network.problem.shifts
        for column, vehicle, variable in self.variables:
            key = (column.shift_class, vehicle)
            if key not in rows:
                members = self.network.classes[column.shift_class].members
                count = sum(vehicle is None or shifts[member].vehicle == vehicle for member in members)
                rows[key] = self.solver.Constraint(-INFINITY, count)
            rows[key].SetCoefficient(variable, 1)

    def _reach_communities(self) -> None:
        problem, solver = self.network.problem, self.solver
        rows: dict[str, pywraplp.Constraint] = {}
        for community in problem.communities:
            reached = solver.NumVar(0, 1, "")
            solver.Objective().SetCoefficient(reached, community.prize)
            rows[community.id] = solver.Constraint(-INFINITY, 0)
            rows[community.id].SetCoefficient(reached, 1)
        for column, _, variable in self.variables:
            shares: dict[str, float] = {}
            for v in column.visits:
                for community_id, share in problem.visits[v].reaches.items():
                    shares[community_id] = shares.get(community_id, 0.0) + share
            for reached_id, share in shares.items():
                rows[reached_id].SetCoefficient(variable, -share)

    def _keep_limit(self, position: int, limit: Limit) -> None:
        if limit.per is LimitScope.SHIFT:
            return
        solver = self.solver
        rows: dict[tuple[str | None, int], pywraplp.Constraint] = {}
        least = None
        if limit.min is not None:
            least = solver.Constraint(limit.min, INFINITY)
            if limit.shortfall_cost is not None:
                shortfall = solver.NumVar(0, limit.min, "")
                least.SetCoefficient(shortfall, 1)
                solver.Objective().SetCoefficient(shortfall, -limit.shortfall_cost)
        for column, vehicle, variable in self.variables:
            if limit.measure.kind is MeasureKind.DUTY_MIN:
                amount = float(column.back_min)
            else:
                amount = float(self.network.amounts[position][list(column.visits)].sum())
            if not amount:
                continue
            if limit.max is not None:
                key = self._bucket(limit, column, vehicle)
                if key not in rows:
                    rows[key] = solver.Constraint(-INFINITY, limit.max)
                rows[key].SetCoefficient(variable, amount)
            if least is not None:
                least.SetCoefficient(variable, amount)

    def _bucket(self, limit: Limit, column: Column, vehicle: str | None) -> tuple[str | None, int]:
        if limit.per is LimitScope.PLAN:
            return (None, 0)
        week = self.network.classes[column.shift_class].shift.week
        return (vehicle, week if limit.per is LimitScope.VEHICLE_WEEK else 0)

    def routes(self) -> list[tuple[int, Column]]:
        """The columns chosen, each with a shift of its class (and vehicle)."""
        shifts = self.network.problem.shifts
        free: dict[int, list[int]] = {}
        found: list[tuple[int, Column]] = []
        for column, vehicle, variable in self.variables:
            if variable.solution_value() > 0.5:  # noqa: PLR2004 (a whole number, up to the solver's tolerance)
                left = free.setdefault(column.shift_class, list(self.network.classes[column.shift_class].members))
                shift = next(member for member in left if vehicle is None or shifts[member].vehicle == vehicle)
                left.remove(shift)
                found.append((shift, column))
        return found


def choose(
    network: Network, elements: npt.NDArray[np.int32], columns: Sequence[Column], *, time_limit_s: float
) -> Choice:
    """
    The best plan made of the given columns.

    Parameters
    ----------
    columns
        Routes to choose among; none of them repeats a visit.
    time_limit_s
        Seconds; the best choice so far counts at their end.
    """
    chooser = _Chooser(network, elements, columns)
    solver = chooser.solver
    solver.SetTimeLimit(max(1, int(time_limit_s * 1000)))
    parameters = pywraplp.MPSolverParameters()
    parameters.SetDoubleParam(pywraplp.MPSolverParameters.RELATIVE_MIP_GAP, 5e-5)
    status = solver.Solve(parameters)
    if status == pywraplp.Solver.INFEASIBLE:
        return Choice([], None, -INFINITY, proved=True)
    if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return Choice([], None, INFINITY, proved=False)
    value = solver.Objective().Value()
    proved = status == pywraplp.Solver.OPTIMAL
    return Choice(chooser.routes(), value, max(value, solver.Objective().BestBound()), proved)

"""
Choosing among routes: the linear program over columns, its proved bound, cuts, and the integer choice.

The *master* has one column a route of a shift class and one row for everything that spans routes: each visit or group at
most once, required visits once, the shifts of a class, communities (``y <= sum of shares``, ``y <= 1``), limits with
their shortfalls, and subset-row cuts. Rules inside a route belong to `pricing`.

Limits per vehicle do not split vans that are alike: over vehicles that share a class they are summed up, which is a
relaxation; the integer choice hands routes to vehicles and keeps each one's limit.

Rows at most something are written ``-inf <= sum <= most``: with a lower end of 0, GLOP may give a dual of either sign where
no column covers the row, and a bound made of it would be wrong.

Linear programs go to GLOP. The integer choice goes to CBC, which on these set-packing models proved in 3 s what CP-SAT
(with full linearisation, one thread) proved in 7 s and SCIP and HiGHS in 12 s.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from optimizer.network import Network
from optimizer.pricing import Column, Duals
from optimizer.problem import Limit, LimitScope, MeasureKind

INFINITY = float("inf")
INTEGRAL = 1e-6
"""A column this near to 0 or 1 counts as whole."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """
    A row that limits a sum over the routes of some classes.

    Attributes
    ----------
    limit
        Position of the limit in the problem.
    classes
        Positions of the classes whose routes count.
    most
        Of the sum; None for a row that asks for at least the limit's min.
    """

    limit: int
    classes: frozenset[int]
    most: int | None


@dataclass(slots=True)
class _Row:
    """A row with what it holds, beside GLOP's own object."""

    constraint: pywraplp.Constraint
    kind: str
    key: int
    right: float
    bucket: Bucket | None = None
    cut: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Relaxed:
    """
    Solution of the linear program.

    Attributes
    ----------
    value
        Of the program over the present columns; no bound by itself.
    missing
        How much of the required visits and hard minima no column covers; above 0 the program has no plan yet.
    weights
        The columns used, each with its share, at most 1.
    """

    value: float
    missing: float
    weights: list[tuple[Column, float]]


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


def elements_of(network: Network) -> npt.NDArray[np.int32]:
    """For each visit what excludes it: itself or its group, counted from 0."""
    names: dict[tuple[str, str], int] = {}
    return np.array(
        [
            names.setdefault(("group", v.group) if v.group is not None else ("visit", v.id), len(names))
            for v in network.problem.visits
        ],
        dtype=np.int32,
    )


def shared_buckets(network: Network) -> list[Bucket]:
    """
    Rows that the problem's limits need across routes, summed over vehicles that share a class.

    Limits inside a shift are left out: they belong to pricing.
    """
    problem = network.problem
    found: list[Bucket] = []
    everywhere = frozenset(range(len(network.classes)))
    for position, limit in enumerate(problem.limits):
        if limit.per is LimitScope.SHIFT:
            continue
        if limit.per is LimitScope.PLAN:
            if limit.max is not None:
                found.append(Bucket(position, everywhere, limit.max))
            if limit.min is not None:
                found.append(Bucket(position, everywhere, None))
            continue
        found.extend(_summed(network, position, limit))
    return found


def _summed(network: Network, position: int, limit: Limit) -> Iterable[Bucket]:
    keys = [{_scope_key(network, limit, s) for s in each.members} for each in network.classes]
    group: dict[tuple[str, int], tuple[str, int]] = {}

    def root(key: tuple[str, int]) -> tuple[str, int]:
        while group.setdefault(key, key) != key:
            key = group[key]
        return key

    for members in keys:
        first, *rest = sorted(members)
        for other in rest:
            group[root(other)] = root(first)
    together: dict[tuple[str, int], set[int]] = {}
    for at, members in enumerate(keys):
        together.setdefault(root(min(members)), set()).add(at)
    for top, classes in together.items():
        count = sum(root(key) == top for key in group if key in set().union(*keys))
        yield Bucket(position, frozenset(classes), (limit.max or 0) * count)


def _scope_key(network: Network, limit: Limit, shift: int) -> tuple[str, int]:
    each = network.problem.shifts[shift]
    return (each.vehicle, each.week if limit.per is LimitScope.VEHICLE_WEEK else 0)


class Master:
    """
    The linear program over columns.

    Parameters
    ----------
    elements
        `elements_of` the network.
    prizes
        False for the search of any plan at all: nothing is worth anything, only what is missing costs.
    """

    def __init__(self, network: Network, elements: npt.NDArray[np.int32], *, prizes: bool = True) -> None:
        self._network = network
        self._elements = elements
        self._prizes = prizes
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._objective = self._solver.Objective()
        self._objective.SetMaximization()
        self._columns: dict[tuple[int, tuple[int, ...], int], tuple[Column, pywraplp.Variable]] = {}
        self._missing: list[pywraplp.Variable] = []
        self._cuts: list[_Row] = []
        self._rows: list[_Row] = []
        self._by_element: dict[int, _Row] = {}
        self._by_must: dict[int, _Row] = {}
        self._by_class: list[_Row] = []
        self._by_community: dict[str, _Row] = {}
        self._by_bucket: list[_Row] = []
        self._penalty = self._missing_cost()
        self._add_rows()

    @property
    def cuts(self) -> tuple[frozenset[int], ...]:
        """Subset-row cuts as sets of three elements."""
        return tuple(row.cut for row in self._cuts)

    @property
    def columns(self) -> list[Column]:
        """All columns, in order of coming."""
        return [column for column, _ in self._columns.values()]

    @property
    def counts_duty(self) -> bool:
        """Whether rows count minutes on duty, so that a route that is back earlier may serve better."""
        limits = self._network.problem.limits
        return any(limits[row.key].measure.kind is MeasureKind.DUTY_MIN for row in self._by_bucket)

    def conflict(self) -> tuple[str, ...]:
        """Ids of the visits, shifts and limits whose rows have a dual: in a search without prizes they cannot all hold."""
        problem = self._network.problem
        found: list[str] = []
        for row, dual in zip(self._rows, self.row_duals(), strict=True):
            if abs(dual) <= INTEGRAL:
                continue
            if row.kind == "must":
                found.append(problem.visits[row.key].id)
            elif row.kind == "class":
                found.extend(problem.shifts[member].id for member in self._network.classes[row.key].members)
            elif row.kind in {"most", "least"}:
                found.append(problem.limits[row.key].id)
        return tuple(dict.fromkeys(found))

    def _missing_cost(self) -> float:
        """More than any plan can win, so that what is missing comes first."""
        if not self._prizes:
            return 1.0
        problem = self._network.problem
        shortfalls = sum((limit.shortfall_cost or 0.0) * (limit.min or 0) for limit in problem.limits)
        prizes = sum(visit.prize for visit in problem.visits)
        return 1.0 + prizes + sum(community.prize for community in problem.communities) + shortfalls

    def _add_row(self, kind: str, key: int, low: float, high: float, bucket: Bucket | None = None) -> _Row:
        right = high if math.isfinite(high) else low
        row = _Row(self._solver.Constraint(low, high), kind, key, right, bucket)
        self._rows.append(row)
        return row

    def _add_missing(self, row: _Row, most: float, cost: float) -> None:
        variable = self._solver.NumVar(0, most, "")
        row.constraint.SetCoefficient(variable, 1)
        self._objective.SetCoefficient(variable, -cost)
        self._missing.append(variable)

    def _add_rows(self) -> None:
        problem = self._network.problem
        sizes = np.bincount(self._elements, minlength=1)
        musts = {v for v, must in enumerate(self._network.must) if must}
        alone_and_must = {int(self._elements[v]) for v in musts if sizes[self._elements[v]] == 1}
        for element in range(len(sizes) if len(problem.visits) else 0):
            if element not in alone_and_must:
                self._by_element[element] = self._add_row("element", element, -INFINITY, 1)
        for v in sorted(musts):
            row = self._by_must[v] = self._add_row("must", v, 1, 1)
            self._add_missing(row, 1, self._penalty)
        for position, each in enumerate(self._network.classes):
            self._by_class.append(self._add_row("class", position, -INFINITY, len(each.members)))
        if self._prizes:
            for position, community in enumerate(problem.communities):
                row = self._add_row("community", position, -INFINITY, 0)
                reached = self._solver.NumVar(0, 1, "")
                row.constraint.SetCoefficient(reached, 1)
                self._objective.SetCoefficient(reached, community.prize)
                self._by_community[community.id] = row
        for bucket in shared_buckets(self._network):
            self._add_bucket(bucket)

    def _add_bucket(self, bucket: Bucket) -> None:
        limit = self._network.problem.limits[bucket.limit]
        if bucket.most is not None:
            self._by_bucket.append(self._add_row("most", bucket.limit, -INFINITY, bucket.most, bucket))
            return
        least = float(limit.min or 0)
        if limit.shortfall_cost is None:
            row = self._add_row("least", bucket.limit, least, INFINITY, bucket)
            self._add_missing(row, least, self._penalty)
        elif self._prizes:
            row = self._add_row("least", bucket.limit, least, INFINITY, bucket)
            shortfall = self._solver.NumVar(0, least, "")
            row.constraint.SetCoefficient(shortfall, 1)
            self._objective.SetCoefficient(shortfall, -limit.shortfall_cost)
        else:
            return
        self._by_bucket.append(row)

    def add(self, columns: Iterable[Column]) -> int:
        """Add columns that are new; how many were."""
        added = 0
        for column in columns:
            key = (column.shift_class, column.visits, column.back_min)
            known = self._columns.get(key)
            if known is not None and known[0].value >= column.value:
                continue
            variable = self._solver.NumVar(0, INFINITY, "")
            self._objective.SetCoefficient(variable, column.value if self._prizes else 0.0)
            for row, amount in self._coefficients(column):
                row.constraint.SetCoefficient(variable, amount)
            self._columns[key] = (column, variable)
            added += 1
        return added

    def _coefficients(self, column: Column) -> list[tuple[_Row, float]]:
        problem = self._network.problem
        found: list[tuple[_Row, float]] = [(self._by_class[column.shift_class], 1.0)]
        shares: dict[str, float] = {}
        for v in column.visits:
            for row in (self._by_element.get(int(self._elements[v])), self._by_must.get(v)):
                if row is not None:
                    found.append((row, 1.0))
            for community, share in problem.visits[v].reaches.items():
                shares[community] = shares.get(community, 0.0) + share
        if self._prizes:
            found.extend((self._by_community[community], -share) for community, share in shares.items())
        for row in self._by_bucket:
            amount = self._bucket_amount(row, column)
            if amount:
                found.append((row, amount))
        served = {int(self._elements[v]) for v in column.visits}
        found.extend((row, 1.0) for row in self._cuts if len(row.cut & served) >= 2)  # noqa: PLR2004 (two of three)
        return found

    def _bucket_amount(self, row: _Row, column: Column) -> float:
        assert row.bucket is not None
        if column.shift_class not in row.bucket.classes:
            return 0.0
        if self._network.problem.limits[row.bucket.limit].measure.kind is MeasureKind.DUTY_MIN:
            return float(column.back_min)
        return float(self._network.amounts[row.bucket.limit][list(column.visits)].sum())

    def relax(self) -> Relaxed:
        """Solve the linear program over the present columns."""
        status = self._solver.Solve()
        if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
            raise RuntimeError(f"The linear program over {len(self._columns)} columns ended with status {status}.")
        weights = [
            (column, weight)
            for column, variable in self._columns.values()
            if (weight := variable.solution_value()) > INTEGRAL
        ]
        missing = sum(variable.solution_value() for variable in self._missing)
        return Relaxed(self._objective.Value(), missing, weights)

    def row_duals(self) -> list[float]:
        """The dual of each row, cut back to the sign it must have for the bound to hold."""
        clipped = {"must": lambda dual: dual, "least": lambda dual: min(0.0, dual)}
        return [
            clipped.get(row.kind, lambda dual: max(0.0, dual))(row.constraint.dual_value()) for row in self._rows
        ]

    def class_duals(self, row_duals: Sequence[float], position: int) -> Duals:
        """What the rows charge the routes of a class."""
        network = self._network
        by_row = {id(row): dual for row, dual in zip(self._rows, row_duals, strict=True)}
        visit = np.zeros(len(network.problem.visits))
        duty = 0.0
        element_dual = np.zeros(int(self._elements.max(initial=-1)) + 1)
        for element, row in self._by_element.items():
            element_dual[element] = by_row[id(row)]
        if len(visit):
            visit += element_dual[self._elements]
        for v, row in self._by_must.items():
            visit[v] += by_row[id(row)]
        if self._by_community:
            for v, each in enumerate(network.problem.visits):
                for community, share in each.reaches.items():
                    visit[v] -= share * by_row[id(self._by_community[community])]
        for row in self._by_bucket:
            assert row.bucket is not None
            dual = by_row[id(row)]
            if dual and position in row.bucket.classes:
                if network.problem.limits[row.bucket.limit].measure.kind is MeasureKind.DUTY_MIN:
                    duty += dual
                else:
                    visit += dual * network.amounts[row.bucket.limit]
        cut = tuple(by_row[id(row)] for row in self._cuts)
        return Duals(visit, by_row[id(self._by_class[position])], duty, self.cuts, cut)

    def bound(self, row_duals: Sequence[float], best: Sequence[float]) -> float:
        """
        The Lagrangian bound: no plan is worth more, whatever the duals.

        Parameters
        ----------
        row_duals
            From `row_duals`, or a mixture of such.
        best
            For each class at least the most that a route is worth at these duals, the class's own dual included.
        """
        problem = self._network.problem
        total = 0.0
        for row, dual in zip(self._rows, row_duals, strict=True):
            total += row.right * dual
            if row.kind == "community":
                total += max(0.0, problem.communities[row.key].prize - dual)
            elif row.kind == "least":
                cost = problem.limits[row.key].shortfall_cost
                if cost is not None:
                    total += row.right * max(0.0, -cost - dual)
        for each, worth in zip(self._network.classes, best, strict=True):
            total += len(each.members) * max(0.0, worth)
        return total

    def add_cuts(self, relaxed: Relaxed, *, most: int, least_violation: float = 0.03) -> int:
        """
        Add subset-row cuts over three elements that the solution breaks: at most one route serves two of them.

        Jepsen et al. 2008, doi 10.1287/opre.1070.0449. The worst broken come first; no element is in more than four new ones.
        """
        pairs: dict[tuple[int, ...], float] = {}
        triples: dict[tuple[int, ...], float] = {}
        for column, weight in relaxed.weights:
            served = sorted({int(self._elements[v]) for v in column.visits})
            for pair in combinations(served, 2):
                pairs[pair] = pairs.get(pair, 0.0) + weight
            for triple in combinations(served, 3):
                triples[triple] = triples.get(triple, 0.0) + weight
        near: dict[int, set[int]] = {}
        for one, other in pairs:
            near.setdefault(one, set()).add(other)
            near.setdefault(other, set()).add(one)
        known = set(self.cuts)
        broken: dict[tuple[int, ...], float] = {}
        for one, other in pairs:
            for third in near[one] | near[other]:
                triple = tuple(sorted({one, other, third}))
                if len(triple) == 3 and triple not in broken and frozenset(triple) not in known:  # noqa: PLR2004
                    sides = sum(pairs.get(pair, 0.0) for pair in combinations(triple, 2))
                    broken[triple] = sides - 2 * triples.get(triple, 0.0) - 1
        chosen: list[frozenset[int]] = []
        times: dict[int, int] = {}
        for triple in sorted(broken, key=lambda each: (-broken[each], each)):
            if broken[triple] < least_violation or len(chosen) == most:
                break
            if all(times.get(element, 0) < 4 for element in triple):  # noqa: PLR2004 (spread)
                chosen.append(frozenset(triple))
                for element in triple:
                    times[element] = times.get(element, 0) + 1
        for cut in chosen:
            self._add_cut(cut)
        return len(chosen)

    def _add_cut(self, cut: frozenset[int]) -> None:
        row = self._add_row("cut", len(self._cuts), -INFINITY, 1)
        row.cut = cut
        self._cuts.append(row)
        for column, variable in self._columns.values():
            if len(cut & {int(self._elements[v]) for v in column.visits}) >= 2:  # noqa: PLR2004 (two of three)
                row.constraint.SetCoefficient(variable, 1)


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
            for community_id, share in shares.items():
                rows[community_id].SetCoefficient(variable, -share)

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
    parameters.SetDoubleParam(pywraplp.MPSolverParameters.RELATIVE_MIP_GAP, 1e-7)
    status = solver.Solve(parameters)
    if status == pywraplp.Solver.INFEASIBLE:
        return Choice([], None, -INFINITY, proved=True)
    if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
        return Choice([], None, INFINITY, proved=False)
    value = solver.Objective().Value()
    proved = status == pywraplp.Solver.OPTIMAL
    return Choice(chooser.routes(), value, max(value, solver.Objective().BestBound()), proved)

"""
The linear program over routes: its rows, its proved bound, and cuts that tighten it.

The *master* has one column a route of a shift class and one row for everything that spans routes: each visit or group
at most once, required visits once, the shifts of a class, communities (``y <= sum of shares``, ``y <= 1``), limits with
their shortfalls, and subset-row cuts. Rules inside a route belong to `pricing`.

Limits per vehicle do not split vans that are alike: over vehicles that share a class they are summed up, which is a
relaxation; `choice` hands routes to vehicles and keeps each one's limit.

Rows at most something are written ``-inf <= sum <= most``: with a lower end of 0, GLOP may give a dual of either sign
where no column covers the row, and a bound made of it would be wrong.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from optimizer.cuts import find_subset_row_cuts, most_pairs, pairs_served
from optimizer.labelling import Floats
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


class NothingLeftError(Exception):
    """The columns fixed leave no solution."""


def _key(column: Column) -> tuple[int, tuple[int, ...], int]:
    return (column.shift_class, column.visits, column.back_min)


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
        self.prizes = prizes
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._objective = self._solver.Objective()
        self._objective.SetMaximization()
        self._columns: dict[tuple[int, tuple[int, ...], int], tuple[Column, pywraplp.Variable]] = {}
        self._missing: list[pywraplp.Variable] = []
        self._fixed: dict[tuple[int, tuple[int, ...], int], pywraplp.Variable] = {}
        self._cuts: list[_Row] = []
        self._rows: list[_Row] = []
        self._by_element: dict[int, _Row] = {}
        self._by_must: dict[int, _Row] = {}
        self._by_class: list[_Row] = []
        self._by_community: dict[str, _Row] = {}
        self._by_bucket: list[_Row] = []
        self._forced: tuple[_Row, pywraplp.Variable] | None = None
        self._penalty = self._missing_cost()
        self._add_rows()

    @property
    def cuts(self) -> tuple[frozenset[int], ...]:
        """Subset-row cuts as sets of elements."""
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
        """Ids of what has a dual: after a search without prizes these visits, shifts and limits cannot all hold."""
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
        if not self.prizes:
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

    def _add_missing(self, row: _Row, most: float, cost: float) -> pywraplp.Variable:
        variable = self._solver.NumVar(0, most, "")
        row.constraint.SetCoefficient(variable, 1)
        self._objective.SetCoefficient(variable, -cost)
        self._missing.append(variable)
        return variable

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
        if self.prizes:
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
        elif self.prizes:
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
            key = _key(column)
            known = self._columns.get(key)
            if known is not None and known[0].value >= column.value:
                continue
            variable = self._solver.NumVar(0, INFINITY, "")
            self._objective.SetCoefficient(variable, column.value if self.prizes else 0.0)
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
            rows = (self._by_element.get(int(self._elements[v])), self._by_must.get(v))
            found.extend((row, 1.0) for row in rows if row is not None)
            for community, share in problem.visits[v].reaches.items():
                shares[community] = shares.get(community, 0.0) + share
        if self.prizes:
            found.extend((self._by_community[community], -share) for community, share in shares.items())
        for row in self._by_bucket:
            amount = self._bucket_amount(row, column)
            if amount:
                found.append((row, amount))
        served = self._served(column)
        found.extend((row, float(pairs)) for row in self._cuts if (pairs := pairs_served(row.cut, served)))
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
        if status == pywraplp.Solver.ABNORMAL:
            # GLOP's presolve loses its way on some programs that it solves without.
            plain = pywraplp.MPSolverParameters()
            plain.SetIntegerParam(plain.PRESOLVE, plain.PRESOLVE_OFF)
            plain.SetIntegerParam(plain.INCREMENTALITY, plain.INCREMENTALITY_OFF)
            status = self._solver.Solve(plain)
        if status == pywraplp.Solver.INFEASIBLE and self._fixed:
            raise NothingLeftError
        if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
            raise RuntimeError(f"The linear program over {len(self._columns)} columns ended with status {status}.")
        weights = [
            (column, weight)
            for column, variable in self._columns.values()
            if (weight := variable.solution_value()) > INTEGRAL
        ]
        missing = sum(variable.solution_value() for variable in self._missing)
        return Relaxed(self._objective.Value(), missing, weights)

    def fix(self, columns: Iterable[Column]) -> None:
        """Use these columns in full until `free` is called; bounds mean nothing meanwhile."""
        for column in columns:
            _, variable = self._columns[_key(column)]
            variable.SetLb(1)
            self._fixed[_key(column)] = variable

    @property
    def fixed(self) -> list[Column]:
        """The columns that are used in full."""
        return [self._columns[key][0] for key, variable in self._fixed.items() if variable.lb() > 0]

    def forbid(self, columns: Iterable[Column]) -> None:
        """Use these columns not at all until `free` is called; bounds mean nothing meanwhile."""
        for column in columns:
            _, variable = self._columns[_key(column)]
            variable.SetUb(0)
            self._fixed[_key(column)] = variable

    def free(self, columns: Iterable[Column] | None = None) -> None:
        """Undo `fix` and `forbid`, for all columns or for some."""
        keys = list(self._fixed) if columns is None else [_key(column) for column in columns]
        for key in keys:
            variable = self._fixed.pop(key)
            variable.SetLb(0)
            variable.SetUb(INFINITY)

    @contextmanager
    def forced(self, visit: int) -> Iterator[None]:
        """
        Require one more visit, by its position, while the context lasts; the program is then as it was before.

        Bounds of `bound` are meanwhile those of plans that hold the visit, for duals that were told meanwhile. GLOP
        takes no row out, so one row serves all visits in turn; between them it holds nothing.
        """
        if visit in self._by_must:
            yield
            return
        if self._forced is None:
            row = self._add_row("must", visit, -INFINITY, INFINITY)
            self._forced = row, self._add_missing(row, 0, self._penalty)
        row, missing = self._forced
        row.key, row.right, self._by_must[visit] = visit, 1.0, row
        row.constraint.SetBounds(1, 1)
        missing.SetUb(1)
        row.constraint.SetCoefficient(missing, 1)
        for column, variable in self._columns.values():
            if visit in column.visits:
                row.constraint.SetCoefficient(variable, 1)
        try:
            yield
        finally:
            del self._by_must[visit]
            row.right = 0.0
            row.constraint.Clear()
            row.constraint.SetBounds(-INFINITY, INFINITY)
            missing.SetUb(0)

    def row_duals(self) -> list[float]:
        """The dual of each row, cut back to the sign it must have for the bound to hold."""
        clipped = {"must": lambda dual: dual, "least": lambda dual: min(0.0, dual)}
        return [clipped.get(row.kind, lambda dual: max(0.0, dual))(row.constraint.dual_value()) for row in self._rows]

    def class_duals(self, row_duals: Sequence[float], position: int) -> Duals:
        """What the rows charge the routes of a class; cuts that came after the duals charge nothing."""
        network = self._network
        later = [0.0] * (len(self._rows) - len(row_duals))
        by_row = {id(row): dual for row, dual in zip(self._rows, [*row_duals, *later], strict=True)}
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

    def worth_of_more(self, row_duals: Sequence[float], limit: str, by: int) -> float:
        """Points by which the rows of a limit raise `bound` when its max is raised by so much."""
        total = 0.0
        for row, dual in zip(self._rows, row_duals, strict=False):
            each = self._network.problem.limits[row.key] if row.kind == "most" else None
            if each is not None and each.id == limit:
                vehicles = len({shift.vehicle for shift in self._network.problem.shifts})
                times = 1.0 if each.per is LimitScope.PLAN else row.right / each.max if each.max else vehicles
                total += dual * by * times
        return total

    def worth_of_vehicle(self, row_duals: Sequence[float], position: int) -> float:
        """Points by which the limits per vehicle raise `bound` when one vehicle more has a shift of that class."""
        total = 0.0
        for row, dual in zip(self._rows, row_duals, strict=False):
            if row.kind == "most" and row.bucket is not None and position in row.bucket.classes:
                limit = self._network.problem.limits[row.key]
                total += dual * (limit.max or 0) if limit.per is not LimitScope.PLAN else 0.0
        return total

    def reduced_values(self, columns: Sequence[Column], row_duals: Sequence[float]) -> Floats:
        """What each column is worth when the rows charge for it; rows that came after the duals charge nothing."""
        duals = [self.class_duals(row_duals, position) for position in range(len(self._network.classes))]
        return np.array([self._reduced_value(column, duals[column.shift_class]) for column in columns])

    def _reduced_value(self, column: Column, duals: Duals) -> float:
        charged = duals.visit[list(column.visits)].sum() + duals.route + duals.duty_min * column.back_min
        served = self._served(column)
        charged += sum(dual * pairs_served(cut, served) for cut, dual in zip(duals.cuts, duals.cut, strict=True))
        return float(column.value - charged)

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

    def tighten(self, relaxed: Relaxed, *, most: int) -> int:
        """Add subset-row cuts that the solution breaks, the worst first; how many were found."""
        served = [(self._served(column), weight) for column, weight in relaxed.weights]
        cuts = find_subset_row_cuts(served, known=frozenset(self.cuts), most=most)
        self.add_cuts(cuts)
        return len(cuts)

    def add_cuts(self, cuts: Iterable[frozenset[int]]) -> None:
        """Add subset-row cuts, each an odd number of elements."""
        for cut in cuts:
            row = self._add_row("cut", len(self._cuts), -INFINITY, most_pairs(cut))
            row.cut = cut
            self._cuts.append(row)
            for column, variable in self._columns.values():
                pairs = pairs_served(cut, self._served(column))
                if pairs:
                    row.constraint.SetCoefficient(variable, pairs)

    def binding_cuts(self, row_duals: Sequence[float]) -> list[frozenset[int]]:
        """The cuts that cost something at these duals."""
        return [row.cut for row, dual in zip(self._rows, row_duals, strict=False) if row.cut and dual > INTEGRAL]

    def _served(self, column: Column) -> frozenset[int]:
        return frozenset(self._elements[list(column.visits)].tolist())

"""
Plans by ruin and recreate: the engine of last resort where routes are long.

With more than about eight stops a shift, routes are too many for pricing to look at, and choosing among those it finds
comes late. Tearing strings of stops out of neighbouring routes and filling the gaps again needs no more than the routes
themselves (`ruin_kernel`). It proves nothing.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from optimizer.master import elements_of
from optimizer.network import Network, limit_bucket
from optimizer.pricing import back_costs
from optimizer.problem import LimitId, LimitScope, MeasureKind
from optimizer.ruin_kernel import NOWHERE, Field, Floats, Ints, Routes, improve, note, refresh
from optimizer.worth import Worth

Sequences = dict[int, tuple[int, ...]]
"""The visits of each used shift in order; positions in the problem."""

_STEPS = 200
"""Between two looks at the clock: some hundredths of a second for a hundred visits."""
_HOT, _COLD = 0.3, 0.02
"""Temperatures at the beginning and the end, as parts of what a stop is worth or costs."""
_AMPLE = 2**30
_MOST_NEAR = 100


def ruin_and_recreate(
    network: Network,
    worth: Worth,
    start: Mapping[int, Sequence[int]],
    *,
    seed: int,
    share_done: Callable[[], float],
) -> Iterator[Sequences]:
    """
    Better and better plans, from a first one.

    Parameters
    ----------
    worth
        What visits bring; of communities as they are covered by the first plan.
    start
        The first plan: visits of each used shift in order, by position.
    share_done
        Part of the work that is done, from 0 to 1, where it ends; asked every some hundredths of a second.

    Yields
    ------
    Routes that keep every rule but minima and limits of minutes on duty beyond a shift; these and the cheapest times
    are the caller's business.
    """
    field = _field(network, worth, start)
    now = _routes(field, start)
    before, best = _copied(now), _copied(now)
    value, step = -math.inf, 0
    scale = _scale(field, now)
    while (done := share_done()) < 1:
        heat = scale * _HOT * (_COLD / _HOT) ** done
        found = improve(field, now, before, best, value, heat, _STEPS, (seed * 1_000_003 + step) % 2**32)
        step += 1
        if found > value:
            value = found
            yield {s: tuple(best.stops[s, : best.size[s]].tolist()) for s in np.flatnonzero(best.size).tolist()}


def _routes(field: Field, start: Mapping[int, Sequence[int]]) -> Routes:
    shifts, most = len(field.shift_class), len(field.row) + 1
    routes = Routes(
        stops=np.zeros((shifts, most), np.int32),
        size=np.zeros(shifts, np.int32),
        free=np.zeros((shifts, most + 1), np.int32),
        due=np.zeros((shifts, most + 1), np.int32),
        load=np.zeros((shifts, len(field.use)), np.int32),
        cost=np.zeros(shifts),
        sums=np.zeros(len(field.most), np.int32),
        where=np.full(len(field.row), NOWHERE, np.int32),
        taken=np.zeros(int(field.element.max(initial=0)) + 1, np.int32),
    )
    for shift in range(shifts):
        visits = start.get(shift, ())
        routes.stops[shift, : len(visits)] = visits
        routes.size[shift] = len(visits)
        if not refresh(field, routes, shift):
            routes.size[shift] = 0
            refresh(field, routes, shift)
        for visit in routes.stops[shift, : routes.size[shift]]:
            note(field, routes, shift, visit, 1)
    return routes


def _copied(routes: Routes) -> Routes:
    return Routes._make(array.copy() for array in routes)


def _scale(field: Field, routes: Routes) -> float:
    """What a stop is worth or costs, about."""
    stops = max(1, int(routes.size.sum()))
    prizes = float(np.mean(field.prize)) if len(field.prize) else 0.0
    return max(prizes, float(routes.cost.sum()) / stops, 1e-3)


def _field(network: Network, worth: Worth, start: Mapping[int, Sequence[int]]) -> Field:
    classes = network.classes
    n = len(network.rows)
    made = np.zeros(n, np.bool_)
    made[[visit for visits in start.values() for visit in visits]] = True
    prize: Floats = np.asarray(worth.beside(made), dtype=np.float64)
    around = network.duration_min[np.ix_(network.rows, network.rows)]
    around = (around + around.T).astype(np.int64)
    np.fill_diagonal(around, -1)
    options = [each.options for each in classes]
    offsets = np.cumsum([0, *(len(each.visit) for each in options)])
    back = [back_costs(each) for each in classes]
    width = max(map(len, back), default=1)
    use, capacity = _resources(network)
    counted, bucket, most = _limits(network)
    shifts = [each.shift for each in classes]
    metre_cost = np.array([each.cost_per_km / 1000 for each in shifts], dtype=np.float64)
    return Field(
        minutes=network.duration_min.astype(np.int32),
        metres=network.distance_m.astype(np.int32),
        row=network.rows.astype(np.int32),
        element=elements_of(network).astype(np.int32),
        must=network.must.copy(),
        prize=prize,
        near=np.argsort(around, axis=1, kind="stable")[:, 1 : _MOST_NEAR + 1].astype(np.int32),
        shift_class=np.array(network.class_of, dtype=np.int32),
        start_row=np.array([each.start_row for each in classes], dtype=np.int32),
        end_row=np.array([each.end_row for each in classes], dtype=np.int32),
        begin=np.array([each.begin for each in classes], dtype=np.int32),
        close=np.array([max(each.begin, each.close) for each in classes], dtype=np.int32),
        stops=np.array([each.max_stops or n for each in shifts], dtype=np.int32),
        fixed_cost=np.array([each.fixed_cost for each in shifts], dtype=np.float64),
        metre_cost=metre_cost,
        timed=np.array([bool(costs[-1] > 0) for costs in back], dtype=np.bool_),
        back_cost=np.array([np.pad(costs, (0, width - len(costs)), mode="edge") for costs in back]),
        service=np.array([each.service for each in classes], dtype=np.int32),
        option_of=np.array([each.first + offset for each, offset in zip(options, offsets, strict=False)], np.int32),
        option_low=np.concatenate([each.low for each in options]).astype(np.int32),
        option_high=np.concatenate([each.high for each in options]).astype(np.int32),
        option_cost=np.concatenate([each.cost for each in options]).astype(np.float64),
        use=use,
        capacity=capacity,
        counted=counted,
        bucket=bucket,
        most=most,
        missing=1.0
        + float(np.abs(prize).sum())
        + float(network.distance_m.max(initial=0)) * n * metre_cost.max(initial=0),
    )


def _limits(network: Network) -> tuple[Ints, Ints, Ints]:
    """What visits count in each maximum beyond a shift, where each shift adds up, and how much there may be."""
    problem = network.problem
    chosen = [
        (limit, amounts)
        for limit, amounts in zip(problem.limits, network.amounts, strict=True)
        if limit.max is not None
        and limit.per is not LimitScope.SHIFT
        and limit.measure.kind is not MeasureKind.DUTY_MIN
    ]
    sums: dict[tuple[LimitId, str, int], int] = {}
    bucket = np.zeros((len(chosen), len(problem.shifts)), np.int32)
    most: list[int] = []
    for row, (limit, _) in enumerate(chosen):
        for column, shift in enumerate(problem.shifts):
            key = (limit.id, *limit_bucket(limit, shift))
            if key not in sums:
                sums[key] = len(most)
                most.append(min(limit.max or 0, _AMPLE))
            bucket[row, column] = sums[key]
    counted = np.array([amounts for _, amounts in chosen], np.int32).reshape(len(chosen), len(network.rows))
    return counted, bucket, np.array(most, np.int32)


def _resources(network: Network) -> tuple[Ints, Ints]:
    """What visits use and classes have: capacities, and limits inside a shift."""
    rows, have = [], []
    for resource, amounts in network.demands.items():
        rows.append(amounts)
        have.append([each.shift.capacity.get(resource, _AMPLE) for each in network.classes])
    for limit, amounts in zip(network.problem.limits, network.amounts, strict=True):
        if limit.per is LimitScope.SHIFT and limit.measure.kind is not MeasureKind.DUTY_MIN and limit.max is not None:
            rows.append(amounts)
            have.append([limit.max] * len(network.classes))
    use = np.array(rows, dtype=np.int32).reshape(len(rows), len(network.rows))
    return use, np.array(have, dtype=np.int32).reshape(len(rows), len(network.classes)).T.copy()


def compile_ruin() -> None:
    """Compile the search on a tiny field, so that the compiled code lies in the cache for later runs."""
    whole, real, no = np.zeros(1, np.int32), np.zeros(1), np.zeros(1, np.bool_)
    square = np.zeros((1, 1), np.int32)
    field = Field(
        minutes=square,
        metres=square,
        row=whole,
        element=whole,
        must=no,
        prize=np.ones(1),
        near=np.zeros((1, 0), np.int32),
        shift_class=whole,
        start_row=whole,
        end_row=whole,
        begin=whole,
        close=whole + np.int32(10),
        stops=whole + np.int32(1),
        fixed_cost=real,
        metre_cost=real,
        timed=no,
        back_cost=np.zeros((1, 11)),
        service=square + np.int32(1),
        option_of=np.array([[0, 1]], np.int32),
        option_low=whole,
        option_high=whole,
        option_cost=real,
        use=np.zeros((0, 1), np.int32),
        capacity=np.zeros((1, 0), np.int32),
        counted=np.zeros((0, 1), np.int32),
        bucket=np.zeros((0, 1), np.int32),
        most=np.zeros(0, np.int32),
        missing=1.0,
    )
    now = _routes(field, {})
    improve(field, now, _copied(now), _copied(now), 0.0, 1.0, 2, 1)

"""
The compiled part of `ruin_recreate`: strings of stops are torn out of neighbouring routes and the gaps filled anew.

Slack induction by string removals (Christiaens & Vanden Berghe 2020, doi 10.1287/trsc.2019.0914), with visits that may
be left out: an absent visit is put in where it brings more than it costs, a required one wherever it fits. Whether a
visit fits between two others is known at once from when the van is free before and due after; what it costs later in
the day is followed stop by stop only where time itself costs something.

A service starts as soon as it can; the routes are timed anew, the cheapest way, by whoever takes them. Minima, and
limits of minutes on duty beyond one shift, are not looked at here.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

NOWHERE = -1
_STRING_MOST, _REMOVED_MEAN, _BLINK, _SPLIT, _SPLIT_ON = 10, 10.0, 0.01, 0.5, 0.01
"""Parameters of the paper: longest string, mean number of removed stops, blinks, split strings."""
_BY_CHANCE, _BY_PRIZE, _BY_RATE, _FAR_FIRST = 4 / 9, 6 / 9, 7 / 9, 8 / 9
"""Up to which lot absent visits come in an order; the last ones the nearest first. Prizes are no part of the paper."""
_BETTER = 1e-9


class Field(NamedTuple):
    """
    A problem as arrays: n visits, S shifts, C classes of them, R resources, M limits with B sums.

    Attributes
    ----------
    minutes, metres
        Between the rows of places.
    row, element, must, prize
        Of each visit (n): its place; what it shares with those that exclude it; whether it is required; its points.
    near
        Other visits by minutes there and back, the nearest first (n, up to n - 1).
    shift_class
        Of each shift (S).
    start_row, end_row, begin, close, stops, fixed_cost, metre_cost, timed
        Of each class (C): places, first and last minute of its axis, most stops, points for using it and a metre, and
        whether minutes on duty cost anything.
    back_cost
        Points for being back so many minutes after ``begin`` (C, T).
    service
        Minutes (C, n).
    option_of, option_low, option_high, option_cost
        Options of visit v in class c are rows ``option_of[c, v]`` to ``option_of[c, v + 1]``.
    use, capacity
        What visits use (R, n) and shifts have (C, R).
    counted, bucket, most
        What visits count (M, n) in each limit beyond a shift, where each shift's visits are added up (M, S), and how
        much there may be (B).
    missing
        Points lost for each required visit left out: more than all else together.
    """

    minutes: Ints
    metres: Ints
    row: Ints
    element: Ints
    must: Flags
    prize: Floats
    near: Ints
    shift_class: Ints
    start_row: Ints
    end_row: Ints
    begin: Ints
    close: Ints
    stops: Ints
    fixed_cost: Floats
    metre_cost: Floats
    timed: Flags
    back_cost: Floats
    service: Ints
    option_of: Ints
    option_low: Ints
    option_high: Ints
    option_cost: Floats
    use: Ints
    capacity: Ints
    counted: Ints
    bucket: Ints
    most: Ints
    missing: float


class Routes(NamedTuple):
    """
    Routes under way, a row for each shift.

    Attributes
    ----------
    stops, size
        Visits in order (S, L) and their number (S).
    free, due
        When the van is free after the start and each stop, and due at each stop and the end (S, L + 1 each).
    load, cost
        What is loaded (S, R), and the points that the route costs (S).
    sums
        What limits beyond a shift have counted (B).
    where, taken
        Shift of each visit (n), or `NOWHERE`; how many visits that share an element are served (n).
    """

    stops: Ints
    size: Ints
    free: Ints
    due: Ints
    load: Ints
    cost: Floats
    sums: Ints
    where: Ints
    taken: Ints


@numba.njit(cache=True, nogil=True)
def _earliest(field: Field, c: int, v: int, minute: int) -> int:
    """Option of the first start from a minute on; `NOWHERE` where there is none."""
    for o in range(field.option_of[c, v], field.option_of[c, v + 1]):
        if field.option_high[o] >= minute:
            return o
    return NOWHERE


@numba.njit(cache=True, nogil=True)
def _latest(field: Field, c: int, v: int, minute: int) -> int:
    """Last start up to a minute; below ``begin`` where there is none."""
    for o in range(field.option_of[c, v + 1] - 1, field.option_of[c, v] - 1, -1):
        if field.option_low[o] <= minute:
            return int(min(minute, field.option_high[o]))
    return int(field.begin[c]) - 1


@numba.njit(cache=True, nogil=True)
def refresh(field: Field, routes: Routes, s: int) -> bool:
    """Time the route of a shift and add up its cost; False, and nothing more is true of it, where it does not fit."""
    c = field.shift_class[s]
    count = routes.size[s]
    routes.free[s, 0] = field.begin[c]
    routes.load[s, :] = 0
    row = field.start_row[c]
    metres, cost = 0, 0.0
    for k in range(count):
        v = routes.stops[s, k]
        arrive = routes.free[s, k] + field.minutes[row, field.row[v]]
        o = _earliest(field, c, v, arrive)
        if o == NOWHERE:
            return False
        routes.free[s, k + 1] = max(arrive, field.option_low[o]) + field.service[c, v]
        metres += field.metres[row, field.row[v]]
        cost += field.option_cost[o]
        for r in range(field.use.shape[0]):
            routes.load[s, r] += field.use[r, v]
        row = field.row[v]
    back = routes.free[s, count] + field.minutes[row, field.end_row[c]]
    routes.due[s, count] = field.close[c]
    if count == 0:
        routes.cost[s] = 0.0
        return True
    if back > field.close[c]:
        return False
    metres += field.metres[row, field.end_row[c]]
    cost += field.fixed_cost[c] + metres * field.metre_cost[c]
    routes.cost[s] = cost + field.back_cost[c, back - field.begin[c]]
    row = field.end_row[c]
    for k in range(count - 1, -1, -1):
        v = routes.stops[s, k]
        by = routes.due[s, k + 1] - field.minutes[field.row[v], row] - field.service[c, v]
        routes.due[s, k] = _latest(field, c, v, by)
        row = field.row[v]
    return True


@numba.njit(cache=True, nogil=True)
def _later_cost(field: Field, routes: Routes, s: int, at: int, row: int, minute: int) -> float:
    """Points more for being back later: the van leaves a place at a minute for the stop ``at`` and all after it."""
    c = field.shift_class[s]
    count = routes.size[s]
    for k in range(at, count):
        v = routes.stops[s, k]
        arrive = minute + field.minutes[row, field.row[v]]
        o = _earliest(field, c, v, arrive)
        minute = max(arrive, field.option_low[o]) + field.service[c, v]
        if minute == routes.free[s, k + 1]:
            return 0.0
        row = field.row[v]
    back = minute + field.minutes[row, field.end_row[c]] - field.begin[c]
    if count == 0:
        return float(field.back_cost[c, back])
    last = field.row[routes.stops[s, count - 1]]
    before = routes.free[s, count] + field.minutes[last, field.end_row[c]] - field.begin[c]
    return float(field.back_cost[c, back] - field.back_cost[c, before])


@numba.njit(cache=True, nogil=True)
def note(field: Field, routes: Routes, s: int, v: int, times: int) -> None:
    """Note that a shift serves a visit (1) or does so no longer (-1)."""
    routes.where[v] = s if times > 0 else NOWHERE
    routes.taken[field.element[v]] += times
    for m in range(field.counted.shape[0]):
        routes.sums[field.bucket[m, s]] += times * field.counted[m, v]


@numba.njit(cache=True, nogil=True)
def _has_room(field: Field, routes: Routes, s: int, v: int) -> bool:
    c = field.shift_class[s]
    for r in range(field.use.shape[0]):
        if routes.load[s, r] + field.use[r, v] > field.capacity[c, r]:
            return False
    for m in range(field.counted.shape[0]):
        b = field.bucket[m, s]
        if field.counted[m, v] and routes.sums[b] + field.counted[m, v] > field.most[b]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _put(field: Field, routes: Routes, s: int, at: int, v: int) -> None:
    for k in range(routes.size[s], at, -1):
        routes.stops[s, k] = routes.stops[s, k - 1]
    routes.stops[s, at] = v
    routes.size[s] += 1
    note(field, routes, s, v, 1)
    refresh(field, routes, s)


@numba.njit(cache=True, nogil=True)
def _insert_best(field: Field, routes: Routes, v: int) -> int:
    """Put an absent visit where it costs least, if that pays or it is required; the shift, or `NOWHERE`."""
    best, best_s, best_at = field.prize[v], NOWHERE, 0
    if field.must[v]:
        best = np.inf
    row = field.row[v]
    tried_empty = np.zeros(len(field.begin), np.bool_)
    for s in range(len(routes.size)):
        c = field.shift_class[s]
        if field.option_of[c, v] == field.option_of[c, v + 1] or routes.size[s] >= field.stops[c]:
            continue
        if not _has_room(field, routes, s, v):
            continue
        if routes.size[s] == 0:
            # Idle shifts of a class are alike.
            if tried_empty[c]:
                continue
            tried_empty[c] = True
        count = routes.size[s]
        before = field.start_row[c]
        for at in range(count + 1):
            after = field.end_row[c] if at == count else field.row[routes.stops[s, at]]
            arrive = routes.free[s, at] + field.minutes[before, row]
            o = _earliest(field, c, v, arrive)
            if o == NOWHERE:
                break  # later places are only reached later
            leave = max(arrive, field.option_low[o]) + field.service[c, v]
            if leave + field.minutes[row, after] <= routes.due[s, at]:
                metres = field.metres[before, row] + field.metres[row, after]
                cost = field.option_cost[o]
                if count:
                    metres -= field.metres[before, after]
                else:
                    cost += field.fixed_cost[c]
                cost += metres * field.metre_cost[c]
                if cost < best and field.timed[c]:
                    cost += _later_cost(field, routes, s, at, row, leave)
                if cost < best and np.random.random() >= _BLINK:
                    best, best_s, best_at = cost, s, at
            before = after
    if best_s != NOWHERE:
        _put(field, routes, best_s, best_at, v)
    return best_s


@numba.njit(cache=True, nogil=True)
def _tear(field: Field, routes: Routes, v: int, longest: float) -> None:
    """Take a string of stops that holds v out of its route; half of the time some stops in its middle stay."""
    s = routes.where[v]
    count = routes.size[s]
    size = int(np.random.random() * min(float(count), longest)) + 1
    kept = 0
    if size > 1 and np.random.random() < _SPLIT:
        while size + kept < count and np.random.random() > _SPLIT_ON:
            kept += 1
            if np.random.random() < _SPLIT:
                break
    at = 0
    while routes.stops[s, at] != v:
        at += 1
    span = size + kept
    low = max(0, at - span + 1)
    high = min(at, count - span)
    first = low + int(np.random.random() * (high - low + 1))
    keep_from = first + 1 + int(np.random.random() * (size - 1)) if kept else first + span
    new = 0
    for k in range(count):
        stop = routes.stops[s, k]
        if first <= k < first + span and not keep_from <= k < keep_from + kept:
            note(field, routes, s, stop, -1)
        else:
            routes.stops[s, new] = stop
            new += 1
    routes.size[s] = new
    refresh(field, routes, s)


@numba.njit(cache=True, nogil=True)
def _ruin(field: Field, routes: Routes, touched: Flags) -> None:
    """Tear strings out of routes around a visit, served or not, one a route; marks the shifts."""
    used, stops = 0, 0
    for s in range(len(routes.size)):
        if routes.size[s]:
            used += 1
            stops += routes.size[s]
    if not used:
        return
    longest = min(float(_STRING_MOST), stops / used)
    most = 4.0 * _REMOVED_MEAN / (1.0 + longest) - 1.0
    strings = int(np.random.random() * most + 1.0)
    centre = int(np.random.random() * len(field.row))
    for i in range(-1, field.near.shape[1]):
        v = centre if i < 0 else field.near[centre, i]
        s = routes.where[v]
        if s != NOWHERE and not touched[s]:
            touched[s] = True
            _tear(field, routes, v, longest)
            strings -= 1
            if strings == 0:
                return


@numba.njit(cache=True, nogil=True)
def _recreate(field: Field, routes: Routes, touched: Flags) -> None:
    """Put absent visits in, where that pays; marks the shifts."""
    absent = np.flatnonzero(routes.where == NOWHERE)
    for v in _in_order(field, absent):
        if routes.taken[field.element[v]] == 0:
            s = _insert_best(field, routes, v)
            if s != NOWHERE:
                touched[s] = True


@numba.njit(cache=True, nogil=True)
def _in_order(field: Field, absent: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Required visits, then the others: by chance, by prize, by prize a minute, the farthest or the nearest first."""
    key = np.empty(len(absent), np.float64)
    lot = np.random.random()
    for i in range(len(absent)):
        v = absent[i]
        away = float(field.metres[field.start_row[0], field.row[v]])
        if lot < _BY_CHANCE:
            key[i] = np.random.random()
        elif lot < _BY_PRIZE:
            key[i] = -field.prize[v] * (0.8 + 0.4 * np.random.random())
        elif lot < _BY_RATE:
            key[i] = -field.prize[v] / (1.0 + field.service[0, v])
        elif lot < _FAR_FIRST:
            key[i] = -away
        else:
            key[i] = away
        if field.must[v]:
            key[i] -= 1e12
    return absent[np.argsort(key)]


@numba.njit(cache=True, nogil=True)
def _value(field: Field, routes: Routes) -> float:
    value = -float(routes.cost.sum())
    for v in range(len(field.row)):
        if routes.where[v] != NOWHERE:
            value += field.prize[v]
        elif field.must[v]:
            value -= field.missing
    return value


@numba.njit(cache=True, nogil=True)
def _take_over(to: Routes, of: Routes, touched: Flags) -> None:
    """Make some routes, and what is told of all, equal to others."""
    for s in range(len(touched)):
        if touched[s]:
            to.stops[s, :] = of.stops[s, :]
            to.size[s] = of.size[s]
            to.free[s, :] = of.free[s, :]
            to.due[s, :] = of.due[s, :]
            to.load[s, :] = of.load[s, :]
            to.cost[s] = of.cost[s]
    to.sums[:] = of.sums
    to.where[:] = of.where
    to.taken[:] = of.taken


@numba.njit(cache=True, nogil=True)
def improve(
    field: Field, now: Routes, before: Routes, best: Routes, best_value: float, heat: float, steps: int, seed: int
) -> float:
    """
    Some steps of ruin and recreate at one temperature.

    Parameters
    ----------
    now, before, best
        Routes to go on from, the same once more as scratch, and the best ones so far; all three are changed.
    heat
        Points; a step that loses so many is taken about one time in three.
    seed
        Of random choices.

    Returns
    -------
    The value of the best routes.
    """
    np.random.seed(seed)
    value = _value(field, now)
    every = np.ones(len(now.size), np.bool_)
    touched = np.zeros(len(now.size), np.bool_)
    for _ in range(steps):
        touched[:] = False
        _ruin(field, now, touched)
        _recreate(field, now, touched)
        changed = _value(field, now)
        if changed > value + heat * np.log(np.random.random()):
            value = changed
            _take_over(before, now, touched)
            if value > best_value + _BETTER:
                best_value = value
                _take_over(best, now, every)
        else:
            _take_over(now, before, touched)
    return best_value

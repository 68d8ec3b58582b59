"""
Times of a route whose stops and their order are known: the cheapest ones, told as clock minutes.

Waiting is allowed where the van arrives, so a later start in a cheaper window may pay: all Pareto pairs of time and
cost are kept along the stops.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.network import Network, ShiftClass
from optimizer.plan import Route, Stop

_MIN_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    Starts of the services of one route.

    Attributes
    ----------
    starts
        Minute of the class's working-time axis on which each service starts.
    costs
        Points lost for starting each service then: of its window and of the shift.
    back
        When the van is at its end location, on the same axis.
    cost
        Points: ``costs``, time on duty and overtime; neither the fixed cost nor kilometres.
    """

    starts: tuple[int, ...]
    costs: tuple[float, ...]
    back: int
    cost: float


@dataclass(frozen=True, slots=True)
class _Label:
    free: int
    cost: float
    start: int
    option_cost: float
    before: "_Label | None"


def best_schedule(
    network: Network, shift_class: ShiftClass, visits: Sequence[int], *, hurry: bool = False
) -> Schedule | None:
    """
    The cheapest times for visits in that order, the earliest among equals; None where they do not fit.

    Parameters
    ----------
    visits
        Positions of the visits in the problem, at least one.
    hurry
        Whether to be back as early as possible instead, whatever it costs.
    """
    labels = [_Label(shift_class.begin, 0.0, shift_class.begin, 0.0, None)]
    row = shift_class.start_row
    for visit in visits:
        here = int(network.rows[visit])
        labels = _extend(labels, shift_class, visit, int(network.duration_min[row, here]))
        if not labels:
            return None
        row = here
    home = int(network.duration_min[row, shift_class.end_row])
    in_time = [label for label in labels if label.free + home <= shift_class.close]
    if not in_time:
        return None
    if hurry:
        best = in_time[0]
    else:
        best = min(in_time, key=lambda label: label.cost + time_cost(shift_class, label.free + home))
    chain = _chain(best)
    return Schedule(
        tuple(label.start for label in chain),
        tuple(label.option_cost for label in chain),
        best.free + home,
        best.cost + time_cost(shift_class, best.free + home),
    )


def time_cost(shift_class: ShiftClass, back: int) -> float:
    """Points for the duty and overtime of a route that is back at that minute of the working-time axis."""
    shift = shift_class.shift
    overtime = max(0, shift_class.axis.end_clock(back) - shift.latest)
    return shift.cost_per_hour * (back - shift_class.begin) / _MIN_PER_HOUR + shift.overtime_cost * overtime


def _extend(labels: list[_Label], shift_class: ShiftClass, visit: int, drive_min: int) -> list[_Label]:
    options, stay = shift_class.options, int(shift_class.service[visit])
    reached: list[_Label] = []
    for at in range(int(options.first[visit]), int(options.first[visit + 1])):
        low, high, cost = int(options.low[at]), int(options.high[at]), float(options.cost[at])
        for label in labels:
            start = max(label.free + drive_min, low)
            if start <= high:
                reached.append(_Label(start + stay, label.cost + cost, start, cost, label))
    reached.sort(key=lambda label: (label.free, label.cost))
    kept: list[_Label] = []
    for label in reached:
        if not kept or label.cost < kept[-1].cost:
            kept.append(label)
    return kept


def _chain(label: _Label) -> list[_Label]:
    chain: list[_Label] = []
    while label.before is not None:
        chain.append(label)
        label = label.before
    return chain[::-1]


def route_distance(network: Network, shift_class: ShiftClass, visits: Sequence[int]) -> int:
    """Metres of a route, from its start location to its end location."""
    rows = [shift_class.start_row, *(int(network.rows[visit]) for visit in visits), shift_class.end_row]
    return sum(int(network.distance_m[a, b]) for a, b in itertools.pairwise(rows))


def build_route(network: Network, shift: int, visits: Sequence[int], *, hurry: bool = False) -> Route | None:
    """
    The route of a shift with its clock times; None where the visits do not fit in that order.

    Parameters
    ----------
    shift, visits
        Positions in the problem; at least one visit.
    hurry
        Whether to be back as early as possible, whatever it costs.
    """
    shift_class = network.class_of_shift(shift)
    schedule = best_schedule(network, shift_class, visits, hurry=hurry)
    return None if schedule is None else build_timed_route(network, shift, visits, schedule.starts)


def build_timed_route(network: Network, shift: int, visits: Sequence[int], starts: Sequence[int]) -> Route:
    """
    The route of a shift whose services start at given minutes of the class's working-time axis.

    The van leaves as late as it can to be at its first stop when service starts there, never inside a pause.
    """
    shift_class = network.class_of_shift(shift)
    axis = shift_class.axis
    row = shift_class.start_row
    leave = free = axis.start_clock(starts[0] - int(network.duration_min[row, network.rows[visits[0]]]))
    stops = []
    for visit, start in zip(visits, starts, strict=True):
        here = int(network.rows[visit])
        arrive = _after_driving(shift_class, free, int(network.duration_min[row, here]))
        free, row = axis.end_clock(start + int(shift_class.service[visit])), here
        stops.append(Stop(network.problem.visits[visit].id, arrive, axis.start_clock(start), free))
    back = _after_driving(shift_class, free, int(network.duration_min[row, shift_class.end_row]))
    distance_m = route_distance(network, shift_class, visits)
    return Route(network.problem.shifts[shift].id, leave, back, distance_m, tuple(stops))


def _after_driving(shift_class: ShiftClass, clock: int, minutes: int) -> int:
    """The clock after driving; moving 0 minutes takes no time, not even that of a pause."""
    if minutes == 0:
        return clock
    return shift_class.axis.end_clock(shift_class.axis.elapsed(clock) + minutes)

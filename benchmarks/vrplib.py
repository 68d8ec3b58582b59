"""
Instances in the VRPLIB format as the PyVRP project keeps them, with their solution files.

Exactly said: PCVRPTW (prizes, distances in tenths, what is left over cut off). Said with less: SDVRPTW and MDVRPTW,
which allow a route a longest time from leaving to coming back, while our minutes on duty count from the shift's
``earliest``; that rule is left out. Their distances are in thousandths; the axis holds their times in hundredths only,
so driving times are rounded down.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.errors import InexactInstanceError, UnreadableInstanceError
from benchmarks.readings import (
    Customer,
    Reading,
    build_problem,
    cost_per_km,
    customer_visit,
    euclidean,
    numbers,
    shift_id,
    truncated,
    vehicle_shift,
)
from optimizer.problem import Shift, ShiftId, TravelTimes, VisitId

_TENTHS, _HUNDREDTHS, _THOUSANDTHS = 10, 100, 1_000


class _File:
    """A VRPLIB file taken apart: specifications by key, and the rows of each section."""

    def __init__(self, text: str) -> None:
        self.specifications: dict[str, str] = {}
        self.sections: dict[str, list[str]] = {}
        rows: list[str] | None = None
        for line in text.splitlines():
            word = line.strip()
            if not word or word == "EOF":
                continue
            if word.endswith("_SECTION"):
                rows = self.sections.setdefault(word.removesuffix("_SECTION"), [])
            elif ":" in word:
                key, _, value = word.partition(":")
                self.specifications[key.strip()] = value.strip()
            elif rows is not None:
                rows.append(word)
        self.name = self.specifications.get("NAME", "?")

    def specification(self, key: str) -> str:
        """The value of a specification that must be there."""
        if key not in self.specifications:
            raise UnreadableInstanceError(f"VRPLIB file '{self.name}' has no {key}; it must have one.")
        return self.specifications[key]

    def per_node(self, key: str, columns: int = 1) -> list[list[float]]:
        """The numbers of a section, or of a specification that holds for all, for each node in order."""
        nodes = int(self.specification("DIMENSION"))
        if key not in self.sections:
            return [numbers(self.specification(key), columns, f"{key} of '{self.name}'")] * nodes
        rows = [numbers(row, columns + 1, f"{key} of '{self.name}'") for row in self.sections[key]]
        if [row[0] for row in rows] != list(range(1, nodes + 1)):
            raise UnreadableInstanceError(f"{key} of '{self.name}' must have a row for each of the nodes 1 to {nodes}.")
        return [row[1:] for row in rows]

    def per_vehicle(self, key: str) -> list[list[int]] | None:
        """The whole numbers of each vehicle, or None where the file has none."""
        vehicles = int(self.specification("VEHICLES"))
        if key in self.specifications:
            return [[int(self.specifications[key])]] * vehicles
        if key not in self.sections:
            return None
        rows = [numbers(row, 2, f"{key} of '{self.name}'") for row in self.sections[key]]
        if [row[0] for row in rows] != list(range(1, vehicles + 1)):
            raise UnreadableInstanceError(f"{key} of '{self.name}' must have a row for each of {vehicles} vehicles.")
        return [[int(value) for value in row[1:]] for row in rows]

    def depots(self) -> list[int]:
        """Rows of the depots, counted from 0."""
        listed = [int(row) - 1 for row in self.sections.get("DEPOT", ["1"]) if row != "-1"]
        if listed != list(range(len(listed))):
            raise UnreadableInstanceError(f"The depots of '{self.name}' are {listed}; they must be its first nodes.")
        return listed


def read_vrplib(text: str, *, loosen: bool = False) -> Reading:
    """
    The problem of a PCVRPTW, SDVRPTW or MDVRPTW file.

    Parameters
    ----------
    loosen
        Whether a rule that our format cannot say may be left out, see `Reading.loosened`.

    Raises
    ------
    UnreadableInstanceError
        When the text is no file of one of those types.
    InexactInstanceError
        When it has a rule that our format cannot say and ``loosen`` is False.
    """
    file = _File(text)
    kind = file.specification("TYPE")
    if kind not in {"PCVRPTW", "SDVRPTW", "MDVRPTW"}:
        raise UnreadableInstanceError(
            f"VRPLIB file '{file.name}' is of type {kind}; PCVRPTW, SDVRPTW, MDVRPTW are read."
        )
    loosened = _loosened(file, kind)
    if loosened and not loosen:
        raise InexactInstanceError(f"VRPLIB file '{file.name}': {'; '.join(loosened)}.")
    places = _places(file, with_prizes=kind == "PCVRPTW")
    if kind == "PCVRPTW":
        return _prize_collecting(file, places)
    metres = np.rint(euclidean(places) * _THOUSANDTHS).astype(np.int64)
    minutes = metres // (_THOUSANDTHS // _HUNDREDTHS)
    visits = [
        customer_visit(row, places[row], _HUNDREDTHS, required=True, shifts=_allowed(file, row))
        for row in range(len(file.depots()), len(places))
    ]
    shifts = _shifts(file, places, _HUNDREDTHS, cost_per_km(_THOUSANDTHS))
    problem = build_problem(file.name, places, TravelTimes(minutes, metres), shifts, visits)
    return Reading(problem, offset=0.0, factor=-1 / _THOUSANDTHS, loosened=tuple(loosened))


def _loosened(file: _File, kind: str) -> list[str]:
    if kind == "PCVRPTW":
        return []
    found = ["its driving times are in thousandths, of which the axis holds hundredths"]
    if "VEHICLES_MAX_DURATION" in file.specifications:
        found.append(
            "it limits the time from leaving to coming back, while minutes on duty count from the start of the shift"
        )
    return found


def _places(file: _File, *, with_prizes: bool) -> list[Customer]:
    points = file.per_node("NODE_COORD", 2)
    windows = file.per_node("TIME_WINDOW", 2)
    demands, services = file.per_node("DEMAND"), file.per_node("SERVICE_TIME")
    prizes = file.per_node("PRIZE") if with_prizes else [[0.0]] * len(points)
    return [
        Customer(x, y, service, early, late, demand, prize)
        for (x, y, *_), (early, late, *_), (demand, *_), (service, *_), (prize, *_) in zip(
            points, windows, demands, services, prizes, strict=True
        )
    ]


def _shifts(file: _File, places: Sequence[Customer], scale: int, per_km: float) -> list[Shift]:
    capacities = file.per_vehicle("CAPACITY")
    depots = file.per_vehicle("VEHICLES_DEPOT")
    shifts = []
    for at in range(int(file.specification("VEHICLES"))):
        depot = depots[at][0] - 1 if depots else 0
        load = {"load": capacities[at][0]} if capacities else {}
        shifts.append(vehicle_shift(at + 1, depot, places[depot], scale, cost_per_km=per_km, capacity=load))
    return shifts


def _allowed(file: _File, row: int) -> frozenset[ShiftId] | None:
    allowed = file.per_vehicle("VEHICLES_ALLOWED_CLIENTS")
    if allowed is None:
        return None
    return frozenset(shift_id(at) for at, nodes in enumerate(allowed, 1) if row + 1 in nodes)


def _prize_collecting(file: _File, places: Sequence[Customer]) -> Reading:
    metres = truncated(euclidean(places), _TENTHS)
    visits = [
        # The set's own convention: a customer without a prize must be visited.
        customer_visit(row, places[row], _TENTHS, required=places[row].prize == 0)
        for row in range(len(file.depots()), len(places))
    ]
    shifts = _shifts(file, places, _TENTHS, cost_per_km(_TENTHS))
    problem = build_problem(file.name, places, TravelTimes(metres, metres), shifts, visits)
    return Reading(problem, offset=sum(place.prize for place in places), factor=-1 / _TENTHS)


def read_solution(text: str) -> tuple[Mapping[ShiftId, Sequence[VisitId]], float]:
    """
    The visits of each vehicle of a VRPLIB solution file, in order, and the cost that it states.

    Customers bear the number of their row, counted from 0, as in `read_vrplib`.

    Raises
    ------
    UnreadableInstanceError
        When there is no line of the cost, or a route holds something else than numbers.
    """
    routes: dict[ShiftId, Sequence[VisitId]] = {}
    cost: float | None = None
    for line in text.splitlines():
        head, _, rest = line.partition(":")
        if head.startswith("Route #"):
            visits = [VisitId(str(int(number))) for number in numbers(rest, 0, head)]
            if visits:
                routes[shift_id(int(head.removeprefix("Route #")))] = visits
        elif head.strip() == "Cost":
            cost = numbers(rest, 1, "Cost")[0]
    if cost is None:
        raise UnreadableInstanceError("The solution file has no line 'Cost: NUMBER'.")
    return routes, cost

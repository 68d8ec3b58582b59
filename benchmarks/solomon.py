"""
Solomon's and Gehring and Homberger's VRPTW: all customers at the least distance, in tenths cut off (DIMACS).

The sets' older objective, fewest vehicles first, is another one; published values are those of the DIMACS challenge.
"""

from benchmarks.errors import UnreadableInstanceError
from benchmarks.readings import (
    Customer,
    Reading,
    build_problem,
    cost_per_km,
    customer_visit,
    euclidean,
    numbers,
    truncated,
    vehicle_shift,
)
from optimizer.problem import TravelTimes

_TENTHS = 10
_COLUMNS = 7


def read_solomon(text: str) -> Reading:
    """
    The problem of a Solomon or Gehring and Homberger file: value is minus the distance.

    Raises
    ------
    UnreadableInstanceError
        When the text has no VEHICLE and CUSTOMER tables as those files have.
    InexactInstanceError
        When a number is finer than tenths.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    heads = [at for at, line in enumerate(lines) if line in {"VEHICLE", "CUSTOMER"}]
    if not lines or [lines[at] for at in heads] != ["VEHICLE", "CUSTOMER"]:
        raise UnreadableInstanceError("The text is no VRPTW file: it must have a VEHICLE and a CUSTOMER table.")
    name, fleet, customers = lines[0], heads[0] + 2, heads[1] + 2
    count, capacity, *_ = numbers(lines[fleet], 2, f"Fleet of '{name}'")
    rows = [numbers(line, _COLUMNS, f"Customer of '{name}'") for line in lines[customers:]]
    places = [Customer(x, y, service, early, late, demand) for _, x, y, demand, early, late, service, *_ in rows]
    metres = truncated(euclidean(places), _TENTHS)
    shifts = [
        vehicle_shift(number, 0, places[0], _TENTHS, cost_per_km=cost_per_km(_TENTHS), capacity={"load": int(capacity)})
        for number in range(1, int(count) + 1)
    ]
    visits = [customer_visit(row, place, _TENTHS, required=True) for row, place in enumerate(places) if row]
    problem = build_problem(name, places, TravelTimes(metres, metres), shifts, visits)
    return Reading(problem, offset=0.0, factor=-1.0)

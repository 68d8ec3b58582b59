"""Travel times between places: the one way in, which hides whether they come from roads or from distance."""

from collections.abc import Sequence

from geodata.region import TravelDefaults
from optimizer.problem import GreatCircle, Location, TravelTimes


def travel_times(
    locations: Sequence[Location],  # noqa: ARG001 (times by road, which no folder holds yet, depend on the places)
    settings: TravelDefaults,
) -> TravelTimes | GreatCircle:
    """
    Van travel times between all pairs of locations, in a form that `optimizer.problem.Problem.travel` takes.

    Without roads this is the rule itself, great-circle distance with a detour factor and a speed, which keeps
    documents small and is worked out for all pairs at once by `GreatCircle.between`.

    Parameters
    ----------
    locations
        Places to connect; rows and columns of matrices follow this order.
    settings
        Detour factor and speed in km/h.
    """
    return GreatCircle(detour_factor=settings.detour_factor, speed_kmh=settings.speed_kmh)

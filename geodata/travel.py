"""
Travel times between places: the one way in, which hides whether they come from roads or from distance.

Where the region folder holds roads they are used, unless ``region.toml`` says otherwise: straight lines, or a routing
engine that the office runs.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from geodata.errors import N_, RoadsFileError
from geodata.region import Region
from geodata.road_classes import TravelEngine
from optimizer.problem import GreatCircle, Location, LocationId, TravelTimes

# What reads roads takes half a second to import; a region without roads must not pay for it.
if TYPE_CHECKING:
    from geodata.engine_travel import EngineStanding
    from geodata.roads import PlaceOnRoads, RoadNetwork

ROADS_FILE: Final = "roads.npz"
"""The file in a region folder that ``moling region roads`` writes."""

Ways = dict[tuple[LocationId, LocationId], tuple[tuple[float, float], ...]]
"""Lines along the roads, points ``lon, lat`` in degrees, by where they start and end."""


def travel_times(locations: Sequence[Location], region: Region) -> TravelTimes | GreatCircle:
    """
    Van travel times between all pairs of locations, in a form that `optimizer.problem.Problem.travel` takes.

    Without roads this is the rule itself, great-circle distance with a detour factor and a speed, which keeps
    documents small and is worked out for all pairs at once by `GreatCircle.between`.

    Parameters
    ----------
    locations
        Places to connect; rows and columns of matrices follow this order.

    Raises
    ------
    RoadsFileError
        When the folder's roads cannot be read, or are asked for and not there.
    RoutingEngineError
        When the region's routing engine cannot be had and has given no times before.
    """
    if _has_service(region):
        from geodata.engine_travel import engine_times  # noqa: PLC0415 (see the top of the module)

        return engine_times(locations, region)
    network = _network(region)
    if network is None:
        return GreatCircle(detour_factor=region.travel.detour_factor, speed_kmh=region.travel.speed_kmh)
    from geodata.road_travel import road_times  # noqa: PLC0415 (see the top of the module)

    return road_times(locations, region, network)


def ways(pairs: Iterable[tuple[Location, Location]], region: Region) -> Ways:
    """
    The lines along the roads from the one to the other location of each pair; those without one are left out.

    Raises
    ------
    RoadsFileError, RoutingEngineError
        As `travel_times`.
    UnansweredError
        When the region's routing engine gave times and does not give lines; a plan does not depend on them.
    """
    if _has_service(region):
        from geodata.engine_travel import engine_lines  # noqa: PLC0415 (see the top of the module)

        return engine_lines(pairs, region)
    network = _network(region)
    if network is None:
        return {}
    from geodata.road_travel import road_lines  # noqa: PLC0415 (see the top of the module)

    return road_lines(pairs, region, network)


def unreached(region: Region) -> dict[str, str]:
    """
    Places that vans cannot reach by road, code and name; none by straight lines, and no places for boats.

    Raises
    ------
    RoadsFileError, RoutingEngineError
        As `travel_times`.
    """
    return {
        each.place.code: each.place.name
        for each in _places(region, ferries=True)
        if not (each.is_on_road or each.place.is_boat_only)
    }


def over_water(region: Region) -> frozenset[str]:
    """
    Codes of the places that only ferries connect with the other roads; none where every unit takes ferries.

    Raises
    ------
    RoadsFileError, RoutingEngineError
        As `travel_times`.
    """
    if all(unit.takes_ferries for unit in region.fleet.units):
        return frozenset()
    return frozenset(
        there.place.code
        for there, here in zip(_places(region, ferries=True), _places(region, ferries=False), strict=True)
        if there.is_on_road and not here.is_on_road
    )


def routing_standing(region: Region) -> "EngineStanding | None":
    """
    Which routing engine the region uses, when it gave the times, and whether it can be had; None where it uses none.

    Raises
    ------
    RoutingEngineError
        As `travel_times`.
    """
    if not _has_service(region):
        return None
    from geodata.engine_travel import engine_standing  # noqa: PLC0415 (see the top of the module)

    return engine_standing(region)


def _has_service(region: Region) -> bool:
    return region.travel.engine is not None and region.travel.engine.is_service


def _places(region: Region, *, ferries: bool) -> "tuple[PlaceOnRoads, ...]":
    """How each place of the region lies to the roads that are used; none where none are."""
    if _has_service(region):
        from geodata.engine_travel import engine_places  # noqa: PLC0415 (see the top of the module)

        return engine_places(region, ferries=ferries)
    network = _network(region)
    if network is None:
        return ()
    from geodata.roads import standings  # noqa: PLC0415 (see the top of the module)

    used = network if ferries else network.without_ferries
    return standings(region, used.graph, used.settings)


def _network(region: Region) -> "RoadNetwork | None":
    if region.travel.engine is TravelEngine.LINES:
        return None
    if region.folder is not None and (region.folder / ROADS_FILE).exists():
        from geodata.roads import road_network  # noqa: PLC0415 (see the top of the module)

        return road_network(region.folder / ROADS_FILE, region.roads)
    if region.travel.engine is TravelEngine.ROADS:
        raise RoadsFileError(
            N_("{file} is missing in the region folder; make it with moling region roads"), file=ROADS_FILE
        )
    return None

"""
What driving costs on each kind of road: the defaults, where they come from, and what an office may change.

Hardly any way on OpenStreetMap carries a speed limit (3 % in Indonesian towns), so the class of the road decides. Two
figures stand for each class. The *ceiling* is the law's: 100 km/h on toll roads, 80 between towns, 50 in towns, 30 in
housing areas (PP 79/2013, article 23; Permenhub PM 111/2015, article 3). The *usual* speed is what a loaded van keeps
over a whole way, stops, motorcycles and market days included. It is an estimate of ours below the ceiling, set so that
a mix of rural roads comes out near the 35 km/h that offices reckon with where no roads are known; observed times
replace it (`geodata.calibration`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class RoadClass:
    """
    A kind of road, by its word on OpenStreetMap (``highway=...``).

    Attributes
    ----------
    ceiling_kmh
        The legal limit where no sign says otherwise.
    usual_kmh
        What a van keeps on average.
    reason
        Why, in a few words.
    """

    name: str
    ceiling_kmh: float
    usual_kmh: float
    reason: str


ROAD_CLASSES: Final = (
    RoadClass("motorway", 100, 80, "toll road (jalan tol): 60 to 100 km/h by law"),
    RoadClass("motorway_link", 60, 40, "ramps, with toll gates"),
    RoadClass("trunk", 80, 50, "national road (jalan nasional), lorries and towns on the way"),
    RoadClass("trunk_link", 50, 35, "slip road"),
    RoadClass("primary", 80, 45, "provincial road (jalan provinsi)"),
    RoadClass("primary_link", 50, 30, "slip road"),
    RoadClass("secondary", 80, 40, "regency road (jalan kabupaten)"),
    RoadClass("secondary_link", 50, 28, "slip road"),
    RoadClass("tertiary", 50, 35, "between villages: narrow, the limit of built-up land"),
    RoadClass("tertiary_link", 50, 25, "slip road"),
    RoadClass("unclassified", 50, 28, "village and plantation roads, narrow"),
    RoadClass("residential", 30, 20, "housing: 30 km/h by law, humps and children"),
    RoadClass("living_street", 30, 12, "alleys (gang) that a van still fits in"),
    RoadClass("service", 30, 12, "yards and approaches"),
    RoadClass("road", 50, 20, "class not known"),
    RoadClass(
        "ferry", 40, 12, "ferry without a time of its own; roll-on ferries (ASDP) sail 8 to 12 knots less berthing"
    ),
)
"""Ways of all other kinds (tracks, paths, steps, ways under construction) take no van."""

CLASS_NUMBER: Final[Mapping[str, int]] = MappingProxyType({each.name: at for at, each in enumerate(ROAD_CLASSES)})
FERRY: Final = CLASS_NUMBER["ferry"]


class TravelEngine(StrEnum):
    """Where travel times come from: the region's roads, straight lines with a factor, or a service the office runs."""

    ROADS = "roads"
    LINES = "lines"
    OSRM = "osrm"
    VALHALLA = "valhalla"

    @property
    def is_service(self) -> bool:
        """Whether it is asked over the network, by an address."""
        return self in {TravelEngine.OSRM, TravelEngine.VALHALLA}


@dataclass(frozen=True, slots=True)
class RoadSettings:
    """
    The office's choices for driving on its roads.

    Attributes
    ----------
    speeds_kmh
        Speeds by class in place of the usual ones; classes that are not named keep theirs.
    unpaved_factor
        Multiplies the speed on unpaved roads, 0 (excluded) to 1. 0.7: earth and gravel roads in fair state.
    is_wet_season, wet_factor
        Whether it is the wet season; multiplies the speed on unpaved roads then, on top of the other factor.
    ferries
        Whether ways may use ferries.
    ferry_wait_min
        Minutes added to each crossing for waiting and boarding.
    approach_kmh
        Speed between a place and the road it lies at.
    reach_km
        Places farther than this from the nearest road are not taken to be on it.
    margin_km
        How far around the region's places roads are kept.
    """

    speeds_kmh: Mapping[str, float] = field(default_factory=dict)
    unpaved_factor: float = 0.7
    is_wet_season: bool = False
    wet_factor: float = 0.6
    ferries: bool = True
    ferry_wait_min: float = 15
    approach_kmh: float = 10
    reach_km: float = 2
    margin_km: float = 10

    def __post_init__(self) -> None:
        """Make the speeds read-only."""
        object.__setattr__(self, "speeds_kmh", MappingProxyType(dict(self.speeds_kmh)))

    def class_speeds(self) -> tuple[float, ...]:
        """Speed of each of `ROAD_CLASSES`, km/h, in their order."""
        return tuple(self.speeds_kmh.get(each.name, each.usual_kmh) for each in ROAD_CLASSES)

"""The places that a week's plan may stop at, as points of the problem and as people name them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from api.i18n import N_
from api.planning.notes import Note
from geodata.region import Region
from geodata.sites import Access, Signal, Site, SiteKind
from geodata.travel import routing_standing, travel_times
from geodata.villages import Village, VillageKind
from maps.cards import BaseCard, PlaceKind, VehicleCard
from optimizer.problem import Location, LocationId, TravelTimes, VehicleId

OFFICE = LocationId("office")


@dataclass(frozen=True, slots=True)
class Place:
    """
    A site, or a village for its hall.

    Attributes
    ----------
    name
        As people say it: ``SMKN 1 Air Putih``, ``Balai Desa Sukaraja``.
    address
        Where that is: ``Desa Sukaraja, Kec. Air Putih``.
    village_code
        10 digits.
    access
        Ways to reach it; a unit with any of them can come.
    site
        None for a village hall.
    """

    location: Location
    name: str
    address: str
    kind: SiteKind
    village_code: str
    access: frozenset[Access]
    signal: Signal
    site: Site | None = None

    @property
    def code(self) -> str:
        """Of the site, or of the village."""
        return self.village_code if self.site is None else self.site.code

    @property
    def card_kind(self) -> PlaceKind:
        """How maps mark it."""
        if self.site is None:
            return PlaceKind.VILLAGE
        return PlaceKind.SCHOOL if self.kind.is_school else PlaceKind.HOST


def find_place(region: Region, code: str) -> Place:
    """
    The place with that code of a site or village.

    Raises
    ------
    UnknownPlaceError
        When the region has none.
    """
    place = region.get_place(code)
    return village_hall(place) if isinstance(place, Village) else _site(region, place)


def office_of(region: Region) -> Location:
    """The office, where vans start and end their day unless they have a base of their own."""
    return Location(OFFICE, region.office.lon, region.office.lat)


def bases_of(region: Region) -> dict[str, Location]:
    """
    Where each unit, by its id, starts and ends its day.

    Raises
    ------
    UnknownPlaceError
        When a unit names a base that the region has not.
    """
    return {
        unit.id: office_of(region) if unit.base is None else find_place(region, unit.base).location
        for unit in region.fleet.units
    }


def base_cards(region: Region) -> tuple[BaseCard, ...]:
    """The office and the units' own bases as people know them, the office first."""
    own = [find_place(region, unit.base) for unit in region.fleet.units if unit.base is not None]
    names = {OFFICE: region.office.name} | {place.location.id: place.name for place in own}
    return tuple(BaseCard(location, name) for location, name in names.items())


def vehicle_cards(region: Region) -> tuple[VehicleCard, ...]:
    """The units as people know them, numbered in their order."""
    return tuple(
        VehicleCard(VehicleId(unit.id), unit.name, number, unit.kits, unit.can_print)
        for number, unit in enumerate(region.fleet.units, start=1)
    )


def driving(region: Region, locations: tuple[Location, ...]) -> Callable[[LocationId, LocationId], int]:
    """Minutes from one of the locations to another, by the roads or the rule that the region has."""
    travel = travel_times(locations, region)
    times = travel if isinstance(travel, TravelTimes) else travel.between(locations)
    row = {location.id: number for number, location in enumerate(locations)}
    minutes = times.duration_min.tolist()
    return lambda origin, destination: minutes[row[origin]][row[destination]]


def routing_notes(region: Region) -> Iterator[Note]:
    """What the planner should know of the travel times: that the region's routing engine cannot be had, if so."""
    standing = routing_standing(region)
    if standing is not None and standing.problem is not None:
        yield Note(
            N_(
                "{engine} at {url} cannot be had: {why}. "
                "Travel times are those that it gave on {when}; legs whose way it did not give with them are dashed "
                "straight lines."
            ),
            {
                "engine": standing.name,
                "url": standing.url,
                "why": standing.problem,
                "when": standing.fetched.astimezone(ZoneInfo(region.timezone)),
            },
        )


def village_hall(village: Village) -> Place:
    """The usual place of service in a village (balai desa, kantor kelurahan)."""
    hall = "Balai Desa" if village.kind is VillageKind.DESA else "Kantor Kelurahan"
    return Place(
        Location(LocationId(f"village:{village.code}"), village.lon, village.lat),
        f"{hall} {village.name}",
        _address(village),
        SiteKind.VILLAGE_HALL,
        village.code,
        village.access,
        village.signal,
    )


def _site(region: Region, site: Site) -> Place:
    village = region.village_by_code.get(site.village_code)
    return Place(
        Location(LocationId(f"site:{site.code}"), site.lon, site.lat),
        site.name,
        "" if village is None else _address(village),
        site.kind,
        site.village_code,
        site.access,
        site.signal,
        site,
    )


def _address(village: Village) -> str:
    # Addresses are written in Indonesian in every language: they are what stands on the sign.
    kind = "Desa" if village.kind is VillageKind.DESA else "Kelurahan"
    return f"{kind} {village.name}, Kec. {village.district}"

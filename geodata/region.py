"""
A region folder: the unit that an office edits, imports and shares, as checked plain tables.

The folder holds ``region.toml``, ``villages.csv``, ``sites.csv``, ``fleet.toml``, ``requests.csv``, ``recurring.csv``,
``calendar.toml``; if there is a coast, ``coast.csv``; once imported, ``boundaries.geojson``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from geodata.backlog import BacklogEstimate, estimate_backlog
from geodata.boundaries import Boundary
from geodata.calendar import (
    CalendarOverrides,
    DayHours,
    DayOverride,
    NamedRange,
    OfficeHours,
    Ramadan,
    SchoolHours,
)
from geodata.checks import check
from geodata.errors import RegionError, UnknownPlaceError
from geodata.fleet import CardStock, CardType, Fleet, Unit
from geodata.folder import FILES, Tables, read_tables
from geodata.requests import RecurringRow, RequestRow, ServiceCounts, Urgency
from geodata.road_classes import RoadSettings, TravelEngine
from geodata.schema import WEEKDAY_KEYS
from geodata.sites import Amenity, Site, SiteKind
from geodata.tables import Findings
from geodata.times import TimeRange
from geodata.villages import Village


@dataclass(frozen=True, slots=True)
class Office:
    """
    The civil registry office (Dinas Kependudukan dan Pencatatan Sipil), where units start and end their day.

    Attributes
    ----------
    lon, lat
        Degrees, EPSG:4326.
    """

    name: str
    address: str
    lon: float
    lat: float
    amenities: frozenset[Amenity] = frozenset()


@dataclass(frozen=True, slots=True)
class TravelDefaults:
    """
    Where travel times come from, and driving where no roads are known.

    Attributes
    ----------
    detour_factor
        How much longer the road is than the line.
    speed_kmh
        Average speed of a unit.
    engine
        None: the roads where the folder has them, else lines.
    url
        Where a routing service answers, for engines that are one; None for the others.
    profile
        What it is asked to route: OSRM's profile or Valhalla's costing; None for its usual one for cars.
    timeout_s
        Seconds after which one question to it counts as unanswered.
    """

    detour_factor: float = 1.4
    speed_kmh: float = 35.0
    engine: TravelEngine | None = None
    url: str | None = None
    profile: str | None = None
    timeout_s: float = 10


@dataclass(frozen=True, slots=True)
class HandlingDefaults:
    """
    How long service takes, and how many of those announced come.

    The defaults lie within what offices have reported: about 50 recordings a unit and day at one stop (Surabaya 2022),
    10 to 15 minutes a pupil all told (Buleleng 2022), 7 people in two hours on a weak signal (Tabanan 2019).

    Attributes
    ----------
    recording_min, child_card_min, printing_min
        Kit minutes for one recording, one child card file, one printed card.
    setup_min, pack_up_min
        Fixed part of a stay, before and after.
    weak_signal_factor
        Multiplies kit minutes where the signal is weak.
    attendance
        Part (0 to 1) of the people announced who come.
    recording_age
        Least age for recording.
    """

    recording_min: float = 5
    child_card_min: float = 2
    printing_min: float = 2
    setup_min: int = 20
    pack_up_min: int = 15
    weak_signal_factor: float = 2
    attendance: float = 0.85
    recording_age: int = 16


@dataclass(frozen=True, slots=True)
class PlanningDefaults:
    """
    The office's choices in planning.

    Attributes
    ----------
    covering_radius_km
        How far a stop at a village hall reaches people of neighbouring villages.
    max_stops_per_day, max_schools_per_day
        Of one unit.
    round_share
        Least part (0 to 1) of the units' hours for fixed rounds and villages.
    longest_wait_weeks
        Weeks after which a village must be reached.
    never_visited_weeks
        Weeks counted for a village without a last visit.
    village_stop_people
        Most people a village stop plans for.
    urgency
        Multiplies the worth of a person, by urgency of the letter.
    priority_factor
        The same for priority sites (SLB, pesantren, orphanage, prison, bedridden).
    overtime_cost_per_hour, cost_per_km
        Points; one point is one person at ordinary urgency.
    """

    covering_radius_km: float = 5
    max_stops_per_day: int = 4
    max_schools_per_day: int = 2
    round_share: float = 0.3
    longest_wait_weeks: int = 26
    never_visited_weeks: int = 26
    village_stop_people: int = 60
    urgency: Mapping[Urgency, float] = field(default_factory=dict)
    priority_factor: float = 1.5
    overtime_cost_per_hour: float = 6
    cost_per_km: float = 0.1

    def __post_init__(self) -> None:
        """Fill in the usual factors and make them read-only."""
        usual = {Urgency.ORDINARY: 1.0, Urgency.URGENT: 1.5, Urgency.VERY_URGENT: 2.0}
        object.__setattr__(self, "urgency", MappingProxyType(usual | dict(self.urgency)))


@dataclass(frozen=True)
class Region:
    """
    A regency or city (kabupaten/kota) with everything that planning needs; complete and checked.

    Attributes
    ----------
    code
        4 digits, without a dot.
    timezone
        IANA zone of all clock times.
    coast
        Points (lon, lat) of an approximate coast line that bounds village areas; empty where there is none.
    boundaries
        Of villages by code, as imported; villages without one have an approximate area.
    sources
        Where the data come from, for the foot of maps.
    is_example
        Letters, stops, fleet or other figures are made up.
    folder
        Where it was read from; its roads, if any, lie there. None where it was not read from a folder.
    backlog
        How people still to be recorded were estimated for villages that have no count of them; None where none were.
    """

    code: str
    name: str
    timezone: str
    office: Office
    villages: tuple[Village, ...]
    sites: tuple[Site, ...]
    fleet: Fleet
    requests: tuple[RequestRow, ...]
    recurring: tuple[RecurringRow, ...]
    calendar: CalendarOverrides
    travel: TravelDefaults = TravelDefaults()
    roads: RoadSettings = field(default_factory=RoadSettings)
    handling: HandlingDefaults = HandlingDefaults()
    planning: PlanningDefaults = field(default_factory=PlanningDefaults)
    coast: tuple[tuple[float, float], ...] = ()
    boundaries: Mapping[str, Boundary] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    is_example: bool = False
    folder: Path | None = field(default=None, compare=False)
    backlog: BacklogEstimate | None = None

    @cached_property
    def village_by_code(self) -> Mapping[str, Village]:
        """Each village by its code, in order."""
        return MappingProxyType({village.code: village for village in self.villages})

    @cached_property
    def site_by_code(self) -> Mapping[str, Site]:
        """Each site by its code, in order."""
        return MappingProxyType({site.code: site for site in self.sites})

    def get_place(self, code: str) -> Village | Site:
        """
        The village or site with that code.

        Raises
        ------
        UnknownPlaceError
            When there is none.
        """
        place = self.village_by_code.get(code) or self.site_by_code.get(code)
        if place is None:
            raise UnknownPlaceError(f"Region '{self.name}' has no village and no site '{code}'.")
        return place


def load_region(folder: Path) -> Region:
    """
    The region that a folder describes, checked whole.

    Raises
    ------
    RegionError
        When anything is wrong; it lists every fault of the folder.
    """
    findings = Findings()
    tables = read_tables(folder, findings)
    check(tables, findings)
    if findings.found:
        raise RegionError(findings.in_order(FILES))
    settings = tables.settings
    region = dict(settings["region"].values)
    del region["reach_km"]  # it is of use to the checks only
    villages, backlog = estimate_backlog([Village(**each.values) for each in tables.rows("villages")])
    return Region(
        **region,
        office=Office(**settings["office"].values),
        villages=villages,
        backlog=backlog,
        sites=tuple(Site(**each.values) for each in tables.rows("sites")),
        fleet=_fleet(tables),
        requests=tuple(_request(each.values, tables) for each in tables.rows("requests")),
        recurring=tuple(_recurring(each.values) for each in tables.rows("recurring")),
        calendar=_calendar(tables),
        travel=TravelDefaults(**settings["travel"].values),
        handling=HandlingDefaults(**settings["handling"].values),
        planning=_planning(settings["planning"].values),
        roads=RoadSettings(**settings["roads"].values, speeds_kmh=_speeds(settings["road_speeds"].values)),
        folder=folder,
        coast=tuple((each.values["lon"], each.values["lat"]) for each in tables.rows("coast")),
        boundaries=MappingProxyType(dict(tables.boundaries or {})),
    )


def _fleet(tables: Tables) -> Fleet:
    return Fleet(
        units=tuple(_unit(each.values) for each in tables.rows("units")),
        stock=tuple(CardStock(**each.values) for each in tables.rows("stock")),
        **tables.settings["fleet"].values,
    )


def _unit(values: Mapping[str, Any]) -> Unit:
    flat = {name: value for name, value in values.items() if name not in (*CardType, *WEEKDAY_KEYS)}
    return Unit(
        **flat,
        cards_aboard={card: values[card] for card in CardType if values[card] is not None},
        hours={day: values[key] for key, day in WEEKDAY_KEYS.items() if values[key] is not None},
    )


def _request(values: Mapping[str, Any], tables: Tables) -> RequestRow:
    rest, counts = _take_counts(values)
    starts, ends = rest.pop("hours_from"), rest.pop("hours_to")
    kinds = {each.values["code"]: each.values["kind"] for each in tables.rows("sites")}
    rest["kind"] = rest["kind"] or kinds.get(rest["place"], SiteKind.VILLAGE_HALL)
    return RequestRow(**rest, counts=counts, hours=tuple(map(TimeRange, starts, ends)))


def _recurring(values: Mapping[str, Any]) -> RecurringRow:
    rest, counts = _take_counts(values)
    start, end = rest.pop("hours_from"), rest.pop("hours_to")
    return RecurringRow(**rest, counts=counts, hours=None if start is None else TimeRange(start, end))


def _take_counts(values: Mapping[str, Any]) -> tuple[dict[str, Any], ServiceCounts]:
    names = {each.name for each in fields(ServiceCounts)}
    counts = ServiceCounts(**{name: values[name] for name in names})
    return {name: value for name, value in values.items() if name not in names}, counts


def _calendar(tables: Tables) -> CalendarOverrides:
    settings = tables.settings
    return CalendarOverrides(
        hours=_office_hours(settings["hours"].values),
        ramadan_hours=_office_hours(settings["ramadan_hours"].values),
        school=SchoolHours(**settings["school"].values),
        days=tuple(DayOverride(**each.values) for each in tables.rows("days")),
        exams=tuple(NamedRange(**each.values) for each in tables.rows("exams")),
        school_holidays=tuple(NamedRange(**each.values) for each in tables.rows("school_holidays")),
        ramadan=tuple(Ramadan(**each.values) for each in tables.rows("ramadan")),
        **settings["calendar"].values,
    )


def _office_hours(values: Mapping[str, TimeRange]) -> OfficeHours:
    return OfficeHours(
        mon_thu=DayHours(values["mon_thu"], values["lunch"]), friday=DayHours(values["friday"], values["prayer"])
    )


def _speeds(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: speed for name, speed in values.items() if speed is not None}


def _planning(values: Mapping[str, Any]) -> PlanningDefaults:
    flat = {name: value for name, value in values.items() if name not in tuple(Urgency)}
    return PlanningDefaults(**flat, urgency={urgency: values[urgency] for urgency in Urgency})

"""
Roads of a region: cut out of an OpenStreetMap extract into its folder, and read from there.

``moling region roads`` calls `cut_roads` and writes what it returns; planning calls `road_network`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from pyproj import Transformer

from geodata.areas import utm_zone
from geodata.errors import N_, RoadsFileError
from geodata.importing.found import Box, FileError
from geodata.importing.reader_process import FileReader
from geodata.region import Region
from geodata.road_classes import FERRY, RoadSettings
from geodata.road_graph import RoadGraph, project, read_roads_file
from geodata.road_places import Standing, connected_roads, snap
from geodata.sites import Access, Site
from geodata.villages import Village

OFFICE_CODE: Final = "kantor"


@dataclass(frozen=True, slots=True)
class RoadPlace:
    """
    A place of the region as the roads know it.

    Attributes
    ----------
    code
        Of the village or site; ``kantor`` for the office.
    is_boat_only
        It can be reached by boat only, so that no road is missed.
    """

    code: str
    name: str
    lon: float
    lat: float
    is_boat_only: bool = False


@dataclass(frozen=True, slots=True)
class PlaceOnRoads:
    """
    How a place lies to the roads.

    Attributes
    ----------
    offset_m
        From the place to the nearest connected road, metres.
    """

    place: RoadPlace
    standing: Standing
    offset_m: float

    @property
    def is_on_road(self) -> bool:
        """Whether vans can drive there."""
        return self.standing is Standing.ON_ROAD


@dataclass(frozen=True)
class RoadsReport:
    """
    What was cut.

    Attributes
    ----------
    data
        Content of the region's ``roads.npz``.
    connected_share
        Part (0 to 1) of the roads' length that is connected both ways.
    limit_share
        Part (0 to 1) of the roads, ferries aside, that carry a speed limit.
    places
        Every place of the region, the office first.
    outside
        Places beyond what the file itself says it covers.
    """

    graph: RoadGraph
    data: bytes
    connected_share: float
    limit_share: float
    places: tuple[PlaceOnRoads, ...]
    outside: tuple[RoadPlace, ...]

    @property
    def snapped(self) -> tuple[PlaceOnRoads, ...]:
        """Places on the roads."""
        return tuple(each for each in self.places if each.is_on_road)

    @property
    def unreached(self) -> tuple[PlaceOnRoads, ...]:
        """Places that roads do not reach, those that boats serve included."""
        return tuple(each for each in self.places if not each.is_on_road)


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """
    Roads as a region folder has them.

    Attributes
    ----------
    key
        Hash of the roads and of the settings: the same for the same travel times.
    """

    graph: RoadGraph
    settings: RoadSettings
    key: str

    @cached_property
    def without_ferries(self) -> "RoadNetwork":
        """The same roads for vans that take no ferry."""
        return RoadNetwork(self.graph, replace(self.settings, ferries=False), f"{self.key} without ferries")


def places_of(region: Region) -> tuple[RoadPlace, ...]:
    """The office, every village and every site, in this order."""
    boat = frozenset({Access.BOAT})
    located: tuple[Village | Site, ...] = (*region.villages, *region.sites)
    office = RoadPlace(OFFICE_CODE, region.office.name, region.office.lon, region.office.lat)
    rest = (RoadPlace(each.code, each.name, each.lon, each.lat, each.access == boat) for each in located)
    return (office, *rest)


def cut_roads(region: Region, file: Path, reader: FileReader) -> RoadsReport:
    """
    The roads of a region and around it, out of an extract of its province or of the country.

    Parameters
    ----------
    reader
        Reads the extract in a child, within its caps (`ROAD_CAPS` fit a regency).

    Raises
    ------
    RoadsFileError
        When the file cannot be read within the caps, or has no road where the region lies.
    """
    zone = utm_zone(region.office.lon, region.office.lat)
    places = places_of(region)
    try:
        cut = reader.read_roads(file, area_around(places, zone, region.roads.margin_km), zone)
    except FileError as error:
        raise RoadsFileError("{file} {problem}", file=file.name, problem=error) from error
    graph, box = cut.graph, cut.box
    outside = tuple(each for each in places if box is not None and not _is_in(box, each))
    if not graph.road_count:
        raise RoadsFileError(
            N_("{file} has no road in this region; {outside} of its {count} places lie outside what the file covers"),
            file=file.name,
            outside=len(outside),
            count=len(places),
        )
    is_road = graph.road_class != FERRY
    length = float(graph.metres[is_road].sum()) or 1.0
    return RoadsReport(
        graph,
        cut.data,
        float(graph.metres[connected_roads(graph, region.roads)].sum()) / length,
        float((graph.limit_kmh[is_road] > 0).mean()) if is_road.any() else 0.0,
        standings(region, graph),
        outside,
    )


def area_around(places: Iterable[RoadPlace], zone: str, margin_km: float) -> Box:
    """The box around the places, widened by a margin that is measured in the UTM zone."""
    points = project(zone, *zip(*((each.lon, each.lat) for each in places), strict=True))
    (west, south), (east, north) = points.min(axis=0) - margin_km * 1000, points.max(axis=0) + margin_km * 1000
    corners = Transformer.from_crs(zone, "EPSG:4326", always_xy=True).transform(
        np.array([west, west, east, east]), np.array([south, north, south, north])
    )
    lon, lat = corners
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def road_network(path: Path, settings: RoadSettings) -> RoadNetwork:
    """
    The roads in a file of a region folder.

    Raises
    ------
    RoadsFileError
        When they cannot be read.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise RoadsFileError(
            N_("{file} cannot be opened: {problem}"), file=path.name, problem=str(error.strerror)
        ) from error
    graph, sha256 = _read(path, status.st_mtime_ns, status.st_size)
    key = hashlib.sha256(f"{sha256} {settings!r}".encode()).hexdigest()
    return RoadNetwork(graph, settings, key)


def standings(region: Region, graph: RoadGraph, settings: RoadSettings | None = None) -> tuple[PlaceOnRoads, ...]:
    """How each place of the region lies to the roads, the office first; by the region's settings or others."""
    places = places_of(region)
    snaps = snap(graph, settings or region.roads, [each.lon for each in places], [each.lat for each in places])
    return tuple(map(PlaceOnRoads, places, snaps.standing, snaps.offset_m.tolist()))


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int, _size: int) -> tuple[RoadGraph, str]:
    # Planning a week asks for travel times more than once; a changed file has another time or size.
    return read_roads_file(path)


def _is_in(box: Box, place: RoadPlace) -> bool:
    west, south, east, north = box
    return west <= place.lon <= east and south <= place.lat <= north

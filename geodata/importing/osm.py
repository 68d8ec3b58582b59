"""Villages, village halls and schools of OpenStreetMap: answers of Overpass (JSON) and extracts (``.osm.pbf``)."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import osmium

from geodata.errors import N_
from geodata.importing.found import CheckRow, DamagedFileError, FileError, FoundTable, Kind, TableBuilder
from geodata.importing.pbf_strings import check_strings

PLACES: Final = frozenset({"village", "suburb", "quarter", "town", "hamlet", "neighbourhood", "locality", "city"})
SCHOOLS: Final = frozenset({"school", "kindergarten"})
_CORNERS = 40
"""The middle of a building is taken from so many of its corners."""


def read_overpass(document: Mapping[str, Any]) -> tuple[FoundTable, ...]:
    """
    Named places and schools of an answer of Overpass, by ``out``, ``out center`` or ``out geom``.

    Raises
    ------
    FileError
        When it is not such an answer.
    """
    elements = document.get("elements")
    if not isinstance(elements, list):
        raise DamagedFileError(N_("is no complete answer of Overpass"))
    collector = _Collector(lambda _: True)
    try:
        nodes = {
            each["id"]: (each["lon"], each["lat"]) for each in elements if each.get("type") == "node" and "lon" in each
        }
        for each in elements:
            tags = each.get("tags") or {}
            if not collector.wants(tags):
                continue
            collector.add(f"{str(each['type'])[0]}{int(each['id'])}", tags, _corners(each, nodes))
    except FileError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise DamagedFileError(N_("is no complete answer of Overpass")) from error
    return collector.tables()


def _corners(element: Mapping[str, Any], nodes: Mapping[Any, tuple[float, float]]) -> list[tuple[float, float]]:
    if "center" in element:
        return [(element["center"]["lon"], element["center"]["lat"])]
    if "geometry" in element:
        return [(each["lon"], each["lat"]) for each in element["geometry"] if each]
    if element["type"] == "node":
        return [nodes[element["id"]]]
    return [nodes[each] for each in element.get("nodes", ()) if each in nodes]


def read_pbf(path: Path, check_row: CheckRow) -> tuple[FoundTable, ...]:
    """
    Named places and schools of an extract, streamed twice: it may be of any size.

    Raises
    ------
    FileError
        When the extract is damaged.
    """
    check_strings(path)
    collector = _Collector(check_row)
    ways: dict[int, tuple[dict[str, str], list[int]]] = {}
    keys = osmium.filter.KeyFilter("place", "amenity", "office")
    try:
        entities = osmium.osm.NODE | osmium.osm.WAY
        found: Any
        for found in osmium.FileProcessor(str(path), entities).with_filter(keys):
            tags = {tag.k: tag.v for tag in found.tags}
            if not collector.wants(tags):
                continue
            if found.is_node():
                collector.add(f"n{found.id}", tags, [(found.location.lon, found.location.lat)])
            else:
                ways[found.id] = (tags, [node.ref for node in found.nodes][:_CORNERS])
        points = _node_points(path, {ref for _, refs in ways.values() for ref in refs})
    except FileError:
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise DamagedFileError(N_("is a damaged extract of OpenStreetMap")) from error
    for number, (tags, refs) in ways.items():
        collector.add(f"w{number}", tags, [points[ref] for ref in refs if ref in points])
    return collector.tables()


def _node_points(path: Path, wanted: set[int]) -> dict[int, tuple[float, float]]:
    if not wanted:
        return {}
    nodes: Any = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(osmium.filter.IdFilter(wanted))
    return {each.id: (each.location.lon, each.location.lat) for each in nodes}


class _Collector:
    """Sorts elements into places and schools."""

    def __init__(self, check_row: CheckRow) -> None:
        self._check_row = check_row
        self._places = TableBuilder("places", Kind.MAP_PLACE)
        self._schools = TableBuilder("schools", Kind.SITE)
        self._number = 0

    def wants(self, tags: Mapping[str, str]) -> bool:
        """Whether tags are those of a named place, village hall or school."""
        if not tags.get("name"):
            return False
        is_hall = tags.get("amenity") == "townhall" or tags.get("office") == "government"
        return tags.get("place") in PLACES or tags.get("amenity") in SCHOOLS or is_hall

    def add(self, number: str, tags: Mapping[str, str], corners: Iterable[tuple[float, float]]) -> None:
        """Add an element at the middle of its corners; one without any is passed over."""
        points = list(dict.fromkeys(corners))
        if not points:
            return
        lon, lat = (sum(values) / len(points) for values in zip(*points, strict=True))
        cells: dict[str, str | None] = {"osm": number, "lon": f"{lon:.7f}", "lat": f"{lat:.7f}"}
        is_school = tags.get("amenity") in SCHOOLS
        builder = self._schools if is_school else self._places
        if not self._check_row({name: text for name, text in cells.items() if text}):
            builder.elsewhere += 1
            return
        if is_school:
            npsn = next((tags[key] for key in ("ref:npsn", "npsn", "ref:NPSN", "ref") if key in tags), "")
            cells |= {"school": tags["name"], "npsn": npsn if re.fullmatch(r"[A-Z0-9]\d{7}", npsn) else None}
            cells |= {"address": tags.get("addr:street")}
        else:
            cells |= {"name": tags["name"], "centre": "yes" if "place" in tags else None}
        self._number += 1
        builder.add(self._number, cells)

    def tables(self) -> tuple[FoundTable, ...]:
        """Both tables; empty ones are left out, and one empty one stands for a file without any."""
        tables = tuple(
            builder.table() for builder in (self._places, self._schools) if builder.rows or builder.elsewhere
        )
        return tables or (self._places.table(),)

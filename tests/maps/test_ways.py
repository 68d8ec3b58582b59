"""Drives along the roads on maps and in files, for one drive whose road is known."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from maps.daily_map import daily_map
from maps.document import as_document
from maps.errors import InvalidWaysError
from maps.geojson import week_geojson
from maps.gpx import day_gpx
from maps.itinerary import Ways, WeekItinerary, itineraries
from maps.ways_file import read_ways, write_ways
from maps.week_map import week_map

if TYPE_CHECKING:
    from tests.maps.conftest import Case

BEND = (99.20, 3.05)
"""A corner of the road that lies outside everything else on the map."""
GPX = "{http://www.topografix.com/GPX/1/1}"


@pytest.fixture
def ways(case: "Case") -> Ways:
    """The road of the week's very first drive."""
    leg = case.week.itineraries[0].legs[0]
    ends = leg.origin.location, leg.destination.location
    line = ((ends[0].lon, ends[0].lat), BEND, (ends[1].lon, ends[1].lat))
    return {(ends[0].id, ends[1].id): line}


@pytest.fixture
def week(case: "Case", ways: Ways) -> WeekItinerary:
    return itineraries(case.problem, case.plan, case.cards, ways)


def test_a_drive_with_a_known_road_is_drawn_along_it(week: WeekItinerary) -> None:
    """The document has its points, the others stay straight and say so."""
    first: Any = as_document(week.itineraries[0], gettext=str)["legs"]

    assert first[0]["is_straight"] is False
    assert first[0]["way"][1] == list(BEND)
    assert first[1]["is_straight"] is True
    assert first[1]["way"] == []


def test_the_first_view_holds_the_whole_way(week: WeekItinerary) -> None:
    """Week and day open with the bend in view, not only the ends."""
    for page in (
        week_map(week, None, gettext=str, locale="en"),
        daily_map(week, week.itineraries[0], None, gettext=str, locale="en"),
    ):
        block = re.search(r'id="drawing">(.*?)</script>', page, re.DOTALL)
        assert block
        (south, west), _ = json.loads(block[1])["bounds"]
        assert (west, south) == BEND


def test_geojson_has_the_way_as_geometry(week: WeekItinerary) -> None:
    features = json.loads(week_geojson(week, gettext=str))["features"]
    legs = [feature for feature in features if feature["properties"]["type"] == "leg"]

    assert [len(leg["geometry"]["coordinates"]) for leg in legs[:2]] == [3, 2]
    assert all("way" not in leg["properties"] for leg in legs)


def test_a_day_as_gpx(week: WeekItinerary) -> None:
    """A waypoint a stop in order, a segment a drive with its points, names as on the sheet."""
    day = week.itineraries[0]

    root = ET.fromstring(day_gpx(day, gettext=str, locale="en"))

    assert root.tag == f"{GPX}gpx"
    names = [point.findtext(f"{GPX}name") for point in root.iter(f"{GPX}wpt")]
    assert names == ["1 SMAN 1 Lima Puluh", "2 MAN Batu Bara"]
    segments = [len(segment) for segment in root.iter(f"{GPX}trkseg")]
    assert segments == [3, 2, 2]
    corner = next(iter(root.iter(f"{GPX}trkseg")))[1]
    assert (float(corner.attrib["lon"]), float(corner.attrib["lat"])) == BEND


def test_hostile_names_stay_text_in_gpx(case: "Case") -> None:
    """Markup is escaped, and characters that XML cannot hold do not make a file that no device reads."""
    day = case.week.itineraries[0]
    stop = replace(day.stops[0], card=replace(day.stops[0].card, name="<x>&\x07\ufffe]]>"))

    root = ET.fromstring(day_gpx(replace(day, stops=(stop,)), gettext=str, locale="en"))

    assert root.findtext(f"{GPX}wpt/{GPX}name") == "1 <x>&  ]]>"


def test_ways_come_back_from_their_file(ways: Ways) -> None:
    assert read_ways(write_ways(ways)) == ways


@pytest.mark.parametrize(
    "document",
    [
        b"\xff",
        b"[]",
        b'{"format": "moling/ways", "version": 2, "ways": []}',
        b'{"format": "moling/ways", "version": 1, "ways": {}}',
        b'{"format": "moling/ways", "version": 1, "ways": [{"from": "a", "to": "b"}]}',
        b'{"format": "moling/ways", "version": 1, "ways": [{"from": "a", "to": 1, "points": [[1, 2], [3, 4]]}]}',
        b'{"format": "moling/ways", "version": 1, "ways": [{"from": "a", "to": "b", "points": [[1, 2]]}]}',
        b'{"format": "moling/ways", "version": 1, "ways": [{"from": "a", "to": "b", "points": [[1, 2], [NaN, 4]]}]}',
        b'{"format": "moling/ways", "version": 1, "ways": [{"from": "a", "to": "b", "points": [[1, 2], [181, 4]]}]}',
    ],
)
def test_other_documents_are_refused(document: bytes) -> None:
    with pytest.raises(InvalidWaysError, match=r"^Ways: "):
        read_ways(document)

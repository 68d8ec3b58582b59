"""
A van's day as GPX 1.1 (topografix.com/GPX/1/1) for navigation devices and map applications.

Each stop is a waypoint; the drives are one track with a segment each, along the roads where they are known.
"""

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from maps.itinerary import Itinerary, Stop
from maps.words import Words

_NAMESPACE = "http://www.topografix.com/GPX/1/1"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def day_gpx(itinerary: Itinerary, *, gettext: Callable[[str], str], locale: str = "id") -> bytes:
    """
    The document of one day: UTF-8, the same bytes for the same day.

    Waypoints carry the number of the stop, its name, when service begins and ends, and the place; times are local and
    in words, since devices show a waypoint's own time as when it was recorded.
    """
    words = Words(gettext, locale)
    title = _clean(f"{itinerary.vehicle.name} · {words.day(itinerary.day)}")
    root = Element("gpx", {"xmlns": _NAMESPACE, "version": "1.1", "creator": "Moling"})
    SubElement(SubElement(root, "metadata"), "name").text = title
    for stop in itinerary.stops:
        _add_waypoint(root, stop, words)
    track = SubElement(root, "trk")
    SubElement(track, "name").text = title
    for leg in itinerary.legs:
        segment = SubElement(track, "trkseg")
        for lon, lat in leg.line:
            SubElement(segment, "trkpt", _position(lon, lat))
    indent(root, space=" ")
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_waypoint(root: Element, stop: Stop, words: Words) -> None:
    point = SubElement(root, "wpt", _position(stop.location.lon, stop.location.lat))
    # The schema fixes this order of elements.
    SubElement(point, "name").text = _clean(f"{stop.number} {words.title(stop.card)}")
    SubElement(point, "desc").text = _clean(f"{words.span(stop.start, stop.finish)} · {stop.card.place}")


def _position(lon: float, lat: float) -> dict[str, str]:
    return {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}"}


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub(" ", text)

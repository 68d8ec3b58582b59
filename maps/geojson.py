"""
The week as GeoJSON (RFC 7946) for other map programs: stops, legs and unserved visits as features.

Properties are those of the plain documents of `document.py`; ``type`` says which of the three a feature is.
"""

import json
from collections.abc import Callable, Iterator

from maps.document import leg_document, stop_document, unserved_document
from maps.itinerary import WeekItinerary


def week_geojson(week: WeekItinerary, *, gettext: Callable[[str], str]) -> bytes:
    """
    A FeatureCollection of the whole week: UTF-8, one feature a line, the same bytes for the same week.

    Stops and unserved visits are points, legs are lines; coordinates are ``lon, lat`` in WGS 84. Villages that were
    candidates and wait for a later week are not in it.
    """
    features = ",\n".join(
        json.dumps(feature, ensure_ascii=False, allow_nan=False) for feature in _features(week, gettext)
    )
    return f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n'.encode()


def _features(week: WeekItinerary, gettext: Callable[[str], str]) -> Iterator[dict[str, object]]:
    for itinerary in week.itineraries:
        shared = {"date": itinerary.day.isoformat(), "shift": itinerary.shift, "vehicle": itinerary.vehicle.id}
        for stop in itinerary.stops:
            yield _point({"type": "stop", **shared, **stop_document(stop, gettext)})
        for leg in itinerary.legs:
            line = [list(point) for point in leg.line]
            document = leg_document(leg) | {"from": leg.origin.name, "to": leg.destination.name}
            del document["way"]  # it is the feature's geometry
            yield _feature("LineString", line, {"type": "leg", **shared, **document})
    for visit in week.unserved:
        yield _point({"type": "unserved", **unserved_document(visit, gettext=gettext)})


def _point(document: dict[str, object]) -> dict[str, object]:
    return _feature("Point", document.pop("point"), document)


def _feature(geometry: str, coordinates: object, properties: dict[str, object]) -> dict[str, object]:
    return {"type": "Feature", "geometry": {"type": geometry, "coordinates": coordinates}, "properties": properties}

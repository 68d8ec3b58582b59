"""
Ways along the roads to and from one JSON document, ``ways.json``, which stands beside a plan whose region has roads.

Maps are drawn with them when the folder is read again, wherever the region's own folder is by then.
"""

import json
import math

from maps.errors import InvalidWaysError
from maps.itinerary import Ways
from optimizer.problem import LocationId

FORMAT = "moling/ways"
VERSION = 1
_LEAST_POINTS = 2


def write_ways(ways: Ways) -> bytes:
    """The document of these ways: UTF-8 JSON, a way a line, the same bytes for the same ways."""
    rows = (
        json.dumps({"from": origin, "to": destination, "points": points}, ensure_ascii=False)
        for (origin, destination), points in sorted(ways.items())
    )
    body = ",\n".join(rows)
    return f'{{"format": "{FORMAT}", "version": {VERSION}, "ways": [\n{body}\n]}}\n'.encode()


def read_ways(document: bytes) -> Ways:
    """
    The ways of a document that `write_ways` wrote.

    Raises
    ------
    InvalidWaysError
        When it is not such a document.
    """
    try:
        body = json.loads(document)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidWaysError(f"Ways: the document is not JSON ({error}).") from error
    if not isinstance(body, dict) or (body.get("format"), body.get("version")) != (FORMAT, VERSION):
        raise InvalidWaysError(f"Ways: the document must be of format {FORMAT!r}, version {VERSION}.")
    rows = body.get("ways")
    if not isinstance(rows, list):
        raise InvalidWaysError("Ways: 'ways' must be a list.")
    return dict(_read_row(row, at) for at, row in enumerate(rows))


def _read_row(row: object, at: int) -> tuple[tuple[LocationId, LocationId], tuple[tuple[float, float], ...]]:
    if not isinstance(row, dict) or row.keys() != {"from", "to", "points"}:
        raise InvalidWaysError(f"Ways: row {at} must have 'from', 'to' and 'points'.")
    origin, destination, points = row["from"], row["to"], row["points"]
    if not isinstance(origin, str) or not isinstance(destination, str):
        raise InvalidWaysError(f"Ways: 'from' and 'to' of row {at} must be text.")
    if not isinstance(points, list) or len(points) < _LEAST_POINTS or not all(map(_is_point, points)):
        raise InvalidWaysError(f"Ways: 'points' of row {at} must be two points or more, longitude and latitude.")
    return (LocationId(origin), LocationId(destination)), tuple((float(lon), float(lat)) for lon, lat in points)


def _is_point(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2  # noqa: PLR2004 (longitude and latitude)
        and all(isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each) for each in point)
        and abs(point[0]) <= 180  # noqa: PLR2004 (half a circle)
        and abs(point[1]) <= 90  # noqa: PLR2004 (the pole)
    )

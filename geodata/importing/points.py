"""
Points of a table, judged together: what is a slip, what is a placeholder, what lies where it cannot.

A swap of latitude and longitude is certain in Indonesia, whose longitudes are no latitudes, and is put right. Nothing
else is: a point that is not believed is told and not taken.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from geodata.checks import INDONESIA
from geodata.errors import N_
from geodata.importing.places import Ground
from geodata.importing.words import read_degrees

FAR_M = 1_000.0
"""A point this far outside the boundary of its village is not taken; boundaries are no surveys, so nearer ones are."""
NEAR_M = 50.0
SHARED = 3
"""So many villages at one point are a placeholder; two may share a hall."""
_OUTLIER_M, _OUTLIER_TIMES = 40_000.0, 6.0
_DECIMALS = 5


@dataclass(slots=True)
class ReadPoint:
    """
    The point of a row.

    Attributes
    ----------
    lonlat
        Degrees, rounded; None where the row has none or it is not believed.
    remarks
        What is odd, as messages and parameters.
    """

    lonlat: tuple[float, float] | None = None
    remarks: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def doubt(self, message: str, /, **params: object) -> None:
        """Tell why the point is not believed, and drop it."""
        self.remarks.append((message, params))
        self.lonlat = None


def read_point(cells: Mapping[str, str]) -> ReadPoint:
    """The point that a row gives, by itself: read, put the right way round, inside Indonesia."""
    lat_text, lon_text = cells.get("lat", ""), cells.get("lon", "")
    if not lat_text and not lon_text and "latlon" in cells:
        lat_text, lon_text = _split(cells["latlon"])
    point = ReadPoint()
    if not lat_text and not lon_text:
        return point
    lat, lon = read_degrees(lat_text), read_degrees(lon_text)
    if lat is None or lon is None:
        point.doubt(N_("'{lat}', '{lon}' are no coordinates"), lat=lat_text[:30], lon=lon_text[:30])
    elif lat == 0 and lon == 0:
        point.doubt(N_("0, 0 stands for no point"))
    elif _is_in_indonesia(lon, lat):
        point.lonlat = (round(lon, _DECIMALS), round(lat, _DECIMALS))
    elif _is_in_indonesia(lat, lon):
        point.lonlat = (round(lat, _DECIMALS), round(lon, _DECIMALS))
        point.remarks.append((N_("latitude and longitude were swapped; put right"), {}))
    else:
        point.doubt(N_("{lat}, {lon} lies outside Indonesia"), lat=f"{lat:g}", lon=f"{lon:g}")
    if point.lonlat is not None and all(value.is_integer() for value in point.lonlat):
        lon, lat = point.lonlat
        point.doubt(N_("{lat}, {lon} are whole degrees, which stand for no point"), lat=f"{lat:g}", lon=f"{lon:g}")
    return point


def _split(text: str) -> tuple[str, str]:
    """Latitude and longitude that stand in one cell, decimal commas allowed where something else parts the two."""
    for separator in (r"\s*;\s*", r"\s*,\s+", r"\s+", r"\s*,\s*", r"\s*/\s*"):
        parts = re.split(separator, text.strip(" ()[]"))
        if len(parts) == 2:  # noqa: PLR2004 (a point)
            return parts[0], parts[1]
    return text, ""


def _is_in_indonesia(lon: float, lat: float) -> bool:
    west, east, south, north = INDONESIA
    return west <= lon <= east and south <= lat <= north


def judge_together(points: Sequence[ReadPoint], villages: Sequence[str]) -> None:
    """Doubt points that one table gives to several villages: one point for many is none."""
    owners: dict[tuple[float, float], set[str]] = {}
    for point, village in zip(points, villages, strict=True):
        if point.lonlat is not None:
            owners.setdefault(point.lonlat, set()).add(village)
    for point in points:
        if point.lonlat is None:
            continue
        count = len(owners[point.lonlat])
        if count >= SHARED:
            point.doubt(N_("{count} villages have this point; one point for many is none"), count=count)
        elif count > 1:
            point.remarks.append((N_("another village has the same point"), {}))


def judge_outliers(points: Sequence[ReadPoint], ground: Ground) -> None:
    """Where no boundary is known, doubt points that lie far from where all others are."""
    if ground.shapes:
        return
    places = [ground.metric(*point.lonlat) for point in points if point.lonlat is not None]
    places += [ground.metric(*each) for each in ground.points]
    if len(places) < 5:  # noqa: PLR2004 (fewer have no middle that could be trusted)
        return
    middle = np.median(np.array(places), axis=0)
    usual_m = float(np.median([math.dist(middle, each) for each in places]))
    most_m = max(_OUTLIER_M, _OUTLIER_TIMES * usual_m)
    for point in points:
        if point.lonlat is None:
            continue
        away_m = math.dist(middle, ground.metric(*point.lonlat))
        if away_m > most_m:
            point.doubt(N_("lies {km} km from the middle of all points"), km=round(away_m / 1000))


def judge_place(point: ReadPoint, village: str, ground: Ground, far_m: float = FAR_M) -> None:
    """Doubt a point that lies far outside the boundary of its village, and say of which area."""
    if point.lonlat is None:
        return
    beyond_m = ground.beyond_m(village, *point.lonlat)
    if beyond_m is None:
        outside_m = ground.beyond_m(village[:4], *point.lonlat) if ground.shapes else None
        if outside_m is not None and outside_m > 5 * far_m:
            point.doubt(N_("lies {km} km outside the regency"), km=f"{outside_m / 1000:.1f}")
        return
    if beyond_m <= NEAR_M:
        return
    area = N_("lies {km} km outside its village")
    for digits, message in (
        (6, N_("lies {km} km outside its village, and outside its kecamatan")),
        (4, N_("lies {km} km outside its village, and outside the regency")),
    ):
        outside_m = ground.beyond_m(village[:digits], *point.lonlat)
        if outside_m is not None and outside_m > NEAR_M:
            area = message
    params = {"km": f"{beyond_m / 1000:.1f}"}
    if beyond_m > far_m:
        point.doubt(area, **params)
    else:
        point.remarks.append((area, params))

"""
Areas and neighbours of villages, from their service points.

An imported boundary is a village's area. Without one it is the village's Voronoi cell: all that lies nearer to its
service point than to any other. Cells are bounded by the hull of all points, widened, and by the coast line. They are
good enough to shade a map and are marked approximate; nothing is planned by them. Lengths are measured in the UTM zone
of the region or along great circles, never in degrees.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from geodata.boundaries import boundary_shape
from geodata.region import Region
from geodata.villages import Village
from optimizer.problem import GreatCircle, Location, LocationId

# geopandas takes half a second to import; commands that draw nothing must not pay for it.
if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt
    from shapely import LineString, Point
    from shapely.geometry.base import BaseGeometry

WGS84: Final = "EPSG:4326"
MARGIN_M: Final = 3_000.0
"""How far areas reach beyond the outermost service points."""
HULL_RATIO: Final = 0.2
"""How closely the hull follows the outermost points: 1 is the convex hull, 0 the tightest."""
GRID_DEG: Final = 1e-5
"""Vertices are rounded to this, about a metre."""
_COAST_OVERHANG_M = 100_000.0
_NUDGE_M = 2.0


def village_areas(region: Region) -> "gpd.GeoDataFrame":
    """
    Areas of all villages, in their order: their boundaries, and approximate ones of villages that have none.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``code``, ``name``, ``is_approximate`` and ``geometry`` (polygons, EPSG:4326).
        Cells do not overlap and each holds its village's service point; of villages at the very same point, the
        later ones get the strip beside it.
    """
    import geopandas as gpd  # noqa: PLC0415 (see the top of the module)
    import shapely  # noqa: PLC0415

    utm = utm_zone(region.office.lon, region.office.lat)
    lon, lat = zip(*((village.lon, village.lat) for village in region.villages), strict=True)
    points = _apart(gpd.GeoSeries.from_xy(lon, lat, crs=WGS84).to_crs(utm).tolist())
    coast = gpd.GeoSeries([shapely.LineString(region.coast)], crs=WGS84).to_crs(utm)[0] if region.coast else None
    known = {code: boundary_shape(each) for code, each in region.boundaries.items()}
    cells = gpd.GeoSeries(_cells(points, _bounds(points, coast)), crs=utm).to_crs(WGS84)
    shapes = _with_boundaries(region.villages, shapely.set_precision(cells.to_numpy(), GRID_DEG), known)
    return gpd.GeoDataFrame(
        {
            "code": [village.code for village in region.villages],
            "name": [village.name for village in region.villages],
            "is_approximate": [village.code not in known for village in region.villages],
        },
        geometry=shapes,
        crs=WGS84,
    )


def utm_zone(lon: float, lat: float) -> str:
    """The UTM zone at a point as an EPSG code: 6 degrees wide from 180 W, 326xx in the north, 327xx in the south."""
    return f"EPSG:{(32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1}"


def neighbours(region: Region, radius_km: float) -> Mapping[str, Mapping[str, float]]:
    """
    For each village code the codes of other villages within the radius, nearest first, with kilometres.

    Kilometres are along the great circle between service points, to the metre.
    """
    distance_km = _distances_km(region.villages)
    found: dict[str, Mapping[str, float]] = {}
    for row, village in enumerate(region.villages):
        near = sorted(
            (float(km), other.code)
            for km, other in zip(distance_km[row], region.villages, strict=True)
            if km <= radius_km and other is not village
        )
        found[village.code] = MappingProxyType({code: km for km, code in near})
    return MappingProxyType(found)


def nearest_village(region: Region, lon: float, lat: float) -> tuple[Village, float]:
    """The village whose service point lies nearest to a point (degrees, EPSG:4326), and how many km away it is."""
    points = [_location("point", lon, lat), *(_location(each.code, each.lon, each.lat) for each in region.villages)]
    distance_km = GreatCircle(detour_factor=1).between(points).distance_m[0, 1:] / 1000
    nearest = int(distance_km.argmin())
    return region.villages[nearest], float(distance_km[nearest])


def distances_km(
    region: Region, origin: tuple[float, float], places: Sequence[tuple[float, float]]
) -> tuple[float, ...]:
    """Straight kilometres from a point to others, all as ``lon, lat`` in degrees, in the UTM zone of the region."""
    from pyproj import Transformer  # noqa: PLC0415 (see the top of the module)

    utm = Transformer.from_crs(WGS84, utm_zone(region.office.lon, region.office.lat), always_xy=True)
    east, north = utm.transform(*origin)
    return tuple(math.hypot(x - east, y - north) / 1000 for x, y in (utm.transform(*each) for each in places))


def _distances_km(villages: Sequence[Village]) -> "npt.NDArray[np.float64]":
    locations = [_location(each.code, each.lon, each.lat) for each in villages]
    return GreatCircle(detour_factor=1).between(locations).distance_m / 1000


def _location(name: str, lon: float, lat: float) -> Location:
    return Location(LocationId(name), lon, lat)


def _with_boundaries(
    villages: Sequence[Village], cells: Sequence["BaseGeometry"], known: Mapping[str, "BaseGeometry"]
) -> list["BaseGeometry"]:
    """Known boundaries, and of the cells of other villages what no boundary covers."""
    import shapely  # noqa: PLC0415 (see the top of the module)

    if not known:
        return list(cells)
    covered = shapely.union_all(list(known.values()), grid_size=GRID_DEG)
    shapes = []
    for village, cell in zip(villages, cells, strict=True):
        rest = known.get(village.code) or shapely.difference(cell, covered, grid_size=GRID_DEG)
        # A point inside another village's boundary leaves nothing; its cell is then better than no area.
        shapes.append(cell if rest.is_empty else rest)
    return shapes


def _apart(points: Sequence["Point"]) -> list["Point"]:
    # A Voronoi diagram knows a place once; villages that share a hall are set side by side for it.
    import shapely  # noqa: PLC0415 (see the top of the module)

    seen: dict[tuple[float, float], int] = defaultdict(int)
    apart = []
    for point in points:
        place = (point.x, point.y)
        apart.append(shapely.Point(point.x + _NUDGE_M * seen[place], point.y))
        seen[place] += 1
    return apart


def _bounds(points: Sequence["Point"], coast: "LineString | None") -> "BaseGeometry":
    """What all cells together cover: the widened hull of the points, less what lies beyond the coast."""
    import shapely  # noqa: PLC0415 (see the top of the module)
    from shapely.ops import split  # noqa: PLC0415

    hull = shapely.concave_hull(shapely.MultiPoint(points), ratio=HULL_RATIO).buffer(MARGIN_M)
    if coast is None:
        return hull
    # A piece with service points is land, on whichever side of the line a person drew it.
    pieces = split(hull, _lengthened(coast)).geoms
    return shapely.union_all([piece for piece in pieces if any(piece.intersects(point) for point in points)])


def _lengthened(line: "LineString") -> "LineString":
    """The line with its first and last piece drawn on far enough to leave any hull."""
    import shapely  # noqa: PLC0415 (see the top of the module)

    def beyond(end: tuple[float, float], before: tuple[float, float]) -> tuple[float, float]:
        factor = _COAST_OVERHANG_M / (math.dist(end, before) or 1.0)
        return end[0] + (end[0] - before[0]) * factor, end[1] + (end[1] - before[1]) * factor

    path = [(x, y) for x, y in line.coords]
    return shapely.LineString([beyond(path[0], path[1]), *path, beyond(path[-1], path[-2])])


def _cells(points: Sequence["Point"], bounds: "BaseGeometry") -> list["BaseGeometry"]:
    import shapely  # noqa: PLC0415 (see the top of the module)

    if len(points) == 1:
        return [bounds]
    cells = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=bounds, ordered=True)
    return [cell.intersection(bounds) for cell in cells.geoms]

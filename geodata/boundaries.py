"""
Village boundaries of a region folder: ``boundaries.geojson``, read strictly and written small.

Boundaries are drawn and tell where a point belongs; no plan depends on their last metre. Neighbours are simplified
together, so that a shared border stays shared, more coarsely until the file is small enough for a map on a slow line.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from geodata.errors import N_
from geodata.tables import Findings

# shapely takes a while to import; commands that draw nothing must not pay for it.
if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MAX_BYTES: Final = 5_000_000
MAX_WRITTEN_BYTES: Final = 330_000
"""Of all boundaries together; a map of 400 villages with everything else on it then stays below 1 MB."""
MAX_VERTICES: Final = 400_000
_FIRST_TOLERANCE_M = 5.0
_DECIMALS = 5
_LEAST_RING = 4

Ring: TypeAlias = tuple[tuple[float, float], ...]
"""Points lon, lat; the last is the first again."""
Boundary: TypeAlias = tuple[tuple[Ring, ...], ...]
"""Polygons, each its outer ring and then its holes."""


def read_boundaries(path: Path, findings: Findings) -> Mapping[str, Boundary] | None:
    """Boundaries by village code; None where the file has a fault, which is told."""
    try:
        if path.is_symlink() or not path.is_file():
            findings.add_file(path.name, N_("is not a plain file"))
            return None
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            findings.add_file(path.name, N_("is larger than {most} kB"), most=MAX_BYTES // 1_000)
            return None
        document = json.loads(data)
        features = document["features"]
        found = {str(each["properties"]["kode"]).replace(".", ""): _boundary(each["geometry"]) for each in features}
    except OSError as error:
        findings.add_file(path.name, N_("cannot be opened: {problem}"), problem=str(error.strerror))
        return None
    except (ValueError, KeyError, TypeError, RecursionError):
        findings.add_file(path.name, N_("is no GeoJSON of polygons with a property kode; import the boundaries again"))
        return None
    return found


def _boundary(geometry: Mapping[str, Any]) -> Boundary:
    kind = geometry["type"]
    if kind not in {"Polygon", "MultiPolygon"}:
        raise ValueError(kind)
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    boundary = tuple(tuple(_ring(ring) for ring in polygon) for polygon in polygons)
    if not boundary or not all(boundary):
        raise ValueError("no ring")
    return boundary


def _ring(points: Sequence[Sequence[float]]) -> Ring:
    ring = tuple((float(lon), float(lat)) for lon, lat in points)
    is_in_range = all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)  # noqa: PLR2004 (degrees)
    if len(ring) < _LEAST_RING or ring[0] != ring[-1] or not is_in_range:
        raise ValueError("no ring")
    return ring


def boundary_shape(boundary: Boundary) -> "BaseGeometry":
    """A boundary as a valid shape, EPSG:4326."""
    import shapely  # noqa: PLC0415 (see the top of the module)

    polygons = [shapely.Polygon(outer, holes) for outer, *holes in boundary]
    shape = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    return shape if shape.is_valid else _polygonal(shapely.make_valid(shape))


def write_boundaries(shapes: Mapping[str, "BaseGeometry"], names: Mapping[str, str], utm: str) -> bytes:
    """
    The file, by code of the village; its shapes are simplified together until it is small enough.

    Parameters
    ----------
    shapes
        Polygons and multipolygons, EPSG:4326.
    names
        Of the villages, for whoever opens the file elsewhere.
    utm
        The zone in which lengths are measured.
    """
    import numpy as np  # noqa: PLC0415 (see the top of the module)
    import shapely  # noqa: PLC0415
    from pyproj import Transformer  # noqa: PLC0415

    def mover(source: str, target: str) -> Any:  # noqa: ANN401 (a function of arrays)
        transformer = Transformer.from_crs(source, target, always_xy=True)
        return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    codes = sorted(shapes)
    metric = shapely.transform(np.array([shapes[code] for code in codes], dtype=object), mover("EPSG:4326", utm))
    tolerance_m, back = _FIRST_TOLERANCE_M, mover(utm, "EPSG:4326")
    while True:
        # The tolerance of a coverage is the root of an area, that of the triangles that may go.
        simple = shapely.coverage_simplify(metric, tolerance_m) if tolerance_m > _FIRST_TOLERANCE_M else metric
        degrees = [_rounded(shape) for shape in shapely.transform(np.asarray(simple, dtype=object), back)]
        content = _content(codes, degrees, names)
        if len(content) <= MAX_WRITTEN_BYTES or tolerance_m > 2_000:  # noqa: PLR2004 (coarser would be no map)
            return content
        tolerance_m *= 1.5


def _rounded(shape: "BaseGeometry") -> "BaseGeometry":
    import shapely  # noqa: PLC0415 (see the top of the module)

    return _polygonal(shapely.set_precision(shapely.make_valid(shape), 10**-_DECIMALS))


def _polygonal(shape: "BaseGeometry") -> "BaseGeometry":
    """What of a shape has an area."""
    import shapely  # noqa: PLC0415 (see the top of the module)

    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and not part.is_empty]
    parts += [inner for part in shapely.get_parts(shape) if "Multi" in part.geom_type for inner in part.geoms]
    return (
        parts[0] if len(parts) == 1 else shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])
    )


def _content(codes: Sequence[str], shapes: Sequence["BaseGeometry"], names: Mapping[str, str]) -> bytes:
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"kode": f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}", "nama": names[code]},
                "geometry": {"type": shape.geom_type, "coordinates": _coordinates(shape)},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for code, shape in zip(codes, shapes, strict=True)
        if not shape.is_empty
    ]
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()


def _coordinates(shape: Any) -> list[Any]:  # noqa: ANN401 (a polygon or several)
    if shape.geom_type == "MultiPolygon":
        return [_coordinates(part) for part in shape.geoms]
    rings = [shape.exterior, *shape.interiors]
    return [[[round(x, _DECIMALS), round(y, _DECIMALS)] for x, y in ring.coords] for ring in rings]

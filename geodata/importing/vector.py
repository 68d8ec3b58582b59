"""Layers of GeoPackage, Shapefile and GeoJSON files: boundaries and points with their columns, in EPSG:4326."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import Transformer
from pyproj.exceptions import ProjError

from geodata.errors import N_
from geodata.importing.found import (
    MAX_ROWS,
    CheckRow,
    DamagedFileError,
    FileError,
    FoundTable,
    Kind,
    TableBuilder,
    TooLargeError,
    UnknownKindError,
    WrongCrsError,
)
from geodata.importing.headings import fields_of, is_site_table, is_village_table

MAX_LAYERS: Final = 20
_BATCH = 500
_DEGREES = "EPSG:4326"
_NEAR_INDONESIA: Final = (90.0, -15.0, 145.0, 10.0)
"""West, south, east, north; wide enough for whatever belongs there, far too narrow for a wrong coordinate system."""
_Geometries = npt.NDArray[np.object_]


def load_projections() -> None:
    """Have both libraries read what they need to know of coordinate systems, so that forked children find it read."""
    pyogrio.read_info(
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        b'"geometry":{"type":"Point","coordinates":[0,0]}}]}'
    )
    Transformer.from_crs("EPSG:3857", _DEGREES, always_xy=True)


def read_layers(path: Path, check_row: CheckRow) -> tuple[FoundTable, ...]:
    """
    The layers of a file that name villages, schools or points.

    Polygons and points become EPSG:4326, flat and valid; a row whose geometry was invalid has the field ``repaired``.
    Rows of other regencies are passed over before their geometry is read.

    Raises
    ------
    FileError
        When no layer has known columns, the file is damaged or too large, or its coordinates lie far from Indonesia.
    """
    try:
        layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
        if len(layers) > MAX_LAYERS:
            raise TooLargeError(N_("holds more than {most} layers"), most=MAX_LAYERS)
        tables = [_read_layer(path, name, check_row) for name, kind in layers]
    except FileError:
        raise
    except (DataSourceError, DataLayerError, shapely.errors.GEOSException, ProjError) as error:
        raise DamagedFileError(N_("is damaged or of no kind that can be read")) from error
    except (ValueError, TypeError, IndexError, OverflowError, UnicodeError, RuntimeError) as error:
        raise DamagedFileError(N_("is damaged: {problem}"), problem=type(error).__name__) from error
    found = tuple(table for table in tables if table is not None)
    if not found:
        raise UnknownKindError(N_("has no layer whose columns name villages or schools"))
    return found


def _read_layer(path: Path, layer: str, check_row: CheckRow) -> FoundTable | None:
    info = pyogrio.read_info(path, layer=layer)
    columns = [str(column) for column in info["fields"]]
    fields = fields_of(columns)
    if int(str(info["features"])) > MAX_ROWS:
        raise TooLargeError(N_("holds more than {most} rows"), most=MAX_ROWS)
    is_area = "Polygon" in str(info["geometry_type"])
    if is_site_table(fields):
        kind = Kind.SITE
    elif is_village_table(fields) or "village" in fields or ("name" in fields and is_area):
        kind = Kind.VILLAGE
    elif "name" in fields and "Point" in str(info["geometry_type"]):
        kind = Kind.MARK
    else:
        return None
    builder = TableBuilder(layer, kind)
    wanted = [columns[place] for place in fields.values()]
    meta, fids, _, values = pyogrio.raw.read(path, layer=layer, columns=wanted, read_geometry=False, return_fids=True)
    # The reader hands columns over in the file's order, whatever was asked for.
    places = {str(column): number for number, column in enumerate(meta["fields"])}
    rows = [
        {name: _text(values[places[columns[place]]][row]) for name, place in fields.items()} for row in range(len(fids))
    ]
    kept = [row for row, cells in enumerate(rows) if check_row(cells)]
    builder.elsewhere = len(rows) - len(kept)
    if info["geometry_type"] is None or not kept:
        for row in kept:
            builder.add(row + 1, rows[row])
        return builder.table()
    to_degrees = _Reprojection(info["crs"], builder)
    for start in range(0, len(kept), _BATCH):
        batch = kept[start : start + _BATCH]
        _, _, geometries, _ = pyogrio.raw.read(path, layer=layer, columns=[], fids=fids[batch], force_2d=True)
        shapes = to_degrees(shapely.force_2d(shapely.from_wkb(geometries, on_invalid="ignore")))
        for row, shape in zip(batch, shapes, strict=True):
            _add(builder, row + 1, rows[row], shape)
    return builder.table()


def _text(value: object) -> str:
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return ""
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() and abs(float(value)) < 1e15 else repr(float(value))  # noqa: PLR2004
    return str(value)


class _Reprojection:
    """From a layer's coordinates to EPSG:4326, checked against where Indonesia is."""

    def __init__(self, crs: str | None, builder: TableBuilder) -> None:
        self._crs, self._builder, self._is_told = crs, builder, False

    def __call__(self, shapes: _Geometries) -> _Geometries:
        west, south, east, north = shapely.total_bounds(shapes)
        if not np.isfinite([west, south, east, north]).all():
            return shapes  # nothing but empty geometry
        if self._crs is None:
            return self._guessed(shapes)
        moved = self._moved(shapes, self._crs)
        if _is_near(moved):
            return moved
        if _is_near(_flipped(moved)):
            self._tell(N_("latitude and longitude are swapped in every geometry; read the other way round"))
            return _flipped(moved)
        if not _touches(moved):
            raise WrongCrsError(
                N_("has coordinates nowhere near Indonesia in the coordinate system that it claims ({crs})"),
                crs=self._crs[:60],
            )
        return moved  # single points that went astray are told row by row

    def _guessed(self, shapes: _Geometries) -> _Geometries:
        for crs in (_DEGREES, "EPSG:3857"):
            moved = self._moved(shapes, crs)
            if _is_near(moved):
                self._tell(N_("names no coordinate system; {crs} fits"), crs=crs)
                return moved
        raise WrongCrsError(
            N_("names no coordinate system, and neither degrees nor web Mercator fits; save it with one")
        )

    def _moved(self, shapes: _Geometries, crs: str) -> _Geometries:
        transformer = Transformer.from_crs(crs, _DEGREES, always_xy=True)

        def move(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

        return shapely.transform(shapes, move)

    def _tell(self, message: str, **params: object) -> None:
        if not self._is_told:
            self._builder.note(message, **params)
        self._is_told = True


def _flipped(shapes: _Geometries) -> _Geometries:
    return shapely.transform(shapes, lambda points: points[:, ::-1])


def _is_near(shapes: _Geometries) -> bool:
    """Whether all shapes lie near Indonesia, points at 0,0 aside: those are placeholders, not coordinates."""
    west, south, east, north = _NEAR_INDONESIA
    bounds = shapely.bounds(shapes)
    real = bounds[np.isfinite(bounds).all(axis=1) & (np.abs(bounds).max(axis=1) > 0)]
    if not len(real):
        return not np.isinf(bounds).any()
    inside = (real[:, 0] >= west) & (real[:, 1] >= south) & (real[:, 2] <= east) & (real[:, 3] <= north)
    return bool(inside.all())


def _touches(shapes: _Geometries) -> bool:
    west, south, east, north = _NEAR_INDONESIA
    bounds = shapely.bounds(shapes)
    inside = (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    return bool(inside.mean() > 0.5)  # noqa: PLR2004 (most of them)


def _add(builder: TableBuilder, number: int, cells: Mapping[str, str], shape: Any) -> None:  # noqa: ANN401 (any geometry)
    if shape is None or shape.is_empty:
        builder.add(number, cells)
        return
    if shape.geom_type in {"Point", "MultiPoint"}:
        points: Any = shapely.get_parts(shape)
        # Columns of the office are kept where they differ from the drawing: both are judged as one point.
        builder.add(number, {**cells, "lon": repr(points[0].x), "lat": repr(points[0].y)})
        return
    repaired = None
    if not shape.is_valid:
        repaired = str(shapely.is_valid_reason(shape)).split("[", maxsplit=1)[0]
        shape = shapely.make_valid(shape)
    parts = [part for part in _polygons(shape) if not part.is_empty]
    if not parts:
        builder.add(number, cells)
        return
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    # A polygon's own columns of a point are its middle at best: the boundary says more.
    bare = {name: text for name, text in cells.items() if name not in {"lat", "lon", "latlon"}}
    if not whole.is_valid:  # parts of a repaired shape may overlap
        whole = shapely.union_all(parts)
    builder.add(number, {**bare, "repaired": repaired or ""}, shapely.to_wkb(whole))


def _polygons(shape: Any) -> list[Any]:  # noqa: ANN401 (any geometry)
    if shape.geom_type == "Polygon":
        return [shape]
    if shape.geom_type in {"MultiPolygon", "GeometryCollection"}:
        return [polygon for part in shape.geoms for polygon in _polygons(part)]
    return []

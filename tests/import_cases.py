"""A made-up regency of nine square villages, and files about it as agencies make them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from geodata.importing.report import Outcome, Report

SIDE = 0.05
VILLAGES = (
    ("1299011001", "Pasar Hulu", "Hulu"),
    ("1299012002", "Sei Hulu", "Hulu"),
    ("1299012003", "Perkebunan Tanah Raja", "Hulu"),
    ("1299012004", "Durian", "Hulu"),
    ("1299022001", "Kuala Hilir", "Hilir"),
    ("1299022002", "Durian", "Hilir"),
    ("1299022003", "Suka Maju", "Hilir"),
    ("1299022004", "Pematang Panjang", "Hilir"),
    ("1299022005", "Tanjung Hilir II", "Hilir"),
)


def middle(number: int) -> tuple[float, float]:
    """Lon, lat of the middle of a village: three in a row, from the south-west."""
    return round(99.4 + (number % 3) * SIDE, 5), round(3.1 + (number // 3) * SIDE, 5)


def square(number: int) -> shapely.Polygon:
    """The boundary of a village."""
    lon, lat = middle(number)
    return shapely.box(lon - SIDE / 2, lat - SIDE / 2, lon + SIDE / 2, lat + SIDE / 2)


def dotted(code: str) -> str:
    """A code as the ministry prints it."""
    return f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}"


def write_layer(
    path: Path,
    columns: Mapping[str, Sequence[object]],
    shapes: Sequence[shapely.Geometry],
    *,
    driver: str = "GeoJSON",
    crs: str | None = "EPSG:4326",
    kind: str = "Polygon",
) -> Path:
    """A file of one layer."""
    arrays = [np.array(each, dtype=object if isinstance(each[0], str) else None) for each in columns.values()]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
        field_data=arrays,
        fields=list(columns),
        driver=driver,
        crs=crs,
        geometry_type=kind,
    )
    return path


def write_csv(path: Path, lines: Iterable[Any], delimiter: str = ",") -> Path:
    """A CSV file of these lines."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def rows_with(report: Report, outcome: Outcome) -> dict[int, str]:
    """What was told of rows with that outcome; of several messages about a row the last."""
    return {entry.row: entry.text(str) for entry in report.entries if entry.outcome is outcome}


def village_cells(region: Path) -> dict[str, dict[str, str]]:
    """Cells of the folder's villages by code."""
    with (region / "villages.csv").open(encoding="utf-8", newline="") as stream:
        return {row["kode"].replace(".", ""): row for row in csv.DictReader(stream)}

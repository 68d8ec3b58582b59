"""One small honest file of every kind that can be imported, about the made-up regency; fuzzing starts from them."""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
import osmium
import shapely
from osmium.osm.mutable import Node, Way

from tests.import_cases import VILLAGES, dotted, middle, square, write_csv, write_layer

NUMBERS = range(len(VILLAGES))


def write_seeds(folder: Path) -> dict[str, Path]:
    """The files by kind."""
    columns: dict[str, list[Any]] = {
        "KDEPUM": [dotted(code) for code, _, _ in VILLAGES],
        "WADMKD": [name for _, name, _ in VILLAGES],
        "WADMKC": [district for _, _, district in VILLAGES],
        "jumlah_pen": [900 + number for number in NUMBERS],
    }
    shapes = [square(number) for number in NUMBERS]
    points = [shapely.Point(middle(number)) for number in NUMBERS]
    seeds = {
        "geojson": write_layer(folder / "a.geojson", columns, shapes),
        "gpkg": write_layer(folder / "a.gpkg", columns, shapes, driver="GPKG"),
        "shp": write_layer(folder / "a.shp", columns, shapes, driver="ESRI Shapefile"),
        "points": write_layer(folder / "p.geojson", columns, points, kind="Point"),
        "csv": write_csv(folder / "a.csv", [["Judul"], ["kode", "desa", "lintang", "bujur", "belum_rekam"], *_rows()]),
    }
    seeds["dbf"] = seeds["shp"].with_suffix(".dbf")
    seeds["zip"] = folder / "a.zip"
    with zipfile.ZipFile(seeds["zip"], "w", zipfile.ZIP_DEFLATED) as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(seeds["shp"].with_suffix(part), f"d/desa{part}")
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [["kode", "desa", "lintang", "bujur", "belum_rekam"], *_rows()]:
        book.active.append(row)
    seeds["xlsx"] = folder / "a.xlsx"
    book.save(seeds["xlsx"])
    seeds |= {
        "kml": folder / "a.kml",
        "gpx": folder / "a.gpx",
        "overpass": folder / "a.json",
        "pbf": folder / "a.osm.pbf",
    }
    seeds["kml"].write_text(kml((name, *middle(number)) for number, (_, name, _) in enumerate(VILLAGES)))
    seeds["gpx"].write_text(gpx((name, *middle(number)) for number, (_, name, _) in enumerate(VILLAGES)))
    seeds["overpass"].write_text(json.dumps(overpass()))
    write_pbf(seeds["pbf"])
    return seeds


def _rows() -> list[list[Any]]:
    return [[code, name, middle(n)[1], middle(n)[0], 10 + n] for n, (code, name, _) in enumerate(VILLAGES)]


def kml(places: Iterable[tuple[str, float, float]]) -> str:
    """A KML document of points: name, lon, lat."""
    marks = "".join(
        f"<Placemark><name>{name}</name><Point><coordinates>{lon},{lat},0</coordinates></Point></Placemark>"
        for name, lon, lat in places
    )
    return f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}</Document></kml>'


def gpx(places: Iterable[tuple[str, float, float]]) -> str:
    """A GPX document of waypoints: name, lon, lat."""
    marks = "".join(f'<wpt lat="{lat}" lon="{lon}"><name>{name}</name></wpt>' for name, lon, lat in places)
    return f'<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">{marks}</gpx>'


def map_elements() -> list[tuple[dict[str, str], tuple[float, float]]]:
    """Tags and middle of what a public map has there: villages, a hall, schools, and things beyond the regency."""
    lon, lat = middle(2)
    elements = [({"place": "village", "name": name}, middle(number)) for number, (_, name, _) in enumerate(VILLAGES)]
    return [
        *elements,
        ({"amenity": "townhall", "name": "Kantor Desa Perk. Tanah Raja"}, (lon + 0.01, lat)),
        ({"amenity": "school", "name": "SMA Negeri 1 Hulu", "ref:npsn": "10299001"}, (lon, lat + 0.01)),
        ({"amenity": "school", "name": "SMK Uji"}, middle(7)),
        ({"place": "village", "name": "Suka Maju"}, (101.0, 1.0)),
        ({"place": "hamlet", "name": "Dusun Lain"}, middle(7)),
        ({"highway": "residential", "name": "Jalan Uji"}, middle(7)),
    ]


def overpass() -> dict[str, Any]:
    """An answer of Overpass with them; schools are ways with a centre."""
    elements = []
    for number, (tags, (lon, lat)) in enumerate(map_elements(), 1):
        if tags.get("amenity") == "school":
            elements.append({"type": "way", "id": number, "center": {"lon": lon, "lat": lat}, "tags": tags})
        else:
            elements.append({"type": "node", "id": number, "lon": lon, "lat": lat, "tags": tags})
    return {"version": 0.6, "elements": elements}


def write_pbf(path: Path) -> None:
    """An extract with them, not compressed, so that damage reaches what is inside; schools are small squares."""
    writer = osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none"))
    ways = []
    for number, (tags, (lon, lat)) in enumerate(map_elements(), 1):
        if tags.get("amenity") == "school":
            refs = []
            for corner, (dx, dy) in enumerate(((0, 0), (0.0002, 0), (0.0002, 0.0002), (0, 0.0002))):
                refs.append(number * 100 + corner)
                writer.add_node(Node(id=refs[-1], location=(lon - 0.0001 + dx, lat - 0.0001 + dy)))
            ways.append(Way(id=number, nodes=[*refs, refs[0]], tags=tags))
        else:
            writer.add_node(Node(id=number, location=(lon, lat), tags=tags))
    for way in ways:
        writer.add_way(way)
    writer.close()

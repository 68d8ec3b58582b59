"""
A small town on a grid as an OpenStreetMap extract, written by code: every rule of the roads is somewhere in it.

Streets are given as data, so that a test can find shortest ways on its own, node by node, from the same streets.
Crossings are 0.01 degrees apart, about 1.1 km; row 0 lies in the south, column 0 in the west.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import osmium

WEST, SOUTH, STEP = 99.41, 3.16, 0.01
SIZE = 5
RING = (101, 102, 103, 104)
PIER, ISLAND, ISLAND_END = 20, 201, 202
FAR, FAR_END = 301, 302
BOLLARD = 401


@dataclass(frozen=True)
class Street:
    """A way of the town with its nodes and tags."""

    nodes: tuple[int, ...]
    tags: Mapping[str, str] = field(default_factory=dict)


REGION = """
nama = "Kabupaten Uji"
kode = "12.19"
zona_waktu = "Asia/Jakarta"
[kantor]
nama = "Disdukcapil Uji"
alamat = "Jalan Contoh 1"
lintang = 3.16
bujur = 99.41
"""
VILLAGES = """\
kode,nama,jenis,kecamatan,lintang,bujur,belum_rekam,akses
12.19.04.2001,Desa Satu,desa,Lima Puluh,3.1701,99.4500,40,mobil
12.19.04.2002,Desa Dua,desa,Lima Puluh,3.1900,99.4302,45,mobil
12.19.04.2003,Desa Pulau,desa,Lima Puluh,3.1700,99.3501,50,mobil
12.19.04.2004,Desa Laut,desa,Lima Puluh,3.2600,99.3000,30,perahu
12.19.04.2005,Desa Jauh,desa,Lima Puluh,3.2500,99.4350,30,mobil
"""


def crossing(row: int, column: int) -> int:
    """Number of the node at a crossing of the grid."""
    return 10 * row + column + 1


def grid_row(row: int) -> tuple[int, ...]:
    """Nodes of a row from west to east."""
    return tuple(crossing(row, column) for column in range(SIZE))


def grid_column(column: int) -> tuple[int, ...]:
    """Nodes of a column from south to north."""
    return tuple(crossing(row, column) for row in range(SIZE))


NODES: dict[int, tuple[float, float]] = {
    crossing(row, column): (WEST + STEP * column, SOUTH + STEP * row) for row in range(SIZE) for column in range(SIZE)
}
NODES |= {
    # A roundabout east of row 0, driven clockwise as where people keep left.
    101: (99.455, 3.160),
    102: (99.456, 3.161),
    103: (99.457, 3.160),
    104: (99.456, 3.159),
    105: (99.465, 3.160),
    PIER: (99.405, 3.160),
    ISLAND: (99.35, 3.160),
    ISLAND_END: (99.35, 3.170),
    FAR: (99.43, 3.25),
    FAR_END: (99.44, 3.25),
    BOLLARD: (99.415, 3.205),
    501: (99.47, 3.20),  # the end of a track
}

STREETS = (
    Street(grid_row(0), {"highway": "primary", "maxspeed": "30"}),
    Street(grid_row(1), {"highway": "tertiary", "oneway": "yes"}),
    Street(grid_row(2), {"highway": "tertiary", "oneway": "-1"}),
    Street(grid_row(3), {"highway": "unclassified", "surface": "dirt"}),
    Street(grid_row(4), {"highway": "secondary", "access": "private"}),
    Street(grid_column(0), {"highway": "residential"}),
    Street(grid_column(1), {"highway": "residential", "access": "no", "motorcar": "yes"}),
    Street(grid_column(2), {"highway": "trunk"}),
    Street(grid_column(3), {"highway": "residential"}),
    Street(grid_column(4), {"highway": "secondary", "surface": "asphalt"}),
    Street((crossing(0, 4), 101), {"highway": "primary"}),
    Street((*RING, 101), {"highway": "primary", "junction": "roundabout"}),
    Street((103, 105), {"highway": "primary"}),
    Street((PIER, crossing(0, 0)), {"highway": "service"}),
    Street((PIER, ISLAND), {"route": "ferry", "duration": "00:30"}),
    Street((ISLAND, ISLAND_END), {"highway": "residential"}),
    Street((FAR, FAR_END), {"highway": "residential"}),
    Street((crossing(4, 0), BOLLARD, crossing(4, 1)), {"highway": "residential"}),
    Street((crossing(4, 4), 501), {"highway": "track"}),
    Street((crossing(0, 0), crossing(4, 4)), {"building": "yes"}),
)


def write_town(path: Path, form: str = "pbf") -> Path:
    """Write the town as an ``.osm.pbf`` that claims its own box; ``form`` is libosmium's word for the format."""
    header = osmium.io.Header()
    lon, lat = zip(*NODES.values(), strict=True)
    header.add_box(osmium.osm.Box(min(lon), min(lat), max(lon), max(lat)))
    with osmium.SimpleWriter(osmium.io.File(str(path), form), header=header, overwrite=True) as writer:
        for number, place in sorted(NODES.items()):
            tags = {"barrier": "bollard"} if number == BOLLARD else {}
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place, tags=tags, version=1))
        for number, street in enumerate(STREETS, 1):
            way = osmium.osm.mutable.Way(id=number, nodes=list(street.nodes), tags=dict(street.tags), version=1)
            writer.add_way(way)
    return path


def drives() -> Iterator[tuple[int, int, Street]]:
    """Every step from node to node that a van may drive, by the rules as a person reads them off the streets."""
    for street in STREETS:
        tags = street.tags
        if tags.get("highway") == "track" or "building" in tags or tags.get("access") == "private":
            continue
        if BOLLARD in street.nodes:
            continue
        forward = tags.get("oneway") != "-1"
        back = tags.get("oneway") in {None, "-1"} and "junction" not in tags
        for one, other in pairwise(street.nodes):
            if forward:
                yield one, other, street
            if back:
                yield other, one, street


def write_town_region(folder: Path) -> Path:
    """A new region folder with five villages of the town: two on the grid, others beyond its roads; no roads yet."""
    folder.mkdir()
    files = {
        "region.toml": REGION,
        "villages.csv": VILLAGES,
        "sites.csv": "kode,nama,jenis,kode_desa,lintang,bujur\n",
        "fleet.toml": '[[unit]]\nid = "moling-1"\nnama = "Moling 1"\nalat = 2\ncetak = true\n',
        "requests.csv": "id,lokasi,diterima\n",
        "recurring.csv": "id,lokasi,hari,tiap_pekan,acuan\n",
        "calendar.toml": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder

"""Extracts whose strings hold what their reading library must never see."""

import zlib
from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Way

from geodata.importing.found import DamagedFileError
from geodata.importing.pbf_strings import check_strings
from geodata.importing.reader_process import FileReader, Wanted

WANTED = Wanted("1299", "Kabupaten Uji Coba")
AREA = (99.0, 3.0, 100.0, 4.0)
PLACEHOLDER = "~"


def _extract(path: Path, text: str, packing: str = "none") -> Path:
    """Nodes of several blocks, and a school and a street; the text is the name of the street."""
    with osmium.SimpleWriter(osmium.io.File(str(path), f"pbf,pbf_compression={packing}"), overwrite=True) as writer:
        for number in range(1, 20_001):
            writer.add_node(Node(id=number, location=(99.2 + number * 1e-6, 3.2), tags={"ele": str(number % 7)}))
        school = {"amenity": "school", "name": "SMA Negeri 1 Hulu", "note": ""}
        writer.add_way(Way(id=1, nodes=[1, 2, 3, 1], tags=school))
        writer.add_way(Way(id=2, nodes=[4, 5], tags={"highway": "residential", "name": text}))
    return path


def _number(value: int) -> bytes:
    """A whole number as protobuf writes it."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _number(value >> 7)


def _blobs(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kinds and contents of the blocks of an extract that is not compressed."""
    blobs, at = [], 0
    while at < len(data):
        head = data[at + 4 : at + 4 + int.from_bytes(data[at : at + 4], "big")]
        at += 4 + len(head)
        kind = head[2 : 2 + head[1]]
        size = sum((byte & 127) << 7 * place for place, byte in enumerate(head[3 + len(kind) :]))
        blob = data[at : at + size]
        at += size
        start = next(place for place in range(1, 10) if blob[place] < 128) + 1  # behind the length
        blobs.append((kind, blob[start:]))
    return blobs


def _with_nul(path: Path, *, is_packed: bool) -> Path:
    """The extract with a NUL for each placeholder, which no writer would write, its blocks packed by zlib or not."""
    file = b""
    for kind, content in _blobs(path.read_bytes()):
        changed = content.replace(PLACEHOLDER.encode(), b"\0")
        packed = zlib.compress(changed)
        plain = b"\x0a" + _number(len(changed)) + changed
        blob = b"\x10" + _number(len(changed)) + b"\x1a" + _number(len(packed)) + packed if is_packed else plain
        head = b"\x0a" + _number(len(kind)) + kind + b"\x18" + _number(len(blob))
        file += len(head).to_bytes(4, "big") + head + blob
    path.write_bytes(file)
    return path


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("name", ["Jalan~Uji", "~", "~Jalan", "Jalan~"])
def test_a_nul_inside_a_string_is_refused(tmp_path: Path, reader: FileReader, name: str, is_packed: bool) -> None:
    """The reading library takes what follows for the next tag, and in the end reads on beyond its memory."""
    path = _with_nul(_extract(tmp_path / "a.osm.pbf", name), is_packed=is_packed)

    with pytest.raises(DamagedFileError, match="is a damaged extract"):
        reader.read(path, WANTED)
    with pytest.raises(DamagedFileError, match="is a damaged extract"):
        reader.read_roads(path, AREA, "EPSG:32647")


@pytest.mark.parametrize("is_packed", [False, True])
def test_the_same_file_without_a_nul_is_read(tmp_path: Path, reader: FileReader, is_packed: bool) -> None:
    path = _with_nul(_extract(tmp_path / "a.osm.pbf", "Jalan Uji"), is_packed=is_packed)

    assert sum(len(table.rows) for table in reader.read(path, WANTED)) == 1
    assert reader.read_roads(path, AREA, "EPSG:32647").graph.road_count == 1


@pytest.mark.parametrize("packing", ["none", "zlib"])
@pytest.mark.parametrize("name", ["Jalan Uji", "", "x" * 255, "x" * 127, "\N{LATIN SMALL LETTER E WITH ACUTE}" * 100])
def test_what_a_writer_writes_passes(tmp_path: Path, name: str, packing: str) -> None:
    """Empty strings and long ones are no damage."""
    check_strings(_extract(tmp_path / "a.osm.pbf", name, packing))

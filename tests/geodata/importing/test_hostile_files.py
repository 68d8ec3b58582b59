"""Files that no honest agency sends: each is a typed error within its caps, and the folder stays as it was."""

import contextlib
import os
import sqlite3
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from geodata.capped_process import Caps
from geodata.importing.found import (
    DamagedFileError,
    FileError,
    TooLargeError,
    UnknownKindError,
    UnsafeFileError,
    read_found,
)
from geodata.importing.reader_process import FileReader, Wanted
from tests.fuzz_files import ROADS, fuzz
from tests.import_seeds import kml, write_seeds

WANTED = Wanted("1299", "Kabupaten Uji Coba")
KINDS = ("geojson", "gpkg", "shp", "points", "csv", "dbf", "zip", "xlsx", "kml", "gpx", "overpass", "pbf")
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.fixture
def seeds(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "seeds").mkdir()
    return write_seeds(tmp_path / "seeds")


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_honest_files_are_read_whatever_they_are_called(reader: FileReader, seeds: dict[str, Path], kind: str) -> None:
    """The seeds of the fuzzing are good files."""
    tables = reader.read(seeds["shp" if kind == "dbf" else kind], WANTED)
    assert sum(len(table.rows) for table in tables) >= 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_told(reader: FileReader, seeds: dict[str, Path], kind: str) -> None:
    """Half a download ends as a typed error or, where each row stands by itself, as the rows that came."""
    path = seeds[kind]
    content = path.read_bytes()
    for size in (0, 1, 20, len(content) // 2, len(content) - 5):
        path.write_bytes(content[:size])
        with contextlib.suppress(FileError):
            reader.read(path.with_suffix(".shp") if kind == "dbf" else path, WANTED)


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "C:/evil.csv", "a/../../b.csv", "..\\evil.csv"])
def test_paths_out_of_an_archive_are_refused(reader: FileReader, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeFileError):
        reader.read(_zip(tmp_path / "a.zip", {name: b"kode,desa\n1299011001,A\n"}), WANTED)


def test_a_link_in_an_archive_is_refused(reader: FileReader, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("a.csv")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafeFileError):
        reader.read(tmp_path / "a.zip", WANTED)


@pytest.mark.parametrize("name", ["a.csv", "xl/worksheets/sheet1.xml"])
def test_a_decompression_bomb_is_refused(reader: FileReader, tmp_path: Path, name: str) -> None:
    """A gigabyte of nothing packs into a megabyte; the size that the archive claims is checked and counted."""
    began = time.monotonic()
    members = {"xl/workbook.xml": b"<workbook/>"} if name.startswith("xl/w") else {}
    with pytest.raises(FileError):
        reader.read(_zip(tmp_path / "a.zip", {**members, name: b"\0" * 500_000_000}), WANTED)
    assert time.monotonic() - began < 60


def test_a_bomb_that_lies_about_its_size_is_refused(reader: FileReader, tmp_path: Path) -> None:
    """The directory of the archive says ten bytes; what comes out is counted."""
    path = _zip(tmp_path / "a.zip", {"a.csv": b"kode,desa\n" + b"1299011001,A\n" * 2_000_000})
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 10)
    path.write_bytes(content)
    with pytest.raises(FileError):
        reader.read(path, WANTED)


@pytest.mark.parametrize(
    "start",
    [
        f"<!DOCTYPE kml [<!ENTITY l0 'lol'>{LAUGHS}]>",
        "<!DOCTYPE kml [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE kml SYSTEM 'http://127.0.0.1:9/x.dtd'>",
    ],
    ids=["bomb", "file", "address"],
)
def test_xml_entities_are_refused(reader: FileReader, tmp_path: Path, start: str) -> None:
    """Neither a billion laughs nor this machine's files come out of a KML file."""
    document = kml([("&l9;&x;", 99.4, 3.1)]).replace("<kml", f"{start}<kml")
    (tmp_path / "a.kml").write_text(document)
    with pytest.raises(UnsafeFileError):
        reader.read(tmp_path / "a.kml", WANTED)


def test_xml_entities_in_a_workbook_are_refused(reader: FileReader, seeds: dict[str, Path]) -> None:
    path = seeds["xlsx"]
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    entity = b"<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    for name in ("xl/workbook.xml", "xl/worksheets/sheet1.xml"):
        content = members[name].split(b"?>", 1)
        changed = entity + members[name] if len(content) == 1 else content[0] + b"?>" + entity + content[1]
        with pytest.raises(UnsafeFileError):
            reader.read(_zip(path, {**members, name: changed}), WANTED)


def test_triggers_and_views_of_a_database_do_nothing(reader: FileReader, seeds: dict[str, Path]) -> None:
    """A hostile GeoPackage is read as a copy and never written; a view that counts for ever ends at its time."""
    with sqlite3.connect(seeds["gpkg"]) as database:
        database.execute("CREATE TABLE loot (x)")
        database.execute("CREATE TRIGGER t AFTER UPDATE ON a BEGIN DELETE FROM a; END")
        database.execute(
            "CREATE VIEW v AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS kode FROM c"
        )
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('v', 'attributes', 'v')"
        )
    database.close()
    before = seeds["gpkg"].read_bytes()
    with FileReader(Caps(seconds=3)) as quick, pytest.raises(TooLargeError):
        quick.read(seeds["gpkg"], WANTED)
    assert seeds["gpkg"].read_bytes() == before
    assert not list(seeds["gpkg"].parent.glob("a.gpkg-*"))


def test_a_file_that_claims_two_gigabytes_is_refused(reader: FileReader, seeds: dict[str, Path]) -> None:
    """Lengths in heads are claims: a shape of 100 million points and a block of two gigabytes."""
    shp = bytearray(seeds["shp"].read_bytes())
    shp[24:28] = struct.pack(">i", 0x7FFFFFFF)
    shp[100 + 8 + 36 : 100 + 8 + 44] = struct.pack("<ii", 100_000_000, 100_000_000)
    seeds["shp"].write_bytes(shp)
    with contextlib.suppress(FileError):
        assert reader.read(seeds["shp"], WANTED)
    pbf = seeds["pbf"].read_bytes()
    seeds["pbf"].write_bytes(struct.pack(">I", 0x7FFFFFFF) + pbf[4:])
    with pytest.raises(FileError):
        reader.read(seeds["pbf"], WANTED)


def test_memory_is_capped(tmp_path: Path) -> None:
    """Points nested so that a reader needs gigabytes: refused at the cap, and the server lives on."""
    path = tmp_path / "a.geojson"
    ring = "[" + ",".join(["[99.4,3.1]"] * 4_000_000) + "]"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"kode":"1299011001"},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}]}}'
    )
    with FileReader(Caps(memory_mb=150)) as reader:
        with pytest.raises(FileError):
            reader.read(path, WANTED)
        (tmp_path / "b.csv").write_text("kode,desa\n1299011001,Pasar Hulu\n")
        assert reader.read(tmp_path / "b.csv", WANTED)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7",
        b"\xd0\xcf\x11\xe0old",
        b"{}",
        b'{"a": 1}',
        b"<html></html>",
        b"SQLite format 3\0" + b"\0" * 200,
        b"a,b\n1,2\n",
    ],
    ids=["pdf", "xls", "json", "other json", "html", "database", "other table"],
)
def test_other_kinds_are_told(reader: FileReader, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UnknownKindError):
        reader.read(tmp_path / "a.csv", WANTED)


def test_what_is_no_plain_file_is_refused(reader: FileReader, tmp_path: Path) -> None:
    """A folder, a pipe that never ends, a file that is not there."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none.csv"):
        with pytest.raises(FileError):
            reader.read(path, WANTED)


@pytest.mark.parametrize(
    "answer",
    [b"", b"[]", b'{"tables": [{}]}', b'{"error": "SystemExit", "message": "", "params": {}}', b"[" * 100_000],
)
def test_an_answer_is_checked(answer: bytes) -> None:
    """A child that was taken over by a hostile file can hand over text, and no more."""
    with pytest.raises(DamagedFileError):
        read_found(answer)


def test_the_server_dies_with_its_parent(tmp_path: Path) -> None:
    """Who kills an import leaves no process behind."""
    code = (
        "import os; from geodata.importing.reader_process import FileReader;"
        "reader = FileReader(); print(reader.pid, flush=True); os._exit(9)"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            return
        time.sleep(0.1)
    pytest.fail("the server is still there")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", [*KINDS, ROADS])
def test_mutated_files_end_as_a_report_or_a_typed_error(tmp_path: Path, kind: str) -> None:
    """200 of each kind; `make fuzz` runs 5,000."""
    with FileReader(Caps(seconds=20)) as reader:
        assert sum(fuzz(kind, 200, reader, tmp_path).values()) == 200
        assert reader.peak_kb < 512 * 1024

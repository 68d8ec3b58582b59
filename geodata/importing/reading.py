"""
Which kind a file is, told by its content alone, and the tables that it holds.

Archives are opened here, never by a library: only plain members are taken, under names of ours, up to a limit that is
counted while they are unpacked. Runs in the child of `reader_process`.
"""

import json
import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Final

from geodata.errors import N_
from geodata.importing.found import (
    CheckRow,
    DamagedFileError,
    FileError,
    FoundTable,
    TooLargeError,
    UnknownKindError,
    UnsafeFileError,
)

MAX_FILE_BYTES: Final = 600_000_000
"""Largest file that is read whole; extracts of OpenStreetMap are streamed and may be larger."""
MAX_UNPACKED_BYTES: Final = 400_000_000
MAX_MEMBERS: Final = 2_000
MAX_FILES: Final = 100
MAX_TEXT_BYTES: Final = 100_000_000
_SHAPE_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_BLOCK = 1 << 20


def read_file(path: Path, check_row: CheckRow, stage: Path) -> tuple[FoundTable, ...]:
    """
    The tables of a file of any kind that can be imported.

    Parameters
    ----------
    check_row
        Whether a row can belong to the wanted regency; others are only counted.
    stage
        An empty folder for what is unpacked; the caller removes it.

    Raises
    ------
    FileError
        When the file is of no known kind, damaged, unsafe or too large.
    """
    head = _head(path)
    if head[4:15] == b"\x0a\x09OSMHeader":
        from geodata.importing.osm import read_pbf  # noqa: PLC0415 (each kind's library loads when it is met)

        return read_pbf(path, check_row)
    if path.stat().st_size > MAX_FILE_BYTES:
        raise TooLargeError(N_("is larger than {most} MB"), most=MAX_FILE_BYTES // 1_000_000)
    if head.startswith(b"PK\x03\x04"):
        return _read_archive(path, check_row, stage)
    return _read_plain(path, head, check_row, stage)


def _head(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would never end
            raise UnknownKindError(N_("is no plain file"))
        with path.open("rb") as stream:
            head = stream.read(4_096)
    except OSError as error:
        raise DamagedFileError(N_("cannot be opened: {problem}"), problem=error.strerror) from error
    if not head.strip(b"\0 \r\n\t"):
        raise DamagedFileError(N_("is empty"))
    return head


def _read_plain(path: Path, head: bytes, check_row: CheckRow, stage: Path) -> tuple[FoundTable, ...]:
    if head.startswith(b"SQLite format 3\0"):
        return _read_geopackage(path, head, check_row, stage)
    if head.startswith(b"\x00\x00\x27\x0a"):
        return _read_shapefile({part: path.with_suffix(part) for part in _SHAPE_PARTS}, path, check_row, stage)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnknownKindError(N_("is a workbook of an old kind; save it as .xlsx"))
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return _read_json(path, check_row, stage)
    if text.startswith(b"<"):
        from geodata.importing.marks import read_xml  # noqa: PLC0415

        return read_xml(path)
    if text.startswith((b"%PDF", b"\xff\xd8", b"\x89PNG", b"PK", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        raise UnknownKindError(N_("is of no kind that can be imported"))
    from geodata.importing.sheets import read_csv  # noqa: PLC0415

    return read_csv(path, check_row)


def _read_geopackage(path: Path, head: bytes, check_row: CheckRow, stage: Path) -> tuple[FoundTable, ...]:
    from geodata.importing.vector import read_layers  # noqa: PLC0415

    if head[68:72] not in {b"GPKG", b"GP10", b"GP11"}:
        raise UnknownKindError(N_("is a database but no GeoPackage"))
    # A copy: the library may write beside the file it reads.
    return read_layers(_copied(path, stage / "layers.gpkg"), check_row)


def _read_shapefile(parts: dict[str, Path], shp: Path, check_row: CheckRow, stage: Path) -> tuple[FoundTable, ...]:
    from geodata.importing.vector import read_layers  # noqa: PLC0415

    for part, path in {**parts, ".shp": shp}.items():
        candidate = path if path.is_file() else path.with_suffix(part.upper())
        if candidate.is_file():
            _copied(candidate, stage / f"layer{part}")
        elif part == ".dbf":
            raise DamagedFileError(N_("lacks its .dbf file, which holds the names; keep both in one folder"))
    return read_layers(stage / "layer.shp", check_row)


def _copied(path: Path, place: Path) -> Path:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise TooLargeError(N_("is larger than {most} MB"), most=MAX_FILE_BYTES // 1_000_000)
    shutil.copyfile(path, place)
    return place


def _read_json(path: Path, check_row: CheckRow, stage: Path) -> tuple[FoundTable, ...]:
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise TooLargeError(N_("is larger than {most} MB"), most=MAX_TEXT_BYTES // 1_000_000)
    data = path.read_bytes()
    start = data[:100_000]
    if b'"elements"' in start and b'"FeatureCollection"' not in start:
        from geodata.importing.osm import read_overpass  # noqa: PLC0415

        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise DamagedFileError(N_("is no valid JSON")) from error
        return read_overpass(document)
    if not any(word in start for word in (b'"FeatureCollection"', b'"Feature"', b'"features"')):
        raise UnknownKindError(N_("is JSON, but neither GeoJSON nor an answer of Overpass"))
    from geodata.importing.vector import read_layers  # noqa: PLC0415

    del data
    return read_layers(_copied(path, stage / "layer.geojson"), check_row)


def _read_archive(path: Path, check_row: CheckRow, stage: Path) -> tuple[FoundTable, ...]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive)
            names = [member.filename for member in members]
            if "xl/workbook.xml" in names:
                return _read_workbook(path, archive, members, check_row)
            return _read_members(archive, members, check_row, stage)
    except FileError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise DamagedFileError(N_("is a damaged archive")) from error


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise TooLargeError(N_("holds more than {most} files"), most=MAX_MEMBERS)
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in member.filename:
            raise UnsafeFileError(
                N_("holds a file whose name leads out of the archive: {name}"), name=member.filename[:60]
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise UnsafeFileError(N_("holds a link: {name}"), name=member.filename[:60])
        if member.flag_bits & 1:
            raise UnknownKindError(N_("is locked with a password"))
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise TooLargeError(N_("unpacks to more than {most} MB"), most=MAX_UNPACKED_BYTES // 1_000_000)
    return [member for member in members if not member.is_dir()]


def _read_workbook(
    path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], check_row: CheckRow
) -> tuple[FoundTable, ...]:
    from geodata.importing.sheets import read_xlsx  # noqa: PLC0415

    for member in members:
        if member.filename.endswith((".xml", ".rels")):
            with archive.open(member) as stream:
                if b"<!DOCTYPE" in stream.read(4_096):
                    raise UnsafeFileError(N_("holds XML entities, which no workbook needs"))
    return read_xlsx(path, check_row)


def _read_members(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], check_row: CheckRow, stage: Path
) -> tuple[FoundTable, ...]:
    tables: list[FoundTable] = []
    budget = [MAX_UNPACKED_BYTES]
    known = (".shp", ".gpkg", ".geojson", ".json", ".csv", ".xlsx", ".kml", ".gpx")
    wanted = [member for member in members if Path(member.filename).suffix.lower() in known]
    by_name = {member.filename.lower(): member for member in members}
    if not wanted:
        raise UnknownKindError(N_("is an archive without a file that can be imported"))
    if len(wanted) > MAX_FILES:
        raise TooLargeError(N_("holds more than {most} files"), most=MAX_FILES)
    for number, member in enumerate(wanted):
        place = stage / str(number)
        inner = place / "stage"
        inner.mkdir(parents=True)
        stem, suffix = os.path.splitext(member.filename.lower())  # noqa: PTH122 (a name in an archive is no path)
        if suffix == ".shp":
            for part in _SHAPE_PARTS:
                if stem + part in by_name:
                    _unpack(archive, by_name[stem + part], place / f"layer{part}", budget)
        else:
            _unpack(archive, member, place / f"file{suffix}", budget)
        unpacked = place / ("layer.shp" if suffix == ".shp" else f"file{suffix}")
        head = _head(unpacked)
        if head.startswith(b"PK\x03\x04") and suffix != ".xlsx":
            raise UnsafeFileError(N_("holds an archive within the archive"))
        read = (
            _read_archive(unpacked, check_row, inner)
            if suffix == ".xlsx"
            else _read_plain(unpacked, head, check_row, inner)
        )
        tables += read
    return tuple(tables)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path, budget: list[int]) -> None:
    # The size that an archive claims is not believed: bytes are counted as they come.
    with archive.open(member) as source, place.open("wb") as target:
        while block := source.read(_BLOCK):
            budget[0] -= len(block)
            if budget[0] < 0:
                raise TooLargeError(N_("unpacks to more than {most} MB"), most=MAX_UNPACKED_BYTES // 1_000_000)
            target.write(block)

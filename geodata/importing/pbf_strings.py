"""
The strings of an OpenStreetMap extract (``.osm.pbf``), looked at before its reading library may.

libosmium keeps tags as text that a NUL ends. Where one stands inside a string, it takes what follows for the next tag,
and at the last tag reads on beyond its memory: wrong tags, or the end of the process.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from geodata.errors import N_
from geodata.importing.found import DamagedFileError

# OpenStreetMap wiki, PBF Format: the most that a head and a block, unpacked, may have.
_MAX_HEAD: Final = 64 * 1024
_MAX_BLOCK: Final = 32 * 1024 * 1024
_EMPTY_STRING: Final = b"\n\0"
"""Every table of strings begins with it, as 0 ends a list of tags."""
_HEAD_TYPE, _HEAD_SIZE = 1, 3
_RAW, _ZLIB = 1, 3
_STRING_TABLE = _STRING = 1
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


def check_strings(path: Path) -> None:
    """
    Refuse an extract of which a string holds a NUL; blocks neither plain nor packed by zlib are passed over.

    Raises
    ------
    DamagedFileError
        When one does, or the file is not made of whole blocks.
    """
    try:
        with path.open("rb") as stream:
            has_nul = any(_has_nul(table) for block in _blocks(stream) for table in _of(block, _STRING_TABLE))
    except (ValueError, IndexError, zlib.error) as error:
        raise DamagedFileError(N_("is a damaged extract of OpenStreetMap")) from error
    if has_nul:
        raise DamagedFileError(N_("is a damaged extract of OpenStreetMap"))


def _has_nul(table: bytes) -> bool:
    # Lengths have no zero byte but that of empty strings, so that hardly a table needs to be taken apart.
    return b"\0" in table.removeprefix(_EMPTY_STRING) and any(b"\0" in each for each in _of(table, _STRING))


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The blocks with data, unpacked."""
    while size := stream.read(4):
        head = dict(_fields(_read(stream, int.from_bytes(size, "big"), _MAX_HEAD)))
        length = head.get(_HEAD_SIZE)
        if not isinstance(length, int):
            raise ValueError("a block without a length")  # noqa: TRY004 (of the file, not of this call)
        blob = _read(stream, length, _MAX_BLOCK)
        if head.get(_HEAD_TYPE) != b"OSMHeader":
            yield from _of(blob, _RAW)
            yield from map(_unpacked, _of(blob, _ZLIB))


def _unpacked(packed: bytes) -> bytes:
    block = zlib.decompressobj().decompress(packed, _MAX_BLOCK + 1)
    if len(block) > _MAX_BLOCK:
        raise ValueError("a block that is larger than any may be")
    return block


def _read(stream: BinaryIO, length: int, most: int) -> bytes:
    data = stream.read(length) if length <= most else b""
    if len(data) < length:
        raise ValueError("a block that is not whole")
    return data


def _of(message: bytes, number: int) -> Iterator[bytes]:
    return (value for each, value in _fields(message) if each == number and isinstance(value, bytes))


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Numbers and values of the fields of a message (protobuf encoding); fixed-width ones as bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if key <= 7:  # noqa: PLR2004 (numbers of fields begin at 1, above the three bits of the kind)
            raise ValueError("a field without a number")
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in {_EIGHT_BYTES, _FOUR_BYTES}:
            length = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError("a kind of field that there is not")
        if at + length > len(message):
            raise ValueError("a field that is not whole")
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the least first, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:  # noqa: PLR2004 (the eighth bit says that more follow)
            return value, at
        shift += 7

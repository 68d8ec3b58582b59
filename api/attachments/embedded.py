"""JPEGs and JPEG 2000s inside PDFs without their metadata, their pixels untouched."""

import re
from typing import Final

_SCAN: Final = 0xDA
_END: Final = 0xD9
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length."""
_KEPT_OF_APPLICATIONS: Final = {(0xE0, b"JFIF\0", 16), (0xEE, b"Adobe", 14)}
"""Marker, beginning and length of what says how colours are meant, without a thumbnail."""
_COMMENTS: Final = frozenset({0xFE, *range(0xE0, 0xF0)})
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_KEPT_BOXES: Final = frozenset({b"jP  ", b"ftyp", b"rreq", b"jp2h", b"jp2c", b"jpch", b"jplh"})
_CODESTREAM: Final = b"\xff\x4f\xff\x51"


def bare_jpeg(data: bytes) -> bytes:
    """
    A JPEG without comments, Exif, profiles, thumbnails and what follows its end (ITU-T T.81, B.1).

    Raises
    ------
    ValueError
        When its segments cannot be followed.
    """
    if data[:2] != b"\xff\xd8":
        raise ValueError("No JPEG.")
    out, place = bytearray(data[:2]), 2
    while place + 2 <= len(data):
        if data[place] != 0xFF:  # noqa: PLR2004 (how every marker begins)
            raise ValueError("No marker where one must be.")
        marker = data[place + 1]
        if marker == 0xFF:  # noqa: PLR2004 (a filling byte)
            place += 1
            continue
        if marker == _END:
            break
        size = 0 if marker in _ALONE else int.from_bytes(data[place + 2 : place + 4], "big")
        if marker not in _ALONE and size < 2:  # noqa: PLR2004 (the length counts itself)
            raise ValueError("A segment without a length.")
        segment = data[place : place + 2 + size]
        if marker not in _COMMENTS or (marker, segment[4:9], size) in _KEPT_OF_APPLICATIONS:
            out += segment
        place += len(segment)
        if marker == _SCAN:
            found = _NEXT_MARKER.search(data, place)
            until = found.start() if found else len(data)
            out += data[place:until]
            place = until
    return bytes(out) + b"\xff\xd9"


def bare_jpx(data: bytes) -> bytes:
    """
    A JPEG 2000 with the boxes that hold the picture only (ISO/IEC 15444-1, annex I).

    Raises
    ------
    ValueError
        When its boxes cannot be followed.
    """
    if data.startswith(_CODESTREAM):
        return data
    out, place = bytearray(), 0
    while place < len(data):
        size, kind, head = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        if size == 0:
            size = len(data) - place
        if size < head or place + size > len(data):
            raise ValueError("A box that is cut off.")
        if kind in _KEPT_BOXES:
            out += data[place : place + size]
        place += size
    return bytes(out)

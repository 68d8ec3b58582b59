"""Named points of KML and GPX files, which crews take with a phone."""

import re
from pathlib import Path
from typing import Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from geodata.errors import N_
from geodata.importing.found import (
    DamagedFileError,
    FoundTable,
    Kind,
    TableBuilder,
    TooLargeError,
    UnknownKindError,
    UnsafeFileError,
)

MAX_BYTES: Final = 50_000_000
_NAMED = {"Placemark", "wpt"}


def read_xml(path: Path) -> tuple[FoundTable, ...]:
    """
    The named points of a KML (Placemark with Point) or GPX (wpt) file.

    Raises
    ------
    FileError
        When it is other XML, is malformed, too large, or defines entities.
    """
    if path.stat().st_size > MAX_BYTES:
        raise TooLargeError(N_("is larger than {most} MB"), most=MAX_BYTES // 1_000_000)
    builder = TableBuilder("", Kind.MARK)
    root, number = "", 0
    try:
        # A document type is refused whole: neither format has one, and entities come in it.
        for event, element in iterparse(str(path), events=("start", "end"), forbid_dtd=True):
            name = _local(element.tag)
            if event == "start":
                root = root or name
                if root not in {"kml", "gpx"}:
                    raise UnknownKindError(N_("is XML, but neither KML nor GPX"))
            elif name in _NAMED:
                number += 1
                cells = _kml_cells(element) if name == "Placemark" else _gpx_cells(element)
                if cells is not None:
                    builder.add(number, cells)
                element.clear()
    except DefusedXmlException as error:
        raise UnsafeFileError(N_("holds XML entities, which no file of its kind needs")) from error
    except ParseError as error:
        raise DamagedFileError(N_("is no valid XML, line {line}"), line=error.position[0]) from error
    return (builder.table(),)


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _kml_cells(element: object) -> dict[str, str | None] | None:
    name, coordinates = None, None
    for each in element.iter():  # type: ignore[attr-defined]
        tag = _local(each.tag)
        if tag == "name" and name is None:
            name = each.text
        elif tag == "Point":
            coordinates = next((inner.text for inner in each.iter() if _local(inner.tag) == "coordinates"), None)
    parts = re.split(r"[,\s]+", (coordinates or "").strip())
    if len(parts) < 2:  # noqa: PLR2004 (lines and areas are no places)
        return None
    return {"name": name, "lon": parts[0], "lat": parts[1]}


def _gpx_cells(element: object) -> dict[str, str | None] | None:
    children = {_local(child.tag): child.text for child in element}  # type: ignore[attr-defined]
    return {"name": children.get("name"), "lat": element.get("lat"), "lon": element.get("lon")}  # type: ignore[attr-defined]

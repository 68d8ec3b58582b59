"""What a file was found to hold: tables of rows, text by field, as they pass from the reading child to its parent."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from geodata.cells import without_identity_numbers
from geodata.errors import N_, ToldError

MAX_ROWS: Final = 100_000
"""Most rows of one file that are handed over; a province has some 8,500 villages."""
MAX_CELL: Final = 300
"""Characters of a cell that are handed over."""
FIELDS: Final = frozenset(
    {
        *("code", "name", "village", "district", "regency", "lat", "lon", "latlon", "repaired", "osm", "centre"),
        *("population", "eligible", "recorded", "unrecorded", "access"),
        *("npsn", "school", "level", "address", "pupils"),
    }
)
"""Names of all fields. Columns that are none of these stay in the file: nothing about persons is ever handed over."""


Box = tuple[float, float, float, float]
"""Least longitude and latitude, greatest longitude and latitude, degrees, all included."""


class FileError(ToldError):
    """A file cannot be imported; nothing of it was taken."""


class UnknownKindError(FileError):
    """The file is of no kind that can be imported."""


class DamagedFileError(FileError):
    """The file is truncated, malformed or inconsistent."""


class TooLargeError(FileError):
    """The file needs more memory, time or space than an import may take, as bombs do."""


class UnsafeFileError(FileError):
    """The file holds what no honest file of its kind needs, such as paths out of an archive or XML entities."""


class WrongCrsError(FileError):
    """The coordinates do not fit the coordinate system that the file claims, or it claims none that is known."""


ERRORS: Final[Mapping[str, type[FileError]]] = {
    each.__name__: each for each in (UnknownKindError, DamagedFileError, TooLargeError, UnsafeFileError, WrongCrsError)
}


class Kind(StrEnum):
    """What the rows of a table are."""

    VILLAGE = "village"
    SITE = "site"
    MARK = "mark"
    """Named points of any kind: their names tell what they are."""
    MAP_PLACE = "map_place"
    """Named points of a public map, which reaches beyond the regency and knows no codes."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """
    One row.

    Attributes
    ----------
    number
        As a spreadsheet counts, the first line of a sheet is 1; of a layer its features from 1.
    cells
        Text by field, never empty text.
    geometry
        Polygon or multipolygon as WKB, EPSG:4326, lon lat, valid; None where the row has none.
    """

    number: int
    cells: Mapping[str, str]
    geometry: bytes | None = None


@dataclass(frozen=True, slots=True)
class FoundTable:
    """
    A sheet, layer or list of one kind.

    Attributes
    ----------
    elsewhere
        Rows of other regencies that were passed over.
    notes
        What was understood about the whole table: message and parameters.
    """

    name: str
    kind: Kind
    rows: tuple[FoundRow, ...]
    elsewhere: int = 0
    notes: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(slots=True)
class TableBuilder:
    """Collects the rows of a table while a file is read."""

    name: str
    kind: Kind
    rows: list[FoundRow] = field(default_factory=list)
    elsewhere: int = 0
    notes: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def add(self, number: int, cells: Mapping[str, str | None], geometry: bytes | None = None) -> None:
        """Add a row; empty cells are left out, long ones cut, control characters and identity numbers struck out."""
        if len(self.rows) >= MAX_ROWS:
            raise TooLargeError(N_("holds more than {most} rows"), most=MAX_ROWS)
        kept = {name: _clean(name, text) for name, text in cells.items() if text is not None and text.strip()}
        self.rows.append(FoundRow(number, kept, geometry))

    def note(self, message: str, /, **params: object) -> None:
        """Tell something about the whole table."""
        self.notes.append((message, params))

    def table(self) -> FoundTable:
        """The table as collected."""
        return FoundTable(self.name, self.kind, tuple(self.rows), self.elsewhere, tuple(self.notes))


def _clean(name: str, text: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text[:MAX_CELL]).strip()
    # The decimals of a coordinate may be 16 digits; where it is none after all, the report strikes them out.
    return shown if name in {"lat", "lon", "latlon"} else without_identity_numbers(shown)


def write_found(tables: tuple[FoundTable, ...]) -> bytes:
    """The tables as JSON."""
    document = [
        {
            "name": table.name,
            "kind": table.kind.value,
            "elsewhere": table.elsewhere,
            "notes": table.notes,
            "rows": [[row.number, row.cells, row.geometry and row.geometry.hex()] for row in table.rows],
        }
        for table in tables
    ]
    return json.dumps({"tables": document}, default=str).encode()


def write_error(error: FileError) -> bytes:
    """An error as JSON."""
    params = {name: str(value)[:MAX_CELL] for name, value in error.params.items()}
    return json.dumps({"error": type(error).__name__, "message": error.message, "params": params}).encode()


def read_found(content: bytes) -> tuple[FoundTable, ...]:
    """
    The tables from JSON, every value checked: it comes from a process that read a stranger's file.

    Raises
    ------
    FileError
        As the child told it.
    DamagedFileError
        When the document is not as `write_found` writes it.
    """
    with checking_answer():
        return tuple(_table(each) for each in read_answer(content)["tables"])


def read_answer(content: bytes) -> Mapping[str, Any]:
    """
    The document in which a child has answered; what is in it is not checked.

    Raises
    ------
    FileError
        As the child told it.
    DamagedFileError
        When it is no JSON, or tells of no error that there is.
    """
    with checking_answer():
        document: Mapping[str, Any] = json.loads(content)
        if "error" in document:
            raise ERRORS[document["error"]](str(document["message"]), **document["params"])
        return document


@contextmanager
def checking_answer() -> Iterator[None]:
    """
    Within, whatever an answer makes of who reads it is the fault of the file that was read.

    Raises
    ------
    DamagedFileError
        In place of all errors but a `FileError`.
    """
    try:
        yield
    except FileError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError) as error:
        raise DamagedFileError(N_("was read into something that cannot be used")) from error


def _table(document: Mapping[str, Any]) -> FoundTable:
    rows = tuple(
        FoundRow(int(number), _cells(cells), None if geometry is None else bytes.fromhex(geometry))
        for number, cells, geometry in document["rows"]
    )
    notes = tuple((str(message), dict(params)) for message, params in document["notes"])
    return FoundTable(str(document["name"]), Kind(document["kind"]), rows, int(document["elsewhere"]), notes)


def _cells(cells: Mapping[str, Any]) -> Mapping[str, str]:
    if not FIELDS.issuperset(cells):
        raise ValueError("a field that is not known")
    return {name: str(text)[:MAX_CELL] for name, text in cells.items()}


CheckRow = Callable[[Mapping[str, str]], bool]
"""Whether a row can belong to the wanted regency, by its code and the name of its regency."""

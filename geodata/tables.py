"""
Files of a region folder -> rows of text -> rows of checked values, with a finding for every fault on the way.

Reading is safe on any folder: only plain files inside it, of a bounded size, are opened. CSV may have a byte order
mark and be separated by commas, semicolons (Indonesian Excel) or tabs. TOML scalars become text as a person would
write them, lists their parts joined by ``;``, so that one set of readers (`cells`) serves both kinds of file.
"""

import csv
import difflib
import io
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import islice
from pathlib import Path
from typing import Any

from geodata.cells import Reader, hides_identity_number, without_identity_numbers
from geodata.errors import N_, CellError, Finding

MAX_CSV_BYTES = 5_000_000
MAX_TOML_BYTES = 200_000
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_KEYS = 1_000
MAX_CELL = 5_000
MAX_FINDINGS = 1_000
LONGEST_WHOLE = 10**18
SHOWN = 60
"""Characters of a faulty cell that a finding repeats."""

_IDENTITY_HEADS = frozenset({"nik", "no_nik", "nomor_nik", "kk", "no_kk", "nomor_kk", "nkk"})


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a table, or a key of a TOML table.

    Attributes
    ----------
    head
        As the folder has it (Indonesian).
    name
        As the code has it (English).
    is_required
        The column must be there and each cell filled.
    default
        Value of an empty cell or a missing column.
    """

    head: str
    name: str
    read: Reader
    is_required: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Row:
    """
    A row of text by heads.

    Attributes
    ----------
    number
        As a spreadsheet counts; None in TOML.
    prefix
        Where in a TOML file the table stands, for instance ``unit[2].``; empty in CSV.
    """

    file: str
    number: int | None
    prefix: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Values:
    """Values of a row by English names, as far as they could be read, and the row they came from."""

    row: Row
    values: dict[str, Any]


@dataclass(slots=True)
class Findings:
    """Collects the faults of a folder."""

    found: list[Finding] = field(default_factory=list)

    def add_file(self, file: str, message: str, /, **params: object) -> None:
        """A fault of a whole file."""
        self._add(Finding(file, None, "", "", message, params))

    def add(self, row: Row, head: str, message: str, /, **params: object) -> None:
        """A fault of a cell, or of a whole row where ``head`` is empty."""
        value = without_identity_numbers(row.cells.get(head, ""))
        shown = _on_one_line(value if len(value) <= SHOWN else f"{value[:SHOWN]}...")
        column = _on_one_line(f"{row.prefix}{head}") if head else ""
        self._add(Finding(row.file, row.number, column, shown, message, params))

    def _add(self, finding: Finding) -> None:
        # A file of junk could hold a fault in each of half a million cells; nobody reads past the first thousand.
        if len(self.found) < MAX_FINDINGS:
            self.found.append(finding)
        elif len(self.found) == MAX_FINDINGS:
            message = N_("there are more faults than {most}; correct these first")
            self.found.append(Finding(finding.file, None, "", "", message, {"most": MAX_FINDINGS}))

    def in_order(self, files: Sequence[str]) -> tuple[Finding, ...]:
        """All faults by file and row; the one that cuts them short stays last."""
        place = {file: number for number, file in enumerate(files)}
        first = sorted(self.found[:MAX_FINDINGS], key=lambda each: (place.get(each.file, -1), each.row or 0))
        return (*first, *self.found[MAX_FINDINGS:])


def _on_one_line(text: str) -> str:
    # A finding is one line of a terminal, whatever a hostile cell holds.
    return "".join(char if char.isprintable() else " " for char in text)


def read_table(path: Path, columns: Sequence[Column], findings: Findings) -> tuple[Values, ...] | None:
    """Rows of a CSV file; None when it cannot be read as a table with these columns."""
    lines = _csv_lines(path, findings)
    if lines is None:
        return None
    heads = [head.strip().casefold() for head in lines[0]]
    if not _heads_fit(path.name, heads, columns, findings):
        return None
    return tuple(Values(row, read_row(row, columns, findings)) for row in _rows(path.name, heads, lines[1:], findings))


def read_row(row: Row, columns: Sequence[Column], findings: Findings) -> dict[str, Any]:
    """Values of one row by English names; a cell at fault is left out and told."""
    values: dict[str, Any] = {}
    for column in columns:
        text = row.cells.get(column.head, "").strip()
        if not text:
            if column.is_required:
                findings.add(row, column.head, N_("is empty; it must be filled in"))
            else:
                values[column.name] = column.default
            continue
        if len(text) > MAX_CELL:
            message = N_("has {length} characters; at most {most} fit")
            findings.add(row, column.head, message, length=len(text), most=MAX_CELL)
            continue
        try:
            values[column.name] = column.read(text)
        except CellError as error:
            findings.add(row, column.head, error.message, **error.params)
    return values


def read_toml(path: Path, findings: Findings) -> dict[str, Any] | None:
    """A TOML file as its tables; None when it cannot be read."""
    text = _read_text(path, MAX_TOML_BYTES, findings)
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # tomllib tells line and column, which is all a person needs; deep nesting and numbers of thousands of
        # digits, which fail in their own ways, are junk.
        findings.add_file(path.name, N_("is no valid TOML: {problem}"), problem=without_identity_numbers(str(error)))
        return None


def toml_values(
    file: str, prefix: str, table: object, columns: Sequence[Column], findings: Findings, inner: Iterable[str] = ()
) -> Values:
    """
    Values of one TOML table; keys in ``inner`` are tables of their own, read by the caller.

    Unknown keys, and tables where single values belong, are told.
    """
    if not isinstance(table, dict):
        findings.add(Row(file, None, "", {}), prefix, N_("must be a table of keys and values"))
        return Values(Row(file, None, "", {}), {})
    cells: dict[str, str] = {}
    row = Row(file, None, f"{prefix}." if prefix else "", cells)
    known = [column.head for column in columns]
    for key, value in islice(table.items(), MAX_KEYS):
        if key not in known:
            if key not in inner:
                _add_unknown(row, key, [*known, *inner], findings)
            continue
        text = _as_text(value)
        if text is None:
            findings.add(row, key, N_("must be a single value or a list, not a table"))
        else:
            cells[key] = text
    readable = [column for column in columns if column.head in cells or column.head not in table]
    return Values(row, read_row(row, readable, findings))


def toml_list(
    file: str, key: str, document: Mapping[str, Any], columns: Sequence[Column], findings: Findings
) -> tuple[Values, ...]:
    """Values of each table of a TOML array of tables; none where the key is missing."""
    tables = document.get(key, [])
    if not isinstance(tables, list):
        findings.add(Row(file, None, "", {}), key, N_("must be a list of tables, written [[{key}]]"), key=key)
        return ()
    if len(tables) > MAX_KEYS:
        findings.add(
            Row(file, None, "", {}), key, N_("has {count} rows; at most {most} fit"), count=len(tables), most=MAX_KEYS
        )
        return ()
    return tuple(
        toml_values(file, f"{key}[{number}]", table, columns, findings) for number, table in enumerate(tables, 1)
    )


def _read_text(path: Path, most_bytes: int, findings: Findings) -> str | None:
    try:
        # A link could lead out of the folder, and a pipe would never end: only plain files are opened.
        if not stat.S_ISREG(path.lstat().st_mode):
            findings.add_file(path.name, N_("is not a plain file"))
            return None
        with path.open("rb") as stream:
            data = stream.read(most_bytes + 1)
    except FileNotFoundError:
        findings.add_file(path.name, N_("is missing in the folder"))
        return None
    except OSError as error:
        findings.add_file(path.name, N_("cannot be opened: {problem}"), problem=str(error.strerror))
        return None
    if len(data) > most_bytes:
        findings.add_file(path.name, N_("is larger than {most} kB"), most=most_bytes // 1_000)
        return None
    return _decoded(path.name, data, findings)


def _decoded(file: str, data: bytes, findings: Findings) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    if text is None or "\0" in text:
        findings.add_file(file, N_("is no text in UTF-8; in Excel save it as 'CSV UTF-8'"))
        return None
    return text


def _csv_lines(path: Path, findings: Findings) -> list[list[str]] | None:
    text = _read_text(path, MAX_CSV_BYTES, findings)
    if text is None:
        return None
    first = text.split("\n", 1)[0]
    if first.casefold().startswith("sep="):  # a line for Excel only; Excel does not count it as a row
        text = text[len(first) + 1 :]
        first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        lines = list(reader)
    except csv.Error as error:
        findings.add_file(
            path.name, N_("is no valid CSV, line {line}: {problem}"), line=reader.line_num, problem=str(error)
        )
        return None
    return lines if _has_fit_size(path.name, lines, findings) else None


def _has_fit_size(file: str, lines: list[list[str]], findings: Findings) -> bool:
    if not lines or not any(head.strip() for head in lines[0]):
        findings.add_file(file, N_("is empty; the first row must hold the column heads"))
    elif len(lines[0]) > MAX_COLUMNS:
        findings.add_file(file, N_("has {count} columns; at most {most} fit"), count=len(lines[0]), most=MAX_COLUMNS)
    elif len(lines) > MAX_ROWS:
        findings.add_file(file, N_("has {count} rows; at most {most} fit"), count=len(lines), most=MAX_ROWS)
    else:
        return True
    return False


def _heads_fit(file: str, heads: list[str], columns: Sequence[Column], findings: Findings) -> bool:
    known = [column.head for column in columns]
    heading = Row(file, 1, "", {})
    fits = True
    for head in dict.fromkeys(heads):
        if not head:
            continue  # Excel leaves empty columns at the end; cells below them are told by row
        if head not in known:
            _add_unknown(heading, head, known, findings)
        elif heads.count(head) > 1:
            findings.add(heading, head, N_("stands twice in the heading; keep one"))
            fits = False
    for column in columns:
        if column.is_required and column.head not in heads:
            findings.add(heading, column.head, N_("is a column that the file must have"))
            fits = False
    return fits


def _add_unknown(row: Row, head: str, known: Sequence[str], findings: Findings) -> None:
    shown = without_identity_numbers(head[:SHOWN])
    if head.casefold() in _IDENTITY_HEADS or hides_identity_number(head):
        findings.add(row, shown, N_("must go: people are counted here, identity numbers are never kept"))
        return
    near = difflib.get_close_matches(head[:SHOWN], known, n=1, cutoff=0.5)
    if near:
        findings.add(row, shown, N_("is not known; did you mean '{nearest}'?"), nearest=near[0])
    else:
        findings.add(row, shown, N_("is not known; known are: {known}"), known=", ".join(known))


def _rows(file: str, heads: list[str], lines: list[list[str]], findings: Findings) -> Iterator[Row]:
    for number, line in enumerate(lines, 2):
        if not any(cell.strip() for cell in line):
            continue  # a blank row, which a spreadsheet counts all the same
        row = Row(file, number, "", dict(zip(heads, line, strict=False)))
        beyond = [cell for column, cell in enumerate(line) if column >= len(heads) or not heads[column]]
        if any(cell.strip() for cell in beyond):
            message = N_("has more cells than the heading; put cells that hold the separator in double quotes")
            findings.add(row, "", message)
            continue
        yield row


def _as_text(value: object) -> str | None:
    if isinstance(value, list):
        texts = [None if isinstance(each, list) else _as_text(each) for each in value]
        return None if None in texts else ";".join(map(str, texts))
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, int) and abs(value) > LONGEST_WHOLE:
        return hex(value)  # which no reader takes; Python refuses to write thousands of digits
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return str(value) if isinstance(value, str | int | float | date) else None

"""Tables of villages and schools in CSV and XLSX files, below whatever title rows, as fields of text."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from geodata.errors import N_
from geodata.importing.found import (
    CheckRow,
    DamagedFileError,
    FileError,
    FoundTable,
    Kind,
    TableBuilder,
    TooLargeError,
    UnknownKindError,
)
from geodata.importing.headings import fields_of, is_site_table, is_village_table

MAX_CSV_BYTES: Final = 50_000_000
MAX_COLUMNS: Final = 400
MAX_LINES: Final = 200_000
MAX_SHEETS: Final = 100
"""A sheet for each kecamatan is 51 in the regency with the most (Yahukimo)."""
_TITLE_ROWS = 40
"""The heading stands within so many rows from the top."""
_SUM_ROW = re.compile(r"(?i)\s*(?:sub\s*)?(?:jumlah|total|rata-rata)\b")
Line = tuple[int, list[str]]


def read_csv(path: Path, check_row: CheckRow) -> tuple[FoundTable, ...]:
    """
    The table of a CSV file: commas, semicolons or tabs; UTF-8, UTF-16 with its mark, or Windows Latin.

    Raises
    ------
    FileError
        When it holds no table of villages or schools, is malformed or too large.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_CSV_BYTES + 1)
    if len(data) > MAX_CSV_BYTES:
        raise TooLargeError(N_("is larger than {most} MB"), most=MAX_CSV_BYTES // 1_000_000)
    text = _decoded(data)
    if "\0" in text:
        raise UnknownKindError(N_("is of no kind that can be imported"))
    head = "\n".join(text.split("\n", _TITLE_ROWS)[:_TITLE_ROWS])
    # Titles and decimal commas may outnumber what parts the columns: the heading decides.
    for delimiter in sorted(filter(head.count, ",;\t|"), key=head.count, reverse=True) or [","]:
        table = _table("", _csv_lines(text, delimiter), check_row)
        if table is not None:
            return (table,)
    raise UnknownKindError(N_("has no column heads of villages or schools that are known"))


def _csv_lines(text: str, delimiter: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return list(enumerate(islice(reader, MAX_LINES + 1), 1))
    except csv.Error as error:
        raise DamagedFileError(N_("is no valid CSV, line {line}"), line=reader.line_num) from error


def read_xlsx(path: Path, check_row: CheckRow) -> tuple[FoundTable, ...]:
    """
    The tables of a workbook, one a sheet; sheets without known heads are passed over.

    Raises
    ------
    FileError
        When no sheet holds a table of villages or schools, or the file is damaged.
    """
    import openpyxl  # noqa: PLC0415 (slow to load)

    try:
        with path.open("rb") as stream:  # by its name the library would refuse a workbook that is called otherwise
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            tables = [_table(str(sheet.title), _sheet_lines(sheet), check_row) for sheet in _sheets(book.worksheets)]
    except (FileError, MemoryError):
        raise
    except (BadZipFile, OSError) as error:
        raise DamagedFileError(N_("is a damaged workbook")) from error
    except Exception as error:  # openpyxl fails in as many ways as files are damaged
        raise DamagedFileError(N_("is a damaged workbook: {problem}"), problem=type(error).__name__) from error
    found = tuple(table for table in tables if table is not None)
    if not found:
        raise UnknownKindError(N_("has no column heads of villages or schools that are known"))
    return found


def _sheets(sheets: Sequence[Any]) -> list[Any]:
    # A hidden sheet mostly holds an older version of the visible one.
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if len(visible) > MAX_SHEETS:
        raise TooLargeError(N_("holds more than {most} sheets"), most=MAX_SHEETS)
    return visible


def _sheet_lines(sheet: object) -> list[Line]:
    # What a sheet claims about its own size is not believed: rows are counted as they come.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    rows: Iterable[Sequence[object]] = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)  # type: ignore[attr-defined]
    return [(number, [_text(cell) for cell in row]) for number, row in enumerate(islice(rows, MAX_LINES + 1), 1)]


def _text(cell: object) -> str:
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)  # noqa: PLR2004
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _table(name: str, lines: list[Line], check_row: CheckRow) -> FoundTable | None:
    if len(lines) > MAX_LINES:
        raise TooLargeError(N_("holds more than {most} rows"), most=MAX_LINES)
    below, fields = _heading(lines)
    if fields is None:
        return None
    is_site = is_site_table(fields)
    builder = TableBuilder(name, Kind.SITE if is_site else Kind.VILLAGE)
    if below > 1:
        builder.note(N_("heading found in row {row}"), row=below)
    # Offices keep a sheet a kecamatan, and then no column for it.
    district = name if "district" not in fields and re.match(r"(?i)kec(?:amatan)?\b", name) else ""
    for number, cells in _filled(lines[below:], fields, district, is_site=is_site):
        if check_row(cells):
            builder.add(number, cells)
        else:
            builder.elsewhere += 1
    return builder.table()


def _heading(lines: list[Line]) -> tuple[int, dict[str, int] | None]:
    """Number of lines down to the heading's last, and the columns of its fields; None where no line is a heading."""
    best: tuple[int, dict[str, int] | None] = (0, None)
    for place, (_, line) in enumerate(lines[:_TITLE_ROWS]):
        if len(line) > MAX_COLUMNS:
            raise TooLargeError(N_("has more than {most} columns"), most=MAX_COLUMNS)
        for depth in (1, 2):  # a heading may stand in two rows: "Koordinat" above "Lintang" and "Bujur"
            rows = [each for _, each in lines[place : place + depth]]
            if any(re.search(r"\d{2}", cell) for row in rows[1:] for cell in row):
                continue  # that is a row of data already
            heads = [_joined_head(rows, column) for column in range(max(map(len, rows)))]
            fields = fields_of(heads)
            if not (is_site_table(fields) or is_village_table(fields)):
                continue
            if best[1] is None or len(fields) > len(best[1]):
                best = (place + depth, fields)
    return best


def _joined_head(rows: Sequence[Sequence[str]], column: int) -> str:
    heads = [row[column].strip() for row in rows if column < len(row) and row[column].strip()]
    return next((head for head in reversed(heads) if fields_of([head])), heads[-1] if heads else "")


def _filled(
    lines: list[Line], fields: Mapping[str, int], district: str, *, is_site: bool
) -> Iterator[tuple[int, dict[str, str]]]:
    """Cells of rows by field; an empty kecamatan is that of the row above, as merged cells come out."""
    for number, line in lines:
        cells = {
            name: line[place].strip() for name, place in fields.items() if place < len(line) and line[place].strip()
        }
        if _is_sum(cells):
            continue
        district = cells.get("district", district)
        if district and ("village" in cells or "name" in cells):
            cells["district"] = district
        if not _is_no_row(cells, is_site=is_site):
            yield number, cells


def _is_sum(cells: Mapping[str, str]) -> bool:
    return any(_SUM_ROW.match(text) for name, text in cells.items() if name in {"code", "name", "village", "district"})


def _is_no_row(cells: Mapping[str, str], *, is_site: bool) -> bool:
    """Whether a line names nothing, or counts its columns as ``(1) (2) (3)`` does."""
    names = [text for name, text in cells.items() if name in {"name", "village", "school"}]
    is_counting = bool(names) and all(re.fullmatch(r"\(?\d{1,2}\)?|[a-z]", text) for text in names)
    return is_counting or (not names and "code" not in cells and not (is_site and "npsn" in cells))

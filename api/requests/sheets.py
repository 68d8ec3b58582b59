"""
Requests of many schools in one XLSX file, as a branch office has them; the home of openpyxl in this slice.

The file is read in a child process with caps, like an agency's or a letter; what it answers is texts, judged here like
those of a form.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from io import BufferedRandom, BytesIO
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from api.i18n import N_
from geodata.capped_process import CappedProcess, Caps, Ending
from geodata.errors import ToldError

MOST_BYTES: Final = 2_000_000
MOST_ROWS: Final = 200
"""Of one file, its heads not counted."""
MOST_COLUMNS: Final = 40
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIELDS: Final = {
    "kode": "place",
    "nomor_surat": "letter_number",
    "tanggal_surat": "letter_written",
    "hal": "subject",
    "jabatan": "signatory_position",
    "usia_17": "record_and_print",
    "usia_16": "record_only",
    "kia": "child_id_card",
    "luar_daerah": "outside_domicile",
    "paling_lambat": "not_after",
    "kontak": "contact_name",
    "whatsapp": "contact_whatsapp",
    "persetujuan": "consent",
}
"""Heads of the columns, as the office writes them, and the fields of the form that they are."""
EXAMPLE: Final = "CONTOH"
"""Begins the example row of the template, which is never filed."""
_EXAMPLE_ROW: Final = (
    *(EXAMPLE, "421.3/055/2027", "2027-01-11", "Permohonan perekaman KTP-el", "Kepala Sekolah"),
    *(62, 41, 0, 3, "2027-03-31", "Wakil Kepala Sekolah", "0812 3456 7890", "ya"),
)
_YES: Final = frozenset({"ya", "y", "yes", "1"})
_CAPS: Final = Caps(memory_mb=256, seconds=20, written_bytes=4_000_000)


class SheetError(ToldError):
    """A file of requests cannot be read; nothing of it was kept."""


def template() -> bytes:
    """An empty file with the heads and an example row."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(FIELDS))
    sheet.append(list(_EXAMPLE_ROW))
    for number, cell in enumerate(sheet[1], 1):
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = 18
    for column in ("A", "B", "L"):  # codes and numbers that a spreadsheet would shorten or round
        for cell in sheet[column]:
            cell.number_format = "@"
    sheet.freeze_panes = "A2"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read_rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """
    Numbers of rows as the spreadsheet shows them, with their fields; empty rows and the example are left out.

    Raises
    ------
    SheetError
        When the file cannot be read, or has no such heads, or too many rows.
    """
    lines = _lines(content)
    heads = ["_".join(cell.casefold().split()) for cell in lines[0]] if lines else []
    if "kode" not in heads or "nomor_surat" not in heads:
        raise SheetError(N_("The first row must hold the heads of the template; download it and fill it in."))
    rows = []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line) or line[0].strip().upper() == EXAMPLE:
            continue
        row = {FIELDS[head]: cell.strip() for head, cell in zip(heads, line, strict=False) if head in FIELDS}
        row["consent"] = "yes" if row.get("consent", "").casefold() in _YES else ""
        rows.append((number, row))
    if len(rows) > MOST_ROWS:
        raise SheetError(N_("One file holds at most {most} requests; split it."), most=MOST_ROWS)
    if not rows:
        raise SheetError(N_("The file holds no request below its heads."))
    return rows


def _lines(content: bytes) -> Sequence[Sequence[str]]:
    if len(content) > MOST_BYTES:
        raise SheetError(N_("The file is larger than {most} MB."), most=MOST_BYTES // 10**6)
    if not content.startswith(b"PK"):
        raise SheetError(N_("The file is no XLSX; save it as an Excel workbook."))
    with _nameless_file() as upload, _nameless_file() as answer:
        upload.write(content)
        upload.flush()
        numbers = (upload.fileno(), answer.fileno())
        with CappedProcess("api.requests.sheet_child", inherits=numbers) as process:
            ending = process.ask({"upload": numbers[0], "answer": numbers[1]}, _CAPS)
        if ending is not Ending.DONE:
            raise SheetError(N_("The file cannot be read; save it anew as XLSX, without macros and pictures."))
        answer.seek(0)
        try:
            lines = json.loads(answer.read(_CAPS.written_bytes))
        except ValueError as error:
            raise SheetError(N_("The file cannot be read; save it anew as XLSX.")) from error
    return [[str(cell) for cell in line] for line in lines]


def _nameless_file() -> BufferedRandom:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("requests"), "w+b")
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by its user)
    assert isinstance(file, BufferedRandom)
    return file

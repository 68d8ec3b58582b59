"""Runs in the child process of `sheets`: the first sheet of an XLSX file as rows of texts."""

import json
import os
import warnings
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

from openpyxl import load_workbook

from api.requests.sheets import MOST_BYTES, MOST_COLUMNS, MOST_ROWS

_MOST_TEXT: Final = 1_000


def load() -> None:
    """Nothing more than this module: openpyxl comes with it."""


def work(request: Mapping[str, Any]) -> None:
    """Read the file from one open file and write the rows into another; called in the child."""
    content = os.pread(request["upload"], MOST_BYTES + 1, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = _rows(content)
    answer, place = memoryview(json.dumps(rows).encode()), 0
    while place < len(answer):
        place += os.pwrite(request["answer"], answer[place:], place)


def _rows(content: bytes) -> list[list[str]]:
    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    # One row more than is taken: whoever reads the answer then knows that there are too many.
    rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS, values_only=True)
    return [[_text(value) for value in row] for row in rows]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:_MOST_TEXT]

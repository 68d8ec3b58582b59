"""Recurring stops as the file ``recurring.csv`` of a region folder, the way `geodata.region` reads it back."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from geodata import schema
from geodata.requests import RecurringRow
from geodata.times import Weekday, When

_WEEKDAYS = ("Sen", "Sel", "Rab", "Kam", "Jum", "Sab", "Min")
_POLICIES = {policy: word for word, policy in schema.HOLIDAY_POLICIES.items()}
_VILLAGE_CODE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{4})")


def write_recurring(rows: Iterable[RecurringRow]) -> bytes:
    """
    The file as an office edits it: UTF-8, commas, a row a stop, village codes with their dots.

    Reading it back gives the same rows; relative dates stay relative.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.head for column in schema.RECURRING], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = _cells(row)
        writer.writerow({column.head: cells[column.name] for column in schema.RECURRING})
    return text.getvalue().encode()


def _cells(row: RecurringRow) -> Mapping[str, Any]:
    counts = row.counts
    return {
        "id": row.id,
        "place": _VILLAGE_CODE.sub(r"\1.\2.\3.\4", row.place) if _VILLAGE_CODE.fullmatch(row.place) else row.place,
        "weekdays": ";".join(_WEEKDAYS[Weekday(day)] for day in row.weekdays),
        "every_weeks": row.every_weeks,
        "anchor": _day(row.anchor),
        "valid_from": _day(row.valid_from),
        "valid_to": _day(row.valid_to),
        "hours_from": "" if row.hours is None else _clock(row.hours.start),
        "hours_to": "" if row.hours is None else _clock(row.hours.end),
        "record_and_print": counts.record_and_print,
        "record_only": counts.record_only,
        "child_id_card": counts.child_id_card,
        "outside_domicile": counts.outside_domicile,
        "holiday_policy": _POLICIES[row.holiday_policy],
        "last_visit": _day(row.last_visit),
        "note": row.note,
    }


def _day(when: When | None) -> str:
    return "" if when is None else str(when)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"

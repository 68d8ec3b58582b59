"""The files of a region folder: which there are, and which tables each holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from geodata import schema
from geodata.boundaries import Boundary, read_boundaries
from geodata.errors import N_
from geodata.tables import Column, Findings, Row, Values, read_table, read_toml, toml_list, toml_values

FILES: Final = (
    schema.REGION_FILE,
    schema.VILLAGES_FILE,
    schema.SITES_FILE,
    schema.FLEET_FILE,
    schema.REQUESTS_FILE,
    schema.RECURRING_FILE,
    schema.CALENDAR_FILE,
    schema.COAST_FILE,
    schema.BOUNDARIES_FILE,
)
"""In the order in which faults are told; the coast line and the boundaries alone may be missing."""

_CSV_FILES: Final = {
    "villages": (schema.VILLAGES_FILE, schema.VILLAGES),
    "sites": (schema.SITES_FILE, schema.SITES),
    "requests": (schema.REQUESTS_FILE, schema.REQUESTS),
    "recurring": (schema.RECURRING_FILE, schema.RECURRING),
}
# File -> name of its top keys, their columns; inner tables and inner lists, each by key with name and columns.
_TOML_FILES: Final[Mapping[str, tuple[str, Sequence[Column], Mapping[str, Any], Mapping[str, Any]]]] = {
    schema.REGION_FILE: (
        "region",
        schema.REGION,
        {
            "kantor": ("office", schema.OFFICE),
            "perjalanan": ("travel", schema.TRAVEL),
            "jalan": ("roads", schema.ROADS),
            "kecepatan_jalan": ("road_speeds", schema.ROAD_SPEEDS),
            "pelayanan": ("handling", schema.HANDLING),
            "perencanaan": ("planning", schema.PLANNING),
        },
        {},
    ),
    schema.FLEET_FILE: (
        "fleet",
        schema.FLEET,
        {},
        {"unit": ("units", schema.UNITS), "stok": ("stock", schema.STOCK)},
    ),
    schema.CALENDAR_FILE: (
        "calendar",
        schema.CALENDAR,
        {
            "jam_kerja": ("hours", schema.OFFICE_HOURS),
            "jam_ramadan": ("ramadan_hours", schema.RAMADAN_HOURS),
            "sekolah": ("school", schema.SCHOOL_HOURS),
        },
        {
            "hari": ("days", schema.DAYS),
            "ujian": ("exams", schema.NAMED_RANGES),
            "libur_sekolah": ("school_holidays", schema.NAMED_RANGES),
            "ramadan": ("ramadan", schema.RAMADANS),
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Tables:
    """
    Everything that was read from a folder, as far as it could be read.

    Attributes
    ----------
    settings
        Single tables of the TOML files: ``region``, ``office``, ``fleet``, ``hours`` and so on.
    lists
        Tables of many rows: ``villages``, ``units``, ``exams`` and so on; None where the file could not be read.
    boundaries
        Of villages, by code; None where there is no such file or it could not be read.
    """

    settings: Mapping[str, Values]
    lists: Mapping[str, tuple[Values, ...] | None]
    boundaries: Mapping[str, Boundary] | None = None

    def rows(self, name: str) -> tuple[Values, ...]:
        """Rows of a table, none where it could not be read."""
        return self.lists[name] or ()


def read_tables(folder: Path, findings: Findings) -> Tables:
    """All tables of the folder; every fault within one cell or file is told."""
    settings: dict[str, Values] = {}
    lists: dict[str, tuple[Values, ...] | None] = {"coast": None}
    if not folder.is_dir():
        findings.add_file(folder.name, N_("is no folder that can be opened"))
    for file in _TOML_FILES:
        _read_toml_tables(folder, file, settings, lists, findings)
    for name, (file, columns) in _CSV_FILES.items():
        lists[name] = read_table(folder / file, columns, findings) if folder.is_dir() else None
    coast = folder / schema.COAST_FILE
    if coast.exists() or coast.is_symlink():
        lists["coast"] = read_table(coast, schema.COAST, findings)
    boundaries = folder / schema.BOUNDARIES_FILE
    has_boundaries = boundaries.exists() or boundaries.is_symlink()
    return Tables(settings, lists, read_boundaries(boundaries, findings) if has_boundaries else None)


def _read_toml_tables(
    folder: Path,
    file: str,
    settings: dict[str, Values],
    lists: dict[str, tuple[Values, ...] | None],
    findings: Findings,
) -> None:
    top, columns, inner, inner_lists = _TOML_FILES[file]
    document = read_toml(folder / file, findings) if folder.is_dir() else None
    if document is None:
        empty = Values(Row(file, None, "", {}), {})
        settings |= dict.fromkeys((top, *(name for name, _ in inner.values())), empty)
        lists |= {name: None for name, _ in inner_lists.values()}
        return
    settings[top] = toml_values(file, "", document, columns, findings, [*inner, *inner_lists])
    for key, (name, inner_columns) in inner.items():
        settings[name] = toml_values(file, key, document.get(key, {}), inner_columns, findings)
    for key, (name, inner_columns) in inner_lists.items():
        lists[name] = toml_list(file, key, document, inner_columns, findings)

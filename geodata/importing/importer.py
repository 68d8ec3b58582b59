"""Files into a region folder: read in a child, judged here, written all at once or not at all."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from geodata import schema
from geodata.errors import N_
from geodata.importing.draft import Draft
from geodata.importing.found import FileError, FoundTable, Kind
from geodata.importing.reader_process import FileReader, Wanted
from geodata.importing.report import Outcome, Report, SourceLog
from geodata.importing.site_rows import take_map_places, take_marks, take_sites
from geodata.importing.village_rows import fill_points, take_boundaries, take_villages

_TAKERS: Final = {
    Kind.VILLAGE: take_villages,
    Kind.MARK: take_marks,
    Kind.MAP_PLACE: take_map_places,
    Kind.SITE: take_sites,
}
"""In the order in which kinds are taken, whatever the order of files: villages place what comes after them."""


def prepare_import(folder: Path, files: Sequence[Path], reader: FileReader) -> tuple[Draft, Report]:
    """
    Read and judge files against a folder; nothing is written.

    Returns
    -------
    Draft, Report
        `Draft.changed_files` has what would be written. When ``report.is_failed`` nothing may be written.

    Raises
    ------
    RegionFolderError
        When the folder is none that can be imported into.
    """
    draft, report = Draft(folder), Report()
    tables = _read(files, Wanted(draft.code, draft.name, draft.ground.bounds()), reader, report)
    if report.is_failed:
        return draft, report
    for number, (source, table) in enumerate(tables):
        _tell_table(table, report.log(source))
        if table.kind is Kind.VILLAGE:
            tables[number] = (source, take_boundaries(table, draft, report.log(source)))
    draft.renew_ground()
    for kind, take in _TAKERS.items():
        if kind is Kind.SITE:  # a school without a point of its own stands at its village's
            fill_points(draft, report.log(schema.BOUNDARIES_FILE))
        for source, table in tables:
            if table.kind is kind:
                take(table, draft, report.log(source))
        draft.renew_ground()
    reach_km = draft.needed_reach_km()
    if reach_km is not None:
        report.log(schema.REGION_FILE).note(
            N_("places lie up to {km} km from the office: jarak_terjauh_km is set"), km=f"{reach_km:g}"
        )
    report.changed_files = tuple(draft.changed_files())
    return draft, report


def _read(files: Sequence[Path], wanted: Wanted, reader: FileReader, report: Report) -> list[tuple[str, FoundTable]]:
    """The tables of all files with their names; a file that cannot be read is told."""
    tables: list[tuple[str, FoundTable]] = []
    for path in files:
        try:
            found = reader.read(path, wanted)
            report.files.append((path.name, _sha256(path)))
        except FileError as error:
            report.log(path.name).add(0, Outcome.REFUSED, "", error.message, **error.params)
            report.is_failed = True
            continue
        tables += [(_source(path, table), table) for table in found]
    return tables


def _tell_table(table: FoundTable, log: SourceLog) -> None:
    for message, params in table.notes:
        log.note(message, **params)
    if table.elsewhere:
        log.note(N_("{count} rows are of other regencies and were passed over"), count=table.elsewhere)
    if not table.rows and not table.elsewhere:
        log.note(N_("holds no village and no school"))


def _source(path: Path, table: FoundTable) -> str:
    return f"{path.name} [{table.name}]" if table.name and table.name != path.stem else path.name


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""The made-up regency as a new folder, and a way to import into it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.importing.importer import prepare_import
from geodata.importing.reader_process import FileReader
from geodata.importing.report import Report
from geodata.new_region import write_new_region
from geodata.official import OfficialRegency, OfficialVillage
from geodata.villages import VillageKind
from tests.import_cases import VILLAGES, dotted, middle, square, write_layer


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """A new folder: nine villages without points, the office in the middle."""
    villages = tuple(
        OfficialVillage(code, name, VillageKind.KELURAHAN if code[6] == "1" else VillageKind.DESA, district)
        for code, name, district in VILLAGES
    )
    folder = tmp_path / "region"
    write_new_region(OfficialRegency("1299", "Kabupaten Uji Coba", villages), folder, office=middle(4))
    return folder


@pytest.fixture
def boundaries(tmp_path: Path) -> Path:
    """All nine boundaries with codes."""
    columns = {"KDEPUM": [dotted(code) for code, _, _ in VILLAGES], "WADMKD": [name for _, name, _ in VILLAGES]}
    return write_layer(tmp_path / "batas.geojson", columns, [square(number) for number in range(len(VILLAGES))])


@pytest.fixture
def run_import(region: Path, reader: FileReader) -> Callable[..., Report]:
    """Import files into the folder and write what changes; the report."""

    def run(*files: Path) -> Report:
        draft, report = prepare_import(region, files, reader)
        if not report.is_failed and report.changed_files:
            draft.write(draft.changed_files())
        return report

    return run

"""The boundaries and lists of Kabupaten Batu Bara from outside: every village right or listed, none wrong."""

import csv
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from geodata.importing.importer import prepare_import
from geodata.importing.reader_process import FileReader
from geodata.importing.report import Outcome, Report
from geodata.new_region import write_new_region
from geodata.official import find_regency
from geodata.region import load_region
from tests.import_cases import rows_with, village_cells, write_csv

DATA = os.environ.get("MOLING_TEST_DATA")
pytestmark = pytest.mark.skipif(
    DATA is None or not (Path(DATA) / "data" / "import_only").is_dir(),
    reason="MOLING_TEST_DATA names no folder of data",
)
RunImport = Callable[..., Report]


@pytest.fixture
def data() -> Path:
    assert DATA is not None
    return Path(DATA) / "data" / "import_only"


@pytest.fixture
def batubara(tmp_path: Path) -> Path:
    folder = tmp_path / "batubara"
    write_new_region(find_regency("12.19"), folder, office=(99.4252, 3.1726))
    return folder


def test_boundaries_match_every_village_by_code(batubara: Path, data: Path, reader: FileReader) -> None:
    """151 of 151, each with its own point inside; the folder can be planned with at once."""
    draft, report = prepare_import(batubara, [data / "batubara_desa.geojson"], reader)
    draft.write(draft.changed_files())
    assert report.count(Outcome.MATCHED) == 151
    assert report.count(Outcome.REFUSED) == 0
    assert len(load_region(batubara).boundaries) == 151
    assert (batubara / "boundaries.geojson").stat().st_size < 330_000


SPELLINGS = {
    "Sei ": "Sungai ",
    "Kuala ": "Kwala ",
    "Perkebunan ": "Perk. ",
    "Tanjung ": "Tj. ",
    "Pematang ": "Pem. ",
    "Simpang ": "Sp. ",
    "Suka ": "Suka",
    "Sumber ": "SUMBER",
    "Desa ": "",
}


def _field_spelling(name: str) -> str:
    for official, field in SPELLINGS.items():
        if name.startswith(official):
            return field + name[len(official) :]
    return name.upper()


@pytest.mark.parametrize("has_district", [True, False])
def test_without_codes_every_row_is_right_or_listed(
    batubara: Path, data: Path, reader: FileReader, tmp_path: Path, has_district: bool
) -> None:
    """Names in field spelling, 20 rows with latitude and longitude swapped, in any order of rows."""
    features = json.loads((data / "batubara_desa.geojson").read_text())["features"]
    random.Random(5).shuffle(features)
    rows = [["Nama Desa", "Kecamatan", "Lat", "Long"]]
    truth = {}
    for number, feature in enumerate(features):
        point = shapely.geometry.shape(feature["geometry"]).representative_point()
        lat, lon = f"{point.y:.5f}", f"{point.x:.5f}"
        truth[number + 2] = (feature["properties"]["code"].replace(".", ""), lat, lon)
        pair = [lon, lat] if number < 20 else [lat, lon]
        rows.append([_field_spelling(feature["properties"]["name"]), feature["properties"]["kecamatan"], *pair])
    if not has_district:
        rows = [[row[0], "", *row[2:]] for row in rows]
        rows[0][1] = "lain"

    draft, report = prepare_import(batubara, [write_csv(tmp_path / "desa.csv", rows)], reader)
    draft.write(draft.changed_files())

    refused = rows_with(report, Outcome.REFUSED)
    cells = village_cells(batubara)
    taken = {code for code, row in cells.items() if row["lintang"]}
    assert taken == {code for row, (code, _, _) in truth.items() if row not in refused}
    for row, (code, lat, lon) in truth.items():
        if row not in refused:
            assert (cells[code]["lintang"], cells[code]["bujur"]) == (lat, lon), code
    swapped = [text for text in rows_with(report, Outcome.SUSPECT).values() if "swapped" in text]
    assert len(swapped) + sum(row < 22 for row in refused) == 20
    # Five names are borne twice; with the kecamatan all but typing slips are certain.
    assert len(refused) <= (0 if has_district else 10)


def test_a_road_network_holds_no_place(batubara: Path, data: Path, reader: FileReader) -> None:
    """Extracts of roads are understood and change nothing."""
    files = [data / "osm_balikpapan_kota.osm.pbf", data / "osm_klandasan_ilir_overpass.json"]
    _, report = prepare_import(batubara, files, reader)
    assert not report.is_failed
    assert report.changed_files == ()


def test_the_school_list_finds_its_villages(batubara: Path, data: Path, reader: FileReader) -> None:
    """All 48 schools of the facts, in the village that their list tells; points far off are told and not taken."""
    facts = data.parent / "facts" / "schools.csv"
    draft, _ = prepare_import(batubara, [data / "batubara_desa.geojson", facts], reader)
    draft.write(draft.changed_files())
    with facts.open(encoding="utf-8", newline="") as stream:
        expected = {row["npsn"]: row["village_code"].replace(".", "") for row in csv.DictReader(stream)}
    sites = load_region(batubara).site_by_code
    assert {code: site.village_code for code, site in sites.items()} == expected
    assert sum(site.is_point_approximate for site in sites.values()) >= 5

"""Tables of villages and schools as offices keep them: title rows, Indonesian heads, slips; the unsure is listed."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from geodata.importing.report import Outcome, Report
from geodata.region import load_region
from tests.import_cases import VILLAGES, dotted, middle, rows_with, village_cells, write_csv

RunImport = Callable[..., Report]
NUMBERS = range(len(VILLAGES))


def _comma(value: float) -> str:
    return str(value).replace(".", ",")


def test_a_workbook_with_titles_merged_cells_and_sums(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """The recording table of an office: a title, a heading in two rows, kecamatan once each, a row of sums."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["DATA PEREKAMAN KTP-EL KABUPATEN UJI COBA"])
    sheet.append(["Keadaan 30 Juni 2026"])
    sheet.append([])
    sheet.append(["No", "Kecamatan", "Kode Desa", "Desa/Kelurahan", "Jumlah", None, None, "Koordinat", None])
    sheet.append([None, None, None, None, "jumlah_wajib_ktp", "jumlah_sudah_rekaman", "Penduduk", "Lintang", "Bujur"])
    sheet.append(["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)"])
    district = ""
    for number, (code, name, here) in enumerate(VILLAGES):
        lon, lat = middle(number)
        shown, district = (here if here != district else None), here
        # A number cell loses its dots: Excel hands 1299011001.0 on.
        sheet.append([number + 1, shown, float(code), name, 700, 700 - number, 1000, _comma(lat), lon])
    sheet.append([None, "JUMLAH", None, None, 6300, 6264, 9000])
    book.save(tmp_path / "data.xlsx")

    report = run_import((tmp_path / "data.xlsx").rename(tmp_path / "unduhan"))

    assert report.count(Outcome.REFUSED) == 0, list(report.lines(str))
    region_now = load_region(region)
    assert [village.unrecorded for village in region_now.villages] == list(NUMBERS)
    assert [village.population for village in region_now.villages] == [1000] * 9
    assert [(village.lon, village.lat) for village in region_now.villages] == [middle(number) for number in NUMBERS]
    assert not any(village.is_estimate or village.is_point_approximate for village in region_now.villages)


FIELD_NAMES = (
    "PSR. HULU",
    "Sungai Hulu",
    "Perk. Tanah Raja",
    "durian",
    "KWALA HILIR",
    "Desa Durian",
    "Sukamaju",
    "Pematangpanjang",
    "Tj. Hilir 2",
)


def test_names_in_field_spelling_and_swapped_points(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Without codes each row is right or listed: spellings fold, swapped points are put right, the rest is asked."""
    lines: list[list[object]] = [["Nama Desa", "Kec.", "Latitude", "Longitude", "Belum Rekam"]]
    for number, (name, (_, _, district)) in enumerate(zip(FIELD_NAMES, VILLAGES, strict=True)):
        lon, lat = middle(number)
        swapped = number % 2 == 1
        lines.append(
            [name, district, _comma(lon if swapped else lat), _comma(lat if swapped else lon), f"1.{number:03d}"]
        )

    report = run_import(write_csv(tmp_path / "desa.csv", lines, delimiter=";"))

    refused = rows_with(report, Outcome.REFUSED)
    assert list(refused) == [2]  # "PSR." is no spelling that folds: asked about
    assert {row for row, text in rows_with(report, Outcome.SUSPECT).items() if "swapped" in text} == {3, 5, 7, 9}
    cells = village_cells(region)
    for number in NUMBERS[1:]:
        lon, lat = middle(number)
        row = cells[VILLAGES[number][0]]
        assert (float(row["lintang"]), float(row["bujur"]), row["belum_rekam"]) == (lat, lon, f"1{number:03d}")
    assert cells["1299011001"]["lintang"] == ""


def test_one_name_in_two_kecamatan_is_asked_about(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Durian is in Hulu and in Hilir: without the kecamatan nobody knows which, unless a boundary holds the point."""
    report = run_import(write_csv(tmp_path / "a.csv", [["desa", "belum_rekam"], ["Durian", 5], ["Suka Maju", 6]]))
    assert "Durian (12.99.01.2004), Hulu, Durian (12.99.02.2002), Hilir" in rows_with(report, Outcome.REFUSED)[2]
    assert village_cells(region)["1299022003"]["belum_rekam"] == "6"


def test_a_boundary_tells_two_of_one_name_apart(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path
) -> None:
    lon, lat = middle(5)
    table = write_csv(tmp_path / "a.csv", [["desa", "lat", "lon", "belum_rekam"], ["Durian", lat + 0.01, lon, 5]])
    report = run_import(boundaries, table)
    assert rows_with(report, Outcome.REFUSED) == {}
    assert village_cells(region)["1299022002"]["belum_rekam"] == "5"


@pytest.mark.parametrize(
    "row,said",
    [
        (["12.99.01.2002", "Kuala Hilir", "Hilir", 3.1, 99.4], "correct one of them"),
        (["12.99.01.9999", "", "", 3.1, 99.4], "no code of a village"),
        (["", "Suka Mau", "Hilir", 3.1, 99.4], "near it: Suka Maju"),
        (["", "Suka Maju", "Hulu", 3.1, 99.4], "there is one in Hilir"),
        (["", "Suka Maju", "Hilirr", 3.1, 99.4], "no kecamatan is called"),
    ],
)
def test_a_row_that_is_not_certain_is_listed(
    run_import: RunImport, region: Path, tmp_path: Path, row: list[object], said: str
) -> None:
    """A code against a name, a slip, a village in the wrong kecamatan: nothing is taken, the reason is told."""
    before = (region / "villages.csv").read_bytes()
    report = run_import(write_csv(tmp_path / "a.csv", [["kode", "desa", "kecamatan", "lat", "lon"], row]))
    assert said in rows_with(report, Outcome.REFUSED)[2]
    assert (region / "villages.csv").read_bytes() == before


@pytest.mark.parametrize(
    "point,said",
    [
        (("0", "0"), "stands for no point"),
        (("3", "99"), "whole degrees"),
        (("31,000", "99.4"), "outside Indonesia"),
        (("tiga", "99.4"), "no coordinates"),
        (("3.25", "99.40"), "outside its village"),
        (("3.14", "99.47"), "outside its kecamatan"),
        (("3.90", "99.40"), "outside the regency"),
    ],
)
def test_a_point_that_cannot_be_is_listed_and_not_taken(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path, point: tuple[str, str], said: str
) -> None:
    """Placeholders, slips and points outside the village's boundary: the row's other numbers are taken all the same."""
    run_import(boundaries)
    table = [["kode", "lat", "lon", "penduduk"], ["1299011001", *point, 900]]
    report = run_import(write_csv(tmp_path / "a.csv", table))
    assert said in rows_with(report, Outcome.SUSPECT)[2]
    row = village_cells(region)["1299011001"]
    assert (float(row["lintang"]), float(row["bujur"])) == (3.1, 99.4)
    assert row["penduduk"] == "900"


def test_one_point_for_many_villages_is_none(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """A geocoder that found nothing answers with the middle of the regency: three villages cannot all be there."""
    table = [["kode", "lat", "lon"], *([VILLAGES[number][0], 3.15, 99.45] for number in range(3))]
    report = run_import(write_csv(tmp_path / "a.csv", table))
    assert len(rows_with(report, Outcome.SUSPECT)) == 3
    assert all(not row["lintang"] for row in village_cells(region).values())


def test_without_boundaries_a_point_far_from_all_others_is_doubted(
    run_import: RunImport, region: Path, tmp_path: Path
) -> None:
    table = [["kode", "lat", "lon"], *([VILLAGES[number][0], *reversed(middle(number))] for number in NUMBERS)]
    table[3] = [VILLAGES[2][0], 5.1, 97.4]
    report = run_import(write_csv(tmp_path / "a.csv", table))
    assert "from the middle of all points" in rows_with(report, Outcome.SUSPECT)[4]
    assert village_cells(region)[VILLAGES[2][0]]["lintang"] == ""


def test_rows_that_say_two_things_of_one_village_are_refused(
    run_import: RunImport, region: Path, tmp_path: Path
) -> None:
    """Twice the same is told and taken once; two different numbers are nobody's to choose from."""
    table = [["kode", "penduduk"], ["1299011001", 5], ["12.99.01.1001", 5], ["1299012002", 6], ["1299012002", 7]]
    report = run_import(write_csv(tmp_path / "a.csv", table))
    assert "same as row 2" in rows_with(report, Outcome.SUSPECT)[3]
    assert sorted(rows_with(report, Outcome.REFUSED)) == [4, 5]
    assert village_cells(region)["1299011001"]["penduduk"] == "5"


def test_numbers_that_contradict_one_another_are_not_taken(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    table = [["kode", "jumlah_penduduk", "jumlah_belum_rekaman"], ["1299011001", 50, 60], ["1299012002", "x", 6]]
    report = run_import(write_csv(tmp_path / "a.csv", table))
    assert set(rows_with(report, Outcome.SUSPECT)) == {2, 3}
    cells = village_cells(region)
    assert (cells["1299011001"]["belum_rekam"], cells["1299012002"]["belum_rekam"]) == ("", "6")


def test_what_was_there_is_told_when_it_changes(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    run_import(write_csv(tmp_path / "a.csv", [["kode", "penduduk"], ["1299011001", 5]]))
    report = run_import(write_csv(tmp_path / "b.csv", [["kode", "penduduk"], ["1299011001", 8]]))
    assert rows_with(report, Outcome.CHANGED)[2].endswith("penduduk 5 -> 8")


def test_schools_by_npsn_come_in_once(run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path) -> None:
    """A school list: levels from the list or the name, villages by name or boundary, points judged, twice is once."""
    lon, lat = middle(2)
    heads = ["NPSN", "Nama Satuan Pendidikan", "Bentuk Pendidikan", "Kecamatan", "Desa", "Lintang", "Bujur", "PD"]
    table = [
        heads,
        ["10299001", "SMA NEGERI 1 HULU", "SMA", "Kec. Hulu", "Perk. Tanah Raja", lat, lon, 320],
        ["10299002", "SMKS Uji", "SMK", "Hulu", "Sei Hulu", 3.9, 99.9, 100],
        ["10299003", "Kursus Uji", "Kursus", "Hulu", "Sei Hulu", lat, lon, 3],
        ["10299004", "MAN Uji", "MA", "", "", middle(6)[1], middle(6)[0], ""],
        ["10299005", "MAS Tanpa Desa", "MA", "", "", "", "", ""],
        ["10299001", "SMA NEGERI 1 HULU", "SMA", "Hulu", "Tanah Raja", lat, lon, 320],
    ]
    path = write_csv(tmp_path / "s.csv", table)

    report = run_import(boundaries, path)

    sites = load_region(region).site_by_code
    assert set(sites) == {"10299001", "10299002", "10299004"}
    assert (sites["10299001"].village_code, sites["10299001"].pupils) == (VILLAGES[2][0], 320)
    assert sites["10299002"].is_point_approximate
    assert sites["10299004"].village_code == VILLAGES[6][0]
    assert set(rows_with(report, Outcome.REFUSED)) == {4, 6, 7}
    assert run_import(boundaries, path).changed_files == ()


def test_identity_numbers_never_come_in(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """A list of persons in the wrong folder: its column of identity numbers is not read, those in names are struck."""
    number = "1299014507900001"
    table = [["NIK", "kode", "nama", "penduduk"], [number, "1299011001", number, 7], [number, "", f"{number} A", 7]]
    report = run_import(write_csv(tmp_path / "a.csv", table))
    text = "\n".join(report.lines(str))
    assert number not in text
    assert all(number.encode() not in path.read_bytes() for path in region.iterdir())


def test_a_failed_file_takes_nothing_from_any(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """All or nothing: a good table beside a broken one is not taken either, so that the office starts again whole."""
    before = {path.name: path.read_bytes() for path in region.iterdir()}
    broken = tmp_path / "b.xlsx"
    broken.write_bytes(b"PK\x03\x04 and no more")
    report = run_import(write_csv(tmp_path / "a.csv", [["kode", "penduduk"], ["1299011001", 5]]), broken)
    assert report.is_failed
    assert {path.name: path.read_bytes() for path in region.iterdir()} == before


def test_codes_in_all_forms_are_one(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """With dots, without, as a float, with an apostrophe, in scientific notation with all digits."""
    forms = [dotted(VILLAGES[0][0]), VILLAGES[1][0], f"{VILLAGES[2][0]}.0", f"'{VILLAGES[3][0]}", "1.299022001E+09"]
    run_import(write_csv(tmp_path / "a.csv", [["kode desa", "penduduk"], *([form, 7] for form in forms)]))
    assert [code for code, row in village_cells(region).items() if row["penduduk"] == "7"] == [
        code for code, _, _ in VILLAGES[:5]
    ]


def test_a_sheet_for_each_kecamatan(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """The name of a sheet tells the kecamatan where no column does: both villages called Durian get their number."""
    book = openpyxl.Workbook()
    for district in ("Hulu", "Hilir"):
        sheet = book.create_sheet(f"Kec. {district}")
        sheet.append(["Nama Desa", "Belum Rekam"])
        sheet.append(["Durian", len(district)])
    book.save(tmp_path / "a.xlsx")
    report = run_import(tmp_path / "a.xlsx")
    assert rows_with(report, Outcome.REFUSED) == {}
    cells = village_cells(region)
    assert (cells["1299012004"]["belum_rekam"], cells["1299022002"]["belum_rekam"]) == ("4", "5")


def test_a_name_alone_far_outside_the_regency_is_another_village(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path
) -> None:
    """Suka Maju is in half of all regencies: nothing of such a row is taken, its numbers neither."""
    table = [["desa", "lat", "lon", "penduduk"], ["Suka Maju", 1.5, 101.0, 900]]
    report = run_import(boundaries, write_csv(tmp_path / "a.csv", table))
    assert "outside the regency" in rows_with(report, Outcome.REFUSED)[2]
    assert village_cells(region)["1299022003"]["penduduk"] == ""

"""Small things of the field's writing, each of which once came in wrong, not at all, or untold."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from geodata.importing.draft import Draft
from geodata.importing.headings import field_of
from geodata.importing.points import read_point
from geodata.importing.report import Outcome, Report
from geodata.importing.site_rows import kind_of
from geodata.importing.words import fold_village, hall_of, read_count, read_degrees
from geodata.region import load_region
from tests.import_cases import VILLAGES, middle, rows_with, village_cells, write_csv
from tests.import_seeds import kml

RunImport = Callable[..., Report]


@pytest.mark.parametrize(
    "name, kind",
    [
        ("SMP Ma'arif NU 1 Talawi", "SMP"),
        ("MTs Ma\u2019arif", "MTS"),
        ("MI Ma`arif Hulu", "MI"),
        ("TK Mi'raj", "TK"),
        ("Masjid Al-Ma'arif", None),
        ("Mushola Ar-Ra'uf", None),
        ("Balai Penyuluhan KB Kecamatan Hulu", None),
        ("Toko Mas Sejahtera", None),
        ("SMAN1 Hulu", "SMA"),
        ("SDN2 Hilir", "SD"),
        ("MAN1 Hulu", "MA"),
        ("MTsN 2 Hulu", "MTS"),
        ("SMA Swasta Ma'arif", "SMA"),
        ("MAS Al Washliyah", "MA"),
        ("KB Melati", "TK"),
        ("Pos PAUD Mawar", "TK"),
        ("SMALB Hulu", "SMA"),
        ("Smart Cafe", None),
    ],
)
def test_the_kind_of_a_school_by_its_name(name: str, kind: str | None) -> None:
    """Ma'arif is no Madrasah Aliyah, a jeweller (toko mas) no school; a number may follow without a blank."""
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    "head, name",
    [
        ("Jumlah Penduduk Wajib KTP", "eligible"),
        ("Sudah Rekam KTP-el", "recorded"),
        ("Belum Perekaman KTP-el", "unrecorded"),
        ("Nama Nagari", "village"),
        ("Pekon", "village"),
        ("NIK", None),
        ("Nama Kepala Keluarga", None),
    ],
)
def test_column_heads(head: str, name: str | None) -> None:
    assert field_of(head) == name


@pytest.mark.parametrize(
    "text, count", [("1.400,00", 1400), ("1,400.0", 1400), ("12,50", None), ("1.400.00", None), ("1.400", 1400)]
)
def test_counts_with_thousands_and_decimals(text: str, count: int | None) -> None:
    """As spreadsheets write whole numbers that are shown with decimals."""
    assert read_count(text) == count


@pytest.mark.parametrize(
    "text", ["3\u00ba 9' 36\"", "3\u02da9\u203236\u2033", "3\u00b09\u201936\u2019\u2019", "3\u00b0 9' 36\u201c LU"]
)
def test_degrees_with_the_signs_that_keyboards_have(text: str) -> None:
    """The ordinal sign stands for the degree sign on many keyboards, two apostrophes for seconds."""
    assert read_degrees(text) == pytest.approx(3.16)


def test_both_coordinates_in_brackets() -> None:
    assert read_point({"latlon": "(-0.79, 100.65)"}).lonlat == (100.65, -0.79)


def test_swapped_whole_degrees_stand_for_no_point_either() -> None:
    """Whole degrees are a placeholder whichever way round they are written."""
    for lat, lon in (("-1", "100"), ("100", "-1")):
        point = read_point({"lat": lat, "lon": lon})
        assert point.lonlat is None
        assert "whole degrees" in point.remarks[-1][0]


def test_roman_numbers_up_to_ten() -> None:
    """Of two spellings of one nagari in Solok, IX Korong and 9 Korong."""
    for roman, number in (("VII", 7), ("VIII", 8), ("IX", 9), ("X", 10)):
        assert fold_village(f"{roman} Koto") == fold_village(f"{number} Koto")


@pytest.mark.parametrize(
    "name, village",
    [
        ("Kantor Wali Nagari Sungai Buluh", "Sungai Buluh"),
        ("Kantor Keuchik Gampong Baro", "Baro"),
        ("Balai Pekon Suka Maju", "Suka Maju"),
        ("Kantor Camat Hulu", None),
        ("Balai Desa Durian", "Durian"),
    ],
)
def test_halls_under_the_names_that_villages_have_elsewhere(name: str, village: str | None) -> None:
    hall = hall_of(name)
    assert (hall and fold_village(hall)) == (village and fold_village(village))


def test_a_heading_is_found_whatever_separator_the_titles_are_full_of(
    run_import: RunImport, region: Path, tmp_path: Path
) -> None:
    """Three columns with decimal commas and a title with commas: as many commas as semicolons, and more."""
    lines = ["DATA, TITIK, BALAI, DESA, KEADAAN, 2026;;", "Kode;Lintang;Bujur"]
    for number, (code, _, _) in enumerate(VILLAGES):
        lon, lat = middle(number)
        lines.append(f"{code};{lat:.3f};{lon:.3f}".replace(".", ","))
    (tmp_path / "titik.csv").write_text("\n".join(lines), encoding="utf-8")

    report = run_import(tmp_path / "titik.csv")

    assert not report.is_failed
    assert report.count(Outcome.ADDED) == len(VILLAGES)


def test_a_sum_in_the_middle_gives_no_kecamatan(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """A subtotal between rows of one kecamatan is no kecamatan for those below."""
    heads = ["Kecamatan", "Desa", "Penduduk"]
    rows = [["Hulu", "Pasar Hulu", 500], ["Jumlah", "", 500], ["", "Sei Hulu", 600]]
    report = run_import(write_csv(tmp_path / "a.csv", [heads, *rows]))

    assert rows_with(report, Outcome.REFUSED) == {}
    assert report.count(Outcome.ADDED) == 2


def test_no_sheet_is_left_out_untold(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Yahukimo has 51 kecamatan; a sheet for each is a workbook of 51."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for number in range(60):
        sheet = book.create_sheet(f"Lembar {number}")
        sheet.append(["kode", "penduduk"])
        if number == 59:
            sheet.append([VILLAGES[0][0], 700])
    book.save(tmp_path / "a.xlsx")

    run_import(tmp_path / "a.xlsx")

    assert village_cells(region)[VILLAGES[0][0]]["penduduk"] == "700"


def test_no_file_of_an_archive_is_left_out_untold(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(60):
            row = f"{VILLAGES[0][0]},700\n" if number == 59 else ""
            archive.writestr(f"{number}.csv", f"kode,penduduk\n{row}")

    run_import(tmp_path / "a.zip")

    assert village_cells(region)[VILLAGES[0][0]]["penduduk"] == "700"


def test_a_number_that_an_office_wrote_with_a_dot_is_no_change(
    run_import: RunImport, region: Path, tmp_path: Path
) -> None:
    """1.240 in the folder and 1240 in the table are the same people."""
    code = VILLAGES[0][0]
    run_import(write_csv(tmp_path / "a.csv", [["kode", "penduduk"], [code, 1240]]))
    path = region / "villages.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("1240", "1.240"), encoding="utf-8")

    report = run_import(tmp_path / "a.csv")

    assert report.changed_files == ()
    assert list(rows_with(report, Outcome.MATCHED)) == [2]


def test_an_import_that_brings_nothing_writes_nothing(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Not even the heads of a table of sites that the folder does not have."""
    table = write_csv(tmp_path / "a.csv", [["kode", "penduduk"], [VILLAGES[0][0], 700]])
    run_import(table)
    (region / "sites.csv").unlink()

    assert run_import(table).changed_files == ()


def test_an_office_on_the_equator_is_known(run_import: RunImport, region: Path) -> None:
    """Latitude 0 is a place, in Pontianak for one."""
    path = region / "region.toml"
    lat = middle(4)[1]
    path.write_text(path.read_text(encoding="utf-8").replace(f"lintang = {lat}", "lintang = 0.0"), encoding="utf-8")

    assert Draft(region).office == (middle(4)[0], 0.0)


def test_what_a_file_calls_itself_is_shown_clean(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Names of files and sheets are a stranger's text too: no identity number, no sign that moves a cursor."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "Data 1299010101010001"
    book.active.append(["kode", "penduduk"])
    book.active.append([VILLAGES[0][0], 700])
    path = tmp_path / "a\x1b[2J.xlsx"
    book.save(path)

    report = run_import(path)

    told = "\n".join([*report.lines(str), report.sources_text()])
    assert "1299010101010001" not in told
    assert "\x1b" not in told
    assert report.count(Outcome.ADDED) == 1


def test_a_point_without_a_name_is_told_as_that(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text(kml([("", *middle(0))]))
    assert rows_with(run_import(path), Outcome.REFUSED) == {1: "row 1: has no name"}


def test_one_school_at_two_places_of_a_phone_is_told(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path
) -> None:
    """The second point of one name in one file takes no place silently."""
    lon, lat = middle(0)
    path = tmp_path / "a.kml"
    path.write_text(kml([("SMAN 1 Hulu", lon, lat), ("SMAN 1 Hulu", lon + 0.01, lat)]))

    report = run_import(boundaries, path)

    assert "stands in this file already" in rows_with(report, Outcome.REFUSED)[2]
    assert len(load_sites(region)) == 1


def load_sites(region: Path) -> dict[str, dict[str, str]]:
    """Cells of the sites of a folder by code."""
    return {code: site.cells for code, site in Draft(region).sites.items()}


def _schools(path: Path, *rows: list[object]) -> Path:
    return write_csv(path, [["NPSN", "Nama Sekolah", "Desa", "Kecamatan", "Lintang", "Bujur"], *rows])


def test_a_school_that_gets_its_npsn_later_stays_one_school(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path
) -> None:
    """Marked by a phone first, listed with its number later: letters go on naming it by the code that it has."""
    lon, lat = middle(0)
    mark = tmp_path / "a.kml"
    mark.write_text(kml([("SMA Negeri 1 Hulu", lon, lat)]))
    run_import(boundaries, mark)
    before = load_sites(region)

    table = _schools(tmp_path / "b.csv", ["10299001", "SMAN 1 Hulu", "Pasar Hulu", "Hulu", lat, lon])
    report = run_import(table)

    assert load_sites(region).keys() == before.keys()
    assert list(rows_with(report, Outcome.MATCHED)) == [2]
    assert run_import(table).changed_files == ()


def test_an_npsn_is_read_as_spreadsheets_hand_it_on(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """With the apostrophe that makes it text, in small letters; one school, not three."""
    lon, lat = middle(0)
    for number, npsn in enumerate(["p0299001", "'P0299001", "P0299001"]):
        table = _schools(tmp_path / f"{number}.csv", [npsn, "MA Uji", "Pasar Hulu", "Hulu", lat, lon])
        run_import(table)
    assert list(load_sites(region)) == ["P0299001"]


def test_a_note_about_a_borrowed_point_goes_when_its_own_comes(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path
) -> None:
    """A school stood at its village's point and said so; with a point of its own it does not say so any more."""
    lon, lat = middle(0)
    run_import(boundaries, _schools(tmp_path / "a.csv", ["10299001", "SMAN 1 Hulu", "Pasar Hulu", "Hulu", "", ""]))
    assert load_sites(region)["10299001"]["catatan"] == "Titik desanya"

    run_import(_schools(tmp_path / "b.csv", ["10299001", "SMAN 1 Hulu", "Pasar Hulu", "Hulu", lat + 0.005, lon]))

    cells = load_sites(region)["10299001"]
    assert cells["titik_perkiraan"] == "tidak"
    assert cells.get("catatan", "") == ""


def test_a_school_list_s_own_area_code_does_not_hide_its_village(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path
) -> None:
    """Dapodik codes kecamatan its own way, in a column called kode_wilayah; the village's name stands beside it."""
    heads = ["NPSN", "Nama Sekolah", "Kode Wilayah", "Desa", "Kecamatan"]
    report = run_import(
        boundaries, write_csv(tmp_path / "a.csv", [heads, ["10299001", "SMAN 1", "070604", "Pasar Hulu", "Hulu"]])
    )
    assert rows_with(report, Outcome.REFUSED) == {}
    assert load_region(region).sites[0].village_code == VILLAGES[0][0]

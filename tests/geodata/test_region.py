"""A region folder is read whole, or all its faults are told."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.calendar import Certainty
from geodata.errors import Finding, GeodataError, RegionError, UnknownPlaceError
from geodata.fleet import CardType
from geodata.region import load_region
from geodata.requests import HolidayPolicy, ServiceCounts, Urgency
from geodata.sites import SiteKind
from geodata.tables import MAX_CSV_BYTES, MAX_FINDINGS
from geodata.times import DateRange, RelativeDate, TimeRange, Weekday

Change = Callable[[str, str, str], None]


def faults(folder: Path) -> tuple[Finding, ...]:
    with pytest.raises(RegionError) as caught:
        load_region(folder)
    return caught.value.findings


def places(folder: Path) -> list[tuple[str, int | None, str]]:
    return [(each.file, each.row, each.column) for each in faults(folder)]


def test_a_folder_becomes_a_region(folder: Path) -> None:
    """What the tables say stands in the region under English names, with defaults where they say nothing."""
    region = load_region(folder)

    assert (region.code, region.name, region.timezone) == ("1219", "Kabupaten Uji", "Asia/Jakarta")
    assert [village.code for village in region.villages] == ["1219042001", "1219042002", "1219041003"]
    assert [village.backlog for village in region.villages] == [40, 25, 0]
    assert region.villages[0].last_visit == RelativeDate(-20)
    assert region.villages[1].last_visit == date(2026, 10, 5)
    school, market = region.sites
    assert (school.kind, school.dismissal, market.kind) == (SiteKind.SMA, 13 * 60 + 45, SiteKind.MARKET)
    assert region.fleet.units[0].kits == 2
    assert region.fleet.stock[0].card is CardType.ID_CARD
    assert region.handling.attendance == 0.85
    assert region.planning.urgency[Urgency.URGENT] == 1.5
    assert region.calendar.hours.friday.pause == TimeRange(11 * 60 + 45, 13 * 60 + 30)
    assert region.calendar.exams[0].days == DateRange(date(2026, 12, 1), date(2026, 12, 1))
    assert region.calendar.exams[0].levels == {SiteKind.SMA, SiteKind.SMK}
    assert region.coast == ()


def test_a_letter_keeps_its_wishes(folder: Path) -> None:
    """Days, two ranges of hours and blocked days of a letter are all there, and counts by service."""
    request = load_region(folder).requests[0]

    assert request.kind is SiteKind.SMA
    assert request.counts == ServiceCounts(record_and_print=30, record_only=20, outside_domicile=5)
    assert (request.counts.recordings, request.counts.people) == (50, 50)
    assert request.weekdays == (Weekday.TUE, Weekday.THU)
    assert request.hours == (TimeRange(480, 600), TimeRange(780, 930))
    assert request.blocked == (
        DateRange(RelativeDate(1), RelativeDate(1)),
        DateRange(RelativeDate(3), RelativeDate(4)),
    )
    assert request.missing_letter_parts == ()


def test_an_incomplete_letter_is_data(folder: Path) -> None:
    """A letter without number, date and scan loads, since it is the planner who returns it, saying what lacks."""
    request = load_region(folder).requests[1]

    assert request.missing_letter_parts == ("letter_number", "letter_date", "has_scan")
    assert request.kind is SiteKind.VILLAGE_HALL
    assert request.place == "1219042002"


def test_a_round_keeps_its_rule(folder: Path) -> None:
    """Days, hours and the holiday policy of a recurring stop are read as written."""
    stop = load_region(folder).recurring[0]

    assert stop.weekdays == (Weekday.MON, Weekday.THU)
    assert stop.hours == TimeRange(450, 720)
    assert stop.holiday_policy is HolidayPolicy.MOVE


def test_places_are_found_by_code(folder: Path) -> None:
    """Villages and sites share one way of being looked up; an unknown code is an error that names it."""
    region = load_region(folder)

    assert region.get_place("1219042001").name == "Desa Satu"
    assert region.get_place("PSR-01").name == "Pasar Uji"
    with pytest.raises(UnknownPlaceError, match="no village and no site 'PSR-02'"):
        region.get_place("PSR-02")


def test_all_planted_faults_come_at_once(folder: Path, change: Change) -> None:
    """Faults all over the folder are told together, each once, at its file, row and column, and nothing else is."""
    change("region.toml", 'zona_waktu = "Asia/Jakarta"', 'zona_waktu = "Asia/Medan"')
    change("villages.csv", "12.19.04.2001,Desa Satu", "12.19.04.201,Desa Satu")
    change("villages.csv", "3.1800,99.4500,25", "99.4500,3.1800,25")
    change(
        "villages.csv",
        "3.2000,99.4000,,tidak,\n",
        "3.2000,99.4000,-4,mungkin,\n"
        "12.19.04.1003,Lagi,desa,Lima Puluh,3.2,99.4,,,\n"
        "12.08.04.2009,Jauh,desa,Simalungun,1.2,99.4,1,,\n",
    )
    change("sites.csv", "PSR-01,Pasar Uji,pasar,12.19.04.2002", "PSR-01,Pasar Uji,pasr,12.19.04.2099")
    change("fleet.toml", "alat = 2", "alat = 0\nwarna = 'biru'")
    change("requests.csv", "Sel;Kam,08:00;13:00", "Sel;Kms,08:00;25:00")
    change("requests.csv", "H-10,ya", "2026-02-30,ya")
    change("requests.csv", "PM-2,12.19.04.2002,", "PM-1,XYZ,")
    change("requests.csv", ",,,,Permohonan,12", ",,,,NIK 1219041505900001,12")
    change("recurring.csv", "07:30,12:00,20,geser", "12:30,12:00,0,geser")
    change("calendar.toml", '"SMK"', '"STM"')

    found = faults(folder)

    assert [(each.file, each.row, each.column) for each in found] == [
        ("region.toml", None, "zona_waktu"),
        ("villages.csv", 2, "kode"),
        ("villages.csv", 3, "lintang"),  # swapped
        ("villages.csv", 4, "belum_rekam"),
        ("villages.csv", 4, "perkiraan"),
        ("villages.csv", 5, "kode"),  # twice
        ("villages.csv", 6, "lintang"),  # too far away
        ("villages.csv", 6, "kode"),  # another regency
        ("sites.csv", 2, "kode_desa"),  # its village has a broken code
        ("sites.csv", 3, "jenis"),
        ("sites.csv", 3, "kode_desa"),
        ("fleet.toml", None, "unit[1].warna"),
        ("fleet.toml", None, "unit[1].alat"),
        ("requests.csv", 2, "tanggal_surat"),
        ("requests.csv", 2, "hari"),
        ("requests.csv", 2, "jam_mulai"),
        ("requests.csv", 3, "perihal"),  # an identity number
        ("requests.csv", 3, "id"),  # twice
        ("requests.csv", 3, "lokasi"),
        ("recurring.csv", 2, ""),  # nobody to be served
        ("recurring.csv", 2, "jam_selesai"),
        ("calendar.toml", None, "ujian[1].jenjang"),
    ]
    assert all("1219041505900001" not in each.text(str) for each in found)


def test_a_finding_is_one_line_that_says_what_is_right(folder: Path, change: Change) -> None:
    """File, row, column, value and remedy stand on one line, in the language of the reader."""
    change("villages.csv", "3.1800,99.4500,25", "99.4500,3.1800,25")
    (finding,) = faults(folder)

    assert finding.text(str) == (
        "villages.csv, row 3, column lintang: '99.4500': latitude and longitude are swapped: bujur is 3.18"
    )
    indonesian = {
        "row {row}": "baris {row}",
        "column {column}": "kolom {column}",
        "latitude and longitude are swapped: {axis} is {lon}": "lintang dan bujur tertukar: {axis} berisi {lon}",
    }
    assert finding.text(lambda message: indonesian[message]) == (
        "villages.csv, baris 3, kolom lintang: '99.4500': lintang dan bujur tertukar: bujur berisi 3.18"
    )


def test_the_error_is_caught_as_the_package_s_and_as_a_value_error(folder: Path, change: Change) -> None:
    """Callers may catch it either way, and its text lists every finding."""
    change("fleet.toml", "alat = 2", "alat = 0")
    with pytest.raises(ValueError, match=r"fleet\.toml, column unit\[1\]\.alat") as caught:
        load_region(folder)
    assert isinstance(caught.value, GeodataError)


@pytest.mark.parametrize(
    "file,old,new,place,told",
    [
        ("villages.csv", "kunjungan_terakhir", "kunjungan_terahir", (1, "kunjungan_terahir"), "'kunjungan_terakhir'?"),
        ("villages.csv", "perkiraan", "nik", (1, "nik"), "identity numbers are never kept"),
        ("villages.csv", "perkiraan,", "perkiraan,perkiraan,", (1, "perkiraan"), "twice"),
        ("villages.csv", "kode,", "kode_wilayah,", (1, "kode_wilayah"), "did you mean"),
        ("villages.csv", "3.1800,", "3,1800,", (3, ""), "double quotes"),
        ("villages.csv", "3.1700,99.4300", "3.1700,", (2, "bujur"), "must be filled in"),
        ("villages.csv", "3.1700,99.4300", "3.1700,105.0", (2, "lintang"), "km from the office"),
        ("villages.csv", "3.1700,99.4300", "48.85,2.35", (2, "lintang"), "outside Indonesia"),
        ("villages.csv", "3.1700,99.4300", "nan,99.43", (2, "lintang"), "degrees"),
        ("villages.csv", "Desa Satu", "Desa\x07Satu", (2, "nama"), "control characters"),
        ("sites.csv", "PSR-01", "1219042009", (3, "kode"), "ten digits"),
        ("sites.csv", "PSR-01", "../PSR", (3, "kode"), "letters, digits"),
        ("requests.csv", "10200001,SMA", "10200001,SMK", (2, "jenis"), "write: sma"),
        ("requests.csv", "30,20,,5", "30,20,,51", (2, "luar_daerah"), "at most 50"),
        ("requests.csv", "10:00;15:30", "10:00", (2, "jam_selesai"), "one later time"),
        ("requests.csv", "H+3..H+4", "H+4..H+3", (2, "tanggal_blokir"), "earlier day first"),
        ("recurring.csv", ",2,2026", ",0,2026", (2, "tiap_pekan"), "from 1 to 52"),
        ("recurring.csv", "07:30,12:00", "07:30,07:30", (2, "jam_selesai"), "later than jam_mulai"),
        ("recurring.csv", "07:30,12:00", ",12:00", (2, "jam_selesai"), "or both empty"),
    ],
)
def test_each_fault_is_told_at_its_place(  # noqa: PLR0917 (one argument a parameter of the case)
    folder: Path, change: Change, file: str, old: str, new: str, place: tuple[int, str], told: str
) -> None:
    """A single fault is found at its row and column, and the message says what would be right."""
    change(file, old, new)
    found = [each for each in faults(folder) if (each.row, each.column) == place]
    assert [each.file for each in found] == [file]
    assert told in found[0].text(str)


@pytest.mark.parametrize(
    "file,old,new,column,told",
    [
        ("region.toml", "lintang = 3.17", "lintang = 99.43", "kantor.lintang", "swapped|outside"),
        ("region.toml", "[kantor]", "[kontor]", "kontor", "'kantor'"),
        ("region.toml", '"12.19"', '"12"', "kode", "4 digits"),
        ("fleet.toml", "cetak = true", "cetak = 'mungkin'", "unit[1].cetak", "ya"),
        ("fleet.toml", "cetak = true", "cetak = true\npangkalan = 'XX'", "unit[1].pangkalan", "no code of"),
        ("fleet.toml", "[[stok]]", "[[stok]]\njenis='kia'\njumlah=1\n[[unit]]", "unit[2].id", "filled in"),
        ("fleet.toml", "[[stok]]", "[stok]", "stok", "[[stok]]"),
        ("fleet.toml", "alat = 2", "alat = {a = 1}", "unit[1].alat", "not a table"),
        (
            "calendar.toml",
            "[[ujian]]",
            "[jam_kerja]\njumat='08:00-12:00'\n[[ujian]]",
            "jam_kerja.istirahat_jumat",
            "jumat",
        ),
        (
            "calendar.toml",
            "[[ujian]]",
            "[[hari]]\ntanggal=2026-12-25\njenis='kerja'\nnama='Natal'\n[[ujian]]",
            "hari[1].alasan",
            "needs a reason",
        ),
    ],
)
def test_each_fault_of_a_toml_file_is_told_at_its_key(  # noqa: PLR0917 (one argument a parameter of the case)
    folder: Path, change: Change, file: str, old: str, new: str, column: str, told: str
) -> None:
    """TOML has no rows; the key with its tables tells the place."""
    change(file, old, new)
    texts = [each.text(str) for each in faults(folder) if (each.file, each.column) == (file, column)]
    assert len(texts) == 1
    assert any(word in texts[0] for word in told.split("|"))


@pytest.mark.parametrize(
    "file",
    ["region.toml", "villages.csv", "sites.csv", "fleet.toml", "requests.csv", "recurring.csv", "calendar.toml"],
)
def test_a_missing_file_is_the_only_fault(folder: Path, file: str) -> None:
    """References into a file that is not there are not told wrong one by one: that would bury the one real fault."""
    (folder / file).unlink()
    assert places(folder) == [(file, None, "")]


def test_a_missing_folder_is_one_fault(tmp_path: Path) -> None:
    """A mistyped folder gives one line, not one a file."""
    assert places(tmp_path / "tidak-ada") == [("tidak-ada", None, "")]


def test_excel_s_files_are_understood(folder: Path) -> None:
    """Indonesian Excel writes a byte order mark, semicolons, decimal commas and day-first dates; so may people."""
    (folder / "villages.csv").write_text(
        "sep=;\r\nKode;Nama;Jenis;Kecamatan;Lintang;Bujur;Belum_Rekam;Kunjungan_Terakhir;;\r\n"
        '12.19.04.2001;"Desa ""Satu""";desa;Lima Puluh;3,1700;99,4300;1.240;05/10/2026;;\r\n'
        ";;;;;;;;;\r\n"
        "1219042002;Desa Dua;Desa;Lima Puluh;3,18;99,45;25;H-3;;\r\n",
        encoding="utf-8-sig",
        newline="",
    )
    first, second = load_region(folder).villages
    assert (first.name, first.lat, first.lon) == ('Desa "Satu"', 3.17, 99.43)
    assert (first.unrecorded, first.last_visit) == (1240, date(2026, 10, 5))
    assert second.last_visit == RelativeDate(-3)


def test_rows_count_as_in_a_spreadsheet(folder: Path) -> None:
    """Blank rows and line breaks in cells do not move the row that a finding names."""
    table = (folder / "villages.csv").read_text(encoding="utf-8")
    lines = table.splitlines()
    lines[1] = lines[1].replace("Desa Satu", '"Desa\nSatu"')
    lines[2] = lines[2].replace(",25,", ",banyak,")
    lines.insert(2, "")
    (folder / "villages.csv").write_text("\n".join(lines), encoding="utf-8")
    assert places(folder) == [("villages.csv", 4, "belum_rekam")]


@pytest.mark.parametrize("file", ["villages.csv", "region.toml"])
@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 100, bytes(range(256)) * 20, b"\xff\xfe" + "kode".encode("utf-16-le"), b'kode,nama\n"x'],
    ids=["empty", "zeros", "binary", "utf-16", "torn"],
)
def test_junk_is_a_fault_of_the_file(folder: Path, file: str, data: bytes) -> None:
    """Files that are no tables are told as such; reading does not fail in any other way."""
    (folder / file).write_bytes(data)
    assert {each.file for each in faults(folder)} == {file}


def test_a_huge_cell_is_a_fault(folder: Path, change: Change) -> None:
    """A cell larger than any text of an office is refused and not repeated whole."""
    change("villages.csv", "Desa Satu", "x" * 50_000)
    (finding,) = faults(folder)
    assert (finding.row, finding.column) == (2, "nama")
    assert len(finding.text(str)) < 200


def test_a_huge_file_is_refused(folder: Path) -> None:
    """A file past the limit is refused by its size, before it is taken apart."""
    (folder / "villages.csv").write_bytes(b"k" * (MAX_CSV_BYTES + 1))
    assert places(folder) == [("villages.csv", None, "")]


def test_faults_without_end_are_cut_short(folder: Path) -> None:
    """Many thousand faults end in one that says so, so that memory stays bounded."""
    head = "kode,nama,jenis,kecamatan,lintang,bujur\n"
    (folder / "villages.csv").write_text(head + "x,x,x,x,x,x\n" * 5_000, encoding="utf-8")
    found = faults(folder)
    assert len(found) == MAX_FINDINGS + 1
    assert "correct these first" in found[-1].text(str)


@pytest.mark.parametrize(
    "toml",
    ["a = " + "[" * 50_000, "a = " + "9" * 5_000, "kode = 0x" + "f" * 5_000, "kode = 1e400", "kode = [[1]]"],
    ids=["deep", "digits", "hex", "infinite", "nested"],
)
def test_hostile_toml_is_a_fault(folder: Path, toml: str) -> None:
    """Values that break parsers are told as faults of the file."""
    (folder / "region.toml").write_text(toml, encoding="utf-8")
    assert {each.file for each in faults(folder)} == {"region.toml"}


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    """A shared folder must not make the program read other files of the machine."""
    secret = tmp_path / "rahasia.csv"
    secret.write_text((folder / "villages.csv").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "villages.csv").unlink()
    (folder / "villages.csv").symlink_to(secret)
    assert [each.text(str) for each in faults(folder)] == ["villages.csv: is not a plain file"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a Unix matter")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    """Opening a pipe would wait for ever."""
    (folder / "sites.csv").unlink()
    os.mkfifo(folder / "sites.csv")
    assert places(folder) == [("sites.csv", None, "")]


def test_a_hostile_head_stays_on_its_line(folder: Path, change: Change) -> None:
    """Control characters of a cell or head never reach a terminal."""
    change("villages.csv", "perkiraan,", '"\x1b[31mperkiraan\x1b[0m\nbaris",')
    (finding,) = faults(folder)
    assert finding.text(str).isprintable()


def test_calendar_overrides_are_read(folder: Path) -> None:
    """Days, school holidays and the fasting month that an office sets are there, TOML dates as good as text."""
    (folder / "calendar.toml").write_text(
        """
jalan_saat_ramadan = false
[[hari]]
tanggal = 2027-03-10
jenis = "libur"
nama = "Idulfitri"
kepastian = "perkiraan"
[[libur_sekolah]]
nama = "Libur semester"
tanggal = "2026-12-21 s.d. 2027-01-02"
[[ramadan]]
tanggal = "2027-02-08..2027-03-09"
[sekolah]
jam_pulang = 13:45:00
""",
        encoding="utf-8",
    )
    calendar = load_region(folder).calendar

    assert not calendar.outreach_in_ramadan
    assert calendar.days[0].certainty is Certainty.ESTIMATED
    assert calendar.school_holidays[0].days.holds(date(2027, 1, 2), date(2026, 12, 28))
    assert calendar.ramadan[0].days == DateRange(date(2027, 2, 8), date(2027, 3, 9))
    assert calendar.school.dismissal == 13 * 60 + 45


def test_units_keep_their_own_rules(folder: Path, change: Change) -> None:
    """What a unit says of itself stands in the fleet's tables; what it does not say falls back to the fleet's."""
    change(
        "fleet.toml",
        "cetak = true\n",
        'cetak = true\nkartu_ktp = 250\nkeahlian = ["alat_jinjing"]\njam_sabtu = "08:00-12:00"\n'
        'perawatan = ["2027-01-15", "H+1..H+2"]\nlembur_per_pekan_menit = 90\npangkalan = "12.19.04.2002"\n',
    )
    fleet = load_region(folder).fleet
    unit = fleet.units[0]

    assert unit.cards_aboard == {CardType.ID_CARD: 250}
    assert unit.skills == {"portable_kit"}
    assert unit.hours == {Weekday.SAT: TimeRange(480, 720)}
    assert unit.maintenance[1].holds(date(2026, 12, 9), date(2026, 12, 7))
    assert unit.base == "1219042002"
    assert fleet.overtime_of(unit) == 90
    assert fleet.stock[0].usable == 90


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_gives_a_region_or_its_faults(folder: Path, data: st.DataObject) -> None:
    """However a file is torn or scribbled on, loading answers with a region or with faults, and in no other way."""
    name = data.draw(st.sampled_from(sorted(path.name for path in folder.iterdir())))
    whole = (folder / name).read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 30)))
    odd = st.sampled_from([";", ",", '"', "\n", "-", "H+1", "24:00", "0", "[[", "=", "tidak"])
    scribble = data.draw(st.text(max_size=8) | odd)
    try:
        (folder / name).write_text(whole[:start] + scribble + whole[end:], encoding="utf-8")
        found = _faults_or_none(folder)
    finally:
        (folder / name).write_text(whole, encoding="utf-8")
    assert all(each.text(str).isprintable() for each in found)


def _faults_or_none(folder: Path) -> tuple[Finding, ...]:
    try:
        load_region(folder)
    except RegionError as error:
        return error.findings
    return ()

"""Any regency by code or name, from a list, into a folder that lacks only what is unknown."""

from pathlib import Path

import pytest

from geodata.errors import OfficialPlacesError, RegionError, RegionFolderError, UnknownRegencyError
from geodata.missing import list_missing
from geodata.new_region import write_new_region
from geodata.official import find_regency
from geodata.region import load_region
from geodata.villages import VillageKind

PLACES = """\
kode;nama;kode_pos
99;Provinsi Uji;
99.01;Kabupaten Pulau Uji;
99.01.01;Hulu;
99.01.01.1001;Pasar Hulu;99111
99.01.01.2002;Sei Hulu;
"""


@pytest.fixture
def places(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(PLACES)
    return path


@pytest.mark.parametrize("wanted", ["12.19", "1219", "Batu Bara", "Kab. Batubara", "kabupaten batu bara"])
def test_a_regency_is_found_by_code_and_by_name(wanted: str) -> None:
    """Offices write the same regency in many ways; all lead to the 151 villages of the ministry's list."""
    regency = find_regency(wanted)
    assert (regency.code, regency.name, regency.timezone) == ("1219", "Kabupaten Batu Bara", "Asia/Jakarta")
    assert len(regency.villages) == 151
    first = regency.villages[0]
    assert (first.code, first.name, first.district, first.postal_code) == (
        "1219011001",
        "Pangkalan Dodek",
        "Medang Deras",
        "21258",
    )
    assert first.kind is VillageKind.KELURAHAN


def test_an_ambiguous_name_lists_the_candidates() -> None:
    """Kabupaten and Kota Bogor share a name: the office chooses, the program does not."""
    with pytest.raises(UnknownRegencyError, match=r"Kabupaten Bogor \(32.01\), Kota Bogor \(32.71\)"):
        find_regency("Bogor")
    assert find_regency("Kota Bogor").code == "3271"


@pytest.mark.parametrize("wanted", ["Batubra", "99.99", "", "Kabupaten"])
def test_an_unknown_name_is_told(wanted: str) -> None:
    """A slip of the pen is answered with names near it, never with a regency."""
    with pytest.raises(UnknownRegencyError, match="No regency"):
        find_regency(wanted)


@pytest.mark.parametrize(
    "code,zone",
    [("64.71", "Asia/Makassar"), ("61.71", "Asia/Jakarta"), ("81.71", "Asia/Jayapura"), ("93.01", "Asia/Jayapura")],
)
def test_time_zones_follow_the_province(code: str, zone: str) -> None:
    """East Kalimantan keeps WITA, West Kalimantan WIB, Maluku and South Papua WIT."""
    assert find_regency(code).timezone == zone


def test_a_list_of_one_s_own_takes_the_place_of_the_package(places: Path) -> None:
    """New villages are decreed before any package has them."""
    regency = find_regency("Pulau Uji", places)
    assert [(village.code, village.name) for village in regency.villages] == [
        ("9901011001", "Pasar Hulu"),
        ("9901012002", "Sei Hulu"),
    ]


@pytest.mark.parametrize(
    "old,new,said",
    [
        ("kode;nama", "code;name", "columns kode and nama"),
        ("99.01.01.2002", "99.01.01.1001", "twice"),
        ("99.01.01.2002", "99.01.01.02", "row 6"),
        ("99111", "9911", "row 5"),
    ],
)
def test_a_faulty_list_is_refused(places: Path, old: str, new: str, said: str) -> None:
    places.write_text(PLACES.replace(old, new))
    with pytest.raises(OfficialPlacesError, match=said):
        find_regency("99.01", places)


def test_a_new_folder_lacks_only_what_no_list_knows(tmp_path: Path, places: Path) -> None:
    """Every fault of a new folder is a missing point: all else has a default, and no point is invented."""
    folder = tmp_path / "region"
    write_new_region(find_regency("99.01", places), folder)

    with pytest.raises(RegionError) as caught:
        load_region(folder)
    assert {finding.column for finding in caught.value.findings} == {
        "kantor.lintang",
        "kantor.bujur",
        "lintang",
        "bujur",
    }
    told = "\n".join(finding.text(str) for finding in list_missing(folder))
    assert "no point for 2 of 2 villages: Hulu: Pasar Hulu, Sei Hulu" in told
    assert "no point of the office" in told


def test_with_points_it_can_be_planned_with(tmp_path: Path, places: Path) -> None:
    """What is left once the office and its villages have points is no fault."""
    folder = tmp_path / "region"
    write_new_region(find_regency("99.01", places), folder, office=(130.5, -3.5))
    villages = (folder / "villages.csv").read_text()
    (folder / "villages.csv").write_text(
        villages.replace(",99111,,", ",99111,-3.51,130.51").replace("Hulu,,,", "Hulu,,-3.52,130.52")
    )
    region = load_region(folder)
    assert (region.office.lon, region.office.lat) == (130.5, -3.5)
    assert [village.postal_code for village in region.villages] == ["99111", ""]


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path, places: Path) -> None:
    (tmp_path / "region").mkdir()
    (tmp_path / "region" / "notes.txt").write_text("ours")
    with pytest.raises(RegionFolderError, match="not empty"):
        write_new_region(find_regency("99.01", places), tmp_path / "region")
    assert [path.name for path in (tmp_path / "region").iterdir()] == ["notes.txt"]

"""Named points of phones and public maps: villages, halls, schools and the office, each where it certainly is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from geodata.importing.report import Outcome, Report
from geodata.region import load_region
from tests.import_cases import VILLAGES, middle, rows_with, village_cells, write_csv
from tests.import_seeds import gpx, kml, map_elements, write_seeds

RunImport = Callable[..., Report]


@pytest.mark.parametrize("kind,write", [("kml", kml), ("gpx", gpx)])
def test_points_of_a_phone(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path, kind: str, write: Callable[..., str]
) -> None:
    """A crew marked two halls, a school, the office and something else; what has no place in the folder is listed."""
    (lon, lat), school = middle(1), middle(4)
    places = [
        ("Balai Desa Sungai Hulu", lon + 0.004, lat),
        ("Kantor Kelurahan Pasar Hulu", middle(0)[0] + 0.02, middle(0)[1]),
        ("SMKN 1 Hilir", school[0], school[1] + 0.01),
        ("Kantor Disdukcapil", school[0] + 0.001, school[1]),
        ("Warung Ibu", lon, lat),
        ("Durian", 101.0, 1.0),
    ]
    path = tmp_path / f"a.{kind}"
    path.write_text(write(places))

    report = run_import(boundaries, path)

    loaded = load_region(region)
    assert loaded.villages[1].lon == pytest.approx(lon + 0.004)
    assert not loaded.villages[1].is_point_approximate
    (site,) = loaded.sites
    assert (site.name, site.village_code) == ("SMKN 1 Hilir", VILLAGES[4][0])
    assert loaded.office.lon == pytest.approx(school[0] + 0.001)
    assert set(rows_with(report, Outcome.REFUSED)) == {5, 6}
    assert run_import(boundaries, path).changed_files == ()


@pytest.mark.parametrize("kind", ["overpass", "pbf"])
def test_places_and_schools_of_a_public_map(
    run_import: RunImport, region: Path, boundaries: Path, tmp_path: Path, kind: str
) -> None:
    """A hall goes before a middle; a village of the same name far away is another; schools lie where boundaries say."""
    run_import(boundaries)
    (tmp_path / "seeds").mkdir()
    path = write_seeds(tmp_path / "seeds")[kind]

    report = run_import(path)

    assert report.count(Outcome.REFUSED) == 0
    loaded = load_region(region)
    assert set(loaded.site_by_code) == {"10299001", "OSM-w12"}
    assert loaded.site_by_code["10299001"].village_code == VILLAGES[2][0]
    hall = next(point for tags, point in map_elements() if tags.get("amenity") == "townhall")
    raja = loaded.villages[2]
    assert (raja.lon, raja.lat) == pytest.approx(hall, abs=1e-4)
    assert not raja.is_point_approximate
    suka_maju = village_cells(region)["1299022003"]
    assert (float(suka_maju["bujur"]), float(suka_maju["lintang"])) == middle(6)
    assert run_import(path).changed_files == ()


@pytest.mark.parametrize("kind", ["overpass", "pbf"])
def test_a_map_alone_proves_nothing(run_import: RunImport, region: Path, tmp_path: Path, kind: str) -> None:
    """Without boundaries and points nobody knows which Durian a map means: told, and nothing taken."""
    text = (region / "region.toml").read_text()
    (region / "region.toml").write_text(text.replace("lintang = ", "# lintang = ").replace("bujur = ", "# bujur = "))
    (tmp_path / "seeds").mkdir()
    report = run_import(write_seeds(tmp_path / "seeds")[kind])
    assert report.changed_files == ()
    assert any("import those first" in note.message for note in report.notes)


def test_the_office_comes_from_any_table(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """An office's list of places often holds the office itself."""
    table = [["Desa", "Kecamatan", "Lintang", "Bujur"], ["Kantor Disdukcapil Kab. Uji Coba", "Hulu", 3.16, 99.45]]
    run_import(write_csv(tmp_path / "a.csv", [*table, ["Suka Maju", "Hilir", middle(6)[1], middle(6)[0]]]))
    assert "lintang = 3.16" in (region / "region.toml").read_text()


def test_places_far_from_the_office_widen_what_is_believed(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Merauke is 400 km wide: the folder's limit against slips follows what was imported, and says so."""
    wide: list[list[object]] = [["kode", "lat", "lon"]]
    wide += [[code, 3.2 + number * 0.08, 99.4 + number * 0.08] for number, (code, _, _) in enumerate(VILLAGES)]
    report = run_import(write_csv(tmp_path / "a.csv", wide))
    assert "jarak_terjauh_km = 110.0 # titik" in (region / "region.toml").read_text()
    assert any("jarak_terjauh_km" in note.message for note in report.notes)
    assert len(load_region(region).villages) == 9

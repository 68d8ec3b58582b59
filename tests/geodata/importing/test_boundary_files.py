"""Boundaries in the schemas and formats that agencies use, into a folder that draws them."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from geodata.areas import village_areas
from geodata.boundaries import MAX_WRITTEN_BYTES, read_boundaries, write_boundaries
from geodata.errors import RegionError
from geodata.importing.found import WrongCrsError
from geodata.importing.reader_process import FileReader, Wanted
from geodata.importing.report import Outcome, Report
from geodata.region import load_region
from geodata.tables import Findings
from tests.import_cases import VILLAGES, dotted, middle, rows_with, square, village_cells, write_layer

RunImport = Callable[..., Report]
NUMBERS = range(len(VILLAGES))


def _mercator(shape: shapely.Geometry) -> shapely.Geometry:
    transformer = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    return shapely.transform(shape, lambda points: np.column_stack(transformer.transform(*points.T)))


def _with_height(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.force_3d(shape, 12.0)


@pytest.mark.parametrize("suffix,driver", [(".geojson", "GeoJSON"), (".gpkg", "GPKG"), (".shp", "ESRI Shapefile")])
def test_boundaries_of_any_format_match_by_code(
    run_import: RunImport, region: Path, tmp_path: Path, suffix: str, driver: str
) -> None:
    """The BIG schema with dotted codes; every village gets its boundary and, in it, a point marked approximate."""
    columns: dict[str, list[Any]] = {
        "KDEPUM": [dotted(code) for code, _, _ in VILLAGES],
        "WADMKD": [name for _, name, _ in VILLAGES],
        "WADMKC": [district for _, _, district in VILLAGES],
        "WADMKK": ["Uji Coba"] * 9,
        "WADMPR": ["Sumatera Utara"] * 9,
        "LUASWH": [31.5] * 9,
    }
    path = write_layer(tmp_path / f"big{suffix}", columns, [square(number) for number in NUMBERS], driver=driver)
    # The content tells the kind, not the name; a Shapefile alone needs the names of its parts.
    path = path if suffix == ".shp" else path.rename(tmp_path / "data.bin")

    report = run_import(path)

    assert report.count(Outcome.MATCHED) == len(VILLAGES), list(report.lines(str))
    loaded = load_region(region)
    areas = village_areas(loaded)
    assert not areas["is_approximate"].any()
    for number, (village, area) in enumerate(zip(loaded.villages, areas.geometry, strict=True)):
        assert area.equals_exact(square(number), 1e-5) or area.symmetric_difference(square(number)).area < 1e-6
        assert village.is_point_approximate
        assert (village.lon, village.lat) == pytest.approx(middle(number), abs=1e-5)


def test_the_dukcapil_schema_in_a_zipped_shapefile(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Ten-letter names, heights, web Mercator, people beside: as Dukcapil's map service exports."""
    columns: dict[str, list[Any]] = {
        "kode_desa_": [code for code, _, _ in VILLAGES],
        "nama_kel": [name.upper() for _, name, _ in VILLAGES],
        "nama_kec": [district.upper() for _, _, district in VILLAGES],
        "nama_kab": ["UJI COBA"] * 9,
        "jumlah_pen": [1000 + number for number in NUMBERS],
        "jumlah_kk": [300] * 9,
    }
    shapes = [_with_height(_mercator(square(number))) for number in NUMBERS]
    shp = tmp_path / "dukcapil.shp"
    write_layer(shp, columns, shapes, driver="ESRI Shapefile", crs="EPSG:3857", kind="Polygon Z")
    archive = tmp_path / "unduhan.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            packed.write(shp.with_suffix(part), f"data/DUKCAPIL{part}")

    report = run_import(archive)

    assert report.count(Outcome.REFUSED) == 0
    assert [row["penduduk"] for row in village_cells(region).values()] == [str(1000 + number) for number in NUMBERS]
    assert len(load_region(region).boundaries) == len(VILLAGES)


def test_what_is_odd_about_a_boundary_is_told(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """An invalid ring is repaired and told; parts of one village are joined; other regencies are counted."""
    lon, lat = middle(0)
    bow_tie = shapely.Polygon([(lon, lat), (lon + 0.02, lat + 0.02), (lon + 0.02, lat), (lon, lat + 0.02)])
    island = shapely.box(99.9, 3.4, 99.91, 3.41)
    columns = {"kode": ["1299011001", "1299012002", "12.99.01.2002", "3271011001", "1299", "1299019999"]}
    shapes = [bow_tie, square(1), island, square(2), square(3), square(4)]

    report = run_import(write_layer(tmp_path / "b.geojson", columns, shapes))

    suspect, refused = rows_with(report, Outcome.SUSPECT), rows_with(report, Outcome.REFUSED)
    assert "repaired" in suspect[1]
    assert "larger area" in refused[5]
    assert "no code of a village" in refused[6]
    assert any("other regencies" in note.message for note in report.notes)
    parts = (read_boundaries(region / "boundaries.geojson", Findings()) or {})["1299012002"]
    assert len(parts) == 2


@pytest.mark.parametrize(
    "crs,shift,said",
    [("EPSG:32747", 0.0, WrongCrsError), ("EPSG:4326", 60.0, WrongCrsError)],
    ids=["degrees said to be metres", "far away"],
)
def test_coordinates_that_cannot_be_right_are_refused(
    reader: FileReader, tmp_path: Path, crs: str, shift: float, said: type[Exception]
) -> None:
    """A wrong coordinate system would move a regency into the sea: nothing is taken."""
    shapes = [shapely.transform(square(number), lambda xy: xy + shift) for number in NUMBERS]
    columns = {"kode": [code for code, _, _ in VILLAGES]}
    path = write_layer(tmp_path / "b.gpkg", columns, shapes, driver="GPKG", crs=crs)
    with pytest.raises(said):
        reader.read(path, Wanted("1299", "Kabupaten Uji Coba"))


def test_swapped_axes_and_a_missing_system_are_understood(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """Degrees the wrong way round are certain in Indonesia, and so are degrees without a system; both are told."""
    columns = {"kode": [code for code, _, _ in VILLAGES]}
    flipped = [shapely.transform(square(number), lambda xy: xy[:, ::-1]) for number in NUMBERS]
    report = run_import(write_layer(tmp_path / "b.shp", columns, flipped, driver="ESRI Shapefile"))
    assert any("swapped" in note.message for note in report.notes)
    assert load_region(region).villages[0].lon == pytest.approx(middle(0)[0], abs=1e-5)

    plain = write_layer(tmp_path / "c.shp", columns, [square(number) for number in NUMBERS], driver="ESRI Shapefile")
    plain.with_suffix(".prj").unlink()
    again = run_import(plain)
    assert again.changed_files == ()
    assert any("no coordinate system" in note.message for note in again.notes)


def test_importing_boundaries_again_changes_nothing(run_import: RunImport, region: Path, boundaries: Path) -> None:
    """The kept boundaries are rounded, and still the file that they came from is no change."""
    run_import(boundaries)
    before = {path.name: path.read_bytes() for path in region.iterdir()}
    report = run_import(boundaries)
    assert report.changed_files == ()
    assert report.count(Outcome.CHANGED) == 0
    assert {path.name: path.read_bytes() for path in region.iterdir()} == before


def test_villages_without_a_boundary_share_what_is_left(run_import: RunImport, region: Path, boundaries: Path) -> None:
    """27 kelurahan and 330 desa of Indonesia lack a boundary in the best file: they keep approximate areas beside."""
    run_import(boundaries)
    loaded = load_region(region)
    some = {code: each for code, each in loaded.boundaries.items() if code not in {"1299011001", "1299022001"}}

    areas = village_areas(replace(loaded, boundaries=some))

    assert list(areas["code"][areas["is_approximate"]]) == ["1299011001", "1299022001"]
    known = shapely.union_all(list(areas.geometry[~areas["is_approximate"]]))
    for area in areas.geometry[areas["is_approximate"]]:
        assert area.intersection(known).area < 1e-9
        assert not area.is_empty


def test_four_hundred_detailed_villages_stay_small() -> None:
    """A map of 400 villages stays below 1 MB: boundaries are simplified together until they fit, and stay apart."""
    rng = np.random.default_rng(7)
    shapes = {}
    for number in range(400):
        angles = np.linspace(0, 2 * np.pi, 800, endpoint=False)
        radius = 0.008 * (1 + 0.05 * rng.standard_normal(800).cumsum() / 30)
        lon, lat = 99 + (number % 20) * 0.02, 3 + (number // 20) * 0.02
        shape = shapely.Polygon(np.column_stack([lon + radius * np.cos(angles), lat + radius * np.sin(angles)]))
        shapes[f"12990{number // 100 + 1}2{number % 100:03d}"] = shapely.make_valid(shape)
    content = write_boundaries(shapes, dict.fromkeys(shapes, "Desa"), "EPSG:32647")
    assert len(content) <= MAX_WRITTEN_BYTES
    assert content.count(b'"Feature"') == 400


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"features": [{"properties": {"kode": "1299011001"}, "geometry": {"type": "Point"}}]}', "[" * 99_999],
)
def test_a_damaged_boundaries_file_is_a_finding(
    run_import: RunImport, region: Path, boundaries: Path, content: str
) -> None:
    """The folder is edited by hand: what cannot be read is told by `region check`, as everything else."""
    run_import(boundaries)
    (region / "boundaries.geojson").write_text(content)
    with pytest.raises(RegionError, match=r"boundaries\.geojson"):
        load_region(region)


def test_namesakes_of_other_regencies_are_not_taken(run_import: RunImport, region: Path, tmp_path: Path) -> None:
    """A layer of a province by names alone: two of one name, and one far away, are nobody's to choose."""
    columns: dict[str, list[Any]] = {
        "WADMKD": ["Pasar Hulu", "Suka Maju", "Suka Maju", "Kuala Hilir", "Sei Hulu"],
        "luas": [1, 2, 3, 4, 5],
    }
    shapes = [square(0), square(6), shapely.box(101, 1, 101.1, 1.1), square(4), shapely.box(97.0, 5.0, 97.1, 5.1)]

    report = run_import(write_layer(tmp_path / "b.geojson", columns, shapes))

    refused = rows_with(report, Outcome.REFUSED)
    assert set(refused) == {2, 3, 5}
    assert "give the code" in refused[5]
    assert set(read_boundaries(region / "boundaries.geojson", Findings()) or {}) == {"1299011001", "1299022001"}

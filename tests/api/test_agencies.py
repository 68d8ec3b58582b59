"""Three invented agencies get from the files that they have to a first plan: four commands, nothing edited by hand."""

import csv
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import openpyxl
import pytest
import shapely

from geodata.region import load_region
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem
from tests.import_cases import dotted, write_csv, write_layer
from tests.import_seeds import kml

RunMoling = Callable[..., CompletedProcess[str]]
OFFICE = ("--office", "-3.49", "130.01")


@dataclass
class Agency:
    """What an agency knows: its villages with their true points, and the files that say so."""

    code: str
    name: str
    villages: list[tuple[str, str, str, float, float]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def places(self, folder: Path) -> Path:
        """The ministry's list."""
        regency = f"{self.code[:2]}.{self.code[2:]}"
        rows = [["kode", "nama", "kode_pos"], [self.code[:2], "Provinsi Uji", ""], [regency, self.name, ""]]
        districts = {(code[:6], district) for code, _, district, _, _ in self.villages}
        rows += [[f"{code[:2]}.{code[2:4]}.{code[4:]}", name, ""] for code, name in sorted(districts)]
        rows += [[dotted(code), name, "98765"] for code, name, _, _, _ in self.villages]
        return write_csv(folder / "daftar.csv", rows)


def _grid(code: str, districts: int, villages: int, corner: tuple[float, float], step: float) -> list[Any]:
    """Villages in rows, a row a kecamatan."""
    found = []
    for row in range(districts):
        for column in range(villages):
            number = f"{code}{row + 1:02d}{'1' if column == 0 else '2'}{column + 1:03d}"
            name = f"{['Sei', 'Tanjung', 'Suka', 'Kuala', 'Padang'][column % 5]} {chr(65 + row)}{chr(97 + column)}ri"
            found.append(
                (number, name, f"Kecamatan {chr(65 + row)}", corner[0] + column * step, corner[1] + row * step)
            )
    return found


def _urban(folder: Path) -> Agency:
    """A city: boundaries of BIG as GeoPackage, the recording table as a workbook, schools and the office as lists."""
    agency = Agency("1275", "Kota Uji", _grid("1275", 4, 8, (98.6, 3.55), 0.012))
    columns = {"KDEPUM": [dotted(each[0]) for each in agency.villages], "WADMKD": [each[1] for each in agency.villages]}
    shapes = [shapely.box(lon - 0.006, lat - 0.006, lon + 0.006, lat + 0.006) for *_, lon, lat in agency.villages]
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["REKAPITULASI PEREKAMAN"])
    book.active.append(["KODE", "KELURAHAN", "KECAMATAN", "jumlah_wajib_ktp", "jumlah_belum_rekaman"])
    for number, (code, name, district, _, _) in enumerate(agency.villages):
        book.active.append([int(code), name, district, 4000, 40 + number])
    book.save(folder / "rekam.xlsx")
    schools = [["NPSN", "Nama Sekolah", "Lintang", "Bujur"]]
    schools += [
        [f"1027500{n}", f"SMKN {n} UJI", str(lat), str(lon)] for n, (*_, lon, lat) in enumerate(agency.villages[:6])
    ]
    office = write_csv(folder / "kantor.csv", [["desa", "lat", "lon"], ["Disdukcapil Kota Uji", "3,56", "98,61"]])
    agency.files = [
        write_layer(folder / "batas.gpkg", columns, shapes, driver="GPKG"),
        folder / "rekam.xlsx",
        write_csv(folder / "sekolah.csv", schools, delimiter=";"),
        office,
    ]
    return agency


def _sparse(folder: Path) -> Agency:
    """A wide regency without boundaries: one table by name with decimal commas, the office marked with a phone."""
    agency = Agency("9304", "Kabupaten Uji Luas", _grid("9304", 4, 5, (139.0, -6.5), 0.35))
    rows = [["DAFTAR KAMPUNG"], ["Distrik", "Kampung", "Bujur", "Lintang", "Belum Rekam", "Penduduk"]]
    for number, (_, name, district, lon, lat) in enumerate(agency.villages):
        rows.append(
            [
                district,
                name.upper(),
                f"{lon:.4f}".replace(".", ","),
                f"{lat:.4f}".replace(".", ","),
                str(30 + number),
                "500",
            ]
        )
    (folder / "kantor.kml").write_text(kml([("Kantor Disdukcapil", 139.7, -6.0)]))
    agency.files = [write_csv(folder / "kampung.csv", rows, delimiter=";"), folder / "kantor.kml"]
    return agency


def _archipelago(folder: Path) -> Agency:
    """Islands: the Dukcapil layer as a zipped Shapefile, a table of how places are reached, Overpass."""
    agency = Agency("8108", "Kabupaten Uji Pulau", _grid("8108", 2, 6, (130.0, -3.5), 0.06))
    columns: dict[str, list[Any]] = {
        "kode_desa_": [each[0] for each in agency.villages],
        "nama_kel": [each[1].upper() for each in agency.villages],
        "nama_kec": [each[2].upper() for each in agency.villages],
        "jumlah_pen": [700] * len(agency.villages),
    }
    shapes = [shapely.force_3d(shapely.Point(lon, lat).buffer(0.02, 6), 1.0) for *_, lon, lat in agency.villages]
    shp = write_layer(folder / "dukcapil.shp", columns, shapes, driver="ESRI Shapefile", kind="Polygon Z")
    with zipfile.ZipFile(folder / "dukcapil.zip", "w") as archive:
        for part in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(shp.with_suffix(part), f"unduhan/layer{part}")
    rows = [["kode_desa", "jumlah_wajib_ktp", "jumlah_sudah_rekaman", "akses"]]
    for number, each in enumerate(agency.villages):
        rows.append([each[0], "500", str(460 - number), "Laut (speedboat)" if number in {5, 11} else "darat"])
    *_, lon, lat = agency.villages[2]
    school = {
        "type": "node",
        "id": 7,
        "lon": lon,
        "lat": lat,
        "tags": {"amenity": "school", "name": "SMA Negeri 1 Pulau"},
    }
    (folder / "osm.json").write_text(json.dumps({"version": 0.6, "elements": [school]}))
    table = write_csv(folder / "rekam.csv", rows)
    agency.files = [table, folder / "dukcapil.zip", folder / "osm.json"]
    return agency


@dataclass
class Planned:
    """What came of an agency's files: its region folder and the folder of its week."""

    agency: Agency
    folder: Path
    out: Path


@pytest.fixture(scope="module")
def plan_agency(tmp_path_factory: pytest.TempPathFactory, run_moling: RunMoling) -> Callable[..., Planned]:
    """New, import, check, plan; each agency does it once."""

    @cache
    def plan(make: Callable[[Path], Agency], *options: str) -> Planned:
        place = tmp_path_factory.mktemp("agency")
        agency, folder, out = make(place), place / "region", place / "out"
        places = agency.places(place)
        for arguments in (
            ("region", "new", agency.code, folder, "--places", places, *options),
            ("region", "import", folder, *agency.files),
            ("region", "check", folder),
            ("plan", folder, "--week", "2026-W50", "--out", out, "--time-limit", "4"),
        ):
            done = run_moling(*arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        return Planned(agency, folder, out)

    return plan


@pytest.mark.parametrize(
    "make,options",
    [
        pytest.param(_urban, (), id="urban", marks=pytest.mark.slow),
        pytest.param(_sparse, (), id="sparse"),
        pytest.param(_archipelago, OFFICE, id="archipelago"),
    ],
)
def test_from_files_to_a_plan_with_four_commands(
    plan_agency: Callable[..., Planned], make: Callable[[Path], Agency], options: tuple[str, ...]
) -> None:
    """Each village has the point and people of the files, the plan keeps every rule."""
    planned = plan_agency(make, *options)
    region = load_region(planned.folder)
    assert len(region.villages) == len(planned.agency.villages)
    for village, (code, _, _, lon, lat) in zip(region.villages, planned.agency.villages, strict=True):
        assert village.code == code
        assert (village.lon, village.lat) == pytest.approx((lon, lat), abs=1e-3)
        assert village.unrecorded
        assert not village.is_estimate
    problem = read_problem((planned.out / "instance.json").read_bytes())
    plan = read_plan((planned.out / "plan.json").read_bytes())
    assert evaluate(problem, plan).violations == ()
    assert sum(len(route.stops) for route in plan.routes) > 0


def test_estimates_of_people_are_marked_wherever_they_are_shown(run_moling: RunMoling, tmp_path: Path) -> None:
    """Where a third of the villages has no count of people left, estimate, error and mark go with them all along."""
    agency, folder, out = _sparse(tmp_path), tmp_path / "region", tmp_path / "out"
    lines = agency.files[0].read_text(encoding="utf-8").splitlines()
    for number in range(2, len(lines), 3):
        cells = lines[number].split(";")
        lines[number] = ";".join([*cells[:4], "", cells[5]])
    agency.files[0].write_text("\n".join(lines), encoding="utf-8")
    run_moling("--lang", "en", "region", "new", agency.code, folder, "--places", agency.places(tmp_path))
    taken = run_moling("--lang", "en", "region", "import", folder, *agency.files)
    checked = run_moling("--lang", "en", "region", "check", folder)
    planned = run_moling("--lang", "en", "plan", folder, "--week", "2026-W50", "--out", out, "--time-limit", "4")

    assert "not known for 7 of 20 villages; 7 of them are estimated" in taken.stdout
    told = "estimated from the population in 7 villages: ≈ "
    assert told in checked.stdout
    assert "by 13 villages that know both" in checked.stdout
    assert told in planned.stdout
    assert told in (out / "week.html").read_text(encoding="utf-8")
    estimated = {each.code: each for each in load_region(folder).villages if each.is_estimate}
    assert len(estimated) == 7
    problem, plan = read_problem((out / "instance.json").read_bytes()), read_plan((out / "plan.json").read_bytes())
    assert evaluate(problem, plan).violations == ()
    features = json.loads((out / "week.geojson").read_text(encoding="utf-8"))["features"]
    stops = [each["properties"] for each in features if each["properties"]["type"] == "stop"]
    assert stops
    for stop in stops:
        # Villages lie so far apart that each stop serves its own alone.
        village = estimated.get(stop["village_code"])
        assert stop["is_estimate"] == (village is not None)
        note = village and f"{village.name} ≈ {village.unrecorded} ± {village.unrecorded_error}"
        assert any(note in text for text in stop["notes"]) if note else not any("≈" in text for text in stop["notes"])
    assert any(stop["is_estimate"] for stop in stops)


def test_boat_only_villages_are_left_out_with_a_reason(plan_agency: Callable[..., Planned]) -> None:
    """A van cannot sail: the two villages that only a boat reaches are in no route."""
    planned = plan_agency(_archipelago, *OFFICE)
    with (planned.folder / "villages.csv").open(encoding="utf-8", newline="") as stream:
        access = {row["kode"].replace(".", ""): row["akses"] for row in csv.DictReader(stream)}
    boats = {code for code, way in access.items() if way == "perahu"}
    assert boats == {planned.agency.villages[5][0], planned.agency.villages[11][0]}
    plan = read_plan((planned.out / "plan.json").read_bytes())
    served = {stop.visit for route in plan.routes for stop in route.stops}
    assert not any(code in visit for code in boats for visit in served)

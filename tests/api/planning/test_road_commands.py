"""From a region folder and an extract to a plan along the streets, by the commands that an office types."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from api.cli import main
from geodata.region import Region, load_region
from geodata.road_travel import NO_WAY_MIN
from geodata.travel import over_water, travel_times, unreached, ways
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of
from optimizer.problem import GreatCircle, Location, LocationId, TravelTimes
from tests.town import REGION, VILLAGES, write_town, write_town_region


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Villages of the town: two on the grid, one on the island, one for boats, one at a road that leads nowhere."""
    return write_town_region(tmp_path / "uji")


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    return write_town(tmp_path / "sumatra.osm.pbf")


def _locations(region: Region) -> list[Location]:
    office = Location(LocationId("office"), region.office.lon, region.office.lat)
    return [office, *(Location(LocationId(each.code), each.lon, each.lat) for each in region.villages)]


def _times(folder: Path) -> TravelTimes:
    region = load_region(folder)
    times = travel_times(_locations(region), region)
    assert isinstance(times, TravelTimes)
    return times


def test_from_files_to_a_plan_along_the_streets(
    folder: Path, extract: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two commands; the legs of the plan are no straight lines, and its times are those of the roads."""
    assert main(["--lang", "en", "region", "roads", str(folder), str(extract)]) == 0
    told = capsys.readouterr().out
    assert "Places on the roads: 4 of 6." in told
    assert "Desa Laut (1219042004): reached by boat" in told
    assert "Desa Jauh (1219042005): the roads there are not connected with the others" in told
    assert "primary" in told
    out = tmp_path / "out"

    assert main(["plan", str(folder), "--week", "2026-W50", "--out", str(out), "--time-limit", "3"]) == 0

    instance = (out / "instance.json").read_bytes()
    problem, plan = read_problem(instance), read_plan((out / "plan.json").read_bytes())
    assert evaluate(problem, plan, instance_sha256=sha256_of(instance)).violations == ()
    assert isinstance(problem.travel, TravelTimes)
    lines = [
        feature["geometry"]["coordinates"]
        for feature in json.loads((out / "week.geojson").read_bytes())["features"]
        if feature["properties"]["type"] == "leg"
    ]
    assert lines
    assert all(len(line) > 2 for line in lines)
    assert {path.suffix for path in out.iterdir()} >= {".gpx", ".html"}
    assert (out / "ways.json").exists()


def test_times_by_road_boat_and_ferry(folder: Path, extract: Path) -> None:
    """The island costs its crossing, the boat's village the line's rule, the village off the roads a week."""
    main(["region", "roads", str(folder), str(extract)])
    region = load_region(folder)
    times = _times(folder)
    straight = GreatCircle().between(_locations(region))

    assert 45 <= times.duration_min[0, 3] <= 60  # half an hour, a quarter to board, and the way there
    assert times.duration_min[0, 4] == straight.duration_min[0, 4]
    assert times.duration_min[0, 5] == times.duration_min[5, 1] == NO_WAY_MIN
    assert (np.diag(times.duration_min) == 0).all()
    assert times.duration_min[0, 1] != straight.duration_min[0, 1]
    assert unreached(region) == {"1219042005": "Desa Jauh"}
    lines = ways([(_locations(region)[0], each) for each in _locations(region)[1:]], region)
    assert {end for _, end in lines} == {region.villages[at].code for at in (0, 1, 2)}


def test_the_region_says_which_engine_is_used(folder: Path, extract: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Straight lines in spite of roads; roads or nothing; without a word whatever is there."""
    text = (folder / "region.toml").read_text(encoding="utf-8")
    assert isinstance(travel_times([], load_region(folder)), GreatCircle)
    (folder / "region.toml").write_text(f'{text}[perjalanan]\nmesin = "jalan"\n', encoding="utf-8")
    arguments = ["--lang", "en", "plan", str(folder), "--week", "2026-W50", "--out", str(folder / "out")]
    assert main(arguments) == 2
    assert "roads.npz is missing in the region folder" in capsys.readouterr().err
    main(["region", "roads", str(folder), str(extract)])
    assert isinstance(travel_times([], load_region(folder)), TravelTimes)
    (folder / "region.toml").write_text(f'{text}[perjalanan]\nmesin = "garis lurus"\n', encoding="utf-8")
    assert isinstance(travel_times([], load_region(folder)), GreatCircle)


def test_settings_of_the_region_change_the_times(folder: Path, extract: Path) -> None:
    """The cache is bound to them: slower roads give longer times at once, and the old ones come back with the old."""
    main(["region", "roads", str(folder), str(extract)])
    before = _times(folder)
    text = (folder / "region.toml").read_text(encoding="utf-8")
    slow = "[kecepatan_jalan]\nprimary = 10\nsecondary = 10\nresidential = 10\ntertiary = 10\ntrunk = 10\n"

    (folder / "region.toml").write_text(f"{text}[jalan]\nferi = false\n{slow}", encoding="utf-8")

    after = _times(folder)
    assert after.duration_min[0, 1] > before.duration_min[0, 1]
    assert after.duration_min[0, 3] == NO_WAY_MIN
    (folder / "region.toml").write_text(text, encoding="utf-8")
    assert _times(folder) == before


def test_only_new_places_are_searched_for(folder: Path, extract: Path) -> None:
    """A village that moves costs its own row and column: a mark put on another pair of the cache is still there."""
    main(["region", "roads", str(folder), str(extract)])
    before = _times(folder)
    cache = folder / "travel.npz"
    with np.load(cache) as archive:
        arrays = dict(archive)
    here = [
        int(np.flatnonzero((arrays["points"] == place).all(axis=1))[0]) for place in ((99.41, 3.16), (99.4302, 3.19))
    ]
    arrays["minutes"][here[0], here[1]] = 999
    np.savez(cache, **arrays)
    moved = VILLAGES.replace("3.1701,99.4500", "3.1801,99.4500")
    (folder / "villages.csv").write_text(moved, encoding="utf-8")

    after = _times(folder)

    assert after.duration_min[0, 2] == 999
    cache.write_bytes(b"damaged")
    afresh = _times(folder)
    assert afresh.duration_min[0, 2] == before.duration_min[0, 2]
    differ = np.argwhere(after.duration_min != afresh.duration_min)
    assert differ.tolist() == [[0, 2]]
    assert afresh.duration_min[0, 1] != before.duration_min[0, 1]


def test_a_folder_that_cannot_be_used_is_left_as_it_was(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.osm.pbf").write_text("no extract")
    before = sorted(path.name for path in folder.iterdir())

    assert main(["--lang", "en", "region", "roads", str(folder), str(tmp_path / "bad.osm.pbf")]) == 2
    assert main(["--lang", "en", "region", "roads", str(folder)]) == 2

    told = capsys.readouterr().err.splitlines()
    assert told[0].endswith("bad.osm.pbf is no OpenStreetMap extract (.osm.pbf).")
    assert "FILE" in told[-1]
    assert sorted(path.name for path in folder.iterdir()) == before
    (folder / "roads.npz").write_bytes(b"PK damaged")
    assert main(["--lang", "en", "plan", str(folder), "--week", "2026-W50", "--out", str(tmp_path / "out")]) == 2
    assert "make it anew with moling region roads" in capsys.readouterr().err


def test_speeds_are_fitted_and_written_only_when_asked(
    folder: Path, extract: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Observed times twice as long: the error is told before and after, and only --apply changes region.toml."""
    main(["region", "roads", str(folder), str(extract)])
    times = _times(folder)
    observed = tmp_path / "observed.csv"
    pairs = [("kantor", "1219042001", 0, 1), ("kantor", "1219042002", 0, 2), ("1219042002", "1219042001", 2, 1)]
    rows = [f"{one},{other},{2 * times.duration_min[row, column]}" for one, other, row, column in pairs]
    observed.write_text("dari,ke,menit\n" + "\n".join([*rows, "kantor,1219042005,30"]) + "\n", encoding="utf-8")
    before = (folder / "region.toml").read_text(encoding="utf-8")
    capsys.readouterr()

    assert main(["--lang", "en", "region", "calibrate", str(folder), str(observed)]) == 0

    told = capsys.readouterr().out
    assert "Observed drives: 3." in told
    assert "No way by road from kantor to 1219042005; left out." in told
    assert "Nothing is written" in told
    assert (folder / "region.toml").read_text(encoding="utf-8") == before
    assert main(["--lang", "en", "region", "calibrate", str(folder), str(observed), "--apply"]) == 0
    assert (folder / "region.toml").read_text(encoding="utf-8").startswith(before.rstrip())
    assert load_region(folder).roads.speeds_kmh
    slower = _times(folder)
    assert slower.duration_min[0, 2] > 1.5 * times.duration_min[0, 2]
    assert main(["--lang", "en", "region", "calibrate", str(folder), str(tmp_path / "none.csv")]) == 2


def test_a_van_that_takes_no_ferry_is_not_sent_over_water(folder: Path, extract: Path, tmp_path: Path) -> None:
    """The island is for the van that takes ferries; for the other its hall is no candidate, and roads stay roads."""
    fleet = (folder / "fleet.toml").read_text(encoding="utf-8")
    dry = f"{fleet}feri = false\n"
    (folder / "fleet.toml").write_text(f"{dry}{fleet.replace('moling-1', 'moling-2')}", encoding="utf-8")
    main(["region", "roads", str(folder), str(extract)])
    assert over_water(load_region(folder)) == {"1219042003"}
    out = tmp_path / "out"

    assert main(["plan", str(folder), "--week", "2026-W50", "--out", str(out), "--time-limit", "3"]) == 0

    problem = read_problem((out / "instance.json").read_bytes())
    vans = {visit.location: {shift.split("/")[0] for shift in visit.shifts or ()} for visit in problem.visits}
    assert vans[LocationId("village:1219042003")] == {"moling-2"}
    plan = read_plan((out / "plan.json").read_bytes())
    assert evaluate(problem, plan).violations == ()
    assert _times(folder).duration_min[0, 3] < NO_WAY_MIN


@pytest.mark.skipif("MOLING_TEST_DATA" not in os.environ, reason="MOLING_TEST_DATA is not set")
def test_a_plan_in_a_real_town_follows_its_streets(tmp_path: Path, folder: Path) -> None:
    """The middle of Balikpapan: every leg of the plan has corners, and is longer than the straight line."""
    extract = Path(os.environ["MOLING_TEST_DATA"]) / "data/import_only/osm_balikpapan_kota.osm.pbf"
    text = REGION.replace("12.19", "64.71").replace("Jakarta", "Makassar").replace("3.16", "-1.265")
    (folder / "region.toml").write_text(text.replace("99.41", "116.835"), encoding="utf-8")
    places = [(-1.27, 116.82), (-1.26, 116.85), (-1.255, 116.865), (-1.272, 116.81), (-1.258, 116.83)]
    rows = [f"64.71.01.100{at},Desa {at},desa,Kota,{lat},{lon},40,mobil" for at, (lat, lon) in enumerate(places)]
    (folder / "villages.csv").write_text("\n".join([VILLAGES.splitlines()[0], *rows]) + "\n", encoding="utf-8")
    assert main(["region", "roads", str(folder), str(extract)]) == 0
    out = tmp_path / "out"

    assert main(["plan", str(folder), "--week", "2026-W50", "--out", str(out), "--time-limit", "4"]) == 0

    problem = read_problem((out / "instance.json").read_bytes())
    plan = read_plan((out / "plan.json").read_bytes())
    assert evaluate(problem, plan).violations == ()
    features = json.loads((out / "week.geojson").read_bytes())["features"]
    legs = [feature for feature in features if feature["properties"]["type"] == "leg"]
    geod = Geod(ellps="WGS84")
    for leg in legs:
        lon, lat = zip(*leg["geometry"]["coordinates"], strict=True)
        assert len(lon) > 2
        along = geod.line_length(lon, lat)
        assert along > geod.line_length(lon[:: len(lon) - 1], lat[:: len(lat) - 1])
        # Drawn within 12 m of the road, so corners are cut a little.
        assert along == pytest.approx(leg["properties"]["distance_m"], rel=0.05)
    assert legs
    assert (out / "week.html").stat().st_size < 1_000_000

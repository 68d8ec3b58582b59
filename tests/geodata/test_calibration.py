"""Speeds fitted to observed times, on the town written by code, where the truth is known."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.calibration import LEAST_KMH, Observation, calibrate, read_observations, with_speeds
from geodata.errors import RegionError, RoadsFileError
from geodata.region import Region, load_region
from geodata.road_classes import ROAD_CLASSES, RoadSettings
from geodata.road_extract import read_extract
from geodata.road_graph import build_graph
from geodata.road_paths import RoadPaths
from geodata.road_places import snap
from geodata.roads import RoadNetwork, places_of
from tests.town import NODES, SIZE, crossing, write_town

TRUTH = {"residential": 14.0, "trunk": 62.0, "tertiary": 22.0, "secondary": 31.0, "unclassified": 18.0}


@pytest.fixture
def region(folder: Path) -> Region:
    """A village at each crossing of the town's open rows."""
    region = load_region(folder)
    nodes = [crossing(row, column) for row in range(SIZE - 1) for column in range(SIZE)]
    villages = tuple(
        replace(region.villages[0], code=f"12190420{at:02d}", lon=NODES[node][0], lat=NODES[node][1])
        for at, node in enumerate(nodes)
    )
    return replace(region, villages=villages, sites=())


@pytest.fixture
def network(tmp_path: Path) -> RoadNetwork:
    path = write_town(tmp_path / "town.osm.pbf")
    return RoadNetwork(build_graph(read_extract(path, (99, 3, 100, 4)), "EPSG:32647"), RoadSettings(), "key")


def _observed(region: Region, network: RoadNetwork) -> list[Observation]:
    """All drives between the villages, at the true speeds."""
    settings = RoadSettings(speeds_kmh=TRUTH)
    places = places_of(region)[1:]
    snaps = snap(network.graph, settings, [each.lon for each in places], [each.lat for each in places])
    seconds, _ = RoadPaths(network.graph, settings, snaps).between(range(len(places)), range(len(places)))
    return [
        Observation(one.code, other.code, seconds[row, column] / 60)
        for row, one in enumerate(places)
        for column, other in enumerate(places)
        if row != column
    ]


def test_the_true_speeds_are_found_again(region: Region, network: RoadNetwork) -> None:
    """From exact times of known speeds the fit comes near to them, and the errors nearly vanish."""
    found = calibrate(_observed(region, network), region, network)

    assert found.used == 20 * 19
    assert found.before.median > 0.2
    assert found.after.median < 0.02
    fitted = {each.name: each.after_kmh for each in found.speeds}
    for name, kmh in TRUTH.items():
        assert fitted[name] == pytest.approx(kmh, rel=0.1), name


def test_speeds_stay_within_their_bounds(region: Region, network: RoadNetwork) -> None:
    """Times that no van can drive, or that hold an hour's rest, do not make speeds beyond the law or below a walk."""
    for factor in (0.01, 20):
        observed = [replace(each, minutes=each.minutes * factor) for each in _observed(region, network)]
        for each in calibrate(observed, region, network).speeds:
            ceiling = next(road.ceiling_kmh for road in ROAD_CLASSES if road.name == each.name)
            assert LEAST_KMH - 0.1 <= each.after_kmh <= ceiling + 0.1


def test_drives_without_a_way_are_left_out_and_told(region: Region, network: RoadNetwork) -> None:
    far = replace(region.villages[0], code="1219042099", lon=99.9, lat=3.9)
    wider = replace(region, villages=(*region.villages, far))
    lost = Observation("1219042099", "1219042000", 30)

    assert calibrate([*_observed(region, network)[:9], lost], wider, network).without_way == (lost,)
    with pytest.raises(RoadsFileError, match="connects none of the observed places"):
        calibrate([lost], wider, network)


def test_observations_are_read_and_faults_told(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "observed.csv"
    region = load_region(folder)
    path.write_text("dari;ke;menit\nkantor;12.19.04.2001;12,5\n", encoding="utf-8")
    assert read_observations(path, region) == (Observation("kantor", "1219042001", 12.5),)
    path.write_text("dari,ke,menit\nkantor,XX,10\n1219042001,1219042001,3\nkantor,1219042002,-1\n", encoding="utf-8")
    with pytest.raises(RegionError) as raised:
        read_observations(path, region)
    assert [(each.row, each.column) for each in raised.value.findings] == [(2, "ke"), (3, "ke"), (4, "menit")]
    path.write_text("dari,ke,menit\n", encoding="utf-8")
    with pytest.raises(RegionError, match="holds no row"):
        read_observations(path, region)


@given(st.dictionaries(st.sampled_from([each.name for each in ROAD_CLASSES]), st.integers(50, 900), min_size=1))
def test_only_the_speeds_of_a_region_file_change(tenths: dict[str, int]) -> None:
    """Whatever stands around them, comments too, is as it was; speeds of other classes stay."""
    speeds = {name: value / 10 for name, value in tenths.items()}
    for text in (
        'nama = "A" # catatan\n[perjalanan]\nfaktor_jalan = 1.4',
        'nama = "A"\n[kecepatan_jalan] # diukur\ntrunk = 40 # lambat\nroad = 11\n\n# akhir\n[kantor]\nnama = "B"\n',
        'nama = "A"\n[kecepatan_jalan]',
    ):
        changed = with_speeds(text, speeds)
        before, after = tomllib.loads(text), tomllib.loads(changed)
        assert after.pop("kecepatan_jalan") == before.pop("kecepatan_jalan", {}) | speeds
        assert after == before
        assert all(note in changed for note in ("# catatan", "# diukur", "# akhir") if note in text)


def test_a_file_that_cannot_be_changed_safely_is_left(tmp_path: Path) -> None:
    """Speeds written in another form of TOML are not rewritten by guess."""
    with pytest.raises(RoadsFileError, match="write the speeds by hand"):
        with_speeds("kecepatan_jalan = {trunk = 40}\n", {"trunk": 50.0})

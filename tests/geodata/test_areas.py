"""Areas cover the land between villages once; neighbours are told in kilometres."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from geodata import SAMPLE_DIR
from geodata.areas import nearest_village, neighbours, utm_zone, village_areas
from geodata.region import Region, TravelDefaults, load_region
from geodata.travel import travel_times
from optimizer.problem import GreatCircle, Location, LocationId


@pytest.fixture(scope="module")
def sample() -> Region:
    return load_region(SAMPLE_DIR / "batubara")


def test_each_area_holds_its_village_and_none_overlap(sample: Region) -> None:
    """Every point of the land belongs to one village, its nearest; areas are rounded and stay small."""
    areas = village_areas(sample)

    assert list(areas["code"]) == [village.code for village in sample.villages]
    assert areas.crs == "EPSG:4326"
    assert areas["is_approximate"].all()
    assert areas.is_valid.all()
    for area, village in zip(areas.geometry, sample.villages, strict=True):
        assert area.contains(shapely.Point(village.lon, village.lat)), village.name
    metric = areas.to_crs(utm_zone(sample.office.lon, sample.office.lat))
    assert metric.area.sum() == pytest.approx(metric.union_all().area, rel=1e-6)
    assert len(areas.to_json()) < 100_000


def test_areas_end_at_the_coast(sample: Region) -> None:
    """Without the coast line areas would reach into the sea by the margin of the hull; with it none crosses it."""
    land = village_areas(sample).union_all()
    with_sea = village_areas(replace(sample, coast=())).union_all()
    coast = shapely.LineString(sample.coast)

    assert with_sea.area > land.area * 1.03
    # 0.00002 degrees are two metres: vertices are rounded to one.
    assert not land.buffer(-0.00002).intersects(coast)


def test_every_village_lies_landward_of_the_coast(sample: Region) -> None:
    """The Strait of Malacca lies north-east of the regency, so the coast is to the north of each village or east."""
    line = shapely.LineString(sample.coast)
    for village in sample.villages:
        eastward = shapely.LineString([(village.lon, village.lat), (village.lon + 2, village.lat + 2)])
        assert eastward.intersects(line), village.name


def test_villages_at_one_point_get_areas_of_their_own(folder: Path) -> None:
    """Two villages that share a hall must both be on the map; a lone village gets all of the land."""
    region = load_region(folder)
    first = region.villages[0]
    twins = replace(region, villages=(first, replace(first, code="1219042009"), *region.villages[1:]))

    areas = village_areas(twins).geometry
    assert not areas.is_empty.any()
    assert not areas[0].buffer(-1e-5).intersects(areas[1])

    alone = village_areas(replace(region, villages=(first,))).geometry
    assert alone[0].contains(shapely.Point(first.lon, first.lat))


@pytest.mark.parametrize(
    "lon,lat,zone", [(99.5, 3.2, "EPSG:32647"), (107.6, -6.9, "EPSG:32748"), (180, 0, "EPSG:32601")]
)
def test_zones(lon: float, lat: float, zone: str) -> None:
    """Batu Bara lies in UTM zone 47 north, Bandung in 48 south; 180 E is where zone 1 begins."""
    assert utm_zone(lon, lat) == zone


def test_neighbours_are_told_in_kilometres(folder: Path) -> None:
    """Distances are great-circle kilometres: 0.01 degrees of latitude are 1.112 km; no village neighbours itself."""
    region = load_region(folder)
    one, two, three = region.villages
    near = neighbours(replace(region, villages=(one, replace(two, lon=one.lon, lat=one.lat + 0.01), three)), 2.0)

    assert dict(near[one.code]) == {two.code: pytest.approx(1.112, abs=0.001)}
    assert dict(near[three.code]) == {}


def test_neighbours_come_nearest_first_and_both_ways(sample: Region) -> None:
    """Within 5 km villages of the sample see each other, and the nearest is told first."""
    near = neighbours(sample, 5.0)
    for code, others in near.items():
        assert list(others.values()) == sorted(others.values())
        assert all(near[other][code] == km for other, km in others.items())


def test_the_nearest_village(folder: Path) -> None:
    """A point without an address can be put into words by the nearest service point and its distance."""
    village, km = nearest_village(load_region(folder), 99.4310, 3.1700)
    assert village.name == "Desa Satu"
    assert km == pytest.approx(0.111, abs=0.001)


def test_travel_times_follow_the_region_s_settings(folder: Path) -> None:
    """Without roads the rule of the region is handed on, and it gives times for the places in their order."""
    region = load_region(folder)
    places = [Location(LocationId(each.code), each.lon, each.lat) for each in region.villages]

    travel = travel_times(places, replace(region, travel=TravelDefaults(detour_factor=1.5, speed_kmh=30)))

    assert travel == GreatCircle(detour_factor=1.5, speed_kmh=30)


def test_reading_a_region_does_not_import_slow_libraries() -> None:
    """Checking a folder stays quick: geopandas takes longer to import than a folder takes to read; so do roads."""
    code = (
        "import sys, geodata.areas, geodata.travel;"
        "from geodata import SAMPLE_DIR; from geodata.region import TravelDefaults, load_region;"
        "load_region(SAMPLE_DIR / 'batubara'); sys.exit(bool({'geopandas', 'scipy', 'osmium'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=SAMPLE_DIR.parents[1])

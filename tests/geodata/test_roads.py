"""Roads out of a small extract written by code, against fastest ways found node by node in the test."""

import heapq
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geodata.capped_process import Caps
from geodata.errors import RoadsFileError
from geodata.importing.found import FileError
from geodata.importing.reader_process import FileReader
from geodata.region import load_region
from geodata.road_classes import CLASS_NUMBER, RoadSettings
from geodata.road_extract import read_extract, way_kind
from geodata.road_graph import RoadGraph, build_graph, graph_bytes, read_graph
from geodata.road_paths import RoadPaths
from geodata.road_places import Standing, snap
from geodata.road_reduction import reduce_links
from geodata.roads import cut_roads
from tests.town import FAR, FAR_END, ISLAND_END, NODES, SIZE, crossing, drives, write_town

EVERYWHERE = (99.0, 3.0, 100.0, 4.0)
SPEEDS: dict[str, float] = {"primary": 30, "tertiary": 35, "residential": 20, "trunk": 50, "secondary": 40}
SPEEDS["service"] = 12
BALIKPAPAN = "data/import_only/osm_balikpapan_kota.osm.pbf"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    """The town's graph in UTM zone 47 N."""
    return build_graph(
        read_extract(write_town(tmp_path_factory.mktemp("town") / "town.osm.pbf"), EVERYWHERE), "EPSG:32647"
    )


@pytest.fixture(scope="module")
def town_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The town's extract, not compressed, so that damage reaches what is inside."""
    return write_town(tmp_path_factory.mktemp("bytes") / "town.osm.pbf", "pbf,pbf_compression=none").read_bytes()


def _paths(graph: RoadGraph, nodes: list[int], settings: RoadSettings = RoadSettings()) -> RoadPaths:  # noqa: B008 (frozen)
    lon, lat = zip(*(NODES[node] for node in nodes), strict=True)
    return RoadPaths(graph, settings, snap(graph, settings, lon, lat))


def _fastest(source: int, target: int) -> float:
    """Seconds by Dijkstra's algorithm over every step of every street."""
    geod = Geod(ellps="WGS84")
    best, queue = {source: 0.0}, [(0.0, source)]
    while queue:
        seconds, here = heapq.heappop(queue)
        if here == target:
            return seconds
        for one, other, street in drives():
            if one != here:
                continue
            metres = geod.inv(*NODES[one], *NODES[other])[2]
            speed = SPEEDS.get(street.tags.get("highway", ""), 28)
            if street.tags.get("surface") == "dirt":
                speed = 28 * 0.7
            if street.tags.get("highway") == "primary" and "maxspeed" not in street.tags:
                speed = 45
            there = seconds + (1800 + 900 if "route" in street.tags else metres / (speed / 3.6))
            if there < best.get(other, float("inf")):
                best[other] = there
                heapq.heappush(queue, (there, other))
    return float("inf")


def test_fastest_ways_are_those_found_step_by_step(graph: RoadGraph) -> None:
    """One way, against its points, bars, limits, earth, a roundabout, a ferry: each changes some of these times."""
    nodes = [crossing(row, column) for row in range(SIZE - 1) for column in range(SIZE)] + [105, ISLAND_END]

    seconds, metres = _paths(graph, nodes).between(range(len(nodes)), range(len(nodes)))

    expected = np.array([[_fastest(one, other) for other in nodes] for one in nodes])
    # UTM and the ellipsoid differ by a part in a thousand at most within a zone.
    assert seconds == pytest.approx(expected, rel=1.5e-3, abs=0.1)
    assert (metres[seconds > 0] > 0).all()


def test_only_junctions_and_ends_are_nodes(graph: RoadGraph) -> None:
    """Points between are kept for drawing only: the ring of four points has two junctions, and two roads of theirs."""
    on_ring = [
        road
        for road in range(graph.road_count)
        if graph.is_one_way[road] and graph.road_class[road] == CLASS_NUMBER["primary"]
    ]

    assert len(on_ring) == 2
    assert all(graph.shape_start[road + 1] - graph.shape_start[road] == 3 for road in on_ring)


def test_times_keep_the_triangle_inequality_and_two_ways_are_as_long(graph: RoadGraph) -> None:
    """No way round over a third place is shorter than the fastest way; without one way streets there and back agree."""
    nodes = [crossing(row, column) for row in range(SIZE - 1) for column in range(SIZE)]
    everywhere = range(len(nodes))
    seconds, _ = _paths(graph, nodes).between(everywhere, everywhere)
    over = (seconds[:, :, None] + seconds[None, :, :]).min(axis=1)

    assert (seconds <= over + 1e-6).all()
    both = replace(graph, is_one_way=np.zeros(graph.road_count, dtype=bool))
    there, metres = _paths(both, nodes).between(everywhere, everywhere)
    assert there == pytest.approx(there.T)
    assert metres == pytest.approx(metres.T)
    assert (there <= seconds + 1e-6).all()


@given(
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(1, 50)), min_size=1, max_size=60),
    st.sets(st.integers(0, 11), min_size=2, max_size=5),
)
def test_a_reduced_graph_keeps_every_distance(links: list[tuple[int, int, int]], kept: set[int]) -> None:
    """Taking nodes out changes no shortest way between those that stay, on any directed graph."""
    origin, destination, length = (np.array(each) for each in zip(*links, strict=True))
    keep = np.array(sorted(kept))

    reduced = reduce_links(origin, destination, length.astype(float), keep, 12)

    before = _all_pairs(list(zip(origin.tolist(), destination.tolist(), length.tolist(), strict=True)))
    after = _all_pairs(list(zip(*(each.tolist() for each in reduced), strict=True)))
    assert np.array_equal(before[np.ix_(keep, keep)], after[np.ix_(keep, keep)])


def _all_pairs(links: list[tuple[int, int, float]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    far = np.where(np.eye(12, dtype=bool), 0.0, np.inf)
    for one, other, length in links:
        far[one, other] = min(far[one, other], length)
    for middle in range(12):
        far = np.minimum(far, far[:, [middle]] + far[[middle], :])
    return far


def test_places_between_junctions_are_reached_along_their_road(graph: RoadGraph) -> None:
    """Two places on one piece of a one-way street: forward it is their distance, back it is all the way round."""
    lat = NODES[crossing(1, 0)][1]
    settings = RoadSettings()
    snaps = snap(graph, settings, [99.412, 99.418], [lat, lat])
    paths = RoadPaths(graph, settings, snaps)

    _, metres = paths.between([0, 1], [0, 1])

    assert metres[0, 1] == pytest.approx(667, abs=3)
    assert metres[1, 0] > 3_000
    assert metres[0, 0] == 0
    line = paths.lines([(0, 1)])[0, 1]
    assert line[0] == (99.412, lat)
    assert line[-1] == (99.418, lat)


def test_a_line_follows_the_streets(graph: RoadGraph) -> None:
    """Its length is that of the way, and it starts and ends at the places."""
    nodes = [crossing(0, 0), 105]
    paths = _paths(graph, nodes)
    line = paths.lines([(0, 1), (1, 0), (0, 0)])

    assert set(line) == {(0, 1), (1, 0)}
    geod = Geod(ellps="WGS84")
    _, metres = paths.between([0], [1])
    lon, lat = zip(*line[0, 1], strict=True)
    assert geod.line_length(lon, lat) == pytest.approx(metres[0, 0], rel=0.01)
    north = max(lat for _, lat in line[0, 1])
    south = min(lat for _, lat in line[1, 0])
    assert north > 3.16 > south  # clockwise round the ring: over the north to the east, over the south back


def test_the_wet_season_and_ferries_are_settings(graph: RoadGraph) -> None:
    """Earth roads are slower in the rains; an office whose vans take no ferry does not reach the island."""
    dry, wet = (graph.seconds(RoadSettings(is_wet_season=rains)) for rains in (False, True))
    assert wet[graph.is_unpaved] == pytest.approx(dry[graph.is_unpaved] / 0.6)
    assert np.array_equal(wet[~graph.is_unpaved], dry[~graph.is_unpaved])
    island = snap(graph, RoadSettings(ferries=False), [99.35], [3.17])
    assert island.standing == (Standing.APART,)
    assert snap(graph, RoadSettings(), [99.35], [3.17]).standing == (Standing.ON_ROAD,)


def test_places_that_no_road_reaches_are_told_with_why(graph: RoadGraph) -> None:
    """Far from every road, or at a road that leads nowhere else."""
    middle = tuple((a + b) / 2 for a, b in zip(NODES[FAR], NODES[FAR_END], strict=True))

    snaps = snap(graph, RoadSettings(), [99.8, middle[0]], [3.6, middle[1]])

    assert snaps.standing == (Standing.TOO_FAR, Standing.APART)
    seconds, _ = RoadPaths(graph, RoadSettings(), snaps).between([0, 1], [0, 1])
    assert np.array_equal(np.isinf(seconds), [[False, True], [True, False]])


@pytest.mark.parametrize(
    "tags,direction",
    [
        ({"oneway": "yes"}, 1),
        ({"oneway": "-1"}, -1),
        ({"junction": "roundabout"}, 1),
        ({"junction": "roundabout", "oneway": "no"}, 0),
        ({"highway": "motorway"}, 1),
        ({}, 0),
    ],
)
def test_directions_by_tags(tags: dict[str, str], direction: int) -> None:
    kind = way_kind({"highway": "primary"} | tags)
    assert kind is not None
    assert kind.direction == direction


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "track"},
        {"highway": "footway"},
        {"highway": "construction"},
        {"highway": "residential", "access": "private"},
        {"highway": "residential", "motor_vehicle": "no"},
        {"highway": "residential", "access": "yes", "vehicle": "no"},
        {"highway": "service", "area": "yes"},
        {"route": "ferry", "motorcar": "no"},
        {"route": "bus"},
        {"highway": "ferry"},
        {},
    ],
)
def test_ways_that_take_no_van(tags: dict[str, str]) -> None:
    assert way_kind(tags) is None


@pytest.mark.parametrize(
    "duration,seconds",
    [
        ("45", 2700),
        ("00:30", 1800),
        ("01:05:10", 3910),
        ("PT45M", 2700),
        ("PT1H30M", 5400),
        ("soon", 0),
        ("1:2:3:4", 0),
    ],
)
def test_ferries_take_their_time(duration: str, seconds: int) -> None:
    kind = way_kind({"route": "ferry", "duration": duration})
    assert kind is not None
    assert kind.crossing_s == seconds


@pytest.mark.parametrize(
    "limit,kmh", [("50", 50), ("30 mph", 48), ("40 km/h", 40), ("ID:urban", 0), ("none", 0), ("999", 255)]
)
def test_signed_limits(limit: str, kmh: int) -> None:
    kind = way_kind({"highway": "primary", "maxspeed": limit})
    assert kind is not None
    assert kind.limit_kmh == kmh


def test_a_signed_limit_only_slows_down(graph: RoadGraph) -> None:
    """Row 0 is signed 30 km/h and driven so; a limit above the usual speed makes no road faster."""
    road = int(np.flatnonzero(graph.limit_kmh == 30)[0])
    fast = replace(graph, limit_kmh=np.full(graph.road_count, 120))

    assert graph.metres[road] / graph.seconds(RoadSettings())[road] == pytest.approx(30 / 3.6)
    assert fast.metres[road] / fast.seconds(RoadSettings())[road] == pytest.approx(45 / 3.6)


def test_a_file_of_roads_comes_back_as_it_was(graph: RoadGraph) -> None:
    data = graph_bytes(graph)

    again = read_graph(data, "roads.npz")

    assert graph_bytes(again) == data
    assert np.array_equal(again.metres, graph.metres)


@given(st.data())
def test_a_damaged_file_of_roads_is_refused_or_read(graph: RoadGraph, data: st.DataObject) -> None:
    """Cut, changed or foreign bytes: one error of ours, or a graph that fits together."""
    whole = graph_bytes(graph)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 4)) :]
    try:
        read = read_graph(damaged, "roads.npz")
    except RoadsFileError:
        return
    assert read.road_count == len(read.metres)


@pytest.mark.parametrize(
    "content", [b"", b"kode,nama\n", b"PK\x03\x04" + b"\0" * 100, b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x7f"]
)
def test_what_is_no_extract_is_refused(folder: Path, tmp_path: Path, content: bytes, reader: FileReader) -> None:
    path = tmp_path / "roads.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(RoadsFileError, match=r"roads\.osm\.pbf"):
        cut_roads(load_region(folder), path, reader)


def test_a_truncated_extract_is_refused(folder: Path, tmp_path: Path, reader: FileReader) -> None:
    """Wherever a download broke off: one error of ours that names the file."""
    region, path = load_region(folder), write_town(tmp_path / "town.osm.pbf")
    content = path.read_bytes()
    for size in (0, 3, 20, 200, len(content) // 2, len(content) - 40):
        path.write_bytes(content[:size])
        with pytest.raises(RoadsFileError, match=r"^town\.osm\.pbf (is no OpenStreetMap|is a damaged) extract"):
            cut_roads(region, path, reader)


def test_an_extract_is_read_within_caps(folder: Path, tmp_path: Path) -> None:
    """What needs more memory or time than is allowed ends in its child, with an error; the next file is read."""
    region, town = load_region(folder), write_town(tmp_path / "town.osm.pbf")
    with FileReader(Caps(memory_mb=1)) as reader, pytest.raises(RoadsFileError, match="more than 1 MB of memory"):
        cut_roads(region, town, reader)
    with FileReader(Caps(seconds=0)) as reader, pytest.raises(RoadsFileError, match="longer than 0 s"):
        cut_roads(region, town, reader)


def test_bombs_and_claims_are_refused(folder: Path, tmp_path: Path, reader: FileReader) -> None:
    """A block that unpacks to a gigabyte, and one that claims two; what follows is read as ever."""
    region, town = load_region(folder), write_town(tmp_path / "town.osm.pbf")
    head = town.read_bytes()
    header_end = 4 + int.from_bytes(head[:4], "big")
    header_end += head[header_end - 1]  # the header's own block is short: its length is the last byte of its head
    packed = zlib.compress(b"\0" * 1_000_000_000, 1)
    blob = b"\x10" + _varint(1_000_000_000) + b"\x1a" + _varint(len(packed)) + packed
    block = b"\x0a\x07OSMData\x18" + _varint(len(blob))
    bomb, claim = tmp_path / "bomb.osm.pbf", tmp_path / "claim.osm.pbf"
    bomb.write_bytes(head[:header_end] + len(block).to_bytes(4, "big") + block + blob)
    claim.write_bytes(head[:header_end] + b"\x7f\xff\xff\xff" + head[header_end + 4 :])

    for path in (bomb, claim):
        with pytest.raises(RoadsFileError, match="is a damaged extract of OpenStreetMap"):
            cut_roads(region, path, reader)
    assert cut_roads(region, town, reader).graph.road_count


def test_the_parser_of_extracts_is_not_loaded_to_plan_or_to_cut() -> None:
    """Strangers' extracts are parsed in the capped child and nowhere else."""
    code = "import sys, api.planning.road_commands; sys.exit('osmium' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    return bytes((*data, number))


@given(st.data())
def test_a_damaged_extract_is_refused_or_read(town_bytes: bytes, data: st.DataObject) -> None:
    """Whatever bytes are changed, cut or put in: an error of ours, or an extract; never another error."""
    at = data.draw(st.integers(0, len(town_bytes) - 1))
    cut = at + data.draw(st.integers(0, 8))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "town.osm.pbf"
        path.write_bytes(town_bytes[:at] + data.draw(st.binary(max_size=8)) + town_bytes[cut:])
        try:
            graph = build_graph(read_extract(path, EVERYWHERE), "EPSG:32647")
        except FileError:
            return
    assert len(graph.metres) == graph.road_count


def test_an_extract_of_elsewhere_is_refused_with_the_number_of_places(
    folder: Path, change: Callable[[str, str, str], None], tmp_path: Path, reader: FileReader
) -> None:
    """An office that takes the wrong province is told so, and how many of its places lie outside."""
    for old, new in (("lintang = 3.17", "lintang = -1.27"), ("bujur = 99.43", "bujur = 116.83")):
        change("region.toml", old, new)
    text = (folder / "villages.csv").read_text(encoding="utf-8").replace("3.1700,99.4300", "-1.27,116.83")
    (folder / "villages.csv").write_text("\n".join(text.splitlines()[:2]) + "\n", encoding="utf-8")
    for name in ("sites.csv", "requests.csv", "recurring.csv"):
        (folder / name).write_text((folder / name).read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")

    with pytest.raises(RoadsFileError, match="2 of its 2 places lie outside"):
        cut_roads(load_region(folder), write_town(tmp_path / "town.osm.pbf"), reader)


def test_cutting_reports_what_was_found(folder: Path, tmp_path: Path, reader: FileReader) -> None:
    report = cut_roads(load_region(folder), write_town(tmp_path / "town.osm.pbf"), reader)

    assert report.graph.kilometres_by_class()["primary"] == pytest.approx(6.5, abs=0.1)
    assert 0 < report.limit_share < 0.2
    assert 0.9 < report.connected_share < 1
    assert [each.place.code for each in report.places[:2]] == ["kantor", "1219042001"]
    assert not report.outside
    assert not report.unreached


@pytest.mark.skipif("MOLING_TEST_DATA" not in os.environ, reason="MOLING_TEST_DATA is not set")
def test_a_real_town_is_cut_and_connected() -> None:
    """The middle of Balikpapan: most roads are connected, and places there are near to one."""
    path = Path(os.environ["MOLING_TEST_DATA"]) / BALIKPAPAN
    graph = build_graph(read_extract(path, (116.7, -1.4, 117.0, -1.1)), "EPSG:32750")
    rng = np.random.default_rng(1)
    snaps = snap(graph, RoadSettings(), rng.uniform(116.82, 116.86, 60), rng.uniform(-1.275, -1.255, 60))
    seconds, metres = RoadPaths(graph, RoadSettings(), snaps).between(range(60), range(60))

    assert np.median(snaps.offset_m) < 50
    assert np.isfinite(seconds).all()
    kmh = metres[seconds > 0] / seconds[seconds > 0] * 3.6
    assert 10 < np.median(kmh) < 50

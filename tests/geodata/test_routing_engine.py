"""OSRM and Valhalla themselves, with the streets of the town; and answers that neither would give."""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from benchmarks.engine_times import compare, osrm_profile, read_roads, write_with_speeds
from geodata.errors import UnansweredError
from geodata.region import TravelDefaults
from geodata.road_classes import FERRY, RoadSettings, TravelEngine
from geodata.routing_engine import RoutingEngine, routing_engine
from tests.engines import WORDS, EngineData, engine_data
from tests.town import FAR, ISLAND_END, NODES, crossing, write_town

OFFICE, HALL, NORTH = (NODES[crossing(*at)] for at in ((0, 0), (2, 2), (3, 3)))
ISLAND, NOWHERE, SEA = NODES[ISLAND_END], NODES[FAR], (99.30, 3.26)
BALIKPAPAN = "data/import_only/osm_balikpapan_kota.osm.pbf"
ON_ROADS = (OFFICE, HALL, NORTH, ISLAND)


@pytest.fixture(scope="module", params=WORDS)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EngineData:
    """The town's streets made ready for each engine."""
    folder = tmp_path_factory.mktemp(request.param)
    return engine_data(request.param, write_town(tmp_path_factory.mktemp("town") / "town.osm.pbf"), folder)


def _engine(word: str, url: str, timeout_s: float = 5) -> RoutingEngine:
    return routing_engine(TravelDefaults(engine=TravelEngine(word), url=url, timeout_s=timeout_s))


def test_times_metres_and_pairs_without_a_way(town: EngineData) -> None:
    """Metres are those along the streets; the roads that lead nowhere else are infinitely far both ways."""
    with town.serve() as url:
        seconds, metres = _engine(town.word, url).table([*ON_ROADS, NOWHERE], [*ON_ROADS, NOWHERE], ferries=True)

    assert np.isinf(seconds[:4, 4]).all()
    assert np.isinf(metres[4, :4]).all()
    assert (np.diag(seconds) == 0).all()
    assert (seconds[~np.eye(5, dtype=bool)] > 0).all()
    # Four streets of a hundredth of a degree, in whatever order; engines measure on spheres of their own.
    assert metres[0, 1] == pytest.approx(2 * 1112 + 2 * 1106, rel=0.01)
    # The ferry's half hour is in its crossing.
    assert 1800 < seconds[0, 3] < 3000


def test_without_ferries_the_island_is_not_reached(town: EngineData) -> None:
    with town.serve() as url:
        engine = _engine(town.word, url)
        seconds, _ = engine.table(ON_ROADS, ON_ROADS, ferries=False)
        over_water = engine.line(OFFICE, ISLAND, ferries=False)

    assert np.isinf(seconds[:3, 3]).all()
    assert np.isfinite(seconds[:3, :3]).all()
    assert over_water is None


@pytest.mark.parametrize("most", [4, 6])
def test_a_table_larger_than_the_engine_takes_is_put_together(town: EngineData, most: int) -> None:
    """Blocks of two and three places give the same matrix as one question, ends of rows included."""
    places = [NODES[crossing(row, column)] for row in range(3) for column in range(4)][:11]
    with town.serve() as url:
        whole = _engine(town.word, url).table(places, places[:7], ferries=True)
    with town.serve(most) as url:
        parts = _engine(town.word, url).table(places, places[:7], ferries=True)
        offsets = _engine(town.word, url).offsets(places)

    assert whole[0].shape == (11, 7)
    assert np.array_equal(whole[0], parts[0])
    assert np.array_equal(whole[1], parts[1])
    assert (offsets < 1).all()


def test_how_far_places_lie_from_the_roads(town: EngineData) -> None:
    """In metres; eleven kilometres out at sea is told as such, and left to the office's reach."""
    off_road = (NODES[crossing(1, 0)][0] - 0.005, NODES[crossing(1, 0)][1])
    with town.serve() as url:
        offsets = _engine(town.word, url).offsets([OFFICE, off_road, SEA])

    assert offsets[0] < 1
    assert offsets[1] == pytest.approx(556, abs=5)
    assert offsets[2] > 11_000


def test_lines_follow_the_streets(town: EngineData) -> None:
    """As long as the table says, over the corner, from the one place to the other; none where no way leads."""
    with town.serve() as url:
        engine = _engine(town.word, url)
        line = engine.line(OFFICE, HALL, ferries=True)
        _, metres = engine.table([OFFICE], [HALL], ferries=True)
        nowhere = engine.line(OFFICE, NOWHERE, ferries=True)

    assert line is not None
    assert line[0] == pytest.approx(OFFICE, abs=1e-5)
    assert line[-1] == pytest.approx(HALL, abs=1e-5)
    geod = Geod(ellps="WGS84")
    along = sum(geod.inv(*one, *other)[2] for one, other in pairwise(line))
    assert along == pytest.approx(metres[0, 0], rel=0.01)
    assert along > 1.2 * geod.inv(*OFFICE, *HALL)[2]
    assert nowhere is None


def test_the_same_speeds_give_the_same_times(tmp_path: Path) -> None:
    """OSRM with our speeds and free turns agrees with our roads; with the turns that it charges, within a tenth."""
    extract = write_town(tmp_path / "town.osm.pbf")
    graph = read_roads(extract)
    found = {}
    for turns in (False, True):
        folder = tmp_path / f"turns-{turns}"
        folder.mkdir()
        with engine_data("osrm", extract, folder, osrm_profile(RoadSettings(), turns=turns)).serve() as url:
            found[turns] = compare(graph, _engine("osrm", url), pairs=60)

    assert len(found[False].ours_s) == 60
    assert found[False].one_sided == 0
    assert np.median(np.abs(found[False].difference)) < 0.01
    assert np.median(np.abs(found[True].difference)) < 0.1


@pytest.mark.slow
@pytest.mark.skipif("MOLING_TEST_DATA" not in os.environ, reason="MOLING_TEST_DATA is not set")
@pytest.mark.parametrize("turns, most", [(True, 0.1), (False, 0.005)])
def test_times_in_a_real_town_are_within_a_tenth(turns: bool, most: float, tmp_path: Path) -> None:
    """500 random drives in Balikpapan: the median difference, with the turns that OSRM charges and without."""
    extract = Path(os.environ["MOLING_TEST_DATA"]) / BALIKPAPAN
    profile = osrm_profile(RoadSettings(), turns=turns)
    with engine_data("osrm", extract, tmp_path, profile).serve() as url:
        found = compare(read_roads(extract), _engine("osrm", url))

    assert len(found.ours_s) == 500
    assert np.median(np.abs(found.difference)) < most, str(found)


@pytest.mark.slow
@pytest.mark.skipif("MOLING_TEST_DATA" not in os.environ, reason="MOLING_TEST_DATA is not set")
def test_times_of_valhalla_in_a_real_town_are_within_a_tenth(tmp_path: Path) -> None:
    """500 random drives in Balikpapan by Valhalla at our speeds; what it charges for turns cannot be taken off."""
    extract = Path(os.environ["MOLING_TEST_DATA"]) / BALIKPAPAN
    ours = write_with_speeds(extract, tmp_path / "ours.osm.pbf")
    (tmp_path / "engine").mkdir()
    with engine_data("valhalla", ours, tmp_path / "engine").serve() as url:
        found = compare(read_roads(extract), _engine("valhalla", url))

    assert len(found.ours_s) == 500
    assert np.median(np.abs(found.difference)) < 0.1, str(found)


def test_an_extract_with_our_speeds_gives_the_same_roads(tmp_path: Path) -> None:
    """Only speeds are written into it: by ours it takes as long as before, but for the rounding to whole km/h."""
    town = write_town(tmp_path / "town.osm.pbf")
    before, after = read_roads(town), read_roads(write_with_speeds(town, tmp_path / "ours.osm.pbf"))
    seconds = before.seconds(RoadSettings())

    assert np.array_equal(before.metres, after.metres)
    assert after.seconds(RoadSettings()) == pytest.approx(seconds, rel=0.05)
    assert (after.limit_kmh > 0).sum() == before.road_count - (before.road_class == FERRY).sum()


@contextmanager
def _saying(document: object, status: int = 200) -> Iterator[str]:
    """A web server that gives one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(5)


def _osrm_table(durations: object, distances: object) -> dict[str, object]:
    return {"code": "Ok", "durations": durations, "distances": distances}


def _valhalla_table(rows: object) -> dict[str, object]:
    return {"sources_to_targets": rows}


CELL = {"time": 5, "distance": 0.1}


@pytest.mark.parametrize(
    "word, document",
    [
        ("osrm", _osrm_table([[1.0, 2.0]], [[1.0]])),
        ("osrm", _osrm_table([[1.0], [2.0]], [[1.0], [2.0]])),
        ("osrm", _osrm_table([[1.0, "far"]], [[1.0, 2.0]])),
        ("osrm", _osrm_table([[1.0, -2.0]], [[1.0, 2.0]])),
        ("osrm", _osrm_table([[1.0, 1e300]], [[1.0, 2.0]])),
        ("osrm", _osrm_table([[1.0, [2.0]]], [[1.0, 2.0]])),
        ("osrm", {"code": "Ok", "durations": [[1.0, 2.0]]}),
        ("osrm", [1, 2]),
        ("osrm", "Ok"),
        ("osrm", _valhalla_table([[CELL, CELL]])),
        ("valhalla", _osrm_table([[1.0, 2.0]], [[1.0, 2.0]])),
        ("valhalla", _valhalla_table([[CELL]])),
        ("valhalla", _valhalla_table([[CELL, {"time": 5}]])),
        ("valhalla", _valhalla_table([[CELL, None]])),
        ("valhalla", _valhalla_table({"durations": [[1, 2]]})),
        ("valhalla", None),
    ],
)
def test_a_table_that_does_not_fit_is_refused(word: str, document: object) -> None:
    """Of another size or kind, without metres, below nothing, or of another engine: never taken for times."""
    with _saying(document) as url, pytest.raises(UnansweredError, match=r"does not fit the question|refuses"):
        _engine(word, url).table([OFFICE], [HALL, NORTH], ferries=True)


def test_a_tenth_of_a_metre_below_nothing_is_nothing() -> None:
    """OSRM itself said so between two random points of one road in Balikpapan."""
    with _saying(_osrm_table([[0.0, 2.0]], [[-0.1, 3.0]])) as url:
        seconds, metres = _engine("osrm", url).table([OFFICE], [HALL, NORTH], ferries=True)

    assert (seconds.tolist(), metres.tolist()) == ([[0.0, 2.0]], [[0.0, 3.0]])


@pytest.mark.parametrize(
    "word, document",
    [
        ("osrm", {"code": "Ok", "routes": []}),
        ("osrm", {"code": "Ok", "routes": [{"geometry": {"coordinates": [[99.4, 3.1]]}}]}),
        ("osrm", {"code": "Ok", "routes": [{"geometry": {"coordinates": [[99.4, 3.1], [99.4, 300]]}}]}),
        ("osrm", {"code": "Ok", "routes": [{"geometry": {"coordinates": [[99.4, 3.1], [None, 3.1]]}}]}),
        ("osrm", {"code": "Ok", "routes": [{"geometry": "abc"}]}),
        ("valhalla", {"trip": {"legs": [{"shape": "_"}]}}),
        ("valhalla", {"trip": {"legs": [{"shape": "\u00e9\u00e9"}]}}),
        ("valhalla", {"trip": {"legs": [{"shape": "~" * 50}]}}),
        ("valhalla", {"trip": {"legs": [{"shape": 7}]}}),
        ("valhalla", {"trip": {"legs": []}}),
    ],
)
def test_a_line_that_is_none_is_refused(word: str, document: object) -> None:
    with _saying(document) as url, pytest.raises(UnansweredError, match="does not fit the question"):
        _engine(word, url).line(OFFICE, HALL, ferries=True)


@pytest.mark.parametrize(
    "word, document, told",
    [
        (
            "osrm",
            {"code": "InvalidValue", "message": "Exclude flag\nis not\x1b supported."},
            "InvalidValue Exclude flag",
        ),
        ("osrm", {"code": "TooBig", "message": "Too many table coordinates"}, "TooBig"),
        ("osrm", {}, "HTTP 400"),
        ("valhalla", {"error_code": 154, "error": "Path distance exceeds the max distance limit"}, "154 Path distance"),
        ("valhalla", {"error_code": 150, "error": "Exceeded max locations"}, "150 Exceeded"),
        ("valhalla", ["?"], "HTTP 400"),
    ],
)
def test_a_refusal_is_told_in_the_engine_s_words(word: str, document: object, told: str) -> None:
    """On one line; a limit that not even one pair is within ends the asking."""
    with _saying(document, 400) as url, pytest.raises(UnansweredError, match=told) as raised:
        _engine(word, url).table([OFFICE, HALL], [HALL, NORTH], ferries=False)

    assert raised.value.text(str).isprintable()


def test_places_without_any_road_are_infinitely_far() -> None:
    """Valhalla knows no edge near them, OSRM none within a radius of its own."""
    places: Sequence[tuple[float, float]] = [OFFICE, SEA]
    edge = {"correlated_lon": OFFICE[0], "correlated_lat": OFFICE[1]}
    with _saying([{"edges": [edge]}, {"edges": []}]) as url:
        assert _engine("valhalla", url).offsets(places).tolist() == [0, np.inf]
    with _saying({"code": "NoSegment", "message": "Could not find a matching segment for coordinate 1"}, 400) as url:
        assert _engine("osrm", url).offsets(places).tolist() == [np.inf, np.inf]

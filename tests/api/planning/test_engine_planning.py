"""From a region folder that names a routing engine to a plan by its times, with the engine there and gone."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from api.cli import main
from geodata.engine_travel import forget
from geodata.region import load_region
from geodata.road_travel import NO_WAY_MIN
from geodata.travel import over_water, travel_times, unreached, ways
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of
from optimizer.problem import GreatCircle, Location, LocationId, TravelTimes
from tests.engines import WORDS, EngineData, engine_data
from tests.town import write_town

REGION = """
nama = "Kabupaten Uji"
kode = "12.19"
zona_waktu = "Asia/Jakarta"
[kantor]
nama = "Disdukcapil Uji"
alamat = "Jalan Contoh 1"
lintang = 3.16
bujur = 99.41
"""
VILLAGES = """\
kode,nama,jenis,kecamatan,lintang,bujur,belum_rekam,akses
12.19.04.2001,Desa Satu,desa,Lima Puluh,3.1701,99.4500,40,mobil
12.19.04.2002,Desa Dua,desa,Lima Puluh,3.1900,99.4302,45,mobil
12.19.04.2003,Desa Pulau,desa,Lima Puluh,3.1700,99.3501,50,mobil
12.19.04.2004,Desa Laut,desa,Lima Puluh,3.2600,99.3000,30,perahu
12.19.04.2005,Desa Jauh,desa,Lima Puluh,3.2500,99.4350,30,mobil
12.19.04.2006,Desa Rimba,desa,Lima Puluh,3.1000,99.4500,30,mobil
"""
FILES = {
    "villages.csv": VILLAGES,
    "sites.csv": "kode,nama,jenis,kode_desa,lintang,bujur\n",
    "fleet.toml": '[[unit]]\nid = "moling-1"\nnama = "Moling 1"\nalat = 2\ncetak = true\n',
    "requests.csv": "id,lokasi,diterima\n",
    "recurring.csv": "id,lokasi,hari,tiap_pekan,acuan\n",
    "calendar.toml": "",
}
OUT = ["--week", "2026-W50", "--time-limit", "10", "--out"]


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    """Each test is a command of its own."""
    forget()
    yield
    forget()


@pytest.fixture(scope="module", params=WORDS)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> EngineData:
    folder = tmp_path_factory.mktemp(request.param)
    return engine_data(request.param, write_town(tmp_path_factory.mktemp("town") / "town.osm.pbf"), folder)


def _folder(place: Path, engine: str) -> Path:
    place.mkdir(exist_ok=True)
    for name, text in {**FILES, "region.toml": f"{REGION}[perjalanan]\n{engine}\n"}.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


def _named(word: str, url: str) -> str:
    return f'mesin = "{word}"\nurl = "{url}/"\nbatas_detik = 2'


def _times(folder: Path) -> TravelTimes:
    region = load_region(folder)
    office = Location(LocationId("office"), region.office.lon, region.office.lat)
    places = [office, *(Location(LocationId(each.code), each.lon, each.lat) for each in region.villages)]
    times = travel_times(places, region)
    assert isinstance(times, TravelTimes)
    return times


def _notes(out: Path) -> str:
    return "\n".join(json.loads((out / "cards.json").read_bytes())["notes"])


def _legs(out: Path) -> list[list[list[float]]]:
    features = json.loads((out / "week.geojson").read_bytes())["features"]
    return [each["geometry"]["coordinates"] for each in features if each["properties"]["type"] == "leg"]


def _checked(out: Path) -> None:
    instance = (out / "instance.json").read_bytes()
    problem, plan = read_problem(instance), read_plan((out / "plan.json").read_bytes())
    assert isinstance(problem.travel, TravelTimes)
    assert evaluate(problem, plan, instance_sha256=sha256_of(instance)).violations == ()
    assert plan.routes


def test_a_plan_by_the_engine_and_again_when_it_has_gone(
    town: EngineData, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Legs along its streets; later its last times, told with their day and why, and the legs that came with them."""
    with town.serve() as url:
        folder = _folder(tmp_path / "uji", _named(town.word, url))
        assert main(["--lang", "en", "region", "check", str(folder)]) == 0
        told = capsys.readouterr().out
        assert f"at {url}, fetched " in told
        assert "places on its roads: 4 of 7." in told
        assert "Desa Laut (1219042004): reached by boat" in told
        assert "Desa Jauh (1219042005): no way there and back from the other places" in told
        assert "Desa Rimba (1219042006): no road within 2 km" in told
        assert main(["--lang", "en", "plan", str(folder), *OUT, str(tmp_path / "out")]) == 0
    _checked(tmp_path / "out")
    assert "cannot be had" not in _notes(tmp_path / "out")
    assert "No road leads to these places, so that no van is sent there: Desa Jauh, Desa Rimba." in _notes(
        tmp_path / "out"
    )
    legs = _legs(tmp_path / "out")
    assert legs
    assert all(len(line) > 2 for line in legs)
    before = read_problem((tmp_path / "out/instance.json").read_bytes()).travel
    forget()
    capsys.readouterr()

    assert main(["--lang", "en", "plan", str(folder), *OUT, str(tmp_path / "later")]) == 0

    _checked(tmp_path / "later")
    assert read_problem((tmp_path / "later/instance.json").read_bytes()).travel == before
    told = capsys.readouterr().out
    name = {"osrm": "OSRM", "valhalla": "Valhalla"}[town.word]
    assert (
        f"{name} at {url} cannot be had: no connection: Connection refused. Travel times are those that it gave" in told
    )
    assert f"{name} at {url} cannot be had" in _notes(tmp_path / "later")
    assert _legs(tmp_path / "later") == legs
    assert main(["--lang", "en", "region", "check", str(folder)]) == 0
    assert "cannot be had" in capsys.readouterr().out


def test_legs_that_were_never_asked_for_are_straight_when_the_engine_has_gone(town: EngineData, tmp_path: Path) -> None:
    """Lines gather from plan to plan; one is drawn only while its way takes as long as when it was given."""
    with town.serve() as url:
        folder = _folder(tmp_path / "uji", _named(town.word, url))
        region = load_region(folder)
        places = [Location(LocationId(each.code), each.lon, each.lat) for each in region.villages]
        there, back, on = [(places[0], places[1])], [(places[1], places[0])], [(places[1], places[2])]
        given = ways(there, region) | ways(on, region)
    forget()

    assert len(given) == 2
    assert all(len(line) > 2 for line in given.values())
    assert ways([*there, *back, *on], region) == given

    forget()
    with np.load(folder / "travel-engine.npz") as kept:
        arrays = dict(kept)
    at = [arrays["points"].tolist().index([place.lon, place.lat]) for place in places[:2]]
    arrays["seconds"][at[0], at[1]] += 60
    np.savez(folder / "travel-engine.npz", **arrays)
    assert ways([*there, *on], region).keys() == {(places[1].id, places[2].id)}

    forget()
    (folder / "travel-engine-lines.npz").write_bytes(b"PK damaged")
    assert ways([*there, *on], region) == {}


def test_times_of_the_engine_with_the_office_s_rules(town: EngineData, tmp_path: Path) -> None:
    """Boats go by the line, places without a way are a week away, the way from place to road is driven slowly."""
    with town.serve() as url:
        folder = _folder(tmp_path / "uji", _named(town.word, url))
        times = _times(folder)
        region = load_region(folder)
        far = unreached(region)
        (folder / "villages.csv").write_text(VILLAGES.replace("3.1900,99.4302", "3.1900,99.4250"), encoding="utf-8")
        moved = _times(folder)

    straight = GreatCircle().between(
        [Location(LocationId(str(at)), *place) for at, place in enumerate([(99.41, 3.16), (99.3, 3.26)])]
    )
    assert times.duration_min[0, 4] == straight.duration_min[0, 1]
    assert times.duration_min[0, 5] == times.duration_min[5, 1] == times.duration_min[6, 0] == NO_WAY_MIN
    assert far == {"1219042005": "Desa Jauh", "1219042006": "Desa Rimba"}
    assert 35 <= times.duration_min[0, 3] <= 60
    assert (np.diag(times.duration_min) == 0).all()
    # Half a street of 1.1 km is 556 m, on which a van at 10 km/h takes 3.3 minutes; 22 m of the road saved at most.
    slower = moved.duration_min[0, 2] - times.duration_min[0, 2]
    assert 1 <= slower <= 4


def test_a_dead_engine_that_gave_no_times_is_refused_in_one_line(
    town: EngineData, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And so is one whose last times lack a place that has come since, or whose file is damaged."""
    with town.serve() as url:
        folder = _folder(tmp_path / "uji", _named(town.word, url))
    arguments = ["--lang", "en", "plan", str(folder), *OUT, str(tmp_path / "out")]

    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert "It gave no times before; start it or change mesin." in told
    assert len(told.splitlines()) == 1
    assert main(["--lang", "en", "region", "check", str(folder)]) == 1
    assert "It gave no times before" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()

    forget()
    with town.serve(port=int(url.rpartition(":")[2])):
        _times(folder)
    forget()
    (folder / "villages.csv").write_text(
        f"{VILLAGES}12.19.04.2007,Desa Baru,desa,Lima Puluh,3.1800,99.4300,30,mobil\n", encoding="utf-8"
    )
    assert main(arguments) == 2
    assert "The times that it gave before lack places: 1." in capsys.readouterr().err
    forget()
    (folder / "villages.csv").write_text(VILLAGES, encoding="utf-8")
    assert main(["--lang", "id", "region", "check", str(folder)]) == 0
    forget()
    (folder / "travel-engine.npz").write_bytes(b"PK damaged")
    assert main(arguments) == 2


def test_a_van_that_takes_no_ferry_is_not_sent_over_water(town: EngineData, tmp_path: Path) -> None:
    """The engine is asked for ways without ferries as well; roads stay roads for both vans."""
    with town.serve() as url:
        folder = _folder(tmp_path / "uji", _named(town.word, url))
        both = FILES["fleet.toml"].replace("moling-1", "moling-2")
        (folder / "fleet.toml").write_text(f"{FILES['fleet.toml']}feri = false\n{both}", encoding="utf-8")
        region = load_region(folder)
        assert over_water(region) == {"1219042003"}
        times = _times(folder)
        places = [Location(LocationId(each.code), each.lon, each.lat) for each in region.villages]
        lines = ways([(places[0], places[1]), (places[1], places[2]), (places[1], places[4])], region)

    assert times.duration_min[0, 3] < NO_WAY_MIN
    assert set(lines) == {("1219042001", "1219042002"), ("1219042002", "1219042003")}
    assert {path.name for path in folder.glob("travel-*")} == {
        "travel-engine.npz",
        "travel-engine-lines.npz",
        "travel-engine-without-ferries.npz",
    }


def test_lines_that_the_engine_does_not_give_do_not_stop_a_plan(
    town: EngineData, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It gave times and goes away before the lines are asked for: legs are straight, and the plan says why."""
    with town.serve() as url:
        folder = _folder(tmp_path / "uji", _named(town.word, url))
        _times(folder)

    assert main(["--lang", "en", "plan", str(folder), *OUT, str(tmp_path / "out")]) == 0

    _checked(tmp_path / "out")
    told = "Legs are drawn as straight lines: the routing engine gives none now (no connection: Connection refused)."
    assert told in capsys.readouterr().out
    assert told in _notes(tmp_path / "out")
    assert not (tmp_path / "out/ways.json").exists()


def test_rounds_say_so_too(town: EngineData, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with town.serve() as url:
        folder = _folder(tmp_path / "uji", _named(town.word, url))
        _times(folder)
    forget()

    arguments = ["--from", "2027-W01", "--weeks", "2", "--time-limit", "4", "--out", str(tmp_path / "rounds")]
    assert main(["--lang", "en", "rounds", str(folder), *arguments]) == 0

    assert f"at {url} cannot be had" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text, told",
    [
        ('mesin = "osrm"', "column perjalanan.mesin: 'osrm': is a service; say where it answers with url"),
        ('url = "http://127.0.0.1:5000"', "column perjalanan.url: 'http://127.0.0.1:5000': is of use only where"),
        ('mesin = "jalan"\nurl = "http://127.0.0.1:5000"', "is of use only where mesin is osrm or valhalla"),
        ('mesin = "osrm"\nurl = "ftp://127.0.0.1/"', "write an address such as http://127.0.0.1:5000"),
        ('mesin = "osrm"\nurl = "file:///etc/passwd"', "write an address such as"),
        ('mesin = "osrm"\nurl = "http://me:secret@127.0.0.1/"', "write an address such as"),
        ('mesin = "osrm"\nurl = "http://127.0.0.1:99999"', "write an address such as"),
        ('mesin = "osrm"\nurl = "http://127.0.0.1/?key=1"', "write an address such as"),
        ('mesin = "osrm"\nurl = "http://[::1"', "write an address such as"),
        ('mesin = "valhalla"\nurl = "http://a.b/"\nprofil = "auto/../x"', "column perjalanan.profil"),
        ('mesin = "valhalla"\nurl = "http://a.b/"\nbatas_detik = 0', "column perjalanan.batas_detik"),
    ],
)
def test_faults_of_the_engine_s_settings_are_told(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "en", "region", "check", str(_folder(tmp_path / "uji", text))]) == 1

    assert told in capsys.readouterr().out


def test_an_inline_table_reads_alike(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "uji", "")
    text = f'perjalanan = {{mesin = "osrm", url = "http://127.0.0.1:5000"}}\n{REGION}'
    (folder / "region.toml").write_text(text, encoding="utf-8")

    assert load_region(folder).travel.url == "http://127.0.0.1:5000"

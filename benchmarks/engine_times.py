"""
Travel times by our roads beside those of a routing engine that is given the same speeds.

``python -m benchmarks.engine_times --profile`` prints what OSRM must make of ways (Lua, for ``osrm-extract -p``),
``python -m benchmarks.engine_times ROADS.osm.pbf --speeds OURS.osm.pbf`` writes an extract for Valhalla, which drives a
way at its signed limit, and ``python -m benchmarks.engine_times ROADS.osm.pbf --url http://127.0.0.1:5000`` asks a
server of the same roads for random pairs. `tests/geodata/test_routing_engine.py` does all of it.

All draw on the same ways and the same speeds for class, signed limit and surface. The engines keep their own mind on
which ways are barred, where one may turn, and what a turn costs; ours costs turns nothing.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium

from geodata.areas import utm_zone
from geodata.region import TravelDefaults
from geodata.road_classes import FERRY, ROAD_CLASSES, RoadSettings, TravelEngine
from geodata.road_extract import UNPAVED, read_extract, way_kind
from geodata.road_graph import RoadGraph, build_graph
from geodata.road_paths import RoadPaths
from geodata.road_places import connected_roads, snap
from geodata.routing_engine import RoutingEngine, routing_engine

PAIRS = 500
_SETTINGS = RoadSettings()
_EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
_LEAST_S = 60.0
"""Shorter drives are left out: a turn more or less is half of one."""
_ROUGH = frozenset({"surface", "smoothness", "tracktype"})
_LUA = """\
package.path = 'profiles/?.lua;' .. package.path
local car = dofile('profiles/car.lua')
local speeds = {%(speeds)s}
local unpaved = {%(unpaved)s}
local usual_setup, usual_way = car.setup, car.process_way

car.setup = function()
  local profile = usual_setup()
  profile.properties.weight_name = 'duration'
  profile.speeds = Sequence { highway = speeds }
  profile.route_speeds = { ferry = %(ferry)s }
%(turns)s
  return profile
end

car.process_way = function(profile, way, result, relations)
  usual_way(profile, way, result, relations)
  local speed = speeds[way:get_value_by_key('highway') or '']
  if not speed then return end
  local limit = tonumber(way:get_value_by_key('maxspeed'))
  if limit then speed = math.min(speed, limit) end
  if unpaved[way:get_value_by_key('surface') or ''] then speed = speed * %(factor)s end
  if result.forward_speed > 0 then result.forward_speed = speed end
  if result.backward_speed > 0 then result.backward_speed = speed end
end

return car
"""
_NO_TURNS = """\
  profile.turn_penalty, profile.oncoming_turn_penalty = 0, 0
  profile.properties.u_turn_penalty, profile.properties.traffic_signal_penalty = 0, 0"""


@dataclass(frozen=True)
class Comparison:
    """
    Drives of the same pairs by both.

    Attributes
    ----------
    ours_s, theirs_s
        Seconds.
    one_sided
        Pairs that only one of the two has a way between.
    """

    ours_s: npt.NDArray[np.float64]
    theirs_s: npt.NDArray[np.float64]
    one_sided: int

    @property
    def difference(self) -> npt.NDArray[np.float64]:
        """Ours less theirs, relative to theirs."""
        return (self.ours_s - self.theirs_s) / self.theirs_s

    def __str__(self) -> str:
        off = np.abs(self.difference)
        return (
            f"{len(off)} pairs, {self.one_sided} with a way by one only; "
            f"relative difference: median {np.median(off):.1%}, "
            f"nine tenths below {np.quantile(off, 0.9):.1%}, worst {off.max():.1%}; "
            f"signed median {np.median(self.difference):+.1%}"
        )


def osrm_profile(settings: RoadSettings, *, turns: bool = True) -> str:
    """
    OSRM's own profile for cars with our speeds, in Lua; ``profiles`` stands for the folder of its profiles.

    Parameters
    ----------
    turns
        Whether turns and traffic lights cost what OSRM thinks they do; otherwise nothing, as with us.
    """
    speeds = dict(zip((each.name for each in ROAD_CLASSES), settings.class_speeds(), strict=True))
    ferry = speeds.pop(ROAD_CLASSES[FERRY].name)
    return _LUA % {
        "speeds": ", ".join(f"{name} = {speed:g}" for name, speed in speeds.items()),
        "unpaved": ", ".join(f"['{word}'] = true" for word in sorted(UNPAVED)),
        "ferry": f"{ferry:g}",
        "factor": f"{settings.unpaved_factor * (settings.wet_factor if settings.is_wet_season else 1):g}",
        "turns": "" if turns else _NO_TURNS,
    }


def write_with_speeds(extract: Path, target: Path, settings: RoadSettings = _SETTINGS) -> Path:
    """
    Write an extract in which our speed of each way stands as its signed limit, in whole km/h; returns the target.

    Valhalla drives ways at their ``maxspeed``, less something where ``surface`` says that they are rough; so that goes.
    Source: https://valhalla.github.io/valhalla/speeds.
    """
    speeds = settings.class_speeds()
    factor = settings.unpaved_factor * (settings.wet_factor if settings.is_wet_season else 1)
    with osmium.SimpleWriter(str(target)) as writer:
        for each in osmium.FileProcessor(str(extract)):
            tags = dict(each.tags)
            kind = way_kind(tags)
            if not isinstance(each, osmium.osm.Way) or kind is None or kind.road_class == FERRY:
                writer.add(each)
                continue
            speed = min(speeds[kind.road_class], kind.limit_kmh or np.inf) * (factor if kind.is_unpaved else 1)
            others = {key: word for key, word in tags.items() if key not in _ROUGH and not key.startswith("maxspeed")}
            writer.add_way(each.replace(tags={**others, "maxspeed": str(round(speed))}))
    return target


def read_roads(extract: Path) -> RoadGraph:
    """Every road of an extract."""
    read = read_extract(extract, _EVERYWHERE)
    return build_graph(read, utm_zone(float(read.lon.mean()), float(read.lat.mean())))


def compare(
    graph: RoadGraph,
    engine: RoutingEngine,
    *,
    settings: RoadSettings = _SETTINGS,
    pairs: int = PAIRS,
    seed: int = 1,
) -> Comparison:
    """
    Drives between random points on the connected roads, as many of each length of road, by both.

    Raises
    ------
    UnansweredError
        When the engine cannot be had.
    """
    rng = np.random.default_rng(seed)
    connected = np.flatnonzero(connected_roads(graph, settings))
    share = graph.metres[connected] / graph.metres[connected].sum()
    lon, lat = np.array([_somewhere(graph, road, rng) for road in rng.choice(connected, 4 * pairs, p=share)]).T
    paths = RoadPaths(graph, settings, snap(graph, settings, lon, lat))
    ours, theirs, one_sided = [], [], 0
    for at in range(0, 4 * pairs, 2):
        here = np.arange(at, at + 2)
        seconds = float(paths.between(here[:1], here[1:])[0][0, 0])
        places = list(zip(lon[here].tolist(), lat[here].tolist(), strict=True))
        table = float(engine.table(places[:1], places[1:], ferries=settings.ferries)[0][0, 0])
        if np.isfinite(seconds) != np.isfinite(table):
            one_sided += 1
        elif np.isfinite(seconds) and min(seconds, table) >= _LEAST_S:
            ours.append(seconds)
            theirs.append(table)
        if len(ours) == pairs:
            break
    return Comparison(np.array(ours), np.array(theirs), one_sided)


def _somewhere(graph: RoadGraph, road: int, rng: np.random.Generator) -> tuple[float, float]:
    """A point of a road, rounded as engines are asked."""
    first, last = int(graph.shape_start[road]), int(graph.shape_start[road + 1])
    at = int(rng.integers(first, last - 1))
    part = rng.random()
    lon, lat = graph.shape_lon[at : at + 2], graph.shape_lat[at : at + 2]
    return round(float(lon[0] + part * (lon[1] - lon[0])), 6), round(float(lat[0] + part * (lat[1] - lat[0])), 6)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the profile, write the extract, or compare with an engine that runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else None)
    parser.add_argument("extract", type=Path, nargs="?", help="roads that the engine was given (.osm.pbf)")
    parser.add_argument("--url", default="http://127.0.0.1:5000")
    parser.add_argument("--engine", choices=["osrm", "valhalla"], default="osrm")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--profile", action="store_true", help="print OSRM's profile with our speeds and stop")
    parser.add_argument("--speeds", type=Path, help="write the extract with our speeds to this file and stop")
    arguments = parser.parse_args(argv)
    if arguments.profile or arguments.extract is None:
        print(osrm_profile(RoadSettings()))
        return
    if arguments.speeds is not None:
        print(write_with_speeds(arguments.extract, arguments.speeds))
        return
    engine = routing_engine(TravelDefaults(engine=TravelEngine(arguments.engine), url=arguments.url))
    print(compare(read_roads(arguments.extract), engine, pairs=arguments.pairs))


if __name__ == "__main__":
    main()

"""`moling region roads` and `moling region calibrate`: from an OpenStreetMap extract to travel times by road."""

import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.errors import BadInputError
from api.i18n import N_, Gettext, Language
from api.planning.notes import Note
from api.planning.places import routing_notes
from geodata.calibration import calibrate, read_observations, with_speeds
from geodata.importing.reader_process import ROAD_CAPS, FileReader
from geodata.region import Region
from geodata.road_places import Standing
from geodata.roads import PlaceOnRoads, RoadsReport, cut_roads, road_network
from geodata.schema import REGION_FILE
from geodata.travel import ROADS_FILE, routing_standing

_WHY = {
    Standing.TOO_FAR: N_("no road within {reach:g} km; the nearest connected one is {metres} away"),
    Standing.APART: N_("the roads there are not connected with the others; the nearest connected one is {metres} away"),
}
_NO_ROAD = N_("no connected road")
_MOST_NAMES = 3
_LARGE_BYTES = 50_000_000


def run_roads(region: Region, folder: Path, file: Path, lang: Language) -> int:
    """
    Cut the region's roads out of an extract, write them into its folder and say what they are; 0 when done.

    Raises
    ------
    RoadsFileError
        When the extract cannot be used.
    BadInputError
        When the folder cannot be written; nothing is changed then.
    """
    if file.is_file() and file.stat().st_size > _LARGE_BYTES:
        text = lang.gettext("Reading {file}; an extract of this size takes some minutes.")
        print(text.format(file=file), file=sys.stderr)
    with FileReader(ROAD_CAPS) as reader:
        report = cut_roads(region, file, reader)
    write_file(folder / ROADS_FILE, report.data, lang.gettext)
    for line in _report_lines(report, region, lang):
        print(line)
    print(lang.gettext("Written: {file}, {size} kB.").format(file=folder / ROADS_FILE, size=len(report.data) // 1000))
    return 0


def run_calibrate(region: Region, folder: Path, file: Path, lang: Language, *, applies: bool) -> int:
    """
    Fit the speeds of the region's roads to observed times, say how far off they were and are; 0 when done.

    Parameters
    ----------
    applies
        Whether the fitted speeds are written into ``region.toml``.

    Raises
    ------
    RegionError, RoadsFileError
        When the observations have faults, or the roads cannot be read or lack.
    BadInputError
        When the folder cannot be written; nothing is changed then.
    """
    gettext = lang.gettext
    observations = read_observations(file, region)
    found = calibrate(observations, region, road_network(folder / ROADS_FILE, region.roads))
    print(gettext("Observed drives: {used}.").format(used=found.used))
    for each in found.without_way:
        print(
            "  "
            + gettext("No way by road from {origin} to {destination}; left out.").format(
                origin=each.origin, destination=each.destination
            )
        )
    for speed in found.speeds:
        print(f"  {speed.name:<16}{speed.km:>8.1f} km  {speed.before_kmh:>5.1f} -> {speed.after_kmh:.1f} km/h")
    text = gettext(
        "Error before: median {before:.1%}, worst {before_worst:.1%}. After: {after:.1%}, {after_worst:.1%}."
    )
    print(
        text.format(
            before=found.before.median,
            before_worst=found.before.worst,
            after=found.after.median,
            after_worst=found.after.worst,
        )
    )
    if not applies:
        print(gettext("Nothing is written; --apply writes the speeds into region.toml."))
        return 0
    path = folder / REGION_FILE
    changed = with_speeds(path.read_text(encoding="utf-8-sig"), {each.name: each.after_kmh for each in found.speeds})
    write_file(path, changed.encode(), gettext)
    print(gettext("Written: {file}, speeds: {count}.").format(file=path, count=len(found.speeds)))
    return 0


def routing_lines(region: Region, lang: Language) -> Iterator[str]:
    """
    Which routing engine the region uses, when it gave its times, and the places without a way; none without an engine.

    Raises
    ------
    RoutingEngineError
        When it cannot be had and has given no times before.
    """
    standing = routing_standing(region)
    if standing is None:
        return
    for note in routing_notes(region):
        yield note.text(lang.gettext, lang.code)
    places = standing.places
    text = N_("Travel times: {engine} at {url}, fetched {when}; places on its roads: {count} of {all}.")
    facts = {
        "engine": standing.name,
        "url": standing.url,
        "when": standing.fetched.astimezone(ZoneInfo(region.timezone)),
        "count": sum(each.is_on_road for each in places),
        "all": len(places),
    }
    yield Note(text, facts).text(lang.gettext, lang.code)
    for each in places:
        if not each.is_on_road:
            yield f"  {each.place.name} ({each.place.code}): {_why_no_way(each, region, lang.gettext)}"


def write_file(path: Path, data: bytes, gettext: Gettext) -> None:
    """
    Write a file of a region folder as a whole: whoever looks sees the old one or the new one.

    Raises
    ------
    BadInputError
        When it cannot be written.
    """
    fresh = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        fresh.write_bytes(data)
        os.replace(fresh, path)  # noqa: PTH105 (replaces in one step)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        text = gettext("{file} cannot be written: {why}.")
        raise BadInputError(text.format(file=path, why=error.strerror or str(error))) from error


def _report_lines(report: RoadsReport, region: Region, lang: Language) -> Iterator[str]:
    gettext, graph = lang.gettext, report.graph
    yield gettext("Roads of {name}: {nodes} junctions and ends, {roads} roads between them.").format(
        name=region.name, nodes=graph.node_count, roads=graph.road_count
    )
    for name, km in graph.kilometres_by_class().items():
        yield f"  {name:<16}{km:>10.1f} km"
    yield gettext("Connected both ways: {connected:.1%} of the length. With a speed limit: {limit:.1%}.").format(
        connected=report.connected_share, limit=report.limit_share
    )
    if report.outside:
        text = gettext("Outside what the file covers: {count} of {all} places ({names}).")
        yield text.format(
            count=len(report.outside),
            all=len(report.places),
            names=_names([place.name for place in report.outside]),
        )
    yield from _place_lines(report, region, lang)


def _place_lines(report: RoadsReport, region: Region, lang: Language) -> Iterator[str]:
    gettext, snapped = lang.gettext, report.snapped
    yield gettext("Places on the roads: {count} of {all}.").format(count=len(snapped), all=len(report.places))
    if snapped:
        worst = max(snapped, key=lambda each: each.offset_m)
        text = gettext("From place to road: median {median}, farthest {farthest} ({name}).")
        median = statistics.median(each.offset_m for each in snapped)
        yield text.format(median=_metres(median), farthest=_metres(worst.offset_m), name=worst.place.name)
    for each in report.unreached:
        yield f"  {each.place.name} ({each.place.code}): {_why(each, region, gettext)}"


def _why(each: PlaceOnRoads, region: Region, gettext: Gettext) -> str:
    if each.place.is_boat_only:
        return gettext("reached by boat")
    if each.offset_m == float("inf"):
        return gettext(_NO_ROAD)
    return gettext(_WHY[each.standing]).format(reach=region.roads.reach_km, metres=_metres(each.offset_m))


def _why_no_way(each: PlaceOnRoads, region: Region, gettext: Gettext) -> str:
    """As `_why`, where the roads are a routing engine's, which does not say how far its connected ones are."""
    if each.place.is_boat_only:
        return gettext("reached by boat")
    if each.standing is Standing.APART:
        return gettext("no way there and back from the other places")
    return gettext("no road within {reach:g} km").format(reach=region.roads.reach_km)


def _metres(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"  # noqa: PLR2004 (from a kilometre on)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown}, ..." if len(names) > _MOST_NAMES else shown

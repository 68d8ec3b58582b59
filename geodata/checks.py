"""
Checks across the cells and tables of a region folder: positions, duplicates, references, things that must go together.

They work on values as far as those could be read, so that one fault does not hide another. References into a file
that could not be read are not checked: they would all be told wrong.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from geodata import schema
from geodata.calendar import DayKind
from geodata.errors import N_
from geodata.folder import Tables
from geodata.sites import SiteKind
from geodata.tables import Column, Findings, Row, Values
from geodata.times import RelativeDate
from optimizer.problem import GreatCircle, Location, LocationId

INDONESIA = (94.5, 141.5, -11.5, 6.5)
"""Least and greatest longitude, least and greatest latitude: Sabang to Merauke, Miangas to Rote, with a margin."""
VILLAGE_CODE_DIGITS = 10
LEAST_COAST_POINTS = 2
MOST_TOLD = 5


def check(tables: Tables, findings: Findings) -> None:
    """Tell everything that is wrong between cells and between tables."""
    _check_positions(tables, findings)
    _check_engine(tables.settings["travel"], findings)
    for name, columns, key in (
        ("villages", schema.VILLAGES, "code"),
        ("sites", schema.SITES, "code"),
        ("requests", schema.REQUESTS, "id"),
        ("recurring", schema.RECURRING, "id"),
        ("units", schema.UNITS, "id"),
        ("stock", schema.STOCK, "card"),
        ("days", schema.DAYS, "day"),
    ):
        _check_unique(tables.rows(name), columns, key, findings)
    _check_villages(tables, findings)
    _check_sites(tables, findings)
    _check_places(tables, findings)
    for request in tables.rows("requests"):
        _check_counts(request, findings)
        _check_windows(request, findings)
    for stop in tables.rows("recurring"):
        _check_counts(stop, findings)
        _check_recurring(stop, findings)
    _check_calendar(tables, findings)


def _head(columns: Sequence[Column], name: str) -> str:
    return next(column.head for column in columns if column.name == name)


def _check_positions(tables: Tables, findings: Findings) -> None:
    office = tables.settings["office"]
    located = [office, *tables.rows("villages"), *tables.rows("sites"), *tables.rows("coast")]
    inside = [each for each in located if _is_inside(each, findings)]
    reach_km = tables.settings["region"].values.get("reach_km")
    if reach_km is None or not inside or inside[0] is not office:
        return
    for each in inside[1:]:
        distance_km = _distance_km(office, each)
        if distance_km > reach_km:
            findings.add(
                each.row,
                _head(schema.POINT, "lat"),
                N_("this point lies {distance} km from the office; at most {most} km is believed (jarak_terjauh_km)"),
                distance=round(distance_km),
                most=f"{reach_km:g}",
            )


def _check_engine(travel: Values, findings: Findings) -> None:
    if not {"engine", "url"} <= travel.values.keys():
        return
    engine, url = travel.values["engine"], travel.values["url"]
    is_service = engine is not None and engine.is_service
    if is_service and url is None:
        message = N_("is a service; say where it answers with url, such as http://127.0.0.1:5000")
        findings.add(travel.row, _head(schema.TRAVEL, "engine"), message)
    elif url is not None and not is_service:
        message = N_("is of use only where mesin is osrm or valhalla")
        findings.add(travel.row, _head(schema.TRAVEL, "url"), message)


def _is_inside(each: Values, findings: Findings) -> bool:
    lon, lat = each.values.get("lon"), each.values.get("lat")
    if lon is None or lat is None:
        return False
    if _in_indonesia(lon, lat):
        return True
    head, axis = _head(schema.POINT, "lat"), _head(schema.POINT, "lon")
    if _in_indonesia(lat, lon):
        findings.add(each.row, head, N_("latitude and longitude are swapped: {axis} is {lon}"), axis=axis, lon=lon)
    else:
        findings.add(each.row, head, N_("with {axis} {lon} this point lies outside Indonesia"), axis=axis, lon=lon)
    return False


def _distance_km(one: Values, other: Values) -> float:
    # Pair by pair: all pairs of a hostile file of 20,000 points would fill the memory.
    ends = [Location(LocationId("end"), each.values["lon"], each.values["lat"]) for each in (one, other)]
    return float(GreatCircle(detour_factor=1).between(ends).distance_m[0, 1]) / 1000


def _in_indonesia(lon: float, lat: float) -> bool:
    west, east, south, north = INDONESIA
    return west <= lon <= east and south <= lat <= north


def _check_unique(rows: Iterable[Values], columns: Sequence[Column], key: str, findings: Findings) -> None:
    first: dict[Any, Row] = {}
    for each in rows:
        value = each.values.get(key)
        if value is None:
            continue
        if value in first:
            where = first[value].number or first[value].prefix.rstrip(".")
            findings.add(each.row, _head(columns, key), N_("stands already in row {row}; use it once"), row=where)
        else:
            first[value] = each.row


def _check_villages(tables: Tables, findings: Findings) -> None:
    region_code = tables.settings["region"].values.get("code")
    for each in tables.rows("villages"):
        code = each.values.get("code")
        if code and region_code and not code.startswith(region_code):
            findings.add(
                each.row,
                _head(schema.VILLAGES, "code"),
                N_("is of another regency; codes of this one begin with {code}"),
                code=region_code,
            )
    for name, file, least in (
        ("villages", schema.VILLAGES_FILE, 1),
        ("units", schema.FLEET_FILE, 1),
    ):
        if tables.lists[name] is not None and len(tables.rows(name)) < least:
            findings.add_file(file, N_("holds no row; at least one is needed"))
    codes = _codes(tables, "villages")
    strangers = sorted(set(tables.boundaries or {}) - codes) if codes is not None else []
    if strangers:
        message = N_("has boundaries of villages that are not in {file}: {codes}")
        told = ", ".join(strangers[:MOST_TOLD])
        findings.add_file(schema.BOUNDARIES_FILE, message, file=schema.VILLAGES_FILE, codes=told)
    coast = tables.lists["coast"]
    if coast is not None and len(coast) < LEAST_COAST_POINTS:
        findings.add_file(schema.COAST_FILE, N_("holds no line; at least two points are needed"))


def _check_sites(tables: Tables, findings: Findings) -> None:
    villages = _codes(tables, "villages")
    for each in tables.rows("sites"):
        code = each.values.get("code", "")
        if code.isdigit() and len(code) == VILLAGE_CODE_DIGITS:
            head = _head(schema.SITES, "code")
            findings.add(each.row, head, N_("has ten digits as a village's code; choose another"))
        village = each.values.get("village_code")
        if village and villages is not None and village not in villages:
            findings.add(
                each.row,
                _head(schema.SITES, "village_code"),
                N_("is no village of {file}"),
                file=schema.VILLAGES_FILE,
            )


def _codes(tables: Tables, name: str) -> set[str] | None:
    if tables.lists[name] is None:
        return None
    return {each.values["code"] for each in tables.rows(name) if "code" in each.values}


def _check_places(tables: Tables, findings: Findings) -> None:
    villages, sites = _codes(tables, "villages"), _codes(tables, "sites")
    if villages is None or sites is None:
        return
    for name, columns, key in (
        ("requests", schema.REQUESTS, "place"),
        ("recurring", schema.RECURRING, "place"),
        ("units", schema.UNITS, "base"),
    ):
        for each in tables.rows(name):
            place = each.values.get(key)
            if place and place not in villages | sites:
                findings.add(
                    each.row,
                    _head(columns, key),
                    N_("is no code of {villages} or {sites}"),
                    villages=schema.VILLAGES_FILE,
                    sites=schema.SITES_FILE,
                )
    kinds: dict[str, SiteKind] = dict.fromkeys(villages, SiteKind.VILLAGE_HALL)
    kinds |= {each.values["code"]: each.values["kind"] for each in tables.rows("sites") if _has(each, "code", "kind")}
    for each in tables.rows("requests"):
        if _has(each, "kind", "place") and kinds.get(each.values["place"], each.values["kind"]) != each.values["kind"]:
            findings.add(
                each.row,
                _head(schema.REQUESTS, "kind"),
                N_("does not fit the place; leave it empty, or write: {kind}"),
                kind=_word(kinds[each.values["place"]]),
            )


def _has(each: Values, *names: str) -> bool:
    return all(each.values.get(name) is not None for name in names)


def _word(kind: SiteKind) -> str:
    return next(word for word, each in schema.SITE_KINDS.items() if each is kind)


def _check_counts(each: Values, findings: Findings) -> None:
    names = [column.name for column in schema.COUNTS]
    if not _has(each, *names):
        return
    values = each.values
    recordings = values["record_and_print"] + values["record_only"]
    if recordings + values["child_id_card"] == 0:
        heads = ", ".join(column.head for column in schema.COUNTS if column.name != "outside_domicile")
        findings.add(each.row, "", N_("nobody is to be served; fill in at least one of {heads}"), heads=heads)
    elif values["outside_domicile"] > recordings:
        findings.add(
            each.row,
            _head(schema.COUNTS, "outside_domicile"),
            N_("counts part of those to be recorded, so at most {most}"),
            most=recordings,
        )


def _check_windows(request: Values, findings: Findings) -> None:
    starts, ends = request.values.get("hours_from"), request.values.get("hours_to")
    if starts is None or ends is None:
        return
    if len(starts) != len(ends) or any(start >= end for start, end in zip(starts, ends, strict=False)):
        findings.add(
            request.row,
            _head(schema.REQUESTS, "hours_to"),
            N_("must hold one later time for each time of {head}"),
            head=_head(schema.REQUESTS, "hours_from"),
        )


def _check_recurring(stop: Values, findings: Findings) -> None:
    values, head = stop.values, _head(schema.RECURRING, "hours_to")
    start, end = values.get("hours_from"), values.get("hours_to")
    are_hours = start < end if start is not None and end is not None else start is None and end is None
    if {"hours_from", "hours_to"} <= values.keys() and not are_hours:
        other = _head(schema.RECURRING, "hours_from")
        findings.add(stop.row, head, N_("must be later than {head}, or both empty"), head=other)
    first, last = values.get("valid_from"), values.get("valid_to")
    are_alike = isinstance(first, RelativeDate) == isinstance(last, RelativeDate)
    if first is not None and last is not None and are_alike and last < first:
        findings.add(stop.row, _head(schema.RECURRING, "valid_to"), N_("lies before the first day of the rule"))


def _check_calendar(tables: Tables, findings: Findings) -> None:
    for each in tables.rows("days"):
        if each.values.get("kind") is DayKind.WORKING_DAY and each.values.get("reason") == "":
            head = _head(schema.DAYS, "reason")
            findings.add(each.row, head, N_("is empty; a day off that is worked needs a reason"))
    for name in ("hours", "ramadan_hours"):
        season = tables.settings[name]
        for work, pause in (("mon_thu", "lunch"), ("friday", "prayer")):
            if _has(season, work, pause) and not (
                season.values[work].start <= season.values[pause].start
                and season.values[pause].end <= season.values[work].end
            ):
                head = _head(schema.OFFICE_HOURS, pause)
                findings.add(season.row, head, N_("must lie within {head}"), head=_head(schema.OFFICE_HOURS, work))

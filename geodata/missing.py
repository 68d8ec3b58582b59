"""What a region folder still lacks before a plan made from it can be trusted; never filled in by guess."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from geodata import schema
from geodata.errors import N_, Finding
from geodata.folder import read_tables
from geodata.tables import Findings, Values

ASSUMED_MARK: Final = "ISI:"
"""Begins a note in a new folder's file that stands for something which the office must say itself."""


def list_missing(folder: Path) -> tuple[Finding, ...]:
    """What is missing, as one finding a kind, in the order in which it stands in the way of a plan."""
    tables = read_tables(folder, Findings())
    missing = Findings()
    villages = tables.rows("villages")
    without_point = [each for each in villages if _text(each, "lintang") == "" or _text(each, "bujur") == ""]
    if without_point:
        missing.add_file(
            schema.VILLAGES_FILE,
            N_("no point for {count} of {all} villages: {names}"),
            count=len(without_point),
            all=len(villages),
            names=_by_district(without_point),
        )
    office = tables.settings["office"].values
    if office.get("lat") is None or office.get("lon") is None:
        missing.add_file(schema.REGION_FILE, N_("no point of the office: lintang and bujur under [kantor]"))
    if str(office.get("address", "")).startswith(ASSUMED_MARK):
        missing.add_file(schema.REGION_FILE, N_("no address of the office: alamat under [kantor]"))
    uncounted = [each for each in villages if each.values.get("unrecorded") is None]
    if uncounted:
        missing.add_file(
            schema.VILLAGES_FILE,
            N_(
                "people still to be recorded (belum_rekam) not known for {count} of {all} villages; "
                "{estimated} of them are estimated from their population (penduduk)"
            ),
            count=len(uncounted),
            all=len(villages),
            estimated=sum(each.values.get("population") is not None for each in uncounted),
        )
    if not tables.rows("sites"):
        missing.add_file(schema.SITES_FILE, N_("no school and no other site"))
    if any(str(each.values.get("note", "")).startswith(ASSUMED_MARK) for each in tables.rows("units")):
        missing.add_file(schema.FLEET_FILE, N_("the unit is assumed; write your own units, kits and stock"))
    return tuple(missing.found)


def _text(each: Values, head: str) -> str:
    return each.row.cells.get(head, "").strip()


def _by_district(villages: list[Values]) -> str:
    districts: dict[str, list[str]] = defaultdict(list)
    for each in villages:
        districts[str(each.values.get("district", "?"))].append(str(each.values.get("name", "?")))
    return "; ".join(f"{district}: {', '.join(names)}" for district, names in districts.items())

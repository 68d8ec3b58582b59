"""Rows about schools and other hosts, and named points of any kind -> sites, village halls and the office."""

import re
from collections import Counter
from typing import Final

from geodata.errors import N_
from geodata.importing.draft import SAME_M, Draft, distance_m, point_cells, site_key
from geodata.importing.found import FoundRow, FoundTable
from geodata.importing.places import KnownVillage, Mismatch
from geodata.importing.points import ReadPoint, judge_outliers, judge_place, read_point
from geodata.importing.report import Outcome, SourceLog
from geodata.importing.village_rows import is_office, take_office, take_point
from geodata.importing.words import fold_village, hall_of, read_code, read_count

SITE_FAR_M: Final = 1_500.0
"""A school this far outside the village of its address is not believed to be there."""
_MAP_MARGIN_M = 1_000.0
_NPSN = re.compile(r"[A-Z0-9][0-9]{7}")
_END = "(?![a-z'`\u2018\u2019\u02bc])"
"""A number may follow (``SMAN1``), but nothing that makes it another word: Ma'arif is no Madrasah Aliyah."""
_BORROWED = "Titik desanya"
"""What the note of a site says that stands at its village's point."""
_KINDS: Final = (
    ("SLB", re.compile(r"(?i)\bslb")),
    ("SMK", re.compile(r"(?i)\bsmk")),
    ("SMA", re.compile(rf"(?i)\b(?:sma|smu)(?:[ns]|it|lb)?{_END}")),
    ("MA", re.compile(rf"(?i)(?:\bma|^ma[ns]){_END}|madrasah aliyah")),
    ("SMP", re.compile(rf"(?i)\bsmp(?:[ns]|it)?{_END}")),
    ("MTS", re.compile(rf"(?i)\bmts[ns]?{_END}|tsanawiyah")),
    ("SD", re.compile(rf"(?i)\bsd(?:[ns]|it)?{_END}|sekolah dasar")),
    ("MI", re.compile(rf"(?i)(?:\bmi|^mi[ns]){_END}|ibtidaiyah")),
    ("TK", re.compile(rf"(?i)(?:\b(?:tk|paud)|^(?:ra|kb)){_END}|taman kanak")),
    ("pesantren", re.compile(r"(?i)pesantren|ponpes")),
    ("panti_asuhan", re.compile(r"(?i)panti asuhan")),
    ("pasar", re.compile(r"(?i)^pasar\b")),
    ("puskesmas", re.compile(r"(?i)puskesmas")),
    ("lapas", re.compile(r"(?i)\blapas\b|lembaga pemasyarakatan")),
    ("rutan", re.compile(r"(?i)\brutan\b")),
)


def take_sites(table: FoundTable, draft: Draft, log: SourceLog) -> None:
    """Take schools: by NPSN, else by name and village; a school without a known village is told and not taken."""
    points = [read_point(row.cells) for row in table.rows]
    judge_outliers(points, draft.ground)
    is_map = any("osm" in row.cells for row in table.rows)
    if is_map and not draft.shapes:
        log.note(N_("schools of a map can only be placed by boundaries; import those first"))
        return
    seen: set[str] = set()
    others = 0
    for row, point in zip(table.rows, points, strict=True):
        if is_map and (point.lonlat is None or draft.ground.holder(*point.lonlat) is None):
            others += 1  # a map reaches beyond the regency
        else:
            _take_site(row, point, draft, log, seen)
    if others:
        log.note(N_("{count} points are of no village of this regency for certain"), count=others)


def take_marks(table: FoundTable, draft: Draft, log: SourceLog) -> None:
    """Take named points: the office, schools, halls and villages, each by its name."""
    points = [read_point(row.cells) for row in table.rows]
    judge_outliers(points, draft.ground)
    seen: set[str] = set()
    for row, point in zip(table.rows, points, strict=True):
        name = row.cells.get("name", "")
        if not name:
            log.add(row.number, Outcome.REFUSED, "", N_("has no name"))
        elif point.lonlat is None:
            for message, params in point.remarks or [(N_("has no point"), {})]:
                log.add(row.number, Outcome.REFUSED, name, message, **params)
        elif is_office(name):
            take_office(row.number, point, draft, log)
        elif kind_of(name) is not None and not draft.index.is_name(name):
            site = FoundRow(row.number, {**row.cells, "school": name})
            _take_site(site, point, draft, log, seen)
        else:
            _take_mark(row, point, draft, log)


def _take_mark(row: FoundRow, point: ReadPoint, draft: Draft, log: SourceLog) -> None:
    name = row.cells.get("name", "")
    village = draft.index.find({"name": hall_of(name) or name}, draft.ground, point.lonlat)
    if isinstance(village, Mismatch):
        log.add(row.number, Outcome.REFUSED, name, village.message, **village.params)
        return
    take_point(row, village, point, draft, log)


def take_map_places(table: FoundTable, draft: Draft, log: SourceLog) -> None:
    """
    Take points of villages and their halls from a public map.

    A map knows no codes and reaches beyond the regency, so a name alone proves nothing: a point counts only inside the
    boundary of the village of its name, or, without boundaries, near known points and with a name borne once.
    """
    bounds = draft.ground.bounds()
    if bounds is None:
        log.note(N_("points of a map can only be placed by boundaries or points; import those first"))
        return
    west, south, east, north = bounds
    names = Counter(_map_key(row) for row in table.rows)
    others = 0
    # Halls go before middles, whatever the order of the file.
    for row in sorted(table.rows, key=lambda each: "centre" in each.cells):
        point, name = read_point(row.cells), row.cells.get("name", "")
        hall = hall_of(name)
        is_here = point.lonlat is not None and west <= point.lonlat[0] <= east and south <= point.lonlat[1] <= north
        if not is_here or ("centre" not in row.cells and hall is None):
            others += 1
            continue
        village = draft.index.find({"name": hall or name}, draft.ground, point.lonlat)
        if isinstance(village, Mismatch) or not _is_certain(village, point, names[_map_key(row)], draft):
            others += 1
            continue
        take_point(row, village, point, draft, log)
    if others:
        log.note(N_("{count} points are of no village of this regency for certain"), count=others)


def _map_key(row: FoundRow) -> str:
    name = row.cells.get("name", "")
    return fold_village(hall_of(name) or name)


def _is_certain(village: KnownVillage, point: ReadPoint, bearers: int, draft: Draft) -> bool:
    assert point.lonlat is not None
    beyond_m = draft.ground.beyond_m(village.code, *point.lonlat)
    return bearers == 1 and not draft.shapes if beyond_m is None else beyond_m <= _MAP_MARGIN_M


def kind_of(name: str, level: str = "") -> str | None:
    """The kind of a site, as the folder writes it, by its level or else its name; None where neither says it."""
    return next((kind for text in (level, name) for kind, pattern in _KINDS if text and pattern.search(text)), None)


def _take_site(row: FoundRow, point: ReadPoint, draft: Draft, log: SourceLog, seen: set[str]) -> None:
    cells = row.cells
    name = cells.get("school") or cells.get("name", "")
    kind = kind_of(name, cells.get("level", ""))
    if _hides_number(name):
        message = N_("looks like an identity number (NIK or KK); people are counted here, never named")
        log.add(row.number, Outcome.REFUSED, name, message)
        return
    if not name or kind is None:
        log.add(row.number, Outcome.REFUSED, name, N_("has no level (SMA, SMK, MA ...) that is known"))
        return
    village = _village_of(row, point, draft)
    if isinstance(village, Mismatch):
        log.add(row.number, Outcome.REFUSED, name, village.message, **village.params)
        return
    judge_place(point, village.code, draft.ground, SITE_FAR_M)
    for message, params in point.remarks:
        log.add(row.number, Outcome.SUSPECT, name, message, **params)
    code = _code_of(row, name, village, point, draft)
    if code in seen:
        log.add(row.number, Outcome.REFUSED, name, N_("stands in this file already ({code})"), code=code)
        return
    seen.add(code)
    old = draft.sites.get(code)
    new = {} if old is not None else _new_cells(name, kind, village)
    pupils = read_count(cells.get("pupils", ""))
    if pupils is not None:
        new["siswa"] = str(pupils)
    if not _add_point(new, point, village, None if old is None else old.cells):
        log.add(row.number, Outcome.REFUSED, name, N_("has no point, and neither has its village"))
        return
    before = draft.set_site(code, new)
    if before is None:
        log.add(row.number, Outcome.ADDED, f"{name} ({code})")
    elif before:
        changes = ", ".join(f"{head} {text or '-'} -> {new[head]}" for head, text in before.items())
        log.add(row.number, Outcome.CHANGED, f"{name} ({code})", "{changes}", changes=changes)
    else:
        log.add(row.number, Outcome.MATCHED, f"{name} ({code})")


def _hides_number(name: str) -> bool:
    """Whether an identity number was struck out of a name, so that it names nobody."""
    return "#" * 16 in name


def _new_cells(name: str, kind: str, village: KnownVillage) -> dict[str, str]:
    code = village.code
    return {"nama": name, "jenis": kind, "kode_desa": f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}"}


def _add_point(new: dict[str, str], point: ReadPoint, village: KnownVillage, known: dict[str, str] | None) -> bool:
    """Add the cells of a site's point; whether it has one now."""
    old = known or {}
    lat, lon = old.get("lintang", ""), old.get("bujur", "")
    has_exact = bool(lat and lon) and old.get("titik_perkiraan", "").casefold() not in {"ya", "y"}
    if point.lonlat is not None:
        own = read_point({"lat": lat, "lon": lon}).lonlat if has_exact else None
        if own is None or distance_m(own, point.lonlat) > SAME_M:
            new |= point_cells(point.lonlat, is_approximate=False)
            new |= {"catatan": ""} if old.get("catatan") == _BORROWED else {}
        return True
    if known is not None:
        return True
    if village.point is None:
        return False
    new |= point_cells(village.point, is_approximate=True)
    new["catatan"] = _BORROWED
    return True


def _village_of(row: FoundRow, point: ReadPoint, draft: Draft) -> KnownVillage | Mismatch:
    named = {name: row.cells[name] for name in ("code", "village", "district") if name in row.cells}
    if read_code(named.get("code", "")) is None:
        named.pop("code", None)  # of an area as the ministry of education codes them, if of any
    holder = None if point.lonlat is None else draft.ground.holder(*point.lonlat)
    if "code" not in named and "village" not in named:
        if holder is not None:
            return draft.index.by_code[holder]
        return Mismatch(N_("names no village, and no boundary tells in which it lies"))
    found = draft.index.find(named, draft.ground, point.lonlat)
    if isinstance(found, Mismatch) and holder is not None:
        return draft.index.by_code[holder]
    return found


def _code_of(row: FoundRow, name: str, village: KnownVillage, point: ReadPoint, draft: Draft) -> str:
    """A known NPSN, else the code of a site of that name there, else NPSN, the map's number, one made of the name."""
    npsn = re.sub(r"\.0+$", "", row.cells.get("npsn", "").strip(" '`\u2018\u2019")).upper()
    is_npsn = _NPSN.fullmatch(npsn) is not None
    if is_npsn and npsn in draft.sites:
        return npsn
    for code, site in draft.sites.items():
        if site_key(site.cells.get("nama", "")) != site_key(name) or (is_npsn and _NPSN.fullmatch(code)):
            continue  # schools with two numbers are two, whatever they are called
        if site.cells.get("kode_desa", "").replace(".", "") == village.code:
            return code
        if point.lonlat is not None and site.point is not None and distance_m(site.point, point.lonlat) < SITE_FAR_M:
            return code
    if is_npsn:
        return npsn
    if "osm" in row.cells:
        return f"OSM-{row.cells['osm']}"
    return (re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-")[:30] or "S") + "-" + village.code[-6:]

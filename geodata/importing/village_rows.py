"""Rows about villages -> boundaries, points and numbers of the folder's villages."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import median
from types import MappingProxyType

import shapely
from shapely.geometry.base import BaseGeometry

from geodata.checks import INDONESIA
from geodata.errors import N_
from geodata.importing.draft import SAME_M, Draft, distance_m, point_cells
from geodata.importing.found import FoundRow, FoundTable
from geodata.importing.places import KnownVillage, Mismatch
from geodata.importing.points import FAR_M, ReadPoint, judge_outliers, judge_place, judge_together, read_point
from geodata.importing.report import Outcome, SourceLog
from geodata.importing.words import read_count

MOST_DEG = 3.0
"""Widest boundary of a village in degrees; the largest, in Papua and in the seas of Maluku, stay below."""
_FAR_BOUNDARY_M = 60_000.0
_OFFICE = re.compile(r"(?i)\b(?:disdukcapil|dukcapil|dinas kependudukan|catatan sipil)\b")
_ACCESS = {
    "perahu": re.compile(r"(?i)perahu|kapal|laut|sungai|boat|air\b|ferry|feri|ketinting|klotok"),
    "motor": re.compile(r"(?i)motor|roda ?(?:2|dua)"),
    "mobil": re.compile(r"(?i)mobil|darat|roda ?(?:4|empat)|truk|aspal"),
}
_DENIAL = re.compile(r"(?i)\b(?:tidak|tak|bukan|tanpa|belum)\b")
_COUNTS = {"population": "penduduk", "unrecorded": "belum_rekam"}


def take_boundaries(table: FoundTable, draft: Draft, log: SourceLog) -> FoundTable:
    """Take the boundaries of a table; returns it without the rows that must not be taken at all."""
    parts: dict[str, list[FoundRow]] = defaultdict(list)
    for row in table.rows:
        if row.geometry is None:
            continue
        village = draft.index.find(row.cells, draft.ground, None)
        if isinstance(village, KnownVillage):  # others are refused with the rest of their row
            parts[village.code].append(row)
    shapes = {code: _whole(rows) for code, rows in parts.items()}
    middle, most_m = _usual_place(shape for code, shape in shapes.items() if len(parts[code]) == 1)
    refused: set[int] = set()
    for code, rows in parts.items():
        reason = _doubt(shapes[code], rows, middle, most_m)
        if reason is None:
            _take_boundary(shapes[code], rows, draft.index.by_code[code], draft, log)
            continue
        for row in rows:
            log.add(row.number, Outcome.REFUSED, draft.index.by_code[code].told(), reason)
        refused.update(row.number for row in rows)
    _tell_overlaps(parts, draft, log)
    return replace(table, rows=tuple(row for row in table.rows if row.number not in refused))


def _whole(rows: Sequence[FoundRow]) -> BaseGeometry:
    shapes = [shapely.from_wkb(row.geometry) for row in rows if row.geometry is not None]
    return shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)


def _usual_place(shapes: Iterable[BaseGeometry]) -> tuple[tuple[float, float], float]:
    """The middle of most boundaries, and how far from it others can be believed to lie, in metres."""
    centres = [(shape.centroid.x, shape.centroid.y) for shape in shapes if _can_be_village(shape)]
    if not centres:
        return (0.0, 0.0), 0.0
    middle = (median(lon for lon, _ in centres), median(lat for _, lat in centres))
    return middle, max(_FAR_BOUNDARY_M, 6 * median(distance_m(middle, each) for each in centres))


def _doubt(shape: BaseGeometry, rows: Sequence[FoundRow], middle: tuple[float, float], most_m: float) -> str | None:
    """Why a boundary is not believed; None where it is."""
    if not _can_be_village(shape):
        return N_("the boundary is too large for a village or lies outside Indonesia")
    if all("code" in row.cells for row in rows):
        return None
    if len(rows) > 1 and not all("district" in row.cells for row in rows):
        return N_("several boundaries bear this name alone; give the code or the kecamatan")
    # A file of a province has many a village of a name that this regency has once.
    if distance_m(middle, (shape.centroid.x, shape.centroid.y)) > most_m:
        return N_("the boundary of this name lies far from all others; give the code")
    return None


def _take_boundary(
    shape: BaseGeometry, rows: Sequence[FoundRow], village: KnownVillage, draft: Draft, log: SourceLog
) -> None:
    for row in rows:
        if "repaired" in row.cells:
            message = N_("the boundary was invalid ({reason}) and was repaired")
            log.add(row.number, Outcome.SUSPECT, village.told(), message, reason=row.cells["repaired"])
    is_other = draft.set_boundary(village.code, shape)
    if is_other is None:
        log.add(rows[0].number, Outcome.ADDED, village.told(), N_("boundary"))
    elif is_other:
        log.add(rows[0].number, Outcome.CHANGED, village.told(), N_("boundary"))


def _can_be_village(shape: BaseGeometry) -> bool:
    west, south, east, north = shape.bounds
    least_lon, most_lon, least_lat, most_lat = INDONESIA
    is_inside = least_lon <= west and east <= most_lon and least_lat <= south and north <= most_lat
    return is_inside and max(east - west, north - south) <= MOST_DEG


def _tell_overlaps(parts: Mapping[str, Sequence[FoundRow]], draft: Draft, log: SourceLog) -> None:
    """Two villages with the same boundary: one of them has the other's."""
    seen: dict[bytes, str] = {}
    for code, rows in parts.items():
        key = rows[0].geometry
        if key in seen:
            message = N_("has the same boundary as {other}")
            other = draft.index.by_code[seen[key]].told()
            log.add(rows[0].number, Outcome.SUSPECT, draft.index.by_code[code].told(), message, other=other)
        elif key is not None:
            seen[key] = code


def take_villages(table: FoundTable, draft: Draft, log: SourceLog) -> None:
    """Take points and numbers of villages from a table whose boundaries, if any, are in the draft."""
    matched: list[tuple[FoundRow, KnownVillage, ReadPoint]] = []
    for row in table.rows:
        point = read_point(row.cells)
        name = row.cells.get("village") or row.cells.get("name", "")
        if is_office(name) and point.lonlat is not None:
            take_office(row.number, point, draft, log)
            continue
        village = draft.index.find(row.cells, draft.ground, point.lonlat)
        if isinstance(village, Mismatch):
            log.add(row.number, Outcome.REFUSED, name, village.message, **village.params)
        else:
            matched.append((row, village, point))
    kept = _without_conflicts(matched, log)
    points = [point for _, _, point in kept]
    judge_together(points, [village.code for _, village, _ in kept])
    judge_outliers(points, draft.ground)
    for row, village, point in kept:
        _take_row(row, village, point, draft, log)


def is_office(name: str) -> bool:
    """Whether a name is that of the civil registry office."""
    return _OFFICE.search(name) is not None


def take_office(number: int, point: ReadPoint, draft: Draft, log: SourceLog) -> None:
    """Take the point of the office."""
    assert point.lonlat is not None
    if draft.office is None:
        log.add(number, Outcome.ADDED, "", N_("point of the office"))
        draft.office = point.lonlat
    elif distance_m(draft.office, point.lonlat) > SAME_M:
        away_m = round(distance_m(draft.office, point.lonlat))
        log.add(number, Outcome.CHANGED, "", N_("point of the office, moved by {metres} m"), metres=away_m)
        draft.office = point.lonlat
    else:
        log.add(number, Outcome.MATCHED)


def _without_conflicts(
    matched: Sequence[tuple[FoundRow, KnownVillage, ReadPoint]], log: SourceLog
) -> list[tuple[FoundRow, KnownVillage, ReadPoint]]:
    by_village: dict[str, list[tuple[FoundRow, KnownVillage, ReadPoint]]] = defaultdict(list)
    for each in matched:
        by_village[each[1].code].append(each)
    kept = []
    for group in by_village.values():
        first, *others = group
        said = {_said(row, point) for row, _, point in group}
        for row, village, _ in others if len(said) == 1 else group:
            if len(said) > 1:
                rows = ", ".join(str(each.number) for each, _, _ in group)
                message = N_("rows {rows} are all of this village and differ; none was taken")
                log.add(row.number, Outcome.REFUSED, village.told(), message, rows=rows)
            elif row.geometry is None:
                message = N_("says the same as row {other}")
                log.add(row.number, Outcome.SUSPECT, village.told(), message, other=first[0].number)
        if len(said) == 1:
            kept.append(first)
    return kept


def _said(row: FoundRow, point: ReadPoint) -> tuple[object, ...]:
    counts = ("population", "eligible", "recorded", "unrecorded", "access")
    return (point.lonlat, *(row.cells.get(name) for name in counts))


def _take_row(row: FoundRow, village: KnownVillage, point: ReadPoint, draft: Draft, log: SourceLog) -> None:
    if not {"code", "district"} & row.cells.keys() and point.lonlat is not None:
        outside_m = draft.ground.beyond_m(village.code[:4], *point.lonlat)
        if outside_m is not None and outside_m > FAR_M:
            message = N_("bears the name of {village}, but lies {km} km outside the regency")
            km = f"{outside_m / 1000:.1f}"
            log.add(row.number, Outcome.REFUSED, village.name, message, village=village.told(), km=km)
            return
    cells = _counts(row, village, log)
    if "access" in row.cells:
        ways = [way for way, pattern in _ACCESS.items() if pattern.search(row.cells["access"])]
        if ways and not _DENIAL.search(row.cells["access"]):
            cells["akses"] = ";".join(ways)
        else:
            message = N_("access '{access}' is not understood; write mobil, motor or perahu")
            log.add(row.number, Outcome.SUSPECT, village.told(), message, access=row.cells["access"])
    take_point(row, village, point, draft, log, cells)


def take_point(
    row: FoundRow,
    village: KnownVillage,
    point: ReadPoint,
    draft: Draft,
    log: SourceLog,
    cells: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Take the point of a village, where its boundary allows it, with other cells of its row."""
    judge_place(point, village.code, draft.ground)
    for message, params in point.remarks:
        log.add(row.number, Outcome.SUSPECT, village.told(), message, **params)
    if point.lonlat is not None:
        cells = {**cells, **_new_point(village, point.lonlat, is_approximate="centre" in row.cells)}
    _tell_changes(row.number, village, draft.set_village(village, cells), log)


def _new_point(village: KnownVillage, point: tuple[float, float], *, is_approximate: bool) -> dict[str, str]:
    """Cells of a point that is new for a village; none where the one that it has is as good."""
    if village.point is not None and (is_approximate or distance_m(village.point, point) <= SAME_M):
        return {}  # at the middle of a village, an office's point is most likely that middle too
    return point_cells(point, is_approximate=is_approximate)


def _tell_changes(number: int, village: KnownVillage, before: Mapping[str, str], log: SourceLog) -> None:
    """Report what changed in a village's row: added where nothing stood, changed where something did, else matched."""
    told = {head: text for head, text in before.items() if head not in {"titik_perkiraan", "perkiraan"}}
    added = [head for head, text in told.items() if not text]
    changed = [f"{head} {text} -> {village.cells[head]}" for head, text in told.items() if text]
    if added:
        log.add(number, Outcome.ADDED, village.told(), "{changes}", changes=", ".join(added))
    if changed:
        log.add(number, Outcome.CHANGED, village.told(), "{changes}", changes=", ".join(changed))
    if not told:
        log.add(number, Outcome.MATCHED, village.told())


def _counts(row: FoundRow, village: KnownVillage, log: SourceLog) -> dict[str, str]:
    """Numbers of people, as cells; those that contradict one another are told and not taken."""
    counts: dict[str, int] = {}
    for name in ("population", "eligible", "recorded", "unrecorded"):
        if name not in row.cells:
            continue
        value = read_count(row.cells[name])
        if value is None:
            message = N_("'{value}' is no number of people")
            log.add(row.number, Outcome.SUSPECT, village.told(), message, value=row.cells[name][:30])
        else:
            counts[name] = value
    if "unrecorded" not in counts and {"eligible", "recorded"} <= counts.keys():
        counts["unrecorded"] = counts["eligible"] - counts["recorded"]
    most = min(counts.get("population", 10**6), counts.get("eligible", 10**6))
    if not 0 <= counts.get("unrecorded", 0) <= most:
        message = N_("people still to be recorded ({count}) do not fit the other numbers of the row; not taken")
        log.add(row.number, Outcome.SUSPECT, village.told(), message, count=counts.pop("unrecorded"))
    cells = {head: str(counts[name]) for name, head in _COUNTS.items() if name in counts}
    # The folder has one mark for both numbers; the one that plans are made of decides.
    return cells | ({"perkiraan": "tidak"} if "belum_rekam" in cells else {})


def fill_points(draft: Draft, log: SourceLog) -> None:
    """Give villages without a point the middle of their boundary, marked approximate."""
    for village in draft.index.villages:
        shape = draft.shapes.get(village.code)
        if village.point is not None or shape is None:
            continue
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        middle = largest.centroid if largest.contains(largest.centroid) else largest.representative_point()
        draft.set_village(village, point_cells((middle.x, middle.y), is_approximate=True))
        log.add(
            0,
            Outcome.ADDED,
            village.told(),
            N_("middle of the village as its point, approximate"),
        )

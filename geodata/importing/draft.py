"""A region folder while an import changes it: in memory, until all of it is written at once."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from geodata import schema
from geodata.boundaries import boundary_shape, read_boundaries, write_boundaries
from geodata.errors import N_, RegionFolderError
from geodata.folder import read_tables
from geodata.importing.places import Ground, KnownVillage, VillageIndex
from geodata.importing.words import fold_village, read_count, read_degrees
from geodata.tables import Findings
from geodata.writing import CsvFile, change_folder, set_toml_values
from optimizer.problem import GreatCircle, Location, LocationId

SAME_M: Final = 30.0
"""Points nearer than this are the same: within what a phone tells."""
_SAME_AREA: Final = 0.02
_STEP_KM: Final = 10
Point = tuple[float, float]


@dataclass(slots=True)
class KnownSite:
    """A site of the folder: its row in the file and its cells, by head."""

    place: int | None
    cells: dict[str, str] = field(default_factory=dict)

    @property
    def point(self) -> Point | None:
        """Lon, lat; None where they cannot be read."""
        return _point(self.cells)


class Draft:
    """
    The tables of a folder as an import changes them.

    Parameters
    ----------
    folder
        A region folder; it may lack points, but its region and its list of villages must be there.

    Raises
    ------
    RegionFolderError
        When they are not.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        findings = Findings()
        tables = read_tables(folder, findings)
        region = tables.settings["region"].values
        if not tables.rows("villages") or "code" not in region or "name" not in region:
            # Faults of single cells, such as missing points, are what imports are for.
            first = next(iter(findings.in_order((schema.REGION_FILE, schema.VILLAGES_FILE))), None)
            raise RegionFolderError(
                N_("{folder} is no region folder that can be imported into: {problem}"),
                folder=folder.name,
                problem=first.text(str) if first else "-",
            )
        self.code, self.name = str(region["code"]), str(region["name"])
        self._reach_km = float(region.get("reach_km") or 0)
        self._old = {
            name: _content(folder, name) for name in (schema.REGION_FILE, schema.VILLAGES_FILE, schema.SITES_FILE)
        }
        self._villages = CsvFile(self._old[schema.VILLAGES_FILE] or b"kode\n")
        heading = ",".join(column.head for column in schema.SITES).encode() + b"\n"
        self._sites = CsvFile(self._old[schema.SITES_FILE] or heading)
        self._no_site = heading if self._old[schema.SITES_FILE] is None else None
        self.index = VillageIndex(_known(place, cells) for place, cells in self._villages.rows() if "kode" in cells)
        self.sites = {cells.get("kode", ""): KnownSite(place, cells) for place, cells in self._sites.rows()}
        office = tables.settings["office"].values
        self._old_office = (
            (office["lon"], office["lat"]) if None not in (office.get("lon"), office.get("lat")) else None
        )
        self.office = self._old_office
        path = folder / schema.BOUNDARIES_FILE
        found = read_boundaries(path, findings) if path.exists() else None
        self._old_shapes = {code: boundary_shape(each) for code, each in (found or {}).items()}
        self.shapes: dict[str, BaseGeometry] = {
            code: shape for code, shape in self._old_shapes.items() if code in self.index.by_code
        }
        self.ground = self._new_ground()

    def _new_ground(self) -> Ground:
        points = [village.point for village in self.index.villages if village.point is not None]
        return Ground(self.shapes, [*points, *([self.office] if self.office else [])])

    def renew_ground(self) -> None:
        """Judge by the boundaries and points as they are by now."""
        self.ground = self._new_ground()

    def set_boundary(self, code: str, shape: BaseGeometry) -> bool | None:
        """Take a boundary; None when there was none, else whether it differs from the old one by more than drawing."""
        old = self.shapes.get(code)
        # Kept boundaries are simplified: the very file that they came from must not count as a change.
        if old is not None and shapely.symmetric_difference(old, shape).area <= _SAME_AREA * shape.area:
            return False
        self.shapes[code] = shape
        return None if old is None else True

    def set_village(self, village: KnownVillage, cells: Mapping[str, str]) -> dict[str, str]:
        """Set cells of a village's row by head; those that changed, with what stood there before."""
        before = _differing(village.cells, cells)
        changed = {head: cells[head] for head in before}
        if changed:
            self._villages.set(village.place, changed)
            village.cells.update(changed)
            village.point = _point(village.cells)
        return before

    def set_site(self, code: str, cells: Mapping[str, str]) -> dict[str, str] | None:
        """Set cells of a site's row by head; None for a new site, else those that changed, as `set_village` tells."""
        site = self.sites.get(code)
        if site is None:
            row = {"kode": code, **cells}
            self._sites.add(row)
            self.sites[code] = KnownSite(self._sites.rows()[-1][0], row)
            return None
        before = _differing(site.cells, cells)
        if before:
            assert site.place is not None
            self._sites.set(site.place, {head: cells[head] for head in before})
            site.cells.update({head: cells[head] for head in before})
        return before

    def needed_reach_km(self) -> float | None:
        """How far from the office points must be believed for all of them to be; None where the folder's reach does."""
        villages = [village.point for village in self.index.villages]
        points = [point for point in (*villages, *(site.point for site in self.sites.values())) if point is not None]
        if self.office is None or not points or not self._reach_km:
            return None
        farthest_km = max(distance_m(self.office, point) for point in points) / 1000
        if farthest_km <= self._reach_km:
            return None
        return float(_STEP_KM * (math.floor(farthest_km / _STEP_KM) + 1))

    def changed_files(self) -> dict[str, bytes]:
        """The files that differ from those in the folder, by name."""
        files = {schema.VILLAGES_FILE: self._villages.content(), schema.SITES_FILE: self._sites.content()}
        region = text = (self._old[schema.REGION_FILE] or b"").decode("utf-8-sig")
        reach_km = self.needed_reach_km()
        if reach_km is not None:
            region = set_toml_values(region, "", {"jarak_terjauh_km": reach_km})
        if self.office is not None and self.office != self._old_office:
            region = set_toml_values(region, "kantor", {"lintang": self.office[1], "bujur": self.office[0]})
        if region != text:
            files[schema.REGION_FILE] = region.encode()
        if files[schema.SITES_FILE] == self._no_site:
            del files[schema.SITES_FILE]
        changed = {name: content for name, content in files.items() if content != self._old[name]}
        if self.shapes != self._old_shapes:
            names = {village.code: village.name for village in self.index.villages}
            boundaries = write_boundaries(self.shapes, names, self.ground.utm)
            if boundaries != _content(self.folder, schema.BOUNDARIES_FILE):
                changed[schema.BOUNDARIES_FILE] = boundaries
        return changed

    def write(self, files: Mapping[str, bytes]) -> None:
        """
        Put the files into the folder, all or none.

        Raises
        ------
        RegionFolderError
            When the folder cannot be written; it is as it was then.
        """
        change_folder(self.folder, files)


def distance_m(one: Point, other: Point) -> float:
    """Metres between two points along the great circle."""
    ends = [Location(LocationId("end"), lon, lat) for lon, lat in (one, other)]
    return float(GreatCircle(detour_factor=1).between(ends).distance_m[0, 1])


def point_cells(point: Point, *, is_approximate: bool) -> dict[str, str]:
    """A point as cells of a row."""
    lon, lat = point
    return {"lintang": f"{lat:.5f}", "bujur": f"{lon:.5f}", "titik_perkiraan": "ya" if is_approximate else "tidak"}


@cache
def site_key(name: str) -> str:
    """A key that the spellings of one school's name share: ``SMA Negeri 1 Talawi`` and ``SMAN 1 Talawi``."""
    words = re.sub(r"\bnegeri\b", "n", re.sub(r"\bswasta\b", "s", name.casefold()))
    return fold_village(re.sub(r"\b(sma|smk|ma|smp|mts|sd|mi|slb|tk) +([ns])\b", r"\1\2", words))


def _content(folder: Path, name: str) -> bytes | None:
    path = folder / name
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """What stands in those old cells that the new ones change; 1.240 people are 1240."""
    stood = {head: old.get(head, "") for head in new}
    return {
        head: text
        for head, text in stood.items()
        if text != new[head] and (read_count(text) is None or read_count(text) != read_count(new[head]))
    }


def _known(place: int, cells: dict[str, str]) -> KnownVillage:
    code = cells["kode"].replace(".", "")
    return KnownVillage(code, cells.get("nama", ""), cells.get("kecamatan", ""), place, cells, _point(cells))


def _point(cells: Mapping[str, Any]) -> Point | None:
    lat, lon = read_degrees(cells.get("lintang", "")), read_degrees(cells.get("bujur", ""))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004 (degrees)
        return None
    return lon, lat

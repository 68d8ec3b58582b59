"""The folder's villages as an import sees them: found by code or name, with boundaries that points are judged by."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geodata.areas import WGS84, utm_zone
from geodata.errors import N_
from geodata.importing.words import fold_district, fold_village, read_code

_ALIKE = 0.5
"""Below this likeness of folded names a code and a name are taken to mean two villages."""
_NEAR_NAME = 0.75


@dataclass(slots=True)
class KnownVillage:
    """
    A village of the folder.

    Attributes
    ----------
    place
        Of its row in the file, for `CsvFile.set`.
    cells
        Of its row, by head.
    point
        lon, lat; None where it has none yet.
    """

    code: str
    name: str
    district: str
    place: int
    cells: dict[str, str]
    point: tuple[float, float] | None

    def told(self) -> str:
        """Name and code, as reports have them."""
        code = self.code
        return f"{self.name} ({code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]})"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a row matches no village."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)


class VillageIndex:
    """Finds villages by what a row says of them; where that is not certain, it says why."""

    def __init__(self, villages: Iterable[KnownVillage]) -> None:
        self.villages = tuple(villages)
        self.by_code: Final = {village.code: village for village in self.villages}
        self._by_name: dict[str, list[KnownVillage]] = defaultdict(list)
        self._districts: dict[str, str] = {}
        for village in self.villages:
            self._by_name[fold_village(village.name)].append(village)
            self._districts[fold_district(village.district)] = village.district

    def find(
        self, cells: Mapping[str, str], ground: "Ground", point: tuple[float, float] | None
    ) -> KnownVillage | Mismatch:
        """
        The village of a row.

        Parameters
        ----------
        cells
            ``code`` goes before ``village`` or ``name``, with ``district`` where there is one.
        ground, point
            Where one of several villages of the name holds the point, it is that one.
        """
        name = cells.get("village") or cells.get("name", "")
        written = cells.get("code", "")
        code = read_code(written)
        if code in self.by_code:
            return self._checked(self.by_code[code], name)
        digits = written.replace(".", "")
        if digits.isdigit() and len(digits) in {2, 4, 6}:
            return Mismatch(N_("is no village but a larger area ({code})"), {"code": written})
        if not name:
            return Mismatch(N_("'{code}' is no code of a village of this regency"), {"code": written})
        found = self._find_by_name(name, cells.get("district"), ground, point)
        if code is not None and isinstance(found, KnownVillage) and not cells.get("district"):
            # A whole code that is not on the list may be of a new village that only bears an old one's name.
            return Mismatch(N_("'{code}' is no code of a village of this regency"), {"code": written})
        return found

    def _checked(self, village: KnownVillage, name: str) -> KnownVillage | Mismatch:
        key, official = fold_village(name), fold_village(village.name)
        if not name or key == official:
            return village
        others = self._by_name.get(key, [])
        likeness = difflib.SequenceMatcher(None, key, official).ratio()
        if others or likeness < _ALIKE:
            return Mismatch(
                N_("the code is that of {village}, the name is '{name}'; correct one of them"),
                {"village": village.told(), "name": name},
            )
        return village

    def _find_by_name(
        self, name: str, district: str | None, ground: "Ground", point: tuple[float, float] | None
    ) -> KnownVillage | Mismatch:
        key = fold_village(name)
        found = self._by_name.get(key, [])
        if district:
            known = self._districts.get(fold_district(district))
            if known is None:
                return Mismatch(N_("no kecamatan is called '{district}'"), {"district": district})
            elsewhere, found = found, [village for village in found if village.district == known]
            if elsewhere and not found:
                there = ", ".join(village.district for village in elsewhere)
                return Mismatch(
                    N_("no village '{name}' in kecamatan {district}; there is one in {there}"),
                    {"name": name, "district": known, "there": there},
                )
        if len(found) > 1 and point is not None:
            holder = ground.holder(*point)
            found = [village for village in found if village.code == holder] or found
        if len(found) == 1:
            return found[0]
        if found:
            candidates = ", ".join(f"{village.told()}, {village.district}" for village in found)
            return Mismatch(
                N_("'{name}' may be any of: {candidates}; give the code or the kecamatan"),
                {"name": name, "candidates": candidates},
            )
        near = difflib.get_close_matches(key, self._by_name, n=3, cutoff=_NEAR_NAME)
        if near:
            told = ", ".join(village.told() for each in near for village in self._by_name[each])
            return Mismatch(N_("no village is called '{name}'; near it: {near}"), {"name": name, "near": told})
        return Mismatch(N_("no village is called '{name}'"), {"name": name})

    def is_name(self, name: str) -> bool:
        """Whether any village has that name."""
        return fold_village(name) in self._by_name


class Ground:
    """
    Boundaries of villages on the ground, in the UTM zone of the region; lengths are metres.

    Parameters
    ----------
    shapes
        Boundaries by village code, EPSG:4326.
    points
        Of villages and the office, for a region without boundaries.
    """

    def __init__(self, shapes: Mapping[str, BaseGeometry], points: Sequence[tuple[float, float]]) -> None:
        self.shapes: Final = dict(shapes)
        self.points: Final = list(points)
        middle = _middle(self.shapes, self.points)
        self.utm: Final = utm_zone(*middle)
        self._transformer = Transformer.from_crs(WGS84, self.utm, always_xy=True)
        self._codes = list(self.shapes)
        metric = shapely.transform(np.array([*self.shapes.values()], dtype=object), self._moved)
        self._metric = dict(zip(self._codes, metric, strict=True))
        self._tree = shapely.STRtree(list(metric))
        self._districts: dict[str, Any] = {}

    def _moved(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(self._transformer.transform(points[:, 0], points[:, 1]))

    def metric(self, lon: float, lat: float) -> tuple[float, float]:
        """A point in metres of the zone."""
        x, y = self._transformer.transform(lon, lat)
        return float(x), float(y)

    def beyond_m(self, code: str, lon: float, lat: float) -> float | None:
        """Metres from the boundary of the village, or of its kecamatan or the regency (6, 4 digits); 0 inside."""
        shapes = [shape for each, shape in self._metric.items() if each.startswith(code)]
        if not shapes:
            return None
        return float(min(shapely.distance(shapes, shapely.Point(self.metric(lon, lat)))))

    def holder(self, lon: float, lat: float) -> str | None:
        """Code of the village whose boundary holds the point."""
        if not self._codes:
            return None
        hits = self._tree.query(shapely.Point(self.metric(lon, lat)), predicate="intersects")
        return self._codes[int(hits[0])] if len(hits) else None

    def bounds(self, margin_deg: float = 0.05) -> tuple[float, float, float, float] | None:
        """West, south, east, north of all that is known, widened; None where nothing is."""
        boxes = [shape.bounds for shape in self.shapes.values()] or [(*each, *each) for each in self.points]
        if not boxes:
            return None
        west, south, east, north = zip(*boxes, strict=True)
        return min(west) - margin_deg, min(south) - margin_deg, max(east) + margin_deg, max(north) + margin_deg


def _middle(shapes: Mapping[str, BaseGeometry], points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    if shapes:
        west, south, east, north = shapely.total_bounds(np.array([*shapes.values()], dtype=object))
        return float(west + east) / 2, float(south + north) / 2
    if points:
        lon, lat = np.median(np.array(points), axis=0)
        return float(lon), float(lat)
    return 118.0, -2.0  # the middle of Indonesia, where nothing is known of the region

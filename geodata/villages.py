"""Villages: code, service point, people still to be recorded."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from geodata.sites import Access, Amenity, Signal
from geodata.times import When, resolve


class VillageKind(StrEnum):
    """Rural (desa) or urban (kelurahan) village."""

    DESA = "desa"
    KELURAHAN = "kelurahan"


@dataclass(frozen=True, slots=True)
class Village:
    """
    The lowest level of area (desa/kelurahan) and its usual place of service, the village hall.

    Attributes
    ----------
    code
        10 digits, without dots (Permendagri 137/2017).
    lon, lat
        Service point, degrees, EPSG:4326.
    is_point_approximate
        The point is the middle of the village, not its hall.
    population
        People living there; None where not known.
    unrecorded
        People with a duty to hold an id card who have not been recorded (belum rekam); None where not known.
    unrecorded_error
        Likely error of ``unrecorded`` where it was estimated from the population (`backlog`), people; None elsewhere.
    is_estimate
        ``unrecorded`` (and ``population``) are estimates, of the office or by `backlog`.
    last_visit
        Day of the last visit of a unit; None when never or not known.
    can_host
        Whether a unit may stop at its hall.
    postal_code
        5 digits; empty where not known.
    """

    code: str
    name: str
    kind: VillageKind
    district: str
    lon: float
    lat: float
    population: int | None = None
    unrecorded: int | None = None
    is_estimate: bool = False
    last_visit: When | None = None
    can_host: bool = True
    amenities: frozenset[Amenity] = frozenset()
    signal: Signal = Signal.UNKNOWN
    access: frozenset[Access] = frozenset({Access.VAN, Access.MOTORBIKE})
    is_point_approximate: bool = False
    note: str = ""
    postal_code: str = ""
    unrecorded_error: int | None = None

    @property
    def district_code(self) -> str:
        """First 6 digits of the code: the kecamatan."""
        return self.code[:6]

    @property
    def is_counted(self) -> bool:
        """Whether people still to be recorded are known by a count, not by an estimate."""
        return self.unrecorded is not None and not self.is_estimate

    @property
    def backlog(self) -> int:
        """People still to be recorded; 0 where not known."""
        return self.unrecorded or 0

    def weeks_since_visit(self, week: date) -> int | None:
        """Whole weeks from the last visit to the Monday of the planned week, 0 if later; None if never or not known."""
        if self.last_visit is None:
            return None
        return max(0, (week - resolve(self.last_visit, week)).days // 7)

"""Hosts of a visit other than villages: schools, boarding schools, orphanages, markets, prisons and the like."""

from dataclasses import dataclass
from enum import StrEnum


class SiteKind(StrEnum):
    """
    What a place is.

    Indonesian official names: SMA (sekolah menengah atas), SMK (kejuruan), MA (madrasah aliyah), SLB (sekolah luar
    biasa), SMP/MTs, SD/MI, TK/PAUD (kindergarten), pondok pesantren (boarding school), panti asuhan (orphanage),
    lapas/rutan (prison), pasar (market), puskesmas (health centre), balai desa/kantor kelurahan (village hall).
    """

    SMA = "sma"
    SMK = "smk"
    MA = "ma"
    SLB = "slb"
    SMP = "smp"
    SD = "sd"
    KINDERGARTEN = "kindergarten"
    PESANTREN = "pesantren"
    ORPHANAGE = "orphanage"
    PRISON = "prison"
    MARKET = "market"
    HEALTH_CENTRE = "health_centre"
    VILLAGE_HALL = "village_hall"
    OTHER = "other"

    @property
    def is_school(self) -> bool:
        """Whether it keeps school weeks, holidays and exams: SMA, SMK, MA, SLB, SMP, SD and kindergarten."""
        return self in _SCHOOLS

    @property
    def is_upper_secondary(self) -> bool:
        """Whether its pupils reach the age of the card there: SMA, SMK, MA and SLB."""
        return self in _UPPER_SECONDARY

    @property
    def is_priority(self) -> bool:
        """Whether its people can hardly come to the office themselves: SLB, pesantren, orphanage or prison."""
        return self in _PRIORITY


_UPPER_SECONDARY = frozenset({SiteKind.SMA, SiteKind.SMK, SiteKind.MA, SiteKind.SLB})
_SCHOOLS = _UPPER_SECONDARY | {SiteKind.SMP, SiteKind.SD, SiteKind.KINDERGARTEN}
_PRIORITY = frozenset({SiteKind.SLB, SiteKind.PESANTREN, SiteKind.ORPHANAGE, SiteKind.PRISON})


class Signal(StrEnum):
    """Mobile signal at a place; recording needs the line to the registry (sinyal: baik, lemah)."""

    GOOD = "good"
    WEAK = "weak"
    UNKNOWN = "unknown"


class Access(StrEnum):
    """How a place can be reached, or how a unit travels (akses: mobil, motor, perahu)."""

    VAN = "van"
    MOTORBIKE = "motorbike"
    BOAT = "boat"


class Amenity(StrEnum):
    """What a place offers visitors (fasilitas): ramp, lactation room, play corner, toilet, seats, power, parking."""

    RAMP = "ramp"
    LACTATION_ROOM = "lactation_room"
    PLAY_CORNER = "play_corner"
    TOILET = "toilet"
    WAITING_ROOM = "waiting_room"
    POWER = "power"
    PARKING = "parking"


@dataclass(frozen=True, slots=True)
class Site:
    """
    A host of visits: a school, a boarding school, an orphanage, a market.

    Attributes
    ----------
    code
        NPSN for schools, otherwise a code of the office; unique in the region.
    village_code
        10 digits: where it lies.
    lon, lat
        Degrees, EPSG:4326.
    pupils, pupils_17, pupils_16
        On the roll; of those aged 17 and over; of those aged 16. None where not known.
    dismissal, friday_dismissal
        Minute of the day at which pupils leave; None for the region's default.
    school_days
        5 or 6 days a week; None for the region's default.
    access
        Ways to reach it; a unit with any of them can go.
    is_example
        A made-up row of a sample folder (contoh).
    is_point_approximate
        The point is not the site itself, for instance the middle of its village.
    """

    code: str
    name: str
    kind: SiteKind
    village_code: str
    lon: float
    lat: float
    pupils: int | None = None
    pupils_17: int | None = None
    pupils_16: int | None = None
    dismissal: int | None = None
    friday_dismissal: int | None = None
    school_days: int | None = None
    amenities: frozenset[Amenity] = frozenset()
    signal: Signal = Signal.UNKNOWN
    access: frozenset[Access] = frozenset({Access.VAN, Access.MOTORBIKE})
    is_example: bool = False
    is_point_approximate: bool = False
    note: str = ""

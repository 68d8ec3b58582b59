"""Mobile service units, their working rules, and the stock of blank cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from geodata.sites import Access
from geodata.times import DateRange, TimeRange, Weekday


class CardType(StrEnum):
    """A blank card (blangko): KTP-el from the ministry, KIA from the regency."""

    ID_CARD = "id_card"
    CHILD_ID_CARD = "child_id_card"


@dataclass(frozen=True, slots=True)
class Unit:
    """
    A mobile service unit (unit pelayanan keliling) with its crew: one van in the plan.

    Attributes
    ----------
    kits
        Recording kits aboard, at least 1.
    can_print
        Whether cards are printed on the spot; otherwise they are handed over later.
    speed_kmh
        Average speed; None for the region's.
    access
        Ways it travels.
    takes_ferries
        Whether it goes where only a ferry leads; roads are used before ferries once a unit does not.
    skills
        What it can do beyond recording, for instance ``portable_kit``.
    base
        Code of the village or site where it starts and ends its day; None for the office.
    cards_aboard
        Most blank cards it carries a day, by type; a type not named has no limit.
    maintenance
        Days on which it does not drive.
    hours
        Own hours on a weekday in place of the calendar's.
    works_saturday, works_after_hours
        Whether its crew agrees to Saturdays, and to evenings, within the overtime budget.
    overtime_per_week_min
        Overtime budget of the crew, minutes a week; None for the fleet's.
    max_stops
        Stops a day; None for the region's.
    """

    id: str
    name: str
    kits: int
    can_print: bool
    speed_kmh: float | None = None
    access: frozenset[Access] = frozenset({Access.VAN})
    takes_ferries: bool = True
    skills: frozenset[str] = frozenset()
    base: str | None = None
    cards_aboard: Mapping[CardType, int] = field(default_factory=dict)
    maintenance: tuple[DateRange, ...] = ()
    hours: Mapping[Weekday, TimeRange] = field(default_factory=dict)
    works_saturday: bool = False
    works_after_hours: bool = False
    overtime_per_week_min: int | None = None
    max_stops: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Make the mappings read-only."""
        object.__setattr__(self, "cards_aboard", MappingProxyType(dict(self.cards_aboard)))
        object.__setattr__(self, "hours", MappingProxyType(dict(self.hours)))


@dataclass(frozen=True, slots=True)
class CardStock:
    """
    Blank cards of one type in the office.

    Attributes
    ----------
    reserve_share
        Part (0 to 1) that is kept back for the counter.
    """

    card: CardType
    count: int
    reserve_share: float = 0.1

    @property
    def usable(self) -> int:
        """Cards that a week's plan may use: the count without the reserve, rounded down."""
        # Shares such as 0.1 are no binary fractions: without rounding, 90 cards of 100 would come out as 89.
        return int(round(self.count * (1 - self.reserve_share), 6))


@dataclass(frozen=True, slots=True)
class Fleet:
    """
    All units of the office, and what they share.

    Attributes
    ----------
    stock
        One entry a type of card; a type that is not named is not limited.
    overtime_per_week_min
        Overtime budget of each crew, minutes a week.
    overtime_per_day_min
        Most overtime past the end of a shift, minutes.
    rest_min
        Least rest between a late finish and the next start, minutes.
    """

    units: tuple[Unit, ...]
    stock: tuple[CardStock, ...] = ()
    overtime_per_week_min: int = 0
    overtime_per_day_min: int = 0
    rest_min: int = 660

    def overtime_of(self, unit: Unit) -> int:
        """Overtime budget of a unit's crew, minutes a week."""
        return self.overtime_per_week_min if unit.overtime_per_week_min is None else unit.overtime_per_week_min

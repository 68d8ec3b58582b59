"""
What people need to know about a week beyond its problem: names, counts, letters, what to bring.

A problem knows identifiers, points and minutes only. Cards hold the words that go with them; with a problem and a
plan they make every map, sheet and file. `cards_file` keeps them as one document beside the other two.

Texts in ``bring``, ``notes``, ``rule`` and the labels of factors are either words that the office wrote, shown as they
stand, or messages of ours in English, which are translated when they are drawn. A document of cards is therefore the
same in every language. Cards hold counts and never the names of citizens.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from maps.errors import InvalidCardsError, MissingCardError
from optimizer.problem import LocationId, VehicleId, VisitId

VILLAGE_CODE_DIGITS = 10

_T = TypeVar("_T")


class PlaceKind(StrEnum):
    """What kind of place is visited: a school, a village (desa, kelurahan), another host (panti, pesantren, lapas)."""

    SCHOOL = "school"
    VILLAGE = "village"
    HOST = "host"


class Origin(StrEnum):
    """
    Why a visit is there to be planned.

    A request letter asked for it (permohonan), a fixed round is due (jadwal tetap), or a village has waited long
    (giliran desa). Nobody was promised one of the last kind: left out, it is a choice and no refusal.
    """

    LETTER = "letter"
    ROUND = "round"
    BACKLOG = "backlog"


class CountKind(StrEnum):
    """
    What a count on a card counts.

    ``OUTSIDE_DOMICILE`` (luar daerah) is a part of the others, all the rest stand side by side.
    """

    RECORD_AND_PRINT = "record_and_print"
    RECORD_ONLY = "record_only"
    CHILD_ID_CARD = "child_id_card"
    HANDOVER = "handover"
    OUTSIDE_DOMICILE = "outside_domicile"


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of a visit's prize: what it is called and its value (people waiting, urgency, weeks)."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class VisitCard:
    """
    What people need to know about one visit (kunjungan).

    Attributes
    ----------
    name
        Of the place as people say it: ``SMKN 1 Air Putih``.
    place
        Where that is, in one line: ``Desa Tanah Tinggi, Kec. Air Putih``.
    people
        Expected to come; the counts are of those asked for, before attendance.
    village_code
        Ten digits as text; None where the village is not known.
    counts
        People by what they come for.
    letter_number, letter_date
        Of the request letter (surat permohonan); None for a visit that no letter asked for.
    rule
        For a fixed round (jadwal tetap): its rule in words.
    bring
        What those who come have to bring.
    notes
        For the crew: power, signal, access, portable kit.
    part, parts
        Part k of n of a request that no single shift can finish; 1 of 1 otherwise.
    factors
        Of the visit's prize; their product is the prize.
    is_estimate
        ``people`` come of an estimate of those still to be recorded, not of a count of them or of a letter.
    """

    visit: VisitId
    name: str
    kind: PlaceKind
    origin: Origin
    place: str
    people: int
    village_code: str | None = None
    counts: Mapping[CountKind, int] = field(default_factory=dict)
    letter_number: str | None = None
    letter_date: date | None = None
    rule: str | None = None
    bring: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    part: int = 1
    parts: int = 1
    factors: tuple[Factor, ...] = ()
    is_estimate: bool = False

    def __post_init__(self) -> None:
        """Check the numbers and make the counts read-only."""
        name = f"Card of visit '{self.visit}'"
        _check_text(name, "name", self.name)
        _check_least(name, "people", self.people, 0)
        for kind, count in self.counts.items():
            _check_least(name, f"count of {kind}", count, 0)
        if self.village_code is not None:
            _check_code(name, self.village_code)
        if not 1 <= self.part <= self.parts:
            raise InvalidCardsError(f"{name}: part {self.part} of {self.parts}; it must be from 1 to the last part.")
        object.__setattr__(self, "counts", MappingProxyType(dict(self.counts)))


@dataclass(frozen=True, slots=True)
class VehicleCard:
    """
    A van as people know it (unit pelayanan keliling).

    Attributes
    ----------
    number
        Stands in its marks on maps, from 1; it also picks the van's colour.
    can_print
        Whether cards are printed on the spot; where not, they are handed over on a later day.
    """

    id: VehicleId
    name: str
    number: int
    kits: int = 1
    can_print: bool = True

    def __post_init__(self) -> None:
        """Check the name and the numbers."""
        name = f"Card of vehicle '{self.id}'"
        _check_text(name, "name", self.name)
        _check_least(name, "number", self.number, 1)
        _check_least(name, "kits", self.kits, 1)


@dataclass(frozen=True, slots=True)
class BaseCard:
    """A place where vans start or end their day: the office, or where a van is kept."""

    location: LocationId
    name: str

    def __post_init__(self) -> None:
        """Check the name."""
        _check_text(f"Card of base '{self.location}'", "name", self.name)


@dataclass(frozen=True, slots=True)
class VillageCard:
    """
    A village of the regency (desa, kelurahan).

    Attributes
    ----------
    code
        Ten digits as text.
    weeks_since_visit
        Whole weeks from the last visit to the planned week; None where no visit is known.
    """

    code: str
    name: str
    weeks_since_visit: int | None = None

    def __post_init__(self) -> None:
        """Check code, name and weeks."""
        name = f"Card of village '{self.code}'"
        _check_code(name, self.code)
        _check_text(name, "name", self.name)
        if self.weeks_since_visit is not None:
            _check_least(name, "weeks_since_visit", self.weeks_since_visit, 0)


@dataclass(frozen=True)
class WeekCards:
    """
    All cards of one planned week.

    Attributes
    ----------
    regency
        Name of the regency or city (kabupaten/kota).
    bases
        At least one; the first is the office (Disdukcapil).
    notes
        What holds for the whole week, such as a holiday whose date is an estimate.
    sources
        Where places and areas come from, with their licences; shown below every map.
    """

    regency: str
    bases: tuple[BaseCard, ...]
    vehicles: tuple[VehicleCard, ...]
    visits: tuple[VisitCard, ...]
    villages: tuple[VillageCard, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that there is an office and that nothing is there twice."""
        _check_text("Cards", "regency", self.regency)
        if not self.bases:
            raise InvalidCardsError("Cards: bases is empty; give at least the office.")
        _check_unique("base", (base.location for base in self.bases))
        _check_unique("vehicle", (vehicle.id for vehicle in self.vehicles))
        _check_unique("vehicle number", (vehicle.number for vehicle in self.vehicles))
        _check_unique("visit", (visit.visit for visit in self.visits))
        _check_unique("village", (village.code for village in self.villages))

    @property
    def office(self) -> BaseCard:
        """The office: the first base."""
        return self.bases[0]

    @cached_property
    def _by_id(self) -> Mapping[tuple[type, str], BaseCard | VehicleCard | VisitCard]:
        return {
            **{(BaseCard, base.location): base for base in self.bases},
            **{(VehicleCard, vehicle.id): vehicle for vehicle in self.vehicles},
            **{(VisitCard, visit.visit): visit for visit in self.visits},
        }

    def get_visit(self, visit: VisitId) -> VisitCard:
        """The card of a visit; raises `MissingCardError` when there is none."""
        return self._get(VisitCard, visit)

    def get_vehicle(self, vehicle: VehicleId) -> VehicleCard:
        """The card of a vehicle; raises `MissingCardError` when there is none."""
        return self._get(VehicleCard, vehicle)

    def get_base(self, location: LocationId) -> BaseCard:
        """The card of a base; raises `MissingCardError` when there is none."""
        return self._get(BaseCard, location)

    def _get(self, kind: type[_T], identifier: str) -> _T:
        card = self._by_id.get((kind, identifier))
        if not isinstance(card, kind):
            raise MissingCardError(f"No {kind.__name__} for '{identifier}'; the cards must be those of this plan.")
        return card


def translated(text: str, gettext: Callable[[str], str]) -> str:
    """A text of a card in the reader's language; gettext answers the empty message with its catalogue's head."""
    return gettext(text) if text else ""


def _check_text(name: str, what: str, value: str) -> None:
    if not value.strip():
        raise InvalidCardsError(f"{name}: {what} is empty; it must be a name that people know.")


def _check_least(name: str, what: str, value: int, least: int) -> None:
    if value < least:
        raise InvalidCardsError(f"{name}: {what} is {value}; it must be at least {least}.")


def _check_code(name: str, code: str) -> None:
    if not (len(code) == VILLAGE_CODE_DIGITS and code.isascii() and code.isdigit()):
        raise InvalidCardsError(f"{name}: village code is {code!r}; it must be {VILLAGE_CODE_DIGITS} digits.")


def _check_unique(kind: str, identifiers: Iterable[object]) -> None:
    seen: set[object] = set()
    for identifier in identifiers:
        if identifier in seen:
            raise InvalidCardsError(f"Cards: {kind} '{identifier}' is there twice; each must be there once.")
        seen.add(identifier)

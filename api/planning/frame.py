"""What every visit of a week is made against: region, days, shifts, driving times, settings and the language."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from api.i18n import N_
from api.planning.calendar import CalendarWeek
from api.planning.notes import Note
from api.planning.places import Place
from geodata.region import HandlingDefaults, Region
from geodata.travel import over_water, unreached
from maps.cards import Factor, VisitCard
from optimizer.demand import HandlingTimes, PrizeFactors
from optimizer.problem import Limit, LocationId, Shift, ShiftId, Visit

PORTABLE_KIT = "portable_kit"
"""Skill of a unit, and need of a visit to people who cannot come to the van."""


@dataclass(frozen=True, slots=True)
class PlanningOptions:
    """
    Choices of planning for which the region folder has no key.

    Attributes
    ----------
    home_visit_min
        Minutes added to a stay for each person visited with the portable kit.
    village_turnout
        Part (0 to 1) of a village's people still to be recorded who come to one stop.
    village_urgency
        Urgency of people whom nobody has announced; below that of a letter, because another stop can reach them later.
        What villages are owed all the same, the fairness minima see to.
    unknown_village_people
        Comers planned for where nobody knows how many people are still to be recorded.
    waiting_most
        How much more a person counts who has waited longest.
    letter_wait_weeks
        Age at which a letter counts as having waited longest.
    round_urgency
        Urgency of recurring stops: people were told that the van comes.
    reached_share
        Least share of its people that a stop must reach for a village to count as reached; half the covering radius at
        0.5, which is near the 2 km of outreach practice where the radius is 5 km.
    productive_share
        Part of a crew's hours in which people are served; driving, set-up and packing take the rest.
    max_village_stops
        Most village halls that are offered to the engine as candidates.
    """

    home_visit_min: float = 20
    village_turnout: float = 0.5
    village_urgency: float = 0.5
    unknown_village_people: int = 20
    waiting_most: float = 2.0
    letter_wait_weeks: int = 8
    round_urgency: float = 2.0
    reached_share: float = 0.5
    productive_share: float = 0.6
    max_village_stops: int = 200


@dataclass(frozen=True)
class Frame:
    """
    What every visit of a week is made against.

    Attributes
    ----------
    drive
        Minutes between two places.
    gettext, locale
        The reader's language, for rules in words; ``locale`` is ``id`` or ``en``.
    """

    region: Region
    week: CalendarWeek
    shifts: tuple[Shift, ...]
    drive: Callable[[LocationId, LocationId], int]
    options: PlanningOptions
    gettext: Callable[[str], str]
    locale: str

    @property
    def monday(self) -> date:
        """First day of the week."""
        return self.week.monday

    @property
    def times(self) -> HandlingTimes:
        """Handling times of the office."""
        return handling_times(self.region.handling, self.options)

    @property
    def printing_kits(self) -> int:
        """Most kits aboard a van that prints on the spot; 0 where none does."""
        return max((unit.kits for unit in self.region.fleet.units if unit.can_print), default=0)

    def reachable_by(self, place: Place) -> tuple[Shift, ...]:
        """Shifts of the units that have a way to the place."""
        if place.code in self._unreached:
            return ()
        is_over_water = place.code in self._over_water
        units = {
            unit.id
            for unit in self.region.fleet.units
            if unit.access & place.access and (unit.takes_ferries or not is_over_water)
        }
        return tuple(shift for shift in self.shifts if shift.vehicle in units)

    @cached_property
    def _unreached(self) -> frozenset[str]:
        return frozenset(unreached(self.region))

    @cached_property
    def _over_water(self) -> frozenset[str]:
        return over_water(self.region)

    def allowed(self, shifts: tuple[Shift, ...], without: frozenset[ShiftId]) -> frozenset[ShiftId] | None:
        """What a visit's ``shifts`` must say to allow just these but ``without``; None where that is all of them."""
        kept = frozenset(shift.id for shift in shifts) - without
        return None if len(kept) == len(self.shifts) else kept


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A candidate visit with the card that says what it is about, and the limits that come with it."""

    visit: Visit
    card: VisitCard
    place: Place
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """
    A request or recurring stop that is not offered to the engine this week, and why.

    Attributes
    ----------
    returned
        Whether it goes back to who sent it; otherwise it waits for a later week.
    """

    id: str
    name: str
    reason: Note
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """Visits made from one kind of source, with what was left out of them and what the planner should know."""

    visits: tuple[PlannedVisit, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[Note, ...] = field(default=())


def handling_times(defaults: HandlingDefaults, options: PlanningOptions) -> HandlingTimes:
    """The office's handling times as the rules of demand take them."""
    return HandlingTimes(
        recording_min=defaults.recording_min,
        child_card_min=defaults.child_card_min,
        printing_min=defaults.printing_min,
        setup_min=defaults.setup_min,
        pack_up_min=defaults.pack_up_min,
        weak_signal_factor=defaults.weak_signal_factor,
        home_visit_min=options.home_visit_min,
    )


def card_factors(factors: PrizeFactors) -> tuple[Factor, ...]:
    """The factors of a prize as cards show them."""
    # English messages, translated when they are drawn.
    return (
        Factor(N_("People expected"), factors.people),
        Factor(N_("Urgency"), factors.urgency),
        Factor(N_("Time waited"), factors.waiting),
    )

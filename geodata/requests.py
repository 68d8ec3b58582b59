"""Rows of wishes and rules: letters of request, and recurring stops."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from geodata.sites import Signal, SiteKind
from geodata.times import DateRange, TimeRange, Weekday, When, resolve


class Urgency(StrEnum):
    """Degree of urgency of a letter (sifat): biasa, segera, sangat segera."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    VERY_URGENT = "very_urgent"


class HolidayPolicy(StrEnum):
    """What a recurring stop does on a holiday (lewati, geser, tanya)."""

    SKIP = "skip"
    MOVE = "move"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """
    People to be served, by service.

    Attributes
    ----------
    record_and_print
        Aged 17 and over (rekam cetak): recorded, and their id card printed.
    record_only
        Aged 16 (rekam saja): recorded now, the card comes at 17.
    child_id_card
        Child cards (KIA).
    outside_domicile
        How many of those to be recorded are registered in another regency (luar daerah).
    """

    record_and_print: int = 0
    record_only: int = 0
    child_id_card: int = 0
    outside_domicile: int = 0

    @property
    def recordings(self) -> int:
        """People whose face, fingers and iris are to be taken."""
        return self.record_and_print + self.record_only

    @property
    def people(self) -> int:
        """All people to be served."""
        return self.recordings + self.child_id_card


@dataclass(frozen=True, slots=True)
class RequestRow:
    """
    A letter of request (surat permohonan), as the folder has it; an incomplete letter is data, no error.

    Attributes
    ----------
    place
        Code of a site, or of a village for its hall; `Region.get_place` knows it.
    kind
        What asks: the kind of the site, `SiteKind.VILLAGE_HALL` for a village.
    letter_number, letter_date, has_scan
        None or False where the letter lacks them; then the planner returns it (`missing_letter_parts`).
    received
        When the office got it.
    signatory_position
        Who signed, as a position; never a name.
    weekdays
        Days on which the host would like the visit; empty: any.
    hours
        Hours of those days in which the visit has to lie, start to end; empty: any.
    outside_working_hours
        After dismissal or on Saturday (di luar jam).
    blocked
        Days on which the host cannot.
    not_after
        Last useful day; None for none.
    needs_portable_kit
        For the bedridden and others who cannot come to the van.
    """

    id: str
    place: str
    kind: SiteKind
    received: When
    counts: ServiceCounts
    letter_number: str | None = None
    letter_date: When | None = None
    has_scan: bool = False
    subject: str = ""
    signatory_position: str = ""
    weekdays: tuple[Weekday, ...] = ()
    hours: tuple[TimeRange, ...] = ()
    outside_working_hours: bool = False
    blocked: tuple[DateRange, ...] = ()
    not_after: When | None = None
    urgency: Urgency = Urgency.ORDINARY
    needs_portable_kit: bool = False
    signal: Signal = Signal.UNKNOWN
    special_needs: str = ""
    access_note: str = ""
    power_note: str = ""
    note: str = ""

    @property
    def missing_letter_parts(self) -> tuple[str, ...]:
        """Which of ``letter_number``, ``letter_date``, ``has_scan`` the letter lacks; then it is returned."""
        parts = {"letter_number": self.letter_number, "letter_date": self.letter_date, "has_scan": self.has_scan}
        return tuple(name for name, value in parts.items() if not value)


@dataclass(frozen=True, slots=True)
class RecurringRow:
    """
    A recurring stop (jadwal tetap): one visit in every ``every_weeks``-th week.

    Attributes
    ----------
    place
        Code of a site, or of a village for its hall.
    weekdays
        Days on which the visit may be made; one visit a due week, on one of them. At least one.
    anchor
        A day of a week in which the stop is due; the rule counts from there, both ways.
    valid_from, valid_to
        First and last day of the rule; None for no such end.
    hours
        Hours in which the visit has to lie, start to end; None for any.
    last_visit
        Day of the last visit that was made; None when never or not known.
    """

    id: str
    place: str
    weekdays: tuple[Weekday, ...]
    every_weeks: int
    anchor: When
    counts: ServiceCounts
    valid_from: When | None = None
    valid_to: When | None = None
    hours: TimeRange | None = None
    holiday_policy: HolidayPolicy = HolidayPolicy.SKIP
    last_visit: When | None = None
    note: str = ""

    def due_days(self, week: date) -> tuple[date, ...]:
        """Days of the week that begins on that Monday on which the one visit may be made; empty if not due."""
        anchor = resolve(self.anchor, week)
        weeks = (week - (anchor - timedelta(days=anchor.weekday()))).days // 7
        if weeks % self.every_weeks:
            return ()
        days = (week + timedelta(days=int(weekday)) for weekday in self.weekdays)
        return tuple(day for day in days if self._is_valid_on(day, week))

    def _is_valid_on(self, day: date, week: date) -> bool:
        begins = self.valid_from is None or resolve(self.valid_from, week) <= day
        return begins and (self.valid_to is None or day <= resolve(self.valid_to, week))

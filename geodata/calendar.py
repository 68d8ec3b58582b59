"""What an office decrees about days and hours, over what the calendar computes by itself."""

from dataclasses import dataclass
from enum import StrEnum

from geodata.sites import SiteKind
from geodata.times import DateRange, TimeRange, When


class DayKind(StrEnum):
    """What an override makes of a day: national holiday (libur), joint leave (cuti bersama), working day (kerja)."""

    HOLIDAY = "holiday"
    JOINT_LEAVE = "joint_leave"
    WORKING_DAY = "working_day"


class Certainty(StrEnum):
    """Whether a date is decreed (pasti) or computed and apt to move by a day (perkiraan)."""

    CERTAIN = "certain"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class DayOverride:
    """
    One day that the office sets by hand; it goes before what the calendar computes.

    Attributes
    ----------
    reason
        Why; needed where a holiday is made a working day.
    """

    day: When
    kind: DayKind
    name: str
    certainty: Certainty = Certainty.CERTAIN
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NamedRange:
    """
    Days with a name: an exam block (ujian) or school holidays (libur sekolah).

    Attributes
    ----------
    levels
        Kinds of school it holds for; empty: all schools.
    """

    name: str
    days: DateRange
    levels: frozenset[SiteKind] = frozenset()


@dataclass(frozen=True, slots=True)
class Ramadan:
    """The fasting month as the office sets it, in place of the computed one that overlaps it."""

    days: DateRange
    certainty: Certainty = Certainty.CERTAIN


@dataclass(frozen=True, slots=True)
class DayHours:
    """Working hours of a kind of day, with the pause in which nobody drives or serves."""

    work: TimeRange
    pause: TimeRange


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """
    Working hours in one season.

    Attributes
    ----------
    mon_thu, friday
        On Friday the pause is the prayer.
    """

    mon_thu: DayHours
    friday: DayHours


@dataclass(frozen=True, slots=True)
class SchoolHours:
    """
    What holds for schools that say nothing else.

    Attributes
    ----------
    school_days
        5 or 6 days a week (five since 2025/26 in North Sumatra).
    dismissal, friday_dismissal
        Minute of the day.
    evening_until
        Service outside working hours ends by this minute of the day.
    saturday
        Hours of Saturday service.
    """

    school_days: int
    dismissal: int
    friday_dismissal: int
    evening_until: int
    saturday: TimeRange


@dataclass(frozen=True, slots=True)
class CalendarOverrides:
    """
    All that ``calendar.toml`` says.

    Attributes
    ----------
    outreach_in_ramadan
        Whether units go out in the fasting month, at its hours (some offices pause).
    """

    hours: OfficeHours
    ramadan_hours: OfficeHours
    school: SchoolHours
    days: tuple[DayOverride, ...] = ()
    exams: tuple[NamedRange, ...] = ()
    school_holidays: tuple[NamedRange, ...] = ()
    ramadan: tuple[Ramadan, ...] = ()
    outreach_in_ramadan: bool = True

"""
Dates, times, numbers and set phrases as readers of one language see them.

The language is handed in: a gettext function for the words and a locale for dates and numbers. Indonesian writes
``Rabu, 13 Januari 2027``, ``13.45 WIB`` and ``1.234,5``; names of days and months come from Unicode's locale data.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date, format_interval
from babel.numbers import format_decimal, format_percent

from maps.cards import CountKind, Origin, PlaceKind, VisitCard, translated
from maps.itinerary import Leg, WeekItinerary
from optimizer.plan import Reason

_HOUR_MIN = 60


def N_(message: str) -> str:  # noqa: N802 (gettext's own name for a message that is translated later)
    """The message itself, marked for the catalogues."""
    return message


_COUNTS: Mapping[CountKind, str] = {
    CountKind.RECORD_AND_PRINT: N_("{count} record and print"),
    CountKind.RECORD_ONLY: N_("{count} record only"),
    CountKind.CHILD_ID_CARD: N_("{count} child cards"),
    CountKind.HANDOVER: N_("{count} cards to hand over"),
    CountKind.OUTSIDE_DOMICILE: N_("of these {count} from outside the regency"),
}
_REASONS: Mapping[Reason, str] = {
    Reason.IMPOSSIBLE: N_("Impossible"),
    Reason.DISPLACED: N_("Displaced"),
    Reason.UNDECIDED: N_("Not settled"),
}
_KINDS: Mapping[PlaceKind, str] = {
    PlaceKind.SCHOOL: N_("School"),
    PlaceKind.VILLAGE: N_("Village"),
    PlaceKind.HOST: N_("Other host"),
}
_RESOURCES: Mapping[str, str] = {
    "id_card": N_("KTP-el blanks"),
    "child_card": N_("KIA blanks"),
    "child_id_card": N_("KIA blanks"),
}
HOME_VISITS = N_("Portable kit: home visits from here")
"""The note of a card by which a crew knows that it serves people at home; such visits are told to nobody else."""
FREE = N_("FREE: no charge is made")
"""Stands on everything that people get to see (UU 24/2013 Art. 79A)."""


# Pages say the same days and numbers again and again, and forming them takes a while.
@lru_cache(maxsize=4096)
def _date(day: date, form: str, locale: str) -> str:
    return format_date(day, form, locale=locale)


@lru_cache(maxsize=512)
def _week_days(monday: date, locale: str) -> str:
    return format_interval(monday, monday + timedelta(days=6), "yMMMMd", locale=locale)


@lru_cache(maxsize=8192)
def _decimal(value: float, form: str | None, locale: str) -> str:
    return format_decimal(value, form, locale=locale)


@dataclass(frozen=True, slots=True)
class Words:
    """
    A reader's language.

    Attributes
    ----------
    gettext
        Message in English -> message in this language.
    locale
        For dates and numbers: ``id`` or ``en``.
    """

    gettext: Callable[[str], str]
    locale: str = "id"

    def text(self, message: str) -> str:
        """A text of a card, translated where it is a message of ours."""
        return translated(message, self.gettext)

    def day(self, day: date) -> str:
        """``Rabu, 13 Januari 2027``."""
        return _date(day, "EEEE, d MMMM y", self.locale)

    def full_date(self, day: date) -> str:
        """``13 Januari 2027``."""
        return _date(day, "d MMMM y", self.locale)

    def short_day(self, day: date) -> str:
        """``Rab 13``."""
        return _date(day, "EEE d", self.locale)

    def weekday(self, day: date) -> str:
        """``Rab``."""
        return _date(day, "EEE", self.locale)

    def week(self, monday: date) -> str:
        """``Pekan 50, 7-13 Desember 2026``, by ISO weeks."""
        days = _week_days(monday, self.locale)
        return self.gettext("Week {number}, {days}").format(number=monday.isocalendar().week, days=days)

    def time(self, moment: datetime) -> str:
        """``13.45``."""
        return moment.strftime("%H.%M" if self.locale == "id" else "%H:%M")

    def clock(self, moment: datetime) -> str:
        """``13.45 WIB``."""
        return f"{self.time(moment)} {moment.tzname()}"

    def span(self, start: datetime, end: datetime) -> str:
        """``13.45-15.10 WIB``."""
        return f"{self.time(start)}\N{EN DASH}{self.clock(end)}"

    def number(self, value: float) -> str:
        """``1.234,5``."""
        return _decimal(value, None, self.locale)

    def kilometres(self, distance_m: int) -> str:
        """``61,2 km``."""
        return f"{_decimal(distance_m / 1000, '#,##0.0', self.locale)} km"

    def duration(self, minutes: int) -> str:
        """``2 j 25 mnt``."""
        hours, rest = divmod(minutes, _HOUR_MIN)
        if not hours:
            return self.gettext("{minutes} min").format(minutes=rest)
        if not rest:
            return self.gettext("{hours} h").format(hours=hours)
        return self.gettext("{hours} h {minutes} min").format(hours=hours, minutes=rest)

    def people(self, count: int) -> str:
        """Estimates carry their sign: ``≈ 88 orang``."""
        return self.gettext("≈\N{NO-BREAK SPACE}{count} people").format(count=self.number(count))

    def drive(self, leg: Leg) -> str:
        """``12 mnt · 8,4 km``."""
        return f"{self.duration(leg.duration_min)} · {self.kilometres(leg.distance_m)}"

    def title(self, card: VisitCard) -> str:
        """Name of the place, with the part where a request is split."""
        if card.parts == 1:
            return card.name
        part = self.gettext("part {part} of {parts}").format(part=card.part, parts=card.parts)
        return f"{card.name} ({part})"

    def kind(self, kind: PlaceKind) -> str:
        """What kind of place it is."""
        return self.gettext(_KINDS[kind])

    def services(self, card: VisitCard) -> str:
        """The counts of a card in one line; empty where there are none."""
        return " · ".join(
            self.gettext(message).format(count=self.number(card.counts[kind]))
            for kind, message in _COUNTS.items()
            if card.counts.get(kind)
        )

    def cause(self, card: VisitCard) -> str:
        """Why the visit is there to be planned: its letter, its rule, or that the village has waited."""
        if card.letter_number and card.letter_date:
            return self.gettext("Letter {number}, {date}").format(
                number=card.letter_number, date=self.full_date(card.letter_date)
            )
        if card.letter_number:
            return self.gettext("Letter {number}").format(number=card.letter_number)
        if card.rule:
            return self.gettext("Fixed round: {rule}").format(rule=self.text(card.rule))
        return self.gettext(
            {
                Origin.LETTER: N_("Letter without a number"),
                Origin.ROUND: N_("Fixed round"),
                Origin.BACKLOG: N_("Village that has waited"),
            }[card.origin]
        )

    def reason(self, reason: Reason) -> str:
        """Why a visit is left out, in a word."""
        return self.gettext(_REASONS[reason])

    def resource(self, name: str) -> str:
        """A resource that visits use up; one that the office named itself keeps its name."""
        return self.gettext(_RESOURCES[name]) if name in _RESOURCES else name

    def gap(self, week: WeekItinerary) -> str | None:
        """Proved distance from the best plan, ``≤ 0,1 %``, rounded up so that it never says more than the proof."""
        if week.gap is None:
            return None
        # The float of 0.1 % can lie a hair above it; a billionth keeps that from becoming 0.2 %.
        tenths = math.ceil(week.gap * 1000 - 1e-9)
        return f"≤\N{NO-BREAK SPACE}{format_percent(tenths / 1000, '0.0 %', locale=self.locale)}"

"""
What was typed into a form, read field by field; all faults are found at once and stand beside their fields.

Texts stay as typed, so that a form that is refused shows them again.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias

from api.i18n import N_, Gettext
from geodata.cells import hides_identity_number
from geodata.times import DateRange, TimeRange, Weekday

Typed: TypeAlias = Mapping[str, Sequence[str]]
"""Values of a form by the name of the field, in the order of the form."""
MOST_RANGES: Final = 8
"""Rows of days or hours in one form."""
_MOST_TYPED: Final = 2_000
"""Characters of one field that are looked at."""
_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What would be right in a field.

    Attributes
    ----------
    message, params
        English sentence with named places, and what fills them; never what was typed.
    """

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, gettext: Gettext) -> str:
        """In the reader's language."""
        return gettext(self.message).format(**self.params)


@dataclass(slots=True)
class Answers:
    """
    A form that is being read.

    Attributes
    ----------
    faults
        By the name of the field, in the order in which they were found.
    """

    typed: Typed
    faults: dict[str, Fault] = field(default_factory=dict)

    def refuse(self, name: str, message: str, **params: object) -> None:
        """Say what would be right in a field; its first fault is told."""
        self.faults.setdefault(name, Fault(message, MappingProxyType(params)))

    def raw(self, name: str) -> str:
        """The first value of a field without blanks around it; empty where there is none."""
        values = self.typed.get(name) or ("",)
        return values[0].strip()

    def text(self, name: str, most: int, *, required: bool = False, is_long: bool = False) -> str:
        """A text of at most ``most`` characters; on one line unless it is long."""
        text = self.raw(name).replace("\r\n", "\n")
        if not is_long:
            text = " ".join(text.split())
        if not text and required:
            self.refuse(name, N_("Fill this in."))
        elif len(text) > most:
            self.refuse(name, N_("At most {most} characters fit here."), most=most)
        elif any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t" for char in text):
            self.refuse(name, N_("This holds characters that cannot be shown; type it anew."))
        elif hides_identity_number(text):
            self.refuse(
                name,
                N_("This looks like an identity number (NIK or KK). People are counted here, never named."),
            )
        else:
            return text
        return ""

    def whole(self, name: str, most: int) -> int:
        """A whole number from 0 to ``most``; 0 where nothing was typed."""
        text = self.raw(name)
        if not text:
            return 0
        if not (text.isascii() and text.isdigit()) or len(text) > len(str(most)) or int(text) > most:
            self.refuse(name, N_("Write a whole number from 0 to {most}."), most=most)
            return 0
        return int(text)

    def day(self, name: str, first: date, last: date, message: str) -> date | None:
        """A day from ``first`` to ``last``, both included, else the message; None where nothing was typed."""
        text = self.raw(name)
        if not text:
            return None
        day = _day(text)
        if day is None:
            self.refuse(name, N_("Choose a day, or write it as 2027-01-31."))
            return None
        if not first <= day <= last:
            self.refuse(name, message)
            return None
        return day

    def one_of(self, name: str, known: Sequence[str], usual: str) -> str:
        """One of the known values, the usual one where none was chosen."""
        text = self.raw(name)
        if not text:
            return usual
        if text not in known:
            self.refuse(name, N_("Choose one of those that are shown."))
            return usual
        return text

    def ticked(self, name: str, message: str = "") -> bool:
        """Whether a box is ticked; where it must be, the message says so."""
        is_ticked = self.raw(name) == "yes"
        if not is_ticked and message:
            self.refuse(name, message)
        return is_ticked

    def weekdays(self, name: str) -> tuple[Weekday, ...]:
        """The chosen days of the week, in their order."""
        known = {str(int(day)): day for day in Weekday}
        chosen = {known[value] for value in self.typed.get(name, ())[: len(known)] if value in known}
        return tuple(sorted(chosen))

    def hours(self, name: str) -> tuple[TimeRange, ...]:
        """Rows of hours, from and to; rows left empty are none."""
        ranges = []
        for number in range(1, MOST_RANGES + 1):
            row = f"{name}_{number}"
            start, end = self.raw(f"{row}_from"), self.raw(f"{row}_to")
            if not start and not end:
                continue
            minutes = _minute(start), _minute(end)
            if minutes[0] is None or minutes[1] is None or minutes[0] >= minutes[1]:
                self.refuse(row, N_("Write from when until when, such as 13:00 until 16:30."))
            else:
                ranges.append(TimeRange(minutes[0], minutes[1]))
        return tuple(sorted(set(ranges)))

    def days(self, name: str, first: date, last: date) -> tuple[DateRange, ...]:
        """Rows of days, first and last; a row with one day is that day; rows left empty are none."""
        ranges = []
        for number in range(1, MOST_RANGES + 1):
            row = f"{name}_{number}"
            texts = self.raw(f"{row}_from"), self.raw(f"{row}_to")
            if not any(texts):
                continue
            begins, ends = (_day(text or other) for text, other in (texts, texts[::-1]))
            if begins is None or ends is None or not first <= begins <= ends <= last:
                self.refuse(f"{row}_from", N_("Write the first and the last day, within a year from now."))
            else:
                ranges.append(DateRange(begins, ends))
        return tuple(ranges)


def kept(typed: Typed, names: Sequence[str]) -> dict[str, list[str]]:
    """Those of the fields that a form has, cut to what is looked at, for keeping."""
    return {
        name: [value[:_MOST_TYPED] for value in values[: len(Weekday) + 1]]
        for name, values in typed.items()
        if name in names or _is_row(name)
    }


def _is_row(name: str) -> bool:
    return any(
        name in {f"{rows}_{number}_from", f"{rows}_{number}_to"}
        for rows in ("hours", "blocked")
        for number in range(1, MOST_RANGES + 1)
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2027-01-31") else None
    except ValueError:
        return None


def _minute(text: str) -> int | None:
    hours, _, minutes = text.replace(".", ":").partition(":")
    if not (hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()):
        return None
    if len(hours) > 2 or len(minutes) != 2 or int(hours) >= _HOURS or int(minutes) >= 60:  # noqa: PLR2004 (a clock)
        return None
    return int(hours) * 60 + int(minutes)

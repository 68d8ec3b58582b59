"""Remarks for the planner, kept apart from the language in which they are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from api.i18n import N_, Gettext
from geodata.backlog import BacklogEstimate
from geodata.errors import ToldError


@dataclass(frozen=True, slots=True)
class Note:
    """
    One remark on a week.

    Attributes
    ----------
    message
        English, with named places such as ``{name}``.
    params
        What fills them; dates with their clock times, numbers, notes and reasons are written in the reader's language.
    """

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the parameters read-only."""
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))

    def text(self, gettext: Gettext, locale: str) -> str:
        """The remark in the reader's language; ``locale`` is its code, ``id`` or ``en``."""
        return gettext(self.message).format(
            **{name: _shown(value, gettext, locale) for name, value in self.params.items()}
        )


def backlog_note(estimate: BacklogEstimate) -> Note:
    """How people still to be recorded were estimated where no count of them is there, and how far off that may be."""
    numbers: dict[str, object] = {
        "count": len(estimate.villages),
        "people": estimate.people,
        "error": estimate.people_error,
        "share": round(100 * estimate.share, 2),
        "off": round(100 * estimate.error, 2),
        "known": estimate.known,
    }
    if estimate.known:
        message = N_(
            "People still to be recorded are estimated from the population in {count} villages: "
            "≈ {people} ± {error}, {share} ± {off} percent of their people, by {known} villages that know both."
        )
    else:
        message = N_(
            "People still to be recorded are estimated from the population in {count} villages: "
            "≈ {people} ± {error}, {share} ± {off} percent of their people, the national share, since no village knows "
            "both."
        )
    return Note(message, numbers)


def _shown(value: object, gettext: Gettext, locale: str) -> object:
    if isinstance(value, datetime):
        return format_datetime(value, "EEEE, d MMMM y, HH:mm", tzinfo=value.tzinfo, locale=locale)
    if isinstance(value, int | float):
        return format_decimal(value, locale=locale)
    if isinstance(value, date):
        return format_date(value, "EEEE, d MMMM y", locale=locale)
    if isinstance(value, ToldError):
        return value.text(gettext)
    return value.text(gettext, locale) if isinstance(value, Note) else value

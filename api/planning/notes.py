"""Remarks for the planner, kept apart from the language in which they are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from babel.dates import format_date, format_datetime

from api.i18n import Gettext
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
        What fills them; dates, with their clock times, and notes and reasons are written in the reader's language.
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


def _shown(value: object, gettext: Gettext, locale: str) -> object:
    if isinstance(value, datetime):
        return format_datetime(value, "EEEE, d MMMM y, HH:mm", tzinfo=value.tzinfo, locale=locale)
    if isinstance(value, date):
        return format_date(value, "EEEE, d MMMM y", locale=locale)
    if isinstance(value, ToldError):
        return value.text(gettext)
    return value.text(gettext, locale) if isinstance(value, Note) else value

"""
The office's languages: gettext catalogues, Indonesian by default, English second.

Messages in code are English; `locale/*/LC_MESSAGES/moling.po` hold what people read, compiled at set-up. `optimizer`,
`geodata` and `maps` never look a language up: callers hand them the `gettext` function of a `Language`.
"""

import gettext as stdlib_gettext
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Gettext = Callable[[str], str]
"""Message in English -> message in the reader's language."""

DEFAULT_LANGUAGE = "id"
LANGUAGES = ("id", "en")
LOCALE_DIR = Path(__file__).parent / "locale"


def N_(message: str) -> str:  # noqa: N802 (the mark that message extraction looks for)
    """Mark a message for translation where its language is not known yet."""
    return message


@dataclass(frozen=True, slots=True)
class Language:
    """
    A language with its catalogue.

    Attributes
    ----------
    code
        ISO 639-1: ``id`` or ``en``.
    gettext, ngettext
        Message in English -> message in this language; ``ngettext`` takes singular, plural and the number.
    """

    code: str
    gettext: Gettext
    ngettext: Callable[[str, str, int], str]


@cache
def language(code: str = DEFAULT_LANGUAGE) -> Language:
    """
    The language with that code.

    Raises
    ------
    ValueError
        When it is none of `LANGUAGES`.
    FileNotFoundError
        When its catalogue has not been compiled; `make demo` and `make test` do it.
    """
    if code not in LANGUAGES:
        raise ValueError(f"Language '{code}' is not known; choose one of {', '.join(LANGUAGES)}.")
    catalogue = stdlib_gettext.translation("moling", LOCALE_DIR, languages=[code])
    return Language(code, catalogue.gettext, catalogue.ngettext)

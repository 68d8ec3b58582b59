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


def bracketed(spoken: Language) -> Language:
    """
    A language for tests: each message of another one in ``⟦`` and ``⟧``, so that words that miss gettext stand out.

    What a message fills in stays inside: ``⟦{count} orang⟧``. Dates and numbers are that language's own.
    """

    def gettext(message: str) -> str:
        return _in_brackets(spoken.gettext(message))

    def ngettext(singular: str, plural: str, number: int) -> str:
        return _in_brackets(spoken.ngettext(singular, plural, number))

    return Language(spoken.code, gettext, ngettext)


def _in_brackets(text: str) -> str:
    return f"⟦{text}⟧" if text else text

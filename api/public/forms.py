"""What a free text in a form may not be, told beside its field."""

from typing import Final

from api.i18n import N_, Gettext
from geodata.cells import hides_identity_number

Faults = dict[str, str]
"""What is wrong, by field, in the reader's language."""

_NUMBER: Final = N_(
    "This holds a number of 16 digits, as identity numbers (NIK, KK) have. For your safety none is kept here: "
    "take it out and send the form again."
)
_LONG: Final = N_("This has {length} characters; at most {most} fit.")
_ODD: Final = N_("This holds characters that cannot be shown; type it anew.")


def checked_line(text: str, most: int, gettext: Gettext) -> str:
    """What is wrong with a text of at most so many characters; empty where nothing is."""
    if hides_identity_number(text):
        return gettext(_NUMBER)
    if len(text) > most:
        return gettext(_LONG).format(length=len(text), most=most)
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        return gettext(_ODD)
    return ""


def shown_again(text: str, most: int) -> str:
    """What was typed, to be shown in the form once more: without what no page shows."""
    return "".join(char for char in text[:most] if char.isprintable() or char in "\r\n")

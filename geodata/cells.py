"""
What a cell may hold: text as an office writes it -> a checked value.

Each reader takes the stripped text of a cell that is not empty and returns its value, or raises `CellError` with what
would be right. Numbers may carry a decimal comma or a decimal point, whole numbers dots between thousands.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geodata.errors import N_, CellError
from geodata.times import DateRange, RelativeDate, TimeRange, Weekday, When

Reader: TypeAlias = Callable[[str], Any]
T = TypeVar("T")

MAX_TEXT = 1_000
MAX_DIGITS = 20
MAX_DAYS_AWAY = 3_660
"""Relative dates reach ten years; more is a slip of the pen."""

WEEKDAY_WORDS: Mapping[str, Weekday] = {
    word: day
    for day, words in zip(
        Weekday,
        ("sen senin", "sel selasa", "rab rabu", "kam kamis", "jum jumat jum'at", "sab sabtu", "min minggu ahad"),
        strict=True,
    )
    for word in words.split()
}

# Patterns are ASCII: other scripts' digits would pass for numbers here and fail further on.
# 16 digits in a row, or grouped as identity numbers are: 4-4-4-4, or 6-6-4 (area, date of birth, serial).
_IDENTITY_NUMBER = re.compile(r"(?<!\d)(?:\d{4}([ .-]?)\d{4}\1\d{4}\1\d{4}|\d{6}([ .-])\d{6}\2\d{4})(?!\d)", re.ASCII)
_WHOLE = re.compile(r"\d+|\d{1,3}(?:\.\d{3})+", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:\.\d{3})+,\d+)", re.ASCII)
_RELATIVE = re.compile(r"[Hh]\s*(?:([+-])\s*(\d{1,4}))?", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})", re.ASCII)
# No slash: identifiers become parts of file names and addresses.
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?", re.IGNORECASE)


def hides_identity_number(text: str) -> bool:
    """Whether the text holds 16 digits as an identity number (NIK) or family card number (KK) has them."""
    return _IDENTITY_NUMBER.search(text) is not None


def without_identity_numbers(text: str) -> str:
    """The text with every such number struck out, fit for messages and logs."""
    return _IDENTITY_NUMBER.sub("#" * 16, text)


def free_text(text: str) -> str:
    """Text on one or more lines; control characters and identity numbers are refused."""
    if len(text) > MAX_TEXT:
        raise CellError(N_("text has {length} characters; at most {most} fit"), length=len(text), most=MAX_TEXT)
    if any(unicodedata.category(char) == "Cc" and char not in "\n\t\r" for char in text):
        raise CellError(N_("text holds control characters; type it anew"))
    if hides_identity_number(text):
        raise CellError(N_("looks like an identity number (NIK or KK); people are counted here, never named"))
    return text


def identifier(text: str) -> str:
    """A code of the office: letters, digits and ``. _ -``, at most 40."""
    free_text(text)
    if not _IDENTIFIER.fullmatch(text):
        raise CellError(N_("write a code of letters, digits and . _ - only, at most 40"))
    return text


def web_address(text: str) -> str:
    """The address of a web service, ``http`` or ``https``, without a slash at its end; no name, password or query."""
    free_text(text)
    try:
        parts = urlsplit(text)
        is_fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fit = False
    if not is_fit or not _ADDRESS.fullmatch(text):
        raise CellError(N_("write an address such as http://127.0.0.1:5000, without a password and a question mark"))
    return text.rstrip("/")


def area_code(digits: int) -> Reader:
    """A ministry area code with that many digits; dots are left out."""

    def read(text: str) -> str:
        code = text.replace(".", "")
        if not (re.fullmatch(r"[0-9]+", code) and len(code) == digits):
            raise CellError(N_("an area code has {digits} digits; keep the column as text"), digits=digits)
        return code

    return read


def postal_code(text: str) -> str:
    """A postal code (kode pos) of 5 digits."""
    if not re.fullmatch(r"[0-9]{5}", text):
        raise CellError(N_("a postal code has 5 digits; keep the column as text"))
    return text


def place_code(text: str) -> str:
    """The code of a village (10 digits, dots left out) or of a site."""
    code = text.replace(".", "")
    # A site's own code may hold dots; only what reads as a village code in the ministry's form loses them.
    return code if re.fullmatch(r"[0-9]{10}", code) else identifier(text)


def whole(least: int, most: int) -> Reader:
    """A whole number within limits; dots between thousands are allowed."""

    def read(text: str) -> int:
        value = int(text.replace(".", "")) if _WHOLE.fullmatch(text) and len(text) < MAX_DIGITS else None
        if value is None or not least <= value <= most:
            raise CellError(N_("write a whole number from {least} to {most}"), least=least, most=most)
        return value

    return read


def number(least: float, most: float, *, above: bool = False) -> Reader:
    """A number within limits, the least one itself left out if ``above``; decimal comma or point."""

    def read(text: str) -> float:
        value = float(_with_point(text)) if _NUMBER.fullmatch(text) else math.nan
        if not least <= value <= most or (above and value == least):
            raise CellError(N_("write a number from {least} to {most}"), least=f"{least:g}", most=f"{most:g}")
        return value

    return read


def degrees(text: str) -> float:
    """Degrees of longitude or latitude; where the point lies is checked with both."""
    if not _NUMBER.fullmatch(text) or not abs(float(_with_point(text))) <= 180:  # noqa: PLR2004 (half a circle)
        raise CellError(N_("write degrees with decimals, such as 99.5301"))
    return float(_with_point(text))


def yes_no(text: str) -> bool:
    """``ya`` or ``tidak``."""
    return one_of({"ya": True, "y": True, "tidak": False, "t": False})(text)  # type: ignore[no-any-return]


def one_of(words: Mapping[str, T]) -> Reader:
    """One word of a list, capitals aside, blanks as good as underscores."""

    def read(text: str) -> T:
        word = re.sub(r"[\s_-]+", "_", text.casefold())
        if word not in words:
            raise CellError(N_("write one of: {words}"), words=", ".join(words))
        return words[word]

    return read


def some_of(words: Mapping[str, T]) -> Reader:
    """Words of a list, separated by ``;``, as a frozen set."""
    read_one = one_of(words)
    return lambda text: frozenset(read_one(part) for part in parts(text))


def parts(text: str) -> Iterable[str]:
    """The parts of a list, separated by ``;``."""
    return (part.strip() for part in text.split(";") if part.strip())


def texts(text: str) -> tuple[str, ...]:
    """Pieces of free text, separated by ``;``."""
    return tuple(free_text(part) for part in parts(text))


def weekdays(text: str) -> tuple[Weekday, ...]:
    """Days of the week in order: ``Sen;Rab`` or ``Senin;Rabu``."""
    read_one = one_of(WEEKDAY_WORDS)
    try:
        return tuple(sorted({read_one(part) for part in parts(text)}))
    except CellError as error:
        raise CellError(N_("write days as Sen Sel Rab Kam Jum Sab Min, separated by ;")) from error


def day(text: str) -> When:
    """A date: ``2026-12-07``, as Indonesian Excel rewrites it ``07/12/2026``, or relative ``H-12``."""
    relative = _RELATIVE.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if relative:
        days = int(relative[2] or 0)
        if days <= MAX_DAYS_AWAY:
            return RelativeDate(-days if relative[1] == "-" else days)
    iso, day_first = _ISO_DATE.fullmatch(text), _DAY_FIRST.fullmatch(text)
    year_month_day = iso.groups() if iso else day_first.groups()[::-1] if day_first else None
    try:
        if year_month_day:
            return date(*map(int, year_month_day))
    except ValueError:
        pass  # such as 31 February: the message below says what is right
    raise CellError(N_("write a date as 2026-12-07, or as H-12 counted from the Monday of the planned week"))


def days(text: str) -> DateRange:
    """A day or a range of days: ``2026-12-07`` or ``2026-12-07..2026-12-12``, also ``s.d.`` for the dots."""
    ends = [day(end.strip()) for end in re.split(r"\.\.|s\.d\.|s/d", text)]
    if len(ends) > 2:  # noqa: PLR2004 (a range has two ends)
        raise CellError(N_("write a range of days as 2026-12-07..2026-12-12"))
    first, last = ends[0], ends[-1]
    if _are_out_of_order(first, last):
        raise CellError(N_("the range of days ends before it begins; write the earlier day first"))
    return DateRange(first, last)


def day_ranges(text: str) -> tuple[DateRange, ...]:
    """Days and ranges of days, separated by ``;``."""
    return tuple(days(part) for part in parts(text))


def clock(text: str) -> int:
    """A clock time ``13:45`` or ``13.45`` as minutes since midnight; ``24:00`` is the end of the day."""
    found = _CLOCK.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else None  # noqa: PLR2004 (minutes)
    if minute is None or minute > 24 * 60:
        raise CellError(N_("write a time as 13:45"))
    return minute


def clocks(text: str) -> tuple[int, ...]:
    """Clock times separated by ``;``."""
    return tuple(clock(part) for part in parts(text))


def hours(text: str) -> TimeRange:
    """Hours of a day: ``07:30-16:00``."""
    ends = [clock(end.strip()) for end in text.split("-")]
    if len(ends) != 2 or ends[0] >= ends[1]:  # noqa: PLR2004 (a range has two ends)
        raise CellError(N_("write hours as 07:30-16:00, the earlier time first"))
    return TimeRange(*ends)


def time_zone(text: str) -> str:
    """An IANA zone."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CellError(N_("write a time zone: Asia/Jakarta, Asia/Makassar or Asia/Jayapura")) from error
    return text


def _with_point(text: str) -> str:
    return text.replace(".", "").replace(",", ".") if "," in text else text


def _are_out_of_order(first: When, last: When) -> bool:
    # A fixed and a relative day can only be compared once the week is known.
    if isinstance(first, RelativeDate) or isinstance(last, RelativeDate):
        return isinstance(first, RelativeDate) and isinstance(last, RelativeDate) and last < first
    return last < first

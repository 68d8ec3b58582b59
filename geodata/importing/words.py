"""
Names, codes and numbers as agencies write them: folded to what is the same, read to what is meant.

Two spellings of one village fold to the same key: Sei and Sungai, Kwala and Kuala, Perk. and Perkebunan, joined and
separate words, capitals, punctuation. What folds alike and is two villages is for a person to tell apart.
"""

import math
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Final

VILLAGE_DIGITS: Final = 10
MAX_DIGITS: Final = 12
MOST_PEOPLE: Final = 1_000_000
"""As the tables of a region folder allow."""

_PREFIX = re.compile(r"^(?:desa adat|desa|kelurahan|kel|ds|gampong|kampung adat|nagari|pekon)\b[. ]+")
_DISTRICT_PREFIX = re.compile(r"^(?:kecamatan|kec|distrik)\b[. ]*")
_REGENCY_PREFIX = re.compile(r"^(?:kabupaten|kab|kota)\b[. ]*(?:administrasi|adm)?\b[. ]*")
_HALL = re.compile(
    r"^(?:kantor|balai|aula|gedung)\s+(?:(?:kepala|pertemuan|wali|keuchik|geuchik|peratin)\s+)?"
    r"(?=desa|kelurahan|kel\b|ds\b|lurah|nagari|gampong|pekon)"
)
# Whole words, by what they stand for. Each maps to the shortest form, so that joined words fold alike too.
_WORDS: Final = {
    word: short
    for short, words in {
        "sei": "sungai sei sungei s",
        "kuala": "kuala kwala k",
        "perk": "perkebunan perk pkbn perkeb",
        "tanjung": "tanjung tg tj tjg tanjong",
        "pulau": "pulau p pl pulo",
        "pem": "pematang pem pmt",
        "lubuk": "lubuk lb lbk",
        "bandar": "bandar bdr bandr",
        "simpang": "simpang sp spg",
        "gunung": "gunung gn gng",
        "padang": "padang pd",
        "tebing": "tebing tb tbg",
        "baru": "baru br",
        "barat": "barat brt",
        "timur": "timur tmr",
        "utara": "utara ut",
        "selatan": "selatan slt",
        "tengah": "tengah tgh",
        "1": "i 1",
        "2": "ii 2",
        "3": "iii 3",
        "4": "iv 4",
        "5": "v 5",
        "6": "vi 6",
        "7": "vii 7",
        "8": "viii 8",
        "9": "ix 9",
        "10": "x 10",
    }.items()
    for word in words.split()
}
# Joined words begin with the long form as often as with the short one.
_BEGINNINGS: Final = (("sungai", "sei"), ("kwala", "kuala"), ("perkebunan", "perk"), ("pematang", "pem"))
_COUNT = re.compile(r"\d+(?:[.,]0+)?", re.ASCII)
_THOUSANDS = re.compile(r"(\d{1,3}([.,\s])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,]0{1,2})?", re.ASCII)
_DEGREES = re.compile(
    r"(?P<side>LS|LU|BT|BB|[NSEW])?\s*(?P<sign>[-\u2212])?\s*(?P<degrees>\d{1,3}(?:[.,]\d+)?)\s*"
    r"(?:[\N{DEGREE SIGN}\N{MASCULINE ORDINAL INDICATOR}\N{RING ABOVE}]|d)?\s*"
    r"(?:(?P<minutes>\d{1,2}(?:[.,]\d+)?)\s*['\u2019\u2032]\s*)?"
    r"(?:(?P<seconds>\d{1,2}(?:[.,]\d+)?)\s*(?:[\"\u201c\u201d\u2033]|['\u2019\u2032]{2})\s*)?"
    r"(?P<other>LS|LU|BT|BB|[NSEW])?",
    re.ASCII | re.IGNORECASE,
)


def fold_village(name: str) -> str:
    """A key that the spellings of one village's name share."""
    return _fold(_PREFIX.sub("", _plain(name)))


def fold_district(name: str) -> str:
    """A key that the spellings of one kecamatan's name share."""
    return _fold(_DISTRICT_PREFIX.sub("", _plain(name)))


def fold_regency(name: str) -> str:
    """A key that the spellings of a regency's name share; ``Kabupaten X`` and ``Kota X`` are two, ``X`` either."""
    plain = _plain(name)
    found = _REGENCY_PREFIX.match(plain)
    kind = "" if found is None else "kota " if plain.startswith("kota") else "kabupaten "
    return kind + _fold(plain[found.end() :] if found else plain)


def is_same_regency(one: str, other: str) -> bool:
    """Whether two names can mean the same regency."""
    first, second = fold_regency(one), fold_regency(other)
    return first == second or (first.split()[-1:] == second.split()[-1:] and (" " in first) != (" " in second))


def hall_of(name: str) -> str | None:
    """The village that the name of a village hall names (``Kantor Desa Sei Suka``); None for any other name."""
    plain = _plain(name)
    found = _HALL.match(plain)
    return re.sub(r"^lurah\b", "kelurahan", plain[found.end() :]) if found else None


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    return re.sub(r"\s+", " ", re.sub(r"[^a-z0-9. ]+", " ", text.replace("'", ""))).strip()


def _fold(plain: str) -> str:
    words = re.split(r"[ .]+", plain)
    # A single letter is an abbreviation in front of a name only: "Blok S" is no river.
    last = len(words) - 1
    short = [
        _WORDS.get(word, word) if len(word) > 1 or place < last or word in "ivx" else word
        for place, word in enumerate(words)
    ]
    joined = "".join(short)
    for long, beginning in _BEGINNINGS:
        if joined.startswith(long):
            joined = beginning + joined[len(long) :]
    return joined


def read_code(text: str) -> str | None:
    """
    The 10 digits of a village code as spreadsheets hand it on; None where it is none.

    Dots, blanks and a leading apostrophe are left out; ``1219011001.0`` and ``1.219011001E+9`` are whole numbers.
    """
    text = text.strip().lstrip("'\u2018\u2019`")
    if re.fullmatch(r"\d{10}[.,]0+", text, re.ASCII):
        text = text[:VILLAGE_DIGITS]
    elif re.fullmatch(r"\d[.,]\d{9}0*[Ee]\+?0?9", text, re.ASCII):
        try:
            text = str(int(Decimal(text.replace(",", "."))))
        except InvalidOperation:
            return None
    digits = re.sub(r"[.\s-]", "", text)
    return digits if re.fullmatch(r"[0-9]{10}", digits) else None


def read_count(text: str) -> int | None:
    """A number of people, dots or commas between thousands, decimals only if they are 0; None where it is none."""
    text = text.strip()
    if len(text) > MAX_DIGITS:
        return None
    thousands = _THOUSANDS.fullmatch(text)
    if thousands:
        value = int(re.sub(r"\D", "", thousands[1]))
    elif _COUNT.fullmatch(text):
        value = int(re.split("[.,]", text)[0])
    else:
        return None
    return value if value <= MOST_PEOPLE else None


def read_degrees(text: str) -> float | None:
    """Degrees with decimals (comma or point) or degrees, minutes and seconds, with LU, LS, BT or N, S, E, W."""
    found = _DEGREES.fullmatch(text.strip())
    if found is None:
        return None
    parts = [float((found[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds")]
    side = (found["side"] or found["other"] or "").upper()
    if max(parts[1:]) >= 60:  # noqa: PLR2004 (minutes of a degree)
        return None
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    is_negative = found["sign"] is not None or side in {"S", "LS", "W", "BB"}
    return -value if is_negative and not math.isclose(value, 0) else value

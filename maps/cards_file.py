"""
Cards to and from one JSON document, ``cards.json``, which stands beside the instance and the plan of a week.

It is strict: unknown fields, missing fields and values of another kind are refused, so that a document written by
another version is never half understood.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import StrEnum
from typing import TypeVar

from maps.cards import (
    BaseCard,
    CountKind,
    Factor,
    Origin,
    PlaceKind,
    VehicleCard,
    VillageCard,
    VisitCard,
    WeekCards,
)
from maps.errors import InvalidCardsError

FORMAT = "moling/cards"
VERSION = 1
_SHOWN_CHARACTERS = 80

_T = TypeVar("_T")


def write_cards(cards: WeekCards) -> bytes:
    """The document of these cards: UTF-8 JSON with sorted fields, the same bytes for the same cards."""
    body = {"format": FORMAT, "version": VERSION, **_plain_fields(cards)}
    return (json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def read_cards(document: bytes) -> WeekCards:
    """
    The cards of a document that `write_cards` wrote.

    Raises
    ------
    InvalidCardsError
        When it is not such a document; the message names object, field and value.
    """
    try:
        body = json.loads(document)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidCardsError(f"Cards: the document is not JSON ({error}).") from error
    if not isinstance(body, dict) or (body.pop("format", None), body.pop("version", None)) != (FORMAT, VERSION):
        raise InvalidCardsError(f"Cards: the document must be of format {FORMAT!r}, version {VERSION}.")
    return _read_fields(WeekCards, _WEEK_FIELDS, body, "cards")


_Read = Callable[[object, str], object]


def _wrong(where: str, value: object, right: str) -> InvalidCardsError:
    return InvalidCardsError(f"Cards: {where} is {repr(value)[:_SHOWN_CHARACTERS]}; it must be {right}.")


def _text(value: object, where: str) -> object:
    if not isinstance(value, str):
        raise _wrong(where, value, "text")
    return value


def _whole(value: object, where: str) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(where, value, "a whole number")
    return value


def _number(value: object, where: str) -> object:
    # NaN and the infinities, which Python's JSON reader lets through, differ from themselves less themselves.
    if not isinstance(value, int | float) or isinstance(value, bool) or value - value != 0:
        raise _wrong(where, value, "a number")
    return value


def _flag(value: object, where: str) -> object:
    if not isinstance(value, bool):
        raise _wrong(where, value, "true or false")
    return value


def _day(value: object, where: str) -> object:
    try:
        return date.fromisoformat(str(_text(value, where)))
    except ValueError as error:
        raise _wrong(where, value, "a date such as 2027-01-13") from error


def _member(kind: type[StrEnum]) -> _Read:
    def read(value: object, where: str) -> object:
        try:
            return kind(str(_text(value, where)))
        except ValueError as error:
            raise _wrong(where, value, f"one of {', '.join(kind)}") from error

    return read


def _or_none(read: _Read) -> _Read:
    return lambda value, where: None if value is None else read(value, where)


def _several(read: _Read) -> _Read:
    def read_all(value: object, where: str) -> object:
        if not isinstance(value, list):
            raise _wrong(where, value, "a list")
        return tuple(read(item, f"{where}[{place}]") for place, item in enumerate(value))

    return read_all


def _counts(value: object, where: str) -> object:
    if not isinstance(value, dict):
        raise _wrong(where, value, "counts by what they count")
    kind = _member(CountKind)
    return {kind(key, where): _whole(count, f"{where}.{key}") for key, count in value.items()}


def _of(kind: type[_T], readers: Mapping[str, _Read]) -> _Read:
    return lambda value, where: _read_fields(kind, readers, value, where)


def _read_fields(kind: type[_T], readers: Mapping[str, _Read], value: object, where: str) -> _T:
    if not isinstance(value, dict):
        raise _wrong(where, value, "an object")
    for name in value:
        if name not in readers:
            raise InvalidCardsError(f"Cards: {where} has the unknown field '{name}'; known are {', '.join(readers)}.")
    for each in fields(kind):  # type: ignore[arg-type]  # every kind that is read is a dataclass
        if each.name not in value and each.default is MISSING and each.default_factory is MISSING:
            raise InvalidCardsError(f"Cards: {where} lacks the field '{each.name}'.")
    return kind(**{name: readers[name](item, f"{where}.{name}") for name, item in value.items()})


_FACTOR_FIELDS: Mapping[str, _Read] = {"label": _text, "value": _number}
_VISIT_FIELDS: Mapping[str, _Read] = {
    "visit": _text,
    "name": _text,
    "kind": _member(PlaceKind),
    "origin": _member(Origin),
    "place": _text,
    "people": _whole,
    "village_code": _or_none(_text),
    "counts": _counts,
    "letter_number": _or_none(_text),
    "letter_date": _or_none(_day),
    "rule": _or_none(_text),
    "bring": _several(_text),
    "notes": _several(_text),
    "part": _whole,
    "parts": _whole,
    "factors": _several(_of(Factor, _FACTOR_FIELDS)),
    "is_estimate": _flag,
}
_VEHICLE_FIELDS: Mapping[str, _Read] = {
    "id": _text,
    "name": _text,
    "number": _whole,
    "kits": _whole,
    "can_print": _flag,
}
_BASE_FIELDS: Mapping[str, _Read] = {"location": _text, "name": _text}
_VILLAGE_FIELDS: Mapping[str, _Read] = {"code": _text, "name": _text, "weeks_since_visit": _or_none(_whole)}
_WEEK_FIELDS: Mapping[str, _Read] = {
    "regency": _text,
    "bases": _several(_of(BaseCard, _BASE_FIELDS)),
    "vehicles": _several(_of(VehicleCard, _VEHICLE_FIELDS)),
    "visits": _several(_of(VisitCard, _VISIT_FIELDS)),
    "villages": _several(_of(VillageCard, _VILLAGE_FIELDS)),
    "notes": _several(_text),
    "sources": _several(_text),
}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    return _plain_fields(value) if hasattr(value, "__dataclass_fields__") else value


def _plain_fields(card: object) -> dict[str, object]:
    return {each.name: _plain(getattr(card, each.name)) for each in fields(card)}  # type: ignore[arg-type]

"""
Changes to and from bytes: the document that `moling replan` reads and that remedies are written in.

``{"format": "moling/changes", "version": 1, "now"?: minute, "changes": [{"change": KIND, ...}]}``, read as strictly as
an instance. `docs/replan.md` shows every kind.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress

from optimizer.changes import (
    AddKits,
    AddShift,
    AddVisit,
    AllowDay,
    AllowOvertime,
    Change,
    Changes,
    DeclineVisit,
    PinVisit,
    RaiseCapacity,
    RaiseLimit,
    RequireVisit,
    UnpinVisit,
)
from optimizer.document import (
    FLAG,
    TEXT,
    WHOLE,
    DocumentError,
    Kind,
    Place,
    Table,
    an_object,
    exactly,
    read_document,
    refusal,
    scalar,
    texts,
    write_document,
)
from optimizer.errors import InvalidChangeError
from optimizer.instance import LOCATION, VERSION, VISIT
from optimizer.losses import LoseDay, LoseShift, LoseVehicle

_HEAD: Mapping[str, str | int] = {"format": "moling/changes", "version": VERSION}
_WORDS = texts(frozenset, sorted)


def _table(kind: Callable[..., Change], **fields: Kind) -> Table:
    kinds = {key.rstrip("_"): each for key, each in fields.items()}
    spelled = {"from": "after"} if "from" in kinds else {}
    return Table("Change", kind, kinds, names_itself=False, spelled=spelled)


_TABLES: Mapping[str, Table] = {
    "lose_vehicle": _table(LoseVehicle, vehicle=TEXT, from_=WHOLE),
    "lose_shift": _table(LoseShift, shift=TEXT, from_=WHOLE),
    "lose_day": _table(LoseDay, day=WHOLE, tags=_WORDS, from_=WHOLE),
    "decline_visit": _table(DeclineVisit, visit=TEXT),
    "add_visit": _table(AddVisit, visit=an_object(VISIT), location=an_object(LOCATION)),
    "require_visit": _table(RequireVisit, visit=TEXT, required=FLAG),
    "pin_visit": _table(PinVisit, visit=TEXT, shift=TEXT, start=WHOLE),
    "unpin_visit": _table(UnpinVisit, visit=TEXT),
    "add_shift": _table(AddShift, shift=TEXT, like=TEXT, vehicle=TEXT, day=WHOLE),
    "allow_overtime": _table(AllowOvertime, shift=TEXT, minutes=WHOLE),
    "add_kits": _table(AddKits, shift=TEXT, kits=WHOLE),
    "raise_limit": _table(RaiseLimit, limit=TEXT, by=WHOLE),
    "raise_capacity": _table(RaiseCapacity, shift=TEXT, resource=TEXT, by=WHOLE),
    "allow_day": _table(AllowDay, visit=TEXT, day=WHOLE),
}
_NAMES = {table.type: name for name, table in _TABLES.items()}


def read_changes(data: bytes) -> Changes:
    """
    The changes that a document describes; whether they fit a problem, `apply_changes` tells.

    Raises
    ------
    InvalidChangeError
        When the bytes are no changes document of version 1. The message is one line and names the change, the field,
        the value and what would be right.
    """
    try:
        changes: Changes = read_document(_CHANGES, {key: exactly(value) for key, value in _HEAD.items()}, data)
    except DocumentError as error:
        raise InvalidChangeError(str(error)) from error
    return changes


def write_changes(changes: Changes) -> bytes:
    """Bytes of the changes document; `read_changes` gives equal changes back."""
    return write_document(_CHANGES, _HEAD, changes)


def read_letter(data: bytes) -> AddVisit:
    """
    The new visit that a document describes.

    The document is a visit as instances hold them, or ``{"visit": ..., "location": ...}`` where its place is new.

    Raises
    ------
    InvalidChangeError
        When the bytes are no such document.
    """
    try:
        with suppress(ValueError):  # what is no JSON at all, the reader below refuses with its place
            value = json.loads(data)
            if isinstance(value, dict) and "visit" in value:
                letter: AddVisit = read_document(_LETTER, {}, data)
                return letter
        return AddVisit(read_document(VISIT, {}, data))
    except DocumentError as error:
        raise InvalidChangeError(str(error)) from error


def as_object(change: Change) -> dict[str, object]:
    """A change as documents write it, for instance as the remedy of a visit left out."""
    name = _NAMES[type(change)]
    return {"change": name, **_TABLES[name].write(change)}


def _read_list(where: Place, value: object) -> tuple[Change, ...]:
    if not isinstance(value, list):
        raise refusal(where, value, _LIST.right)
    return tuple(_read_one(number, each) for number, each in enumerate(value, 1))


def _read_one(number: int, value: object) -> Change:
    name = f"Change number {number}"
    if not isinstance(value, dict):
        raise refusal(name, value, "an object")
    kinds = _one_of(_TABLES)
    if "change" not in value:
        raise DocumentError(f"{Place(name, 'change')} is missing; it must be {kinds.right}.")
    kind = kinds.read(Place(name, "change"), value["change"])
    fields = {key: each for key, each in value.items() if key != "change"}
    change: Change = _TABLES[kind].read(f"{name} ({kind})", fields)
    return change


def _one_of(words: Mapping[str, object]) -> Kind:
    return scalar(f"one of {', '.join(words)}", lambda value: isinstance(value, str) and value in words)


_LIST = Kind("a list of objects", _read_list, lambda changes: [as_object(each) for each in changes])
_CHANGES = Table("Changes", Changes, {"now": WHOLE, "changes": _LIST}, required=frozenset({"changes"}))
_LETTER = Table("Letter", AddVisit, {"visit": an_object(VISIT), "location": an_object(LOCATION)}, names_itself=False)

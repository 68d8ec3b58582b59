"""
Strict JSON documents by tables of fields: what `instance` builds its two formats from.

A table says what each field of a type holds; reading and writing walk the same table, so neither can know a field
that the other does not. Defaults are those of the dataclass: what equals its default is not written.

Whatever the bytes are, reading ends with an object or with one `DocumentError` of one line that names the object,
the field, the value and what would be right. Written documents are stable and show a change as a changed line: one
line a member of a list, sets and mappings sorted. No schema library is used, because none names the object by its
identifier, tells 12 from 12.0 and reads matrices of two million numbers in a second.
"""

import json
import re
import reprlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from optimizer.errors import InvalidProblemError, OptimizerError, one_line

_SURROGATE = re.compile("[\ud800-\udfff]")


class DocumentError(OptimizerError, ValueError):
    """Why a document cannot be read; its reader turns it into the error of its kind of document."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document a value stands, as messages say it: the object's name, the field, the part of the field."""

    owner: str
    field: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.owner}: field {self.field!r}{self.part}"

    def at(self, part: str) -> "Place":
        """A part of this place."""
        return replace(self, part=f"{self.part}, {part}")


def refusal(where: Place | str, value: object, right: str) -> DocumentError:
    """Make the error for a value that is not what it must be; long values are shortened."""
    return DocumentError(f"{where} is {reprlib.repr(value)}; it must be {right}.")


@dataclass(frozen=True, slots=True)
class Kind:
    """
    What a field may hold.

    Attributes
    ----------
    right
        Completes "it must be".
    read
        From the place, for messages, and the JSON value to the value of the type; raises `DocumentError`.
    write
        The way back.
    """

    right: str
    read: Callable[[Place, object], Any]
    write: Callable[[Any], object] = lambda value: value


@dataclass(frozen=True, slots=True)
class Table:
    """
    The fields of a type.

    Attributes
    ----------
    label, known_by
        How messages call an object: ``Visit 'smkn1'`` by the label and the field that tells it from others.
    names_itself
        Whether the type's own errors say which object is meant.
    required
        Fields that must be there, and are always written, although the type has a default for them.
    shown
        Fields that are always written but may be left out.
    renamed
        Fields that are kept under another name than the one they are computed and written by.
    spelled
        Attributes of fields whose names are no names in Python, such as ``from``.
    """

    label: str
    type: Callable[..., Any]
    kinds: Mapping[str, Kind]
    known_by: str = "id"
    names_itself: bool = True
    required: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()
    renamed: Mapping[str, str] | None = None
    spelled: Mapping[str, str] | None = None

    def read(self, name: str, value: object) -> Any:  # noqa: ANN401 (whatever type the table is of)
        """The object that a JSON value describes; ``name`` is what messages call it."""
        if not isinstance(value, dict):
            raise refusal(name, value, "an object")
        defaults = self._defaults()
        for key in value:
            if key not in self.kinds:
                known = ", ".join(self.kinds)
                raise DocumentError(f"{Place(name, key)} is not known; known fields are {known}.")
        arguments = {}
        for key, kind in self.kinds.items():
            if key in value:
                argument = (self.renamed or self.spelled or {}).get(key, key)
                arguments[argument] = kind.read(Place(name, key), value[key])
            elif self._attribute(key) not in defaults:
                raise DocumentError(f"{Place(name, key)} is missing; it must be {kind.right}.")
        try:
            return self.type(**arguments)
        except InvalidProblemError as error:
            raise DocumentError(one_line(str(error) if self.names_itself else f"{name}: {error}")) from error

    def write(self, thing: object) -> dict[str, object]:
        """The JSON value for an object, defaults left out."""
        defaults = self._defaults()
        values = {key: getattr(thing, self._attribute(key)) for key in self.kinds}
        return {
            key: kind.write(values[key])
            for key, kind in self.kinds.items()
            if key in self.shown
            or self._attribute(key) not in defaults
            or values[key] != defaults[self._attribute(key)]
        }

    def name(self, value: object, number: int) -> str:
        """What messages call the object of this number in its list."""
        known = value.get(self.known_by) if isinstance(value, dict) else None
        return f"{self.label} {known!r}" if isinstance(known, str) else f"{self.label} number {number}"

    def _attribute(self, key: str) -> str:
        return (self.spelled or {}).get(key, key)

    def _defaults(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for each in fields(self.type) if is_dataclass(self.type) else ():
            if each.name in self.required:
                continue
            if each.default is not MISSING:
                found[each.name] = each.default
            elif each.default_factory is not MISSING:
                found[each.name] = each.default_factory()
        return found


def read_document(table: Table, head: Mapping[str, Kind], data: bytes) -> Any:  # noqa: ANN401 (the table's type)
    """
    The object that a document's bytes describe.

    Parameters
    ----------
    head
        Fields that say what kind of document it is; they are checked before all others.

    Raises
    ------
    DocumentError
        When the bytes are no such document.
    """
    try:
        value = _parse(table.label, data)
        if not isinstance(value, dict):
            raise refusal(table.label, value, "an object")
        for key, kind in head.items():
            if key not in value:
                raise DocumentError(f"{Place(table.label, key)} is missing; it must be {kind.right}.")
            kind.read(Place(table.label, key), value.pop(key))
        return table.read(table.label, value)
    except RecursionError as error:
        raise DocumentError(f"{table.label}: objects or lists are nested too deep; the format needs few.") from error


def write_document(table: Table, head: Mapping[str, object], thing: object) -> bytes:
    """Bytes of the document, UTF-8, defaults left out."""
    lines = ",\n".join(f"{_dump(key)}: {_layout(value)}" for key, value in {**head, **table.write(thing)}.items())
    return f"{{\n{lines}\n}}\n".encode()


def _parse(label: str, data: bytes) -> object:
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unrepeated)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{label}: byte {error.start} is 0x{data[error.start]:02x}, which no character begins or goes on with "
            "there; the document must be UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"{label}: line {error.lineno}, column {error.colno}: {error.msg}; the document must be JSON."
        ) from error
    except DocumentError as error:
        raise DocumentError(f"{label}: {error}") from error
    except ValueError as error:  # Python refuses whole numbers of several thousand digits by this one
        raise DocumentError(f"{label} holds a whole number of thousands of digits; it must be a usual one.") from error


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        whose = f"the object {found['id']!r}" if "id" in found else "an object"
        raise DocumentError(f"{whose} has field {twice!r} more than once; each field must stand once.")
    return found


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _layout(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        return "[\n" + ",\n".join(map(_dump, value)) + "\n]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_dump(key)}: {_layout(part)}" for key, part in value.items()) + "}"
    return _dump(value)


def scalar(
    right: str,
    accepts: Callable[[Any], bool],
    convert: Callable[[Any], object] = lambda value: value,
    write: Callable[[Any], object] = lambda value: value,
) -> Kind:
    """Make a kind for single values: those that ``accepts`` says yes to, then converted."""

    def read(where: Place, value: object) -> object:
        if not accepts(value):
            raise refusal(where, value, right)
        return convert(value)

    return Kind(right, read, write)


def exactly(expected: str | int) -> Kind:
    """Make a kind that is one value."""
    return scalar(repr(expected), lambda value: type(value) is type(expected) and value == expected)


def one_of(choices: type[StrEnum]) -> Kind:
    """Make a kind for the members of an enum, written by their values."""
    words = [choice.value for choice in choices]
    return scalar(f"one of {', '.join(words)}", lambda value: value in words, choices, str)


def or_null(kind: Kind) -> Kind:
    """Make a kind that is another one or null."""
    return Kind(
        f"{kind.right}, or null",
        lambda where, value: None if value is None else kind.read(where, value),
        lambda value: None if value is None else kind.write(value),
    )


def an_object(table: Table) -> Kind:
    """Make a kind for one object of a type; messages call it by the field that holds it."""
    return Kind("an object", lambda where, value: table.read(str(where), value), table.write)


def objects(table: Table, *, inside: bool = False) -> Kind:
    """Make a kind for a list of objects, read as a tuple; ``inside`` another whose name leads theirs."""

    def read(where: Place, value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise refusal(where, value, "a list of objects")
        lead = f"{where.owner}, " if inside else ""
        return tuple(table.read(lead + table.name(each, number), each) for number, each in enumerate(value, 1))

    return Kind("a list of objects", read, lambda value: [table.write(each) for each in value])


def texts(collect: Callable[[list[str]], object], arrange: Callable[[Any], list[str]]) -> Kind:
    """Make a kind for a list of texts: ``collect`` makes the collection of the type, ``arrange`` the list again."""

    def read(where: Place, value: object) -> object:
        if not isinstance(value, list):
            raise refusal(where, value, "a list of texts")
        return collect([TEXT.read(where.at(f"entry {number}"), each) for number, each in enumerate(value, 1)])

    return Kind("a list of texts", read, arrange)


def mapping(kind: Kind) -> Kind:
    """Make a kind for an object whose names are free and whose values are all of one kind; written sorted."""

    def read(where: Place, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refusal(where, value, "an object")
        return {TEXT.read(where.at("a name"), key): kind.read(where.at(repr(key)), each) for key, each in value.items()}

    return Kind("an object", read, lambda value: {key: kind.write(value[key]) for key in sorted(value)})


def _read_free(where: Place, value: object) -> object:
    if isinstance(value, dict):
        return {TEXT.read(where.at("a name"), key): _read_free(where.at(repr(key)), v) for key, v in value.items()}
    if isinstance(value, list):
        return [_read_free(where.at(f"entry {number}"), each) for number, each in enumerate(value, 1)]
    if isinstance(value, str):
        return TEXT.read(where, value)
    return value if value is None or isinstance(value, bool) or _is_whole(value) else NUMBER.read(where, value)


def _read_free_object(where: Place, value: object) -> object:
    if not isinstance(value, dict):
        raise refusal(where, value, "an object")
    return _read_free(where, value)


def _is_text(value: object) -> bool:
    # A lone surrogate is no character: UTF-8 cannot write it.
    return isinstance(value, str) and (value.isascii() or not _SURROGATE.search(value))


def _is_whole(value: object) -> bool:
    return type(value) is int


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _is_day(value: object) -> bool:
    # fromisoformat also takes 20261207 and 2026-W50-1; the format has one way to write a day.
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _shortest(number: float) -> float:
    return int(number) if number.is_integer() else number


TEXT = scalar("a text of whole Unicode characters", _is_text)
FLAG = scalar("true or false", lambda value: isinstance(value, bool))
WHOLE = scalar("a whole number", _is_whole)
NUMBER = scalar("a finite number", _is_number, float, lambda value: _shortest(float(value)))
DAY = scalar("a day written as YYYY-MM-DD", _is_day, date.fromisoformat, date.isoformat)
FREE_OBJECT = Kind("an object", _read_free_object, dict)

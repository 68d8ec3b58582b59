"""
One regency's rows: what a function that reads or changes the store is handed, and all that it can reach.

A scope runs no statement but its own, and each of these asks for the regency's rows: a query cannot forget it. Values
are checked on their way in, whatever table they are for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NewType

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql import visitors

from api.i18n import N_
from api.store.errors import UnauditedChangeError, UnfitValueError
from api.store.tables import AUDIT, NOTE, SECRETS, USER_ROLES, USERS, Json, json_text
from geodata.cells import hides_identity_number

_DIGEST = re.compile(r"[0-9a-f]{64}")

RegencyCode = NewType("RegencyCode", str)
"""4 digits, without a dot."""

_RIGHTS: Final = frozenset({SECRETS, USERS, USER_ROLES})
MOST_JSON: Final = 20_000
"""Characters of one JSON column."""
MOST_WHOLE: Final = 10**9
"""Of a whole number, either way; it fits the columns of both databases."""


def regency_code(text: str) -> RegencyCode:
    """
    A regency's code as people write it (``12.19``, ``1219``), checked.

    Raises
    ------
    UnfitValueError
        When it is none.
    """
    digits = text.replace(".", "", 1) if text[2:3] == "." else text
    if len(digits) != len("1219") or not digits.isascii() or not digits.isdigit():
        raise UnfitValueError(N_("'{code}' is no code of a regency; write four digits, such as 12.19."), code=text[:20])
    return RegencyCode(digits)


class Reading:
    """
    The rows of one regency, as they were when the reading began.

    Parameters
    ----------
    connection
        In a transaction, which the caller ends.
    """

    def __init__(self, connection: Connection, regency: RegencyCode) -> None:
        self._connection = connection
        self.regency = regency

    def rows(
        self,
        table: Table,
        *where: ColumnElement[bool],
        columns: Sequence[Column[Any]] = (),
        order_by: Iterable[ColumnElement[Any]] = (),
        limit: int | None = None,
    ) -> Sequence[Row[Any]]:
        """Rows of the table for which all conditions hold; only those columns, where any are named."""
        statement = select(*(columns or (table,))).where(*self._conditions(table, *where)).order_by(*order_by)
        _check_table(table, columns)
        return self._connection.execute(statement.limit(limit)).all()

    def find(self, table: Table, *where: ColumnElement[bool], columns: Sequence[Column[Any]] = ()) -> Row[Any] | None:
        """The first row for which all conditions hold, None where there is none."""
        found = self.rows(table, *where, columns=columns, limit=1)
        return found[0] if found else None

    def count(self, table: Table, *where: ColumnElement[bool]) -> int:
        """How many rows there are for which all conditions hold."""
        statement = select(func.count()).select_from(table).where(*self._conditions(table, *where))
        return self._connection.execute(statement).scalar_one()

    def stream(self, table: Table, order_by: Iterable[ColumnElement[Any]]) -> Iterator[Row[Any]]:
        """All rows of the table one by one, for tables too long to hold."""
        statement = select(table).where(*self._conditions(table)).order_by(*order_by)
        with self._connection.execution_options(yield_per=500).execute(statement) as rows:
            yield from rows

    def _conditions(self, table: Table, *where: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
        _check_table(table, where)
        return (table.c.regency == self.regency, *where)


class Writing(Reading):
    """
    The rows of one regency, to be changed by the function that was handed this, within its transaction.

    Attributes
    ----------
    changes, audits
        Statements that changed something, and audit rows written, so far.
    takes_away
        Whether accounts or secrets were changed or removed: somebody may not do any more what was allowed before.
    """

    def __init__(self, connection: Connection, regency: RegencyCode) -> None:
        super().__init__(connection, regency)
        self.changes = 0
        self.audits = 0
        self.takes_away = False

    def insert(self, table: Table, **values: object) -> None:
        """
        Add a row to the table.

        Raises
        ------
        UnfitValueError
            When a value may not be kept.
        """
        self._connection.execute(insert(table).values(regency=self.regency, **_checked(table, values)))
        if table is AUDIT:
            self.audits += 1
        else:
            self.changes += 1

    def update(self, table: Table, *where: ColumnElement[bool], **values: object) -> int:
        """
        Change those rows for which all conditions hold; returns how many.

        Raises
        ------
        UnfitValueError
            When a value may not be kept.
        """
        statement = update(table).where(*self._conditions(table, *where)).values(**_checked(table, values))
        self.changes += 1
        self.takes_away |= table in _RIGHTS
        return self._connection.execute(statement).rowcount

    def delete(self, table: Table, *where: ColumnElement[bool]) -> int:
        """Remove those rows for which all conditions hold; returns how many."""
        self.changes += 1
        self.takes_away |= table in _RIGHTS
        return self._connection.execute(delete(table).where(*self._conditions(table, *where))).rowcount

    def check_audited(self) -> None:
        """
        Refuse a change without an audit row.

        Raises
        ------
        UnauditedChangeError
            When something was changed and nothing said so.
        """
        if self.changes and not self.audits:
            raise UnauditedChangeError(N_("A change of the store was not audited; nothing was written."))


def _check_table(table: Table, elements: Iterable[ColumnElement[Any]]) -> None:
    # A second table in a condition would join all regencies' rows of it.
    for element in elements:
        if _is_plain(table, element):
            continue  # nearly all are; walking through one costs more than asking the database
        for part in visitors.iterate(element):
            owner = getattr(part, "table", None)
            is_free = part.__visit_name__ in {"select", "table", "textclause"} or getattr(part, "is_literal", False)
            if is_free or (owner is not None and owner is not table):
                raise TypeError(f"A query of table '{table.name}' takes conditions on its own columns only.")


def _is_plain(table: Table, element: ColumnElement[Any]) -> bool:
    """Whether it is a column of the table, or one beside a plain value."""
    if isinstance(element, BinaryExpression) and type(element.right) is BindParameter:
        element = element.left
    return type(element) is Column and element.table is table


def _checked(table: Table, values: Mapping[str, object]) -> Mapping[str, object]:
    if "regency" in values:
        raise TypeError("The regency of a row is its scope's.")
    for name, value in values.items():
        column = table.c[name]
        if isinstance(value, str) and not isinstance(column.type, Json):
            assert isinstance(column.type, String)
            check_text(f"{table.name}.{name}", value, column.type.length or NOTE)
        elif isinstance(column.type, Json):
            check_json(f"{table.name}.{name}", value, MOST_JSON)
        elif isinstance(value, int) and isinstance(column.type, Integer) and abs(value) > MOST_WHOLE:
            raise UnfitValueError(
                N_("{name} is a number beyond {most}; check it."), name=f"{table.name}.{name}", most=MOST_WHOLE
            )
    return values


def check_text(name: str, text: str, most: int) -> None:
    """
    Refuse a text that may not be kept, without repeating it.

    Raises
    ------
    UnfitValueError
        When it is longer than ``most``, holds what no page shows, or an identity number.
    """
    if len(text) > most:
        raise UnfitValueError(
            N_("{name} has {length} characters; at most {most} fit."), name=name, length=len(text), most=most
        )
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise UnfitValueError(N_("{name} holds characters that cannot be shown; type it anew."), name=name)
    # A hash holds 16 digits in a row now and then.
    if hides_identity_number(text) and not _DIGEST.fullmatch(text):
        raise UnfitValueError(
            N_("{name} looks like an identity number (NIK or KK); people are counted here, never named."), name=name
        )


def check_json(name: str, value: object, most: int) -> None:
    """
    Refuse a JSON value if it is longer than ``most`` characters, or a text or whole number in it may not be kept.

    Raises
    ------
    UnfitValueError
        When it is so.
    """
    length = len(json_text(value))
    if length > most:
        raise UnfitValueError(
            N_("{name} has {length} characters; at most {most} fit."), name=name, length=length, most=most
        )
    for text in _texts(value):
        check_text(name, text, most)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, int):
        yield str(value)

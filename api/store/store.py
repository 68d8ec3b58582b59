"""
The store, opened: the one way in.

Functions are handed to it rather than connections handed out. So a reading ends before anything else is awaited, a
change runs in the one thread that writes, and both see one regency. From a coroutine: ``await asyncio.to_thread(
store.read, ...)`` and ``await asyncio.wrap_future(store.submit(...))``.
"""

import inspect
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from api.i18n import N_
from api.store.database import Database, open_database, refused, told
from api.store.errors import UnusableStoreError
from api.store.scope import Reading, RegencyCode, Writing
from api.store.tables import REGENCIES
from api.store.versions import head_revision, migrate, revision_of
from api.store.writer import Writer

T = TypeVar("T")


class Store:
    """
    A store that can be read and written; `open_store` makes one.

    Parameters
    ----------
    database
        With the tables that this version knows.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = Writer(database.writes)

    def read(self, regency: RegencyCode, look: Callable[[Reading], T]) -> T:
        """
        What the function finds, all of it as of one moment; it must hand out nothing that still reads.

        Raises
        ------
        StoreBusyError, UnusableStoreError
            When the database could not answer.
        """
        return self._look(lambda connection: look(Reading(connection, regency)))

    def submit(self, regency: RegencyCode, change: Callable[[Writing], T]) -> Future[T]:
        """
        Make a change soon; the future holds what the function returned once it is on the disk.

        The function runs in the writer's thread, alone with the store. It must be quick and wait for nothing, and
        write an audit row. Whatever it raises undoes all that it did, and nothing that others did.

        Raises
        ------
        StoreClosedError
            When the store is closed.
        """

        def run(connection: Connection) -> T:
            scope = Writing(connection, regency)
            result = _no_coroutine(change(scope))
            scope.check_audited()
            return result

        return self._writer.submit(run)

    def write(self, regency: RegencyCode, change: Callable[[Writing], T]) -> T:
        """
        Make a change and wait until it is on the disk; as `submit`.

        Raises
        ------
        StoreBusyError, UnusableStoreError
            When the database could not take it; nothing was written.
        UnauditedChangeError
            When the function wrote no audit row.
        StoreClosedError
            When the store is closed.
        """
        if self._writer.is_current_thread:
            raise RuntimeError("A change cannot wait for another change; call the functions within one.")
        return self.submit(regency, change).result()

    def list_regencies(self) -> dict[RegencyCode, str]:
        """Names of all regencies of the installation, by code: the one question that is not asked of one regency."""
        statement = select(REGENCIES.c.regency, REGENCIES.c.name).order_by(REGENCIES.c.regency)
        return self._look(lambda connection: {RegencyCode(code): name for code, name in connection.execute(statement)})

    def close(self) -> None:
        """Write what was submitted, then give everything back."""
        self._writer.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _look(self, look: Callable[[Connection], T]) -> T:
        try:
            with self._database.reads.begin() as connection:
                return _no_coroutine(look(connection))
        except DBAPIError as error:
            raise told(error) or error from error


def make_store(address: str, *, wait_s: float = 10.0) -> tuple[str, str | None, str]:
    """
    Make the store at that URL, or bring its tables to this version, all or nothing.

    Returns
    -------
    Where it is, without a password; the version of its tables before, None where there were none; and the one now.

    Raises
    ------
    UnusableStoreError
        When it cannot be made or reached, or its tables are of a newer program.
    StoreBusyError
        When another process kept it for too long.
    """
    database = open_database(address, wait_s=wait_s, creates=True)
    try:
        with database.writes.begin() as connection:
            return (database.address, *migrate(connection))
    except DBAPIError as error:
        raise refused(error) from error
    finally:
        database.close()


def open_store(address: str, *, wait_s: float = 10.0) -> Store:
    """
    Open the store at that URL.

    Parameters
    ----------
    wait_s
        Longest wait for another process's write, in seconds.

    Raises
    ------
    UnusableStoreError
        When there is none, it cannot be reached, or its tables are of another version.
    """
    database = open_database(address, wait_s=wait_s)
    try:
        with database.reads.begin() as connection:
            present = revision_of(connection)
    except DBAPIError as error:
        database.close()
        raise UnusableStoreError(N_("{address} is no store of Moling."), address=database.address) from error
    if present != head_revision():
        database.close()
        if present is None:
            raise UnusableStoreError(
                N_("{address} holds no tables yet; 'moling migrate' makes them."), address=database.address
            )
        raise UnusableStoreError(
            N_("{address} has tables of version {present}, this program {wanted}: run 'moling migrate'."),
            address=database.address,
            present=present,
            wanted=head_revision(),
        )
    return Store(database)


def _no_coroutine(result: T) -> T:
    # A coroutine would run after the transaction; a generator would read from it.
    if inspect.iscoroutine(result) or inspect.isgenerator(result):
        result.close()
        raise TypeError("A function for the store must do its work when it is called: no coroutine, no generator.")
    return result

"""
The two databases behind one pair of engines: one to read, one to write; what differs between them is told here only.

SQLite: the library that Python brings (3.40 on Debian 12) can corrupt a database when two processes meet at a reset
of the write-ahead log, mended in 3.51.3; so the driver is one that bundles its own library, and an older one is
refused. Every connection has the write-ahead log, ``synchronous=FULL`` (a commit is on the disk when it returns) and
foreign keys. A write begins with ``BEGIN IMMEDIATE``: one that began by reading could not become a write any more once
another had written.

PostgreSQL: a write begins with one advisory lock of the whole database, which is what ``BEGIN IMMEDIATE`` is to
SQLite: one write at a time, each seeing all before it, so that no function needs to think of two at once. Writes are
short and share commits (`writer`), so this costs little.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from api.i18n import N_
from api.store.errors import StoreBusyError, StoreError, UnfitValueError, UnusableStoreError

OLDEST_SQLITE: Final = (3, 51, 3)
OLDEST_POSTGRESQL: Final = (14,)
_WRITE_LOCK: Final = 0x6D6F6C696E67
"""The word 'moling'; other programs on the same database will hardly lock the same number."""
_MEMORY_KB: Final = 16_000


@dataclass(frozen=True, slots=True)
class Database:
    """
    Where a store is, opened.

    Attributes
    ----------
    reads
        Transactions that see one moment and can change nothing.
    writes
        Transactions that wait for all others that write, then have the store for themselves.
    """

    reads: Engine
    writes: Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file on this machine."""
        return self.writes.dialect.name == "sqlite"

    @property
    def address(self) -> str:
        """Where it is, fit to be shown: without a password."""
        return self.writes.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give all connections back."""
        self.reads.dispose()
        self.writes.dispose()


def open_database(address: str, *, wait_s: float, creates: bool = False) -> Database:
    """
    Open the database at that URL; nothing is read yet.

    Parameters
    ----------
    wait_s
        Longest wait for another process's write.
    creates
        Make the file where SQLite has none, readable by this user alone.

    Raises
    ------
    UnusableStoreError
        When the URL names no database that can be used, there is none, or driver or server are too old.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        url = URL.create("unknown")
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(url, wait_s, creates=creates)
    if backend == "postgresql":
        return _open_postgresql(url, wait_s)
    # What was written may hold a password anywhere.
    raise UnusableStoreError(
        N_("The address of the store must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.")
    )


def told(error: DBAPIError) -> StoreError | None:
    """What to tell of a database's error that is nobody's fault here; None for all others."""
    text = str(error.orig)
    if "database is locked" in text or type(error.orig).__name__ in {"LockNotAvailable", "QueryCanceled"}:
        return StoreBusyError(N_("Another process keeps the store for itself; try again in a moment."))
    if "disk is full" in text or type(error.orig).__name__ == "DiskFull":
        return UnusableStoreError(N_("The disk of the store is full; nothing was written."))
    if isinstance(error, DataError):
        # PostgreSQL refuses to look for what it could not hold, such as a text with a NUL; SQLite just finds nothing.
        return UnfitValueError(N_("The store holds nothing like this; check what was asked for."))
    return None


def is_in_transaction(connection: Connection) -> bool:
    """Whether the transaction that was begun is still there and can be committed."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        return bool(driver.in_transaction)
    return bool(driver.info.transaction_status.name == "INTRANS")


def refused(error: DBAPIError) -> StoreError:
    """What to tell of any error of the database where a whole command fails by it."""
    return told(error) or UnusableStoreError(N_("The database refuses it: {problem}."), problem=_short(error))


def _open_sqlite(url: URL, wait_s: float, *, creates: bool) -> Database:
    from pysqlite3 import dbapi2  # noqa: PLC0415 (an office on PostgreSQL need not have it)

    check_sqlite_version(dbapi2.sqlite_version_info)
    if not url.database or url.database == ":memory:" or url.query:
        raise UnusableStoreError(N_("A store on SQLite is a plain file: write sqlite:///FILE."))
    path = Path(url.database)
    try:
        if creates:
            path.touch(mode=0o600, exist_ok=True)
        is_there = path.is_file()
    except OSError as error:
        raise UnusableStoreError(
            N_("The store {file} cannot be made: {problem}."), file=path, problem=error.strerror
        ) from error
    if not is_there:
        raise UnusableStoreError(N_("There is no store at {file}; 'moling migrate' makes one."), file=path)

    def engine(begin: str, *pragmas: str) -> Engine:
        made = create_engine(
            url.set(drivername="sqlite+pysqlite"), module=dbapi2, hide_parameters=True, pool_size=8, max_overflow=8
        )

        @event.listens_for(made, "connect")
        def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 (the driver's)
            connection.isolation_level = None  # else the driver begins and ends transactions by its own rules
            cursor = connection.cursor()
            for pragma in (f"busy_timeout={round(wait_s * 1000)}", *pragmas, f"cache_size=-{_MEMORY_KB}"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(made, "begin")
        def begin_transaction(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return made

    kept = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF")
    return Database(reads=engine("BEGIN", *kept, "query_only=ON"), writes=engine("BEGIN IMMEDIATE", *kept))


def check_sqlite_version(version: tuple[int, ...]) -> None:
    """
    Refuse a SQLite library that can corrupt a store.

    Raises
    ------
    UnusableStoreError
        When it is older than `OLDEST_SQLITE`.
    """
    if version < OLDEST_SQLITE:
        raise UnusableStoreError(
            N_("SQLite {version} can damage a store that two programs use; {least} or newer is needed (pysqlite3)."),
            version=".".join(map(str, version)),
            least=".".join(map(str, OLDEST_SQLITE)),
        )


def _open_postgresql(url: URL, wait_s: float) -> Database:
    url = url.set(drivername="postgresql+psycopg")
    settings = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=600000"

    def engine(**options: Any) -> Engine:  # noqa: ANN401 (of create_engine)
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=8,
            connect_args={"connect_timeout": 10, "options": settings},
            **options,
        )

    reads = engine(isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True})
    writes = engine(isolation_level="READ COMMITTED")

    @event.listens_for(writes, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(wait_s * 1000)}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")

    database = Database(reads=reads, writes=writes)
    try:
        with reads.connect() as connection:
            version = connection.dialect.server_version_info or (0,)
    except DBAPIError as error:
        database.close()
        raise UnusableStoreError(
            N_("The store {address} cannot be reached: {problem}."), address=database.address, problem=_short(error)
        ) from error
    if version < OLDEST_POSTGRESQL:
        raise UnusableStoreError(
            N_("PostgreSQL {version} is too old; {least} or newer is needed."),
            version=".".join(map(str, version)),
            least=OLDEST_POSTGRESQL[0],
        )
    return database


def _short(error: DBAPIError) -> str:
    # psycopg tells each address that it tried, over several lines.
    return next((line.strip().rstrip(".") for line in str(error.orig).splitlines() if line.strip()), "?")

"""
The database of background jobs, as far as it is SQL: engines for DBOS, and two small tables of ours beside its own.

`api.jobs` hands the engine to DBOS, which begins and ends transactions by itself. On SQLite it is a file of its own
beside the store, so that progress and leases, several writes a second, never wait for the office's writes nor delay
them; on PostgreSQL it is a schema of its own, by default in the store's database. Nothing here is a fact about the
office: a lost jobs database loses solves that were not done yet, and no plan.

**Leases.** DBOS does not notice when a worker dies. Each worker renews a row here; whoever looks compares it with the
clock of the database, so that the clocks of several machines need not agree.

**Reasons.** What somebody wrote must not stand in DBOS's tables, which hold codes and figures only. It waits here
until the version is in the store, and is removed with the job.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    Column,
    ColumnElement,
    Engine,
    Float,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    extract,
    func,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from api.i18n import N_
from api.store.database import check_sqlite_version, refused
from api.store.errors import StoreBusyError, UnusableStoreError
from api.store.scope import check_text
from api.store.tables import CODE, NOTE

SCHEMA: Final = "jobs"
"""Of all tables on PostgreSQL, DBOS's among them; SQLite knows none."""
_MAKING_LOCK: Final = 0x6A6F6273
"""The word 'jobs'."""
_FORGOTTEN_AFTER_S: Final = 86_400
"""A lease so old is of a worker that died without leaving anything."""

_METADATA: Final = MetaData(schema=SCHEMA)
_LEASES: Final = Table(
    "leases", _METADATA, Column("worker", String(CODE), primary_key=True), Column("renewed", Float(53), nullable=False)
)
_REASONS: Final = Table(
    "reasons", _METADATA, Column("job", String(CODE), primary_key=True), Column("reason", String(NOTE), nullable=False)
)


class JobsDatabase:
    """
    The database of the jobs, opened; `open_jobs_database` makes one.

    Attributes
    ----------
    engine
        Fit for DBOS. On SQLite every transaction that writes begins with ``BEGIN IMMEDIATE``.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._own = engine.execution_options(schema_translate_map={SCHEMA: None if self._is_sqlite else SCHEMA})

    @property
    def address(self) -> str:
        """Where it is, fit to be shown: without a password."""
        return self.engine.url.render_as_string(hide_password=True)

    def make_tables(self) -> None:
        """Make our tables where they lack; DBOS makes its own."""
        with telling(), self._own.begin() as connection:
            if not self._is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MAKING_LOCK})"))
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            _METADATA.create_all(connection)

    def renew_lease(self, worker: str) -> None:
        """Say that the worker lives."""
        with telling(), self._own.begin() as connection:
            values = {"renewed": self._now}
            if not connection.execute(update(_LEASES).where(_LEASES.c.worker == worker).values(values)).rowcount:
                connection.execute(insert(_LEASES).values(worker=worker, **values))
            connection.execute(delete(_LEASES).where(_LEASES.c.renewed < self._now - _FORGOTTEN_AFTER_S))

    def end_lease(self, worker: str) -> None:
        """Say that the worker has ended in order."""
        with telling(), self._own.begin() as connection:
            connection.execute(delete(_LEASES).where(_LEASES.c.worker == worker))

    def living_workers(self, within_s: float) -> frozenset[str]:
        """Workers whose lease was renewed within so many seconds."""
        statement = select(_LEASES.c.worker).where(_LEASES.c.renewed >= self._now - within_s)
        with telling(), self._own.begin() as connection:
            return frozenset(connection.execute(statement).scalars())

    def put_reason(self, job: str, reason: str) -> None:
        """
        Keep why the job was asked for, until `drop_reason`.

        Raises
        ------
        UnfitValueError
            When it may not be kept: as for every text of the store.
        """
        check_text("reason", reason, NOTE)
        with telling(), self._own.begin() as connection:
            connection.execute(insert(_REASONS).values(job=job, reason=reason))

    def get_reason(self, job: str) -> str:
        """Why the job was asked for; empty where nothing was said."""
        with telling(), self._own.begin() as connection:
            found = connection.execute(select(_REASONS.c.reason).where(_REASONS.c.job == job)).scalar()
        return "" if found is None else str(found)

    def drop_reason(self, job: str) -> None:
        """Forget why."""
        with telling(), self._own.begin() as connection:
            connection.execute(delete(_REASONS).where(_REASONS.c.job == job))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @property
    def _now(self) -> ColumnElement[Any]:
        # Seconds since 1970 by the one clock that all workers share.
        return func.unixepoch("subsec") if self._is_sqlite else extract("epoch", func.clock_timestamp())


def open_jobs_database(address: str, *, wait_s: float) -> JobsDatabase:
    """
    Open the database of the jobs at that URL; on SQLite the file is made where it lacks, readable by this user alone.

    Parameters
    ----------
    wait_s
        Longest wait for another process's write.

    Raises
    ------
    UnusableStoreError
        When the URL names no database that can be used, or the driver is too old.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        url = URL.create("unknown")
    if url.get_backend_name() == "sqlite":
        return JobsDatabase(_sqlite_engine(url, wait_s))
    if url.get_backend_name() == "postgresql":
        return JobsDatabase(
            create_engine(
                url.set(drivername="postgresql+psycopg"),
                hide_parameters=True,
                pool_pre_ping=True,
                pool_size=8,
                max_overflow=8,
                connect_args={"connect_timeout": 10, "options": "-c idle_in_transaction_session_timeout=60000"},
            )
        )
    # What was written may hold a password anywhere.
    raise UnusableStoreError(
        N_("The address of the jobs must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.")
    )


@contextmanager
def telling() -> Iterator[None]:
    """
    Turn what the database or its driver raises within into an error of the store.

    Raises
    ------
    StoreBusyError, UnusableStoreError
        In the place of SQLAlchemy's errors.
    """
    try:
        yield
    except DBAPIError as error:
        raise refused(error) from error
    except SQLAlchemyError as error:  # no connection was free in time
        raise StoreBusyError(N_("The database of the jobs does not answer; try again in a moment.")) from error


def _sqlite_engine(url: URL, wait_s: float) -> Engine:
    from pysqlite3 import dbapi2  # noqa: PLC0415 (an office on PostgreSQL need not have it)

    check_sqlite_version(dbapi2.sqlite_version_info)
    if not url.database or url.database == ":memory:" or url.query:
        raise UnusableStoreError(N_("A store on SQLite is a plain file: write sqlite:///FILE."))
    path = Path(url.database)
    try:
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise UnusableStoreError(
            N_("The store {file} cannot be made: {problem}."), file=path, problem=error.strerror
        ) from error
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"), module=dbapi2, hide_parameters=True, pool_size=8, max_overflow=8
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _entry: ConnectionPoolEntry) -> None:  # noqa: ANN401 (the driver's)
        # The driver begins transactions here, unlike in the store: DBOS counts on it, and its migrations say BEGIN
        # by themselves.
        connection.isolation_level = "IMMEDIATE"
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={round(wait_s * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine

"""
The whole store as one file, and back, on either database.

A backup is gzipped JSON, a line a row: first what it is, last how many rows there were and the hash of all lines
before. Letters follow the rows, encrypted as they lie in their folder; the key is no part of it. Rows are read in one
transaction, so they show one moment while others write. Before it is written, everything that bears a hash is checked,
and SQLite checks its file, so that a damaged store is noticed while older backups are there. A backup restores into the
version of the tables that it was taken from, and is then brought to the newest; all of it in one transaction. It holds
hashes of passwords and all documents: it is made readable by its owner alone.
"""

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Date, DateTime, LargeBinary, MetaData, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from api.i18n import N_
from api.store.audit import first_broken
from api.store.database import Database, refused, told
from api.store.errors import BackupFileError, DamagedError, MissingError, StoreError, UnusableStoreError
from api.store.letter_folder import LetterFolder, is_letter_name
from api.store.scope import Reading, RegencyCode
from api.store.tables import ATTACHMENTS, METADATA, PLANS, REGENCIES, REGION_FILES
from api.store.versions import head_revision, is_known, migrate, revision_of

_FORMAT: Final = "moling/backup"
_VERSION: Final = 2
_VERSIONS: Final = (1, _VERSION)
"""Those that can be restored; the first held no letters."""
_MOST_LINE: Final = 400_000_000
_LETTER: Final = b'{"letter":'
"""How the line of a letter begins."""
_VERSION_TABLE: Final = "alembic_version"
_ROWS_AT_ONCE: Final = 500
_BYTES_AT_ONCE: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Carried:
    """
    What a backup took out of a store, or brought into it.

    Attributes
    ----------
    rows, letters
        How many.
    missing
        Letters that rows tell of and that are not there.
    keys
        Identifiers of the keys that open the letters.
    """

    rows: int
    letters: int
    missing: int
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Backup:
    """
    A file that `check_backup` found whole.

    Attributes
    ----------
    tables
        Version of the tables that it was taken from.
    """

    file: Path
    tables: str


def back_up(database: Database, letters: LetterFolder, file: Path, *, at: datetime) -> Carried:
    """
    Write the whole store and its letters into a new file; returns what is in it.

    Raises
    ------
    BackupFileError
        When the file is there already or cannot be written; nothing is left behind then.
    UnusableStoreError
        When the store's tables are of another version.
    DamagedError
        When what the store keeps is not what was written into it.
    LetterFilesError
        When a letter is there and cannot be read.
    StoreBusyError
        When the database could not answer.
    """
    fresh = file.with_name(f".{file.name}-{uuid4().hex}")
    try:
        if file.exists():
            raise BackupFileError(N_("{file} is there already; name a new file."), file=file)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", filename="", compresslevel=6) as stream:
                carried = _write(database, letters, stream, at)
            raw.flush()
            os.fsync(raw.fileno())
        os.link(fresh, file)  # which unlike a renaming replaces nothing
    except OSError as error:
        raise BackupFileError(
            N_("{file} cannot be written: {problem}."), file=file, problem=error.strerror or str(error)
        ) from error
    except DBAPIError as error:
        raise refused(error) from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return carried


def check_backup(file: Path) -> Backup:
    """
    Read a backup through and check its hash, so that whoever restores it may trust every line.

    Raises
    ------
    BackupFileError
        When the file cannot be read, is no whole backup, or one of a newer program.
    """
    digest, count, header, last = hashlib.sha256(), 0, None, b""
    for line in _lines(file):
        if last:
            digest.update(last)
            count += last[:1] == b"["
        header = header or line
        last = line
    first, end = _object(header or b""), _object(last)
    if first.get("format") != _FORMAT or end != {"rows": count, "sha256": digest.hexdigest()}:
        raise BackupFileError(N_("{file} is no whole backup of Moling."), file=file)
    if first.get("version") not in _VERSIONS or not is_known(str(first.get("tables"))):
        raise BackupFileError(N_("{file} was written by a newer program; restore it with that."), file=file)
    return Backup(file, str(first["tables"]))


def restore(database: Database, letters: LetterFolder, backup: Backup, *, replaces: bool = False) -> Carried:
    """
    Fill the store and the folder of letters from a backup, all or nothing; returns what is there then.

    Parameters
    ----------
    replaces
        Also where the store holds something, which is gone then, letters included.

    Raises
    ------
    BackupFileError
        When the file does not fit the tables, or the store is not empty.
    DamagedError
        When what it holds is not what was once written.
    LetterFilesError
        When the folder of letters could not take it.
    StoreBusyError, UnusableStoreError
        When the database could not take it.
    """
    file, before = backup.file, letters.names()
    try:
        with database.writes.begin() as connection:
            _clear(connection, replaces=replaces)
            migrate(connection, backup.tables)
            rows = _fill(connection, file)
            migrate(connection)
            check_store(connection)
            wanted, keys = _letters(connection)
            _put_letters(letters, file, wanted)
    except (DBAPIError, KeyError, ValueError, TypeError, StoreError) as error:
        for name in letters.names() - before:
            letters.remove(name)
        outcome = told(error) if isinstance(error, DBAPIError) else None
        if isinstance(error, StoreError):
            raise
        raise outcome or BackupFileError(N_("{file} does not fit the tables."), file=file) from error
    present = letters.names()
    if replaces:
        for name in present - wanted:
            letters.remove(name)
    return Carried(rows, len(wanted & present), len(wanted - present), keys)


def check_store(connection: Connection) -> None:
    """
    Look whether everything is as it was written: the database's own checks, chains of acts, hashes of documents.

    Raises
    ------
    DamagedError
        When something is not.
    """
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        stray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if found != "ok" or stray is not None:
            raise DamagedError(N_("The file of the store is damaged; restore the last backup."))
    for code in connection.execute(select(REGENCIES.c.regency)).scalars().all():
        number = first_broken(Reading(connection, RegencyCode(code)))
        if number is not None:
            raise DamagedError(
                N_("The audit of regency {code} is not as it was written, from row {number} on."),
                code=code,
                number=number,
            )
    for table, name in ((PLANS, "instance"), (PLANS, "plan"), (REGION_FILES, "content")):
        _check_hashes(connection, table, name)


def _check_hashes(connection: Connection, table: Table, name: str) -> None:
    digest = table.c[f"{name}_sha256" if f"{name}_sha256" in table.c else "sha256"]
    with connection.execution_options(yield_per=10).execute(
        select(table.c.regency, table.c[name], digest)
    ) as documents:
        for regency, content, sha256 in documents:
            if hashlib.sha256(content).hexdigest() != sha256:
                raise DamagedError(
                    N_("A document of regency {code} is not as it was written, in {table}."),
                    code=regency,
                    table=table.name,
                )


def _write(database: Database, letters: LetterFolder, stream: gzip.GzipFile, at: datetime) -> Carried:
    digest, rows, missing = hashlib.sha256(), 0, 0

    def put(value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        digest.update(line)
        stream.write(line)

    with database.reads.begin() as connection:
        if revision_of(connection) != head_revision():
            raise UnusableStoreError(N_("{address} has other tables: run 'moling migrate'."), address=database.address)
        check_store(connection)
        put(
            {"format": _FORMAT, "version": _VERSION, "tables": head_revision(), "taken": at.astimezone(UTC).isoformat()}
        )
        for table in METADATA.sorted_tables:
            put({"table": table.name, "columns": list(table.c.keys())})
            statement = select(table).order_by(*table.primary_key.columns)
            # As the database has them: no text of ours is made again on the way.
            with connection.execution_options(yield_per=50).execute(statement) as found:
                for row in found:
                    rows += 1
                    put([_plain(value, column) for value, column in zip(row, table.c, strict=True)])
        names, keys = _letters(connection)
    for name in sorted(names):
        try:
            put({"letter": name, "content": base64.b64encode(letters.get(name)).decode()})
        except MissingError:  # deleted since the rows were read, or lost: told, since the rest is still worth keeping
            missing += 1
    stream.write(json.dumps({"rows": rows, "sha256": digest.hexdigest()}).encode() + b"\n")
    return Carried(rows, len(names) - missing, missing, keys)


def _letters(connection: Connection) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the files that all regencies' rows tell of, and the keys that open them."""
    rows = connection.execute(select(ATTACHMENTS.c.file, ATTACHMENTS.c.key_id)).all()
    return frozenset(row.file for row in rows), frozenset(row.key_id for row in rows)


def _put_letters(letters: LetterFolder, file: Path, wanted: Collection[str]) -> None:
    # A second reading of the backup, so that rows are judged before anything is put into the folder.
    for line in _lines(file):
        if line.startswith(_LETTER):
            found = json.loads(line)
            if found["letter"] not in wanted or not is_letter_name(found["letter"]):
                raise ValueError("A letter that no row tells of.")
            letters.put(found["letter"], base64.b64decode(found["content"], validate=True))


def _plain(value: object, column: Any) -> object:  # noqa: ANN401 (a column of any type)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    bind = getattr(column.type, "process_bind_param", None)
    return value if bind is None or value is None else bind(value, None)


def _lines(file: Path) -> Iterator[bytes]:
    try:
        with gzip.open(file) as stream:
            while line := stream.readline(_MOST_LINE):
                yield line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BackupFileError(N_("{file} is no whole backup of Moling."), file=file) from error
    except OSError as error:
        raise BackupFileError(N_("{file} cannot be read: {problem}."), file=file, problem=error.strerror) from error


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _clear(connection: Connection, *, replaces: bool) -> None:
    if revision_of(connection) is None:
        return
    migrate(connection)  # so that the tables are those that this program knows by name
    if not replaces:
        for table in METADATA.sorted_tables:
            if connection.execute(select(func.count()).select_from(table)).scalar_one():
                raise BackupFileError(N_("The store is not empty; say --replace to lose what it holds."))
    for table in reversed(METADATA.sorted_tables):
        table.drop(connection)
    connection.exec_driver_sql(f"DROP TABLE {_VERSION_TABLE}")


def _fill(connection: Connection, file: Path) -> int:
    # By the tables as they are in the backup's version, not as this program's newest has them.
    present = MetaData()
    present.reflect(connection)
    table: Table | None = None
    columns: list[Any] = []
    waiting: list[dict[str, object]] = []
    size = rows = 0

    def insert_waiting() -> None:
        if table is not None and waiting:
            connection.execute(insert(table), waiting)
            waiting.clear()

    for line in _lines(file):
        if line.startswith(_LETTER):
            continue
        found = json.loads(line)
        if isinstance(found, list):
            waiting.append({column.name: _value(each, column) for each, column in zip(found, columns, strict=True)})
            size, rows = size + len(line), rows + 1
        elif "table" in found:
            insert_waiting()
            table = present.tables[found["table"]]
            columns = [table.c[name] for name in found["columns"]]
        if len(waiting) >= _ROWS_AT_ONCE or size > _BYTES_AT_ONCE:
            insert_waiting()
            size = 0
    insert_waiting()
    return rows


def _value(value: Any, column: Any) -> object:  # noqa: ANN401 (a value and a column of any type)
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    if isinstance(column.type, DateTime):
        moment = datetime.fromisoformat(value)
        return moment if column.type.timezone else moment.replace(tzinfo=None)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value

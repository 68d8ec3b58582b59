"""Reading and writing: one regency, one moment, one writer, one audit row for each change."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import exists, select, text

from api.entities import RequestId
from api.store.audit import add_audit, first_broken, list_audit
from api.store.backup import check_store
from api.store.database import Database, check_sqlite_version, open_database
from api.store.errors import StoreBusyError, StoreClosedError, UnauditedChangeError, UnfitValueError, UnusableStoreError
from api.store.office_settings import get_setting, put_setting
from api.store.regions import RegionDocuments, put_region
from api.store.requests import find_request
from api.store.scope import Reading, RegencyCode, Writing, regency_code
from api.store.store import Store, open_store
from api.store.tables import AUDIT, METADATA, OFFICE_SETTINGS, REGENCIES
from tests.stores import BATU_BARA, NOW

ROOT = Path(__file__).resolve().parents[3]
OTHER = RegencyCode("1275")


def put(key: str, value: object) -> Callable[[Writing], None]:
    """A change that sets one setting."""
    return lambda scope: put_setting(scope, key, value, by="test", at=NOW)


def add_other(store: Store, sample: RegionDocuments) -> None:
    """A second regency."""
    other = replace(sample, region=replace(sample.region, code=OTHER, name="Kota Binjai"))
    store.write(OTHER, lambda scope: put_region(scope, other, by="test", at=NOW))


def test_a_scope_sees_and_changes_one_regency_only(store: Store, sample: RegionDocuments) -> None:
    """Whatever is asked in one regency's scope, another's rows neither show nor change."""
    add_other(store, sample)
    store.write(BATU_BARA, put("colour", "green"))
    store.write(OTHER, put("colour", "blue"))

    def forget_all(scope: Writing) -> int:
        add_audit(scope, "test", "", by="test", at=NOW)
        return scope.delete(OFFICE_SETTINGS)

    assert store.read(BATU_BARA, lambda scope: [row.value for row in scope.rows(OFFICE_SETTINGS)]) == ["green"]
    assert store.write(OTHER, forget_all) == 1
    assert store.read(BATU_BARA, lambda scope: get_setting(scope, "colour")) == "green"
    assert store.read(OTHER, lambda scope: get_setting(scope, "colour", "none")) == "none"
    assert store.list_regencies() == {BATU_BARA: "Kabupaten Batu Bara", OTHER: "Kota Binjai"}


def test_no_query_reaches_beyond_its_table(store: Store) -> None:
    """A condition on another table, a subquery or plain SQL would reach all regencies: they are refused."""
    beyond = (
        REGENCIES.c.name == OFFICE_SETTINGS.c.key,
        exists(select(REGENCIES.c.name)),
        text("1 = 1"),
    )
    for condition in beyond:
        with pytest.raises(TypeError, match="own columns only"):
            store.read(BATU_BARA, lambda scope, each=condition: scope.rows(OFFICE_SETTINGS, each))  # type: ignore[misc]
    with pytest.raises(TypeError, match="own columns only"):
        store.read(BATU_BARA, lambda scope: scope.rows(OFFICE_SETTINGS, columns=(REGENCIES.c.name,)))
    with pytest.raises(TypeError, match="scope's"):
        store.write(BATU_BARA, lambda scope: scope.insert(OFFICE_SETTINGS, regency=OTHER, key="a", value=1))


def test_every_table_begins_with_the_regency() -> None:
    """A table without the code, or a reference that leaves it out, could mix regencies."""
    for table in METADATA.sorted_tables:
        assert next(iter(table.primary_key.columns)).name == "regency", table.name
        for reference in table.foreign_key_constraints:
            assert "regency" in reference.column_keys, table.name


def test_a_change_needs_its_audit_row(store: Store) -> None:
    """Whoever forgets it writes nothing."""
    with pytest.raises(UnauditedChangeError):
        store.write(BATU_BARA, lambda scope: scope.insert(OFFICE_SETTINGS, key="a", value=1))
    assert store.read(BATU_BARA, lambda scope: scope.count(OFFICE_SETTINGS)) == 0


def test_what_fails_undoes_itself_and_nothing_else(store: Store) -> None:
    """Forty changes from eight threads, every fifth of which fails: each caller learns what became of its own."""

    def change(number: int) -> Callable[[Writing], int]:
        def run(scope: Writing) -> int:
            put_setting(scope, f"key{number}", number, by="test", at=NOW)
            if number % 5 == 0:
                raise LookupError(str(number))
            return number

        return run

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda number: store.submit(BATU_BARA, change(number)), range(40)))
    failed = [number for number, future in enumerate(outcomes) if isinstance(future.exception(10), LookupError)]
    assert failed == list(range(0, 40, 5))
    kept = store.read(BATU_BARA, lambda scope: {row.value for row in scope.rows(OFFICE_SETTINGS)})
    assert kept == set(range(40)) - set(failed)
    assert store.read(BATU_BARA, first_broken) is None
    assert store.read(BATU_BARA, lambda scope: scope.count(AUDIT)) == 1 + 32


def test_what_waits_together_shares_a_commit(store: Store) -> None:
    """While one change keeps the writer busy, others gather; the next commit holds all of them."""
    begins, goes_on = threading.Event(), threading.Event()

    def slow(scope: Writing) -> None:
        begins.set()
        assert goes_on.wait(10)

    first = store.submit(BATU_BARA, slow)
    assert begins.wait(10)
    seen: list[int] = []
    others = [store.submit(BATU_BARA, lambda scope: seen.append(id(scope._connection))) for _ in range(20)]
    assert not first.done()
    goes_on.set()
    for future in others:
        future.result(10)
    assert len(set(seen)) <= 2


def test_a_lost_transaction_fails_all_who_shared_it(url: str, store: Store) -> None:
    """Where the database ends the transaction itself, nobody is told that anything was written; the writer lives on."""
    begins, goes_on = threading.Event(), threading.Event()

    def hold(scope: Writing) -> None:
        begins.set()
        assert goes_on.wait(10)

    def lose(scope: Writing) -> None:
        scope._connection.exec_driver_sql("ROLLBACK")

    store.submit(BATU_BARA, hold)
    assert begins.wait(10)
    changes = [store.submit(BATU_BARA, each) for each in (put("a", 1), lose, put("b", 2))]
    goes_on.set()
    assert changes[1].exception(10) is not None
    store.write(BATU_BARA, put("c", 3))
    kept = {row.key for row in store.read(BATU_BARA, lambda scope: scope.rows(OFFICE_SETTINGS))}
    told = {key for key, change in (("a", changes[0]), ("b", changes[2])) if change.exception(10) is None}
    assert told <= kept


def test_a_reading_sees_one_moment_and_changes_nothing(store: Store) -> None:
    """A change that is committed meanwhile does not show; a statement that writes is refused by the database."""

    def look(scope: Reading) -> tuple[object, object]:
        before = get_setting(scope, "a")
        store.write(BATU_BARA, put("a", 2))
        return before, get_setting(scope, "a")

    store.write(BATU_BARA, put("a", 1))
    assert store.read(BATU_BARA, look) == (1, 1)
    with pytest.raises(Exception, match=r"read-?only"):
        store.read(BATU_BARA, lambda scope: scope._connection.execute(OFFICE_SETTINGS.delete()))


def test_coroutines_and_generators_are_refused(store: Store) -> None:
    """They would do their work after the transaction has ended."""

    async def later(scope: Reading) -> None:
        raise AssertionError

    with pytest.raises(TypeError, match="no coroutine"):
        store.read(BATU_BARA, later)  # type: ignore[unused-coroutine]
    with pytest.raises(TypeError, match="no coroutine"):
        store.read(BATU_BARA, lambda scope: (row for row in scope.rows(OFFICE_SETTINGS)))


def test_a_change_cannot_wait_for_another(store: Store) -> None:
    """It would wait for ever, and everybody behind it."""
    with pytest.raises(RuntimeError, match="cannot wait"):
        store.write(BATU_BARA, lambda scope: store.write(BATU_BARA, put("a", 1)))


def test_a_closed_store_has_written_what_it_took(url: str, sample: RegionDocuments) -> None:
    """What was submitted before the end is written, what comes later is refused."""
    store = open_store(url)
    store.write(BATU_BARA, lambda scope: put_region(scope, sample, by="test", at=NOW))
    futures = [store.submit(BATU_BARA, put(f"key{number}", number)) for number in range(50)]
    store.close()
    assert all(future.exception(0) is None for future in futures)
    with pytest.raises(StoreClosedError):
        store.write(BATU_BARA, put("late", 1))


@pytest.mark.parametrize(
    "value", ["1219010101010001", {"note": ["NIK 1219-0101-0101-0001"]}, [1219010101010001], "a\0"]
)
def test_identity_numbers_are_refused_at_the_edge(store: Store, value: object) -> None:
    """Whatever table and whatever way: 16 digits are not kept, nor repeated in the message."""
    with pytest.raises(UnfitValueError) as refused:
        store.write(BATU_BARA, put("note", value))
    assert "0001" not in str(refused.value)
    assert store.read(BATU_BARA, lambda scope: scope.count(OFFICE_SETTINGS)) == 0


def test_the_audit_only_grows(store: Store, database: Database) -> None:
    """Neither this program nor a person with a database shell changes an act by mistake; on purpose, it shows."""
    store.write(BATU_BARA, put("a", 1))
    for statement in (AUDIT.update().values(by="nobody"), AUDIT.delete()):
        with pytest.raises(Exception, match="audit only grows"), database.writes.begin() as connection:
            connection.execute(statement)
    assert [row.action for row in store.read(BATU_BARA, list_audit)] == ["region.loaded", "setting.changed"]
    drop = "DROP TRIGGER audit_keeps_update" if database.is_sqlite else "DROP TRIGGER audit_keeps ON audit"
    with database.writes.begin() as connection:
        connection.exec_driver_sql(drop)
        connection.execute(AUDIT.update().where(AUDIT.c.number == 2).values(by="nobody"))
    assert store.read(BATU_BARA, first_broken) == 2


def test_another_process_that_keeps_the_store_is_told(url: str, store: Store) -> None:
    """A write waits as long as it was told, then says that it may be tried again; nothing is lost after that."""
    hasty = open_store(url, wait_s=0.2)
    holding, done = threading.Event(), threading.Event()

    def hold(scope: Writing) -> None:
        holding.set()
        done.wait(10)

    held = store.submit(BATU_BARA, hold)
    assert holding.wait(10)
    began = time.monotonic()
    waiting = [hasty.submit(BATU_BARA, put("a", number)) for number in range(20)]
    assert all(isinstance(each.exception(10), StoreBusyError) for each in waiting)
    assert time.monotonic() - began < 2  # not one after the other
    done.set()
    held.result(10)
    hasty.write(BATU_BARA, put("a", 2))
    hasty.close()
    assert store.read(BATU_BARA, lambda scope: get_setting(scope, "a")) == 2


WRITES_FOR_EVER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from api.store.office_settings import put_setting
from api.store.store import open_store
store, name, most = open_store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
def write(number):
    key = f"{name}-{number}"
    store.write("1219", lambda scope: put_setting(scope, key, number, by="test", at=datetime.now(UTC)))
    sys.stdout.write(key + "\\n")
    sys.stdout.flush()
with ThreadPoolExecutor(8) as pool:
    list(pool.map(write, range(most)))
store.close()
"""


def start_writer(url: str, name: str, most: int) -> subprocess.Popen[str]:
    """A process that writes from eight threads and prints what was acknowledged."""
    arguments = [sys.executable, "-c", WRITES_FOR_EVER, url, name, str(most)]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_write_together(url: str, store: Store) -> None:
    """Neither loses a write, and the chain of acts holds over both."""
    writers = [start_writer(url, name, 60) for name in ("one", "two")]
    for writer in writers:
        printed, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        assert len(printed.split()) == 60
    assert store.read(BATU_BARA, lambda scope: scope.count(OFFICE_SETTINGS)) == 120
    assert store.read(BATU_BARA, first_broken) is None


def test_a_killed_process_loses_nothing_that_it_acknowledged(url: str, store: Store, database: Database) -> None:
    """After kill -9 in the midst of writing the store opens whole: every act has its row, every row its act."""
    store.close()
    writer = start_writer(url, "killed", 100_000)
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline().strip() for _ in range(100)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    writer.stdout.close()
    writer.wait(10)
    time.sleep(0 if database.is_sqlite else 0.2)  # the server notices that its client has gone
    with open_store(url) as opened:
        keys = {row.key for row in opened.read(BATU_BARA, lambda scope: scope.rows(OFFICE_SETTINGS))}
        acts = {row.subject for row in opened.read(BATU_BARA, lambda scope: scope.rows(AUDIT)) if "-" in row.subject}
        opened.write(BATU_BARA, put("after", 1))
    assert set(acknowledged) <= keys
    assert keys == acts
    with database.reads.begin() as connection:
        check_store(connection)


@pytest.mark.parametrize("url_text", ["oracle://x", "sqlite://", "sqlite:///file.db?mode=ro", "", "postgresql"])
def test_an_address_that_is_none_is_told_without_its_password(url_text: str) -> None:
    """One sentence that says what would be right."""
    with pytest.raises(UnusableStoreError, match="sqlite:///FILE"):
        open_database(url_text, wait_s=1)


def test_a_store_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    """A mistyped name makes no empty store; a file that is no database is told."""
    with pytest.raises(UnusableStoreError, match="moling migrate"):
        open_store(f"sqlite:///{tmp_path}/none.db")
    assert not list(tmp_path.iterdir())
    (tmp_path / "text.db").write_text("no database, but long enough to be looked at. " * 20)
    with pytest.raises(UnusableStoreError, match="is no store"):
        open_store(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(UnusableStoreError, match="cannot be reached") as unreachable:
        open_database("postgresql://me:hush@127.0.0.1:1/x", wait_s=1)
    assert "hush" not in str(unreachable.value)


def test_an_old_sqlite_is_refused() -> None:
    """Libraries before 3.51.3 can corrupt the write-ahead log at a reset."""
    check_sqlite_version((3, 51, 3))
    with pytest.raises(UnusableStoreError, match=r"3\.40\.1"):
        check_sqlite_version((3, 40, 1))


def test_a_commit_is_on_the_disk_when_it_returns(database: Database) -> None:
    """What SQLite must be told on every connection, and what PostgreSQL does by itself."""
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with database.writes.begin() as connection:
        if database.is_sqlite:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
            assert found == wanted
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


@pytest.mark.parametrize("written", ["12.19", "1219"])
def test_a_regency_code_is_four_digits(written: str) -> None:
    """With or without its dot; nothing else."""
    assert regency_code(written) == BATU_BARA
    for wrong in ("121", "12190", "12.1.9", "１２１９", "abcd", ""):
        with pytest.raises(UnfitValueError):
            regency_code(wrong)


def test_a_text_with_a_nul_finds_nothing_or_is_refused(store: Store) -> None:
    """PostgreSQL will not even look for it, SQLite finds nothing: neither is a fault, and other changes go on."""

    def look(scope: Reading) -> None:
        assert find_request(scope, RequestId("PM\0")) is None

    def change(scope: Writing) -> None:
        add_audit(scope, "test.looked", "x", by="test", at=NOW)
        look(scope)

    with suppress(UnfitValueError):
        store.read(BATU_BARA, look)
    with suppress(UnfitValueError):
        store.write(BATU_BARA, change)
    store.write(BATU_BARA, lambda scope: add_audit(scope, "test.went_on", "x", by="test", at=NOW))

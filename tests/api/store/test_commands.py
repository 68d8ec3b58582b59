"""The store's commands, as whoever keeps an installation types them, and its tables' versions and backups."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from api.entities import Role, User, UserId
from api.settings import SettingError, Settings, read_settings
from api.store.audit import first_broken, list_audit
from api.store.backup import back_up, check_backup, restore
from api.store.database import Database, open_database
from api.store.errors import BackupFileError, DamagedError, UnusableStoreError
from api.store.letter_folder import LetterFolder
from api.store.office_settings import put_setting
from api.store.passwords import HashedPassword, is_password
from api.store.people import add_user, find_password, list_users
from api.store.regions import get_region_files
from api.store.requests import add_request, get_request
from api.store.secrets import Purpose, find_subject, keep_secret, new_secret
from api.store.store import Store, open_store
from api.store.tables import METADATA, REGENCIES, REGION_FILES
from api.store.versions import config_for, migrate
from geodata import SAMPLE_DIR
from geodata.region import load_region
from tests.api.conftest import ROOT
from tests.api.store.test_subjects import REQUEST
from tests.stores import BATU_BARA, NOW, Run

PASSWORD = "tiga van di jalan raya"


def test_tables_and_migrations_are_the_same(new_url: Callable[[], str]) -> None:
    """From nothing to the newest version, again without effect, and no difference to the tables of the code."""
    database = open_database(new_url(), wait_s=10, creates=True)
    with database.writes.begin() as connection:
        assert migrate(connection) == (None, "0002")
        assert migrate(connection) == ("0002", "0002")
        command.check(config_for(connection))
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}
    database.close()


def test_tables_of_a_newer_program_are_left_alone(url: str, database: Database) -> None:
    """Neither opened nor migrated, and said so."""
    with database.writes.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UnusableStoreError, match="9999"):
        open_store(url)
    with pytest.raises(UnusableStoreError, match="newer program"), database.writes.begin() as connection:
        migrate(connection)


def test_a_store_is_made_filled_and_carried_over(new_url: Callable[[], str], tmp_path: Path, run: Run) -> None:
    """Tables, a regency, an account, a backup, another store: each command, then a folder equal to the first."""
    url, other, file = new_url(), new_url(), tmp_path / "backup.gz"
    sample = SAMPLE_DIR / "batubara"
    assert "migrate" in run(url, "region", "load", sample)[2]
    for arguments in (["migrate"], ["region", "load", sample]):
        code, shown, complaint = run(url, *arguments)
        assert (code, complaint) == (0, "")
    assert "README.md" in shown
    account = ["user", "add", "12.19", "kepala", "--name", "Kepala Bidang", "--role", "approver"]
    assert run(url, *account, typed=f"{PASSWORD}\n")[0] == 0
    assert run(url, *account, typed=f"{PASSWORD}\n")[0] == 2
    assert run(url, "backup", file)[0] == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert run(other, "restore", file)[0] == 0
    assert run(other, "region", "save", "12.19", tmp_path / "saved")[0] == 0
    assert load_region(tmp_path / "saved") == load_region(sample)
    with open_store(other) as store:
        hashed = store.read(BATU_BARA, lambda scope: find_password(scope, UserId("kepala")))
        assert is_password(PASSWORD, hashed)
        assert store.read(BATU_BARA, first_broken) is None
    assert PASSWORD not in gzip.decompress(file.read_bytes()).decode()


def test_bad_calls_are_one_line_and_change_nothing(url: str, tmp_path: Path, run: Run) -> None:
    """No regency, no such place, no file: exit code 2 and one sentence each."""
    (tmp_path / "junk").write_bytes(b"junk " * 500)
    for arguments, typed in (
        (["user", "add", "12.19", "a", "--name", "A", "--role", "planner"], f"{PASSWORD}\n"),
        (["user", "add", "banyak", "a", "--name", "A", "--role", "planner"], f"{PASSWORD}\n"),
        (["region", "save", "12.19", tmp_path / "new"], ""),
        (["region", "load", tmp_path / "none"], ""),
        (["restore", tmp_path / "junk"], ""),
        (["restore", tmp_path / "none"], ""),
        (["backup", tmp_path / "junk"], ""),
        (["backup", tmp_path / "none" / "deep"], ""),
    ):
        code, shown, complaint = run(url, *arguments, typed=typed)
        assert (code, shown, len(complaint.splitlines())) == (2, "", 1), arguments
    for arguments in (["migrate"], ["backup", tmp_path / "new.gz"], ["region", "save", "12.19", tmp_path / "new"]):
        assert run(f"sqlite:///{tmp_path}/junk", *arguments)[0] == 2  # no database
    assert run(f"sqlite:///{tmp_path}/new.db", "restore", tmp_path / "junk")[0] == 2
    assert not (tmp_path / "new.db").exists()
    assert [each.name for each in tmp_path.iterdir() if each.suffix not in {".db", ".db-wal", ".db-shm"}] == ["junk"]


@pytest.fixture
def filled(store: Store) -> str:
    """A store with something in most tables; the secret of its status link."""
    secret = new_secret(BATU_BARA)
    user = User(UserId("kepala"), "Kepala", frozenset({Role.APPROVER}))
    day = timedelta(days=1)
    store.write(BATU_BARA, lambda scope: add_request(scope, REQUEST, by="public", at=NOW))
    store.write(BATU_BARA, lambda scope: add_user(scope, user, HashedPassword("$x"), by="test", at=NOW))
    store.write(BATU_BARA, lambda scope: put_setting(scope, "quota", {"é\n": [1, None, True]}, by="test", at=NOW))
    store.write(
        BATU_BARA,
        lambda scope: keep_secret(scope, secret, Purpose.STATUS_LINK, REQUEST.id, lasts=day, by="public", at=NOW),
    )
    return secret


def rows_of(database: Database) -> dict[str, list[object]]:
    """Everything that a store holds."""
    with database.reads.begin() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns))]
            for table in METADATA.sorted_tables
        }


def test_a_backup_restores_everything_on_the_other_database_too(
    filled: str, database: Database, store: Store, letters: LetterFolder, tmp_path: Path, postgresql: str
) -> None:
    """Row by row the same, whichever database it comes from and goes to, and it works on."""
    import psycopg  # noqa: PLC0415

    count = back_up(database, letters, tmp_path / "file", at=NOW).rows
    assert count == sum(map(len, rows_of(database).values()))
    name = f"other_{database.writes.dialect.name}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    for address in (f"sqlite:///{tmp_path / name}.db", f"{postgresql.rpartition('/')[0]}/{name}"):
        other = open_database(address, wait_s=10, creates=True)
        assert restore(other, letters, check_backup(tmp_path / "file")).rows == count
        assert rows_of(other) == rows_of(database)
        with open_store(address) as opened:
            assert opened.read(BATU_BARA, lambda scope: get_request(scope, REQUEST.id)) == REQUEST
            subject = opened.read(BATU_BARA, lambda scope: find_subject(scope, filled, Purpose.STATUS_LINK, at=NOW))
            assert subject == REQUEST.id
            assert opened.read(BATU_BARA, get_region_files) == store.read(BATU_BARA, get_region_files)
            opened.write(BATU_BARA, lambda scope: put_setting(scope, "a", 1, by="test", at=NOW))
            assert opened.read(BATU_BARA, first_broken) is None
        other.close()


def test_restoring_is_all_or_nothing(
    filled: str, database: Database, store: Store, letters: LetterFolder, tmp_path: Path
) -> None:
    """A store that holds something is left alone unless told; a file that is cut or changed changes nothing."""
    file = tmp_path / "file"
    back_up(database, letters, file, at=NOW)
    store.write(BATU_BARA, lambda scope: put_setting(scope, "later", 1, by="test", at=NOW))
    before = rows_of(database)
    with pytest.raises(BackupFileError, match="--replace"):
        restore(database, letters, check_backup(file))
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    crafted = json.dumps(["1219", "strange", 1]).encode() + b"\n"
    for number, wrong in enumerate(
        (
            file.read_bytes()[:-20],
            gzip.compress(b"".join(lines[:-1])),
            gzip.compress(b"".join(lines).replace(b"PM-2026-0001", b"PM-2026-0002")),
            gzip.compress(b"".join([*lines[:5], crafted, *lines[5:]])),
            b"",
        )
    ):
        (tmp_path / f"wrong{number}").write_bytes(wrong)
        with pytest.raises(BackupFileError):
            restore(database, letters, check_backup(tmp_path / f"wrong{number}"), replaces=True)
    assert rows_of(database) == before
    restore(database, letters, check_backup(file), replaces=True)
    acts = store.read(BATU_BARA, list_audit)
    assert "later" not in {act.subject for act in acts}
    assert len(acts) == len(before["audit"]) - 1


def test_a_backup_that_breaks_a_rule_of_the_tables_changes_nothing(
    filled: str, database: Database, letters: LetterFolder, tmp_path: Path
) -> None:
    """Whoever can make the hash fit still cannot bring in rows that the tables refuse, or an audit that is broken."""
    from hashlib import sha256  # noqa: PLC0415

    file = tmp_path / "file"
    back_up(database, letters, file, at=NOW)
    before = rows_of(database)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)[:-1]
    for number, (old, new) in enumerate(
        ((b'["1219","kepala","approver"]', b'["1219","nobody","approver"]'), (b'"public","request.added"', b'"x","y"'))
    ):
        body = b"".join(lines).replace(old, new)
        assert body != b"".join(lines)
        end = {"rows": sum(map(len, before.values())), "sha256": sha256(body).hexdigest()}
        (tmp_path / f"wrong{number}").write_bytes(gzip.compress(body + json.dumps(end).encode() + b"\n"))
        with pytest.raises((BackupFileError, DamagedError)):
            restore(database, letters, check_backup(tmp_path / f"wrong{number}"), replaces=True)
    assert rows_of(database) == before


def test_a_damaged_store_is_noticed_before_its_backup_is_written(
    filled: str, database: Database, letters: LetterFolder, tmp_path: Path
) -> None:
    """So that nobody finds out when the older backups are gone."""
    with database.writes.begin() as connection:
        connection.execute(REGION_FILES.update().where(REGION_FILES.c.name == "fleet.toml").values(content=b"x"))
    with pytest.raises(DamagedError, match="1219"):
        back_up(database, letters, tmp_path / "file", at=NOW)
    assert not [each for each in tmp_path.iterdir() if "file" in each.name]


def test_settings_come_from_the_environment() -> None:
    """With defaults for what is not there, and a sentence for what cannot be read."""
    assert read_settings({}) == Settings()
    assert read_settings({"MOLING_DATABASE_URL": "", "MOLING_WRITE_WAIT_S": "2.5"}) == Settings(write_wait_s=2.5)
    for wrong in ("soon", "nan", "0", "-1", "601"):
        with pytest.raises(SettingError, match="seconds"):
            read_settings({"MOLING_WRITE_WAIT_S": wrong})


def test_every_setting_is_described() -> None:
    """The page and the code name the same variables."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name in ("MOLING_DATABASE_URL", "MOLING_WRITE_WAIT_S", "MOLING_FILES", "MOLING_KEY_FILE"):
        assert name in page
    for value in (Settings().database_url, Settings().files, Settings().key_file):
        assert f"`{value}`" in page


def test_a_regency_is_listed_once_it_is_in(store: Store) -> None:
    """Accounts may be added for a regency only when its folder is in."""
    assert list(store.list_regencies()) == [BATU_BARA]
    assert store.read(BATU_BARA, lambda scope: scope.count(REGENCIES)) == 1
    assert store.read(BATU_BARA, list_users) == ()

"""Empty stores on both databases; PostgreSQL is a private cluster of this run, where its programs are installed."""

import io
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from api.cli import main
from api.store.database import Database, open_database
from api.store.letter_folder import LetterFolder
from api.store.letter_vault import LetterVault
from api.store.regions import RegionDocuments, put_region, read_region_documents
from api.store.scope import RegencyCode
from api.store.store import Store, open_store
from api.store.versions import migrate
from geodata import SAMPLE_DIR

BATU_BARA = RegencyCode("1219")
NOW = datetime(2026, 12, 1, 2, 30, 0, 123456, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]
"""A command, as whoever keeps an installation types it."""
_BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def _as_postgres(*command: object, check: bool = True) -> None:
    prefix: list[str] = []
    if os.geteuid() == 0:  # initdb and the server refuse root
        user = pwd.getpwnam("postgres")
        prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    subprocess.run([*prefix, *map(str, command)], check=check, capture_output=True, cwd="/", timeout=60)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of the cluster's first database; skipped where there is no PostgreSQL."""
    if _BIN is None or (os.geteuid() == 0 and shutil.which("setpriv") is None):
        pytest.skip("PostgreSQL is missing (apt install postgresql)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="moling-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, options = folder / "data", f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    try:
        _as_postgres(
            _BIN / "initdb", "-D", data, "-U", "moling", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-locale"
        )
        log = ("-l", folder / "log")
        _as_postgres(_BIN / "pg_ctl", "-D", data, *log, "-o", options, "-w", "start")
        yield f"postgresql://moling@127.0.0.1:{port}/postgres"
    finally:
        _as_postgres(_BIN / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Make an address where no store is yet: a file of its own, or a database of its own in the cluster."""

    def make() -> str:
        name = f"store_{uuid4().hex[:12]}"
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / name}.db"
        import psycopg  # noqa: PLC0415

        server = request.getfixturevalue("postgresql")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"{server.rpartition('/')[0]}/{name}"

    return make


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """Address of an empty store with its tables."""
    address = new_url()
    database = open_database(address, wait_s=10, creates=True)
    with database.writes.begin() as connection:
        migrate(connection)
    database.close()
    return address


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The database of that store."""
    database = open_database(url, wait_s=10)
    yield database
    database.close()


@pytest.fixture(scope="session")
def sample() -> RegionDocuments:
    """The sample regency's documents."""
    return read_region_documents(SAMPLE_DIR / "batubara")


@pytest.fixture
def store(url: str, sample: RegionDocuments) -> Iterator[Store]:
    """A store that knows the sample regency."""
    with open_store(url) as store:
        store.write(BATU_BARA, lambda scope: put_region(scope, sample, by="test", at=NOW))
        yield store


@pytest.fixture
def vault(tmp_path: Path) -> LetterVault:
    """A vault in which nothing is yet."""
    return LetterVault(tmp_path / "letters", tmp_path / "moling.key")


@pytest.fixture
def letters(vault: LetterVault) -> LetterFolder:
    """Its folder."""
    return vault.folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """A command with the store's address in its environment: exit code, output, errors."""

    def call(url: str, *arguments: object, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setenv("MOLING_DATABASE_URL", url)
        monkeypatch.setenv("MOLING_FILES", str(tmp_path / "letters"))
        monkeypatch.setenv("MOLING_KEY_FILE", str(tmp_path / "key"))
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = main(["--lang", "en", *map(str, arguments)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call

"""The jobs' database: leases by the database's clock, reasons that are not kept longer than needed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.store.errors import UnfitValueError, UnusableStoreError
from api.store.jobs_database import JobsDatabase, open_jobs_database


@pytest.fixture
def jobs(new_url: Callable[[], str]) -> Iterator[JobsDatabase]:
    """An empty database of jobs."""
    database = open_jobs_database(new_url(), wait_s=5)
    database.make_tables()
    yield database
    database.close()


def test_a_worker_lives_as_long_as_it_says_so(jobs: JobsDatabase) -> None:
    """A lease runs out by itself, is renewed, and ends at once where the worker ends in order."""
    jobs.renew_lease("a")
    jobs.renew_lease("b")
    assert jobs.living_workers(20) == {"a", "b"}
    time.sleep(0.3)
    jobs.renew_lease("b")
    assert jobs.living_workers(0.25) == {"b"}
    jobs.end_lease("b")
    assert jobs.living_workers(20) == {"a"}


def test_tables_are_made_once(jobs: JobsDatabase) -> None:
    """Every process that opens the database makes sure of them."""
    jobs.renew_lease("a")
    jobs.make_tables()
    assert jobs.living_workers(20) == {"a"}


def test_a_reason_waits_for_its_job(jobs: JobsDatabase) -> None:
    """It is refused like any text of the store, and forgotten with the job."""
    jobs.put_reason("job", "mobil rusak")
    assert (jobs.get_reason("job"), jobs.get_reason("other")) == ("mobil rusak", "")
    jobs.drop_reason("job")
    assert jobs.get_reason("job") == ""
    with pytest.raises(UnfitValueError):
        jobs.put_reason("job", "NIK 1219010101010001")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """With a message that repeats no password."""
    for address in (
        "mysql://moling:secret@host/jobs",
        "nonsense secret",
        "sqlite://",
        f"sqlite:///{tmp_path}/no/jobs.db",
    ):
        with pytest.raises(UnusableStoreError) as refused:
            open_jobs_database(address, wait_s=1)
        assert "secret" not in str(refused.value)


def test_the_file_is_its_users_alone(tmp_path: Path) -> None:
    """As the store itself."""
    open_jobs_database(f"sqlite:///{tmp_path}/jobs.db", wait_s=1).close()
    assert (tmp_path / "jobs.db").stat().st_mode & 0o777 == 0o600

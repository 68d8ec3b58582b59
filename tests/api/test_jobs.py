"""Jobs in the background, done by real worker processes as an office starts them, which die as processes do."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from dbos import EnqueueOptions
from pysqlite3 import dbapi2

from api.cli import main
from api.entities import PlanId, RequestId, RequestLetter, RequestState, UserId, VisitRequest
from api.i18n import language
from api.job_states import Failure, Job, JobProgress, JobState, SolveOrder, Trouble
from api.jobs import APPLICATION_VERSION, JobQueue, Watch
from api.planning.store_weeks import StoreWeeks
from api.settings import Settings
from api.store.audit import list_audit
from api.store.errors import MissingError, UnfitValueError
from api.store.plans import get_documents, list_plans
from api.store.regions import RegionDocuments, put_region, read_region_documents
from api.store.requests import add_request, step_request
from api.store.scope import RegencyCode
from api.store.store import Store, make_store, open_store
from geodata.requests import ServiceCounts
from geodata.sites import SiteKind
from maps.cards_file import read_cards
from maps.ways_file import read_ways
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of
from optimizer.problem import TravelTimes
from tests.stores import BATU_BARA, NOW
from tests.town import write_town, write_town_region

ROOT = Path(__file__).resolve().parents[2]
MONDAY = date(2026, 12, 7)
PLANNER = UserId("planner")
LONG_S = 600.0
"""No test waits for the end of such a search."""
PATIENCE_S = 180.0
"""A child at the lowest priority may wait long on a busy machine."""


@dataclass
class Home:
    """An office's store and jobs, with the workers that a test has started."""

    settings: Settings
    store: Store
    queue: JobQueue
    log: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A worker as an office starts it."""
        environment = {**os.environ, "MOLING_DATABASE_URL": self.settings.database_url}
        with self.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "worker"],
                cwd=ROOT,
                env={**environment, "MOLING_CACHE_FOLDER": str(self.settings.cache)},
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    def ask(self, week: date = MONDAY, limit_s: float = LONG_S, reason: str = "") -> str:
        """Ask for that week anew."""
        asked = self.queue.enqueue_solve(
            BATU_BARA, week, by=PLANNER, time_limit_s=limit_s, language="id", reason=reason
        )
        assert asked.is_new
        return asked.job

    def status(self, job: str) -> Job:
        """How the job stands."""
        return self.queue.job_status(BATU_BARA, job)

    def wait(self, job: str, until: Callable[[Job], bool], within_s: float = PATIENCE_S) -> Job:
        """The job, once that is so."""
        return wait_for(lambda: found if until(found := self.status(job)) else None, within_s, self.log)

    def wait_for_plan(self, job: str) -> JobProgress:
        """The progress, once the search has a plan that serves somebody."""

        def look() -> JobProgress | None:
            found = self.queue.progress(BATU_BARA, job)
            assert found is not None or not self.status(job).is_over
            return found if found is not None and found.served else None

        return wait_for(look, PATIENCE_S, self.log)

    def solve(self, week: date) -> Job:
        """A plan of that week, its first good one; a short limit would find none on a busy machine."""
        job = self.ask(week)

        def is_good(found: Job) -> bool:
            progress = self.queue.progress(BATU_BARA, job)
            return found.is_over or (progress is not None and progress.served > 0)

        self.wait(job, is_good)
        self.queue.finish(BATU_BARA, job)
        done = self.wait(job, lambda each: each.is_over, 10)
        assert done.state is JobState.DONE, self.log.read_text()
        return done

    def versions_added(self) -> list[str]:
        """Codes of versions that were put in, as the audit tells it."""
        acts = self.store.read(BATU_BARA, lambda scope: list_audit(scope, limit=1_000))
        return [act.subject for act in acts if act.action == "plan.added"]


T = TypeVar("T")
RunMoling = Callable[..., subprocess.CompletedProcess[str]]


def wait_for(look: Callable[[], T | None], within_s: float, log: Path) -> T:
    """What is found, once it is."""
    ends = time.monotonic() + within_s
    while (found := look()) is None:
        assert time.monotonic() < ends, log.read_text()
        time.sleep(0.05)
    return found


def children(worker: subprocess.Popen[bytes]) -> list[int]:
    """Solvers that a worker has started; drivers of databases start short helpers of their own."""
    found = Path(f"/proc/{worker.pid}/task").glob("*/children")
    return [int(pid) for each in found for pid in each.read_text().split() if is_solver(pid)]


def is_solver(pid: str) -> bool:
    """Whether a process is one that solves."""
    with suppress(OSError):
        return b"solver_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def is_alive(pid: int) -> bool:
    """Whether the process is there; one that has ended and was not waited for does not count."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def kept_in_tables(home: Home) -> str:
    """All that DBOS keeps of the office's jobs."""
    with closing(dbapi2.connect(home.settings.jobs_url.removeprefix("sqlite:///"))) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name != "reasons"]
    return str(rows)


@pytest.fixture(scope="module")
def make_home(tmp_path_factory: pytest.TempPathFactory, sample: RegionDocuments) -> Iterator[Callable[..., Home]]:
    """Make an office at that address (None: on SQLite) that knows the sample regency, or that of other documents."""
    made: list[Home] = []

    def make(address: str | None = None, documents: RegionDocuments = sample) -> Home:
        folder = tmp_path_factory.mktemp("office")
        settings = Settings(address or f"sqlite:///{folder}/moling.db", cache_folder=folder / "cache")
        make_store(settings.database_url)
        store = open_store(settings.database_url)
        store.write(BATU_BARA, lambda scope: put_region(scope, documents, by="test", at=NOW))
        made.append(Home(settings, store, JobQueue(settings), folder / "log"))
        return made[-1]

    yield make
    for home in made:
        for worker in home.workers:
            worker.kill()
            worker.wait()
        home.queue.close()
        home.store.close()


@pytest.fixture(scope="module")
def home(make_home: Callable[..., Home]) -> Home:
    """An office on SQLite with one worker, for tests that leave both as they were; each has weeks of its own."""
    home = make_home()
    home.start_worker()
    return home


def test_a_week_is_solved_and_put_in_once(home: Home) -> None:
    """Asked, shown, stored with all that its papers need, judged; who asks meanwhile gets the same job."""
    reason = "Ibu Canary menelepon"
    job = home.ask(limit_s=8, reason=reason)
    again = home.queue.enqueue_solve(BATU_BARA, MONDAY, by=UserId("other"), time_limit_s=9, language="en", reason="x")
    assert (again.job, again.is_new) == (job, False)
    seen = home.wait_for_plan(job)
    assert "Canary" not in kept_in_tables(home)
    assert seen.value is not None
    assert (seen.seconds >= 0, 0 <= seen.seconds_left <= 9) == (True, True)

    done = home.wait(job, lambda each: each.is_over)
    assert (done.state, done.by, done.week, done.failure) == (JobState.DONE, PLANNER, MONDAY, None)
    (plan,) = home.store.read(BATU_BARA, lambda scope: list_plans(scope, MONDAY))
    assert (plan.id, plan.version, plan.author, plan.reason) == (done.plan, 1, PLANNER, reason)
    documents = home.store.read(BATU_BARA, lambda scope: get_documents(scope, plan.id))
    problem = read_problem(documents.instance)
    judged = evaluate(problem, read_plan(documents.plan), instance_sha256=sha256_of(documents.instance))
    assert not judged.violations
    assert plan.soft_violations == len(judged.soft)
    assert documents.cards is not None
    assert {card.visit for card in read_cards(documents.cards).visits} == {visit.id for visit in problem.visits}
    assert home.versions_added().count(plan.id) == 1
    assert home.queue.list_jobs(BATU_BARA)[-1].id == job

    assert "2026-W50" in kept_in_tables(home)
    assert "Canary" not in kept_in_tables(home)


def test_a_second_solve_is_the_next_version(home: Home) -> None:
    """What is over bars nobody; versions count on."""
    week = date(2026, 12, 14)
    for version in (1, 2):
        done = home.solve(week)
        plans = home.store.read(BATU_BARA, lambda scope: list_plans(scope, week))
        assert (plans[0].id, plans[0].version) == (done.plan, version)


def test_a_cancelled_job_is_dead_within_a_second(home: Home) -> None:
    """The child too; no version comes of it, and the week can be asked for again."""
    week = date(2027, 1, 4)
    job = home.ask(week)
    home.wait_for_plan(job)
    (child,) = children(home.workers[0])
    asked = time.monotonic()
    assert home.queue.cancel(BATU_BARA, job).state is JobState.CANCELLED
    wait_for(lambda: True if not is_alive(child) else None, 1, home.log)
    assert time.monotonic() - asked < 1
    again = home.ask(week)
    assert home.queue.cancel(BATU_BARA, again).state is JobState.CANCELLED
    assert home.store.read(BATU_BARA, lambda scope: list_plans(scope, week)) == ()
    assert home.queue.cancel(BATU_BARA, job).state is JobState.CANCELLED  # once more changes nothing


def test_enough_keeps_the_best_plan_so_far(home: Home) -> None:
    """'Cukup' ends a search of ten minutes at once, with its plan."""
    week = date(2027, 1, 11)
    home.solve(week)
    (plan,) = home.store.read(BATU_BARA, lambda scope: list_plans(scope, week))
    documents = home.store.read(BATU_BARA, lambda scope: get_documents(scope, plan.id))
    kept = read_plan(documents.plan)
    assert kept.routes
    assert not evaluate(read_problem(documents.instance), kept).violations


def test_a_job_of_another_regency_is_not_found(home: Home) -> None:
    """Whatever is asked about it; nor are codes that are none."""
    job = home.ask(date(2027, 1, 18))
    other = RegencyCode("1271")
    for ask in (home.queue.job_status, home.queue.progress, home.queue.cancel, home.queue.finish):
        for code in (job, "", "1271-2027-01-18-0123456", f"{job}\n", "1271-2027-01-18-01234567"):
            if ask != home.queue.progress or not code.startswith("1271-2027-01-18-01234567"):
                with pytest.raises(MissingError):
                    ask(other, code)
    assert home.queue.list_jobs(other) == ()
    assert not home.status(job).is_over
    home.queue.cancel(BATU_BARA, job)


def test_a_child_that_breaks_is_told(home: Home) -> None:
    """Killed before it had a plan: the job fails with a sentence, and the worker goes on."""
    week = date(2027, 1, 25)
    job = home.ask(week)
    child = wait_for(lambda: next(iter(children(home.workers[0])), None), 30, home.log)
    os.kill(child, signal.SIGKILL)
    failed = home.wait(job, lambda each: each.is_over, 10)
    assert failed.failure == Failure(Trouble.SOLVER_BROKE, ("SolverProcessError",))
    assert failed.failure.text(language("en").gettext).startswith("The solver broke off")
    assert home.store.read(BATU_BARA, lambda scope: list_plans(scope, week)) == ()


def test_a_week_that_cannot_be_made_is_told(home: Home) -> None:
    """A letter from a place that the region has not; then a regency that the store has not. Nothing is stuck."""
    request = VisitRequest(
        RequestId("PM-2026-0001"),
        "nowhere",
        SiteKind.SMA,
        date(2026, 11, 30),
        ServiceCounts(record_and_print=40),
        RequestLetter("421.3/118", date(2026, 11, 27), has_scan=True),
        state=RequestState.ACCEPTED,
    )
    home.store.write(BATU_BARA, lambda scope: add_request(scope, request, by="test", at=NOW))
    try:
        failed = home.wait(home.ask(date(2027, 2, 1)), lambda each: each.is_over, 30)
        assert (failed.state, failed.failure) == (JobState.FAILED, Failure(Trouble.UNFIT_WEEK, ("UnknownPlaceError",)))
    finally:
        home.store.write(
            BATU_BARA, lambda scope: step_request(scope, request.id, RequestState.CANCELLED, by="test", at=NOW)
        )
    nobody = RegencyCode("9999")
    asked = home.queue.enqueue_solve(nobody, MONDAY, by=PLANNER, time_limit_s=5, language="id")
    failed = wait_for(
        lambda: found if (found := home.queue.job_status(nobody, asked.job)).is_over else None, 30, home.log
    )
    assert failed.failure == Failure(Trouble.NO_REGENCY, ("MissingError",))


def test_a_fault_is_told_and_its_message_is_not(home: Home) -> None:
    """Here an order that no program of ours writes: the job fails, the log says where, the worker goes on."""
    job = "1219-2027-02-22-00000000"
    options = EnqueueOptions(
        workflow_name="solve_week", queue_name="solves", workflow_id=job, app_version=APPLICATION_VERSION
    )
    home.queue._client.enqueue(options, {"Ibu Canary": 1})
    failed = home.wait(job, lambda each: each.is_over)
    assert failed.failure == Failure(Trouble.FAULT)
    told = home.log.read_text()
    assert "broke off by KeyError" in told
    assert "Canary" not in told


def test_a_disk_that_cannot_be_used_is_told(home: Home, tmp_path: Path) -> None:
    """The folder for regions is a file: no fault of the program, and nothing that asking again mends."""
    (tmp_path / "cache").write_text("a file")
    order = SolveOrder("job", BATU_BARA, MONDAY, PlanId("2026-W50-new"), PLANNER, 2, "id")
    watch = Watch("job", "worker", home.queue._client, threading.Event())
    failed = StoreWeeks(home.store, tmp_path / "cache").solve(order, watch)
    assert failed is not None
    assert failed.trouble is Trouble.DISK


def test_a_worker_without_a_store_says_so(
    call_moling: RunMoling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, before anything is made."""
    monkeypatch.setenv("MOLING_DATABASE_URL", f"sqlite:///{tmp_path}/moling.db")
    done = call_moling("--lang", "en", "worker")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "moling migrate" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_asked_is_refused(home: Home) -> None:
    """Before anything is queued, and without repeating what was written."""
    for week, limit_s, lang, reason in (
        (date(2026, 12, 8), 5, "id", ""),
        (MONDAY, 1, "id", ""),
        (MONDAY, float("nan"), "id", ""),
        (MONDAY, 5, "jv", ""),
        (MONDAY, 5, "id", "NIK 1219010101010001"),
    ):
        with pytest.raises(UnfitValueError) as refused:
            home.queue.enqueue_solve(BATU_BARA, week, by=PLANNER, time_limit_s=limit_s, language=lang, reason=reason)
        assert "1219010101010001" not in str(refused.value)


def test_a_worker_keeps_to_itself(home: Home) -> None:
    """No port is opened, nobody is called, no banner printed: DBOS would like to do all three."""
    home.solve(date(2027, 2, 8))
    links = [str(each.readlink()) for each in Path(f"/proc/{home.workers[0].pid}/fd").iterdir() if each.is_symlink()]
    sockets = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        rows = Path(f"/proc/{home.workers[0].pid}/net/{table}").read_text().splitlines()[1:]
        assert not sockets & {row.split()[9] for row in rows}
    told = home.log.read_text()
    assert "conductor" not in told.lower()
    assert not re.search(r"INFO (?!api\.)", told)
    assert re.match(r"\d{4}-\d\d-\d\d [\d:,]+ INFO api\.jobs: Worker \w+ takes jobs", told)


def test_a_job_done_twice_adds_one_version(home: Home) -> None:
    """A worker may die after the version is in and before DBOS has noted it: the next one finds it there."""
    week = date(2027, 2, 15)
    done = home.solve(week)
    assert done.plan is not None
    order = SolveOrder(done.id, BATU_BARA, week, done.plan, PLANNER, 2, "id")
    watch = Watch(done.id, "another worker", home.queue._client, threading.Event())
    assert StoreWeeks(home.store, home.settings.cache).solve(order, watch) is None
    assert home.versions_added().count(done.plan) == 1


def test_sigterm_gives_the_job_back(make_home: Callable[..., Home]) -> None:
    """The worker ends at once and in order; a restart does the job, and the version is in once."""
    home = make_home()
    first = home.start_worker()
    job = home.ask()
    home.wait_for_plan(job)
    (child,) = children(first)
    first.send_signal(signal.SIGINT)  # as a terminal tells all of its programs, before their parent ends them
    first.terminate()
    assert first.wait(timeout=PATIENCE_S) == 0
    assert not is_alive(child)
    assert home.status(job).state is JobState.QUEUED
    home.start_worker()
    home.wait(job, lambda each: each.state is JobState.RUNNING, 30)
    home.queue.finish(BATU_BARA, job)
    done = home.wait(job, lambda each: each.is_over)
    assert done.state is JobState.DONE
    assert home.versions_added() == [done.plan]


@pytest.mark.slow
def test_roads_of_the_store_are_driven(make_home: Callable[..., Home], tmp_path: Path) -> None:
    """The version holds the lines of its drives, and times are found once: they stay for the next week."""
    folder = write_town_region(tmp_path / "town")
    assert main(["region", "roads", str(folder), str(write_town(tmp_path / "sumatra.osm.pbf"))]) == 0
    home = make_home(None, read_region_documents(folder))
    home.start_worker()
    done = home.solve(MONDAY)
    assert done.plan is not None
    plan = done.plan
    documents = home.store.read(BATU_BARA, lambda scope: get_documents(scope, plan))
    assert documents.ways is not None
    assert read_ways(documents.ways)
    assert isinstance(read_problem(documents.instance).travel, TravelTimes)
    (kept,) = home.settings.cache.glob("1219/*/travel.npz")
    assert (kept.parent / "roads.npz").read_bytes() == (folder / "roads.npz").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("waits", [True, False], ids=["another", "restart"])
def test_a_job_survives_its_worker(new_url: Callable[[], str], make_home: Callable[..., Home], *, waits: bool) -> None:
    """Kill -9 in mid-solve: a worker that waits, or one that starts later, does the job; its week stays taken."""
    home = make_home(new_url())
    first = home.start_worker()
    job = home.ask()
    home.wait_for_plan(job)
    if waits:
        home.start_worker()
        time.sleep(5)
    (child,) = children(first)
    first.kill()
    first.wait()
    died = time.monotonic()
    wait_for(lambda: True if not is_alive(child) else None, 2, home.log)
    if not waits:
        home.start_worker()
    # The lease of the dead runs out within 20 s, and is looked at every 5.
    wait_for(lambda: True if "start again" in home.log.read_text() else None, 30, home.log)
    home.wait(job, lambda each: each.state is JobState.RUNNING, 10)
    assert time.monotonic() - died < 32
    again = home.queue.enqueue_solve(BATU_BARA, MONDAY, by=PLANNER, time_limit_s=9, language="id")
    assert (again.job, again.is_new) == (job, False)
    wait_for(lambda: next(iter(children(home.workers[1])), None), 30, home.log)
    home.queue.finish(BATU_BARA, job)
    done = home.wait(job, lambda each: each.is_over)
    assert done.state is JobState.DONE
    assert home.versions_added() == [done.plan]
    (plan,) = home.store.read(BATU_BARA, lambda scope: list_plans(scope, MONDAY))
    assert plan.version == 1


@pytest.mark.slow
def test_a_worker_that_stalls_loses_its_job(new_url: Callable[[], str], make_home: Callable[..., Home]) -> None:
    """As a machine that is suspended: another takes the job, and who comes back ends its child and adds nothing."""
    home = make_home(new_url())
    first, second = home.start_worker(), home.start_worker()
    job = home.ask()
    home.wait_for_plan(job)
    busy, idle = (first, second) if children(first) else (second, first)
    busy.send_signal(signal.SIGSTOP)
    try:
        wait_for(lambda: True if children(idle) else None, PATIENCE_S, home.log)
    finally:
        busy.send_signal(signal.SIGCONT)
    wait_for(lambda: None if children(busy) else True, 5, home.log)
    home.queue.finish(BATU_BARA, job)
    assert home.wait(job, lambda each: each.is_over).state is JobState.DONE
    assert home.versions_added() == [home.status(job).plan]
    # It has not fallen out for good: with the other gone it does the next week.
    idle.terminate()
    idle.wait()
    home.solve(date(2026, 12, 14))


@pytest.mark.slow
def test_two_workers_share_the_work(new_url: Callable[[], str], make_home: Callable[..., Home]) -> None:
    """Each does one week at a time; a third week waits."""
    home = make_home(new_url())
    workers = [home.start_worker(), home.start_worker()]
    jobs = [home.ask(week) for week in (MONDAY, date(2026, 12, 14), date(2027, 1, 4))]
    wait_for(lambda: True if all(map(children, workers)) else None, PATIENCE_S, home.log)
    states = sorted(home.status(job).state for job in jobs)
    assert states == [JobState.QUEUED, JobState.RUNNING, JobState.RUNNING]
    for job in jobs:
        home.queue.cancel(BATU_BARA, job)


def test_the_version_of_the_application_is_a_constant() -> None:
    """DBOS gives a job to workers of its own version only: another number would strand what was asked before."""
    assert APPLICATION_VERSION == "1"


def test_the_jobs_lie_beside_the_store() -> None:
    """A file of their own on SQLite, the same database on PostgreSQL, or where the settings say."""
    assert Settings("sqlite:////var/lib/moling/moling.db").jobs_url == "sqlite:////var/lib/moling/moling-jobs.db"
    assert Settings("sqlite:////var/lib/moling/moling.db").cache == Path("/var/lib/moling/moling-cache")
    assert Settings("sqlite:///data").jobs_url == "sqlite:///data-jobs.db"
    assert Settings("postgresql://m@h/d").jobs_url == "postgresql://m@h/d"
    assert Settings("postgresql://m@h/d", jobs_address="postgresql://m@h/jobs").jobs_url == "postgresql://m@h/jobs"


def test_failures_hold_codes_and_no_names() -> None:
    """What is kept of a failure goes into DBOS's tables."""
    failure = Failure(Trouble.INFEASIBLE, ("request:PM-2026-0001/2", "Ibu Canary", "a" * 81))
    assert failure.details == ("request:PM-2026-0001/2",)

"""
Solves in the background that survive the death of whoever works on them: the one module that knows DBOS.

`JobQueue` is the web's side: it asks, looks, stops; it runs nothing. `JobWorker` is the side of ``moling worker``: it
takes jobs from the queue, one at a time, and does them with a function that it is handed, because the planning of a
week is a slice above this module (`api.working` joins the two). `docs/jobs.md` tells how an office uses them.

A job is one workflow of one step, which ends with the plan's version in the store. Its result is the code of the
version and no document, so DBOS's tables hold codes and figures only. The code is chosen when the job is asked for;
whoever does the job again looks first whether it is in, so that it is put in once.

Where we go other ways than DBOS would by itself:

- **The dead** are found by leases (`api.store.jobs_database`), and their jobs given to others by DBOS's own recovery.
  `resume_workflow` would serve too, but it drops the deduplication (a week could then be solved twice at once) and
  wakes a job that was cancelled a moment before.
- **At SIGTERM** a running job is given back first and its child killed then. Its thread is left waiting until the
  process ends: whatever it returned or raised DBOS would write down as the job's outcome.
- **Its version is a constant**: jobs of another `application_version` are never taken, and stranded at each upgrade.
- **JSON in place of pickles**, since what is read from a database must not be code.

It is long because both sides must agree on what DBOS keeps, and no other module may know it.
"""

import logging
import re
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus
from dbos import error as dbos_error

from api.entities import PlanId, UserId
from api.i18n import LANGUAGES, N_
from api.job_states import Asked, Failure, Job, JobProgress, JobState, SolveOrder, Trouble
from api.settings import Settings
from api.solver_process import Progress
from api.store.errors import MissingError, StoreError, UnfitValueError
from api.store.jobs_database import SCHEMA, JobsDatabase, open_jobs_database, telling
from api.store.scope import RegencyCode, check_text

LOG = logging.getLogger(__name__)

APPLICATION_VERSION: Final = "1"
"""Never changed: see the top of the module."""
LEASE_S: Final = 5.0
"""How often a worker says that it lives."""
DEAD_AFTER_S: Final = 20.0
"""A worker that has said nothing for so long counts as dead."""
LEAST_LIMIT_S, MOST_LIMIT_S = 2.0, 3_600.0
_APPLICATION: Final = "moling"
_QUEUE: Final = "solves"
_WORKFLOW: Final = "solve_week"
_PROGRESS: Final = "progress"
_FINISH: Final = "finish"
_MOST_STARTS: Final = 10
"""A job that killed so many workers is not tried again."""
_QUEUE_POLL_S: Final = 0.5
_LOOK_S: Final = 0.25
"""How often a running job looks whether it was cancelled: the child must be dead within a second."""
_TELL_S: Final = 0.5
"""Progress is written at most so often, and read from the database at most so often for all pages of a process."""
_LONGEST_STOP_S: Final = 5.0
_JOB: Final = re.compile(r"([0-9]{4})-([0-9]{4}-[0-9]{2}-[0-9]{2})-[0-9a-f]{8}")


class JobQueue:
    """
    The jobs, for whoever asks for them. Its functions wait for a database: call them in a thread, not in a coroutine.

    All of them raise StoreBusyError or UnusableStoreError when the database does not answer, and MissingError for a
    job that the regency has not.

    Parameters
    ----------
    settings
        Say where the jobs are.
    """

    def __init__(self, settings: Settings) -> None:
        self._database = open_jobs_database(settings.jobs_url, wait_s=settings.write_wait_s)
        with telling():
            self._client = _client(self._database)
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, JobProgress | None]] = {}
        self._listed: dict[tuple[RegencyCode, int], tuple[float, tuple[Job, ...]]] = {}

    def enqueue_solve(
        self,
        regency: RegencyCode,
        week_monday: date,
        *,
        by: UserId,
        time_limit_s: float,
        language: str,
        reason: str = "",
    ) -> Asked:
        """
        Ask for a plan of a week; where one is being made, that one is told.

        Parameters
        ----------
        time_limit_s
            For the search, 2 to 3,600 seconds.
        language
            Of the texts in the plan.
        reason
            Why, as the version will say; it is kept outside DBOS's tables.

        Raises
        ------
        UnfitValueError
            When the day is no Monday, the limit or the language none, or a text may not be kept.
        """
        if week_monday.weekday() != 0:
            raise UnfitValueError(N_("{day} is no Monday."), day=week_monday.isoformat())
        if not LEAST_LIMIT_S <= time_limit_s <= MOST_LIMIT_S:
            raise UnfitValueError(
                N_("The time for a search is {least:g} to {most:g} seconds."), least=LEAST_LIMIT_S, most=MOST_LIMIT_S
            )
        if language not in LANGUAGES:
            raise UnfitValueError(N_("There is no such language."))
        check_text("by", by, 64)
        mark = secrets.token_hex(4)
        year, number, _ = week_monday.isocalendar()
        job = f"{regency}-{week_monday.isoformat()}-{mark}"
        options: EnqueueOptions = {
            "workflow_name": _WORKFLOW,
            "queue_name": _QUEUE,
            "workflow_id": job,
            "app_version": APPLICATION_VERSION,
            "deduplication_id": f"{regency}-{week_monday.isoformat()}",
            "duplication_policy": "return-existing",
        }
        order = {"plan": f"{year}-W{number:02}-{mark}", "by": by, "time_limit_s": time_limit_s, "language": language}
        if reason:
            self._database.put_reason(job, reason)
        with telling():
            there = self._client.enqueue(options, order).get_workflow_id()
        if there != job and reason:
            self._database.drop_reason(job)
        self._forget_lists()
        return Asked(there, is_new=there == job)

    def job_status(self, regency: RegencyCode, job: str) -> Job:
        """How the job stands."""
        return _job(self._find(regency, job))

    def progress(self, regency: RegencyCode, job: str) -> JobProgress | None:
        """
        The latest that is known of its search, None before it began; stays as it was once the job is over.

        Cheap: however many pages ask, the database is read at most twice a second for each job.
        """
        _check_job(regency, job)
        with self._lock:
            now = time.monotonic()
            self._seen = {each: seen for each, seen in self._seen.items() if now - seen[0] < _TELL_S}
            if job not in self._seen:
                with telling():
                    told = self._client.get_event(job, _PROGRESS, timeout_seconds=0)
                self._seen[job] = (now, None if told is None else JobProgress(**told))
            return self._seen[job][1]

    def cancel(self, regency: RegencyCode, job: str) -> Job:
        """Give it up: its child is dead within a second, and no version comes of it; what is over stays as it is."""
        if not _job(self._find(regency, job)).is_over:
            with telling():
                self._client.cancel_workflow(job)
            self._database.drop_reason(job)
            self._forget_lists()
        return self.job_status(regency, job)

    def finish(self, regency: RegencyCode, job: str) -> Job:
        """Enough (cukup): stop the search now and keep its best plan; where it has none yet, its first one."""
        found = _job(self._find(regency, job))
        if found.state is JobState.RUNNING:
            with telling():
                self._client.update_workflow_attributes(job, {_FINISH: True}, merge=True)
        return found

    def list_jobs(self, regency: RegencyCode, limit: int = 20) -> tuple[Job, ...]:
        """
        Jobs of the regency, the newest first.

        As cheap as `progress`: what others did shows within half a second, what was asked for here at once.
        """
        key, now = (regency, limit), time.monotonic()
        with self._lock:
            listed = self._listed.get(key)
        if listed is None or now - listed[0] >= _TELL_S:
            with telling():
                found = self._client.list_workflows(workflow_id_prefix=f"{regency}-", sort_desc=True, limit=limit)
            listed = (now, tuple(map(_job, found)))
            with self._lock:
                self._listed[key] = listed
        return listed[1]

    def _forget_lists(self) -> None:
        with self._lock:
            self._listed.clear()

    def close(self) -> None:
        """Give everything back."""
        self._client.destroy()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _find(self, regency: RegencyCode, job: str) -> WorkflowStatus:
        _check_job(regency, job)
        with telling():
            found = self._client.list_workflows(workflow_ids=[job])
        if not found:
            raise _missing(job)
        return found[0]


class _StoppingError(Exception):
    """The worker ends; the job was given back."""


class Watch:
    """
    What a running job is handed to tell its progress and to hear whether it should end.

    All functions raise errors of this module when the job was cancelled, was taken over by another worker, or is
    given back: let them pass, they end the child on their way.
    """

    def __init__(self, job: str, worker: str, client: DBOSClient, stopping: threading.Event) -> None:
        self._job, self._worker, self._client, self._stopping = job, worker, client, stopping
        self._began: float | None = None
        self._told = self._looked = float("-inf")
        self._has_plan = self._is_finishing = False

    def show(self, progress: Progress) -> None:
        """Tell how far the search has come; call it as often as you like, from the thread that began the job."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        self._has_plan = progress.value is not None and progress.served > 0  # the very first plan is an empty one
        if now - self._told < _TELL_S:
            return
        self._told = now
        told = JobProgress(
            progress.value,
            progress.bound,
            progress.gap,
            progress.served,
            round(now - self._began, 1),
            round(progress.seconds_left, 1),
        )
        DBOS.set_event(_PROGRESS, {name: getattr(told, name) for name in JobProgress.__slots__})

    def should_stop(self) -> bool:
        """Whether the search should end with its best plan."""
        if self._stopping.is_set():
            raise _StoppingError
        now = time.monotonic()
        if now - self._looked >= _LOOK_S:
            self._looked = now
            self.check()
        return self._is_finishing and self._has_plan

    def check(self) -> None:
        """End here if the job is no longer ours to do."""
        if self._stopping.is_set():
            raise _StoppingError
        try:
            with telling():
                found = self._client.list_workflows(workflow_ids=[self._job], load_input=False, load_output=False)
        except StoreError as error:
            LOG.warning("Job %s cannot be looked up now: %s", self._job, error)
            return
        if not found or found[0].status == "CANCELLED":
            raise dbos_error.DBOSWorkflowCancelledError(self._job)
        if found[0].executor_id != self._worker or found[0].status != "PENDING":
            raise dbos_error.DBOSWorkflowConflictIDError(self._job)
        self._is_finishing = bool((found[0].attributes or {}).get(_FINISH))


SolveWeek = Callable[[SolveOrder, Watch], Failure | None]
"""Does a job, with the version in the store at its end unless it failed."""


class JobWorker:
    """
    Does jobs, one at a time, until it is told to stop. One for each process: DBOS knows no more.

    Parameters
    ----------
    solve_week
        Who does them.
    """

    def __init__(self, settings: Settings, solve_week: SolveWeek) -> None:
        self._solve_week = solve_week
        self._id = secrets.token_hex(8)
        self._stopping, self._idle = threading.Event(), threading.Event()
        self._idle.set()
        self._database = open_jobs_database(settings.jobs_url, wait_s=settings.write_wait_s)
        with telling():
            self._client = _client(self._database)

    def run(self, stop: threading.Event) -> None:
        """
        Do jobs until the event is set; then give back the one that is being done.

        Threads of DBOS may still wait afterwards: end the process without waiting for them.
        """
        self._database.renew_lease(self._id)  # before DBOS: a worker without a lease counts as dead
        dbos = self._launch()
        LOG.info("Worker %s takes jobs from %s.", self._id, self._database.address)
        while True:
            try:
                self._database.renew_lease(self._id)
                self._take_over()
            except StoreError as error:
                LOG.warning("Worker %s could not renew its lease: %s", self._id, error)
            if stop.wait(LEASE_S):
                break
        self._stopping.set()
        for event in dbos.background_thread_stop_events:
            event.set()
        if not self._idle.wait(_LONGEST_STOP_S):
            LOG.warning("Worker %s ends in the middle of a job.", self._id)
        with suppress(StoreError), telling():
            # In this order, since the second would wait for a database that is gone; others take a job without a lease.
            self._database.end_lease(self._id)
            self._recover([self._id])
        LOG.info("Worker %s has ended.", self._id)

    def _launch(self) -> DBOS:
        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_engine": self._database.engine,
            "dbos_system_schema": SCHEMA,
            "serializer": DBOSPortableJSONSerializer(),
            "application_version": APPLICATION_VERSION,
            "executor_id": self._id,
            "use_listen_notify": False,  # part of the tables' making: the same for all who open them
            "enable_otlp": False,
            "log_level": "WARNING",
        }

        @DBOS.step(name="solve")
        def solve(job: str, order: dict[str, Any]) -> dict[str, Any]:
            return self._do(job, order)

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_MOST_STARTS)
        def solve_week(order: dict[str, Any]) -> dict[str, Any]:
            job = DBOS.workflow_id
            assert job is not None
            outcome = solve(job, order)
            self._database.drop_reason(job)
            return outcome

        dbos = DBOS(config=config)
        with telling():
            DBOS.launch()
            DBOS.register_queue(
                _QUEUE, worker_concurrency=1, polling_interval_sec=_QUEUE_POLL_S, on_conflict="always_update"
            )
        return dbos

    def _do(self, job: str, order: dict[str, Any]) -> dict[str, Any]:
        regency, week = _check_job(None, job)
        self._idle.clear()
        try:
            failure = self._solve_week(
                SolveOrder(
                    job,
                    regency,
                    week,
                    PlanId(order["plan"]),
                    UserId(order["by"]),
                    order["time_limit_s"],
                    order["language"],
                    self._database.get_reason(job),
                ),
                Watch(job, self._id, self._client, self._stopping),
            )
        except _StoppingError:
            self._idle.set()
            threading.Event().wait()  # until the process ends: see the top of the module
            raise
        except (dbos_error.DBOSWorkflowCancelledError, dbos_error.DBOSWorkflowConflictIDError):
            LOG.info("Job %s was cancelled, or taken over by another worker.", job)
            raise
        except Exception as error:  # noqa: BLE001 (told as a failure; a worker lives on)
            # Messages may hold what people wrote; where it happened does not.
            where = "".join(traceback.format_tb(error.__traceback__))
            LOG.error("Job %s broke off by %s at\n%s", job, type(error).__name__, where)  # noqa: TRY400
            failure = Failure(Trouble.FAULT)
        finally:
            self._idle.set()
        if failure is not None:
            LOG.warning("Job %s failed: %s %s", job, failure.trouble, " ".join(failure.details))
            return {"trouble": failure.trouble.value, "details": list(failure.details)}
        LOG.info("Job %s is done: plan %s.", job, order["plan"])
        return {"plan": order["plan"]}

    def _take_over(self) -> None:
        """Give the jobs of workers that died to whoever is free."""
        with telling():
            running = self._client.list_workflows(
                status="PENDING", queue_name=_QUEUE, load_input=False, load_output=False
            )
        busy = {each.executor_id for each in running if each.executor_id}
        dead = sorted(busy - self._database.living_workers(DEAD_AFTER_S) - {self._id})
        if dead:
            LOG.warning("Workers that died: %s; their jobs start again.", ", ".join(dead))
            with telling():
                self._recover(dead)

    @staticmethod
    def _recover(workers: list[str]) -> None:
        DBOS._recover_pending_workflows(workers)  # noqa: SLF001 (no public way: see the top of the module)


def _client(database: JobsDatabase) -> DBOSClient:
    """A client whose tables are there and who says at once when the database is gone."""
    _quieten()
    client = DBOSClient(
        system_database_engine=database.engine,
        dbos_system_schema=SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=_APPLICATION,
        retry_connection_errors=False,
    )
    # Clients make no tables, and DBOS.migrate would use the driver that may corrupt a file of SQLite.
    client._sys_db.run_migrations()  # noqa: SLF001
    database.make_tables()
    return client


def _quieten() -> None:
    """Have DBOS's log go where ours goes: it prints by itself only where it finds no handler."""
    log = logging.getLogger("dbos")
    log.setLevel(logging.WARNING)
    if not log.handlers:
        log.addHandler(logging.NullHandler())
        log.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    # DBOS reports each cancelled job as an exception in the background.
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, dbos_error.DBOSAwaitedWorkflowCancelledError)


def _check_job(regency: RegencyCode | None, job: str) -> tuple[RegencyCode, date]:
    """Regency and week of a job's code; MissingError where it is none, or not of that regency."""
    found = _JOB.fullmatch(job)
    if found is None or regency not in {None, found[1]}:
        raise _missing(job)
    return RegencyCode(found[1]), date.fromisoformat(found[2])


def _missing(job: str) -> MissingError:
    return MissingError(N_("There is no job '{job}'."), job=job[:60])


_STATES: Final[Mapping[str, JobState]] = MappingProxyType(
    {
        "ENQUEUED": JobState.QUEUED,
        "DELAYED": JobState.QUEUED,
        "PENDING": JobState.RUNNING,
        "SUCCESS": JobState.DONE,
        "CANCELLED": JobState.CANCELLED,
    }
)
"""All others are failures."""


def _job(status: WorkflowStatus) -> Job:
    regency, week = _check_job(None, status.workflow_id)
    order = status.input["args"][0] if status.input else {}
    state = _STATES.get(status.status, JobState.FAILED)
    result: Mapping[str, Any] = status.output or {}
    plan = PlanId(result["plan"]) if "plan" in result else None
    failure: Failure | None = None
    if "trouble" in result:
        state, failure = JobState.FAILED, Failure(Trouble(result["trouble"]), tuple(result["details"]))
    elif state is JobState.FAILED:
        failure = Failure(Trouble.FAULT if status.status == "ERROR" else Trouble.WORKERS_DIED)
    asked = datetime.fromtimestamp((status.created_at or 0) / 1000, UTC)
    by, limit_s = UserId(order.get("by", "")), float(order.get("time_limit_s", 0))
    return Job(status.workflow_id, regency, week, by, limit_s, asked, state, plan, failure)

"""
A week of the store, planned: from its region and requests to a new version, which holds all that its papers need.

What a worker does with a job (`api.jobs`). It may do the same job twice, after a death: the version is looked for
before the work and again in the transaction that puts it in.
"""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from api.entities import WeeklyPlan
from api.errors import ApiError, SolverProcessError
from api.i18n import language
from api.job_states import Failure, SolveOrder, Trouble
from api.jobs import Watch
from api.planning.desk import Desk, desk_from_store
from api.planning.service import PlannedWeek, plan_desk
from api.solver_process import ChildSettings, SolverProcess
from api.store.errors import MissingError, StoreBusyError, StoreError, UnfitValueError
from api.store.plans import MOST_BYTES, PlanDocuments, add_plan, list_plans, next_version
from api.store.regions import get_region_files
from api.store.requests import list_requests
from api.store.scope import Reading, Writing
from api.store.store import Store
from api.stored_regions import StoredRegions
from geodata.errors import GeodataError
from maps.cards_file import write_cards
from maps.ways_file import write_ways
from optimizer.errors import OptimizerError
from optimizer.evaluate import evaluate
from optimizer.instance import write_plan, write_problem
from optimizer.plan import Plan, PlanStatus
from optimizer.problem import Problem
from optimizer.solve import SolveOptions

_LOG = logging.getLogger(__name__)

_NICENESS: Final = 19
_GRACE_S: Final = 1.0
"""What the child has beyond the limit to hand over its answer; then it is killed and its best plan counts."""
_BUSY_TRIES: Final = 6
"""A plan that took minutes is not lost because the store was busy for one wait."""
_TROUBLES: Final[Mapping[type[Exception], Trouble]] = MappingProxyType(
    {
        MissingError: Trouble.NO_REGENCY,
        UnfitValueError: Trouble.UNFIT_WEEK,
        StoreError: Trouble.STORE,
        SolverProcessError: Trouble.SOLVER_BROKE,
        Exception: Trouble.UNFIT_WEEK,
    }
)
"""What is told of an error; the first kind that fits counts."""


class StoreWeeks:
    """
    Plans weeks of a store.

    Parameters
    ----------
    cache
        Folder for what can be made again.
    """

    def __init__(self, store: Store, cache: Path) -> None:
        self._store = store
        self._regions = StoredRegions(cache)

    def solve(self, order: SolveOrder, watch: Watch) -> Failure | None:
        """
        Plan the week and put the version in, once; why not, where that failed.

        Raises
        ------
        Exception
            What ``watch`` raises when the job is no longer this worker's to do. Nothing was put in then.
        """
        try:
            if self._store.read(order.regency, lambda scope: _is_in(scope, order)):
                return None
            return self._plan(order, watch)
        except OSError as error:
            _LOG.error("Job %s: %s", order.job, error)
            return Failure(Trouble.DISK, (type(error).__name__,))
        except (StoreError, GeodataError, OptimizerError, ApiError) as error:
            # The kind of error is a code; its message may hold what people wrote.
            trouble = next(trouble for kind, trouble in _TROUBLES.items() if isinstance(error, kind))
            return Failure(trouble, (type(error).__name__,))

    def _plan(self, order: SolveOrder, watch: Watch) -> Failure | None:
        search = _Search(order, watch)
        planned = plan_desk(
            self._desk(order),
            language=language(order.language),
            time_limit_s=order.time_limit_s,
            solver=search.solve,
        )
        if planned.plan.status is PlanStatus.INFEASIBLE:
            return Failure(Trouble.INFEASIBLE, planned.plan.conflict)
        if planned.plan.value is None:
            return Failure(Trouble.OUT_OF_MEMORY if search.out_of_memory else Trouble.NOTHING_FOUND)
        documents = _documents(planned, search.state)
        judged = evaluate(planned.week.problem, planned.plan)
        plan = WeeklyPlan(
            order.plan,
            order.week,
            1,
            order.by,
            reason=order.reason,
            hard_violations=len(judged.violations),
            soft_violations=len(judged.soft),
        )
        watch.check()
        self._put_in(order, plan, documents)
        return None

    def _desk(self, order: SolveOrder) -> Desk:
        # Both as of one moment.
        files, requests = self._store.read(order.regency, lambda scope: (get_region_files(scope), list_requests(scope)))
        return desk_from_store(self._regions.region(order.regency, files), order.week, requests)

    def _put_in(self, order: SolveOrder, plan: WeeklyPlan, documents: PlanDocuments) -> None:
        def change(scope: Writing) -> None:
            if not _is_in(scope, order):
                numbered = replace(plan, version=next_version(scope, order.week))
                add_plan(scope, numbered, documents, by=order.by, at=datetime.now(UTC))

        for _ in range(_BUSY_TRIES - 1):
            with suppress(StoreBusyError):
                self._store.write(order.regency, change)
                return
            _LOG.warning("Job %s waits for the store.", order.job)
        self._store.write(order.regency, change)


class _Search:
    """Runs the solver in its child and remembers what it leaves beside the plan."""

    def __init__(self, order: SolveOrder, watch: Watch) -> None:
        self._order, self._watch = order, watch
        self.state: bytes | None = None
        self.out_of_memory = False

    def solve(self, problem: Problem, options: SolveOptions) -> Plan:
        """As `optimizer.solve.solve`; what ``watch`` raises ends the child on its way."""
        settings = ChildSettings(
            deadline=time.monotonic() + options.time_limit_s + _GRACE_S,
            language=self._order.language,
            engine=options.engine.value,
            seed=options.seed,
            threads=options.threads,
            niceness=_NICENESS,
            keeps_state=True,
        )
        self._watch.check()
        with SolverProcess(write_problem(problem), settings) as child:
            try:
                plan = child.wait(problem, on_progress=self._watch.show, should_stop=self._watch.should_stop)
            finally:
                self.out_of_memory = child.out_of_memory
            self.state = child.state
        if child.failure is not None:
            _LOG.warning("Job %s: the solver broke off; its best plan until then is kept.", self._order.job)
        return plan


def _documents(planned: PlannedWeek, state: bytes | None) -> PlanDocuments:
    return PlanDocuments(
        planned.instance,
        write_plan(planned.plan),
        state if state is not None and len(state) <= MOST_BYTES else None,
        write_cards(planned.week.cards),
        write_ways(planned.ways) if planned.ways else None,
    )


def _is_in(scope: Reading, order: SolveOrder) -> bool:
    return any(plan.id == order.plan for plan in list_plans(scope, order.week))

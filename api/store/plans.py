"""
Versions of weekly plans: the problem and the plan as two documents, so that any of them can be opened again and told.

A version is put in once and its documents never change, which the database sees to as well. What may change is how
far it has come.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row

from api.entities import PlanId, PlanState, UserId, WeeklyPlan, move_plan
from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import DamagedError, DuplicateError, MissingError, UnfitValueError
from api.store.scope import Reading, Writing, check_json
from api.store.tables import PLAN_HISTORY, PLANS

MOST_BYTES: Final = 64_000_000
"""Of a document, and of a solver's state."""
_DOCUMENTS: Final = frozenset({"instance", "plan", "solver_state", "cards", "ways"})
_LIGHT = tuple(column for column in PLANS.c if column.name not in _DOCUMENTS)


@dataclass(frozen=True, slots=True)
class PlanDocuments:
    """
    A planned problem: two documents, and what the solver left for the next time.

    Making one reads them through, which takes a while where they are long: do it before a change, not within one.

    Attributes
    ----------
    instance, plan
        The bytes of ``moling/instance`` and ``moling/plan``; the plan names the hash of the instance.
    solver_state
        As `optimizer.state` wrote it; None where there is none.
    cards
        Names and counts of the visits, as ``maps.cards_file`` writes them; None where nobody is to read the plan.
    ways
        Lines of the drives, as ``maps.ways_file`` writes them; None where the roads are not known.

    Raises
    ------
    UnfitValueError
        When one is not such a document, the plan is of another instance, or a text in them is an identity number.
    """

    instance: bytes
    plan: bytes
    solver_state: bytes | None = None
    cards: bytes | None = None
    ways: bytes | None = None

    def __post_init__(self) -> None:
        """Check that the two belong together and may be kept."""
        documents = (self.instance, self.plan, self.solver_state, self.cards, self.ways)
        if max(len(each or b"") for each in documents) > MOST_BYTES:
            raise UnfitValueError(N_("A document of a plan has at most {most} bytes."), most=MOST_BYTES)
        _read("moling/instance", self.instance)
        plan = _read("moling/plan", self.plan)
        if plan.get("instance_sha256") != _hash(self.instance):
            raise UnfitValueError(N_("The plan is of another instance."))
        if self.cards is not None:
            _read("moling/cards", self.cards)

    @property
    def hashes(self) -> tuple[str, str]:
        """SHA-256 of instance and plan."""
        return _hash(self.instance), _hash(self.plan)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """
    One step of a plan version.

    Attributes
    ----------
    state
        What it became.
    """

    state: PlanState
    at: datetime
    by: str
    reason: str


def next_version(scope: Reading, week: date) -> int:
    """The number that the next plan of that week (its Monday) bears; free as long as the change that asked goes on."""
    found = scope.rows(
        PLANS, PLANS.c.week == week, columns=(PLANS.c.version,), order_by=(PLANS.c.version.desc(),), limit=1
    )
    return found[0].version + 1 if found else 1


def add_plan(scope: Writing, plan: WeeklyPlan, documents: PlanDocuments, *, by: str, at: datetime) -> bool:
    """
    Put a version in, once; whether it was not there before.

    A job that starts again after its worker died may offer its version again: the same documents change nothing.

    Raises
    ------
    DuplicateError
        When that version is there with other documents.
    UnfitValueError
        When the reason may not be kept.
    """
    same = (PLANS.c.week == plan.week, PLANS.c.version == plan.version)
    there = scope.find(PLANS, PLANS.c.id == plan.id, columns=_LIGHT) or scope.find(PLANS, *same, columns=_LIGHT)
    instance_sha256, plan_sha256 = documents.hashes
    if there is not None:
        if (there.id, there.instance_sha256, there.plan_sha256) == (plan.id, instance_sha256, plan_sha256):
            return False
        raise DuplicateError(
            N_("There is another plan of week {week} with version {version}."), week=there.week, version=there.version
        )
    scope.insert(
        PLANS,
        id=plan.id,
        week=plan.week,
        version=plan.version,
        author=plan.author,
        state=plan.state,
        reason=plan.reason,
        hard_violations=plan.hard_violations,
        soft_violations=plan.soft_violations,
        created=at,
        instance=documents.instance,
        instance_sha256=instance_sha256,
        plan=documents.plan,
        plan_sha256=plan_sha256,
        solver_state=documents.solver_state,
        cards=documents.cards,
        ways=documents.ways,
    )
    _add_step(scope, plan, by, at, plan.reason)
    details = {"instance": instance_sha256, "plan": plan_sha256}
    add_audit(scope, "plan.added", plan.id, by=by, at=at, details=details)
    return True


def get_plan(scope: Reading, plan: PlanId) -> WeeklyPlan:
    """
    The version of that code.

    Raises
    ------
    MissingError
        When the regency has none.
    """
    row = scope.find(PLANS, PLANS.c.id == plan, columns=_LIGHT)
    if row is None:
        raise MissingError(N_("There is no plan '{plan}'."), plan=plan[:60])
    return _plan(row)


def list_plans(scope: Reading, week: date) -> tuple[WeeklyPlan, ...]:
    """All versions of that week (its Monday), the newest first."""
    return tuple(
        map(_plan, scope.rows(PLANS, PLANS.c.week == week, columns=_LIGHT, order_by=(PLANS.c.version.desc(),)))
    )


def list_published(scope: Reading, first: date, last: date) -> tuple[WeeklyPlan, ...]:
    """Published versions of the weeks from ``first`` to ``last`` (Mondays, both included), by week."""
    where = (PLANS.c.week >= first, PLANS.c.week <= last, PLANS.c.state == PlanState.PUBLISHED)
    return tuple(map(_plan, scope.rows(PLANS, *where, columns=_LIGHT, order_by=(PLANS.c.week,))))


def find_published(scope: Reading, week: date) -> WeeklyPlan | None:
    """The published version of that week (its Monday)."""
    row = scope.find(PLANS, PLANS.c.week == week, PLANS.c.state == PlanState.PUBLISHED, columns=_LIGHT)
    return None if row is None else _plan(row)


def hashes_of(scope: Reading, plan: PlanId) -> tuple[str, str]:
    """
    SHA-256 of instance and plan of a version.

    Raises
    ------
    MissingError
        When the regency has no such version.
    """
    row = scope.find(PLANS, PLANS.c.id == plan, columns=(PLANS.c.instance_sha256, PLANS.c.plan_sha256))
    if row is None:
        raise MissingError(N_("There is no plan '{plan}'."), plan=plan[:60])
    return row.instance_sha256, row.plan_sha256


def get_documents(scope: Reading, plan: PlanId) -> PlanDocuments:
    """
    The documents of a version, byte by byte as they were put in.

    Raises
    ------
    MissingError
        When the regency has no such version.
    DamagedError
        When they are not those that were put in.
    """
    row = scope.find(PLANS, PLANS.c.id == plan)
    if row is None:
        raise MissingError(N_("There is no plan '{plan}'."), plan=plan[:60])
    if (_hash(row.instance), _hash(row.plan)) != (row.instance_sha256, row.plan_sha256):
        raise DamagedError(N_("The documents of plan '{plan}' are not those that were kept."), plan=plan)
    return PlanDocuments(row.instance, row.plan, row.solver_state, row.cards, row.ways)


def step_plan(
    scope: Writing, plan: PlanId, state: PlanState, *, by: UserId, at: datetime, reason: str = ""
) -> WeeklyPlan:
    """
    Move a version on, from the state that it has by now; returns what it became.

    Publishing one supersedes the version of that week that was published before, in the same transaction.

    Parameters
    ----------
    reason
        Why; for approval of a plan that breaks soft rules it is the written reason, where the plan has none.

    Raises
    ------
    MissingError
        When the regency has no such version.
    TransitionError
        When no step leads there, or not by this person.
    UnfitValueError
        When the reason may not be kept.
    """
    before = get_plan(scope, plan)
    moved = move_plan(replace(before, reason=before.reason or reason), state, by=by)
    if state is PlanState.PUBLISHED:
        former = find_published(scope, before.week)
        if former is not None:
            step_plan(scope, former.id, PlanState.SUPERSEDED, by=by, at=at, reason=reason)
    scope.update(PLANS, PLANS.c.id == plan, state=moved.state, reason=moved.reason)
    _add_step(scope, moved, by, at, reason)
    details = {"from": before.state, "to": state}
    add_audit(scope, "plan.moved", plan, by=by, at=at, details=details)
    return moved


def plan_steps(scope: Reading, plan: PlanId) -> tuple[PlanStep, ...]:
    """All that happened to a version, in order; nothing where there is none of that code."""
    rows = scope.rows(PLAN_HISTORY, PLAN_HISTORY.c.plan == plan, order_by=(PLAN_HISTORY.c.number,))
    return tuple(PlanStep(PlanState(row.state), row.at, row.by, row.reason) for row in rows)


def _add_step(scope: Writing, plan: WeeklyPlan, by: str, at: datetime, reason: str) -> None:
    number = scope.count(PLAN_HISTORY, PLAN_HISTORY.c.plan == plan.id) + 1
    scope.insert(PLAN_HISTORY, plan=plan.id, number=number, state=plan.state, at=at, by=by, reason=reason)


def _plan(row: Row[Any]) -> WeeklyPlan:
    return WeeklyPlan(
        PlanId(row.id),
        row.week,
        row.version,
        UserId(row.author),
        PlanState(row.state),
        row.reason,
        row.hard_violations,
        row.soft_violations,
    )


def _read(form: str, content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnfitValueError(N_("This is no {form} document."), form=form) from error
    if not isinstance(document, dict) or document.get("format") != form:
        raise UnfitValueError(N_("This is no {form} document."), form=form)
    check_json(form, document, MOST_BYTES)
    return document


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

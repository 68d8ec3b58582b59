"""
A week of an office from a planner's chair: its versions, what a version says, and the steps that it takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.auth.caller import Caller
from api.entities import PlanId, PlanState, Role, UserId, WeeklyPlan
from api.errors import ForbiddenError, NotThereError, UnfitFormError
from api.i18n import N_
from api.job_states import Job
from api.office import Office
from api.store.changes import ChangeKind, VisitChange, change_visit, list_changes, take_back
from api.store.plans import PlanStep, get_plan, list_plans, plan_steps
from api.store.scope import Reading, RegencyCode, Writing
from api.store.slots import SlotState, find_slot
from api.version_steps import bookings_of, take_step
from maps.itinerary import Stop, WeekItinerary

STEPS: Mapping[PlanState, tuple[tuple[PlanState, Role], ...]] = {
    PlanState.DRAFT: ((PlanState.SUBMITTED, Role.PLANNER), (PlanState.ARCHIVED, Role.PLANNER)),
    PlanState.SUBMITTED: ((PlanState.APPROVED, Role.APPROVER), (PlanState.RETURNED, Role.APPROVER)),
    PlanState.RETURNED: ((PlanState.SUBMITTED, Role.PLANNER), (PlanState.ARCHIVED, Role.PLANNER)),
    PlanState.APPROVED: ((PlanState.PUBLISHED, Role.PLANNER), (PlanState.RETURNED, Role.APPROVER)),
}
"""What may become of a version, and whose business it is; the first is what a page asks for."""


@dataclass(frozen=True, slots=True)
class ShownWeek:
    """
    A week as its page shows it.

    Attributes
    ----------
    versions
        The newest first.
    shown
        The version that was asked for, else the published one, else the newest; None where there is none.
    itinerary
        What it says.
    steps
        What happened to it.
    changes
        Cancelled and moved visits, by visit.
    job
        The solve of this week that is queued or running, else the newest one that failed after the newest version.
    next_steps
        What the caller may let become of the shown version.
    """

    monday: date
    versions: tuple[WeeklyPlan, ...]
    shown: WeeklyPlan | None
    itinerary: WeekItinerary | None
    steps: tuple[PlanStep, ...]
    changes: Mapping[str, VisitChange]
    job: Job | None
    next_steps: tuple[PlanState, ...]


def show_week(office: Office, caller: Caller, monday: date, chosen: str | None) -> ShownWeek:
    """
    The week for its page.

    Raises
    ------
    NotThereError
        When a version is asked for that the week has not.
    """
    regency = _regency(caller)
    versions = office.read(regency, lambda scope: list_plans(scope, monday))
    shown = _choose(versions, chosen)
    steps: tuple[PlanStep, ...] = ()
    changes: tuple[VisitChange, ...] = ()
    itinerary = None
    if shown is not None:
        version = shown.id
        steps, changes = office.read(regency, lambda scope: (plan_steps(scope, version), list_changes(scope, version)))
        itinerary = office.itinerary(regency, version)
    return ShownWeek(
        monday,
        versions,
        shown,
        itinerary,
        steps,
        {each.visit: each for each in changes},
        _job_of(office, regency, monday),
        () if shown is None else next_steps(shown, caller),
    )


def next_steps(plan: WeeklyPlan, caller: Caller) -> tuple[PlanState, ...]:
    """What this caller may let become of a version."""
    allowed = STEPS.get(plan.state, ())
    mine = [state for state, role in allowed if caller.has(role)]
    if caller.subject == plan.author:
        mine = [state for state in mine if state is not PlanState.APPROVED]
    return tuple(mine)


def step_week(office: Office, caller: Caller, monday: date, plan: PlanId, state: PlanState, reason: str) -> WeeklyPlan:
    """
    Let a version take a step, with all that goes along (`api.version_steps`).

    Raises
    ------
    NotThereError
        When the week has no such version.
    ForbiddenError
        When the step is not the caller's business.
    TransitionError
        When no step leads there.
    UnfitFormError
        When a reason is needed and none was given.
    """
    regency = _regency(caller)
    version = _version(office, regency, monday, plan)
    roles = {role for each, role in STEPS.get(version.state, ()) if each is state}
    if roles and not caller.has(*roles):
        raise ForbiddenError
    if needs_reason(version, state) and not reason.strip():
        raise UnfitFormError(N_("Write the reason; whoever reads this later has to understand it."))
    bookings, at, by = bookings_of(office, regency, plan), office.now(), UserId(caller.by)
    return office.write(
        regency, lambda scope: take_step(scope, plan, state, bookings, by=by, at=at, reason=reason.strip())
    )


def needs_reason(plan: WeeklyPlan, state: PlanState) -> bool:
    """Whether that step needs a written reason."""
    if state is PlanState.RETURNED:
        return True
    return state is PlanState.APPROVED and plan.soft_violations > 0 and not plan.reason.strip()


def expect_step(office: Office, caller: Caller, monday: date, plan: PlanId) -> tuple[WeeklyPlan, dict[str, int]]:
    """
    A version, and what a step of it would do, as counts: ``offered`` slots that hosts would be asked about, ``kept``
    ones that stay as they are, ``confirmed`` and ``unconfirmed`` ones.
    """
    regency = _regency(caller)
    version = _version(office, regency, monday, plan)
    bookings = bookings_of(office, regency, plan)

    def look(scope: Reading) -> dict[str, int]:
        slots = [(booking, find_slot(scope, booking.request.id)) for booking in bookings]
        kept = [slot for booking, slot in slots if slot is not None and booking.is_slot(slot)]
        confirmed = sum(slot.state is SlotState.CONFIRMED for slot in kept)
        return {
            "offered": len(bookings) - len(kept),
            "kept": len(kept),
            "confirmed": confirmed,
            "unconfirmed": len(bookings) - confirmed,
        }

    return version, office.read(regency, look)


def find_stop(office: Office, caller: Caller, plan: PlanId, visit: str) -> tuple[WeeklyPlan, Stop]:
    """
    A visit of a published version.

    Raises
    ------
    NotThereError
        When there is no such version, it is not published, or has no such visit.
    """
    regency = _regency(caller)
    version = office.read(regency, lambda scope: get_plan(scope, plan))
    if version.state is not PlanState.PUBLISHED:
        raise NotThereError
    for stop in _stops(office.itinerary(regency, plan)):
        if stop.card.visit == visit:
            return version, stop
    raise NotThereError


def change_published(
    office: Office, caller: Caller, plan: PlanId, visit: str, *, reason: str, moved_to: datetime | None
) -> VisitChange:
    """
    Cancel a published visit, or move it.

    Parameters
    ----------
    moved_to
        When it begins instead; None to cancel it.

    Raises
    ------
    NotThereError
        As `find_stop`.
    UnfitFormError
        When there is no reason.
    """
    find_stop(office, caller, plan, visit)
    if not reason.strip():
        raise UnfitFormError(N_("Write the reason; citizens and the host read it."))
    kind = ChangeKind.CANCELLED if moved_to is None else ChangeKind.MOVED
    at = office.now()

    def change(scope: Writing) -> VisitChange:
        return change_visit(scope, plan, visit, kind, reason=reason.strip(), by=caller.by, at=at, moved_to=moved_to)

    return office.write(_regency(caller), change)


def undo_change(office: Office, caller: Caller, change: str) -> None:
    """Let a visit be as it was published."""
    at = office.now()
    office.write(_regency(caller), lambda scope: take_back(scope, change, by=caller.by, at=at))


def week_after(office: Office, regency: RegencyCode) -> date:
    """Monday of the week after the present one: what is planned next."""
    today = office.today(regency)
    return today + timedelta(days=7 - today.weekday())


def _choose(versions: tuple[WeeklyPlan, ...], chosen: str | None) -> WeeklyPlan | None:
    if chosen:
        for version in versions:
            if version.id == chosen:
                return version
        raise NotThereError
    published = (version for version in versions if version.state is PlanState.PUBLISHED)
    open_ones = (version for version in versions if version.state is not PlanState.ARCHIVED)
    newest = next(iter(versions), None)
    if newest is not None and newest.state not in {PlanState.SUPERSEDED, PlanState.ARCHIVED}:
        return newest
    return next(published, None) or next(open_ones, None) or newest


def _version(office: Office, regency: RegencyCode, monday: date, plan: PlanId) -> WeeklyPlan:
    version = office.read(regency, lambda scope: get_plan(scope, plan))
    if version.week != monday:
        raise NotThereError
    return version


def _job_of(office: Office, regency: RegencyCode, monday: date) -> Job | None:
    jobs = [job for job in office.jobs.list_jobs(regency, 20) if job.week == monday]
    running = next((job for job in jobs if not job.is_over), None)
    newest = jobs[0] if jobs else None
    return running or (newest if newest is not None and newest.failure is not None else None)


def _stops(week: WeekItinerary) -> Iterator[Stop]:
    return (stop for day in week.itineraries for stop in day.stops)


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

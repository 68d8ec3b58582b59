"""
A week of an office from a planner's chair: its versions, what a version says, and the steps that it takes.

Approving a version offers its slots to the hosts that asked for a visit; publishing it books the slots that were
confirmed. A host whose slot is the same as in the version before is not asked again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.auth.caller import Caller
from api.entities import PlanId, PlanState, RequestId, RequestState, Role, UserId, VisitRequest, WeeklyPlan, Wish
from api.errors import ForbiddenError, NotThereError, UnfitFormError
from api.i18n import N_
from api.job_states import Job
from api.office import Office
from api.store.changes import ChangeKind, VisitChange, change_visit, list_changes, take_back
from api.store.plans import PlanStep, get_plan, list_plans, plan_steps, step_plan
from api.store.requests import find_request, step_request
from api.store.scope import Reading, RegencyCode, Writing
from api.store.slots import Slot, SlotState, find_slot, offer_slot
from maps.itinerary import Stop, WeekItinerary

_REQUEST_VISIT = "request:"
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


@dataclass(frozen=True, slots=True)
class Booking:
    """
    A request's service in a plan.

    Attributes
    ----------
    starts, ends
        Of the first and the last of its visits.
    """

    request: VisitRequest
    vehicle: str
    starts: datetime
    ends: datetime
    visits: int


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
    Let a version take a step, with all that goes along; see the top of the module.

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
    bookings = tuple(_bookings(office, regency, plan)) if state in {PlanState.APPROVED, PlanState.PUBLISHED} else ()
    at, by = office.now(), UserId(caller.by)

    def change(scope: Writing) -> WeeklyPlan:
        moved = step_plan(scope, plan, state, by=by, at=at, reason=reason.strip())
        for booking in bookings:
            if state is PlanState.APPROVED:
                _offer(scope, booking, plan, by, at)
            else:
                _book(scope, booking, by, at)
        return moved

    return office.write(regency, change)


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
    bookings = tuple(_bookings(office, regency, plan))

    def look(scope: Reading) -> dict[str, int]:
        slots = [(booking, find_slot(scope, booking.request.id)) for booking in bookings]
        kept = [slot for booking, slot in slots if slot is not None and _is_same(slot, booking)]
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


def _bookings(office: Office, regency: RegencyCode, plan: PlanId) -> Iterator[Booking]:
    """Requests in the plan whose hosts are asked about their slot; those served at home or fetched are not."""
    found: dict[str, list[tuple[str, Stop]]] = {}
    for day in office.itinerary(regency, plan).itineraries:
        for stop in day.stops:
            visit = str(stop.card.visit)
            if visit.startswith(_REQUEST_VISIT):
                code = visit.removeprefix(_REQUEST_VISIT).partition("/")[0]
                found.setdefault(code, []).append((str(day.vehicle.id), stop))
    requests = office.read(regency, lambda scope: [find_request(scope, RequestId(code)) for code in found])
    for request in _known(requests):
        if request.wish is Wish.VISIT:
            stops = found[request.id]
            starts = min(stop.start for _, stop in stops)
            yield Booking(request, stops[0][0], starts, max(stop.finish for _, stop in stops), len(stops))


def _known(requests: Iterable[VisitRequest | None]) -> Iterator[VisitRequest]:
    return (request for request in requests if request is not None)


def _is_same(slot: Slot, booking: Booking) -> bool:
    is_open = slot.state in {SlotState.OFFERED, SlotState.CONFIRMED}
    return is_open and (slot.vehicle, slot.starts, slot.ends) == (booking.vehicle, booking.starts, booking.ends)


def _offer(scope: Writing, booking: Booking, plan: PlanId, by: str, at: datetime) -> None:
    slot = find_slot(scope, booking.request.id)
    if slot is not None and _is_same(slot, booking):
        return
    request = find_request(scope, booking.request.id)
    if request is None or not (request.waits_for_slot or request.state is RequestState.SCHEDULED):
        return  # it was cancelled while the plan was being made
    offer_slot(
        scope,
        request.id,
        vehicle=booking.vehicle,
        starts=booking.starts,
        ends=booking.ends,
        plan=plan,
        by=by,
        at=at,
    )


def _book(scope: Writing, booking: Booking, by: str, at: datetime) -> None:
    request = find_request(scope, booking.request.id)
    slot = find_slot(scope, booking.request.id)
    if request is None or slot is None or not _is_same(slot, booking):
        return
    if request.state is RequestState.CONFIRMED:
        step_request(scope, request.id, RequestState.SCHEDULED, by=by, at=at)


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

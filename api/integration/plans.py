"""Versions of plans and published visits for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final

from api.auth.caller import Caller
from api.entities import PlanId, PlanState, UserId, WeeklyPlan
from api.errors import InvalidWeekError, NotThereError, UnfitFormError
from api.i18n import N_, Gettext
from api.integration.schemas import (
    ChangeDocument,
    ChangeInput,
    FullPlanDocument,
    PlanDocument,
    PublicVisitDocument,
    StepDocument,
)
from api.office import Office
from api.schedule import PublicVisit, read_schedule
from api.store.changes import VisitChange, change_visit
from api.store.errors import MissingError
from api.store.listings import page_plans
from api.store.plans import find_published, get_plan, hashes_of, plan_steps
from api.store.scope import Reading, RegencyCode, Writing
from api.version_steps import Booking, bookings_of, take_step
from api.weeks import parse_week, week_name
from maps.cards import translated
from maps.itinerary import Stop, WeekItinerary

PUBLIC_DAYS: Final = 28
"""From today, where no other days are asked for."""
MOST_DAYS: Final = 92
_WEEK: Final = timedelta(days=7)


def monday_of(week: str) -> date:
    """
    Monday of the ISO week ``2026-W50``.

    Raises
    ------
    UnfitFormError
        When the year has no such week.
    """
    try:
        return parse_week(week)
    except InvalidWeekError:
        raise UnfitFormError(N_("The year has no such week.")) from None


def list_versions(
    scope: Reading, week: str | None, state: PlanState | None, after: tuple[date, PlanId] | None, limit: int
) -> list[PlanDocument]:
    """Versions by week and code."""
    monday = None if week is None else monday_of(week)
    found = page_plans(scope, week=monday, state=state, after=after, limit=limit)
    return [PlanDocument(**_fields(each)) for each in found]


def get_version(scope: Reading, plan: str) -> FullPlanDocument:
    """
    A version with its history.

    Raises
    ------
    NotThereError
        When there is none of that code.
    """
    try:
        found = get_plan(scope, PlanId(plan))
        instance_sha256, plan_sha256 = hashes_of(scope, found.id)
    except MissingError as error:
        raise NotThereError from error
    history = [StepDocument(**asdict(step)) for step in plan_steps(scope, found.id)]
    return FullPlanDocument(**_fields(found), instance_sha256=instance_sha256, plan_sha256=plan_sha256, history=history)


def step_version(  # noqa: PLR0913 (an act and who did it)
    scope: Writing,
    caller: Caller,
    plan: str,
    state: PlanState,
    bookings: tuple[Booking, ...],
    *,
    reason: str,
    at: datetime,
) -> FullPlanDocument:
    """
    Move a version on, with all that goes along (`api.version_steps`).

    Raises
    ------
    NotThereError
        When there is none of that code.
    TransitionError
        When no step leads there, or not by this account.
    """
    try:
        take_step(scope, PlanId(plan), state, bookings, by=UserId(caller.by), at=at, reason=reason)
    except MissingError as error:
        raise NotThereError from error
    return get_version(scope, plan)


def find_bookings(office: Office, regency: RegencyCode, plan: str) -> tuple[Booking, ...]:
    """
    What hosts are asked about when the version is approved.

    Raises
    ------
    NotThereError
        When there is none of that code.
    """
    try:
        return bookings_of(office, regency, PlanId(plan))
    except MissingError as error:
        raise NotThereError from error


def published_week(office: Office, regency: RegencyCode, week: str | None) -> WeekItinerary:
    """
    The published plan of a week as people read it; of this week where none is named.

    Raises
    ------
    NotThereError
        When none is published.
    """
    monday = monday_of(week_name(office.today(regency)) if week is None else week)
    plan = office.read(regency, lambda scope: find_published(scope, monday))
    if plan is None:
        raise NotThereError(N_("No plan of this week is published."))
    return office.itinerary(regency, plan.id)


def public_visits(
    office: Office, regency: RegencyCode, first: date, last: date, village: str | None, gettext: Gettext
) -> list[PublicVisitDocument]:
    """Published visits of those days that everybody may know (`api.schedule`), by time."""
    schedule = read_schedule(office, regency)
    return [
        _public(visit, gettext)
        for visit in schedule.visits
        if first <= visit.starts.date() <= last and village in {None, visit.place.village}
    ]


def change_published(
    scope: Writing, caller: Caller, week: WeekItinerary, sent: ChangeInput, *, at: datetime
) -> ChangeDocument:
    """
    Cancel or move a published visit.

    Raises
    ------
    NotThereError
        When the plan is not published, or has no such visit.
    """
    try:
        plan = get_plan(scope, PlanId(sent.plan))
    except MissingError as error:
        raise NotThereError from error
    if plan.state is not PlanState.PUBLISHED or all(stop.card.visit != sent.visit for _, stop in _stops(week)):
        raise NotThereError
    if sent.moved_to is not None and abs(sent.moved_to.date() - plan.week) > timedelta(days=MOST_DAYS):
        raise UnfitFormError(N_("A visit is moved by at most three months."))
    change = change_visit(
        scope,
        plan.id,
        sent.visit,
        sent.kind,
        reason=sent.reason,
        by=caller.by,
        at=at,
        moved_to=sent.moved_to,
    )
    return change_document(change)


def change_document(change: VisitChange) -> ChangeDocument:
    """A change as programs get it."""
    return ChangeDocument(**asdict(change))


def _stops(week: WeekItinerary) -> Iterator[tuple[date, Stop]]:
    for each in week.itineraries:
        for stop in each.stops:
            yield each.day, stop


def _public(visit: PublicVisit, gettext: Gettext) -> PublicVisitDocument:
    change = visit.change
    return PublicVisitDocument(
        id=visit.uid,
        name=visit.place.spot,
        place=visit.place.address,
        village_code=visit.place.village,
        audience=visit.audience.value,
        start=visit.starts,
        finish=visit.ends,
        services=[each.value for each in visit.services],
        point=visit.place.point,
        bring=[translated(text, gettext) for text in visit.bring],
        state="planned" if change is None else change.kind.value,
        reason="" if change is None else change.reason,
        was=None if change is None else change.was,
        changed=None if change is None else change.at,
    )


def _fields(plan: WeeklyPlan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "week": week_name(plan.week),
        "version": plan.version,
        "state": plan.state,
        "author": plan.author,
        "reason": plan.reason,
        "hard_violations": plan.hard_violations,
        "soft_violations": plan.soft_violations,
    }

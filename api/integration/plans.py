"""Versions of plans and published visits for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from api.auth.caller import Caller
from api.entities import PlanId, PlanState, RequestId, UserId, WeeklyPlan, Wish
from api.errors import NotThereError, UnfitFormError
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
from api.store.changes import VisitChange, change_visit, list_changes
from api.store.errors import MissingError
from api.store.listings import page_plans
from api.store.plans import find_published, get_plan, hashes_of, list_published, plan_steps, step_plan
from api.store.requests import find_request
from api.store.scope import Reading, RegencyCode, Writing
from geodata.region import Region
from geodata.sites import SiteKind
from maps.cards import PlaceKind, VisitCard, translated
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
        return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
    except ValueError:
        raise UnfitFormError(N_("The year has no such week.")) from None


def week_name(day: date) -> str:
    """The ISO week of a day."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


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


def step_version(
    scope: Writing, caller: Caller, plan: str, state: PlanState, *, reason: str, at: datetime
) -> FullPlanDocument:
    """
    Move a version on.

    Raises
    ------
    NotThereError
        When there is none of that code.
    TransitionError
        When no step leads there, or not by this account.
    """
    try:
        step_plan(scope, PlanId(plan), state, by=UserId(caller.by), at=at, reason=reason)
    except MissingError as error:
        raise NotThereError from error
    return get_version(scope, plan)


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
    """
    Published visits of those days that everybody may know, by time.

    Left out are visits to people's homes and to houses that are closed to others: boarding schools, orphanages,
    prisons, schools for disabled children.
    """
    region = office.region(regency)
    monday = first - timedelta(days=first.weekday())

    def look(scope: Reading) -> list[tuple[WeeklyPlan, dict[str, VisitChange]]]:
        plans = list_published(scope, monday, last)
        return [(plan, {each.visit: each for each in list_changes(scope, plan.id)}) for plan in plans]

    found = []
    for plan, changes in office.read(regency, look):
        for day, stop in _stops(office.itinerary(regency, plan.id)):
            card = stop.card
            if not first <= day <= last or (village is not None and card.village_code != village):
                continue
            if office.read(regency, lambda scope, card=card: is_public(scope, region, card)):  # type: ignore[misc]
                found.append(_public(plan, day, stop, changes.get(card.visit), gettext))
    return sorted(found, key=lambda each: (each.start, each.visit))


def is_public(scope: Reading, region: Region, card: VisitCard) -> bool:
    """Whether everybody may know of a visit; what is not known for sure is not told."""
    kind, _, rest = card.visit.partition(":")
    code = rest.partition("/")[0]
    if card.kind is PlaceKind.HOST:
        return False
    if kind != "request":
        row = next((each for each in region.recurring if each.id == code), None) if kind == "round" else None
        site = None if row is None else region.site_by_code.get(row.place)
        return site is None or not site.kind.is_priority
    filed = find_request(scope, RequestId(code))
    if filed is not None:
        is_at_home = filed.needs_portable_kit or filed.wish is not Wish.VISIT
        return not is_at_home and not _is_closed(filed.kind)
    letter = next((each for each in region.requests if each.id == code), None)
    return letter is not None and not letter.needs_portable_kit and not _is_closed(letter.kind)


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


def _is_closed(kind: SiteKind) -> bool:
    return kind.is_priority or kind in {SiteKind.KINDERGARTEN, SiteKind.OTHER}


def _stops(week: WeekItinerary) -> Iterator[tuple[date, Stop]]:
    for each in week.itineraries:
        for stop in each.stops:
            yield each.day, stop


def _public(
    plan: WeeklyPlan, day: date, stop: Stop, change: VisitChange | None, gettext: Gettext
) -> PublicVisitDocument:
    card = stop.card
    state: Literal["planned", "cancelled", "moved"] = "planned"
    if change is not None:
        state = "moved" if change.moved_to is not None else "cancelled"
    return PublicVisitDocument(
        plan=plan.id,
        visit=card.visit,
        name=card.name,
        place=card.place,
        village_code=card.village_code,
        audience="pupils" if card.kind is PlaceKind.SCHOOL else "everyone",
        date=day,
        start=stop.start,
        finish=stop.finish,
        point=(stop.location.lon, stop.location.lat),
        bring=[translated(text, gettext) for text in card.bring],
        state=state,
        reason="" if change is None else change.reason,
        moved_to=None if change is None else change.moved_to,
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

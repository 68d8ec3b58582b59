"""
What the office works with: requests, recurring stops, plans, people, and the states they go through.

Entities are the same whether a region folder or the store gave them. Transitions are pure functions that return a
changed copy or raise `TransitionError`; who may ask for one is the business of `auth`, save the rule that two people
must have seen a plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NewType, TypeAlias

from geodata.requests import RecurringRow, ServiceCounts, Urgency
from geodata.sites import Signal, SiteKind
from geodata.times import DateRange, TimeRange, Weekday

RequestId = NewType("RequestId", str)
UserId = NewType("UserId", str)
PlanId = NewType("PlanId", str)


class TransitionError(ValueError):
    """
    A request or plan cannot go from its state to the one asked for, or not by this person.

    It stands here and not in `errors`, whose table of all errors is above the entities.
    """


RecurringStop: TypeAlias = RecurringRow
"""A visit by rule (jadwal tetap). It goes through no states, so the folder's row is the entity."""


class RequestState(StrEnum):
    """
    How far a request has come (permohonan).

    Indonesian, in this order: draf, diajukan, perlu perbaikan, diterima, diusulkan, dikonfirmasi, slot ditolak,
    terjadwal, selesai, sebagian, tidak terlaksana, ditolak, dibatalkan.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    NEEDS_CORRECTION = "needs_correction"
    ACCEPTED = "accepted"
    SLOT_OFFERED = "slot_offered"
    CONFIRMED = "confirmed"
    SLOT_DECLINED = "slot_declined"
    SCHEDULED = "scheduled"
    DONE = "done"
    PARTLY_DONE = "partly_done"
    NOT_DONE = "not_done"
    DECLINED = "declined"
    CANCELLED = "cancelled"


_REQUEST_STEPS: Mapping[RequestState, frozenset[RequestState]] = MappingProxyType(
    {
        RequestState.DRAFT: frozenset({RequestState.SUBMITTED, RequestState.CANCELLED}),
        RequestState.SUBMITTED: frozenset(
            {
                RequestState.NEEDS_CORRECTION,
                RequestState.ACCEPTED,
                RequestState.DECLINED,
                RequestState.CANCELLED,
            }
        ),
        RequestState.NEEDS_CORRECTION: frozenset({RequestState.SUBMITTED, RequestState.CANCELLED}),
        RequestState.ACCEPTED: frozenset(
            {RequestState.SLOT_OFFERED, RequestState.NEEDS_CORRECTION, RequestState.CANCELLED}
        ),
        RequestState.SLOT_OFFERED: frozenset(
            {RequestState.CONFIRMED, RequestState.SLOT_DECLINED, RequestState.CANCELLED}
        ),
        RequestState.SLOT_DECLINED: frozenset({RequestState.SLOT_OFFERED, RequestState.CANCELLED}),
        RequestState.CONFIRMED: frozenset({RequestState.SCHEDULED, RequestState.SLOT_OFFERED, RequestState.CANCELLED}),
        RequestState.SCHEDULED: frozenset(
            {
                RequestState.DONE,
                RequestState.PARTLY_DONE,
                RequestState.NOT_DONE,
                RequestState.SLOT_OFFERED,
                RequestState.CANCELLED,
            }
        ),
        # What was not, or not wholly, served waits again as an accepted request.
        RequestState.PARTLY_DONE: frozenset({RequestState.ACCEPTED}),
        RequestState.NOT_DONE: frozenset({RequestState.ACCEPTED}),
    }
)
_WAITING_FOR_A_SLOT = frozenset(
    {RequestState.ACCEPTED, RequestState.SLOT_OFFERED, RequestState.SLOT_DECLINED, RequestState.CONFIRMED}
)


@dataclass(frozen=True, slots=True)
class RequestLetter:
    """
    The signed letter that comes with a request (surat permohonan).

    Attributes
    ----------
    number, written
        None where the letter lacks them.
    """

    number: str | None = None
    written: date | None = None
    has_scan: bool = False
    subject: str = ""
    signatory_position: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether number, date and scan are there; without them no request is accepted."""
        return bool(self.number) and self.written is not None and self.has_scan


class Wish(StrEnum):
    """
    What a request asks for.

    Indonesian, in this order: kunjungan, layanan ke rumah, jemput ke kantor.
    """

    VISIT = "visit"
    HOME = "home"
    PICKUP = "pickup"


@dataclass(frozen=True, slots=True)
class HostDetails:
    """
    What a host wrote about the place, for the crew and not for the planner's mathematics; empty where nothing was.

    Attributes
    ----------
    attachments
        How many the letter says that it has.
    accessibility
        Needs of those who come: wheelchairs, sign language and the like; never whose.
    consent
        Whether the host stated that parents have been told and agree (UU 27/2022, article 25).
    """

    attachments: int = 0
    room: str = ""
    power: str = ""
    parking: str = ""
    accessibility: str = ""
    consent: bool = False


@dataclass(frozen=True, slots=True)
class VisitRequest:
    """
    A school's, village's or other host's wish for a visit (permohonan).

    Attributes
    ----------
    place
        Code of a site, or of a village for its hall.
    received
        When the office got it.
    weekdays, hours
        Days and hours in which the visit has to lie; empty: any.
    outside_working_hours
        After dismissal or on Saturday (di luar jam).
    blocked
        Days on which the host cannot.
    not_after
        Last useful day; None for none.
    needs_portable_kit
        For the bedridden and others who cannot come to the van.
    notes
        What host and office wrote about access, power and special needs.
    """

    id: RequestId
    place: str
    kind: SiteKind
    received: date
    counts: ServiceCounts
    letter: RequestLetter
    state: RequestState = RequestState.DRAFT
    weekdays: tuple[Weekday, ...] = ()
    hours: tuple[TimeRange, ...] = ()
    outside_working_hours: bool = False
    blocked: tuple[DateRange, ...] = ()
    not_after: date | None = None
    urgency: Urgency = Urgency.ORDINARY
    needs_portable_kit: bool = False
    signal: Signal = Signal.UNKNOWN
    notes: tuple[str, ...] = ()
    wish: Wish = Wish.VISIT
    details: HostDetails = HostDetails()

    @property
    def is_complete(self) -> bool:
        """Whether it can be accepted as it is: a visit needs a whole letter, bedridden or fetched people none."""
        return self.letter.is_complete or self.wish is not Wish.VISIT

    @property
    def waits_for_slot(self) -> bool:
        """Whether a planning run has to find it a place: accepted, neither scheduled nor over, nor to be fetched."""
        return self.state in _WAITING_FOR_A_SLOT and self.wish is not Wish.PICKUP


def move_request(request: VisitRequest, state: RequestState, *, reason: str = "") -> VisitRequest:
    """
    The request in another state.

    Parameters
    ----------
    reason
        Needed to accept a request whose letter is incomplete: the planner's written override.

    Raises
    ------
    TransitionError
        When no step leads there, or the letter is incomplete and no reason is given.
    """
    allowed = _REQUEST_STEPS.get(request.state, frozenset())
    if state not in allowed:
        raise TransitionError(_no_step(f"Request '{request.id}'", request.state, state, allowed))
    if state is RequestState.ACCEPTED and not request.is_complete and not reason.strip():
        raise TransitionError(
            f"Request '{request.id}': its letter lacks number, date or scan; complete it, or give a written reason."
        )
    return replace(request, state=state)


UNDO_WITHIN: Final = timedelta(minutes=10)
_UNDONE_BY_HAND = frozenset(
    {RequestState.NEEDS_CORRECTION, RequestState.ACCEPTED, RequestState.DECLINED, RequestState.CANCELLED}
)


@dataclass(frozen=True, slots=True)
class Done:
    """
    A step of a request that somebody may want to take back.

    Attributes
    ----------
    before, after
        The states that it led from and to.
    """

    before: RequestState
    after: RequestState
    by: str
    at: datetime


def undo_request_step(request: VisitRequest, done: Done, *, by: str, at: datetime) -> VisitRequest:
    """
    The request as it was before its last step: returned, accepted, declined or cancelled by mistake.

    Raises
    ------
    TransitionError
        When it has moved on, another person took the step, or more than `UNDO_WITHIN` has passed.
    """
    name = f"Request '{request.id}'"
    if request.state is not done.after or done.after not in _UNDONE_BY_HAND:
        raise TransitionError(f"{name} is {request.state}; that step cannot be taken back.")
    if by != done.by:
        raise TransitionError(f"{name}: only who took the step can take it back.")
    if not done.at <= at <= done.at + UNDO_WITHIN:
        minutes = UNDO_WITHIN // timedelta(minutes=1)
        raise TransitionError(f"{name}: a step can be taken back for {minutes} minutes; take the next step instead.")
    return replace(request, state=done.before)


class PlanState(StrEnum):
    """
    How far a weekly plan has come (rencana mingguan).

    Indonesian, in this order: draf, diajukan, dikembalikan, disetujui, terbit, diganti, arsip.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    ARCHIVED = "archived"


_PLAN_STEPS: Mapping[PlanState, frozenset[PlanState]] = MappingProxyType(
    {
        PlanState.DRAFT: frozenset({PlanState.SUBMITTED, PlanState.ARCHIVED}),
        PlanState.SUBMITTED: frozenset({PlanState.RETURNED, PlanState.APPROVED}),
        PlanState.RETURNED: frozenset({PlanState.SUBMITTED, PlanState.ARCHIVED}),
        PlanState.APPROVED: frozenset({PlanState.PUBLISHED, PlanState.RETURNED}),
        PlanState.PUBLISHED: frozenset({PlanState.SUPERSEDED, PlanState.ARCHIVED}),
        PlanState.SUPERSEDED: frozenset({PlanState.ARCHIVED}),
    }
)


@dataclass(frozen=True, slots=True)
class WeeklyPlan:
    """
    A plan of one week on its way to publication; a published version never changes.

    Attributes
    ----------
    week
        Its Monday.
    version
        Counts from 1; a change of a published plan makes the next one.
    reason
        Why it breaks a soft rule or replaces a version; empty where neither is so.
    hard_violations, soft_violations
        Broken rules that `evaluate` found.
    """

    id: PlanId
    week: date
    version: int
    author: UserId
    state: PlanState = PlanState.DRAFT
    reason: str = ""
    hard_violations: int = 0
    soft_violations: int = 0


def move_plan(plan: WeeklyPlan, state: PlanState, *, by: UserId) -> WeeklyPlan:
    """
    The plan in another state.

    Raises
    ------
    TransitionError
        When no step leads there; and for approval, when the author asks for it, a hard rule is broken, or a soft one
        without a written reason.
    """
    allowed = _PLAN_STEPS.get(plan.state, frozenset())
    name = f"Plan '{plan.id}'"
    if state not in allowed:
        raise TransitionError(_no_step(name, plan.state, state, allowed))
    if state is PlanState.APPROVED:
        if by == plan.author:
            raise TransitionError(f"{name}: '{by}' is its author; another person has to approve it.")
        if plan.hard_violations:
            raise TransitionError(f"{name} breaks {plan.hard_violations} hard rules; mend them before approval.")
        if plan.soft_violations and not plan.reason.strip():
            raise TransitionError(f"{name} breaks {plan.soft_violations} soft rules; give a written reason.")
    return replace(plan, state=state)


class Role(StrEnum):
    """
    What a person does here; the public needs no account.

    Indonesian, in this order: perencana, kepala bidang/dinas, sekolah, desa, petugas, pemeriksa, admin.
    """

    PLANNER = "planner"
    APPROVER = "approver"
    SCHOOL = "school"
    VILLAGE = "village"
    CREW = "crew"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class User:
    """
    A person with an account.

    Attributes
    ----------
    place
        Code of the site or village for which a school or village account speaks; None for the office's people.
    """

    id: UserId
    name: str
    roles: frozenset[Role]
    place: str | None = None


def _no_step(
    name: str, state: StrEnum, wanted: StrEnum, allowed: frozenset[RequestState] | frozenset[PlanState]
) -> str:
    ways = ", ".join(sorted(allowed)) or "nothing, it is final"
    return f"{name} is {state} and cannot become {wanted}; from there it can become {ways}."

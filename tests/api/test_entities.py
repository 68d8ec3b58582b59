"""States of requests and plans."""

from dataclasses import replace
from datetime import date

import pytest

from api.entities import (
    PlanId,
    PlanState,
    RequestId,
    RequestLetter,
    RequestState,
    TransitionError,
    UserId,
    VisitRequest,
    WeeklyPlan,
    move_plan,
    move_request,
)
from geodata.requests import ServiceCounts
from geodata.sites import SiteKind

COMPLETE = RequestLetter("421.3/118", date(2026, 11, 27), has_scan=True)
AUTHOR, HEAD = UserId("perencana"), UserId("kepala")


def _request(state: RequestState = RequestState.DRAFT, letter: RequestLetter = COMPLETE) -> VisitRequest:
    return VisitRequest(
        RequestId("PM-001"), "SMA1", SiteKind.SMA, date(2026, 11, 30), ServiceCounts(40), letter, state=state
    )


def _plan(state: PlanState = PlanState.DRAFT, **changes: object) -> WeeklyPlan:
    plan = WeeklyPlan(PlanId("2026-W50/1"), date(2026, 12, 7), 1, AUTHOR, state=state)
    return replace(plan, **changes)  # type: ignore[arg-type]


def test_a_request_goes_from_draft_to_done() -> None:
    """The way of a letter that meets no obstacle."""
    request = _request()
    for state in (
        RequestState.SUBMITTED,
        RequestState.ACCEPTED,
        RequestState.SLOT_OFFERED,
        RequestState.CONFIRMED,
        RequestState.SCHEDULED,
        RequestState.DONE,
    ):
        request = move_request(request, state)
    assert request.state is RequestState.DONE


def test_a_request_may_be_corrected_and_a_slot_offered_again() -> None:
    """A returned letter comes in again; a school that declines one slot is offered another."""
    request = _request(RequestState.SUBMITTED)
    again = move_request(move_request(request, RequestState.NEEDS_CORRECTION), RequestState.SUBMITTED)
    assert again.state is RequestState.SUBMITTED
    declined = move_request(_request(RequestState.SLOT_OFFERED), RequestState.SLOT_DECLINED)
    assert move_request(declined, RequestState.SLOT_OFFERED).state is RequestState.SLOT_OFFERED


def test_what_was_not_served_waits_again() -> None:
    """A visit that fell out does not end the request."""
    for state in (RequestState.NOT_DONE, RequestState.PARTLY_DONE):
        assert move_request(_request(state), RequestState.ACCEPTED).waits_for_slot


def test_steps_that_are_not_there_are_refused_with_those_that_are() -> None:
    """Nobody can schedule a draft; the message says what a draft can become."""
    with pytest.raises(TransitionError, match=r"'PM-001' is draft and cannot become scheduled.*cancelled, submitted"):
        move_request(_request(), RequestState.SCHEDULED)
    with pytest.raises(TransitionError, match="nothing, it is final"):
        move_request(_request(RequestState.DONE), RequestState.CANCELLED)


@pytest.mark.parametrize(
    "letter",
    [
        replace(COMPLETE, number=None),
        replace(COMPLETE, number=""),
        replace(COMPLETE, written=None),
        replace(COMPLETE, has_scan=False),
    ],
)
def test_no_request_is_accepted_without_its_letter(letter: RequestLetter) -> None:
    """Letter first: number, date and scan, or a planner's written reason, and spaces are no reason."""
    request = _request(RequestState.SUBMITTED, letter)
    for reason in ("", "  "):
        with pytest.raises(TransitionError, match="lacks number, date or scan"):
            move_request(request, RequestState.ACCEPTED, reason=reason)
    assert move_request(request, RequestState.ACCEPTED, reason="Surat menyusul").state is RequestState.ACCEPTED


def test_only_requests_between_acceptance_and_schedule_wait_for_a_slot() -> None:
    """Confirmed slots are planned again, so that they stay; scheduled and finished ones are not."""
    waiting = {state for state in RequestState if _request(state).waits_for_slot}
    assert waiting == {
        RequestState.ACCEPTED,
        RequestState.SLOT_OFFERED,
        RequestState.SLOT_DECLINED,
        RequestState.CONFIRMED,
    }


def test_a_plan_is_approved_by_someone_else() -> None:
    """Two people see every plan: its author may not approve it."""
    submitted = move_plan(_plan(), PlanState.SUBMITTED, by=AUTHOR)
    with pytest.raises(TransitionError, match="'perencana' is its author"):
        move_plan(submitted, PlanState.APPROVED, by=AUTHOR)
    published = move_plan(move_plan(submitted, PlanState.APPROVED, by=HEAD), PlanState.PUBLISHED, by=HEAD)
    assert published.state is PlanState.PUBLISHED


def test_broken_rules_bar_approval() -> None:
    """Hard ones always, soft ones without a written reason."""
    with pytest.raises(TransitionError, match="2 hard rules"):
        move_plan(_plan(PlanState.SUBMITTED, hard_violations=2, reason="mendesak"), PlanState.APPROVED, by=HEAD)
    soft = _plan(PlanState.SUBMITTED, soft_violations=1)
    with pytest.raises(TransitionError, match="1 soft rules; give a written reason"):
        move_plan(soft, PlanState.APPROVED, by=HEAD)
    approved = move_plan(replace(soft, reason="Lembur disetujui"), PlanState.APPROVED, by=HEAD)
    assert approved.state is PlanState.APPROVED


@pytest.mark.parametrize("state", [PlanState.DRAFT, PlanState.APPROVED, PlanState.RETURNED, PlanState.SUBMITTED])
def test_a_published_plan_never_goes_back(state: PlanState) -> None:
    """It is superseded by a new version or archived, never changed."""
    with pytest.raises(TransitionError, match="archived, superseded"):
        move_plan(_plan(PlanState.PUBLISHED), state, by=HEAD)

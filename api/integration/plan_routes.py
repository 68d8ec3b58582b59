"""``/api/v1/plans``."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as PathPart

from api.auth.caller import Caller
from api.auth.policies import by_token
from api.entities import PlanId, PlanState, Role
from api.errors import NotThereError
from api.integration.answers import (
    CHANGING,
    PAGED,
    TAGGED,
    UNCHANGED,
    AskedChanges,
    AskedPage,
    IfMatch,
    IfNoneMatch,
    check_match,
    etag_of,
    problems,
    tagged,
)
from api.integration.plans import find_bookings, get_version, list_versions, monday_of, step_version
from api.integration.schemas import (
    Code,
    FullPlanDocument,
    PerhapsReasonInput,
    PlanDocument,
    ReasonInput,
    Week,
)
from api.office import Office
from api.store.errors import MissingError
from api.store.plans import get_documents, hashes_of
from api.store.scope import RegencyCode, Writing

OFFICE: Final = (Role.PLANNER, Role.APPROVER, Role.AUDITOR, Role.ADMIN)
PlanCode = Annotated[Code, PathPart(description="Code of the version.", examples=["2026-W50-v1"])]
WeekQuery = Annotated[Week | None, Query(description="ISO week.", examples=["2026-W50"])]


def add_plan_routes(router: APIRouter, office: Office) -> None:
    """Add the addresses of plans."""
    options: dict[str, Any] = {"tags": ["plans"]}

    @router.get("/plans", summary="Versions of plans, by week", responses={200: PAGED}, **options)
    def list_plans(
        page: AskedPage,
        caller: Annotated[Caller, Depends(by_token(*OFFICE))],
        week: WeekQuery = None,
        state: PlanState | None = None,
    ) -> list[PlanDocument]:
        """All versions, or those of one week or in one state."""
        after: Any = page.after(date.fromisoformat, PlanId)
        found = office.read(
            RegencyCode(caller.regency or ""),
            lambda scope: list_versions(scope, week, state, after, page.most),
        )
        return page.cut(found, lambda each: (monday_of(each.week), each.id))

    @router.get(
        "/plans/{plan}",
        summary="A version with its history",
        responses={200: TAGGED, **UNCHANGED},
        response_model=FullPlanDocument,
        **options,
    )
    def get_plan(
        response: Response,
        plan: PlanCode,
        caller: Annotated[Caller, Depends(by_token(*OFFICE))],
        if_none_match: IfNoneMatch = None,
    ) -> FullPlanDocument | Response:
        """How far the version has come; its two documents stand below it."""
        found = office.read(RegencyCode(caller.regency or ""), lambda scope: get_version(scope, plan))
        return tagged(response, found, if_none_match)

    for number, name in enumerate(("instance", "plan")):
        document = _document(office, number)
        document.__name__ = f"get_{name}_document"
        router.get(
            f"/plans/{{plan}}/{name}",
            summary=f"The document moling/{name} of a version",
            response_class=Response,
            responses={
                200: {
                    **TAGGED,
                    "content": {
                        "application/json": {
                            "schema": {"type": "object"},
                            "example": {"format": f"moling/{name}", "version": 1},
                        }
                    },
                },
                **UNCHANGED,
                **problems(),
            },
            **options,
        )(document)

    for name, state, roles, body, summary, about in _STEPS:
        step = _step(office, state, by_token(*roles), body)
        step.__name__, step.__doc__ = f"{name}_plan", about
        router.post(
            f"/plans/{{plan}}/{name}",
            summary=summary,
            response_model=FullPlanDocument,
            responses={200: TAGGED, **problems(*CHANGING)},
            **options,
        )(step)


_STEPS: Final = (
    (
        "submit",
        PlanState.SUBMITTED,
        (Role.PLANNER,),
        PerhapsReasonInput,
        "Submit a version for approval",
        "A version that breaks soft rules needs a reason by the time that it is approved.",
    ),
    (
        "return",
        PlanState.RETURNED,
        (Role.APPROVER,),
        ReasonInput,
        "Return a version",
        "The planner is told why, and submits it again.",
    ),
    (
        "approve",
        PlanState.APPROVED,
        (Role.APPROVER,),
        PerhapsReasonInput,
        "Approve a version",
        "Refused to its author, where a hard rule is broken, and where a soft one is and nobody gave a reason.",
    ),
    (
        "publish",
        PlanState.PUBLISHED,
        (Role.PLANNER, Role.APPROVER),
        PerhapsReasonInput,
        "Publish an approved version",
        "It takes the place of the week's version that is published, and never changes again.",
    ),
)


def _document(office: Office, number: int) -> Callable[..., Response]:
    def get_document(
        plan: PlanCode,
        caller: Annotated[Caller, Depends(by_token(*OFFICE))],
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        """Byte by byte as it was kept; it never changes, and its tag is its SHA-256."""
        regency = RegencyCode(caller.regency or "")
        try:
            tag = f'"{office.read(regency, lambda scope: hashes_of(scope, PlanId(plan)))[number]}"'
            if if_none_match is not None and tag in if_none_match:
                return Response(status_code=304, headers={"ETag": tag})
            documents = office.read(regency, lambda scope: get_documents(scope, PlanId(plan)))
        except MissingError as error:
            raise NotThereError from error
        content = (documents.instance, documents.plan)[number]
        return Response(content, media_type="application/json", headers={"ETag": tag})

    return get_document


def _step(
    office: Office,
    state: PlanState,
    policy: object,
    body: type[ReasonInput] | type[PerhapsReasonInput],
) -> Callable[..., FullPlanDocument]:
    def step(
        changes: AskedChanges,
        response: Response,
        plan: PlanCode,
        sent: body,  # type: ignore[valid-type]
        caller: Annotated[Caller, Depends(policy)],
        if_match: IfMatch = None,
    ) -> FullPlanDocument:
        now, reason = office.now(), sent.reason  # type: ignore[attr-defined]
        bookings = find_bookings(office, RegencyCode(caller.regency or ""), plan)

        def change(scope: Writing) -> FullPlanDocument:
            check_match(if_match, lambda: get_version(scope, plan))
            return step_version(scope, caller, plan, state, bookings, reason=reason, at=now)

        document = changes.make(sent, FullPlanDocument, change)
        response.headers["ETag"] = etag_of(document)
        return document

    return step

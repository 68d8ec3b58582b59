"""``/api/v1/requests``."""

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as PathPart

from api.auth.caller import Caller
from api.auth.policies import by_token
from api.entities import RequestId, RequestState, Role
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
from api.integration.requests import file_request, get_for, list_for, read_request, step_for
from api.integration.schemas import (
    Code,
    FullRequestDocument,
    PerhapsReasonInput,
    ReasonInput,
    RequestDocument,
    RequestInput,
)
from api.office import Office
from api.store.scope import RegencyCode, Writing

_HOSTS: Final = (Role.SCHOOL, Role.VILLAGE)
_READERS: Final = (Role.PLANNER, Role.APPROVER, Role.AUDITOR, Role.ADMIN, *_HOSTS)
RequestCode = Annotated[Code, PathPart(description="Code of the request.", examples=["PM-2026-0001"])]


def add_request_routes(router: APIRouter, office: Office) -> None:
    """Add the addresses of requests."""
    options: dict[str, Any] = {"tags": ["requests"]}

    @router.get("/requests", summary="Requests, the longest waiting first", responses={200: PAGED}, **options)
    def list_requests(
        page: AskedPage,
        caller: Annotated[Caller, Depends(by_token(*_READERS))],
        state: Annotated[
            list[RequestState] | None, Query(max_length=13, description="Again for another state.")
        ] = None,
        place: Annotated[Code | None, Query(description="Only of this place.", examples=["10204056"])] = None,
    ) -> list[RequestDocument]:
        """A school's or village's account is given those of its own place only."""
        after: Any = page.after(date.fromisoformat, RequestId)
        states = tuple(state or RequestState)
        found = office.read(
            RegencyCode(caller.regency or ""),
            lambda scope: list_for(scope, caller, states, place, after, page.most),
        )
        return page.cut(found, lambda each: (each.received, each.id))

    @router.get(
        "/requests/{request}",
        summary="A request with its history",
        responses={200: TAGGED, **UNCHANGED},
        response_model=FullRequestDocument,
        **options,
    )
    def get_request(
        response: Response,
        request: RequestCode,
        caller: Annotated[Caller, Depends(by_token(*_READERS))],
        if_none_match: IfNoneMatch = None,
    ) -> FullRequestDocument | Response:
        """What the request asks for, each step that it took, and the slots that it was offered."""
        found = office.read(RegencyCode(caller.regency or ""), lambda scope: get_for(scope, caller, request))
        return tagged(response, found, if_none_match)

    @router.post(
        "/requests",
        operation_id="file_request",
        summary="File a request",
        status_code=HTTPStatus.CREATED,
        responses={201: TAGGED, **problems(*CHANGING)},
        **options,
    )
    def file(
        changes: AskedChanges,
        response: Response,
        sent: RequestInput,
        caller: Annotated[Caller, Depends(by_token(Role.PLANNER, *_HOSTS))],
    ) -> FullRequestDocument:
        """
        File a request as submitted; its code is chosen here. The letter's photograph or PDF follows on the office's
        pages. The same letter number of the same place a second time is refused with 409.
        """
        regency = RegencyCode(caller.regency or "")
        made = read_request(office.region(regency), caller, sent, office.today(regency))
        now = office.now()
        document = changes.make(sent, FullRequestDocument, lambda scope: file_request(scope, caller, made, at=now))
        response.headers["ETag"] = etag_of(document)
        response.headers["Location"] = f"/api/v1/requests/{document.id}"
        return document

    for name, state, roles, body, summary, about in _STEPS:
        step = _step(office, state, by_token(*roles), body)
        step.__name__, step.__doc__ = f"{name}_request", about
        router.post(
            f"/requests/{{request}}/{name}",
            summary=summary,
            response_model=FullRequestDocument,
            responses={200: TAGGED, **problems(*CHANGING)},
            **options,
        )(step)


_STEPS: Final = (
    (
        "accept",
        RequestState.ACCEPTED,
        (Role.PLANNER,),
        PerhapsReasonInput,
        "Accept a request",
        "It waits for a slot then. A request whose letter lacks number, date or scan needs a reason.",
    ),
    (
        "return",
        RequestState.NEEDS_CORRECTION,
        (Role.PLANNER,),
        ReasonInput,
        "Return a request to be corrected",
        "The host is told why, corrects it and files it again.",
    ),
    (
        "decline",
        RequestState.DECLINED,
        (Role.PLANNER,),
        ReasonInput,
        "Decline a request",
        "It is over then; the host is told why.",
    ),
    (
        "cancel",
        RequestState.CANCELLED,
        (Role.PLANNER, *_HOSTS),
        PerhapsReasonInput,
        "Cancel a request",
        "The host does not want the visit any more; it is over then.",
    ),
)


def _step(
    office: Office,
    state: RequestState,
    policy: object,
    body: type[ReasonInput] | type[PerhapsReasonInput],
) -> Callable[..., FullRequestDocument]:
    def step(
        changes: AskedChanges,
        response: Response,
        request: RequestCode,
        sent: body,  # type: ignore[valid-type]
        caller: Annotated[Caller, Depends(policy)],
        if_match: IfMatch = None,
    ) -> FullRequestDocument:
        now = office.now()

        def change(scope: Writing) -> FullRequestDocument:
            check_match(if_match, lambda: get_for(scope, caller, request))
            return step_for(scope, caller, request, state, reason=sent.reason, at=now)  # type: ignore[attr-defined]

        document = changes.make(sent, FullRequestDocument, change)
        response.headers["ETag"] = etag_of(document)
        return document

    return step

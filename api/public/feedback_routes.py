"""Complaints and wishes: the form for everybody, and the office's list."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.attempts import Attempts
from api.auth.caller import Caller
from api.auth.policies import everyone, signed_in
from api.entities import Role
from api.errors import TooManyAttemptsError, UnfitFormError
from api.office import Office
from api.pages import Toast, go_to, local_time, reader_language, render
from api.public.forms import Faults, checked_line, shown_again
from api.public.service import checked_place
from api.schedule import find_public_place, public_places
from api.store.feedback import (
    FeedbackKind,
    FeedbackState,
    add_feedback,
    close_feedback,
    count_feedback,
    list_feedback,
    reopen_feedback,
)
from api.store.scope import Reading, RegencyCode

_PAGE: Final = "/kantor/saran"
_LEAST: Final = 5
_MOST: Final = 2_000
_TYPED: Final = 20_000
"""Longer texts are refused without showing them again."""
_A_QUARTER: Final = 5
Anyone = Annotated[Caller, Depends(everyone())]
Reader = Annotated[Caller, Depends(signed_in(Role.PLANNER, Role.APPROVER, Role.ADMIN, Role.AUDITOR))]
Editor = Annotated[Caller, Depends(signed_in(Role.PLANNER, Role.APPROVER, Role.ADMIN))]


def add_feedback_pages(router: APIRouter, office: Office) -> None:
    """Put their routes in."""
    # The list first: for the other path "kantor" would be a regency.
    _add_list(router, office)
    _add_form(router, office)


def _add_form(router: APIRouter, office: Office) -> None:
    by_address = Attempts(_A_QUARTER, timedelta(minutes=15), office.now)

    @router.get("/{regency}/saran")
    def show(http_request: Request, caller: Anyone, tempat: Annotated[str, Query(max_length=64)] = "") -> HTMLResponse:
        values = {"kind": FeedbackKind.COMPLAINT.value, "place": tempat, "text": ""}
        return page(http_request, caller, values, {}, HTTPStatus.OK)

    @router.post("/{regency}/saran")
    def send(
        http_request: Request,
        caller: Anyone,
        kind: Annotated[str, Form(max_length=20)] = "",
        place: Annotated[str, Form(max_length=64)] = "",
        text: Annotated[str, Form(max_length=_TYPED)] = "",
    ) -> Response:
        gettext, regency = reader_language(http_request).gettext, _code(caller)
        told, faults = text.strip(), {}
        if kind not in tuple(FeedbackKind):
            faults["kind"] = gettext("Choose what it is.")
        where = None
        try:
            where = checked_place(office, regency, place)
        except UnfitFormError as error:
            faults["place"] = error.text(gettext)
        fault = checked_line(told, _MOST, gettext)
        if len(told) < _LEAST:
            fault = gettext("Write in a sentence what happened, or what you wish.")
        if fault:
            faults["text"] = fault
        if faults:
            values = {"kind": kind, "place": place, "text": shown_again(text, _TYPED)}
            return page(http_request, caller, values, faults, HTTPStatus.UNPROCESSABLE_ENTITY)
        if not by_address.may_try(http_request.client.host if http_request.client else ""):
            raise TooManyAttemptsError
        by, at = caller.by, office.now()
        office.write(regency, lambda scope: add_feedback(scope, FeedbackKind(kind), told, place=where, by=by, at=at))
        thanks = gettext("Thank you. The office reads this; because no name is asked, no answer can reach you.")
        return go_to(http_request, f"/{regency}/saran", Toast(thanks))

    def page(
        http_request: Request, caller: Caller, values: dict[str, str], faults: Faults, status: HTTPStatus
    ) -> HTMLResponse:
        gettext = reader_language(http_request).gettext
        found = sorted(public_places(office.region(_code(caller))), key=lambda each: (each.name.casefold(), each.code))
        places = [("", gettext("no certain place")), *((each.code, f"{each.name}, {each.address}") for each in found)]
        return render(
            http_request,
            "public/feedback.html",
            status=status,
            values=values,
            faults=faults,
            places=places,
            most=_MOST,
        )


def _add_list(router: APIRouter, office: Office) -> None:
    @router.get(_PAGE)
    def show(
        http_request: Request,
        caller: Reader,
        keadaan: Annotated[str, Query(pattern="^(open|closed)$")] = FeedbackState.OPEN.value,
    ) -> HTMLResponse:
        return page(http_request, caller, FeedbackState(keadaan), {}, {}, HTTPStatus.OK)

    @router.post(f"{_PAGE}/{{feedback}}/tutup")
    def close(
        http_request: Request,
        caller: Editor,
        feedback: str,
        answer: Annotated[str, Form(max_length=_TYPED)] = "",
    ) -> Response:
        gettext, told = reader_language(http_request).gettext, answer.strip()
        fault = checked_line(told, _MOST, gettext) or (
            "" if told else gettext("Write in a sentence what was done about it.")
        )
        if fault:
            faults, typed = {feedback: fault}, {feedback: shown_again(answer, _TYPED)}
            return page(http_request, caller, FeedbackState.OPEN, faults, typed, HTTPStatus.UNPROCESSABLE_ENTITY)
        by, at = caller.by, office.now()
        office.write(_code(caller), lambda scope: close_feedback(scope, feedback[:64], told, by=by, at=at))
        return go_to(http_request, _PAGE, Toast(gettext("It was closed."), f"{_PAGE}/{feedback[:64]}/buka"))

    @router.post(f"{_PAGE}/{{feedback}}/buka")
    def reopen(http_request: Request, caller: Editor, feedback: str) -> Response:
        by, at = caller.by, office.now()
        office.write(_code(caller), lambda scope: reopen_feedback(scope, feedback[:64], by=by, at=at))
        return go_to(http_request, _PAGE, Toast(reader_language(http_request).gettext("It is open again.")))

    def page(
        http_request: Request,
        caller: Caller,
        state: FeedbackState,
        faults: Faults,
        typed: dict[str, str],
        status: HTTPStatus,
    ) -> HTMLResponse:
        regency = _code(caller)

        def look(scope: Reading) -> dict[str, Any]:
            counts = {each: count_feedback(scope, each) for each in FeedbackState}
            return {"rows": list_feedback(scope, state), "counts": counts}

        region = office.region(regency)
        return render(
            http_request,
            "public/inbox.html",
            status=status,
            **office.read(regency, look),
            state=state,
            faults=faults,
            typed=typed,
            most=_MOST,
            can_answer=caller.has(Role.PLANNER, Role.APPROVER, Role.ADMIN),
            place_of=lambda code: find_public_place(region, code) if code else None,
            local=lambda moment: local_time(moment, office.zone(regency)),
            regency=regency,
        )


def _code(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

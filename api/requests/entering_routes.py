"""Requests on one page: entered by staff, or filed by the account of a school or village that lists its own."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import signed_in
from api.entities import Role, Wish
from api.errors import NotThereError
from api.office import Office
from api.pages import Toast, go_to, reader_language, render
from api.requests.answers import Answers
from api.requests.entering import enter, list_own
from api.requests.forms import Sent, form_view, sent_form
from api.requests.letters import FILE_FIELD, MOST_UPLOAD
from api.requests.places import MOST_FOUND, Host, find_host, search_hosts
from api.requests.telling import KINDS, SIGNALS, WISHES
from api.store.scope import RegencyCode

FormSent = Annotated[Sent, Depends(sent_form)]
Planner = Annotated[Caller, Depends(signed_in(Role.PLANNER))]
Owner = Annotated[Caller, Depends(signed_in(Role.SCHOOL, Role.VILLAGE))]
_STAFF_PAGE = "/kantor/permohonan/baru"
_OWN_LIST = "/kantor/permohonanku"
_OWN_PAGE = f"{_OWN_LIST}/baru"


def entering_router(office: Office) -> APIRouter:  # noqa: C901 (one router, many small routes)
    """Pages with the whole form, and the list of an account's own requests."""
    router = APIRouter(include_in_schema=False)

    @router.get(_STAFF_PAGE)
    def show_staff_form(
        http_request: Request, caller: Planner, wish: Wish = Wish.VISIT, place: str = "", q: str = ""
    ) -> HTMLResponse:
        host = find_host(office.region(_regency(caller)), place)
        if host is None:
            return _choose_page(http_request, office, caller, wish, q)
        return _form_page(http_request, host, wish, Answers({}), action=_STAFF_PAGE, is_staff=True)

    @router.post(_STAFF_PAGE, max_body_size=MOST_UPLOAD)
    def take_staff_form(http_request: Request, caller: Planner, sent: FormSent) -> Response:
        host = find_host(office.region(_regency(caller)), sent.text("place"))
        wish = _wish(sent)
        if host is None or (wish is not Wish.VISIT and not host.is_village):
            raise NotThereError
        answers, more = Answers(sent.typed), sent.text("more")
        if not more:
            filed, answers = enter(office, caller, host, wish, sent.typed, sent.content(FILE_FIELD))
            if filed is not None:
                text = reader_language(http_request).gettext("Filed as {code}.").format(code=filed.request.id)
                return go_to(http_request, f"/kantor/permohonan/{filed.request.id}", Toast(text))
        return _form_page(http_request, host, wish, answers, action=_STAFF_PAGE, is_staff=True, more=more)

    @router.get(_OWN_LIST)
    def show_own(http_request: Request, caller: Owner) -> HTMLResponse:
        return render(
            http_request,
            "requests/own.html",
            requests=list_own(office, caller),
            host=find_host(office.region(_regency(caller)), caller.place or ""),
            wishes=WISHES,
        )

    @router.get(_OWN_PAGE)
    def show_own_form(http_request: Request, caller: Owner, wish: Wish = Wish.VISIT) -> HTMLResponse:
        host = _own_host(office, caller)
        return _form_page(http_request, host, _fit(wish, host), Answers({}), action=_OWN_PAGE)

    @router.post(_OWN_PAGE, max_body_size=MOST_UPLOAD)
    def take_own_form(http_request: Request, caller: Owner, sent: FormSent) -> Response:
        host = _own_host(office, caller)
        wish = _fit(_wish(sent), host)
        answers, more = Answers(sent.typed), sent.text("more")
        if not more:
            filed, answers = enter(office, caller, host, wish, sent.typed, sent.content(FILE_FIELD))
            if filed is not None:
                text = reader_language(http_request).gettext("Filed as {code}.").format(code=filed.request.id)
                return go_to(http_request, f"{_OWN_LIST}/{filed.request.id}", Toast(text))
        return _form_page(http_request, host, wish, answers, action=_OWN_PAGE, more=more)

    return router


def _choose_page(http_request: Request, office: Office, caller: Caller, wish: Wish, typed: str) -> HTMLResponse:
    found = search_hosts(office.region(_regency(caller)), typed, wish)
    return render(
        http_request,
        "requests/choose.html",
        found=found[:MOST_FOUND],
        more=max(0, len(found) - MOST_FOUND),
        q=typed[:100],
        wish=wish,
        wishes=WISHES,
        kinds=KINDS,
    )


def _form_page(  # noqa: PLR0913 (a page and what was typed)
    http_request: Request,
    host: Host,
    wish: Wish,
    answers: Answers,
    *,
    action: str,
    is_staff: bool = False,
    more: str = "",
) -> HTMLResponse:
    return render(
        http_request,
        "requests/enter.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if answers.faults else HTTPStatus.OK,
        form=form_view(http_request, answers.typed, answers.faults, more),
        host=host,
        wish=wish,
        wishes=WISHES,
        kinds=KINDS,
        signals=SIGNALS,
        action_url=action,
        is_staff=is_staff,
    )


def _wish(sent: Sent) -> Wish:
    return next((each for each in Wish if each == sent.text("wish")), Wish.VISIT)


def _fit(wish: Wish, host: Host) -> Wish:
    return wish if host.is_village else Wish.VISIT


def _own_host(office: Office, caller: Caller) -> Host:
    host = find_host(office.region(_regency(caller)), caller.place or "")
    if host is None:
        raise NotThereError
    return host


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

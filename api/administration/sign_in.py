"""Signing in and out."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.attempts import Attempts
from api.auth.caller import Caller
from api.auth.policies import SESSION_COOKIE, everyone, signed_in
from api.entities import Role, UserId
from api.errors import NotThereError, TooManyAttemptsError
from api.office import Office
from api.pages import Toast, drop_cookie, go_to, reader_language, render, set_cookie
from api.sessions import WRONG, sign_in
from api.store.secrets import revoke_secret

_PAGES: Final = ((Role.PLANNER, "/kantor/pekan"), (Role.CREW, "/hari-ini"))
_QUARTER: Final = timedelta(minutes=15)


def start_page(roles: frozenset[Role]) -> str:
    """Where someone with these roles begins."""
    if roles & {Role.SCHOOL, Role.VILLAGE}:
        return "/kantor/permohonanku"
    return next((path for role, path in _PAGES if role in roles), "/kantor/permohonan")


def sign_in_router(office: Office) -> APIRouter:
    """Sign-in and sign-out, with the limits of this office."""
    router = APIRouter(include_in_schema=False)
    by_account = Attempts(10, _QUARTER, office.now)
    by_address = Attempts(50, _QUARTER, office.now)

    def page(http_request: Request, regency: str, user: str, goal: str, error: str, status: HTTPStatus) -> HTMLResponse:
        return render(
            http_request,
            "sign_in.html",
            status=status,
            regencies=sorted(office.regencies().items(), key=lambda each: each[1]),
            chosen=regency,
            user=user,
            goal=goal,
            error=error,
        )

    @router.get("/masuk")
    def show_sign_in(
        http_request: Request, caller: Annotated[Caller, Depends(everyone())], goal: str = "", regency: str = ""
    ) -> HTMLResponse:
        del caller
        return page(http_request, regency[:4], "", _goal(goal), "", HTTPStatus.OK)

    @router.post("/masuk")
    def do_sign_in(
        http_request: Request,
        caller: Annotated[Caller, Depends(everyone())],
        regency: Annotated[str, Form(max_length=5)],
        user: Annotated[str, Form(max_length=64)],
        password: Annotated[str, Form(max_length=300)],
        goal: Annotated[str, Form(max_length=300)] = "",
    ) -> Response:
        del caller
        address = http_request.client.host if http_request.client else ""
        if not by_address.may_try(address) or not by_account.may_try(f"{regency}/{user}"):
            raise TooManyAttemptsError
        gettext = reader_language(http_request).gettext
        try:
            code, _ = office.get_regency(regency)
        except NotThereError:
            return page(http_request, "", user, _goal(goal), gettext(WRONG), HTTPStatus.UNAUTHORIZED)
        secret = sign_in(office.store, code, UserId(user), password, at=office.now())
        if secret is None:
            return page(http_request, code, user, _goal(goal), gettext(WRONG), HTTPStatus.UNAUTHORIZED)
        by_account.forget(f"{regency}/{user}")
        answer = go_to(http_request, _goal(goal) or "/kantor")
        set_cookie(answer, office, SESSION_COOKIE, secret, None)
        return answer

    @router.get("/kantor")
    def start(http_request: Request, caller: Annotated[Caller, Depends(signed_in())]) -> Response:
        return go_to(http_request, start_page(caller.roles))

    @router.post("/keluar")
    def do_sign_out(http_request: Request, caller: Annotated[Caller, Depends(signed_in())]) -> Response:
        assert caller.regency is not None
        at = office.now()
        office.write(caller.regency, lambda scope: revoke_secret(scope, caller.secret, by=caller.by, at=at))
        text = reader_language(http_request).gettext("You have signed out.")
        answer = go_to(http_request, "/masuk", Toast(text))
        drop_cookie(answer, office, SESSION_COOKIE)
        return answer

    return router


def _goal(path: str) -> str:
    # Only a page of ours: a link to the sign-in page must not lead elsewhere afterwards.
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else ""

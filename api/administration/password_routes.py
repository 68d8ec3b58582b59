"""``/kantor/sandi`` and ``/sandi/{secret}``: people set their own passwords."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.attempts import Attempts
from api.auth.caller import Caller
from api.auth.policies import SESSION_COOKIE, signed_in, with_link
from api.entities import UserId
from api.errors import TooManyAttemptsError
from api.office import Office
from api.pages import Toast, go_to, reader_language, render, set_cookie
from api.sessions import sign_in
from api.store.accounts import set_password, use_password_link
from api.store.errors import UnfitValueError
from api.store.passwords import LONGEST, SHORTEST, hash_password, is_password
from api.store.people import find_password
from api.store.scope import RegencyCode
from api.store.secrets import Purpose

Password = Annotated[str, Form(max_length=300)]


def add_password_routes(router: APIRouter, office: Office) -> None:
    """Add the pages of passwords."""
    _add_own(router, office)
    _add_link(router, office)


def _add_own(router: APIRouter, office: Office) -> None:
    attempts = Attempts(10, timedelta(minutes=15), office.now)

    @router.get("/kantor/sandi")
    def show_own(http_request: Request, caller: Annotated[Caller, Depends(signed_in())]) -> HTMLResponse:
        del caller
        return _page(http_request, asks_former=True)

    @router.post("/kantor/sandi")
    def change_own(
        http_request: Request,
        caller: Annotated[Caller, Depends(signed_in())],
        former: Password,
        password: Password,
        again: Password,
    ) -> Response:
        regency, user, now = RegencyCode(caller.regency or ""), UserId(caller.subject), office.now()
        gettext = reader_language(http_request).gettext
        if not attempts.may_try(f"{regency}/{user}"):
            raise TooManyAttemptsError
        if not is_password(former, office.read(regency, lambda scope: find_password(scope, user))):
            return _refuse(http_request, "former", gettext("This is not your present password."), asks_former=True)
        if password != again:
            return _refuse(http_request, "again", gettext("The two passwords differ."), asks_former=True)
        try:
            hashed = hash_password(password, user=user)
        except UnfitValueError as error:
            return _refuse(http_request, "password", error.text(gettext), asks_former=True)
        office.write(regency, lambda scope: set_password(scope, user, hashed, by=user, at=now))
        attempts.forget(f"{regency}/{user}")
        answer = go_to(
            http_request, "/kantor", Toast(gettext("Your password was changed; you are signed out elsewhere."))
        )
        secret = sign_in(office.store, regency, user, password, at=now)
        assert secret is not None
        set_cookie(answer, office, SESSION_COOKIE, secret, None)
        return answer


def _add_link(router: APIRouter, office: Office) -> None:
    @router.get("/sandi/{secret}")
    def show_link(
        http_request: Request, caller: Annotated[Caller, Depends(with_link(Purpose.PASSWORD_LINK))]
    ) -> HTMLResponse:
        del caller
        return _page(http_request, asks_former=False)

    @router.post("/sandi/{secret}")
    def use_link(
        http_request: Request,
        caller: Annotated[Caller, Depends(with_link(Purpose.PASSWORD_LINK))],
        password: Password,
        again: Password,
    ) -> Response:
        regency, now = RegencyCode(caller.regency or ""), office.now()
        gettext = reader_language(http_request).gettext
        if password != again:
            return _refuse(http_request, "again", gettext("The two passwords differ."), asks_former=False)
        try:
            hashed = hash_password(password, user=caller.subject)
        except UnfitValueError as error:
            return _refuse(http_request, "password", error.text(gettext), asks_former=False)
        office.write(regency, lambda scope: use_password_link(scope, caller.secret, hashed, at=now))
        return go_to(
            http_request, f"/masuk?regency={regency}", Toast(gettext("Your password is set; sign in with it."))
        )


def _page(
    http_request: Request,
    *,
    asks_former: bool,
    status: HTTPStatus = HTTPStatus.OK,
    error: tuple[str, str] = ("", ""),
) -> HTMLResponse:
    return render(
        http_request,
        "administration/password.html",
        status=status,
        asks_former=asks_former,
        # The account stands in the form, so that a keeper of passwords knows whose this is.
        user=http_request.state.caller.subject,
        wrong=error[0],
        error=error[1],
        least=SHORTEST,
        most=LONGEST,
    )


def _refuse(http_request: Request, field: str, told: str, *, asks_former: bool) -> HTMLResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _page(http_request, asks_former=asks_former, status=status, error=(field, told))

"""``/kantor/akun``: accounts, their roles, and what opens them."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import signed_in
from api.entities import Role, User, UserId
from api.errors import NotThereError
from api.i18n import N_
from api.office import Office
from api.pages import Toast, go_to, reader_language, render
from api.store.accounts import add_account as keep_account
from api.store.accounts import close_account, new_password_link, new_token, shut_out
from api.store.errors import DuplicateError, UnfitValueError
from api.store.people import change_roles, find_user, list_users
from api.store.scope import Reading, RegencyCode
from api.store.secrets import ListedSecret, Purpose, list_secrets, revoke_listed

Admin = Annotated[Caller, Depends(signed_in(Role.ADMIN))]
Name = Annotated[str, Form(max_length=200)]
Roles = Annotated[list[Role], Form(max_length=len(Role))]
Place = Annotated[str, Form(max_length=64)]
_HERE: Final = "/kantor/akun"
TOKEN_DAYS: Final = (30, 90, 365)


def add_account_routes(router: APIRouter, office: Office) -> None:
    """Add the pages of accounts."""
    _add_list(router, office)
    _add_account(router, office)
    _add_openings(router, office)


def _add_list(router: APIRouter, office: Office) -> None:
    def form(http_request: Request, status: HTTPStatus = HTTPStatus.OK, **typed: Any) -> HTMLResponse:  # noqa: ANN401
        usual = {"user": "", "name": "", "chosen": (), "place": "", "error": ""}
        return render(http_request, "administration/new_account.html", status=status, **{**usual, **typed})

    @router.get(_HERE)
    def show_accounts(http_request: Request, caller: Admin) -> HTMLResponse:
        accounts = office.read(_regency(caller), list_users)
        return render(http_request, "administration/accounts.html", accounts=accounts)

    @router.get(f"{_HERE}/baru")
    def show_new_account(http_request: Request, caller: Admin) -> HTMLResponse:
        del caller
        return form(http_request)

    @router.post(f"{_HERE}/baru")
    def add_account(
        http_request: Request,
        caller: Admin,
        user: Annotated[str, Form(max_length=64)],
        name: Name,
        roles: Roles = [],  # noqa: B006 (FastAPI copies it)
        *,
        place: Place = "",
    ) -> HTMLResponse:
        account = User(UserId(user.strip()), name.strip(), frozenset(roles), place.strip() or None)
        regency, now = _regency(caller), office.now()
        try:
            _check_place(office, regency, account)
            secret = office.write(regency, lambda scope: keep_account(scope, account, by=caller.by, at=now))
        except (UnfitValueError, DuplicateError) as error:
            told = error.text(reader_language(http_request).gettext)
            return form(
                http_request,
                HTTPStatus.UNPROCESSABLE_ENTITY,
                user=user,
                name=name,
                chosen=tuple(roles),
                place=place,
                error=told,
            )
        return _show_link(http_request, office, account.id, secret)


def _add_account(router: APIRouter, office: Office) -> None:
    def page(
        http_request: Request, caller: Caller, user: str, status: HTTPStatus = HTTPStatus.OK, error: str = ""
    ) -> HTMLResponse:
        now = office.now()

        def look(scope: Reading) -> tuple[User | None, dict[Purpose, tuple[ListedSecret, ...]]]:
            purposes = (Purpose.SESSION, Purpose.API_TOKEN, Purpose.PASSWORD_LINK)
            return find_user(scope, UserId(user)), {each: list_secrets(scope, each, user, at=now) for each in purposes}

        account, opening = office.read(_regency(caller), look)
        if account is None:
            raise NotThereError
        return render(
            http_request,
            "administration/account.html",
            status=status,
            account=account,
            sessions=opening[Purpose.SESSION],
            tokens=opening[Purpose.API_TOKEN],
            links=opening[Purpose.PASSWORD_LINK],
            days=TOKEN_DAYS,
            zone=office.zone(_regency(caller)),
            is_own=account.id == caller.subject,
            error=error,
        )

    @router.get(_HERE + "/{user}")
    def show_account(http_request: Request, caller: Admin, user: str) -> HTMLResponse:
        return page(http_request, caller, user)

    @router.post(_HERE + "/{user}/peran")
    def change_account(
        http_request: Request,
        caller: Admin,
        user: str,
        name: Name,
        roles: Roles = [],  # noqa: B006 (FastAPI copies it)
        *,
        place: Place = "",
    ) -> Response:
        regency, now = _regency(caller), office.now()
        account = User(UserId(user), name.strip(), frozenset(roles), place.strip() or None)
        gettext = reader_language(http_request).gettext
        _check_account(office, regency, user)
        try:
            _check_place(office, regency, account)
            office.write(regency, lambda scope: change_roles(scope, account, by=caller.by, at=now))
        except UnfitValueError as error:
            return page(http_request, caller, user, HTTPStatus.UNPROCESSABLE_ENTITY, error.text(gettext))
        return go_to(http_request, f"{_HERE}/{user}", Toast(gettext("The account was changed.")))

    @router.get(_HERE + "/{user}/tutup")
    def ask_to_close(http_request: Request, caller: Admin, user: str) -> HTMLResponse:
        account = _check_account(office, _regency(caller), user)
        return render(http_request, "administration/close_account.html", account=account, error="")

    @router.post(_HERE + "/{user}/tutup")
    def close(http_request: Request, caller: Admin, user: str) -> Response:
        regency, now = _regency(caller), office.now()
        account = _check_account(office, regency, user)
        gettext = reader_language(http_request).gettext
        try:
            office.write(regency, lambda scope: close_account(scope, UserId(user), by=caller.by, at=now))
        except UnfitValueError as error:
            return render(
                http_request,
                "administration/close_account.html",
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
                account=account,
                error=error.text(gettext),
            )
        return go_to(http_request, _HERE, Toast(gettext("The account was closed.")))


def _add_openings(router: APIRouter, office: Office) -> None:
    @router.post(_HERE + "/{user}/tautan-sandi")
    def make_link(http_request: Request, caller: Admin, user: str) -> HTMLResponse:
        regency, now = _regency(caller), office.now()
        _check_account(office, regency, user)
        secret = office.write(regency, lambda scope: new_password_link(scope, UserId(user), by=caller.by, at=now))
        return _show_link(http_request, office, user, secret)

    @router.post(_HERE + "/{user}/keluarkan")
    def sign_out_everywhere(http_request: Request, caller: Admin, user: str) -> Response:
        regency, now = _regency(caller), office.now()
        _check_account(office, regency, user)
        office.write(regency, lambda scope: shut_out(scope, UserId(user), by=caller.by, at=now))
        text = reader_language(http_request).gettext("Signed out everywhere; tokens and links open nothing any more.")
        return go_to(http_request, f"{_HERE}/{user}", Toast(text))

    @router.post(_HERE + "/{user}/token")
    def make_token(
        http_request: Request, caller: Admin, user: str, days: Annotated[int, Form(ge=1, le=365)]
    ) -> HTMLResponse:
        regency, now = _regency(caller), office.now()
        _check_account(office, regency, user)
        lasts = timedelta(days=days)
        secret = office.write(regency, lambda scope: new_token(scope, UserId(user), lasts, by=caller.by, at=now))
        return _shown_once(render(http_request, "administration/token.html", user=user, token=secret, days=days))

    @router.post(_HERE + "/{user}/token/{sha256}/cabut")
    def revoke_token(http_request: Request, caller: Admin, user: str, sha256: str) -> Response:
        regency, now = _regency(caller), office.now()
        _check_account(office, regency, user)
        if not office.write(
            regency,
            lambda scope: revoke_listed(scope, Purpose.API_TOKEN, user, sha256, by=caller.by, at=now),
        ):
            raise NotThereError
        text = reader_language(http_request).gettext("The token opens nothing any more.")
        return go_to(http_request, f"{_HERE}/{user}", Toast(text))


def _show_link(http_request: Request, office: Office, user: str, secret: str) -> HTMLResponse:
    url = f"{office.settings.public_url}/sandi/{secret}"
    return _shown_once(render(http_request, "administration/password_link.html", user=user, url=url))


def _shown_once(answer: HTMLResponse) -> HTMLResponse:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _check_account(office: Office, regency: RegencyCode, user: str) -> User:
    account = office.read(regency, lambda scope: find_user(scope, UserId(user)))
    if account is None:
        raise NotThereError
    return account


def _check_place(office: Office, regency: RegencyCode, account: User) -> None:
    region = office.region(regency)
    if account.place is not None and account.place not in {*region.village_by_code, *region.site_by_code}:
        raise UnfitValueError(N_("There is no place of this code in the regency."))


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return RegencyCode(caller.regency)

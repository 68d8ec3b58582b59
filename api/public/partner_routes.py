"""Partners of the child card: the public page, and the office's page that edits it."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import everyone, signed_in
from api.entities import Role
from api.i18n import N_, Gettext
from api.office import Office
from api.pages import Toast, go_to, reader_language, render
from api.public.forms import Faults, checked_line
from api.store.partners import Partner, add_partner, get_partner, list_partners, set_active
from api.store.scope import Writing

_PAGE: Final = "/kantor/mitra"
_LINE: Final = 200
Editor = Annotated[Caller, Depends(signed_in(Role.PLANNER, Role.ADMIN))]
Line = Annotated[str, Form(max_length=1000)]


def add_partners(router: APIRouter, office: Office) -> None:
    """Put their routes in."""
    _add_form(router, office)
    _add_moves(router, office)

    @router.get("/{regency}/mitra-kia")
    def show(http_request: Request, caller: Annotated[Caller, Depends(everyone())]) -> HTMLResponse:
        assert caller.regency is not None
        return render(http_request, "public/partners.html", partners=office.read(caller.regency, list_partners))


def _add_form(router: APIRouter, office: Office) -> None:
    @router.get(_PAGE)
    def edit(http_request: Request, caller: Editor, ubah: Annotated[str, Query(max_length=64)] = "") -> HTMLResponse:
        assert caller.regency is not None
        values = {"name": "", "address": "", "offer": ""}
        if ubah:
            known = office.read(caller.regency, lambda scope: get_partner(scope, ubah))
            values = {"name": known.name, "address": known.address, "offer": known.offer}
        return page(http_request, caller, values, ubah, {}, HTTPStatus.OK)

    @router.post(_PAGE)
    def save(
        http_request: Request, caller: Editor, name: Line = "", address: Line = "", offer: Line = "", ubah: Line = ""
    ) -> Response:
        assert caller.regency is not None
        gettext = reader_language(http_request).gettext
        values = {"name": name.strip(), "address": address.strip(), "offer": offer.strip()}
        faults = _faults(values, gettext)
        if faults:
            return page(http_request, caller, values, ubah[:64], faults, HTTPStatus.UNPROCESSABLE_ENTITY)
        by, at = caller.by, office.now()

        def change(scope: Writing) -> Partner:
            if ubah:
                set_active(scope, ubah[:64], is_active=False, by=by, at=at)
            return add_partner(scope, **values, by=by, at=at)

        made = office.write(caller.regency, change)
        undo = f"{_PAGE}/{made.id}/batal/{ubah[:64]}" if ubah else f"{_PAGE}/{made.id}/tutup"
        text = gettext("The partner was changed.") if ubah else gettext("The partner was added.")
        return go_to(http_request, _PAGE, Toast(text, undo))

    def page(
        http_request: Request,
        caller: Caller,
        values: dict[str, str],
        changed: str,
        faults: Faults,
        status: HTTPStatus,
    ) -> HTMLResponse:
        assert caller.regency is not None
        context: dict[str, Any] = {"values": values, "changed": changed, "faults": faults, "regency": caller.regency}
        partners = office.read(caller.regency, list_partners)
        return render(http_request, "public/partners_office.html", status=status, partners=partners, **context)


def _add_moves(router: APIRouter, office: Office) -> None:
    @router.post(f"{_PAGE}/{{partner}}/tutup")
    def close(http_request: Request, caller: Editor, partner: str) -> Response:
        return move(http_request, caller, partner, is_active=False)

    @router.post(f"{_PAGE}/{{partner}}/buka")
    def reopen(http_request: Request, caller: Editor, partner: str) -> Response:
        return move(http_request, caller, partner, is_active=True)

    @router.post(f"{_PAGE}/{{partner}}/batal/{{former}}")
    def undo(http_request: Request, caller: Editor, partner: str, former: str) -> Response:
        assert caller.regency is not None
        by, at = caller.by, office.now()

        def change(scope: Writing) -> None:
            set_active(scope, partner[:64], is_active=False, by=by, at=at)
            set_active(scope, former[:64], is_active=True, by=by, at=at)

        office.write(caller.regency, change)
        text = reader_language(http_request).gettext("The partner is as it was before.")
        return go_to(http_request, _PAGE, Toast(text, f"{_PAGE}/{former[:64]}/batal/{partner[:64]}"))

    def move(http_request: Request, caller: Caller, partner: str, *, is_active: bool) -> Response:
        assert caller.regency is not None
        code, by, at = partner[:64], caller.by, office.now()
        office.write(caller.regency, lambda scope: set_active(scope, code, is_active=is_active, by=by, at=at))
        gettext = reader_language(http_request).gettext
        if is_active:
            toast = Toast(gettext("The partner is on the public page again."), f"{_PAGE}/{code}/tutup")
        else:
            toast = Toast(gettext("The partner was taken off the public page."), f"{_PAGE}/{code}/buka")
        return go_to(http_request, _PAGE, toast)


def _faults(values: dict[str, str], gettext: Gettext) -> Faults:
    needed = {
        "name": N_("Write what the partner is called."),
        "address": N_("Write where the partner is."),
        "offer": N_("Write what card holders get."),
    }
    faults = {name: checked_line(value, _LINE, gettext) for name, value in values.items()}
    faults |= {name: gettext(text) for name, text in needed.items() if not values[name]}
    return {name: text for name, text in faults.items() if text}

"""A crew's pages in an office: the day of its vehicle, and the phones that may see it."""

from datetime import date, timedelta
from typing import Annotated, Final

import segno
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller, CallerKind
from api.auth.policies import DEVICE_COOKIE, on_device, signed_in, with_link
from api.entities import Role
from api.errors import NotThereError
from api.itineraries.crew_days import find_unit, published_day, show_day
from api.itineraries.devices import INVITATION_LASTS, admit, invite, list_crews, shut_out
from api.office import Office
from api.pages import Toast, go_to, local_time, reader_language, render, set_cookie
from api.served_maps import ServedMaps
from api.sessions import DEVICE_LASTS
from api.store.scope import RegencyCode
from api.store.secrets import Purpose
from geodata.areas import village_areas
from maps.daily_map import daily_map, directions_link, geo_link

_DAY: Final = "/hari-ini"
_CREWS: Final = "/kantor/kru"
_MAPS: Final = "/peta-harian/"

Crew = Annotated[Caller, Depends(on_device(Role.PLANNER))]
Inviter = Annotated[Caller, Depends(signed_in(Role.PLANNER, Role.ADMIN))]
Invited = Annotated[Caller, Depends(with_link(Purpose.DEVICE_INVITATION))]


def itineraries_router(office: Office) -> APIRouter:
    """Pages of crews."""
    router = APIRouter(include_in_schema=False)
    _add_days(router, office)
    _add_maps(router, office, ServedMaps(_MAPS))
    _add_crews(router, office)
    _add_admission(router, office)
    return router


def _add_days(router: APIRouter, office: Office) -> None:
    @router.get(_DAY)
    def show_today(http_request: Request, caller: Crew) -> HTMLResponse:
        if caller.kind is CallerKind.DEVICE:
            return page(http_request, caller, caller.subject, office.today(_code(caller)))
        today = office.today(_code(caller))
        units = office.region(_code(caller)).fleet.units
        days = [show_day(office, caller, unit.id, today) for unit in units]
        return render(http_request, "itineraries/choose.html", days=days, today=today, root=_DAY)

    @router.get(f"{_DAY}/{{vehicle}}/{{day}}")
    def show(http_request: Request, caller: Crew, vehicle: str, day: date) -> HTMLResponse:
        return page(http_request, caller, vehicle, day)

    def page(http_request: Request, caller: Caller, vehicle: str, day: date) -> HTMLResponse:
        shown = show_day(office, caller, vehicle, day)
        zone = office.zone(_code(caller))
        return render(
            http_request,
            "itineraries/day.html",
            page=shown,
            root=f"{_DAY}/{vehicle}",
            before=day - timedelta(days=1),
            after=day + timedelta(days=1),
            is_today=day == shown.today,
            can_choose=caller.kind is not CallerKind.DEVICE,
            geo_link=geo_link,
            directions_link=directions_link,
            local=lambda moment: local_time(moment, zone),
        )


def _add_maps(router: APIRouter, office: Office, maps: ServedMaps) -> None:
    @router.get(f"{_DAY}/{{vehicle}}/{{day}}/peta")
    def show_map(http_request: Request, caller: Crew, vehicle: str, day: date) -> Response:
        week, itinerary = published_day(office, caller, vehicle, day)
        lang = reader_language(http_request)
        areas = office.derive(_code(caller), "village areas", village_areas)
        return maps.answer(daily_map(week, itinerary, areas, gettext=lang.gettext, locale=lang.code))

    @router.get(f"{_MAPS}{{name}}")
    def get_file(http_request: Request, caller: Crew, name: str) -> Response:
        del caller
        found = maps.find(http_request, name)
        if found is None:
            raise NotThereError
        return found


def _add_crews(router: APIRouter, office: Office) -> None:
    @router.get(_CREWS)
    def show_crews(http_request: Request, caller: Inviter) -> HTMLResponse:
        zone = office.zone(_code(caller))
        return render(
            http_request,
            "itineraries/crews.html",
            crews=list_crews(office, caller),
            root=_CREWS,
            today=office.today(_code(caller)),
            can_see_days=caller.has(Role.PLANNER),
            days=DEVICE_LASTS.days,
            local=lambda moment: local_time(moment, zone),
        )

    @router.post(f"{_CREWS}/{{vehicle}}/undang")
    def do_invite(http_request: Request, caller: Inviter, vehicle: str) -> HTMLResponse:
        # The secret is told this once and kept as a hash, so the answer itself is the page; no other address has it.
        made = invite(office, caller, vehicle)
        address = f"{office.settings.public_url}{made.path}"
        answer = render(
            http_request,
            "itineraries/invitation.html",
            unit=made.unit,
            address=address,
            picture=segno.make(address, error="m", micro=False).svg_data_uri(scale=8, border=4, light="#ffffff"),
            minutes=INVITATION_LASTS // timedelta(minutes=1),
            ends=local_time(made.ends, office.zone(_code(caller))),
            root=_CREWS,
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @router.post(f"{_CREWS}/{{vehicle}}/cabut")
    def do_shut_out(
        http_request: Request, caller: Inviter, vehicle: str, device: Annotated[str, Form(max_length=64)]
    ) -> Response:
        _, unit = find_unit(office, _code(caller), vehicle)
        shut_out(office, caller, vehicle, device)
        gettext = reader_language(http_request).gettext
        text = gettext("The phone of {vehicle} sees nothing any more. Invite it anew if that was wrong.")
        return go_to(http_request, _CREWS, Toast(text.format(vehicle=unit.name)))


def _add_admission(router: APIRouter, office: Office) -> None:
    # Opening the address changes nothing: messengers open links by themselves to show what they lead to.
    @router.get("/perangkat/{secret}")
    def ask(http_request: Request, caller: Invited, secret: str) -> HTMLResponse:
        _, unit = find_unit(office, _code(caller), caller.subject)
        answer = render(
            http_request,
            "itineraries/admission.html",
            unit=unit,
            action=f"/perangkat/{secret}",
            days=DEVICE_LASTS.days,
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @router.post("/perangkat/{secret}")
    def do_admit(http_request: Request, caller: Invited, secret: str) -> Response:
        del secret
        new = admit(office, caller)
        text = reader_language(http_request).gettext("This phone is ready. Keep this page among your bookmarks.")
        answer = go_to(http_request, _DAY, Toast(text))
        set_cookie(answer, office, DEVICE_COOKIE, new, int(DEVICE_LASTS.total_seconds()))
        return answer


def _code(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

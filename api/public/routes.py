"""Addresses of the public pages: next visits, places, map, calendar, partners. Nobody signs in here."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import everyone
from api.calendars import MEDIA_TYPE
from api.errors import NotThereError
from api.office import Office
from api.pages import go_to, local_time, reader_words, render
from api.public.facility_routes import add_facilities
from api.public.feedback_routes import add_feedback_pages
from api.public.looking import MOST_TYPED
from api.public.partner_routes import add_partners
from api.public.service import PublicPages, parse_week, week_name
from api.served_maps import ServedMaps
from api.store.scope import RegencyCode

_MAP_FILES: Final = "/peta/"
Anyone = Annotated[Caller, Depends(everyone())]


def public_router(office: Office) -> APIRouter:
    """Pages for everybody, and the office's pages of what they show."""
    router = APIRouter(include_in_schema=False)
    _add_start(router, office)
    _add_places(router, office)
    _add_maps(router, office, ServedMaps(_MAP_FILES))
    add_partners(router, office)
    add_facilities(router, office)
    add_feedback_pages(router, office)
    return router


def _pages(office: Office, caller: Caller, http_request: Request) -> PublicPages:
    return PublicPages(office, _regency(caller), reader_words(http_request))


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency


def _add_start(router: APIRouter, office: Office) -> None:
    @router.get("/")
    def start(http_request: Request, caller: Anyone) -> Response:
        del caller
        regencies = sorted(office.regencies().items(), key=lambda each: each[1])
        if len(regencies) == 1:
            return go_to(http_request, f"/{regencies[0][0]}/")
        return render(http_request, "public/choose.html", regencies=regencies)

    @router.get("/{regency}/")
    def home(
        http_request: Request, caller: Anyone, cari: Annotated[str, Query(max_length=MOST_TYPED * 5)] = ""
    ) -> HTMLResponse:
        typed = "".join(char for char in cari if char.isprintable())[:MOST_TYPED].strip()
        pages = _pages(office, caller, http_request)
        return render(
            http_request,
            "public/home.html",
            page=pages.home(typed),
            typed=typed,
            local=lambda moment: local_time(moment, office.zone(_regency(caller))),
        )


def _add_places(router: APIRouter, office: Office) -> None:
    @router.get("/{regency}/desa/{village}.ics")
    def calendar(http_request: Request, caller: Anyone, village: str) -> Response:
        content = _pages(office, caller, http_request).calendar(village)
        headers = {"Content-Disposition": f'inline; filename="moling-{village}.ics"'}
        return Response(content, media_type=MEDIA_TYPE, headers=headers)

    @router.get("/{regency}/desa/{village}")
    def show_village(http_request: Request, caller: Anyone, village: str) -> HTMLResponse:
        return place(http_request, caller, village, is_village=True)

    @router.get("/{regency}/sekolah/{site}")
    def show_site(http_request: Request, caller: Anyone, site: str) -> HTMLResponse:
        return place(http_request, caller, site, is_village=False)

    def place(http_request: Request, caller: Caller, code: str, *, is_village: bool) -> HTMLResponse:
        pages = _pages(office, caller, http_request)
        calendar = f"{office.settings.public_url}/{caller.regency}/desa/{code}.ics" if is_village else ""
        return render(
            http_request,
            "public/place.html",
            page=pages.place(code, is_village=is_village),
            calendar=calendar,
            local=lambda moment: local_time(moment, office.zone(_regency(caller))),
        )


def _add_maps(router: APIRouter, office: Office, maps: ServedMaps) -> None:
    @router.get("/{regency}/peta")
    def show_first(http_request: Request, caller: Anyone) -> HTMLResponse:
        return show(http_request, caller, None)

    @router.get("/{regency}/peta/{week}")
    def show_week(http_request: Request, caller: Anyone, week: str) -> HTMLResponse:
        return show(http_request, caller, week)

    @router.get("/{regency}/peta/{week}/lembar")
    def show_sheet(http_request: Request, caller: Anyone, week: str) -> Response:
        return maps.answer(_pages(office, caller, http_request).map(parse_week(week)))

    @router.get(f"{_MAP_FILES}{{name}}")
    def get_file(http_request: Request, caller: Anyone, name: str) -> Response:
        del caller
        found = maps.find(http_request, name)
        if found is None:
            raise NotThereError
        return found

    def show(http_request: Request, caller: Caller, week: str | None) -> HTMLResponse:
        pages = _pages(office, caller, http_request)
        weeks = pages.weeks()
        monday = parse_week(week) if week is not None else (weeks[0] if weeks else None)
        if monday is not None and monday not in {each.monday for each in pages.schedule.weeks}:
            raise NotThereError
        return render(
            http_request,
            "public/map.html",
            monday=monday,
            week="" if monday is None else week_name(monday),
            visits=() if monday is None else pages.in_week(monday),
            weeks=[(each, week_name(each)) for each in weeks],
        )

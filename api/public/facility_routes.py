"""What stops and the office offer: the office's pages that say it."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import signed_in
from api.entities import Role
from api.errors import NotThereError
from api.office import Office
from api.pages import Toast, go_to, reader_language, reader_words, render
from api.public.forms import checked_line, shown_again
from api.public.looking import MOST_TYPED, facilities_of, find_places
from api.public.words import AMENITIES, amenity_names
from api.schedule import find_public_place
from api.store.facilities import (
    OFFICE,
    Facilities,
    drop_facilities,
    find_facilities,
    list_facilities,
    put_facilities,
)
from api.store.scope import RegencyCode, Writing
from geodata.region import Region
from geodata.sites import Amenity

_PAGE: Final = "/kantor/fasilitas"
_NOTE: Final = 200
Editor = Annotated[Caller, Depends(signed_in(Role.PLANNER, Role.ADMIN))]


def add_facilities(router: APIRouter, office: Office) -> None:
    """Put their routes in."""

    @router.get(_PAGE)
    def show(
        http_request: Request,
        caller: Editor,
        cari: Annotated[str, Query(max_length=MOST_TYPED)] = "",
        tempat: Annotated[str, Query(max_length=64)] = "",
    ) -> HTMLResponse:
        region, said = office.region(_code(caller)), office.read(_code(caller), list_facilities)
        if tempat:
            name = _name(region, tempat)
            known = facilities_of(region, said, tempat)
            return form(http_request, known, name, "", HTTPStatus.OK)
        words = reader_words(http_request)
        codes = [place.code for place in find_places(region, cari)] if cari.strip() else [OFFICE, *said]
        rows = [
            (code, _name(region, code), amenity_names(own.amenities, words), own.note)
            for code in dict.fromkeys(codes)
            if (own := facilities_of(region, said, code)) and _is_known(region, code)
        ]
        return render(http_request, "public/facilities.html", rows=rows, typed=cari)

    @router.post(_PAGE)
    def save(
        http_request: Request,
        caller: Editor,
        tempat: Annotated[str, Form(max_length=64)],
        fasilitas: Annotated[list[str] | None, Form(max_length=20)] = None,
        catatan: Annotated[str, Form(max_length=1000)] = "",
    ) -> Response:
        region, name = office.region(_code(caller)), _name(office.region(_code(caller)), tempat)
        note, gettext = catatan.strip(), reader_language(http_request).gettext
        chosen = frozenset(each for each in Amenity if each in (fasilitas or ()))
        fault = checked_line(note, _NOTE, gettext)
        if fault:
            again = Facilities(tempat, chosen, shown_again(note, 1000))
            return form(http_request, again, name, fault, HTTPStatus.UNPROCESSABLE_ENTITY)
        del region
        former = put(caller, Facilities(tempat, chosen, note))
        return go_to(http_request, _PAGE, Toast(gettext("The facilities were kept."), _undo(tempat, former)))

    @router.post(f"{_PAGE}/kembali")
    def undo(
        http_request: Request,
        caller: Editor,
        tempat: Annotated[str, Query(max_length=64)],
        fasilitas: Annotated[list[str] | None, Query(max_length=20)] = None,
        catatan: Annotated[str, Query(max_length=_NOTE)] = "",
        hapus: Annotated[bool, Query()] = False,  # noqa: FBT002 (a query)
    ) -> Response:
        _name(office.region(_code(caller)), tempat)
        chosen = frozenset(each for each in Amenity if each in (fasilitas or ()))
        former = put(caller, None if hapus else Facilities(tempat, chosen, catatan), tempat)
        text = reader_language(http_request).gettext("The facilities are as they were before.")
        return go_to(http_request, _PAGE, Toast(text, _undo(tempat, former)))

    def put(caller: Caller, new: Facilities | None, place: str = "") -> Facilities | None:
        by, at = caller.by, office.now()

        def change(scope: Writing) -> Facilities | None:
            former = find_facilities(scope, new.place if new is not None else place)
            if new is None:
                drop_facilities(scope, place, by=by, at=at)
            else:
                put_facilities(scope, new, by=by, at=at)
            return former

        return office.write(_code(caller), change)

    def form(http_request: Request, known: Facilities, name: str, fault: str, status: HTTPStatus) -> HTMLResponse:
        gettext = reader_language(http_request).gettext
        options = [(each.value, gettext(text)) for each, text in AMENITIES.items()]
        return render(
            http_request,
            "public/facility.html",
            status=status,
            place=known.place,
            name=name,
            options=options,
            chosen=[each.value for each in known.amenities],
            note=known.note,
            most=_NOTE,
            fault=fault,
        )


def _code(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency


def _is_known(region: Region, code: str) -> bool:
    return code == OFFICE or find_public_place(region, code) is not None


def _name(region: Region, code: str) -> str:
    if code == OFFICE:
        return region.office.name
    place = find_public_place(region, code)
    if place is None:
        raise NotThereError
    return place.spot


def _undo(place: str, former: Facilities | None) -> str:
    query: list[tuple[str, str]] = [("tempat", place)]
    if former is None:
        query.append(("hapus", "1"))
    else:
        query += [("fasilitas", each) for each in sorted(former.amenities)]
        query += [("catatan", former.note)] if former.note else []
    return f"{_PAGE}/kembali?{urlencode(query)}"

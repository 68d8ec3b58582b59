"""Addresses of a week's plan: documents under ``/api/v1``, maps under ``/maps``, and a page that leads to them."""

import base64
import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as PathPart
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.documents import ItineraryDocument, ProblemDocument, UnservedDocument
from api.errors import UnknownParameterError, UnknownPlanError
from api.i18n import language
from api.itineraries.service import ServedWeek
from maps.document import as_document, unserved_document
from maps.words import Words

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = (_HERE / "static" / "index.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_INDEX_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Lang = Annotated[Literal["id", "en"], Query(description="Language of texts.")]
Vehicle = Annotated[
    str | None, Query(description="Only this vehicle.", min_length=1, max_length=100, examples=["moling-1"])
]
Day = Annotated[date | None, Query(alias="date", description="Only this day.", examples=["2026-12-07"])]
Week = Annotated[str, PathPart(pattern=r"^\d{4}-W\d{2}$", examples=["2026-W50"])]
_PROBLEMS: dict[int | str, dict[str, object]] = {
    404: {"model": ProblemDocument, "description": "There is no such thing."},
    422: {"model": ProblemDocument, "description": "The address or its query is not understood."},
}


def refuse_unknown_parameters(http_request: Request) -> None:
    """Refuse a query parameter that the address does not know: a misspelt filter must not answer with everything."""
    dependant = http_request.scope["route"].dependant
    known = [field.alias for field in dependant.query_params]
    unknown = [name for name in http_request.query_params if name not in known]
    if unknown:
        raise UnknownParameterError(unknown, known)


def week_router(week: ServedWeek) -> APIRouter:
    """The addresses of one plan."""
    router = APIRouter(dependencies=[Depends(refuse_unknown_parameters)], responses=_PROBLEMS)
    _add_documents(router, week)
    _add_pages(router, week)
    return router


def _add_documents(router: APIRouter, week: ServedWeek) -> None:
    @router.get(
        "/api/v1/plans/{name}",
        tags=["plans"],
        summary="The plan of a week, in the format moling/plan",
        response_class=Response,
        responses={200: {"content": {"application/json": {"example": {"format": "moling/plan", "version": 1}}}}},
    )
    def get_plan(name: Week) -> Response:
        if name != week.iso_week:
            raise UnknownPlanError(name, week.iso_week)
        return Response(week.plan_document, media_type="application/json", headers={"ETag": f'"{week.plan_sha256}"'})

    @router.get("/api/v1/itineraries", tags=["itineraries"], summary="Days of vans, by day and van")
    def list_itineraries(vehicle: Vehicle = None, day: Day = None, lang: Lang = "id") -> list[ItineraryDocument]:
        gettext = language(lang).gettext
        found = week.list_itineraries(vehicle, day)
        return [ItineraryDocument.model_validate(as_document(each, gettext=gettext)) for each in found]

    @router.get("/api/v1/unserved", tags=["itineraries"], summary="Visits left out, each with its reason")
    def list_unserved(lang: Lang = "id") -> list[UnservedDocument]:
        gettext = language(lang).gettext
        left_out = (*week.itinerary.unserved, *week.itinerary.waiting)
        return [UnservedDocument.model_validate(unserved_document(each, gettext=gettext)) for each in left_out]


def _add_pages(router: APIRouter, week: ServedWeek) -> None:
    @router.get("/", include_in_schema=False)
    def show_index(lang: Lang = "id") -> HTMLResponse:
        spoken = language(lang)
        words = Words(spoken.gettext, lang)
        template = _TEMPLATES.get_template("index.html")
        style = Markup(_STYLE)  # noqa: S704 (our own file)
        page = template.render(week=week, words=words, lang=lang, gettext=spoken.gettext, style=style)
        return HTMLResponse(page, headers={"Content-Security-Policy": _INDEX_POLICY})

    @router.get("/maps/week", tags=["maps"], summary="The week's map, a page", response_class=HTMLResponse)
    def show_week() -> HTMLResponse:
        return HTMLResponse(week.week_page)

    @router.get(
        "/maps/{vehicle}/{day}", tags=["maps"], summary="The map of a van's day, a page", response_class=HTMLResponse
    )
    def show_day(vehicle: Annotated[str, PathPart(examples=["moling-1"])], day: date) -> HTMLResponse:
        return HTMLResponse(week.get_day_page(vehicle, day))

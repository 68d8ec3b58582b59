"""``/api/v1/itineraries``, ``unserved``, ``visits``, ``changes``."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as PathPart

from api.auth.caller import Caller
from api.auth.policies import by_token
from api.documents import ItineraryDocument, UnservedDocument
from api.entities import PlanId, Role
from api.errors import NotThereError, UnfitFormError
from api.i18n import N_
from api.integration.answers import CHANGING, AskedChanges, problems
from api.integration.plan_routes import OFFICE, WeekQuery
from api.integration.plans import (
    MOST_DAYS,
    PUBLIC_DAYS,
    change_document,
    change_published,
    public_visits,
    published_week,
)
from api.integration.schemas import ChangeDocument, ChangeInput, Code, PublicVisitDocument
from api.office import Office
from api.store.changes import list_changes, take_back
from api.store.errors import MissingError
from api.store.plans import list_published
from api.store.scope import Reading, RegencyCode
from maps.document import as_document, unserved_document

Lang = Annotated[Literal["id", "en"], Query(description="Language of texts.")]
Day = Annotated[date | None, Query(ge=date(2000, 1, 3), le=date(2099, 12, 31))]


def add_visit_routes(router: APIRouter, office: Office) -> None:
    """Add the addresses of what vans do, and of what changes about it."""
    _add_itineraries(router, office)
    _add_visits(router, office)
    _add_changes(router, office)


def _add_itineraries(router: APIRouter, office: Office) -> None:
    options: dict[str, Any] = {"tags": ["itineraries"]}

    @router.get("/itineraries", summary="Days of vans of a published week, by day and van", **options)
    def list_itineraries(
        caller: Annotated[Caller, Depends(by_token(*OFFICE, Role.CREW))],
        week: WeekQuery = None,
        vehicle: Annotated[Code | None, Query(description="Only this vehicle.", examples=["moling-1"])] = None,
        day: Annotated[Day, Query(alias="date", description="Only this day.", examples=["2026-12-07"])] = None,
        lang: Lang = "id",
    ) -> list[ItineraryDocument]:
        """Of this week where none is named. 404 where none is published."""
        found = published_week(office, RegencyCode(caller.regency or ""), week).itineraries
        gettext = office.language(lang).gettext
        return [
            ItineraryDocument.model_validate(as_document(each, gettext=gettext))
            for each in found
            if vehicle in {None, each.vehicle.id} and day in {None, each.day}
        ]

    @router.get("/unserved", summary="Visits that a published week leaves out, each with its reason", **options)
    def list_unserved(
        caller: Annotated[Caller, Depends(by_token(*OFFICE))], week: WeekQuery = None, lang: Lang = "id"
    ) -> list[UnservedDocument]:
        """Those that were asked for or due first, then villages that wait. 404 where none is published."""
        found = published_week(office, RegencyCode(caller.regency or ""), week)
        gettext = office.language(lang).gettext
        left_out = (*found.unserved, *found.waiting)
        return [UnservedDocument.model_validate(unserved_document(each, gettext=gettext)) for each in left_out]


def _add_visits(router: APIRouter, office: Office) -> None:
    @router.get("/visits", tags=["visits"], summary="Published visits that everybody may know, with what changed")
    def list_visits(
        caller: Annotated[Caller, Depends(by_token())],
        first: Annotated[Day, Query(description="Default: today.", examples=["2026-12-07"])] = None,
        last: Annotated[Day, Query(description="Default: four weeks after the first.", examples=["2026-12-13"])] = None,
        village: Annotated[Code | None, Query(description="Only in this one.", examples=["1219042001"])] = None,
        lang: Lang = "id",
    ) -> list[PublicVisitDocument]:
        """
        From the beginning of this month on, at most three months. Visits to homes, and to houses that are closed to
        others, are left out.
        """
        regency = RegencyCode(caller.regency or "")
        start = first or office.today(regency)
        end = last or start + timedelta(days=PUBLIC_DAYS)
        if not timedelta(0) <= end - start <= timedelta(days=MOST_DAYS):
            raise UnfitFormError(N_("Ask for days in their order, and for three months at most."))
        return public_visits(office, regency, start, end, village, office.language(lang).gettext)


def _add_changes(router: APIRouter, office: Office) -> None:
    options: dict[str, Any] = {"tags": ["changes"]}

    @router.get(
        "/changes",
        operation_id="list_changes",
        summary="Changes of published visits that count, the newest first",
        **options,
    )
    def list_counting(
        caller: Annotated[Caller, Depends(by_token(*OFFICE, Role.CREW))],
        plan: Annotated[Code | None, Query(description="Only of this version.", examples=["2026-W50-v1"])] = None,
    ) -> list[ChangeDocument]:
        """Of that version, or of all that are published for the last week and later."""
        regency = RegencyCode(caller.regency or "")
        today = office.today(regency)

        def look(scope: Reading) -> list[ChangeDocument]:
            if plan is not None:
                plans = [PlanId(plan)]
            else:
                since = today - timedelta(days=today.weekday() + 7)
                plans = [each.id for each in list_published(scope, since, date.max)]
            found = [each for name in plans for each in list_changes(scope, name)]
            return [change_document(each) for each in sorted(found, key=lambda each: each.at, reverse=True)]

        return office.read(regency, look)

    @router.post(
        "/changes",
        operation_id="change_visit",
        summary="Cancel or move a published visit",
        status_code=HTTPStatus.CREATED,
        responses=problems(*CHANGING),
        **options,
    )
    def change(
        changes: AskedChanges,
        sent: ChangeInput,
        caller: Annotated[Caller, Depends(by_token(Role.PLANNER))],
    ) -> ChangeDocument:
        """An earlier change of the same visit counts no more. Public pages show it at once."""
        regency, now = RegencyCode(caller.regency or ""), office.now()
        try:
            week = office.itinerary(regency, PlanId(sent.plan))
        except MissingError as error:
            raise NotThereError from error
        return changes.make(sent, ChangeDocument, lambda scope: change_published(scope, caller, week, sent, at=now))

    @router.delete(
        "/changes/{change}",
        summary="Take a change back",
        status_code=HTTPStatus.NO_CONTENT,
        responses=problems(),
        **options,
    )
    def take_change_back(
        change: Annotated[Code, PathPart(description="Code of the change.", examples=["0a1b2c3d4e5f"])],
        caller: Annotated[Caller, Depends(by_token(Role.PLANNER))],
    ) -> Response:
        """The visit is as it was published."""
        now = office.now()
        try:
            office.write(
                RegencyCode(caller.regency or ""), lambda scope: take_back(scope, change, by=caller.by, at=now)
            )
        except MissingError as error:
            raise NotThereError from error
        return Response(status_code=HTTPStatus.NO_CONTENT)

"""The planner's first pages: a week with its versions, solving with live progress, the steps to publication."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from api.auth.caller import Caller
from api.auth.policies import signed_in
from api.entities import PlanId, PlanState, Role, UserId
from api.errors import InvalidWeekError, NotThereError, UnfitFormError
from api.i18n import N_, Gettext, Language
from api.job_states import JobProgress, JobState
from api.office import Office
from api.pages import Toast, go_to, local_time, reader_language, reader_words, render, render_part
from api.planning.week_service import (
    ShownWeek,
    change_published,
    expect_step,
    find_stop,
    needs_reason,
    show_week,
    step_week,
    undo_change,
    week_after,
)
from api.served_maps import ServedMaps
from api.store.scope import RegencyCode
from api.weeks import parse_week, week_name
from geodata.areas import village_areas
from maps.itinerary import Itinerary, WeekItinerary
from maps.week_map import week_map
from maps.words import Words

_ROOT: Final = "/kantor/pekan"
_MAPS: Final = "/kantor/peta/"
_LIMITS_S: Final = (10, 20, 60, 180)
_TICK_S: Final = 0.5
_KEPT_PARTS: Final = 40
_READERS: Final = (Role.PLANNER, Role.APPROVER, Role.AUDITOR, Role.ADMIN)
_STEP_PATHS: Final = {
    "ajukan": PlanState.SUBMITTED,
    "kembalikan": PlanState.RETURNED,
    "setujui": PlanState.APPROVED,
    "terbitkan": PlanState.PUBLISHED,
    "arsipkan": PlanState.ARCHIVED,
}
_STEP_BUTTONS: Final = {
    PlanState.SUBMITTED: N_("Submit for approval"),
    PlanState.RETURNED: N_("Return to the planner"),
    PlanState.APPROVED: N_("Approve"),
    PlanState.PUBLISHED: N_("Publish"),
    PlanState.ARCHIVED: N_("Put away"),
}
_STEP_TOLD: Final = {
    PlanState.SUBMITTED: N_("Version {version} waits for approval."),
    PlanState.RETURNED: N_("Version {version} went back to its planner."),
    PlanState.APPROVED: N_("Version {version} is approved; its slots were offered to the hosts."),
    PlanState.PUBLISHED: N_("Version {version} is published; citizens see it now."),
    PlanState.ARCHIVED: N_("Version {version} was put away."),
}
_NAMES: Final = {state: name for name, state in _STEP_PATHS.items()}

Reader = Annotated[Caller, Depends(signed_in(*_READERS))]
Planner = Annotated[Caller, Depends(signed_in(Role.PLANNER))]
Mover = Annotated[Caller, Depends(signed_in(Role.PLANNER, Role.APPROVER))]
Reason = Annotated[str, Form(max_length=1000)]


def planning_router(office: Office) -> APIRouter:
    """Pages of weeks."""
    router = APIRouter(include_in_schema=False)
    maps = ServedMaps(_MAPS)
    _add_week(router, office)
    _add_solving(router, office)
    _add_maps(router, office, maps)
    _add_steps(router, office)
    _add_changes(router, office)
    return router


def _add_week(router: APIRouter, office: Office) -> None:
    @router.get(_ROOT)
    def find_week(http_request: Request, caller: Reader) -> Response:
        assert caller.regency is not None
        return go_to(http_request, f"{_ROOT}/{week_name(week_after(office, caller.regency))}")

    @router.get(f"{_ROOT}/{{week}}")
    def show(
        http_request: Request, caller: Reader, week: str, versi: Annotated[str | None, Query(max_length=64)] = None
    ) -> HTMLResponse:
        monday = _monday(week)
        shown = show_week(office, caller, monday, versi)
        gettext = reader_language(http_request).gettext
        return render(
            http_request,
            "planning/week.html",
            page=shown,
            version_part="" if shown.shown is None else version_part(shown, reader_language(http_request), caller),
            local=lambda moment: local_time(moment, office.zone(_code(caller))),
            week=week_name(monday),
            before=week_name(monday - timedelta(days=7)),
            after=week_name(monday + timedelta(days=7)),
            can_solve=caller.has(Role.PLANNER),
            limits=[(str(each), gettext("{seconds} seconds").format(seconds=each)) for each in _LIMITS_S],
            progress=None if shown.job is None else _progress_of(office, caller, shown.job.id, http_request),
            failure=None if shown.job is None or shown.job.failure is None else shown.job.failure.text(gettext),
            step_paths=_NAMES,
            step_buttons={state: gettext(text) for state, text in _STEP_BUTTONS.items()},
        )

    parts: OrderedDict[tuple[object, ...], Markup] = OrderedDict()

    def version_part(shown: ShownWeek, lang: Language, caller: Caller) -> Markup:
        version, itinerary = shown.shown, shown.itinerary
        assert version is not None
        assert itinerary is not None
        can_change = version.state is PlanState.PUBLISHED and caller.has(Role.PLANNER)
        changes = tuple(sorted(each.id for each in shown.changes.values()))
        key = (caller.regency, version.id, lang.code, can_change, changes)
        made = parts.get(key)
        if made is None:
            made = parts[key] = render_part(
                lang,
                "planning/version.html",
                itinerary=itinerary,
                board=_board(itinerary),
                changes=shown.changes,
                can_change=can_change,
                root=f"{_ROOT}/{week_name(shown.monday)}",
                plan=version.id,
            )
            while len(parts) > _KEPT_PARTS:
                parts.popitem(last=False)
        return made


def _add_solving(router: APIRouter, office: Office) -> None:
    @router.post(f"{_ROOT}/{{week}}/susun")
    def solve(
        http_request: Request, caller: Planner, week: str, seconds: Annotated[int, Form(ge=2, le=3600)] = 20
    ) -> Response:
        assert caller.regency is not None
        lang = reader_language(http_request)
        asked = office.jobs.enqueue_solve(
            caller.regency, _monday(week), by=UserId(caller.subject), time_limit_s=seconds, language=lang.code
        )
        text = (
            lang.gettext("The week is being planned.")
            if asked.is_new
            else lang.gettext("This week was being planned already; here is how far it has come.")
        )
        return go_to(http_request, f"{_ROOT}/{week}", Toast(text))

    @router.post(f"{_ROOT}/{{week}}/cukup")
    def finish(http_request: Request, caller: Planner, week: str, job: Annotated[str, Form(max_length=64)]) -> Response:
        assert caller.regency is not None
        office.jobs.finish(caller.regency, job)
        text = reader_language(http_request).gettext("Enough: the best plan so far is kept in a moment.")
        return go_to(http_request, f"{_ROOT}/{week}", Toast(text))

    @router.post(f"{_ROOT}/{{week}}/hentikan")
    def cancel(http_request: Request, caller: Planner, week: str, job: Annotated[str, Form(max_length=64)]) -> Response:
        assert caller.regency is not None
        office.jobs.cancel(caller.regency, job)
        text = reader_language(http_request).gettext("Planning was stopped; nothing was kept.")
        return go_to(http_request, f"{_ROOT}/{week}", Toast(text))

    @router.get(f"{_ROOT}/{{week}}/kemajuan/{{job}}")
    async def follow(http_request: Request, caller: Reader, week: str, job: str) -> StreamingResponse:
        assert caller.regency is not None
        del week
        regency = caller.regency
        await run_in_threadpool(office.jobs.job_status, regency, job)  # 404 before the stream begins
        words = reader_words(http_request)

        async def tell() -> AsyncIterator[str]:
            while not await http_request.is_disconnected():
                found = await run_in_threadpool(office.jobs.job_status, regency, job)
                if found.is_over:
                    yield "event: end\ndata: {}\n\n"
                    return
                progress = await run_in_threadpool(office.jobs.progress, regency, job)
                yield f"data: {json.dumps(_told(progress, words, found.state))}\n\n"
                await asyncio.sleep(_TICK_S)

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(tell(), media_type="text/event-stream", headers=headers)


def _add_maps(router: APIRouter, office: Office, maps: ServedMaps) -> None:
    @router.get(f"{_ROOT}/{{week}}/peta/{{plan}}")
    def show_map(http_request: Request, caller: Reader, week: str, plan: str) -> Response:
        assert caller.regency is not None
        del week
        lang = reader_language(http_request)
        itinerary = office.itinerary(caller.regency, PlanId(plan))
        areas = village_areas(office.region(caller.regency))
        return maps.answer(week_map(itinerary, areas, gettext=lang.gettext, locale=lang.code))

    @router.get(f"{_MAPS}{{name}}")
    def get_file(http_request: Request, caller: Reader, name: str) -> Response:
        del caller
        found = maps.find(http_request, name)
        if found is None:
            raise NotThereError
        return found


def _add_steps(router: APIRouter, office: Office) -> None:
    @router.get(f"{_ROOT}/{{week}}/langkah/{{step}}/{{plan}}")
    def preview(http_request: Request, caller: Mover, week: str, step: str, plan: str) -> HTMLResponse:
        return preview_page(http_request, caller, week, step, plan, "", HTTPStatus.OK)

    @router.post(f"{_ROOT}/{{week}}/langkah/{{step}}/{{plan}}")
    def do_step(http_request: Request, caller: Mover, week: str, step: str, plan: str, reason: Reason = "") -> Response:
        gettext = reader_language(http_request).gettext
        state = _state(step)
        try:
            moved = step_week(office, caller, _monday(week), PlanId(plan), state, reason)
        except UnfitFormError as error:
            told = error.text(gettext)
            return preview_page(http_request, caller, week, step, plan, told, HTTPStatus.UNPROCESSABLE_ENTITY)
        text = gettext(_STEP_TOLD[state]).format(version=moved.version)
        return go_to(http_request, f"{_ROOT}/{week}?versi={plan}", Toast(text))

    def preview_page(  # noqa: PLR0913, PLR0917 (parts of the address and what was wrong)
        http_request: Request, caller: Caller, week: str, step: str, plan: str, error: str, status: HTTPStatus
    ) -> HTMLResponse:
        state = _state(step)
        version, counts = expect_step(office, caller, _monday(week), PlanId(plan))
        gettext = reader_language(http_request).gettext
        return render(
            http_request,
            "planning/step.html",
            status=status,
            version=version,
            itinerary=office.itinerary(_code(caller), version.id),
            state=state,
            counts=counts,
            button=gettext(_STEP_BUTTONS[state]),
            action=f"{_ROOT}/{week}/langkah/{step}/{plan}",
            back=f"{_ROOT}/{week}?versi={plan}",
            needs_reason=needs_reason(version, state),
            error=error,
        )


def _add_changes(router: APIRouter, office: Office) -> None:
    @router.get(f"{_ROOT}/{{week}}/ubah/{{plan}}")
    def ask(
        http_request: Request, caller: Planner, week: str, plan: str, kunjungan: Annotated[str, Query(max_length=200)]
    ) -> HTMLResponse:
        return form(http_request, caller, week, plan, kunjungan, "", HTTPStatus.OK)

    @router.post(f"{_ROOT}/{{week}}/ubah/{{plan}}")
    def change(  # noqa: PLR0913, PLR0917 (fields of a form)
        http_request: Request,
        caller: Planner,
        week: str,
        plan: str,
        kunjungan: Annotated[str, Form(max_length=200)],
        kind: Annotated[str, Form(pattern="^(cancelled|moved)$")],
        day: Annotated[str, Form(max_length=10)] = "",
        start: Annotated[str, Form(max_length=5)] = "",
        reason: Reason = "",
    ) -> Response:
        gettext = reader_language(http_request).gettext
        try:
            moved_to = _moment(office, caller, day, start) if kind == "moved" else None
            made = change_published(office, caller, PlanId(plan), kunjungan, reason=reason, moved_to=moved_to)
        except UnfitFormError as error:
            told = error.text(gettext)
            return form(http_request, caller, week, plan, kunjungan, told, HTTPStatus.UNPROCESSABLE_ENTITY)
        text = gettext("The visit is cancelled; citizens see it now.")
        if kind == "moved":
            text = gettext("The visit is moved; citizens see it now.")
        return go_to(http_request, f"{_ROOT}/{week}?versi={plan}", Toast(text, f"/kantor/perubahan/{made.id}/urungkan"))

    @router.post("/kantor/perubahan/{change}/urungkan")
    def undo(http_request: Request, caller: Planner, change: str) -> Response:
        undo_change(office, caller, change)
        text = reader_language(http_request).gettext("Taken back: the visit is as it was published.")
        return go_to(http_request, _ROOT, Toast(text))

    def form(  # noqa: PLR0913, PLR0917 (parts of the address and what was wrong)
        http_request: Request, caller: Caller, week: str, plan: str, visit: str, error: str, status: HTTPStatus
    ) -> HTMLResponse:
        version, stop = find_stop(office, caller, PlanId(plan), visit)
        return render(
            http_request,
            "planning/change.html",
            status=status,
            version=version,
            stop=stop,
            action=f"{_ROOT}/{week}/ubah/{plan}",
            back=f"{_ROOT}/{week}?versi={plan}",
            error=error,
        )


def _board(itinerary: WeekItinerary) -> list[tuple[str, int, list[tuple[date, Itinerary | None]]]]:
    """Name and number of each van that goes out, with its days of the week."""
    vehicles = {each.vehicle.id: each.vehicle for each in itinerary.itineraries}
    rows = sorted(vehicles.values(), key=lambda each: each.number)
    return [
        (each.name, each.number, [(day, itinerary.find_itinerary(each.id, day)) for day in itinerary.days])
        for each in rows
    ]


def _progress_of(office: Office, caller: Caller, job: str, http_request: Request) -> dict[str, str]:
    status = office.jobs.job_status(_code(caller), job)
    return _told(office.jobs.progress(_code(caller), job), reader_words(http_request), status.state)


def _told(progress: JobProgress | None, words: Words, state: JobState) -> dict[str, str]:
    """Progress in words, by field of the page."""
    gettext: Gettext = words.gettext
    if progress is None:
        waiting = gettext("waits for a worker") if state is JobState.QUEUED else gettext("begins")
        return {"state": waiting, "value": "–", "bound": "–", "gap": "–", "served": "–", "seconds": "–"}
    return {
        "state": gettext("searching"),
        "value": "–" if progress.value is None else words.number(round(progress.value)),
        "bound": "–" if progress.bound is None else words.number(round(progress.bound)),
        "gap": "–" if progress.gap is None else f"≤ {words.number(round(100 * progress.gap, 1))} %",
        "served": words.number(progress.served),
        "seconds": words.number(round(progress.seconds)),
    }


def _moment(office: Office, caller: Caller, day: str, start: str) -> datetime:
    try:
        local = datetime.fromisoformat(f"{day}T{start}")
    except ValueError:
        raise UnfitFormError(N_("Say the day and the hour to which the visit is moved.")) from None
    if local.tzinfo is not None:
        raise UnfitFormError(N_("Say the day and the hour to which the visit is moved."))
    return local.replace(tzinfo=office.zone(_code(caller))).astimezone(UTC)


def _monday(week: str) -> date:
    try:
        return parse_week(week)
    except InvalidWeekError:
        raise NotThereError from None


def _state(step: str) -> PlanState:
    if step not in _STEP_PATHS:
        raise NotThereError
    return _STEP_PATHS[step]


def _code(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

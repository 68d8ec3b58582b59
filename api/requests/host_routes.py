"""
Pages of a request for its host: by the status link, or by the account of its school or village.

Both ways lead to the same pages; they differ in where these stand and in how the caller is recognised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import Policy, signed_in, with_link
from api.calendars import MEDIA_TYPE
from api.entities import RequestId, RequestState, Role, TransitionError
from api.errors import NotThereError
from api.office import Office
from api.pages import Toast, go_to, reader_language, reader_words, render
from api.requests.answers import Answers
from api.requests.forms import Sent, address_of, form_view, sent_form
from api.requests.hosting import (
    CANCELLABLE,
    MENDABLE,
    MOST_REASON,
    TOLD,
    Status,
    answer,
    cancel,
    get_status,
    mend,
    parents_text,
    slot_calendar,
    typed_request,
    undo,
)
from api.requests.letters import FILE_FIELD, MOST_UPLOAD
from api.requests.quotas import AddressQuota, SameLetterError
from api.requests.telling import SIGNALS, WISHES, counts_told, letter_told, moment, time_told, timeline
from api.store.requests import find_request
from api.store.scope import RegencyCode
from api.store.secrets import Purpose
from api.store.slots import SlotState
from geodata.sites import SiteKind

FormSent = Annotated[Sent, Depends(sent_form)]


@dataclass(frozen=True, slots=True)
class Door:
    """
    A way in to the pages of a request.

    Attributes
    ----------
    path
        Where the pages stand, as routes write it.
    policy
        Who may come.
    request_of
        Which request the caller came for.
    """

    path: str
    policy: Policy
    request_of: Callable[[Office, Caller, Request], RequestId]


def _by_link(office: Office, caller: Caller, http_request: Request) -> RequestId:
    del office, http_request
    return RequestId(caller.subject)


def _by_account(office: Office, caller: Caller, http_request: Request) -> RequestId:
    code = RequestId(str(http_request.path_params["request"]))
    found = office.read(_regency(caller), lambda scope: find_request(scope, code))
    if found is None or found.place != caller.place or found.state is RequestState.DRAFT:
        raise NotThereError
    return found.id


LINK = Door("/s/{secret}", with_link(Purpose.STATUS_LINK), _by_link)
ACCOUNT = Door("/kantor/permohonanku/{request}", signed_in(Role.SCHOOL, Role.VILLAGE), _by_account)


def host_router(office: Office, door: Door, quota: AddressQuota) -> APIRouter:  # noqa: C901, PLR0915 (one router, many small routes)
    """Pages of a request behind that door."""
    router = APIRouter(include_in_schema=False)
    base = door.path
    Host = Annotated[Caller, Depends(door.policy)]  # noqa: N806 (a type)

    @router.get(base)
    def show(http_request: Request, caller: Host, new: str = "") -> HTMLResponse:
        status = _status(office, door, caller, http_request)
        return _status_page(http_request, office, caller, status, is_new=new == "yes")

    @router.get(f"{base}/jadwal.ics")
    def get_calendar(http_request: Request, caller: Host) -> Response:
        status = _status(office, door, caller, http_request)
        if status.slot is None or status.slot.state is SlotState.DECLINED:
            raise NotThereError
        content = slot_calendar(office, _regency(caller), status, reader_words(http_request))
        headers = {"Content-Disposition": f'attachment; filename="{status.request.id}.ics"'}
        return Response(content, media_type=MEDIA_TYPE, headers=headers)

    @router.post(f"{base}/konfirmasi")
    def confirm(http_request: Request, caller: Host, sent: FormSent) -> Response:
        request = door.request_of(office, caller, http_request)
        is_done = answer(office, caller, request, _number(sent), confirms=True)
        text = reader_language(http_request).gettext("The time is confirmed.")
        return go_to(http_request, _home(http_request), Toast(text) if is_done else None)

    @router.get(f"{base}/tolak")
    def ask_decline(http_request: Request, caller: Host) -> Response:
        return _reason_page(http_request, office, caller, door, "tolak")

    @router.post(f"{base}/tolak")
    def decline(http_request: Request, caller: Host, sent: FormSent) -> Response:
        request = door.request_of(office, caller, http_request)
        answers = Answers(sent.typed)
        reason = answers.text("reason", MOST_REASON, required=True, is_long=True)
        if answers.faults:
            return _reason_page(http_request, office, caller, door, "tolak", answers)
        is_done = answer(office, caller, request, _number(sent), confirms=False, reason=reason)
        text = reader_language(http_request).gettext("The time is declined; the office looks for another.")
        return go_to(http_request, _home(http_request), Toast(text) if is_done else None)

    @router.get(f"{base}/batal")
    def ask_cancel(http_request: Request, caller: Host) -> Response:
        return _reason_page(http_request, office, caller, door, "batal")

    @router.post(f"{base}/batal")
    def do_cancel(http_request: Request, caller: Host, sent: FormSent) -> Response:
        request = door.request_of(office, caller, http_request)
        answers = Answers(sent.typed)
        reason = answers.text("reason", MOST_REASON, is_long=True)
        if answers.faults:
            return _reason_page(http_request, office, caller, door, "batal", answers)
        number = cancel(office, caller, request, reason)
        text = reader_language(http_request).gettext("The request is cancelled.")
        home = _home(http_request)
        return go_to(http_request, home, Toast(text, f"{home}/urungkan/{number}" if number else ""))

    @router.post(f"{base}/urungkan/{{number}}")
    def take_back(http_request: Request, caller: Host, number: int) -> Response:
        request = door.request_of(office, caller, http_request)
        gettext = reader_language(http_request).gettext
        try:
            undo(office, caller, request, number)
        except TransitionError:
            return go_to(http_request, _home(http_request), Toast(gettext("This cannot be taken back any more.")))
        return go_to(http_request, _home(http_request), Toast(gettext("Taken back: all is as it was.")))

    @router.get(f"{base}/perbaiki")
    def show_mend(http_request: Request, caller: Host) -> Response:
        status = _status(office, door, caller, http_request)
        if status.request.state not in MENDABLE:
            return go_to(http_request, _home(http_request))
        return _mend_page(http_request, status, Answers(typed_request(status.request)))

    @router.post(f"{base}/perbaiki", max_body_size=MOST_UPLOAD)
    def do_mend(http_request: Request, caller: Host, sent: FormSent) -> Response:
        status = _status(office, door, caller, http_request)
        if status.request.state not in MENDABLE:
            return go_to(http_request, _home(http_request))
        if sent.text("more"):
            return _mend_page(http_request, status, Answers(sent.typed), sent.text("more"))
        try:
            quota.send_file(address_of(http_request), sent.files)
            answers = mend(office, caller, status.request.id, sent.typed, sent.content(FILE_FIELD))
        except SameLetterError as error:
            answers = Answers(sent.typed)
            answers.refuse("letter_number", error.message)
        if answers.faults:
            return _mend_page(http_request, status, answers)
        text = reader_language(http_request).gettext("Your changes are with the office.")
        return go_to(http_request, _home(http_request), Toast(text))

    return router


def _status(office: Office, door: Door, caller: Caller, http_request: Request) -> Status:
    return get_status(office, _regency(caller), door.request_of(office, caller, http_request))


def _status_page(
    http_request: Request, office: Office, caller: Caller, status: Status, *, is_new: bool
) -> HTMLResponse:
    regency, words, home = _regency(caller), reader_words(http_request), _home(http_request)
    zone, request, slot = office.zone(regency), status.request, status.slot
    told = request.state in TOLD and slot is not None
    parents = parents_text(office, regency, status, words) if told else ""
    slot_told = None
    if slot is not None:
        starts, ends = slot.starts.astimezone(zone), slot.ends.astimezone(zone)
        slot_told = f"{words.day(starts.date())}, {words.span(starts, ends)}"
    change, moved_to = status.change, ""
    if change is not None and change.moved_to is not None:
        moved_to = moment(change.moved_to, zone, words)
    link = f"{office.settings.public_url}{home}"
    place = request.place if status.host is None else status.host.name
    share = words.gettext("Request {code} of {host}: {link}").format(code=request.id, host=place, link=link)
    page = render(
        http_request,
        "requests/status.html",
        status_of=status,
        request=request,
        place=place,
        where="" if status.host is None else status.host.where,
        is_school=request.kind is not SiteKind.VILLAGE_HALL,
        home=home,
        is_new=is_new,
        link=link,
        share_url=f"https://wa.me/?text={quote(share)}",
        items=timeline(status.steps, zone, words),
        slot=slot,
        slot_told=slot_told,
        change=change,
        moved_to=moved_to,
        parents=parents,
        parents_url=f"https://wa.me/?text={quote(parents)}",
        letter=letter_told(request, words),
        counts=counts_told(request, words),
        times=time_told(request, words),
        wishes=WISHES,
        can_mend=request.state in MENDABLE,
        can_cancel=request.state in CANCELLABLE,
        filed=moment(status.steps[0].at, zone, words) if status.steps else "",
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _reason_page(
    http_request: Request, office: Office, caller: Caller, door: Door, act: str, answers: Answers | None = None
) -> Response:
    status, words = _status(office, door, caller, http_request), reader_words(http_request)
    home = _home(http_request)
    is_open = (
        status.request.state is RequestState.SLOT_OFFERED if act == "tolak" else status.request.state in CANCELLABLE
    )
    if not is_open:
        return go_to(http_request, home)
    slot_told = ""
    if status.slot is not None and status.slot.state is not SlotState.DECLINED:
        zone = office.zone(_regency(caller))
        slot_told = moment(status.slot.starts, zone, words)
    return render(
        http_request,
        f"requests/{act}.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if answers is not None else HTTPStatus.OK,
        form=form_view(
            http_request, {} if answers is None else answers.typed, {} if answers is None else answers.faults
        ),
        request=status.request,
        slot=status.slot,
        slot_told=slot_told,
        home=home,
    )


def _mend_page(http_request: Request, status: Status, answers: Answers, more: str = "") -> HTMLResponse:
    return render(
        http_request,
        "requests/mend.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if answers.faults else HTTPStatus.OK,
        form=form_view(http_request, answers.typed, answers.faults, more),
        request=status.request,
        reason=status.last_reason if status.request.state is RequestState.NEEDS_CORRECTION else "",
        signals=SIGNALS,
        home=_home(http_request),
    )


def _home(http_request: Request) -> str:
    # The page of the request: the first two or three parts of any address behind its door.
    parts = http_request.url.path.split("/")
    return "/".join(parts[: 3 if parts[1] == "s" else 4])


def _number(sent: Sent) -> int:
    text = sent.text("slot")
    if not (text.isascii() and text.isdigit()) or len(text) > 4:  # noqa: PLR2004 (a count of slots)
        raise NotThereError
    return int(text)


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

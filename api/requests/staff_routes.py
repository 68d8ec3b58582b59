"""The office's pages of requests: the inbox, a request with its letter, decisions with the way back."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.attachments.cleaning import JPEG
from api.auth.caller import Caller
from api.auth.policies import signed_in
from api.entities import RequestId, RequestState, Role, TransitionError, Wish
from api.errors import NotThereError
from api.office import Office
from api.pages import Toast, go_to, reader_language, reader_words, render
from api.requests.filing import new_link
from api.requests.forms import FormView, Sent, form_view, sent_form
from api.requests.handling import DONE, Act, decide
from api.requests.hosting import undo
from api.requests.inbox import ROWS_A_PAGE, Tab, open_case, open_inbox
from api.requests.letters import find_letters, open_letter
from api.requests.quotas import find_same_letter
from api.requests.telling import KINDS, WISHES, counts_told, letter_told, moment, time_told, timeline
from api.store.scope import RegencyCode

FormSent = Annotated[Sent, Depends(sent_form)]
READERS: Final = (Role.PLANNER, Role.APPROVER, Role.AUDITOR, Role.ADMIN)
_LETTER_READERS: Final = (Role.PLANNER, Role.APPROVER)
"""Letters and contacts hold names; whoever looks after accounts or audits needs none of them."""
Reader = Annotated[Caller, Depends(signed_in(*READERS))]
LetterReader = Annotated[Caller, Depends(signed_in(*_LETTER_READERS))]
Planner = Annotated[Caller, Depends(signed_in(Role.PLANNER))]


def staff_router(office: Office) -> APIRouter:
    """Inbox and pages of single requests."""
    router = APIRouter(include_in_schema=False)

    @router.get("/kantor/permohonan")
    def show_inbox(  # noqa: PLR0913, PLR0917 (what an address of the inbox says)
        http_request: Request,
        caller: Reader,
        tab: Tab = Tab.COMPLETE,
        state: str = "",
        q: str = "",
        sort: str = "received",
        page: int = 1,
    ) -> HTMLResponse:
        wanted = next((each for each in RequestState if each == state), None)
        inbox = open_inbox(office, _regency(caller), tab, state=wanted, typed=q[:100], sort=sort, page=page)
        return render(
            http_request,
            "requests/inbox.html",
            inbox=inbox,
            tab=tab,
            tabs=list(Tab),
            state=state if wanted else "",
            states=[each for each in RequestState if each is not RequestState.DRAFT],
            q=q[:100],
            sort=sort,
            wishes=WISHES,
            rows_a_page=ROWS_A_PAGE,
            may_write=caller.has(Role.PLANNER),
        )

    @router.get("/kantor/permohonan/{request}")
    def show_case(http_request: Request, caller: Reader, request: str) -> HTMLResponse:
        return _case_page(http_request, office, caller, RequestId(request), form_view(http_request, {}))

    @router.get("/kantor/permohonan/{request}/surat/{attachment}")
    def get_letter(caller: LetterReader, request: str, attachment: str) -> Response:
        found, content = open_letter(office, _regency(caller), RequestId(request), attachment)
        name = f"{found.request}.{'jpg' if found.media_type == JPEG else 'pdf'}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(content, media_type=found.media_type, headers=headers)

    @router.post("/kantor/permohonan/{request}/urungkan/{number}")
    def take_back(http_request: Request, caller: Planner, request: str, number: int) -> Response:
        gettext, page = reader_language(http_request).gettext, f"/kantor/permohonan/{quote(request)}"
        try:
            undo(office, caller, RequestId(request), number)
        except TransitionError:
            return go_to(http_request, page, Toast(gettext("This cannot be taken back any more.")))
        return go_to(http_request, page, Toast(gettext("Taken back: all is as it was.")))

    @router.post("/kantor/permohonan/{request}/tautan")
    def make_link(http_request: Request, caller: Planner, request: str) -> HTMLResponse:
        case = open_case(office, _regency(caller), RequestId(request), sees_contact=True)
        secret = new_link(office, _regency(caller), case.request.id, by=caller.by)
        link = f"{office.settings.public_url}/s/{secret}"
        text = reader_language(http_request).gettext("Request {code} of {host}: {link}")
        told = text.format(code=case.request.id, host=case.host.name if case.host else case.request.place, link=link)
        number = "" if case.contact is None else case.contact.whatsapp
        # Shown in the answer itself: in an address or a cookie the secret would lie about.
        page = render(
            http_request,
            "requests/link.html",
            request=case.request,
            link=link,
            share_url=f"https://wa.me/{number}?text={quote(told)}",
        )
        page.headers["Cache-Control"] = "no-store"
        return page

    @router.post("/kantor/permohonan/{request}/{act}")
    def take_decision(http_request: Request, caller: Planner, request: str, act: Act, sent: FormSent) -> Response:
        code = RequestId(request)
        decided = decide(office, caller, code, act, sent.typed)
        if decided.answers.faults:
            form = form_view(http_request, sent.typed, decided.answers.faults)
            return _case_page(http_request, office, caller, code, form)
        case = open_case(office, _regency(caller), code, sees_contact=False)
        host = case.host.name if case.host else case.request.place
        text = reader_language(http_request).gettext(DONE[act]).format(code=code, host=host)
        undo_url = f"/kantor/permohonan/{code}/urungkan/{decided.step}"
        return go_to(http_request, "/kantor/permohonan", Toast(text, undo_url) if decided.step else None)

    return router


def _case_page(http_request: Request, office: Office, caller: Caller, code: RequestId, form: FormView) -> HTMLResponse:
    regency, words = _regency(caller), reader_words(http_request)
    sees = caller.has(*_LETTER_READERS)
    case = open_case(office, regency, code, sees_contact=sees)
    request, zone = case.request, office.zone(regency)
    if request.state is RequestState.DRAFT:
        raise NotThereError
    same = office.read(regency, lambda scope: find_same_letter(scope, request.place, request.letter.number))
    return render(
        http_request,
        "requests/case.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.faults else HTTPStatus.OK,
        case=case,
        request=request,
        name=case.host.name if case.host else request.place,
        form=form,
        items=timeline(case.steps, zone, words),
        letters=find_letters(office, regency, code),
        slots=[(each, moment(each.starts, zone, words)) for each in case.slots],
        same=same if same is not None and same.id != code else None,
        letter=letter_told(request, words),
        counts=counts_told(request, words),
        times=time_told(request, words),
        kinds=KINDS,
        wishes=WISHES,
        sees_contact=sees,
        may_write=caller.has(Role.PLANNER),
        acts=Act,
        is_visit=request.wish is Wish.VISIT,
    )


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

"""The public form: choose what is wished, then three or four short pages; each is kept as it is sent."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import everyone, with_link
from api.entities import Wish
from api.errors import NotThereError
from api.office import Office
from api.pages import Toast, go_to, reader_language, reader_words, render
from api.requests.answers import Answers, Fault
from api.requests.drafting import (
    Draft,
    Step,
    begin_draft,
    choose_place,
    compose,
    earlier_request,
    file_draft,
    open_draft,
    refiled,
    remove_file,
    take_step,
)
from api.requests.forms import Sent, address_of, form_view, sent_form
from api.requests.letters import FILE_FIELD, MOST_UPLOAD
from api.requests.parts import exceeds_roll
from api.requests.places import MOST_FOUND, find_host, search_hosts
from api.requests.quotas import AddressQuota, SameLetterError, TooManyOpenError
from api.requests.telling import KINDS, SIGNALS, WISHES, counts_told, letter_told, time_told
from api.store.scope import RegencyCode
from api.store.secrets import Purpose

FormSent = Annotated[Sent, Depends(sent_form)]
DraftCaller = Annotated[Caller, Depends(with_link(Purpose.DRAFT))]


def form_router(office: Office, quota: AddressQuota) -> APIRouter:  # noqa: C901 (one router, many small routes)
    """Pages of the public form."""
    router = APIRouter(include_in_schema=False)

    @router.get("/{regency}/permohonan")
    def show_start(http_request: Request, caller: Annotated[Caller, Depends(everyone())]) -> HTMLResponse:
        return render(http_request, "requests/start.html", form=form_view(http_request, {}), regency=caller.regency)

    @router.post("/{regency}/permohonan")
    def start(http_request: Request, caller: Annotated[Caller, Depends(everyone())], sent: FormSent) -> Response:
        answers = Answers(sent.typed)
        wish = answers.one_of("wish", list(Wish), Wish.VISIT)
        if answers.faults:
            form = form_view(http_request, sent.typed, answers.faults)
            return render(
                http_request,
                "requests/start.html",
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
                form=form,
                regency=caller.regency,
            )
        quota.begin(address_of(http_request))
        secret = begin_draft(office, _regency(caller), Wish(wish))
        return go_to(http_request, f"/d/{secret}/{Step.PLACE}")

    @router.get("/d/{secret}/{part}")
    def show_step(http_request: Request, caller: DraftCaller, part: str, q: str = "") -> Response:
        draft = open_draft(office, _regency(caller), caller.subject)
        if draft.filed is not None:
            return render(http_request, "requests/filed_already.html", action=f"/d/{caller.secret}/{Step.CHECK}")
        wanted = _step(draft, part)
        if draft.steps.index(wanted) > draft.steps.index(draft.first_open):
            return go_to(http_request, f"/d/{caller.secret}/{draft.first_open}")
        if wanted is Step.PLACE:
            return _place_page(http_request, office, caller, draft, q)
        return _step_page(http_request, office, caller, draft, wanted)

    @router.post("/d/{secret}/tempat")
    def take_place(http_request: Request, caller: DraftCaller, sent: FormSent) -> Response:
        regency = _regency(caller)
        draft = open_draft(office, regency, caller.subject)
        host = find_host(office.region(regency), sent.text("place"))
        if host is None or (draft.wish is not Wish.VISIT and not host.is_village):
            text = reader_language(http_request).gettext("Choose one of those that are shown; search for it first.")
            return _place_page(http_request, office, caller, draft, sent.text("q"), text)
        choose_place(office, regency, draft, host)
        return go_to(http_request, f"/d/{caller.secret}/{draft.following(Step.PLACE)}")

    @router.post("/d/{secret}/periksa")
    def file(http_request: Request, caller: DraftCaller, sent: FormSent) -> Response:
        regency = _regency(caller)
        draft = open_draft(office, regency, caller.subject)
        if draft.filed is not None:
            return go_to(http_request, f"/s/{refiled(office, regency, draft.filed).link}")
        if draft.first_open is not Step.CHECK:
            return go_to(http_request, f"/d/{caller.secret}/{draft.first_open}")
        quota.file(address_of(http_request))
        try:
            filed, answers = file_draft(office, regency, draft, sent.typed)
        except (SameLetterError, TooManyOpenError) as error:
            answers = Answers(sent.typed)
            answers.refuse("letter", error.message, **error.params)
            filed = None
        if filed is None:
            return _step_page(http_request, office, caller, draft, Step.CHECK, answers)
        return go_to(http_request, f"/s/{filed.link}?new=yes")

    @router.post("/d/{secret}/surat/hapus")
    def drop_file(http_request: Request, caller: DraftCaller) -> Response:
        regency = _regency(caller)
        remove_file(office, regency, open_draft(office, regency, caller.subject))
        text = reader_language(http_request).gettext("The file is taken away.")
        return go_to(http_request, f"/d/{caller.secret}/{Step.LETTER}", Toast(text))

    @router.post("/d/{secret}/{part}", max_body_size=MOST_UPLOAD)
    def take(http_request: Request, caller: DraftCaller, part: str, sent: FormSent) -> Response:
        regency = _regency(caller)
        draft = open_draft(office, regency, caller.subject)
        wanted = _step(draft, part)
        if draft.filed is not None or draft.host is None:
            return go_to(http_request, f"/d/{caller.secret}/{draft.first_open}")
        if sent.text("more"):
            return _step_page(http_request, office, caller, draft, wanted, Answers(sent.typed), sent.text("more"))
        quota.send_file(address_of(http_request), sent.files)
        answers = take_step(office, regency, draft, wanted, sent.typed, sent.content(FILE_FIELD))
        if answers.faults:
            return _step_page(http_request, office, caller, draft, wanted, answers)
        return go_to(http_request, f"/d/{caller.secret}/{draft.following(wanted)}")

    return router


def _place_page(
    http_request: Request, office: Office, caller: Caller, draft: Draft, typed: str, error: str = ""
) -> HTMLResponse:
    found = search_hosts(office.region(_regency(caller)), typed, draft.wish)
    faults = {"place": Fault(error)} if error else {}
    return render(
        http_request,
        "requests/place.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        draft=draft,
        form=form_view(http_request, {}, faults),
        secret=caller.secret,
        q=typed[:100],
        found=found[:MOST_FOUND],
        more=max(0, len(found) - MOST_FOUND),
        kinds=KINDS,
        **_progress(http_request, draft, Step.PLACE),
    )


def _step_page(  # noqa: PLR0913, PLR0917 (a page and what was typed)
    http_request: Request,
    office: Office,
    caller: Caller,
    draft: Draft,
    step: Step,
    answers: Answers | None = None,
    more: str = "",
) -> HTMLResponse:
    is_refused = answers is not None and bool(answers.faults)
    assert draft.host is not None
    shared = {
        "status": HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK,
        "draft": draft,
        "secret": caller.secret,
        "host": draft.host,
        "signals": SIGNALS,
        **_progress(http_request, draft, step),
    }
    if step is not Step.CHECK:
        typed = draft.typed.get(step, {}) if answers is None else answers.typed
        form = form_view(http_request, typed, {} if answers is None else answers.faults, more)
        return render(http_request, f"requests/{_TEMPLATES[step]}", form=form, **shared)  # type: ignore[arg-type]
    regency, words = _regency(caller), reader_words(http_request)
    request, wrong = compose(office, regency, draft)
    faults = {**wrong.faults, **({} if answers is None else answers.faults)}
    return render(
        http_request,
        "requests/check.html",
        form=form_view(http_request, {} if answers is None else answers.typed, faults),
        request=request,
        has_file=draft.held is not None,
        wishes=WISHES,
        letter=letter_told(request, words),
        counts=counts_told(request, words),
        times=time_told(request, words),
        exceeds=exceeds_roll(request, draft.host),
        earlier=earlier_request(office, regency, request),
        **shared,  # type: ignore[arg-type]
    )


_TEMPLATES = {Step.LETTER: "letter.html", Step.VISIT: "visit.html", Step.PEOPLE: "people.html"}


def _progress(http_request: Request, draft: Draft, step: Step) -> dict[str, object]:
    gettext = reader_language(http_request).gettext
    labels = {
        Step.PLACE: gettext("Place") if draft.wish is Wish.VISIT else gettext("Village"),
        Step.LETTER: gettext("Letter"),
        Step.VISIT: gettext("People and time"),
        Step.PEOPLE: gettext("People"),
        Step.CHECK: gettext("Check"),
    }
    number = draft.steps.index(step)
    back = draft.steps[number - 1] if number else None
    return {"labels": [labels[each] for each in draft.steps], "current": number + 1, "back": back, "step": step}


def _step(draft: Draft, text: str) -> Step:
    step = next((each for each in draft.steps if each == text), None)
    if step is None:
        raise NotThereError
    return step


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency

"""Pages for a branch office's list: download the template, upload, look at every row, file."""

import json
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import signed_in
from api.entities import Role
from api.errors import UnfitFormError
from api.office import Office
from api.pages import Toast, go_to, reader_language, render
from api.requests.forms import Sent, sent_form
from api.requests.many import Judged, Verdict, file_many, judge
from api.requests.sheets import FIELDS, MEDIA_TYPE, MOST_BYTES, MOST_ROWS, SheetError, read_rows, template

FormSent = Annotated[Sent, Depends(sent_form)]
Planner = Annotated[Caller, Depends(signed_in(Role.PLANNER))]
_PAGE: Final = "/kantor/permohonan/daftar"
_MOST_ROWS_TEXT: Final = 900_000


def many_router(office: Office) -> APIRouter:
    """Pages of lists."""
    router = APIRouter(include_in_schema=False)

    @router.get(_PAGE)
    def show_upload(http_request: Request, caller: Planner) -> HTMLResponse:
        del caller
        return _page(http_request, (), "")

    @router.get(f"{_PAGE}/templat.xlsx")
    def get_template(caller: Planner) -> Response:
        del caller
        headers = {"Content-Disposition": 'attachment; filename="permohonan.xlsx"'}
        return Response(template(), media_type=MEDIA_TYPE, headers=headers)

    @router.post(_PAGE, max_body_size=MOST_BYTES + 100_000)
    def look_at_list(http_request: Request, caller: Planner, sent: FormSent) -> HTMLResponse:
        gettext = reader_language(http_request).gettext
        content = sent.content("list_file")
        if not content:
            return _page(http_request, (), gettext("Choose the filled-in file."))
        try:
            rows = read_rows(content)
        except SheetError as error:
            return _page(http_request, (), error.text(gettext))
        return _page(http_request, judge(office, caller, rows), "")

    @router.post(f"{_PAGE}/simpan", max_body_size=1_000_000)
    def file_list(http_request: Request, caller: Planner, sent: FormSent) -> Response:
        judged = judge(office, caller, _rows(sent.text("rows")))
        is_all = all(each.verdict is Verdict.GOOD for each in judged)
        if not is_all and sent.text("only_good") != "yes":
            return _page(http_request, judged, "")
        codes = file_many(office, caller, judged)
        ngettext = reader_language(http_request).ngettext
        text = ngettext("{count} request is filed.", "{count} requests are filed.", len(codes)).format(count=len(codes))
        return go_to(http_request, "/kantor/permohonan?tab=belum-lengkap", Toast(text))

    return router


def _page(http_request: Request, judged: tuple[Judged, ...], error: str) -> HTMLResponse:
    gettext = reader_language(http_request).gettext
    return render(
        http_request,
        "requests/many.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        judged=judged,
        faults={each.number: [(name, fault.text(gettext)) for name, fault in each.faults] for each in judged},
        heads={field: head for head, field in FIELDS.items()},
        good=sum(each.verdict is Verdict.GOOD for each in judged),
        rows=json.dumps([[each.number, each.fields] for each in judged]),
        error=error,
        most_rows=MOST_ROWS,
    )


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    # They went through the browser, so they are judged anew like any form.
    try:
        rows = json.loads(text) if len(text) <= _MOST_ROWS_TEXT else []
        found = [
            (int(number), {str(name): str(value) for name, value in fields.items() if name in FIELDS.values()})
            for number, fields in rows[: MOST_ROWS + 1]
        ]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnfitFormError from error
    if not 0 < len(found) <= MOST_ROWS:
        raise UnfitFormError
    return found

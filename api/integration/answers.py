"""
What all addresses under ``/api/v1`` share: errors, pages of lists, tags of what can change, changes sent twice.

Lists are plain; the next page stands in the header ``Link`` (RFC 8288), its cursor opaque. What can change has a strong
``ETag``; a change that bears ``If-Match`` is made only where it still fits, and is looked at in its own write.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Header, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from api.documents import ProblemDocument
from api.errors import ChangedMeanwhileError, NotThereError, UnfitFormError
from api.i18n import N_
from api.office import office_of
from api.store.errors import MissingError
from api.store.idempotency import Answer, answer_once
from api.store.scope import Writing

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

TOKEN: Final = HTTPBearer(
    scheme_name="token",
    auto_error=False,
    description="A token of the office's page of accounts, or of `moling user token`. Its account decides what it may.",
)
_TOLD: Final = {
    400: "The body is not understood.",
    401: "There is no token, or it opens nothing.",
    403: "The token's account may not do this.",
    404: "There is no such thing, or it is not the account's.",
    409: "It cannot go from its state to the one asked for, or is there already.",
    412: "It was changed since `If-Match` was read.",
    413: "The body is too long.",
    415: "The body is no JSON.",
    422: "Address, header or body are not as described.",
    503: "The office is busy; try again.",
}
_READING: Final = (401, 403, 404, 422, 503)


def problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """Errors of an address as the description lists them: those of all, and more of its own."""
    statuses = sorted({*_READING, *more})
    return {status: {"model": ProblemDocument, "description": _TOLD[status]} for status in statuses}


CHANGING: Final = (400, 409, 412, 413)
"""What an address that changes something may answer besides."""
TAGGED: Final[dict[str, Any]] = {
    "headers": {"ETag": {"description": "Of this state of it; for `If-Match`.", "schema": {"type": "string"}}}
}
PAGED: Final[dict[str, Any]] = {
    "headers": {"Link": {"description": "`rel=next`: the next page.", "schema": {"type": "string"}}}
}
UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "It is as `If-None-Match` says."}}


def refuse_unknown_parameters(http_request: Request) -> None:
    """Refuse a query parameter that the address does not know, without repeating it."""
    known = sorted(_query_names(http_request.scope["route"].dependant))
    if not set(http_request.query_params) <= set(known):
        raise UnfitFormError(
            N_("The query has a parameter that this address does not know; it knows: {known}."),
            known=", ".join(known) or "-",
        )


@dataclass(frozen=True, slots=True)
class Page:
    """
    Which part of a list is asked for.

    Attributes
    ----------
    limit
        Most items.
    cursor
        Key of the last item of the page before; None for the first page.
    """

    http_request: Request
    response: Response
    limit: int
    cursor: tuple[str, ...] | None

    @property
    def most(self) -> int:
        """How many items to look for: one more than the page takes, which tells whether there is a next one."""
        return self.limit + 1

    def after(self, *kinds: Callable[[str], Any]) -> Any:  # noqa: ANN401 (of those kinds)
        """
        The key that the page begins after, read by its parts; None for the first page.

        Raises
        ------
        UnfitFormError
            When the cursor is of another list.
        """
        if self.cursor is None:
            return None
        try:
            return tuple(kind(part) for kind, part in zip(kinds, self.cursor, strict=True))
        except ValueError:
            raise _no_cursor() from None

    def cut(self, found: Sequence[T], key: Callable[[T], tuple[object, ...]]) -> list[T]:
        """
        The items of the page, of `most` that were found; the header leads to the next.

        Parameters
        ----------
        key
            Of an item, as `after` gets it back: texts, numbers, days or moments.
        """
        items = list(found[: self.limit])
        if len(found) > self.limit:
            known = self.http_request.query_params.multi_items()
            query = [(name, value) for name, value in known if name not in {"limit", "cursor"}]
            query += [("limit", str(self.limit)), ("cursor", _cursor(key(items[-1])))]
            self.response.headers["Link"] = f'<{self.http_request.url.path}?{urlencode(query)}>; rel="next"'
        return items


def asked_page(
    http_request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200, description="Most items of a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=300, description="As `Link` gave it; nothing else makes one.")
    ] = None,
) -> Page:
    """The page that the query asks for."""
    return Page(http_request, response, limit, None if cursor is None else _read_cursor(cursor))


AskedPage = Annotated[Page, Depends(asked_page)]
IfNoneMatch = Annotated[str | None, Header(max_length=200, description="An `ETag` that the caller has.")]
IfMatch = Annotated[str | None, Header(max_length=200, description="The `ETag` on which the change is founded.")]


def etag_of(document: BaseModel) -> str:
    """The tag of this state of a thing."""
    return f'"{hashlib.sha256(document.model_dump_json().encode()).hexdigest()[:32]}"'


def tagged(response: Response, document: M, if_none_match: str | None) -> M | Response:
    """The document with its tag, or the word that the caller has it."""
    tag = etag_of(document)
    response.headers["ETag"] = tag
    return Response(status_code=304, headers={"ETag": tag}) if _names(if_none_match, tag) else document


def check_match(if_match: str | None, document: Callable[[], BaseModel]) -> None:
    """
    Refuse a change that is founded on an older state.

    Raises
    ------
    ChangedMeanwhileError
        When it is.
    """
    if if_match is not None and not _names(if_match, etag_of(document())):
        raise ChangedMeanwhileError


@dataclass(frozen=True, slots=True)
class Changes:
    """
    Makes changes for a program: each at most once for an ``Idempotency-Key``.

    Attributes
    ----------
    key
        As it was sent; empty: none.
    """

    http_request: Request
    key: str

    def make(self, sent: BaseModel, model: type[M], change: Callable[[Writing], M]) -> M:
        """
        Make the change, or give the answer that it had.

        Parameters
        ----------
        sent
            The body.
        model
            Of the answer, which holds no secret.

        Raises
        ------
        NotThereError
            When the change finds something missing.
        """
        office, caller = office_of(self.http_request), self.http_request.state.caller
        told = json.dumps([self.http_request.method, self.http_request.url.path, sent.model_dump_json()])
        sha256 = hashlib.sha256(told.encode()).hexdigest()

        def run(scope: Writing) -> Answer:
            return answer_once(
                scope,
                caller.subject,
                self.key,
                sha256,
                lambda scope: Answer(HTTPStatus.OK, change(scope).model_dump_json().encode()),
                at=office.now(),
            )

        try:
            return model.model_validate_json(office.write(caller.regency, run).body)
        except MissingError as error:
            raise NotThereError from error


def asked_changes(
    http_request: Request,
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            max_length=100,
            pattern=r"^[A-Za-z0-9._:-]*$",
            description="The same key with the same body gets the same answer for 24 hours, and changes nothing again.",
        ),
    ] = "",
) -> Changes:
    """Changes with the key that the program chose."""
    return Changes(http_request, key)


AskedChanges = Annotated[Changes, Depends(asked_changes)]


def _names(tags: str | None, tag: str) -> bool:
    return tags is not None and (tags.strip() == "*" or tag in (each.strip() for each in tags.split(",")))


def _query_names(dependant: Dependant) -> set[str]:
    found = {field.alias for field in dependant.query_params}
    return found.union(*map(_query_names, dependant.dependencies))


def _cursor(key: tuple[object, ...]) -> str:
    parts = [each.isoformat() if isinstance(each, date | datetime) else str(each) for each in key]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, ...]:
    try:
        parts = json.loads(base64.b64decode(f"{cursor}{'=' * (-len(cursor) % 4)}", altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _no_cursor() from None
    if not isinstance(parts, list) or not all(isinstance(each, str) and each.isprintable() for each in parts):
        raise _no_cursor()
    return tuple(parts)


def _no_cursor() -> UnfitFormError:
    return UnfitFormError(N_("The cursor is none of this list; begin at its first page."))

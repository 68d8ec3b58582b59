"""The web application: wiring only."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlencode

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.administration.sign_in import sign_in_router
from api.assets import CACHE_CONTROL, own_assets
from api.auth.policies import check_policies
from api.entities import TransitionError
from api.errors import ApiError, RefusedError, SignInNeededError, status_of
from api.i18n import N_
from api.itineraries.routes import week_router
from api.itineraries.service import ServedWeek
from api.office import Office
from api.pages import go_to, reader_language, render
from api.store.errors import StoreError
from geodata.cells import without_identity_numbers

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no referrer at all, browsers send no origin with forms either.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # A page shows what is true now; what may be kept says so itself.
    "Cache-Control": "no-cache",
}
_DOCUMENT_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
# Map pages of a folder name their own scripts and styles by hash, in a policy of theirs; a second one here could only
# forbid them.
_PAGE_POLICY: Final = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
_HSTS: Final = ("Strict-Transport-Security", "max-age=31536000")
THREADS: Final = 16
"""Requests that are worked on at once; others wait their turn."""
MOST_BODY: Final = 300_000
"""Bytes of what may be sent; routes that take files say more."""
_PROBLEM: Final = "application/problem+json"
_OPENAPI: Final = "/api/v1/openapi.json"
_WITHOUT_POLICY: Final = frozenset({_OPENAPI, "/static/{name:path}", "/healthz"})
_NO_PAGE: Final = N_("There is no such page. The link may be cut off, or have run out.")
_NO_METHOD: Final = N_("This address does not do that.")
_TOO_LONG: Final = N_("This is too long to be taken.")
_NOT_UNDERSTOOD: Final = N_("What was sent is not understood: {where}.")
_FAULT: Final = N_("Something went wrong here; it was written down, and nothing of yours was changed. Try again later.")


def create_office_app(office: Office, routers: tuple[APIRouter, ...]) -> FastAPI:
    """
    The application of a running office.

    Parameters
    ----------
    routers
        The slices' routes.

    Raises
    ------
    TypeError
        When a route declares no policy.
    """
    app = _application(_few_threads)
    app.state.office = office
    for router in (sign_in_router(office), *routers):
        app.include_router(router)
    _add_assets(app)
    check_policies(app, _WITHOUT_POLICY)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(office.settings.hosts))
    app.add_middleware(SecureHeaders, more=(_HSTS,) if office.settings.is_secure else ())
    return app


def create_week_app(week: ServedWeek, *, hosts: tuple[str, ...] = ("127.0.0.1", "localhost")) -> FastAPI:
    """
    The application that serves one planned folder, without an office.

    Parameters
    ----------
    hosts
        Names under which it answers; a request to any other is refused, which keeps foreign pages from reading it
        through a name of theirs that leads here.
    """
    app = _application()
    app.include_router(week_router(week))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.add_middleware(SecureHeaders)
    return app


@asynccontextmanager
async def _few_threads(app: FastAPI) -> AsyncIterator[None]:
    """Routes run in few threads: more of them only wait for one another, measured by `benchmarks.web_load`."""
    del app
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def _application(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None) -> FastAPI:
    app = FastAPI(
        lifespan=lifespan,
        title="Moling",
        summary="A week of mobile civil registry vans: who is visited when, and why a visit is left out.",
        version=version("moling"),
        openapi_url=_OPENAPI,
        docs_url=None,  # FastAPI's own pages load scripts from foreign servers
        redoc_url=None,
        max_body_size=MOST_BODY,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
    )
    for kind in (ApiError, StoreError, TransitionError):
        app.exception_handler(kind)(_say_refused)
    app.exception_handler(HTTPException)(_say_http_error)
    app.exception_handler(RequestValidationError)(_say_invalid)
    app.exception_handler(Exception)(_say_fault)
    describe = app.openapi
    app.openapi = lambda: _with_problems(describe())  # type: ignore[method-assign]
    return app


def _with_problems(description: dict[str, Any]) -> dict[str, Any]:
    # FastAPI describes errors as the answers that they stand in for, which bear another media type.
    for operation in (each for path in description["paths"].values() for each in path.values()):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if int(status) >= HTTPStatus.BAD_REQUEST and content:
                answer["content"] = {_PROBLEM: next(iter(content.values()))}
    return description


@dataclass(frozen=True, slots=True)
class SecureHeaders:
    """Puts the headers on every answer that say what browsers may do with it; an answer's own go first."""

    app: ASGIApp
    more: tuple[tuple[str, str], ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), self.more)
            await send(message)

        await self.app(scope, receive, with_headers)


def add_headers(headers: MutableHeaders, more: tuple[tuple[str, str], ...] = ()) -> None:
    """The headers that every answer bears, where it has none of its own."""
    is_page = headers.get("content-type", "").startswith("text/html")
    policy = ("Content-Security-Policy", _PAGE_POLICY if is_page else _DOCUMENT_POLICY)
    for name, value in (*_HEADERS.items(), policy, *more):
        headers.setdefault(name, value)


def _add_assets(app: FastAPI) -> None:
    @app.get("/static/{name:path}", include_in_schema=False)
    async def get_asset(http_request: Request, name: str) -> Response:
        asset = own_assets().find(name)
        if asset is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        headers = {"Cache-Control": CACHE_CONTROL, "Vary": "Accept-Encoding", "ETag": asset.etag}
        if asset.gzipped is not None and "gzip" in http_request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.gzipped, media_type=asset.media_type, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    @app.get("/healthz", include_in_schema=False)
    def say_healthy() -> Response:
        return Response("ok\n", media_type="text/plain")


async def _say_refused(http_request: Request, error: Exception) -> Response:
    status = status_of(error)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return await _say_fault(http_request, error)
    gettext = reader_language(http_request).gettext
    told = error.text(gettext) if isinstance(error, RefusedError | StoreError) else str(error)
    if isinstance(error, SignInNeededError) and _is_page(http_request) and http_request.method == "GET":
        query = f"?{http_request.url.query}" if http_request.url.query else ""
        return go_to(http_request, f"/masuk?{_quoted(http_request.url.path + query)}")
    return _problem(http_request, status, told)


async def _say_http_error(http_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    gettext = reader_language(http_request).gettext
    told = {
        HTTPStatus.NOT_FOUND: gettext(_NO_PAGE),
        HTTPStatus.METHOD_NOT_ALLOWED: gettext(_NO_METHOD),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext(_TOO_LONG),
    }.get(status, status.phrase)
    answer = _problem(http_request, status, told)
    for name, value in (error.headers or {}).items():
        answer.headers.setdefault(name, value)
    return answer


async def _say_invalid(http_request: Request, error: Exception) -> Response:
    # Where the fault is and what would be right, never what was sent: it may hold anything, a name or a number.
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    # Of a field that is not known the name was sent too.
    place = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
    where = ".".join(str(part) for part in place[:3] if str(part).isprintable())[:100]
    gettext = reader_language(http_request).gettext
    told = gettext(_NOT_UNDERSTOOD).format(where=f"{where}: {_right(first)}")
    return _problem(http_request, HTTPStatus.UNPROCESSABLE_ENTITY, told)


async def _say_fault(http_request: Request, error: Exception) -> Response:
    del error  # the server's log has it
    try:
        answer = _problem(http_request, HTTPStatus.INTERNAL_SERVER_ERROR, reader_language(http_request).gettext(_FAULT))
    except Exception:  # noqa: BLE001 (whatever broke may break the page of it too)
        answer = Response("500\n", HTTPStatus.INTERNAL_SERVER_ERROR, media_type="text/plain")
    add_headers(answer.headers)  # this answer is made outside everything else
    return answer


def _right(fault: dict[str, object]) -> str:
    # Pydantic's sentences say what would be right; those that could repeat the input are told by their kind.
    kind = str(fault["type"])
    if kind in {"value_error", "assertion_error", "json_invalid"}:
        return kind
    return str(fault["msg"])[:200]


def _quoted(goal: str) -> str:
    return urlencode({"goal": goal})


def _is_page(http_request: Request) -> bool:
    return not http_request.url.path.startswith("/api/") and hasattr(http_request.app.state, "office")


def _problem(http_request: Request, status: HTTPStatus, detail: str) -> Response:
    """An error: to a person as a page, to a program as RFC 9457 says it."""
    if _is_page(http_request):
        return render(http_request, "error.html", status=status, title=status.phrase, detail=detail, code=status.value)
    content = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": without_identity_numbers(http_request.url.path),
    }
    return JSONResponse(content, status.value, media_type=_PROBLEM)

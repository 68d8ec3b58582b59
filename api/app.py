"""The web application: wiring only."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api.errors import STATUS, ApiError
from api.itineraries.routes import week_router
from api.itineraries.service import ServedWeek

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # A plan is replaced by serving another folder; a browser must ask again.
    "Cache-Control": "no-cache",
}
_DOCUMENT_POLICY = "default-src 'none'; frame-ancestors 'none'"
# Map pages name their own scripts and styles by hash, in a policy of theirs; a second one here could only forbid them.
_PAGE_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"


def create_app(week: ServedWeek, *, hosts: tuple[str, ...] = ("127.0.0.1", "localhost")) -> FastAPI:
    """
    The application that serves one plan.

    Parameters
    ----------
    hosts
        Names under which it answers; a request to any other is refused, which keeps foreign pages from reading it
        through a name of theirs that leads here.
    """
    app = FastAPI(
        title="Moling",
        summary="A week of mobile civil registry vans: who is visited when, and why a visit is left out.",
        version=version("moling"),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # FastAPI's own pages load scripts from foreign servers
        redoc_url=None,
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.middleware("http")(_secure)
    app.exception_handler(ApiError)(_say_api_error)
    app.exception_handler(HTTPException)(_say_http_error)
    app.exception_handler(RequestValidationError)(_say_invalid)
    app.include_router(week_router(week))
    return app


async def _secure(http_request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await call_next(http_request)
    is_page = answer.headers.get("content-type", "").startswith("text/html")
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY if is_page else _DOCUMENT_POLICY)
    return answer


def _problem(http_request: Request, status: HTTPStatus, detail: str) -> JSONResponse:
    """An error as RFC 9457 says it."""
    content = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": http_request.url.path,
    }
    return JSONResponse(content, status.value, media_type="application/problem+json")


async def _say_api_error(http_request: Request, error: Exception) -> Response:
    status = STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)  # type: ignore[arg-type]
    return _problem(http_request, status, str(error))


async def _say_http_error(http_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(http_request, HTTPStatus(error.status_code), str(error.detail))


async def _say_invalid(http_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    detail = f"{where} is {first.get('input')!r}: {first['msg']}."
    return _problem(http_request, HTTPStatus.UNPROCESSABLE_ENTITY, detail)

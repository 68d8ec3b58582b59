"""
Questions to a web service that answers in JSON, asked with care.

The service is named by an office, but what comes back is not trusted: only the address itself is asked (a redirect is
no answer), an answer has a greatest size and a latest time however slowly it drips, and what is no JSON is refused.
Environment settings such as proxies play no part. Failures that may pass (no connection, a hang, a 5xx, a broken
answer) are tried again after a pause; those that will not, at once are told.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from typing import Any, Final
from urllib.parse import urlsplit

from geodata.errors import N_, UnansweredError

MAX_ANSWER_BYTES: Final = 50_000_000
PAUSES_S: Final = (0.3, 1.0)
"""Before each further try."""
_MAY_PASS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a service said.

    Attributes
    ----------
    status
        Of HTTP, below 500; the document of a refused question (4xx) says why.
    document
        Its JSON.
    """

    status: int
    document: Any


@dataclass(frozen=True, slots=True)
class JsonService:
    """
    A web service.

    Attributes
    ----------
    url
        ``http`` or ``https``, host, perhaps port and path; no slash at its end.
    timeout_s
        Seconds that one try may take in all.
    sleep
        Waits that many seconds between tries.
    """

    url: str
    timeout_s: float
    sleep: Callable[[float], None] = time.sleep

    def ask(self, path: str, body: object = None) -> Answer:
        """
        The answer to a question: GET, or POST with a body that is sent as JSON.

        Parameters
        ----------
        path
            Follows the address, its query included.

        Raises
        ------
        UnansweredError
            When there is no answer that can be used.
        """
        last = UnansweredError(N_("no answer"))
        for pause_s in (0.0, *PAUSES_S):
            self.sleep(pause_s)
            try:
                return self._ask_once(path, body)
            except _PassingError as error:
                last = error
        raise UnansweredError(last.message, **last.params) from last

    def _ask_once(self, path: str, body: object) -> Answer:
        deadline = time.monotonic() + self.timeout_s
        connection = self._connection()
        try:
            connection.connect()
            with _closed_at(deadline, connection.sock):
                status, text = _exchange(connection, urlsplit(self.url).path + path, body)
        except ssl.SSLCertVerificationError as error:
            raise UnansweredError(N_("its certificate is not valid: {why}"), why=error.verify_message) from error
        except (OSError, HTTPException) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
                raise _PassingError(N_("no answer within {seconds} s"), seconds=f"{self.timeout_s:g}") from error
            why = error.strerror if isinstance(error, OSError) else None
            raise _PassingError(N_("no connection: {why}"), why=why or str(error) or type(error).__name__) from error
        finally:
            connection.close()
        if time.monotonic() >= deadline:
            raise _PassingError(N_("no answer within {seconds} s"), seconds=f"{self.timeout_s:g}")
        return _answer(status, text)

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname, parts.port, timeout=self.timeout_s)


class _PassingError(UnansweredError):
    """A failure after which asking again may help."""


@contextmanager
def _closed_at(deadline: float, sock: socket.socket) -> Iterator[None]:
    """
    Shut a connection down when its time is over, whatever is being read.

    A socket's own time-out starts anew with each byte, so that an answer could drip for ever.
    """

    def shut() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _exchange(connection: HTTPConnection, path: str, body: object) -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Accept": "application/json", "Connection": "close"}
    if data is not None:
        headers["Content-Type"] = "application/json"
    connection.request("GET" if data is None else "POST", path, data, headers)
    response = connection.getresponse()
    text = response.read(MAX_ANSWER_BYTES + 1)
    if len(text) > MAX_ANSWER_BYTES:
        raise UnansweredError(N_("its answer is larger than {most} MB"), most=MAX_ANSWER_BYTES // 1_000_000)
    if response.length:
        raise IncompleteRead(text, response.length)  # which a read of a bounded size does not say by itself
    return response.status, text


def _answer(status: int, text: bytes) -> Answer:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS:
        raise _PassingError(N_("it failed (HTTP {status})"), status=status)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise UnansweredError(N_("it sends elsewhere (HTTP {status}); write the address that answers"), status=status)
    try:
        # NaN and infinities are no JSON; what is deeply nested would end in a RecursionError.
        document = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise _PassingError(N_("its answer is no JSON (HTTP {status})"), status=status) from error
    return Answer(status, document)


def _refuse(word: str) -> None:
    raise ValueError(word)

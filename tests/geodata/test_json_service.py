"""Faults of a web service, each made by a small real server on this machine."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from geodata import json_service
from geodata.errors import UnansweredError
from geodata.json_service import PAUSES_S, JsonService

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Talk = Callable[[socket.socket], None]


@contextmanager
def _server(*talks: Talk) -> Iterator[tuple[str, list[bytes]]]:
    """A server that does one thing with each connection, the last one with all further ones; and what it was asked."""
    asked: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        number = 0
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    asked.append(_question(connection))
                    talks[min(number, len(talks) - 1)](connection)
                except OSError:
                    pass  # the one who asked has gone
            number += 1

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
    finally:
        # Closing alone does not wake a thread that waits in accept.
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _question(connection: socket.socket) -> bytes:
    text = connection.recv(65_536)
    while b"Content-Length:" in text and text.endswith(b"\r\n"):
        text += connection.recv(65_536)
    return text


def _says(text: bytes) -> Talk:
    return lambda connection: connection.sendall(text)


def _body(text: bytes, head: bytes = OK) -> Talk:
    return _says(head + b"Content-Length: %d\r\n\r\n" % len(text) + text)


def _drips(connection: socket.socket) -> None:
    connection.sendall(OK)
    while True:
        connection.sendall(b"X-More: y\r\n")
        time.sleep(0.05)


def _floods(connection: socket.socket) -> None:
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(b" " * 100_000)


def _hangs(_: socket.socket) -> None:
    time.sleep(1.0)


def _service(url: str, pauses: list[float], timeout_s: float = 0.4) -> JsonService:
    return JsonService(url, timeout_s, sleep=pauses.append)


def test_a_failure_that_passes_is_tried_again_after_a_pause() -> None:
    """Twice it fails, then it answers; the pauses grow."""
    pauses: list[float] = []
    fails = _body(b"{}", b"HTTP/1.1 503 Service Unavailable\r\n")
    with _server(fails, _body(b"half an ans"), _body(b'{"code": "Ok"}')) as (url, asked):
        answer = _service(f"{url}/osrm", pauses).ask("/table/v1?x=1")

    assert (answer.status, answer.document) == (200, {"code": "Ok"})
    assert pauses == [0.0, *PAUSES_S]
    assert asked[0].startswith(b"GET /osrm/table/v1?x=1 HTTP/1.1\r\n")


def test_a_question_with_a_body_is_posted() -> None:
    with _server(_body(b"[1]")) as (url, asked):
        assert _service(url, []).ask("/locate", {"locations": []}).document == [1]

    assert asked[0].startswith(b"POST /locate HTTP/1.1\r\n")
    assert asked[0].endswith(b'{"locations": []}')


@pytest.mark.parametrize(
    "talk, told, tries",
    [
        (_body(b"{}", b"HTTP/1.1 500 No\r\n"), r"it failed \(HTTP 500\)", 3),
        (_body(b"{}", b"HTTP/1.1 429 Slower\r\n"), r"it failed \(HTTP 429\)", 3),
        (_hangs, "no answer within 0.4 s", 3),
        (_drips, "no answer within 0.4 s", 3),
        (_says(b""), "no connection", 3),
        (_says(b"\x00\xff nonsense\r\n\r\n"), "no connection", 3),
        (_body(b"<html>"), r"its answer is no JSON \(HTTP 200\)", 3),
        (_body(b'{"durations": [[NaN]]}'), "no JSON", 3),
        (_body(b"[" * 100_000), "no JSON", 3),
        (_says(OK + b"Content-Length: 90\r\n\r\n{}"), "no connection", 3),
        (_floods, "larger than 1 MB", 1),
        (_body(b"{}", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"), r"sends elsewhere \(HTTP 302\)", 1),
    ],
    ids=["500", "429", "hang", "drip", "nothing", "bytes", "html", "nan", "deep", "cut", "flood", "redirect"],
)
def test_each_fault_is_told_and_only_those_that_may_pass_are_tried_again(
    talk: Talk, told: str, tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer is waited for beyond the limit, read beyond the greatest size, or fetched from elsewhere."""
    monkeypatch.setattr(json_service, "MAX_ANSWER_BYTES", 1_000_000)
    pauses: list[float] = []
    with _server(talk) as (url, _):
        began = time.monotonic()
        with pytest.raises(UnansweredError, match=told):
            _service(url, pauses).ask("/")

    assert time.monotonic() - began < 6
    assert len(pauses) == tries


def test_no_server_is_told_as_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(UnansweredError, match="no connection: Connection refused"):
        _service(f"http://127.0.0.1:{port}", []).ask("/")


def test_https_is_not_spoken_to_a_server_without_a_certificate() -> None:
    """A plain server behind an https address gives a told error, not a plain answer."""
    with _server(_body(b"{}")) as (url, _), pytest.raises(UnansweredError, match="no connection"):
        _service(url.replace("http", "https"), []).ask("/")

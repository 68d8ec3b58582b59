"""Webhooks: what is told, how it is signed and tried again, and which addresses are never called."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from api.entities import Role
from api.errors import UnfitFormError
from api.office import Office
from api.store.errors import LetterKeyError
from api.store.outbox import DeliveryState, Event
from api.store.scope import RegencyCode
from api.store.webhooks import WAITS, Delivery, Webhook, add_webhook, change_webhook, list_deliveries, remove_webhook
from api.webhooks import MOST_ANSWER, SIGNATURE, Posting, UndeliveredError, signature
from tests.offices import Clock
from tests.programs import Program
from tests.stores import BATU_BARA

Programs = Callable[..., Program]


class Listener(ThreadingHTTPServer):
    """A program that is told, and answers as it was set to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Told)
        self.told: list[tuple[str, bytes]] = []
        self.status = 204
        self.length = 0
        self.wait_s = 0.0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook?x=1"


class _Told(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append((self.headers[SIGNATURE], body))
        time.sleep(self.server.wait_s)
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("location", self.server.url)
        self.send_header("content-length", str(self.server.length))
        self.end_headers()
        self.wfile.write(b"x" * self.server.length)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener on this machine."""
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def posting(tmp_path: Path) -> Posting:
    """Posting that may call this machine, with the office's key."""
    return Posting(tmp_path / "moling.key", allows_private=True)


def hook(office: Office, address: str, *events: Event) -> Webhook:
    """A webhook of those events, of all where none is named."""
    return office.write(
        BATU_BARA, lambda scope: add_webhook(scope, address, events or tuple(Event), by="admin", at=office.now())
    )


def deliveries(office: Office, webhook: Webhook) -> tuple[Delivery, ...]:
    """Deliveries of a webhook."""
    return office.read(BATU_BARA, lambda scope: list_deliveries(scope, webhook.id))


def file_one(program: Programs) -> None:
    """File a request."""
    answer = program(Role.PLANNER).post("/requests", {"place": "10204056", "counts": {"record_only": 3}})
    assert answer.status_code == 201, answer.text


def test_events_come_signed_and_in_codes_and_figures(
    program: Programs, office: Office, listener: Listener, posting: Posting
) -> None:
    webhook = hook(office, listener.url, Event.REQUEST_FILED, Event.REQUEST_MOVED)
    file_one(program)
    answer = program(Role.PLANNER).post("/requests/PM-2026-0001/decline", {"reason": "Kepala desa Budi tidak setuju"})
    assert answer.status_code == 200
    assert posting.deliver_due(office.store, office.now()) == 2
    assert [each.state for each in deliveries(office, webhook)] == [DeliveryState.DELIVERED] * 2
    filed, moved = (json.loads(body) for _, body in listener.told)
    assert {**filed, "id": ""} == {
        "id": "",
        "event": "request.filed",
        "at": "2026-12-01T05:00:00+00:00",
        "regency": "1219",
        "subject": "PM-2026-0001",
        "details": {"state": "submitted"},
    }
    assert (moved["event"], moved["details"]) == ("request.moved", {"from": "submitted", "to": "declined"})
    signed, body = listener.told[0]
    at, told = signed.split(",")
    key = posting.key(BATU_BARA, webhook.id)
    wanted = hmac.new(key.encode(), at.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert told == f"v1={wanted}"
    assert posting.deliver_due(office.store, office.now()) == 0


def test_only_what_a_webhook_asked_for_is_told_and_nothing_while_it_rests(
    program: Programs, office: Office, listener: Listener, posting: Posting
) -> None:
    other = hook(office, listener.url, Event.PLAN_PUBLISHED)
    resting = hook(office, listener.url)
    rest = Webhook(resting.id, resting.address, resting.events, resting.created, is_active=False)
    office.write(BATU_BARA, lambda scope: change_webhook(scope, rest, by="admin", at=office.now()))
    file_one(program)
    assert deliveries(office, other) == deliveries(office, resting) == ()
    assert posting.deliver_due(office.store, office.now()) == 0


def test_what_is_undone_is_not_told(office: Office, listener: Listener) -> None:
    webhook = hook(office, listener.url)

    def fail(scope: object) -> None:
        from api.store.audit import add_audit  # noqa: PLC0415

        add_audit(scope, "slot.offered", "PM-1", by="test", at=office.now())  # type: ignore[arg-type]
        raise LookupError

    with pytest.raises(LookupError):
        office.write(BATU_BARA, fail)
    assert deliveries(office, webhook) == ()


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_is_not_taken_is_tried_again_five_times_and_has_failed_then(
    program: Programs, office: Office, listener: Listener, posting: Posting, clock: Clock, status: int
) -> None:
    listener.status = status
    webhook = hook(office, listener.url)
    file_one(program)
    waits: list[timedelta] = []
    assert posting.deliver_due(office.store, clock()) == 1
    while deliveries(office, webhook)[0].state is DeliveryState.WAITING:
        due = deliveries(office, webhook)[0].next_attempt
        assert due is not None
        waits.append(due - clock())
        clock.now = due - timedelta(seconds=1)
        assert posting.deliver_due(office.store, clock()) == 0
        clock.now = due
        assert posting.deliver_due(office.store, clock()) == 1
    assert tuple(waits) == WAITS
    failed = deliveries(office, webhook)[0]
    assert (failed.state, failed.attempts, failed.status, failed.next_attempt) == (
        DeliveryState.FAILED,
        6,
        status,
        None,
    )
    assert len(listener.told) == 6
    assert len({body for _, body in listener.told}) == 1


def test_a_deliverer_that_dies_has_made_its_attempt(program: Programs, office: Office, listener: Listener) -> None:
    class Dying(Posting):
        def send(self, address: str, body: bytes, signed: str) -> int:
            raise KeyboardInterrupt

    webhook = hook(office, listener.url)
    file_one(program)
    with pytest.raises(KeyboardInterrupt):
        Dying(office.settings.key_file, allows_private=True).deliver_due(office.store, office.now())
    (left,) = deliveries(office, webhook)
    assert (left.state, left.attempts, left.next_attempt) == (DeliveryState.WAITING, 1, office.now() + WAITS[0])


def test_a_long_answer_is_not_taken(listener: Listener, posting: Posting) -> None:
    listener.length, listener.status = MOST_ANSWER, 200
    assert posting.send(listener.url, b"{}", "t=1,v1=x") == 200
    listener.length = MOST_ANSWER + 1
    with pytest.raises(UndeliveredError):
        posting.send(listener.url, b"{}", "t=1,v1=x")


def test_a_slow_answer_is_not_waited_for(listener: Listener, posting: Posting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.webhooks.LONGEST_S", 0.3)
    listener.wait_s = 1.5
    begun = time.monotonic()
    with pytest.raises(UndeliveredError):
        posting.send(listener.url, b"{}", "t=1,v1=x")
    assert time.monotonic() - begun < 1.2


def test_nobody_there_is_not_reached(listener: Listener, posting: Posting) -> None:
    with pytest.raises(UndeliveredError):
        posting.send("http://127.0.0.1:1/", b"{}", "t=1,v1=x")


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://192.168.1.1:8443/x",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
    ],
)
def test_the_office_s_own_network_is_never_called(listener: Listener, address: str) -> None:
    posting = Posting(Path("none"))
    with pytest.raises(UndeliveredError):
        posting.send(address, b"{}", "t=1,v1=x")
    with pytest.raises(UndeliveredError):
        posting.send(listener.url, b"{}", "t=1,v1=x")
    assert listener.told == []


@pytest.mark.parametrize(
    "address",
    [
        "http://example.go.id/",
        "https://10.0.0.1/",
        "https://a:b@example.go.id/",
        "https://x:0/",
        "ftp://x/",
        "https://",
    ],
)
def test_such_an_address_is_not_even_kept(address: str) -> None:
    with pytest.raises(UnfitFormError):
        Posting(Path("none")).check_address(address)


def test_programs_keep_webhooks_and_see_their_key_once(program: Programs, office: Office, posting: Posting) -> None:
    admin = program(Role.ADMIN)
    sent = {"address": "https://example.go.id/moling", "events": ["plan.published"]}
    headers = {"Idempotency-Key": "k1"}
    made, again = (admin.post("/webhooks", sent, headers=headers) for _ in range(2))
    assert made.status_code == 201
    assert made.json() == again.json()
    code = made.json()["id"]
    assert made.json()["key"] == posting.key(BATU_BARA, code)
    assert "key" not in admin.get(f"/webhooks/{code}").json()
    changed = admin.put(f"/webhooks/{code}", {**sent, "is_active": False}, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["is_active"] is False
    assert admin.put(f"/webhooks/{code}", sent, headers={"If-Match": made.headers["etag"]}).status_code == 412
    assert admin.get(f"/webhooks/{code}/deliveries").json() == []
    assert admin.post("/webhooks", {**sent, "address": "https://10.0.0.1/"}).status_code == 422
    assert program(Role.PLANNER).get("/webhooks").status_code == 403
    assert admin.delete(f"/webhooks/{code}").status_code == 204
    assert admin.get("/webhooks").json() == []
    assert admin.delete(f"/webhooks/{code}").status_code == 404


def test_a_webhook_goes_with_its_deliveries(program: Programs, office: Office, listener: Listener) -> None:
    webhook = hook(office, listener.url)
    file_one(program)
    office.write(BATU_BARA, lambda scope: remove_webhook(scope, webhook.id, by="admin", at=office.now()))
    assert deliveries(office, webhook) == ()


def test_keys_differ_and_their_file_is_for_the_office_alone(office: Office, posting: Posting) -> None:
    file = office.settings.key_file
    keys = {posting.key(BATU_BARA, "a"), posting.key(BATU_BARA, "b"), posting.key(RegencyCode("1275"), "a")}
    assert len(keys) == 3
    assert file.stat().st_mode & 0o777 == 0o600
    assert posting.key(BATU_BARA, "a") in keys
    file.chmod(0o644)
    with pytest.raises(LetterKeyError):
        posting.key(BATU_BARA, "a")
    file.unlink()
    file.write_text("something else")
    file.chmod(0o600)
    with pytest.raises(LetterKeyError):
        posting.key(BATU_BARA, "a")


def test_the_signature_is_of_its_second(clock: Clock) -> None:
    assert signature("k", b"{}", clock()).startswith("t=1796101200,v1=")

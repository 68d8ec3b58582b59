"""Public pages as ready bytes: the same answers, fresh after every change that counts, within their memory."""

import gzip
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_office_app
from api.entities import Role
from api.office import Office
from api.public import ready
from api.public.ready import ReadyPages
from api.public.routes import public_router
from api.store.changes import ChangeKind, change_visit
from api.store.partners import add_partner
from api.store.scope import Writing
from api.store.store import open_store
from tests.offices import ORIGIN, Clock, Visitor
from tests.stores import BATU_BARA

if TYPE_CHECKING:
    from tests.api.public.conftest import Publish

Visit = Callable[[], Visitor]


class Counted:
    """The application, counting what reaches it."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.asked = app, 0

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Serve one connection."""
        self.asked += scope["type"] == "http"
        await self.app(scope, receive, send)


@pytest.fixture
def counted(office: Office) -> Counted:
    """The office's application without a layer before it."""
    return Counted(create_office_app(office, (public_router(office),)))


def layered(
    counted: Counted,
    office: Office,
    most_bytes: int = ready.MOST_BYTES,
    monotonic: Callable[[], float] = time.monotonic,
) -> TestClient:
    """A browser before a layer of its own."""
    layer = ReadyPages(counted, office, most_bytes, monotonic)
    return TestClient(layer, base_url=ORIGIN, follow_redirects=False)


def add(office: Office, name: str) -> None:
    """A new partner."""
    office.write(
        BATU_BARA,
        lambda scope: add_partner(scope, name=name, address="Talawi", offer="Diskon", by="p", at=office.now()),
    )


def test_a_page_is_made_once_for_each_language(counted: Counted, office: Office) -> None:
    with layered(counted, office) as http:
        pages = [http.get("/1219/mitra-kia") for _ in range(3)]
        assert counted.asked == 1
        assert len({page.content for page in pages}) == 1
        english = http.get("/1219/mitra-kia?lang=en")
        assert counted.asked == 2
        assert english.headers["content-language"] == "en"
        assert "moling-lang=en" in english.headers["set-cookie"]
        again = http.get("/1219/mitra-kia")  # the cookie by now
        assert again.content == english.content
        assert "set-cookie" not in again.headers
        assert counted.asked == 2
        assert "set-cookie" not in pages[0].headers


def test_what_is_ready_is_what_the_application_answers(counted: Counted, office: Office) -> None:
    """Body and headers that say what a browser may do, for GET and HEAD; validators on top."""
    with layered(counted, office) as http:
        for path in ("/1219/", "/1219/desa/1219051001.ics", "/1219/peta"):
            own = TestClient(counted.app, base_url=ORIGIN).get(path)
            layer = http.get(path)
            assert layer.text == own.text
            for name in ("content-type", "content-security-policy", "x-content-type-options", "referrer-policy"):
                assert layer.headers[name] == own.headers[name]
            head = http.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert layer.headers["cache-control"] == "no-cache"


def test_validators_and_forms(counted: Counted, office: Office) -> None:
    """Gzip and plain are two things to a cache; who has one of them gets nothing again."""
    with layered(counted, office) as http:
        packed = http.get("/1219/", headers={"Accept-Encoding": "gzip"})
        plain = http.get("/1219/", headers={"Accept-Encoding": "identity"})
        assert packed.content == plain.content
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 6, mtime=0))
        assert "content-encoding" not in plain.headers
        assert packed.headers["etag"] != plain.headers["etag"]
        assert "Accept-Encoding" in packed.headers["vary"]
        for answer, form in ((packed, "gzip"), (plain, "identity")):
            for asked in (answer.headers["etag"], f'"x", W/{answer.headers["etag"]}', "*"):
                same = http.get("/1219/", headers={"Accept-Encoding": form, "If-None-Match": asked})
                assert (same.status_code, same.content) == (304, b"")
        assert http.get("/1219/", headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_change_of_this_process_shows_at_once_and_others_cost_nothing(counted: Counted, office: Office) -> None:
    with layered(counted, office) as http:
        assert "Toko Ilmu" not in http.get("/1219/mitra-kia").text
        add(office, "Toko Ilmu")
        assert "Toko Ilmu" in http.get("/1219/mitra-kia").text
        made = counted.asked
        Visitor(counted.app, office).sign_in(Role.PLANNER)  # an act that the public does not see
        assert "Toko Ilmu" in http.get("/1219/mitra-kia").text
        assert counted.asked == made


def test_a_cancellation_of_another_process_shows_within_a_minute(
    counted: Counted, office: Office, publish: "Publish", url: str
) -> None:
    """As a worker or a command saves it: through a store of its own. The time that passes is the layer's clock."""
    plan, passed = publish(), 0.0

    def cancel(scope: Writing) -> None:
        at = office.now()
        change_visit(scope, plan, "round:JT-01", ChangeKind.CANCELLED, reason="Banjir.", by="command", at=at)

    with layered(counted, office, monotonic=lambda: passed) as http, open_store(url) as other:
        assert "Banjir." not in http.get("/1219/").text
        other.write(BATU_BARA, cancel)
        passed = 5.1
        assert "Banjir." in http.get("/1219/").text


def test_time_makes_pages_anew(counted: Counted, office: Office, clock: Clock) -> None:
    """A visit that is over must go though nobody changed anything."""
    with layered(counted, office) as http:
        http.get("/1219/")
        clock.go_on(minutes=10)
        http.get("/1219/")
        assert counted.asked == 2


def test_memory_is_bounded(counted: Counted, office: Office) -> None:
    """The least used goes first."""
    with layered(counted, office, most_bytes=30_000) as http:
        villages = [each.code for each in office.region(BATU_BARA).villages[:6]]
        for code in villages:
            http.get(f"/1219/desa/{code}")
        assert counted.asked == 6
        http.get(f"/1219/desa/{villages[-1]}")
        assert counted.asked == 6
        http.get(f"/1219/desa/{villages[0]}")
        assert counted.asked == 7


def test_everything_else_goes_through(counted: Counted, office: Office) -> None:
    """Forms, other regencies, staff's pages, searches, unknown queries; nothing of them is kept."""
    with layered(counted, office) as http:
        paths = (
            "/1219/saran",
            "/1271/",
            "/kantor/saran",
            "/1219/?cari=a",
            "/1219/mitra-kia?x=1",
            "/1219/desa/1",
            "/masuk",
        )
        for number, path in enumerate(paths, start=1):
            first = http.get(path)
            assert counted.asked == number * 2 - 1
            assert http.get(path).status_code == first.status_code
            assert counted.asked == number * 2
        asked = counted.asked
        assert http.get("/1219/desa/1219999999").status_code == 404
        assert http.get("/1219/desa/1219999999").status_code == 404
        assert counted.asked == asked + 2
        assert http.post("/1219/mitra-kia").status_code in {403, 405}


def test_cookies_of_a_reader_change_nothing(counted: Counted, office: Office, visit: Visit) -> None:
    """A session, a toast or nonsense in the cookies: everybody is shown the same."""
    with layered(counted, office) as http:
        plain = http.get("/1219/").text
        toast = "moling-toast=text%3DHacked%26undo%3D%2Fkeluar"
        for cookies in (toast, "moling-lang=xx", "a=b; =; moling-lang", '\xff=\xfe; moling-lang="', "x" * 5_000):
            answer = http.get("/1219/", headers={b"Cookie": cookies.encode("latin-1")})
            assert answer.text == plain
            assert "set-cookie" not in answer.headers
        assert counted.asked == 1
        assert timedelta(seconds=ready.LOOK_EVERY_S) < timedelta(minutes=1)

"""A planned week over a real server: documents, maps, errors, headers, and the page that leads to them."""

import http.client
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from playwright.sync_api import Browser

from api.itineraries.service import read_week
from maps.cards_file import read_cards, write_cards

HOSTILE = "${window.ran=1}`</style></script><script>window.ran=1</script><img src=x onerror=window.ran=1>{{7*7}}"


class Server:
    """A running ``moling serve``."""

    def __init__(self, process: Popen[bytes]) -> None:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        match = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert match, line
        self.port = int(match[1])

    def get(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of a GET."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def document(self, path: str) -> Any:  # noqa: ANN401 (any JSON)
        """The JSON document at an address."""
        status, _, body = self.get(path)
        assert status == 200, body
        return json.loads(body)


@pytest.fixture(scope="module")
def server(planned_week: Path, serve: Callable[[Path], Popen[bytes]]) -> Server:
    """The sample's week, served on a free port."""
    return Server(serve(planned_week))


def drawn_on(page: bytes) -> Any:  # noqa: ANN401 (any JSON)
    """The data block of a map page."""
    match = re.search(rb'<script type="application/json" id="drawing">(.*?)</script>', page, re.DOTALL)
    assert match
    return json.loads(match[1])


def test_the_plan_is_served_as_it_was_written(server: Server, planned_week: Path) -> None:
    """Byte for byte, with a validator, and for its week only."""
    status, headers, body = server.get("/api/v1/plans/2026-W50")
    assert (status, body) == (200, (planned_week / "plan.json").read_bytes())
    assert headers["ETag"]
    assert server.get("/api/v1/plans/2026-W51")[0] == 404


def test_what_is_served_is_what_the_map_shows(server: Server) -> None:
    """For each van and day the document equals the one that its map was drawn from, in the language of the maps."""
    days = server.document("/api/v1/itineraries?lang=en")
    assert days
    for day in days:
        vehicle, date = day["vehicle"]["id"], day["date"]
        (alone,) = server.document(f"/api/v1/itineraries?vehicle={vehicle}&date={date}&lang=en")
        assert alone == day
        status, _, page = server.get(f"/maps/{vehicle}/{date}")
        assert status == 200
        assert drawn_on(page)["routes"][0]["itinerary"] == day


def test_itineraries_can_be_filtered(server: Server) -> None:
    """By van, by day; what matches nothing is an empty list."""
    of_van = server.document("/api/v1/itineraries?vehicle=moling-2")
    assert {day["vehicle"]["id"] for day in of_van} == {"moling-2"}
    of_day = server.document("/api/v1/itineraries?date=2026-12-08")
    assert {day["date"] for day in of_day} == {"2026-12-08"}
    assert server.document("/api/v1/itineraries?date=2027-01-01") == []


def test_unserved_visits_have_reasons(server: Server, planned_week: Path) -> None:
    """Every visit that the plan leaves out is served with its reason."""
    plan = json.loads((planned_week / "plan.json").read_bytes())
    served = server.document("/api/v1/unserved")
    assert {each["visit"] for each in served} == {each["visit"] for each in plan["unserved"]}
    assert all(each["reason"] in {"impossible", "displaced", "undecided"} for each in served)


@pytest.mark.parametrize(
    "path, status",
    [
        ("/api/v1/itineraries?date=tomorrow", 422),
        ("/api/v1/itineraries?vehicel=moling-1", 422),
        ("/api/v1/itineraries?lang=fr", 422),
        ("/api/v1/plans/50", 422),
        ("/api/v1/nothing", 404),
        ("/maps/moling-9/2026-12-07", 404),
        ("/maps/..%2f..%2fetc/2026-12-07", 404),
    ],
)
def test_errors_are_problem_documents(server: Server, path: str, status: int) -> None:
    """What is not understood is refused, with the name and value that are wrong."""
    got, headers, body = server.get(path)
    problem = json.loads(body)
    assert (got, problem["status"]) == (status, status)
    assert headers["Content-Type"] == "application/problem+json"
    assert problem["detail"]
    assert problem["title"]


def test_headers_forbid_what_is_not_needed(server: Server) -> None:
    """Pages may not be framed or sniffed and tell other sites no address; documents may load nothing at all."""
    for path in ("/", "/maps/week", "/api/v1/itineraries", "/api/v1/nothing"):
        _, headers, _ = server.get(path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert server.get("/api/v1/itineraries")[1]["Content-Security-Policy"].startswith("default-src 'none'")


def test_foreign_names_of_the_server_are_refused(server: Server) -> None:
    """A page elsewhere cannot read the plan through a name of its own that leads here."""
    assert server.get("/api/v1/itineraries", Host="evil.example")[0] == 400


def test_the_description_has_examples(server: Server) -> None:
    """A programmer finds every address with an example value."""
    described = server.document("/api/v1/openapi.json")
    assert {
        "/api/v1/plans/{name}",
        "/api/v1/itineraries",
        "/api/v1/unserved",
        "/maps/week",
        "/maps/{vehicle}/{day}",
    } <= described["paths"].keys()
    assert "examples" in json.dumps(described["paths"]["/api/v1/itineraries"])


def test_pages_open_in_a_browser(server: Server, chromium: Browser) -> None:
    """From the first page to the week and a day, without a complaint, in both languages."""
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"http://127.0.0.1:{server.port}/")
    assert page.locator("html").get_attribute("lang") == "id"
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Open the week's map").click()
    page.wait_for_selector("html[data-drawn]")
    page.go_back()
    page.locator("li a[href^='/maps/moling']").first.click()
    page.wait_for_selector("html[data-drawn]")
    assert [each for each in complaints if "favicon" not in each] == []
    page.close()


def test_hostile_names_are_text_on_the_first_page(
    planned_week: Path, serve: Callable[[Path], Popen[bytes]], tmp_path: Path, chromium: Browser
) -> None:
    """The names of the regency and of a van are shown as they are, and nothing in them runs."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for file in planned_week.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    cards = read_cards((folder / "cards.json").read_bytes())
    vehicles = tuple(replace(vehicle, name=HOSTILE) for vehicle in cards.vehicles)
    (folder / "cards.json").write_bytes(write_cards(replace(cards, regency=HOSTILE, vehicles=vehicles)))
    server = Server(serve(folder))
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/")
    assert page.evaluate("window.ran") is None
    assert HOSTILE in page.locator("header .over").inner_text()
    page.close()


@pytest.mark.parametrize("name", ["instance.json", "plan.json", "cards.json", "week.html"])
def test_a_folder_without_a_part_is_refused(
    planned_week: Path, tmp_path: Path, call_moling: Callable[..., Any], name: str
) -> None:
    """One line names the folder and what it lacks."""
    folder = tmp_path / "partial"
    folder.mkdir()
    for file in planned_week.iterdir():
        if file.name != name:
            (folder / file.name).write_bytes(file.read_bytes())
    done = call_moling("serve", folder, "--port", "0")
    assert done.returncode == 2
    assert name in done.stderr


def test_a_plan_of_another_instance_is_refused(
    planned_week: Path, tmp_path: Path, call_moling: Callable[..., Any]
) -> None:
    """An instance that was edited after planning no longer answers for the plan."""
    folder = tmp_path / "edited"
    folder.mkdir()
    for file in planned_week.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "instance.json").write_bytes((folder / "instance.json").read_bytes() + b"\n")
    done = call_moling("serve", folder, "--port", "0")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_reading_a_week_finds_every_day(planned_week: Path) -> None:
    """Each itinerary has its page."""
    week = read_week(planned_week)
    assert set(week.day_pages) == {(day.vehicle.id, day.day) for day in week.itinerary.itineraries}

"""A citizen finds the next visit, without JavaScript too, and sees at once when it is cancelled (DOMAIN, journeys)."""

from collections.abc import Iterator

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.auth.policies import SESSION_COOKIE
from api.example import PLAN, REGENCY
from maps.itinerary import Stop
from maps.words import Words
from tests.living import Living, looks_of

ENGLISH = Words(str, "en")


@pytest.fixture(params=[(360, True), (360, False), (1280, True)], ids=["phone", "phone-no-script", "desk"])
def citizen(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A citizen's browser; once with JavaScript off."""
    width, has_script = request.param
    context = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=has_script)
    yield context
    context.close()


@pytest.fixture
def planner(living: Living, chromium: Browser) -> Iterator[Page]:
    """A planner who has signed in, at the page of the published week."""
    context = chromium.new_context()
    context.add_cookies([{"name": SESSION_COOKIE, "value": living.session("perencana"), "url": living.url}])
    yield context.new_page()
    context.close()


def village_stop(living: Living, number: int) -> Stop:
    """A visit to a village hall in the published week."""
    days = living.office.itinerary(REGENCY, PLAN).itineraries
    stops = [stop for day in days for stop in day.stops if str(stop.card.visit).startswith(("village:", "round:"))]
    return [stop for stop in stops if stop.card.village_code and stop.card.kind == "village"][number]


def test_a_citizen_finds_the_visit_and_sees_it_cancelled_at_once(
    living: Living, citizen: BrowserContext, planner: Page, request: pytest.FixtureRequest
) -> None:
    stop = village_stop(living, {"phone": 0, "phone-no-script": 1, "desk": 2}[request.node.callspec.id])
    village = next(each for each in living.office.region(REGENCY).villages if each.code == stop.card.village_code)
    page = citizen.new_page()
    page.goto(f"{living.url}/?lang=en")
    page.get_by_label("Your village or school").fill(village.name)
    page.get_by_role("button", name="Search").click()
    page.locator("section:has(#found)").get_by_role("link", name=village.name).first.click()
    card = page.get_by_role("article").filter(has_text="Next visit").first
    expect(card).to_contain_text(ENGLISH.day(stop.start.date()))
    expect(card).to_contain_text(ENGLISH.span(stop.start, stop.finish))
    expect(card).to_contain_text("FREE")
    expect(page.get_by_role("link", name="Add to my calendar")).to_be_visible()
    expect(page.locator("a[href*='wa.me']").first).to_be_visible()
    if request.node.callspec.id != "phone-no-script":  # axe itself is a script
        assert looks_of(page) == []
    planner.goto(f"{living.url}/kantor/pekan/{living.iso_week}/ubah/{PLAN}?kunjungan={stop.card.visit}&lang=en")
    planner.get_by_label("Reason").fill("Listrik padam")
    planner.get_by_role("button", name="Tell it").click()
    expect(planner.get_by_text("The visit is cancelled")).to_be_visible()
    page.reload()
    banner = page.get_by_role("alert").filter(has_text="CANCELLED")
    expect(banner).to_contain_text("Listrik padam")
    page.goto(f"{living.url}/{REGENCY}/?lang=en")
    expect(page.get_by_role("alert").filter(has_text=stop.card.name)).to_have_count(1)
    planner.get_by_role("button", name="Undo").click()
    page.reload()
    expect(page.get_by_role("alert").filter(has_text=stop.card.name)).to_have_count(0)


def test_the_calendar_of_a_village_holds_its_visit(living: Living, citizen: BrowserContext) -> None:
    stop = village_stop(living, 3)
    answer = citizen.request.get(f"{living.url}/{REGENCY}/desa/{stop.card.village_code}.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.text())
    assert isinstance(calendar, Calendar)
    assert stop.start in [event.start for event in calendar.events]

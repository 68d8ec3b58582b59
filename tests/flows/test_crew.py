"""A crew's way from the planner's code to the day's stops, in a browser of a phone beside one of an office PC."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.example import PLAN, REGENCY
from api.store.changes import ChangeKind, change_visit, take_back
from tests.living import Living, looks_of

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def planner(living: Living, chromium: Browser) -> Iterator[BrowserContext]:
    """A planner at an office PC, signed in."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "moling", "value": living.session("perencana"), "url": living.url}])
    yield context
    context.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    """A phone of a crew."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    yield context
    context.close()


def overheard(page: Page) -> list[str]:
    """What the page complains of."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def test_a_crew_is_let_in_sees_its_day_and_is_shut_out(
    living: Living, planner: BrowserContext, phone: BrowserContext
) -> None:
    day = next(each for each in living.office.itinerary(REGENCY, PLAN).itineraries if len(each.stops) > 1)
    van, first, second = day.vehicle.name, *day.stops[:2]
    desk, hand = planner.new_page(), phone.new_page()
    complaints = [overheard(desk), overheard(hand)]
    desk.goto(f"{living.url}/kantor/kru?lang=en")
    desk.get_by_role("button", name=f"Invite a phone {van}").click()
    expect(desk.get_by_role("img", name="Code that leads to the address below")).to_be_visible()
    assert desk.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    desk.get_by_text("The phone has no camera").click()
    assert not looks_of(desk)
    path = re.search(r"/perangkat/\S+", desk.locator("code").inner_text())
    assert path
    hand.goto(f"{living.url}{path[0]}?lang=en")
    hand.get_by_role("button", name="Use this phone").click()
    expect(hand.get_by_role("status").filter(has_text="This phone is ready")).to_be_visible()
    expect(hand.get_by_role("heading", level=1)).to_contain_text(van)
    hand.goto(f"{living.url}/hari-ini/{day.vehicle.id}/{day.day}")
    expect(hand.locator("#next-stop")).to_have_text(first.card.name)
    navigate = hand.get_by_role("link", name=f"Navigate {first.card.name}").first
    assert navigate.get_attribute("href", timeout=1000).startswith("geo:")  # type: ignore[union-attr]
    box = navigate.bounding_box()
    assert box is not None
    assert box["height"] >= 56
    assert box["y"] + box["height"] <= 740, "out of the thumb's reach without scrolling"
    assert not looks_of(hand)
    hand.frame_locator("iframe.map").locator(".leaflet-marker-pane .mark").first.wait_for(timeout=20_000)

    moment = datetime.now(UTC)
    change = living.office.write(
        REGENCY,
        lambda scope: change_visit(
            scope, PLAN, str(first.card.visit), ChangeKind.CANCELLED, reason="Listrik padam", by="perencana", at=moment
        ),
    )
    hand.reload()
    expect(hand.locator(".notice").first).to_contain_text(f"{first.card.name}: not visited. Reason: Listrik padam")
    expect(hand.locator("#next-stop")).to_have_text(second.card.name)
    living.office.write(REGENCY, lambda scope: take_back(scope, change.id, by="perencana", at=moment))

    desk.goto(f"{living.url}/kantor/kru")
    desk.locator(".devices summary").first.click()
    assert not looks_of(desk)
    desk.get_by_role("button", name="Shut this phone out").first.click()
    expect(desk.get_by_role("status").filter(has_text="sees nothing any more")).to_be_visible()
    hand.goto(f"{living.url}/hari-ini")
    expect(hand).to_have_url(re.compile(r"/masuk\?goal="))
    assert complaints == [[], []]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_planner_chooses_a_van_and_walks_through_its_week(living: Living, chromium: Browser, width: int) -> None:
    day = living.office.itinerary(REGENCY, PLAN).itineraries[0]
    context = chromium.new_context(viewport={"width": width, "height": 800})
    context.add_cookies([{"name": "moling", "value": living.session("perencana"), "url": living.url}])
    page = context.new_page()
    complaints = overheard(page)
    page.goto(f"{living.url}/hari-ini?lang=en")
    page.get_by_role("link", name=day.vehicle.name).click()
    sunday = living.week - timedelta(days=1)
    page.goto(f"{living.url}/hari-ini/{day.vehicle.id}/{sunday}")
    page.get_by_role("link", name=re.compile("Tomorrow|Day after")).click()
    expect(page).to_have_url(re.compile(living.week.isoformat()))
    for link in ("/hari-ini", f"/hari-ini/{day.vehicle.id}/{day.day}", "/kantor/kru"):
        page.goto(f"{living.url}{link}")
        assert not looks_of(page)
    assert not complaints
    context.close()

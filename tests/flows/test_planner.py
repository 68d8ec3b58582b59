"""A planner's and an approver's way from an empty week to a published one, in a browser, with a real worker."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.living import Living

pytestmark = pytest.mark.timeout(180)
SOLVED_MS = 90_000


@pytest.fixture(params=[360, 1280])
def person(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of a phone or an office PC, in English."""
    context = chromium.new_context(viewport={"width": request.param, "height": 800})
    yield context
    context.close()


def sign_in(page: Page, living: Living, user: str) -> None:
    """As people do: by the page that the office leads them to."""
    page.goto(f"{living.url}/kantor/pekan?lang=en")
    page.get_by_label("Account").fill(user)
    page.get_by_label("Password").fill(living.passwords[user])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Week")


def sign_out(page: Page) -> None:
    """By the menu of the account."""
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_week_is_planned_watched_approved_and_published(
    living: Living, worker: None, person: BrowserContext, request: pytest.FixtureRequest
) -> None:
    """The author cannot approve; after publication the visits can be cancelled, and that be taken back."""
    weeks = 1 if "360" in request.node.name else 2
    page = person.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    sign_in(page, living, "perencana")
    for _ in range(weeks):
        page.get_by_role("link", name="Week after").click()
    expect(page.get_by_text("There is no plan of this week yet")).to_be_visible()
    page.get_by_label("Time for the search").select_option("10")
    page.get_by_role("button", name="Plan this week").click()
    expect(page.get_by_text("Planning in the background")).to_be_visible()
    expect(page.locator("[data-field=served]")).not_to_have_text("–", timeout=SOLVED_MS)
    expect(page.get_by_role("link", name="Submit for approval")).to_be_visible(timeout=SOLVED_MS)
    address = page.url
    page.get_by_role("link", name="Submit for approval").click()
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.get_by_text("waits for approval")).to_be_visible()
    expect(page.get_by_role("link", name="Approve")).to_have_count(0)
    sign_out(page)
    sign_in(page, living, "kepala")
    page.goto(address)
    page.get_by_role("link", name="Approve").click()
    page.get_by_label("Reason").fill("Lembur disetujui")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("is approved")).to_be_visible()
    sign_out(page)
    sign_in(page, living, "perencana")
    page.goto(address)
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("citizens see it now")).to_be_visible()
    page.get_by_role("link", name="Cancel or move").first.click()
    page.get_by_label("Reason").fill("Listrik padam")
    page.get_by_role("button", name="Tell it").click()
    expect(page.locator("td .pill.bad")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    page.goto(address)
    expect(page.locator("td .pill.bad")).to_have_count(0)
    assert not complaints


def test_enough_keeps_the_best_plan_so_far(living: Living, worker: None, person: BrowserContext) -> None:
    """A planner who has seen enough does not wait for the end of three minutes."""
    page = person.new_page()
    sign_in(page, living, "perencana")
    page.goto(f"{living.url}/kantor/pekan/{week_in(living, 5)}?lang=en")
    page.get_by_label("Time for the search").select_option("180")
    page.get_by_role("button", name="Plan").click()
    expect(page.locator("[data-field=served]")).not_to_have_text("–", timeout=SOLVED_MS)
    page.get_by_role("button", name="Enough, keep the best").click()
    expect(page.get_by_role("link", name="Submit for approval")).to_be_visible(timeout=30_000)


def week_in(living: Living, weeks: int) -> str:
    """The week so many weeks after the published one, as addresses name it."""
    year, number, _ = (living.week + timedelta(weeks=weeks)).isocalendar()
    return f"{year}-W{number:02}"

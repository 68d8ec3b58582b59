"""
A vice-principal's request on a phone, the office's answer, and the van's day, in real browsers (DOMAIN, journeys).

Every page on the way is looked at by axe.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.living import Living, looks_of

pytestmark = pytest.mark.timeout(240)
PEOPLE = 62 + 41
SOLVED_MS = 90_000


@pytest.fixture
def people(chromium: Browser) -> Iterator[list[BrowserContext]]:
    """Browsers that are closed at the end."""
    made: list[BrowserContext] = []
    yield made
    for each in made:
        each.close()


def come(chromium: Browser, people: list[BrowserContext], width: int) -> Page:
    """Somebody with a browser of that width."""
    people.append(chromium.new_context(viewport={"width": width, "height": 800}))
    return people[-1].new_page()


def look(page: Page) -> None:
    """Nothing is wrong with the page that is open."""
    assert looks_of(page) == [], page.url


def press(page: Page, name: str) -> None:
    """Press the button of that name, on a page that was looked at."""
    look(page)
    page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photographed letter."""
    path = tmp_path_factory.mktemp("letter") / "letter.png"
    Image.effect_noise((1200, 1600), 40).save(path)
    return path


def file_request(page: Page, living: Living, letter: Path, number: str) -> str:
    """Four short steps; returns the address of the status page."""
    page.goto(f"{living.url}/1219/permohonan?lang=en")
    press(page, "Begin")
    page.get_by_label("Name of the school, village or other place").fill("sman 1 sei suka")
    page.get_by_role("radio", name=re.compile("Sei Suka", re.IGNORECASE)).first.check()
    press(page, "Continue")
    page.get_by_label("Letter number").fill(number)
    page.get_by_label("Date of the letter").fill((living.week - timedelta(days=9)).isoformat())
    page.get_by_label("Subject").fill("Permohonan perekaman KTP-el")
    page.get_by_label("Position of the signatory").fill("Kepala Sekolah")
    page.get_by_label("Photograph or PDF of the letter").set_input_files(letter)
    expect(page.get_by_text("letter")).not_to_have_count(0)
    press(page, "Continue")
    page.get_by_label("Aged 17 and over").fill("62")
    page.get_by_label("Aged 16").fill("41")
    page.get_by_label("Room").fill("Aula lantai 1")
    press(page, "Continue")
    expect(page.get_by_text(str(PEOPLE))).not_to_have_count(0)
    page.get_by_label("Whom may we call?").fill("Wakil Kepala Sekolah")
    page.get_by_label("WhatsApp number").fill("0812 3456 7890")
    page.get_by_label("Parents or guardians").check()
    press(page, "File the request")
    expect(page.get_by_role("heading", name="Filed as PM-")).to_be_visible()
    look(page)
    return page.url.partition("?")[0]


def sign_in(page: Page, living: Living, user: str, path: str) -> None:
    """As people do, led back to where they wanted to go."""
    page.goto(f"{living.url}{path}?lang=en")
    page.get_by_label("Account").fill(user)
    page.get_by_label("Password").fill(living.passwords[user])
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("school_width, staff_width", [(360, 1280), pytest.param(1280, 360, marks=pytest.mark.slow)])
def test_a_school_files_and_staff_accepts_with_undo(
    living: Living,
    chromium: Browser,
    people: list[BrowserContext],
    letter: Path,
    school_width: int,
    staff_width: int,
) -> None:
    school, staff = come(chromium, people, school_width), come(chromium, people, staff_width)
    status = file_request(school, living, letter, f"421.3/{school_width}/SMAN1SS")
    expect(school.get_by_text("The office checks the request")).to_be_visible()
    sign_in(staff, living, "perencana", "/kantor/permohonan")
    look(staff)
    staff.get_by_role("link", name=re.compile("PM-")).filter(has_text="Sei Suka").or_(
        staff.get_by_role("row").filter(has_text="Sei Suka").get_by_role("link")
    ).first.click()
    expect(staff.get_by_text("Aula lantai 1")).to_be_visible()
    press(staff, "Accept")
    press(staff, "Undo")
    press(staff, "Accept")
    school.goto(status)
    expect(school.get_by_text("The planners look for a day")).to_be_visible()
    look(school)
    again = come(chromium, people, school_width)
    again.goto(status.rsplit("/", 1)[0] + "/1219.AAAAAAAAAAAAAAAAAAAAAA?lang=en")
    expect(again.get_by_text("There is no such page")).to_be_visible()


def step(page: Page, living: Living, week: str, link: str, told: str, reason: str = "") -> None:
    """Let the newest version of that week take a step, by its preview."""
    page.goto(f"{living.url}/kantor/pekan/{week}?lang=en")
    page.get_by_role("link", name=link, exact=True).click()
    if reason:
        page.get_by_label("Reason").fill(reason)
    press(page, link)
    expect(page.get_by_text(told)).to_be_visible()


def plan_until(page: Page, living: Living, name: str, weeks: tuple[int, ...]) -> str:
    """Plan one week after another until a school of that name is served in it (schools have holidays); which it was."""
    for later in weeks:
        year, number, _ = (living.week + timedelta(weeks=later)).isocalendar()
        week = f"{year}-W{number:02}"
        page.goto(f"{living.url}/kantor/pekan/{week}?lang=en")
        page.get_by_label("Time for the search").select_option("10")
        page.get_by_role("button", name=re.compile("^Plan ")).click()
        expect(page.get_by_text("Planning in the background")).to_be_visible()
        expect(page.get_by_text("Planning in the background")).to_have_count(0, timeout=SOLVED_MS)
        expect(page.get_by_role("link", name="Submit for approval")).to_be_visible()
        if page.locator("table.board li", has_text=re.compile(f"(SMA|SMAN)[^·]*{name}")).count():
            return week
    pytest.fail(f"No week serves {name}.")


@pytest.mark.slow
def test_from_the_letter_to_the_day_of_the_van(
    living: Living, worker: None, chromium: Browser, people: list[BrowserContext], letter: Path
) -> None:
    """A letter is accepted, planned, offered, confirmed and published; its school finds it in public."""
    school, planner, head = (come(chromium, people, width) for width in (360, 1280, 1280))
    status = file_request(school, living, letter, "421.3/900/SMAN1SS")
    code = school.get_by_role("heading", level=1).inner_text()
    sign_in(planner, living, "perencana", f"/kantor/permohonan/{code}")
    press(planner, "Accept")
    week = plan_until(planner, living, "Sei Suka", (2, 6, 8, 10))
    step(planner, living, week, "Submit for approval", "waits for approval")
    sign_in(head, living, "kepala", f"/kantor/pekan/{week}")
    step(head, living, week, "Approve", "is approved", "Lembur disetujui")
    school.goto(f"{status}?lang=en")
    expect(school.get_by_text("The office offers this time")).to_be_visible()
    offered = school.locator(".offer .big").inner_text()
    press(school, "Confirm this time")
    expect(school.get_by_text("The van comes on:")).to_be_visible()
    assert school.locator(".offer .big").inner_text() == offered
    look(school)
    step(planner, living, week, "Publish", "citizens see it now")
    school.goto(f"{status}?lang=en")
    expect(school.get_by_text("Scheduled").first).to_be_visible()
    school.goto(f"{living.url}/1219/?lang=en")
    school.get_by_label("Your village or school").fill("sman 1 sei suka")
    press(school, "Search")
    school.locator("section:has(#found)").get_by_role("link").first.click()
    expect(school.get_by_role("article").filter(has_text="Next visit").first).to_contain_text(
        "For pupils of this school"
    )
    look(school)

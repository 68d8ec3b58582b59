"""Plans, itineraries, published visits and their changes for programs."""

import json
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from api.entities import PlanId, PlanState, Role, User, UserId
from api.office import Office
from api.store.people import add_user
from api.store.plans import PlanDocuments
from tests.programs import PUBLISHED, WEEK, Program, put_plan
from tests.stores import BATU_BARA

Programs = Callable[..., Program]


def test_a_plan_goes_its_way_by_two_people(program: Programs, office: Office, sample_documents: PlanDocuments) -> None:
    plan = put_plan(office, sample_documents, 1, PlanState.DRAFT)
    planner, approver = program(Role.PLANNER), program(Role.APPROVER)
    assert planner.get(f"/plans?week={WEEK}").json()[0]["state"] == "draft"
    assert planner.post(f"/plans/{plan}/approve", {}).status_code == 403
    assert planner.post(f"/plans/{plan}/publish", {}).status_code == 409
    tag = planner.get(f"/plans/{plan}").headers["etag"]
    submitted = planner.post(f"/plans/{plan}/submit", {}, headers={"If-Match": tag})
    assert submitted.json()["state"] == "submitted"
    assert approver.post(f"/plans/{plan}/approve", {}, headers={"If-Match": tag}).status_code == 412
    assert approver.post(f"/plans/{plan}/return", {"reason": "Dua van"}).json()["state"] == "returned"
    assert planner.post(f"/plans/{plan}/submit", {}).status_code == 200
    approved = approver.post(f"/plans/{plan}/approve", {}, headers={"Idempotency-Key": "a"})
    assert approver.post(f"/plans/{plan}/approve", {}, headers={"Idempotency-Key": "a"}).json() == approved.json()
    published = planner.post(f"/plans/{plan}/publish", {}).json()
    assert [step["state"] for step in published["history"]] == [
        "draft", "submitted", "returned", "submitted", "approved", "published",
    ]  # fmt: skip


def test_nobody_approves_an_own_plan(program: Programs, office: Office, sample_documents: PlanDocuments) -> None:
    both = User(UserId("both"), "Both", frozenset({Role.PLANNER, Role.APPROVER}))
    plan = put_plan(office, sample_documents, 1, PlanState.DRAFT, author="both")
    office.write(BATU_BARA, lambda scope: add_user(scope, both, "x", by="test", at=office.now()))  # type: ignore[arg-type]
    assert program("both").post(f"/plans/{plan}/submit", {}).status_code == 200
    assert program("both").post(f"/plans/{plan}/approve", {}).status_code == 409


def test_documents_are_handed_out_byte_by_byte(
    program: Programs, published: PlanId, sample_documents: PlanDocuments
) -> None:
    planner = program(Role.PLANNER)
    for name, content in (("instance", sample_documents.instance), ("plan", sample_documents.plan)):
        answer = planner.get(f"/plans/{published}/{name}")
        assert answer.content == content
        assert answer.headers["etag"] == f'"{sha256(content).hexdigest()}"'
        same = {"If-None-Match": answer.headers["etag"]}
        assert planner.get(f"/plans/{published}/{name}", headers=same).status_code == 304
    assert planner.get("/plans/2026-W50-v9/plan").status_code == 404


def test_a_published_week_is_read_by_van_and_day(program: Programs, published: PlanId) -> None:
    crew = program(Role.CREW)
    days = crew.get(f"/itineraries?week={WEEK}").json()
    assert days
    first = days[0]
    one = crew.get(f"/itineraries?week={WEEK}&vehicle={first['vehicle']['id']}&date={first['date']}").json()
    assert one == [first]
    assert crew.get("/itineraries?week=2026-W51").status_code == 404
    assert crew.get("/unserved").status_code == 403
    left_out = program(Role.PLANNER).get(f"/unserved?week={WEEK}&lang=en").json()
    assert all(each["reason"] for each in left_out)


def test_everybody_s_visits_hide_homes_and_closed_houses(program: Programs, published: PlanId, office: Office) -> None:
    found = program(Role.SCHOOL).get("/visits?first=2026-12-07&last=2026-12-13").json()
    assert found
    region = office.region(BATU_BARA)
    closed = {site.name for site in region.sites if site.kind.is_priority}
    served = {
        stop["name"] for day in program(Role.CREW).get(f"/itineraries?week={WEEK}").json() for stop in day["stops"]
    }
    assert closed & served
    assert not closed & {each["name"] for each in found}
    assert {each["state"] for each in found} == {"planned"}
    assert not {"people", "counts", "letter_number", "notes", "visit"} & set(found[0])
    village = found[0]["village_code"]
    one = program(Role.VILLAGE).get(f"/visits?first=2026-12-07&last=2026-12-13&village={village}").json()
    assert one == [each for each in found if each["village_code"] == village]
    assert program(Role.VILLAGE).get("/visits?first=2026-12-07&last=2027-12-13").status_code == 422


def test_a_visit_is_cancelled_moved_and_taken_back(program: Programs, published: PlanId) -> None:
    planner, school = program(Role.PLANNER), program(Role.SCHOOL)
    url = "/visits?first=2026-12-07&last=2026-12-13"
    days = program(Role.CREW).get(f"/itineraries?week={WEEK}").json()
    stop = next(stop for day in days for stop in day["stops"] if stop["kind"] == "village")
    visit = stop["visit"]

    def shown() -> dict[str, Any]:
        found: list[dict[str, Any]] = school.get(url).json()
        return next(each for each in found if each["name"] == stop["name"])

    sent = {"plan": PUBLISHED, "visit": visit, "kind": "cancelled", "reason": "Jalan terendam"}
    cancelled = planner.post("/changes", sent)
    assert cancelled.status_code == 201, cancelled.text
    assert (shown()["state"], shown()["reason"]) == ("cancelled", "Jalan terendam")
    assert planner.post("/changes", {**sent, "kind": "moved"}).status_code == 422
    moved = planner.post("/changes", {**sent, "kind": "moved", "moved_to": "2026-12-11T09:00:00+07:00"})
    assert moved.status_code == 201, moved.text
    assert [each["id"] for each in planner.get("/changes").json()] == [moved.json()["id"]]
    assert (shown()["state"], shown()["start"]) == ("moved", "2026-12-11T09:00:00+07:00")
    assert datetime.fromisoformat(shown()["was"]) == datetime.fromisoformat(stop["start"])
    assert planner.delete(f"/changes/{moved.json()['id']}").status_code == 204
    assert planner.delete(f"/changes/{moved.json()['id']}").status_code == 404
    assert shown()["state"] == "planned"
    for wrong in ({"visit": "village:1"}, {"plan": "2026-W50-v9"}, {"moved_to": "2026-12-11T09:00:00"}):
        assert planner.post("/changes", {**sent, **wrong}).status_code in {404, 422}
    far = {**sent, "kind": "moved", "moved_to": "2096-12-11T09:00:00+07:00"}
    assert planner.post("/changes", far).status_code == 422


def test_auditors_read_acts_and_their_chain(program: Programs, published: PlanId) -> None:
    auditor = program(Role.AUDITOR)
    acts = auditor.get("/audit?action=plan&by=planner").json()
    assert [each["action"] for each in acts] == ["plan.added", "plan.moved", "plan.moved"]
    assert auditor.get("/audit/chain").json() == {"is_whole": True, "first_broken": None}
    assert auditor.get("/audit?since=2026-12-02T00:00:00Z").json() == []
    pages, url = [], "/audit?limit=4"
    while url:
        answer = auditor.get(url)
        pages += [each["number"] for each in answer.json()]
        url = answer.headers.get("link", "").partition(">")[0].removeprefix("</api/v1")
    assert pages == list(range(1, len(pages) + 1))
    assert program(Role.PLANNER).get("/audit").status_code == 403


def test_the_description_is_complete(program: Programs) -> None:
    description = json.loads(program(Role.PLANNER).get("/openapi.json").content)
    for path, operations in description["paths"].items():
        for method, each in operations.items():
            assert all(each.get(part) for part in ("summary", "description")), (method, path)
            assert each["security"] == [{"token": []}], (method, path)
            for status, answer in each["responses"].items():
                assert answer["description"], (method, path, status)
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
    for name, schema in description["components"]["schemas"].items():
        assert schema.get("description"), name

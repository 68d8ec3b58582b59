"""Requests for programs: whose they see, how they move, changes sent twice or on an older state."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from api.entities import Role
from api.office import Office
from api.store.audit import list_audit
from api.store.idempotency import KEPT
from api.store.people import close_user
from api.store.secrets import Purpose, revoke_all
from tests.offices import Clock
from tests.programs import Program
from tests.stores import BATU_BARA

Programs = Callable[..., Program]
SCHOOL, OTHER = "10204056", "1219012004"
"""Places of the accounts ``school`` and ``village``."""


def asked(**more: object) -> dict[str, object]:
    """A request that can be filed."""
    return {"place": SCHOOL, "counts": {"record_and_print": 62}, **more}


def filed(program: Program, **more: object) -> str:
    """File a request; its code."""
    answer = program.post("/requests", asked(**more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_token_says_whose_it_is(program: Programs) -> None:
    assert program(Role.SCHOOL).get("/me").json() == {
        "account": "school",
        "name": "Account school",
        "roles": ["school"],
        "place": SCHOOL,
        "regency": "1219",
        "regency_name": "Kabupaten Batu Bara",
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer 1219.x", "Basic 1219.x", "Bearer 9999.abc"])
def test_no_token_or_a_wrong_one_opens_nothing(program: Programs, header: str) -> None:
    answer = program(Role.PLANNER).get("/me", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_a_token_ends_with_its_account_and_when_revoked(program: Programs, office: Office) -> None:
    planner, school = program(Role.PLANNER), program(Role.SCHOOL)
    office.write(BATU_BARA, lambda scope: close_user(scope, "planner", by="test", at=office.now()))  # type: ignore[arg-type]
    office.write(BATU_BARA, lambda scope: revoke_all(scope, Purpose.API_TOKEN, "school", by="test", at=office.now()))
    assert [each.get("/me").status_code for each in (planner, school)] == [401, 401]


def test_a_request_is_filed_and_read_as_it_was_sent(program: Programs) -> None:
    sent = asked(
        letter={"number": "421/7", "written": "2026-11-23", "subject": "Perekaman", "signatory_position": "Kepala"},
        weekdays=[2, 1],
        hours=[{"start": "08:00", "end": "12:00"}],
        blocked=[{"first": "2026-12-14", "last": "2026-12-18"}],
        not_after="2026-12-31",
        notes=["Jalan sempit"],
        details={"attachments": 1, "room": "Aula", "consent": True},
    )
    answer = program(Role.SCHOOL).post("/requests", sent)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/requests/PM-2026-0001"
    got = program(Role.PLANNER).get("/requests/PM-2026-0001")
    assert got.json() == answer.json()
    assert got.headers["etag"] == answer.headers["etag"]
    found = got.json()
    assert (found["state"], found["kind"], found["received"]) == ("submitted", "sma", "2026-12-01")
    assert found["weekdays"] == [1, 2]
    for name in ("hours", "blocked", "not_after", "notes"):
        assert found[name] == sent[name]
    assert found["letter"] == {**sent["letter"], "has_scan": False}  # type: ignore[dict-item]
    assert [step["state"] for step in found["history"]] == ["submitted"]


def test_a_host_sees_and_files_its_own_place_only(program: Programs) -> None:
    school, village, planner = program(Role.SCHOOL), program(Role.VILLAGE), program(Role.PLANNER)
    own, other = filed(school), filed(village, place=OTHER)
    assert [each["id"] for each in school.get("/requests").json()] == [own]
    assert [each["id"] for each in village.get("/requests").json()] == [other]
    assert [each["id"] for each in planner.get("/requests").json()] == [own, other]
    assert school.get(f"/requests?place={OTHER}").json() == []
    assert school.get(f"/requests/{other}").status_code == 404
    assert school.post(f"/requests/{other}/cancel", {}).status_code == 404
    assert school.post("/requests", asked(place=OTHER)).status_code == 404
    assert school.get(f"/requests/{own}").status_code == 200


def test_requests_move_by_their_steps_alone(program: Programs) -> None:
    school, planner = program(Role.SCHOOL), program(Role.PLANNER)
    request = filed(school)
    assert school.post(f"/requests/{request}/accept", {}).status_code == 403
    assert planner.post(f"/requests/{request}/accept", {}).status_code == 409  # its letter lacks everything
    assert planner.post(f"/requests/{request}/decline", {"reason": ""}).status_code == 422
    accepted = planner.post(f"/requests/{request}/accept", {"reason": "Surat asli menyusul"})
    assert accepted.json()["state"] == "accepted"
    assert planner.post(f"/requests/{request}/decline", {"reason": "Tidak ada"}).status_code == 409
    assert planner.post(f"/requests/{request}/return", {"reason": "Nomor surat"}).json()["state"] == "needs_correction"
    cancelled = school.post(f"/requests/{request}/cancel", {}).json()
    assert [step["state"] for step in cancelled["history"]] == [
        "submitted",
        "accepted",
        "needs_correction",
        "cancelled",
    ]


def test_the_same_letter_again_is_told(program: Programs) -> None:
    letter = {"number": "421/7", "written": "2026-11-23"}
    filed(program(Role.SCHOOL), letter=letter)
    assert program(Role.SCHOOL).post("/requests", asked(letter=letter)).status_code == 409
    assert filed(program(Role.VILLAGE), place=OTHER, letter=letter) == "PM-2026-0002"


def test_a_change_sent_twice_is_made_once(program: Programs, office: Office, clock: Clock) -> None:
    school = program(Role.SCHOOL)
    key = {"Idempotency-Key": "abc-1"}
    first, again = (school.post("/requests", asked(), headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(school.get("/requests").json()) == 1
    assert school.post("/requests", asked(notes=["lain"]), headers=key).status_code == 422
    other = program(Role.PLANNER).post("/requests", asked(), headers=key)  # keys are each account's own
    assert other.json()["id"] != first.json()["id"]
    clock.go_on(seconds=KEPT.total_seconds())
    assert school.post("/requests", asked(), headers=key).json()["id"] == "PM-2026-0003"
    acts = office.read(BATU_BARA, lambda scope: list_audit(scope, limit=1000))
    assert sum(act.action == "request.added" for act in acts) == 3


def test_a_refused_change_keeps_no_answer(program: Programs) -> None:
    planner = program(Role.PLANNER)
    request, key = filed(planner), {"Idempotency-Key": "abc-2"}
    assert planner.post(f"/requests/{request}/accept", {"reason": "ok!"}, headers=key).status_code == 200
    assert planner.post(f"/requests/{request}/accept", {"reason": "ok!"}, headers=key).status_code == 200
    assert planner.post(f"/requests/{request}/accept", {"reason": "ok!"}).status_code == 409
    second = filed(planner)
    assert planner.post(f"/requests/{second}/accept", {}, headers={"Idempotency-Key": "abc-3"}).status_code == 409
    answer = planner.post(f"/requests/{second}/accept", {"reason": "ok!"}, headers={"Idempotency-Key": "abc-3"})
    assert answer.status_code == 200


def test_a_change_founded_on_an_older_state_is_refused(program: Programs) -> None:
    planner = program(Role.PLANNER)
    request = filed(planner)
    tag = planner.get(f"/requests/{request}").headers["etag"]
    fresh = planner.get(f"/requests/{request}", headers={"If-None-Match": tag})
    assert (fresh.status_code, fresh.content) == (304, b"")
    held = {"If-Match": tag}
    accepted = planner.post(f"/requests/{request}/accept", {"reason": "ok!"}, headers=held)
    assert accepted.status_code == 200
    refused = planner.post(f"/requests/{request}/cancel", {}, headers=held)
    assert refused.status_code == 412
    assert planner.get(f"/requests/{request}", headers={"If-None-Match": tag}).status_code == 200
    new = {"If-Match": accepted.headers["etag"]}
    assert planner.post(f"/requests/{request}/cancel", {}, headers=new).status_code == 200


def test_pages_hold_each_request_once_and_in_order(program: Programs, clock: Clock) -> None:
    planner = program(Role.PLANNER)
    codes = []
    for number in range(7):
        codes.append(filed(planner, notes=[str(number)]))
        clock.go_on(hours=11)
    url, seen = "/requests?limit=3&state=submitted", []
    for _ in range(3):
        answer = planner.get(url)
        seen.append([each["id"] for each in answer.json()])
        if "link" in answer.headers:
            url = answer.headers["link"].partition(">")[0].removeprefix("</api/v1")
            assert "state=submitted" in url
            filed(program(Role.PLANNER), notes=["between"])
    assert [code for page in seen for code in page][:7] == codes
    assert [len(each) for each in seen[:2]] == [3, 3]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=abc", "cursor=W10", "cursor=WyJ4IiwieSJd", "stat=draft"]
)
def test_a_page_that_is_none_is_refused_without_repeating_it(program: Programs, query: str) -> None:
    answer = program(Role.PLANNER).get(f"/requests?{query}")
    assert answer.status_code == 422
    assert "stat=" not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": "nowhere"},
        {"counts": {}},
        {"counts": {"record_and_print": 5001}},
        {"counts": {"record_and_print": -1}},
        {"counts": {"record_and_print": 1.5}},
        {"counts": {"record_and_print": True}},
        {"counts": {"record_and_print": 4000, "record_only": 4000}},
        {"counts": {"record_and_print": 1, "outside_domicile": 2}},
        {"hours": [{"start": "12:00", "end": "08:00"}]},
        {"hours": [{"start": "25:00", "end": "26:00"}]},
        {"blocked": [{"first": "2026-12-18", "last": "2026-12-14"}]},
        {"weekdays": [7]},
        {"notes": ["x" * 501]},
        {"notes": ["NIK 1219042001010001"]},
        {"notes": ["a\x00b"]},
        {"nik": "1"},
        {"letter": {"has_scan": True}},
    ],
)
def test_what_cannot_be_a_request_is_refused(program: Programs, wrong: dict[str, object]) -> None:
    school = program(Role.SCHOOL)
    answer = school.post("/requests", asked(**wrong))
    assert answer.status_code in {404, 422}, answer.text
    assert "1219042001010001" not in answer.text
    assert school.get("/requests").json() == []


def test_tokens_expire(program: Programs, clock: Clock) -> None:
    planner = program(Role.PLANNER)
    clock.now += timedelta(days=365)
    assert planner.get("/me").status_code == 401

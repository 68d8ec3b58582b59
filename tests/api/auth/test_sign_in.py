"""Signing in and out, and what a session opens for how long."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI

from api.auth.policies import SESSION_COOKIE, policies_of
from api.entities import Role, UserId
from api.sessions import IDLE, LONGEST, RENEW
from api.store.people import close_user
from tests.offices import ORIGIN, PASSWORD, Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]


def signed_in(visitor: Visitor) -> bool:
    """Whether the visitor is recognised by a page for people who signed in."""
    return visitor.http.get("/kantor", follow_redirects=False).headers["location"] != "/masuk?goal=%2Fkantor"


def test_the_right_password_opens_a_session_and_signing_out_ends_it(visit: Visit) -> None:
    visitor = visit()
    assert not signed_in(visitor)
    answer = visitor.send(
        "/masuk", {"regency": "1219", "user": "planner", "password": PASSWORD}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/kantor")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert signed_in(visitor)
    secret = visitor.http.cookies[SESSION_COOKIE]
    assert visitor.send("/keluar", on="/masuk").status_code == 403  # that page's token is not the session's
    assert signed_in(visitor)
    assert "/masuk" in str(visitor.send("/keluar").url)
    assert SESSION_COOKIE not in visitor.http.cookies
    visitor.http.cookies.set(SESSION_COOKIE, secret, domain="127.0.0.1")
    assert not signed_in(visitor)


@pytest.mark.parametrize("fields", [{"password": "wrong purple vans"}, {"user": "nobody"}, {"regency": "9999"}])
def test_a_wrong_account_or_password_opens_nothing_and_does_not_say_which(
    visit: Visit, fields: dict[str, object]
) -> None:
    visitor = visit()
    wrong = {"regency": "1219", "user": "planner", "password": PASSWORD, **fields}
    answer = visitor.send("/masuk?lang=en", wrong, on="/masuk")
    assert answer.status_code == 401
    assert "Account or password is not right" in answer.text
    assert not signed_in(visitor)


def test_an_account_may_be_tried_ten_times_in_a_quarter_of_an_hour(visit: Visit, clock: Clock) -> None:
    visitor = visit()
    wrong = {"regency": "1219", "user": "planner", "password": "x"}
    assert [visitor.send("/masuk", wrong).status_code for _ in range(11)] == [401] * 10 + [429]
    assert visitor.send("/masuk", {**wrong, "password": PASSWORD}).status_code == 429
    clock.go_on(minutes=15)
    assert visitor.send("/masuk", {**wrong, "password": PASSWORD}, follow_redirects=False).status_code == 303


def test_a_session_ends_when_idle_and_at_the_latest_after_its_longest_time(visit: Visit, clock: Clock) -> None:
    idle, busy = visit().sign_in(Role.PLANNER), visit().sign_in(Role.PLANNER)
    first = busy.http.cookies[SESSION_COOKIE]
    clock.go_on(seconds=IDLE.total_seconds())
    assert not signed_in(idle)
    busy.sign_in(Role.PLANNER)
    begun = clock()
    while clock() < begun + LONGEST - RENEW:
        clock.go_on(seconds=RENEW.total_seconds())
        assert signed_in(busy)
    assert busy.http.cookies[SESSION_COOKIE] != first
    clock.go_on(seconds=RENEW.total_seconds())
    assert not signed_in(busy)


def test_a_changed_secret_opens_nothing_after_a_minute(visit: Visit, clock: Clock) -> None:
    visitor, other = visit().sign_in(Role.PLANNER), visit()
    old = visitor.http.cookies[SESSION_COOKIE]
    clock.go_on(seconds=RENEW.total_seconds())
    assert signed_in(visitor)
    assert visitor.http.cookies[SESSION_COOKIE] != old
    other.http.cookies.set(SESSION_COOKIE, old, domain="127.0.0.1")
    clock.go_on(seconds=61)
    assert not signed_in(other)
    assert signed_in(visitor)


def test_a_closed_account_is_signed_out_at_once(visit: Visit, clock: Clock) -> None:
    visitor = visit().sign_in(Role.PLANNER)
    assert signed_in(visitor)
    visitor.office.write(BATU_BARA, lambda scope: close_user(scope, UserId("planner"), by="test", at=clock()))
    assert not signed_in(visitor)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://evil.127.0.0.1:8000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_changes_nothing(visit: Visit, headers: dict[str, str]) -> None:
    visitor = visit()
    visitor.page("/masuk")
    fields = {"regency": "1219", "user": "planner", "password": PASSWORD, "csrf": "0" * 64}
    assert visitor.http.post("/masuk", data=fields, headers=headers).status_code == 403
    assert not signed_in(visitor)


def test_a_form_without_its_token_changes_nothing(visit: Visit) -> None:
    visitor = visit().sign_in(Role.PLANNER)
    for fields in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        assert visitor.http.post("/keluar", data=fields, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403
    assert signed_in(visitor)


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example/", "/\\evil.example", "/kantor\r\nx: y"])
def test_signing_in_leads_to_our_own_pages_only(visit: Visit, goal: str) -> None:
    fields = {"regency": "1219", "user": "planner", "password": PASSWORD, "goal": goal}
    assert visit().send("/masuk", fields, follow_redirects=False).headers["location"] == "/kantor"


def test_every_route_declares_its_policy(office_application: FastAPI) -> None:
    table = policies_of(office_application)
    missing = {path for (_, path), policy in table.items() if policy is None}
    assert missing == {"/api/v1/openapi.json", "/static/{name:path}", "/healthz"}

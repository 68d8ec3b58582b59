"""Who may call what, from the table of routes: every role, one's own, another's, another regency's."""

from typing import Any

import pytest
from fastapi import FastAPI

from api.auth.caller import CallerKind
from api.entities import Role
from api.office import Office
from api.store.passwords import HashedPassword
from api.store.regions import RegionDocuments
from api.store.secrets import Purpose
from tests.api.hostile import OTHER, Caller, Route, furnish, keep_victim, routes
from tests.programs import Program

FINER = ("/langkah/",)
"""Paths whose use case asks for more than their policy: who may take which step of a plan."""
OBJECTS = {"request", "plan", "user", "hook", "attachment", "change", "job", "sha256"}
"""Parts of paths that name what belongs to a regency."""


@pytest.fixture
def parts(
    office: Office, sample: RegionDocuments, hashed: HashedPassword, office_application: FastAPI, published: str
) -> dict[str, str]:
    """One of everything."""
    parts = furnish(office, sample, hashed)
    body = {"place": "10204056", "counts": {"record_only": 3}}
    assert Program(office_application, office, "school").post("/requests", body).status_code == 201
    return parts


@pytest.fixture
def caller(office: Office, office_application: FastAPI) -> Caller:
    """Somebody."""
    return Caller(office_application, office)


def is_signed(route: Route) -> bool:
    """Whether the policy asks who calls, by session or token."""
    return bool(route.policy.kinds & {CallerKind.SESSION, CallerKind.TOKEN})


def test_nobody_is_let_in_without_a_secret(caller: Caller, parts: dict[str, str], office_application: FastAPI) -> None:
    for route in routes(office_application):
        path = route.filled(**parts)
        answer = caller.call(route, None, path)
        if CallerKind.ANYONE in route.policy.kinds:
            assert answer.status_code not in {401, 403}, route
        elif CallerKind.LINK in route.policy.kinds:
            assert answer.status_code == 404, route
        elif answer.status_code == 303:
            assert route.method == "GET", route
            assert answer.headers["location"].startswith("/masuk?goal="), route
        else:
            assert answer.status_code == 401, route


def test_each_role_is_let_in_where_its_policy_says_and_nowhere_else(
    caller: Caller, office: Office, parts: dict[str, str], office_application: FastAPI
) -> None:
    for route in filter(is_signed, routes(office_application)):
        for role in Role:
            body: dict[str, Any] = {"json": {}} if route.is_api and route.method in {"POST", "PUT"} else {}
            answer = caller.call(route, role, route.filled(**parts), **body)
            keep_victim(office)
            assert answer.status_code < 500, (route, role, answer.text[:300])
            if route.policy.roles and role not in route.policy.roles:
                assert answer.status_code == 403, (route, role)
            elif not any(each in route.path for each in FINER):
                assert answer.status_code not in {401, 403}, (route, role, answer.text[:300])


def test_another_regency_s_things_are_not_there(
    caller: Caller, parts: dict[str, str], office_application: FastAPI
) -> None:
    for route in filter(is_signed, routes(office_application)):
        if not OBJECTS & set(route.parts):
            continue
        for role in caller.roles_of(route):
            body = {"json": {"reason": "Sebab"}} if route.is_api and route.method in {"POST", "PUT"} else {}
            answer = caller.call(route, role, route.filled(**parts), regency=OTHER, **body)
            # 422: its address or form lacks something before anything is looked for.
            assert answer.status_code in {403, 404, 422}, (route, role, answer.status_code, answer.text[:300])


def test_another_host_s_request_is_not_there(
    caller: Caller, parts: dict[str, str], office_application: FastAPI
) -> None:
    seen = 0
    for route in filter(is_signed, routes(office_application)):
        if "request" not in route.parts or Role.VILLAGE not in route.policy.roles:
            continue
        body: dict[str, Any] = {"json": {}} if route.is_api and route.method == "POST" else {}
        path = route.filled(**parts)
        assert caller.call(route, Role.VILLAGE, path, **body).status_code == 404, route
        seen += 1
    assert seen


def test_a_secret_of_one_use_opens_nothing_of_another(
    caller: Caller, parts: dict[str, str], office_application: FastAPI
) -> None:
    for route in routes(office_application):
        if CallerKind.LINK not in route.policy.kinds:
            continue
        for purpose in Purpose:
            if purpose is not route.policy.purpose:
                secret = caller.secret(purpose, parts["request"])
                path = route.filled(**{**parts, "secret": secret})
                assert caller.call(route, None, path).status_code == 404, (route, purpose)

"""
The description of the interface, kept to: generated calls of every operation by every role, judged by schemathesis.

First each operation is answered 2xx for each role that may call it, with what a program would send; then cases are
generated from the description, right ones and wrong ones, with codes that are there and codes that are not.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.auth.policies import policies_of
from api.entities import PlanId, PlanState, Role
from api.office import Office
from api.store.changes import ChangeKind, change_visit
from api.store.outbox import Event
from api.store.plans import PlanDocuments, find_published
from api.store.webhooks import add_webhook
from tests.offices import ORIGIN
from tests.programs import MONDAY, WEEK, Program, put_plan
from tests.stores import BATU_BARA

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FAST_CASES, ALL_CASES = 150, 3_000


@dataclass
class Judge:
    """Sends cases and holds answers to the description."""

    operations: dict[str, APIOperation[Any, Any, Any, Any]]
    programs: dict[str, Program]

    def judge(self, case: schemathesis.Case[Any], role: str) -> int:
        """Send a case as that role; the status of the answer, which is as described."""
        sent = case.as_transport_kwargs(base_url=ORIGIN)
        sent["headers"]["Authorization"] = f"Bearer {self.programs[role].token}"  # wrong ones are tried elsewhere
        if isinstance(sent.get("data"), bytes | str):
            sent["content"] = sent.pop("data")
        answer = self.programs[role].http.request(**{k: v for k, v in sent.items() if k != "cookies"})
        case.validate_response(answer, checks=CHECKS)
        return answer.status_code


@pytest.fixture
def roles(office_application: FastAPI) -> dict[str, tuple[str, ...]]:
    """Roles that may call each operation, by its label."""
    table = policies_of(office_application).items()
    return {
        f"{method} {path}": tuple(sorted(policy.roles or Role))
        for (method, path), policy in table
        if policy is not None and path.startswith("/api/v1/")
    }


@pytest.fixture
def judge(office_application: FastAPI, program: Callable[..., Program]) -> Judge:
    """A judge of this office's interface."""
    schema = schemathesis.openapi.from_dict(office_application.openapi())
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    found = {each.label: each for each in operations}
    return Judge(found, {role: program(role) for role in Role})


class World:
    """Makes what calls are about, each time anew."""

    def __init__(self, office: Office, documents: PlanDocuments, programs: dict[str, Program]) -> None:
        self.office, self.documents, self.programs = office, documents, programs
        self.version = 1
        put_plan(office, documents, 1, PlanState.PUBLISHED)
        week = office.itinerary(BATU_BARA, self.published)
        self.visit = week.itineraries[0].stops[0].card.visit

    @property
    def published(self) -> PlanId:
        """The version that is published now."""
        found = self.office.read(BATU_BARA, lambda scope: find_published(scope, MONDAY))
        assert found is not None
        return found.id

    def request(self, *, role: str = "school") -> str:
        """A request that was filed."""
        place = "1219012004" if role == "village" else "10204056"
        answer = self.programs[role].post("/requests", {"place": place, "counts": {"record_only": 3}})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def plan(self, state: PlanState) -> str:
        """A version in that state."""
        self.version += 1
        return put_plan(self.office, self.documents, self.version, state)

    def hook(self) -> str:
        """A webhook."""
        now = self.office.now()
        for each in self.programs["admin"].get("/webhooks").json()[10:]:
            self.programs["admin"].delete(f"/webhooks/{each['id']}")
        hook = self.office.write(
            BATU_BARA, lambda scope: add_webhook(scope, "https://example.org/", tuple(Event), by="test", at=now)
        )
        return hook.id

    def change(self) -> str:
        """A change of a published visit."""
        now, published = self.office.now(), self.published
        made = self.office.write(
            BATU_BARA,
            lambda scope: change_visit(
                scope, published, self.visit, ChangeKind.CANCELLED, reason="Banjir", by="planner", at=now
            ),
        )
        return made.id

    def case(self, label: str, role: str) -> tuple[dict[str, str], dict[str, str], object]:
        """Parts of the path, query and body with which the operation does what it is for; None: no body."""
        method, path = label.split(" ", 1)
        name = path.removeprefix("/api/v1/")
        parts: dict[str, str] = {}
        query = {"week": WEEK} if name in {"itineraries", "unserved"} else {}
        body: object = None
        if "{request}" in path:
            parts = {"request": self.request(role=role if role in {"school", "village"} else "planner")}
            body = {"reason": "Sebab yang baik"} if method == "POST" else None
        elif "{plan}" in path:
            step = name.rpartition("/")[2]
            before = {"submit": PlanState.DRAFT, "publish": PlanState.APPROVED}.get(step, PlanState.SUBMITTED)
            parts = {"plan": self.plan(before)}
            body = {"reason": "Sebab yang baik"} if method == "POST" else None
        elif "{hook}" in path:
            parts = {"hook": self.hook()}
            body = {"address": "https://example.org/x", "events": ["plan.published"]} if method == "PUT" else None
        elif "{change}" in path:
            parts = {"change": self.change()}
        elif method == "POST":
            place = "1219012004" if role == "village" else "10204056"
            body = {
                "requests": {"place": place, "counts": {"record_only": 3}},
                "changes": {"plan": self.published, "visit": self.visit, "kind": "cancelled", "reason": "Banjir"},
                "webhooks": {"address": "https://example.org/y", "events": ["visit.moved"]},
            }[name]
        return parts, query, body


@pytest.fixture
def world(office: Office, sample_documents: PlanDocuments, judge: Judge) -> World:
    """What calls are about."""
    return World(office, sample_documents, judge.programs)


def test_every_operation_does_what_it_is_for_for_every_role_allowed(
    judge: Judge, world: World, roles: dict[str, tuple[str, ...]]
) -> None:
    assert set(judge.operations) == set(roles)
    for label, operation in judge.operations.items():
        for role in Role:
            parts, query, body = world.case(label, role if role in roles[label] else roles[label][0])
            more = {} if body is None else {"body": body, "media_type": "application/json"}
            case = operation.Case(path_parameters=parts, query=query, **more)  # type: ignore[arg-type]
            status = judge.judge(case, role)
            if role in roles[label]:
                assert 200 <= status < 300, (label, role, status)
            else:
                assert status == 403, (label, role, status)


def run_cases(judge: Judge, world: World, roles: dict[str, tuple[str, ...]], cases: int) -> Counter[int]:
    """Generate so many cases over all operations and their roles; how often each status was answered."""
    counts: Counter[int] = Counter()
    asked = [(label, role) for label in judge.operations for role in roles[label]]
    known = {"request": world.request(), "plan": world.published, "hook": world.hook(), "change": world.change()}
    each = -(-cases // len(asked))
    for label, role in asked[:cases]:

        def judge_case(case: schemathesis.Case[Any], is_known: bool) -> None:
            if is_known:
                case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
            counts[judge.judge(case, role)] += 1  # noqa: B023 (called before the next one is made)

        operation = judge.operations[label]
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        cases_of = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))
        asking = settings(
            max_examples=each,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        asking(given(case=cases_of, is_known=st.booleans())(judge_case))()
    return counts


def test_generated_calls_are_answered_as_described(
    judge: Judge, world: World, roles: dict[str, tuple[str, ...]]
) -> None:
    counts = run_cases(judge, world, roles, FAST_CASES)
    assert counts.total() >= FAST_CASES * 0.9


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_thousands_of_generated_calls_are_answered_as_described(
    judge: Judge, world: World, roles: dict[str, tuple[str, ...]]
) -> None:
    counts = run_cases(judge, world, roles, ALL_CASES)
    assert counts.total() >= ALL_CASES
    assert not [status for status in counts if status >= 500]
    assert counts[200] + counts[201] + counts[204] > ALL_CASES / 20

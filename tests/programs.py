"""Programs that call an office by token, and a published week for them to read."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.entities import PlanId, PlanState, Role, UserId, WeeklyPlan
from api.office import Office
from api.store.plans import PlanDocuments, add_plan, step_plan
from api.store.scope import RegencyCode, Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from tests.offices import ORIGIN
from tests.stores import BATU_BARA

MONDAY = date(2026, 12, 7)
WEEK = "2026-W50"
PUBLISHED = PlanId("2026-W50-v1")


class Program:
    """A program with a token of the account of a role."""

    def __init__(self, app: FastAPI, office: Office, role: str, regency: RegencyCode = BATU_BARA) -> None:
        self.token = new_secret(regency)
        now = office.now()

        def keep(scope: Writing) -> None:
            keep_secret(scope, self.token, Purpose.API_TOKEN, role, lasts=timedelta(days=365), by="test", at=now)

        office.write(regency, keep)
        self.http = TestClient(app, base_url=ORIGIN, headers={"Authorization": f"Bearer {self.token}"})

    def get(self, path: str, **options: object) -> httpx2.Response:
        """GET below ``/api/v1``."""
        return self.http.get(f"/api/v1{path}", **options)  # type: ignore[arg-type]

    def post(self, path: str, body: object = None, **options: object) -> httpx2.Response:
        """POST JSON below ``/api/v1``."""
        return self.http.post(f"/api/v1{path}", json=body, **options)  # type: ignore[arg-type]

    def put(self, path: str, body: object, **options: object) -> httpx2.Response:
        """PUT JSON below ``/api/v1``."""
        return self.http.put(f"/api/v1{path}", json=body, **options)  # type: ignore[arg-type]

    def delete(self, path: str) -> httpx2.Response:
        """DELETE below ``/api/v1``."""
        return self.http.delete(f"/api/v1{path}")


@pytest.fixture
def program(office_application: FastAPI, office: Office) -> Iterator[Callable[..., Program]]:
    """Make a program with a token of that role's account."""
    made: list[Program] = []

    def make(role: Role | str, regency: RegencyCode = BATU_BARA) -> Program:
        made.append(Program(office_application, office, str(role), regency))
        return made[-1]

    yield make
    for each in made:
        each.http.close()


@pytest.fixture(scope="session")
def sample_documents(planned_week: Path) -> PlanDocuments:
    """The sample's week 2026-W50, solved once."""
    instance, plan, cards = (planned_week / f"{name}.json" for name in ("instance", "plan", "cards"))
    return PlanDocuments(instance.read_bytes(), plan.read_bytes(), None, cards.read_bytes())


def put_plan(
    office: Office, documents: PlanDocuments, version: int, state: PlanState, *, author: str = "planner"
) -> PlanId:
    """Put a version of the week in, by its author, and bring it to that state by the approver."""
    plan = WeeklyPlan(PlanId(f"2026-W50-v{version}"), MONDAY, version, UserId(author))
    ways = {
        PlanState.DRAFT: (),
        PlanState.SUBMITTED: (PlanState.SUBMITTED,),
        PlanState.APPROVED: (PlanState.SUBMITTED, PlanState.APPROVED),
        PlanState.PUBLISHED: (PlanState.SUBMITTED, PlanState.APPROVED, PlanState.PUBLISHED),
    }
    now = office.now()

    def put(scope: Writing) -> None:
        add_plan(scope, plan, documents, by=author, at=now)
        for each in ways[state]:
            who = UserId("approver" if each is PlanState.APPROVED else author)
            step_plan(scope, plan.id, each, by=who, at=now, reason="")

    office.write(BATU_BARA, put)
    return plan.id


@pytest.fixture
def published(office: Office, sample_documents: PlanDocuments) -> PlanId:
    """The sample's week, published."""
    return put_plan(office, sample_documents, 1, PlanState.PUBLISHED)

"""An office in full life: the example with a published week, on a real server, for tests of every page and journey."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.auth.sessions import IDLE, LONGEST
from api.entities import PlanId, PlanState, UserId, WeeklyPlan
from api.example import REGENCY, make_example
from api.i18n import language
from api.office import Office
from api.planning.desk import desk_from_store
from api.planning.service import plan_desk
from api.settings import Settings
from api.store.plans import PlanDocuments, add_plan, step_plan
from api.store.requests import list_requests
from api.store.scope import Writing
from api.store.secrets import Purpose, keep_secret, new_secret
from api.store.store import make_store, open_store
from maps.cards_file import write_cards
from maps.ways_file import write_ways
from optimizer.evaluate import evaluate
from optimizer.instance import write_plan
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve

ROOT = Path(__file__).resolve().parents[1]
PLAN = PlanId("example-plan")


@dataclass(frozen=True)
class Living:
    """
    The office and its server.

    Attributes
    ----------
    week
        Monday of the published week, the one after the present.
    passwords
        By account.
    """

    office: Office
    port: int
    week: date
    passwords: dict[str, str]

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def iso_week(self) -> str:
        """As addresses name the week."""
        year, number, _ = self.week.isocalendar()
        return f"{year}-W{number:02}"

    def session(self, user: str) -> str:
        """The secret of a new session of that account."""
        secret, now = new_secret(REGENCY), self.office.now()

        def keep(scope: Writing) -> None:
            keep_secret(scope, secret, Purpose.SESSION, user, lasts=IDLE, by=user, at=now, ends=now + LONGEST)

        self.office.write(REGENCY, keep)
        return secret


@pytest.fixture(scope="session")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """The example office with its next week planned and published, served on a free port."""
    folder = tmp_path_factory.mktemp("living")
    url = f"sqlite:///{folder}/moling.db"
    make_store(url)
    with open_store(url) as store:
        office = Office(Settings(database_url=url), store)
        passwords = make_example(store, at=datetime.now(UTC))
        today = office.today(REGENCY)
        week = today + timedelta(days=7 - today.weekday())
        publish_week(office, week)
        environment = {**os.environ, "MOLING_DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "api.cli", "--lang", "en", "serve", "--port", "0"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as server:
            assert server.stdout is not None
            line = server.stdout.readline().decode()
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            assert found, line
            yield Living(office, int(found[1]), week, passwords)
            server.terminate()
        office.close()


def publish_week(office: Office, week: date) -> None:
    """Plan that week with little effort and publish it."""

    def quickly(problem: Problem, options: SolveOptions) -> Plan:
        few = SolveOptions(solution_limit=1, instance_sha256=options.instance_sha256, gettext=options.gettext)
        return solve(problem, few)

    requests = office.read(REGENCY, list_requests)
    planned = plan_desk(desk_from_store(office.region(REGENCY), week, requests), language=language(), solver=quickly)
    judged = evaluate(planned.week.problem, planned.plan)
    version = WeeklyPlan(
        PLAN, week, 1, UserId("perencana"), hard_violations=len(judged.violations), soft_violations=len(judged.soft)
    )
    ways = write_ways(planned.ways) if planned.ways else None
    documents = PlanDocuments(planned.instance, write_plan(planned.plan), None, write_cards(planned.week.cards), ways)

    def publish(scope: Writing) -> None:
        now = office.now()
        add_plan(scope, version, documents, by="perencana", at=now)
        step_plan(scope, PLAN, PlanState.SUBMITTED, by=UserId("perencana"), at=now)
        step_plan(scope, PLAN, PlanState.APPROVED, by=UserId("kepala"), at=now, reason="Lembur disetujui.")
        step_plan(scope, PLAN, PlanState.PUBLISHED, by=UserId("perencana"), at=now)

    office.write(REGENCY, publish)

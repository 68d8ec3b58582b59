"""A week of the sample with two filed requests, planned once, for tests of what becomes of a version."""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from api.entities import PlanId, RequestId, RequestState, UserId, VisitRequest, WeeklyPlan
from api.i18n import language
from api.office import Office
from api.planning.desk import desk_from_store, request_from_row
from api.planning.service import plan_desk
from api.store.plans import PlanDocuments, add_plan
from api.store.regions import RegionDocuments
from api.store.requests import add_request
from api.store.scope import Writing
from maps.cards_file import write_cards
from optimizer.evaluate import evaluate
from optimizer.instance import write_plan
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve
from tests.stores import BATU_BARA

MONDAY = date(2026, 12, 7)
FILED = ("PM-003", "PM-005")
"""Letters of the sample's folder that are filed in the store as well, as PM-2026-0001 and PM-2026-0002."""


@dataclass(frozen=True)
class DraftWeek:
    """
    A planned week.

    Attributes
    ----------
    requests
        Accepted; both are in the plan.
    """

    requests: tuple[VisitRequest, ...]
    documents: PlanDocuments
    soft_violations: int

    def put_in(self, office: Office, plan: str = "draft-1", version: int = 1, by: str = "planner") -> PlanId:
        """Put the requests, where they lack, and a version into an office's store."""
        made = WeeklyPlan(PlanId(plan), MONDAY, version, UserId(by), soft_violations=self.soft_violations)

        def change(scope: Writing) -> None:
            if version == 1:
                for request in self.requests:
                    add_request(scope, request, by="test", at=office.now())
            add_plan(scope, made, self.documents, by=by, at=office.now())

        office.write(BATU_BARA, change)
        return made.id


def solve_little(problem: Problem, options: SolveOptions) -> Plan:
    """A plan after one round of search."""
    few = SolveOptions(solution_limit=1, instance_sha256=options.instance_sha256, gettext=options.gettext)
    return solve(problem, few)


@pytest.fixture(scope="session")
def draft_week(sample: RegionDocuments) -> DraftWeek:
    """The sample's week 2026-W50 with two letters filed in the store."""
    region = sample.region
    rows = [row for row in region.requests if row.id in FILED]
    requests = tuple(
        replace(request_from_row(row, MONDAY), id=RequestId(f"PM-2026-{number:04}"), state=RequestState.ACCEPTED)
        for number, row in enumerate(rows, start=1)
    )
    planned = plan_desk(desk_from_store(region, MONDAY, requests), language=language(), solver=solve_little)
    judged = evaluate(planned.week.problem, planned.plan)
    assert not judged.violations
    served = {str(stop.visit) for route in planned.plan.routes for stop in route.stops}
    assert all(f"request:{request.id}" in served for request in requests), served
    documents = PlanDocuments(planned.instance, write_plan(planned.plan), None, write_cards(planned.week.cards))
    return DraftWeek(requests, documents, len(judged.soft))

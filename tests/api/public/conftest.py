"""The sample's week 2026-W50, planned once and published in the office of each test."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest

from api.entities import PlanId, PlanState, UserId, WeeklyPlan
from api.i18n import language
from api.office import Office
from api.planning.service import PlannedWeek, plan_week
from api.store.plans import PlanDocuments, add_plan, step_plan
from api.store.regions import RegionDocuments
from api.store.scope import Writing
from maps.cards import WeekCards
from maps.cards_file import write_cards
from optimizer.evaluate import evaluate
from optimizer.instance import write_plan
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve
from tests.stores import BATU_BARA

MONDAY = date(2026, 12, 7)
Publish = Callable[..., PlanId]


@dataclass(frozen=True)
class Week:
    """The planned week and its documents."""

    planned: PlannedWeek
    documents: PlanDocuments

    def with_plan(self, change: Callable[[Plan], Plan]) -> PlanDocuments:
        """The same problem with a changed plan."""
        return replace(self.documents, plan=write_plan(change(self.planned.plan)))

    def with_cards(self, change: Callable[[WeekCards], WeekCards]) -> PlanDocuments:
        """The same plan with changed cards."""
        return replace(self.documents, cards=write_cards(change(self.planned.week.cards)))


@pytest.fixture(scope="session")
def planned_sample(sample: RegionDocuments) -> Week:
    """The week, solved until there is a plan."""

    def quickly(problem: Problem, options: SolveOptions) -> Plan:
        few = SolveOptions(solution_limit=1, instance_sha256=options.instance_sha256, gettext=options.gettext)
        return solve(problem, few)

    planned = plan_week(sample.region, MONDAY, language=language(), solver=quickly)
    assert not evaluate(planned.week.problem, planned.plan).violations
    cards = write_cards(planned.week.cards)
    return Week(planned, PlanDocuments(planned.instance, write_plan(planned.plan), None, cards))


@pytest.fixture
def publish(office: Office, planned_sample: Week) -> Publish:
    """Publish a version of the week, written by one and approved by another."""

    def make(documents: PlanDocuments | None = None, version: int = 1) -> PlanId:
        plan = PlanId(f"plan-{version}")
        made = WeeklyPlan(plan, MONDAY, version, UserId("planner"))

        def change(scope: Writing) -> None:
            at, planner, approver = office.now(), UserId("planner"), UserId("approver")
            add_plan(scope, made, documents or planned_sample.documents, by=planner, at=at)
            step_plan(scope, plan, PlanState.SUBMITTED, by=planner, at=at)
            step_plan(scope, plan, PlanState.APPROVED, by=approver, at=at)
            step_plan(scope, plan, PlanState.PUBLISHED, by=planner, at=at)

        office.write(BATU_BARA, change)
        return plan

    return make

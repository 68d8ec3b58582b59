"""
Answers that someone waits for, beside the plans themselves: start-up, the first plan, a lost van, why not.

Each is measured as its user meets it: start-up as a whole process, the others in a process that is warm and holds the
plan in force and the state of its solve.
"""

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.cases import Case
from benchmarks.errors import EngineFailedError
from optimizer.changes import Changes
from optimizer.explain import explain
from optimizer.losses import LoseVehicle
from optimizer.plan import Plan
from optimizer.problem import DAY_MIN, Problem
from optimizer.replan import replan
from optimizer.solve import SolveOptions, solve
from optimizer.state import State

_STARTS = 5
_SOLVE_S = 60.0
_REPLAN_VANS = 5
_WEDNESDAY_8 = 2 * DAY_MIN + 8 * 60
_REPLAN_MUST_S, _REPLAN_AIM_S = 5.0, 2.0
_ANSWERING_S = 0.3
"""Left of that time for reading and judging, which a limit on solving does not count."""
_EXPLAIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Answered:
    """
    How long an answer took.

    Attributes
    ----------
    must_s, aim_s
        Seconds that it must and should take; None where none were set.
    found
        What was answered, in words.
    """

    question: str
    instance: str
    must_s: float
    aim_s: float | None
    seconds: float
    found: str


def measure_answers(weeks: Iterable[Case]) -> Iterator[Answered]:
    """Ask everything once, of those weeks that have as many vans as the goals speak of."""
    yield _start_up()
    for case in weeks:
        if len({shift.vehicle for shift in case.problem.shifts}) == _REPLAN_VANS:
            yield _first_plan(case)
            plan, state = _published(case.problem)
            yield from _lost_van(case, plan, state)
            yield _why_not(case, plan, state)


def _start_up() -> Answered:
    command = [sys.executable, "-m", "api.cli", "--help"]
    seconds = []
    for _ in range(_STARTS):
        begin = time.monotonic()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.monotonic() - begin)
    return Answered("`moling --help`", "–", 0.3, None, round(median(seconds), 2), f"median of {_STARTS} starts")


def _first_plan(case: Case) -> Answered:
    begin = time.monotonic()
    first: list[tuple[float, Plan]] = []

    def note(plan: Plan) -> None:
        if plan.routes and not first:
            first.append((time.monotonic() - begin, plan))

    solve(case.problem, SolveOptions(time_limit_s=_SOLVE_S), on_plan=note, should_stop=lambda: bool(first))
    if not first:
        raise EngineFailedError(f"{case.name}: no plan with a route in {_SOLVE_S:g} s.")
    seconds, plan = first[0]
    return Answered("first plan", case.name, 1.5, None, round(seconds, 2), f"value {plan.value:,.1f}")


def _published(problem: Problem) -> tuple[Plan, State]:
    states: list[State] = []
    plan = solve(problem, SolveOptions(time_limit_s=_SOLVE_S), on_state=states.append)
    if not states:
        raise EngineFailedError(f"{problem.name}: the solve left no state.")
    return plan, states[0]


def _lost_van(case: Case, plan: Plan, state: State) -> Iterator[Answered]:
    vehicle = max(shift.vehicle for shift in case.problem.shifts)
    changes = Changes((LoseVehicle(vehicle),), now=_WEDNESDAY_8)
    for limit_s in (_REPLAN_MUST_S, _REPLAN_AIM_S):
        begin = time.monotonic()
        options = SolveOptions(time_limit_s=limit_s - _ANSWERING_S, state=state)
        found = replan(case.problem, plan, changes, options)
        seconds = time.monotonic() - begin
        proved = "no bound" if found.gap is None else f"within {found.gap:.2%} of the best, changes counted"
        question = f"a van is lost on Wednesday 08:00, {limit_s:g} s to answer"
        yield Answered(question, case.name, _REPLAN_MUST_S, _REPLAN_AIM_S, round(seconds, 2), proved)


def _why_not(case: Case, plan: Plan, state: State) -> Answered:
    begin = time.monotonic()
    told = explain(case.problem, plan, SolveOptions(time_limit_s=_EXPLAIN_S), state=state).explanations
    seconds = time.monotonic() - begin
    proved = sum(each.proved_loss is not None for each in told)
    remedies = sum(bool(each.remedies) for each in told)
    found = f"{len(told)} of {len(plan.unserved)} visits told, {proved} with a proved loss, {remedies} with a remedy"
    return Answered("why is each visit left out", case.name, _EXPLAIN_S, None, round(seconds, 2), found)

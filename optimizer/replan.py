"""
A new plan after changes, as near to the published one as the costs ask for.

What has begun stays (`history`). Every other published visit costs points where it goes to another day, to another van
of its day, or goes altogether; with these costs in the problem the engine finds, and proves, the plan that loses least.
They are no part of the answer's problem and value: the week is worth what it is worth. So two searches may run: one for
the plan with the costs, and, in the time left, one without, which bounds what the plan could be worth at most and tells
what keeping to the published plan costs.

Times inside one shift are free to change. Windows could price them only for all shifts at once, and who is visited on
the announced day by the announced van has lost little.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from optimizer.changes import Changes
from optimizer.difference import Difference, compare
from optimizer.errors import BrokenPlanError
from optimizer.evaluate import evaluate
from optimizer.history import changed_problem
from optimizer.instance import sha256_of, write_problem
from optimizer.keeping import Keeping, Stability
from optimizer.plan import OPTIMALITY_TOLERANCE, Plan, PlanStatus, relative_gap
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve

Solver = Callable[[Problem, SolveOptions], Plan]
_KEEPING_SHARE = 0.7
"""Part of the time for the plan that keeps to the published one."""
_LEAST_S = 1.0
"""Less time than this says nothing of the best plan without keeping."""


@dataclass(frozen=True, slots=True)
class Replanned:
    """
    The answer to changes.

    Attributes
    ----------
    problem
        The changed problem, with what has happened pinned and without any cost of keeping to the published plan.
    plan
        A plan of it; infeasible or unknown where there is none.
    difference
        From the published plan to this one; None where there is none.
    disturbance
        Points by `Stability` for the published visits that do not stay as announced.
    gap
        Proved relative distance of value less disturbance from the best that any plan reaches; None where none is
        proved. Within `OPTIMALITY_TOLERANCE` no smaller change is worth more.
    price
        Points that keeping to the published plan costs at most: no plan of `problem` is worth more than the value and
        this. None where it is not known.
    """

    problem: Problem
    plan: Plan
    difference: Difference | None
    disturbance: float
    gap: float | None

    @property
    def price(self) -> float | None:
        """Points that keeping to the published plan costs at most."""
        if self.plan.bound is None or self.plan.value is None:
            return None
        return self.plan.bound - self.plan.value


def replan(
    problem: Problem,
    plan: Plan,
    changes: Changes,
    options: SolveOptions,
    *,
    stability: Stability = Stability(),  # noqa: B008 (frozen)
    solver: Solver = solve,
) -> Replanned:
    """
    The plan that loses least, changes of the published one counted.

    Parameters
    ----------
    plan
        The published plan of ``problem``; it keeps all its rules.
    options
        How to solve; ``initial_plan`` and ``instance_sha256`` are set here. Without ``prove`` the first good plan is
        the answer, and nothing is said of what keeping costs.
    solver
        What solves; another one than `solve` may do it in a process of its own.

    Raises
    ------
    InvalidChangeError
        When a change does not fit the problem, or contradicts what has happened by ``changes.now``.
    """
    started = time.monotonic()
    changed = changed_problem(problem, plan.routes, changes)
    keeping = Keeping(problem, plan, changed, stability, now=changes.now or 0)
    options = replace(options, instance_sha256=sha256_of(write_problem(changed)), state=keeping.known(options.state))
    kept = replace(options, initial_plan=keeping.rest, time_limit_s=options.time_limit_s * _KEEPING_SHARE)
    # A solver in a process of its own names the bytes that it was given: those of the problem with the costs.
    found = replace(solver(keeping.problem, kept), instance_sha256=options.instance_sha256)
    if found.value is None:
        return Replanned(changed, found, None, 0.0, None)
    told = keeping.told(found, options.gettext)
    left = options.time_limit_s - (time.monotonic() - started)
    if options.prove and left >= _LEAST_S:
        told = _bounded(told, solver(changed, replace(options, initial_plan=told, time_limit_s=left)))
    seconds = round(time.monotonic() - started, 3)
    told = replace(told, seconds=seconds)
    broken = evaluate(changed, told).violations
    if broken:
        raise BrokenPlanError(f"The new plan of '{problem.name}' breaks a rule: {broken[0]}")
    disturbance, gap = keeping.judged(found)
    return Replanned(changed, told, compare(problem, plan, changed, told), disturbance, gap)


def _bounded(plan: Plan, free: Plan) -> Plan:
    """The plan with the bound that a search without costs of keeping has proved."""
    if free.bound is None or plan.value is None:
        return plan
    bound = max(free.bound, plan.value)
    gap = relative_gap(plan.value, bound)
    status = PlanStatus.OPTIMAL if gap is not None and gap <= OPTIMALITY_TOLERANCE else PlanStatus.FEASIBLE
    return replace(plan, bound=bound, status=status)

"""
From a problem to a plan: the one way in, whatever engine works behind it.

`solve` proves what testing visits by themselves can prove, lets an engine offer plans, and answers with the best one
after `evaluate` found no broken rule in it and the same value. It raises nothing for problems without a plan.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from optimizer import reference
from optimizer.errors import BrokenPlanError
from optimizer.evaluate import evaluate
from optimizer.incumbent import Incumbent
from optimizer.network import Network, build_network
from optimizer.plan import Plan, PlanStatus, Reason, Route, Unserved
from optimizer.problem import Problem, VisitId
from optimizer.proofs import describe_barrier, find_barriers, find_conflict
from optimizer.violation import Gettext

EngineRun = Callable[[Network, Incumbent, reference.EngineLimits], None]


class Engine(StrEnum):
    """Who searches for plans."""

    ROUTING = reference.NAME


_ENGINES: dict[Engine, EngineRun] = {Engine.ROUTING: reference.run}


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveOptions:
    """
    How to solve.

    Attributes
    ----------
    time_limit_s
        Seconds from the call to the answer. Engines may overrun it on large problems; who needs it kept solves in a
        process of its own.
    solution_limit
        Number of solutions of each search; None for no limit. With one that is reached before the time limit, the
        same problem and options give the same plan.
    seed
        Of random choices.
    threads
        Processors that an engine may use; the routing engine uses one.
    initial_plan
        A plan of the same visits and shifts to start from; used where it keeps all rules.
    instance_sha256
        Hash of the instance document's bytes, to be written into the plan.
    gettext
        Gives the language of texts in the plan.
    """

    time_limit_s: float = 30.0
    solution_limit: int | None = None
    seed: int = 1
    threads: int = 1
    engine: Engine = Engine.ROUTING
    initial_plan: Plan | None = None
    instance_sha256: str = ""
    gettext: Gettext = str


def solve(
    problem: Problem,
    options: SolveOptions = SolveOptions(),
    *,
    on_plan: Callable[[Plan], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """
    The best plan found within the limits, or why there is none.

    Parameters
    ----------
    on_plan
        Gets every better plan as it is found; each keeps all rules and is complete.
    should_stop
        Asked at every plan that an engine finds; True ends the search with the best plan so far. The routing engine
        may go on to its limit all the same: who needs the answer at once solves in a process of its own.

    Raises
    ------
    BrokenPlanError
        When the plan breaks a rule or is not worth what it says: an error of the program, never of the input.
    """
    run = _Run(problem, options, on_plan)
    conflict = find_conflict(run.network, run.barriers)
    if conflict:
        return run.answer_without_routes(PlanStatus.INFEASIBLE, conflict)
    incumbent = Incumbent(run.network, run.note_better, should_stop)
    incumbent.offer({})
    if options.initial_plan is not None:
        incumbent.offer_routes(options.initial_plan.routes)
    limits = reference.EngineLimits(run.started + options.time_limit_s, options.solution_limit, options.seed)
    if not should_stop():
        _ENGINES[options.engine](run.network, incumbent, limits)
    if incumbent.routes is None or incumbent.value is None:
        return run.answer_without_routes(PlanStatus.UNKNOWN)
    plan = run.plan(incumbent.routes, incumbent.value)
    broken = evaluate(problem, plan).violations
    if broken:
        raise BrokenPlanError(f"The plan of '{problem.name}' by engine '{plan.engine}' breaks a rule: {broken[0]}")
    return plan


class _Run:
    """One call of `solve`: what it knows from the start, and how its answers look."""

    def __init__(self, problem: Problem, options: SolveOptions, on_plan: Callable[[Plan], None]) -> None:
        self.started = time.monotonic()
        self.problem, self.options, self.on_plan = problem, options, on_plan
        self._shift_order = {shift: at for at, shift in enumerate(problem.shift_by_id)}
        self.network = build_network(problem)
        self.barriers = find_barriers(self.network)
        self._reasons = self._all_reasons()

    def note_better(self, routes: tuple[Route, ...], value: float) -> None:
        """Hand a better plan on."""
        self.on_plan(self.plan(routes, value))

    def plan(self, routes: tuple[Route, ...], value: float) -> Plan:
        """The whole answer with those routes."""
        ordered = tuple(sorted(routes, key=lambda route: self._shift_order[route.shift]))
        made = {stop.visit for route in routes for stop in route.stops}
        by_group = {
            self.problem.visit_by_id[visit].group: visit
            for visit in made
            if self.problem.visit_by_id[visit].group is not None
        }
        unserved = tuple(
            self._beside_group(reason, by_group) for visit, reason in self._reasons.items() if visit not in made
        )
        return replace(self.answer_without_routes(PlanStatus.FEASIBLE), value=value, routes=ordered, unserved=unserved)

    def answer_without_routes(self, status: PlanStatus, conflict: tuple[str, ...] = ()) -> Plan:
        """An answer that holds no plan."""
        return Plan(
            instance=self.problem.name,
            instance_sha256=self.options.instance_sha256,
            status=status,
            value=None,
            bound=None,
            seconds=round(time.monotonic() - self.started, 3),
            engine=self.options.engine.value,
            conflict=conflict,
        )

    def _all_reasons(self) -> dict[VisitId, Unserved]:
        """Why each visit would be left out, if it is."""
        gettext = self.options.gettext
        shifts = [0] * len(self.problem.visits)
        for each in self.network.classes:
            for position in (each.bars == 0).nonzero()[0]:
                shifts[int(position)] += len(each.members)
        reasons = {}
        for position, visit in enumerate(self.problem.visits):
            if position in self.barriers:
                text = describe_barrier(self.network, position, self.barriers[position], gettext)
                reasons[visit.id] = Unserved(visit.id, Reason.IMPOSSIBLE, text)
            else:
                text = gettext(
                    "By itself it fits shifts: {count}. No better plan with it was found in the time; that there is "
                    "none was not proved."
                ).format(count=shifts[position])
                reasons[visit.id] = Unserved(visit.id, Reason.UNDECIDED, text)
        return reasons

    def _beside_group(self, reason: Unserved, made_of_group: dict[str | None, VisitId]) -> Unserved:
        other = made_of_group.get(self.problem.visit_by_id[reason.visit].group)
        if other is None or reason.reason is Reason.IMPOSSIBLE:
            return reason
        text = self.options.gettext(
            "Visit {visit} of the same group is made instead. No better plan with this one was found in the time; "
            "that there is none was not proved."
        ).format(visit=other)
        return replace(reason, text=text)

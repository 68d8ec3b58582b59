"""
From a problem to a plan: the one way in, whatever engine works behind it.

`solve` proves what testing visits by themselves can prove, lets an engine offer plans, block by block where the problem
falls into blocks, and answers with the best one after `evaluate` found no broken rule in it and the same value. It
raises nothing for problems without a plan.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from optimizer import column_generation, reference
from optimizer.answer import Answer
from optimizer.blocks import solve_blocks, split
from optimizer.errors import BrokenPlanError
from optimizer.evaluate import evaluate
from optimizer.exchange import with_required
from optimizer.incumbent import EngineLimits, Incumbent
from optimizer.network import Network, build_network
from optimizer.plan import Plan, PlanStatus, Route
from optimizer.problem import Problem
from optimizer.proofs import find_barriers, find_conflict
from optimizer.state import State
from optimizer.violation import Gettext
from optimizer.worth import Worth

EngineRun = Callable[[Network, Incumbent, EngineLimits, State | None], State | None]
_STATE_S = 0.3
"""Seconds that writing down what the engine learned may take at the end."""
_MENDING_SHARE = 0.2
"""Part of the time for putting required visits into a plan to start from."""
_EXCHANGE_S = 0.5
"""Seconds at most for looking what would have to go for visits left out."""


class Engine(StrEnum):
    """Who searches for plans."""

    COLUMN_GENERATION = column_generation.NAME
    ROUTING = reference.NAME


_ENGINES: dict[Engine, EngineRun] = {
    Engine.COLUMN_GENERATION: column_generation.run,
    Engine.ROUTING: reference.run,
}


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
    prove
        False for a quick plan of the proving engine, from known routes and one linear program: good, and mostly not
        proved to within a small gap.
    initial_plan
        A plan of the same visits and shifts to start from, required visits that it lacks put in; used where it keeps
        all rules then.
    state
        What an earlier solve left behind, of this problem or of one before some changes; what no longer fits it is
        not used. The routing engine uses none.
    instance_sha256
        Hash of the instance document's bytes, to be written into the plan.
    gettext
        Gives the language of texts in the plan.
    """

    time_limit_s: float = 30.0
    solution_limit: int | None = None
    seed: int = 1
    threads: int = 1
    prove: bool = True
    engine: Engine = Engine.COLUMN_GENERATION
    initial_plan: Plan | None = None
    state: State | None = None
    instance_sha256: str = ""
    gettext: Gettext = str


def solve(
    problem: Problem,
    options: SolveOptions = SolveOptions(),
    *,
    on_plan: Callable[[Plan], None] = lambda _: None,
    on_state: Callable[[State], None] | None = None,
    on_out_of_memory: Callable[[], None] = lambda: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """
    The best plan found within the limits, or why there is none.

    Parameters
    ----------
    on_plan
        Gets every better plan as it is found; each keeps all rules and is complete.
    on_state
        Gets what the engine leaves behind for later solves, once, where there is something.
    on_out_of_memory
        Called when the search ends because it was refused memory; the answer is the best found and proved until then.
    should_stop
        Asked at every plan that an engine finds; True ends the search with the best plan so far. The routing engine
        may go on to its limit all the same: who needs the answer at once solves in a process of its own.

    Raises
    ------
    BrokenPlanError
        When the plan breaks a rule or is not worth what it says: an error of the program, never of the input.
    """
    started = time.monotonic()
    network = build_network(problem)
    barriers = find_barriers(network)
    blank = Plan(
        instance=problem.name,
        instance_sha256=options.instance_sha256,
        status=PlanStatus.UNKNOWN,
        value=None,
        bound=None,
        seconds=0.0,
        engine=options.engine.value,
    )
    answer = Answer(network, barriers, blank=blank, started=started, gettext=options.gettext)
    conflict = find_conflict(network, barriers)
    if conflict:
        return answer.without_routes(PlanStatus.INFEASIBLE, conflict)
    incumbent = Incumbent(
        network, lambda routes, value, bound: on_plan(answer.with_routes(routes, value, bound)), should_stop
    )
    try:
        state = _search(network, incumbent, options, started=started, keeps_state=on_state is not None)
    except MemoryError:
        state = None
        on_out_of_memory()
    if state is not None and on_state is not None:
        on_state(replace(state, instance_sha256=options.instance_sha256))
    if incumbent.routes is None or incumbent.value is None:
        if incumbent.conflict:
            return answer.without_routes(PlanStatus.INFEASIBLE, incumbent.conflict)
        return replace(answer.without_routes(PlanStatus.UNKNOWN), bound=incumbent.bound)
    plan = answer.with_routes(incumbent.routes, incumbent.value, incumbent.bound, incumbent.displaced)
    if not should_stop():
        plan = answer.say_what_would_go(plan, seconds=_EXCHANGE_S)
    broken = evaluate(problem, plan).violations
    if broken:
        raise BrokenPlanError(f"The plan of '{problem.name}' by engine '{plan.engine}' breaks a rule: {broken[0]}")
    return plan


def _search(
    network: Network, incumbent: Incumbent, options: SolveOptions, *, started: float, keeps_state: bool
) -> State | None:
    incumbent.offer({})
    if options.initial_plan is not None and not incumbent.offer_routes(options.initial_plan.routes):
        _mend(network, incumbent, options.initial_plan.routes, deadline=started + options.time_limit_s * _MENDING_SHARE)
    if incumbent.should_stop():
        return None
    engine = _ENGINES[options.engine]
    limits = EngineLimits(
        deadline=started + options.time_limit_s - (_STATE_S if keeps_state else 0),
        solutions=options.solution_limit,
        seed=options.seed,
        threads=options.threads,
        prove=options.prove,
        keeps_state=keeps_state,
    )
    blocks = split(network)
    if len(blocks) == 1:
        return engine(network, incumbent, limits, options.state)

    def on_block(part: Network, of_part: Incumbent, limits_of_part: EngineLimits) -> State | None:
        return engine(part, of_part, limits_of_part, options.state)

    return solve_blocks(blocks, network, incumbent, limits, on_block)


def _mend(network: Network, incumbent: Incumbent, routes: Sequence[Route], *, deadline: float) -> None:
    """Offer a plan that lacks required visits with them in it: after a change it is mostly nearly right."""
    problem = network.problem
    routes = [
        route
        for route in routes
        if route.shift in problem.shift_by_id and all(stop.visit in problem.visit_by_id for stop in route.stops)
    ]
    made = {stop.visit for route in routes for stop in route.stops}
    served = np.array([visit.id in made for visit in problem.visits])
    worth = Worth(network).beside(served)
    incumbent.offer_routes(with_required(network, worth, routes, deadline=deadline))

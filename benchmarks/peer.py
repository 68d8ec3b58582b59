"""
One run of a peer as a process of its own, called like ``moling solve``: instance in, plan and trace out.

    python -m benchmarks.peer pyvrp INSTANCE.json --time-limit 10 --seed 1 --out PLAN.json --trace TRACE.json

The time limit counts from the start of the process, as for ours. Exit code 0 with a plan, 4 without one.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from api.solver_process import process_start
from benchmarks.judged import Found, plan_from_sequences
from optimizer.instance import read_problem, sha256_of, write_plan
from optimizer.plan import Plan, PlanStatus
from optimizer.problem import Problem

PEERS = {
    "pyvrp": ("benchmarks.pyvrp_model", "solve_with_pyvrp", "pyvrp_lacks"),
    "vroom": ("benchmarks.vroom_model", "solve_with_vroom", "vroom_lacks"),
}
"""By the name of its package: module, the function that solves, and what says which features it has no means for."""
_RESERVE_S, _RESERVE_PER_VISIT_S = 0.3, 0.001
"""Kept back for timing, judging and writing the plan."""
_NO_PLAN = 4


def list_lacks(peer: str, problem: Problem) -> list[str]:
    """What the problem asks for that the peer has no means for."""
    module, _, lacks = PEERS[peer]
    found: list[str] = getattr(import_module(module), lacks)(problem)
    return found


def main() -> int:
    """Run the peer that the command line names."""
    started = process_start()
    parser = argparse.ArgumentParser(description="One run of a peer, called like moling solve.")
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("instance", type=Path)
    parser.add_argument("--time-limit", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trace", type=Path, required=True)
    asked = parser.parse_args()
    document = asked.instance.read_bytes()
    problem = read_problem(document)
    deadline = started + asked.time_limit - _RESERVE_S - _RESERVE_PER_VISIT_S * len(problem.visits)
    module, solve, _ = PEERS[asked.peer]
    search: Callable[[Problem, float, int], Found] = getattr(import_module(module), solve)
    before = time.monotonic() - started
    found = search(problem, deadline, asked.seed)
    asked.trace.write_text(json.dumps([[round(before + seconds, 3), value] for seconds, value in found.trace]))
    seconds = round(time.monotonic() - started, 3)
    if found.sequences is None:
        plan = Plan(problem.name, "", PlanStatus.UNKNOWN, None, None, seconds, asked.peer)
    else:
        plan = plan_from_sequences(problem, found.sequences, asked.peer, seconds)
    asked.out.write_bytes(write_plan(replace(plan, instance_sha256=sha256_of(document))))
    return 0 if found.sequences is not None else _NO_PLAN


if __name__ == "__main__":
    sys.exit(main())

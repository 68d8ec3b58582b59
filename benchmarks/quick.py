"""
The quick regression bench: small weeks, counts instead of clocks, gaps that must not become worse.

    python -m benchmarks.quick              # exit code 1 on a worse gap
    python -m benchmarks.quick --update     # keep today's gaps as the expected ones

Each engine stops on a number of solutions, or because it proved its plan best; so the same code gives the same plan on
any machine, fast or slow. Expected gaps lie in ``expected.json`` and change only in a commit that says why. An engine
that reaches its time limit here is an error of the bench, not a result.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.errors import EngineFailedError
from benchmarks.judged import judge
from benchmarks.weeks import quarter, rich_week, week
from optimizer.plan import Plan, relative_gap
from optimizer.problem import Problem
from optimizer.solve import Engine, SolveOptions, solve

EXPECTED = Path(__file__).with_name("expected.json")
_TIME_LIMIT_S = 120.0
_SOLUTIONS = {Engine.ROUTING: 10, Engine.COLUMN_GENERATION: 60}
"""Steps as the engines count them: solutions of a search, and linear programs."""
_WORSE = 5e-4
"""A gap may grow by so much: versions of libraries and platforms differ in what they find first."""

CASES: tuple[Callable[[], Problem], ...] = (
    lambda: week(20, 8, 1, 1),
    lambda: week(36, 14, 2, 2),
    lambda: rich_week(3, villages=24, schools=8, vans=2),
    lambda: quarter(4, hubs=10, vans=1),
)
"""Small ones, so that continuous integration has them within a minute or two."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and compare; 0, or 1 when a gap is worse or not known yet."""
    parser = argparse.ArgumentParser(description="Compare gaps on small weeks with the expected ones.")
    parser.add_argument("--update", action="store_true", help="keep today's gaps as the expected ones")
    parser.add_argument("--expected", type=Path, default=EXPECTED)
    asked = parser.parse_args(arguments)
    expected: dict[str, Any] = json.loads(asked.expected.read_text()) if asked.expected.exists() else {}
    found = {problem.name: _measure(problem) for problem in (make() for make in CASES)}
    if asked.update:
        asked.expected.write_text(json.dumps(_as_expected(found), indent=1, sort_keys=True) + "\n")
        print(f"Written: {asked.expected}")
        return 0
    complaints = [line for name, plans in found.items() for line in compare(name, plans, expected.get(name, {}))]
    for line in complaints:
        print(line, file=sys.stderr)
    return 1 if complaints else 0


def _measure(problem: Problem) -> dict[str, Plan]:
    plans = {}
    for engine in Engine:
        options = SolveOptions(time_limit_s=_TIME_LIMIT_S, solution_limit=_SOLUTIONS[engine], engine=engine)
        plan = solve(problem, options)
        broken = judge(problem, plan).broken
        if broken or plan.value is None or plan.seconds >= _TIME_LIMIT_S:
            raise EngineFailedError(
                f"{engine.value} on {problem.name}: {broken or plan.status.value} after {plan.seconds} s; it must give "
                f"a plan that keeps all rules within {_TIME_LIMIT_S:g} s."
            )
        print(f"{problem.name} {engine.value}: value {plan.value:.1f}, bound {plan.bound}, {plan.seconds:.1f} s")
        plans[engine.value] = plan
    return plans


def compare(name: str, plans: dict[str, Plan], expected: dict[str, Any]) -> list[str]:
    """
    What is worse than expected, a sentence each.

    Parameters
    ----------
    plans
        By engine.
    expected
        ``reference``, the value that gaps are measured from, and ``gaps`` by engine; empty where nothing is known.
    """
    complaints = []
    for engine, plan in plans.items():
        known = expected.get("gaps", {}).get(engine)
        gap = None if known is None else relative_gap(plan.value, expected["reference"])
        if known is None or gap is None:
            complaints.append(f"{name}: no gap of {engine} is expected yet; call with --update and commit the file.")
        elif gap > known + _WORSE:
            complaints.append(
                f"{name}: the gap of {engine} is {gap:.4%}; at most {known:.4%} + {_WORSE:.2%} is expected."
            )
    return complaints


def _as_expected(found: dict[str, dict[str, Plan]]) -> dict[str, Any]:
    kept = {}
    for name, plans in found.items():
        values = [plan.value for plan in plans.values() if plan.value is not None]
        bounds = [plan.bound for plan in plans.values() if plan.bound is not None]
        reference = min(bounds) if bounds else max(values)
        gaps = {engine: round(relative_gap(plan.value, reference) or 0.0, 6) for engine, plan in plans.items()}
        kept[name] = {"reference": reference, "gaps": gaps}
    return kept


if __name__ == "__main__":
    sys.exit(main())

"""What the engine must and should reach beside what was measured: gaps that a run itself proved, peers, waits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.answers import Answered
from benchmarks.measure import Measured
from benchmarks.peer import PEERS
from optimizer.plan import OPTIMALITY_TOLERANCE, PlanStatus, relative_gap
from optimizer.solve import Engine

OURS = Engine.COLUMN_GENERATION.value
_PERCENT = 100
_OPTIMAL = OPTIMALITY_TOLERANCE * _PERCENT
_ANY = math.inf
"""A checked plan with a bound, however far off."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Mean gap in percent, proved by the runs themselves, that must and should be reached; None where none is set."""

    set: str
    limit_s: float
    must: float | None
    aim: float | None


GOALS = (
    Goal("weekly", 10, 0.7, 0.3),
    Goal("weekly", 30, 0.35, 0.15),
    Goal("weekly", 60, None, 0.05),
    Goal("big", 180, 0.5, None),
    Goal("big", 60, None, 0.5),
    Goal("rich", 30, _ANY, 0.6),
    Goal("rich", 60, None, 0.2),
    Goal("sample", 10, _OPTIMAL, None),
    Goal("sample", 3, None, _OPTIMAL),
    Goal("quarter", 30, _ANY, None),
    Goal("quarter", 120, None, 1.0),
)
_MOST_MB = 1_536
"""Memory for a quarter."""
_WEEKLY, _CLOSED_AIM = "weekly", 90
_AGAINST = (*PEERS, Engine.ROUTING.value)


def goal_rows(results: Sequence[Measured]) -> list[list[str]]:
    """A row for each goal of a set that was measured: set, seconds, must, aim, mean gap, proved optimal, reached."""
    rows = []
    for goal in GOALS:
        runs = [run for run in results if (run.set, run.limit_s, run.engine) == (goal.set, goal.limit_s, OURS)]
        if not runs:
            continue
        gaps = [relative_gap(run.value, run.bound) for run in runs]
        known = [_PERCENT * gap for gap in gaps if gap is not None]
        gap = mean(known) if len(known) == len(runs) else None
        optimal = sum(run.status == PlanStatus.OPTIMAL for run in runs)
        rows.append(
            [
                goal.set,
                f"{goal.limit_s:g} s",
                _gap_goal(goal.must),
                _gap_goal(goal.aim),
                "–" if gap is None else f"{gap:.2f} %",
                f"{optimal} of {len(runs)}",
                _reached(gap, goal.must, goal.aim),
            ]
        )
    return rows


def peer_rows(results: Sequence[Measured]) -> list[list[str]]:
    """
    A row for each time at which weeks were measured: ours higher than each peer, and how much of their gap it closes.

    Means over seeds are compared, on the instances that any peer answered.
    """
    rows = []
    weekly = [run for run in results if run.set == _WEEKLY and run.value is not None]
    for limit_s in sorted({run.limit_s for run in weekly}):
        higher, closed, count = 0, [], 0
        for instance in sorted({run.instance for run in weekly}):
            at = [run for run in weekly if (run.instance, run.limit_s) == (instance, limit_s)]
            ours = _mean_value(at, OURS)
            best = max((value for peer in _AGAINST if (value := _mean_value(at, peer)) is not None), default=None)
            bound = min(
                (run.bound for run in weekly if run.instance == instance and run.bound is not None), default=None
            )
            if ours is None or best is None or bound is None:
                continue
            count += 1
            higher += ours > best
            closed.append(1.0 if bound <= best else (ours - best) / (bound - best))
        if count:
            share = _PERCENT * mean(closed)
            reached = "no" if higher < count else "aim" if share >= _CLOSED_AIM else "must"
            rows.append([f"{limit_s:g} s", f"{higher} of {count}", f"{share:.0f} %", f"{_CLOSED_AIM} %", reached])
    return rows


def answer_rows(answers: Sequence[Answered], results: Sequence[Measured]) -> list[list[str]]:
    """A row for each answer that someone waits for, and the memory for a quarter."""
    rows = [
        [
            each.question,
            each.instance,
            f"{each.must_s:g} s",
            "–" if each.aim_s is None else f"{each.aim_s:g} s",
            f"{each.seconds:.2f} s",
            each.found,
            _reached(each.seconds, each.must_s, each.aim_s),
        ]
        for each in answers
    ]
    memory = [run.memory_mb for run in results if (run.set, run.engine) == ("quarter", OURS)]
    if memory:
        most = max(memory)
        found = f"{most:.0f} MB"
        rows.append(["memory for a quarter", "–", f"{_MOST_MB} MB", "–", found, "", _reached(most, _MOST_MB, None)])
    return rows


def _mean_value(runs: Sequence[Measured], engine: str) -> float | None:
    values = [run.value for run in runs if run.engine == engine and run.value is not None]
    return mean(values) if values else None


def _gap_goal(percent: float | None) -> str:
    if percent is None:
        return "–"
    if percent == _ANY:
        return "a plan with a bound"
    return "optimal" if percent == _OPTIMAL else f"{percent:g} %"


def _reached(measured: float | None, must: float | None, aim: float | None) -> str:
    if measured is None:
        return "no"
    if aim is not None and measured <= aim:
        return "aim"
    return "must" if must is not None and measured <= must else "no"

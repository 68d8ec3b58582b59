"""
The full benchmark: every engine on every set, side by side, and the page `docs/benchmarks.md`.

    python -m benchmarks.run                               # everything: hours
    python -m benchmarks.run --sets weekly --times 10 --seeds 1 --engines pyvrp,vroom
    python -m benchmarks.run --report                      # the page again from the results kept

Results are kept beside the page after each run, so a run that was broken off goes on where it stopped; ``--afresh``
forgets them. Engines take turns on each instance, so that a machine that gets slower gets slower for all.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.answers import Answered, measure_answers
from benchmarks.cases import Case, cases_of, list_sets
from benchmarks.errors import BenchmarkError
from benchmarks.goals import OURS
from benchmarks.measure import Measured, list_engines, measure
from benchmarks.peer import PEERS
from benchmarks.report import write_report
from benchmarks.weeks import week

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
_TIMES_S = {
    "big": (60.0, 180.0),
    "rich": (30.0, 60.0),
    "quarter": (30.0, 120.0),
    "series": (30.0,),
    "sample": (3.0, 10.0),
}
_WEEKLY_TIMES_S = (10.0, 30.0, 60.0)
_SEEDS = (1, 2, 3)
_SEEDLESS = {"vroom"}
Row = TypeVar("Row")
_LEAST_S, _PLACES_PER_S = 2.0, 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for and write the page; 0, or 1 when a plan broke a rule or an engine failed."""
    asked = _parser().parse_args(arguments)
    missing = [engine for engine in asked.engines if engine in PEERS and find_spec(engine) is None]
    if missing:
        print(f"Not installed: {', '.join(missing)}. Use make bench, which installs them.", file=sys.stderr)
        return 2
    cases = {name: cases_of(name) for name in asked.sets}
    for name in [name for name, found in cases.items() if not found]:
        print(f"{name}: skipped, MOLING_TEST_DATA names no folder of public instances.")
    every = [case for found in cases.values() for case in found if asked.only in case.name]
    kept = asked.page.with_suffix("") / "results.json"
    results = [] if asked.afresh else _load(kept, _measured)
    kept_answers = asked.page.with_suffix("") / "answers.json"
    answers = [] if asked.afresh else _load(kept_answers, lambda row: Answered(**row))
    if not asked.report:
        _warm_up(asked.engines)
        for result in _measure_all(every, asked, results):
            results.append(result)
            _save(kept, results)
        if asked.answers and OURS in asked.engines:
            answers = [_told(answer) for answer in measure_answers(cases.get("weekly", []))]
            _save(kept_answers, answers)
    write_report(every, [result for result in results if result.set in cases], asked.page, answers)
    print(f"Written: {asked.page}")
    return 1 if any(result.note.startswith(("broken plan", "no answer")) for result in results) else 0


def _parser() -> argparse.ArgumentParser:
    def words(known: Sequence[str]) -> Callable[[str], list[str]]:
        def read(text: str) -> list[str]:
            unknown = set(text.split(",")) - set(known)
            if unknown:
                raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}; known are {', '.join(known)}")
            return text.split(",")

        return read

    def numbers(text: str) -> list[float]:
        return [float(word) for word in text.split(",")]

    parser = argparse.ArgumentParser(description="Measure every engine on every set and write docs/benchmarks.md.")
    parser.add_argument("--sets", type=words(list_sets()), default=list(list_sets()))
    parser.add_argument("--engines", type=words(list_engines()), default=list(list_engines()))
    parser.add_argument("--only", default="", help="only instances with this in their name")
    parser.add_argument("--times", type=numbers, help="seconds; by default what each set is measured at")
    parser.add_argument("--seeds", type=numbers, default=list(_SEEDS))
    parser.add_argument("--page", type=Path, default=_PAGE)
    parser.add_argument(
        "--answers",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether to measure what someone waits for besides plans",
    )
    parser.add_argument("--report", action="store_true", help="write the page from the results kept")
    parser.add_argument("--afresh", action="store_true", help="forget the results kept")
    return parser


def _measure_all(cases: Sequence[Case], asked: argparse.Namespace, known: Sequence[Measured]) -> Iterator[Measured]:
    done = {(run.set, run.instance, run.engine, run.limit_s, run.seed) for run in known}
    for case in cases:
        for limit_s in asked.times or _TIMES_S.get(case.set, _WEEKLY_TIMES_S):
            if limit_s < _LEAST_S + len(case.problem.locations) // _PLACES_PER_S:
                print(f"{case.name}: {limit_s:g} s is less than moling solve takes for that many places; skipped.")
                continue
            for seed in map(int, asked.seeds):
                for engine in asked.engines:
                    first = seed == int(asked.seeds[0])
                    if (case.set, case.name, engine, limit_s, seed) in done or (engine in _SEEDLESS and not first):
                        continue
                    result = measure(case, engine, limit_s, seed)
                    _tell(result)
                    yield result


def _warm_up(engines: Sequence[str]) -> None:
    """One short run of each engine: compiled code and files are in the cache when the clock counts."""
    for engine in engines:
        measure(Case("warm-up", week(8, 4, 1, 1)), engine, _LEAST_S, 1)


def _tell(result: Measured) -> None:
    value = "–" if result.value is None else f"{result.value:,.1f}"
    bound = "" if result.bound is None else f" bound {result.bound:,.1f}"
    print(
        f"{result.instance} {result.engine} {result.limit_s:g} s seed {result.seed}: {value}{bound} "
        f"({result.seconds:.1f} s, {result.memory_mb:.0f} MB) {result.note}",
        flush=True,
    )


def _told(answer: Answered) -> Answered:
    print(f"{answer.instance} {answer.question}: {answer.seconds:.2f} s, {answer.found}", flush=True)
    return answer


def _load(kept: Path, read: Callable[[dict[str, Any]], Row]) -> list[Row]:
    if not kept.exists():
        return []
    try:
        return [read(row) for row in json.loads(kept.read_text())]
    except (ValueError, TypeError, KeyError) as error:
        raise BenchmarkError(f"{kept} holds no results of this version; delete it or call with --afresh.") from error


def _measured(row: dict[str, Any]) -> Measured:
    return Measured(**{**row, "trace": tuple(map(tuple, row["trace"]))})


def _save(kept: Path, results: Sequence[Measured | Answered]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    rows = ",\n".join(json.dumps(asdict(result)) for result in results)
    kept.write_text(f"[\n{rows}\n]\n")


if __name__ == "__main__":
    sys.exit(main())

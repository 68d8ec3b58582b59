"""
The results of a run as a page: tables of Markdown and charts of SVG.

A gap is the distance of a value from the best bound that any run of the instance proved, as part of that bound. Where
none was proved, or only one that is far from every plan, it is the distance from the best value known or seen, and is
marked: nobody knows how much is left then.
"""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import mean

from benchmarks.answers import Answered
from benchmarks.cases import Case, list_sets
from benchmarks.chart import Line, line_chart
from benchmarks.goals import answer_rows, goal_rows, peer_rows
from benchmarks.measure import Measured
from optimizer.plan import PlanStatus, relative_gap

_PACKAGES = ("moling", "ortools", "numba", "numpy", "pyvrp", "pyvroom")
_PERCENT = 100
_FAR_OFF = 0.1
"""A bound that is farther than this part from the best value tells nothing of the differences between engines."""
_SHOWN_BELOW_BEST = 0.1
"""A chart of values over time begins where a plan is within this part of the engine's last one."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What the gaps of an instance are measured from, and whether that is a proved bound."""

    value: float
    proved: bool


def yardsticks(cases: Iterable[Case], results: Sequence[Measured]) -> dict[str, Yardstick]:
    """For each instance with anything to measure from, the least proved bound or else the best value."""
    known = {case.name: case.best_known for case in cases}
    found = {}
    for name in {result.instance for result in results}:
        runs = [result for result in results if result.instance == name]
        bound = min((run.bound for run in runs if run.bound is not None), default=None)
        values = [value for value in (known.get(name), *(run.value for run in runs)) if value is not None]
        best = max(values, default=None)
        if bound is not None and (best is None or bound - best <= _FAR_OFF * abs(best)):
            found[name] = Yardstick(bound, proved=True)
        elif best is not None:
            found[name] = Yardstick(best, proved=False)
    return found


def write_report(
    cases: Sequence[Case], results: Sequence[Measured], page: Path, answers: Sequence[Answered] = ()
) -> None:
    """Write the page, and its charts into the folder of the page's name beside it; what ``notes.md`` there says too."""
    charts = page.with_suffix("")
    charts.mkdir(parents=True, exist_ok=True)
    gauges = yardsticks(cases, results)
    sets = [name for name in list_sets() if any(result.set == name for result in results)]
    notes = charts / "notes.md"
    told = notes.read_text() if notes.exists() else ""
    parts = [_head(), told, _goals(results, answers), _summary(sets, results, gauges)]
    for name in sets:
        of_set = [result for result in results if result.set == name]
        loosened = sorted({rule for case in cases if case.set == name for rule in case.loosened})
        parts.append(_set_section(name, of_set, gauges, loosened))
        chart = charts / f"{name}-value.svg"
        chart.write_text(_value_chart(of_set, gauges))
        parts.append(f"![Value over time]({charts.name}/{chart.name})\n")
    if "series" in sets:
        (charts / "series-gap.svg").write_text(_size_chart(results, gauges))
        parts.append(f"## Gap over size\n\n![Gap over the number of visits]({charts.name}/series-gap.svg)\n")
    page.write_text("\n".join(parts))


def _head() -> str:
    return f"""# Benchmarks

Written by `make bench`; do not edit. Machine: {_processor()}, {os.cpu_count()} processors, {_memory()}, \
{platform.system()} {platform.release()}, Python {platform.python_version()}. {_versions()}.

Every engine runs as a process of its own with one thread and must answer by the time given, start-up and reading
included. Every plan is judged by `optimizer.evaluate`; a plan with a broken rule counts as none. Values are means over
seeds. A gap is measured from the best bound proved in this run; `*` marks gaps from the best value known, where no
bound was proved or only one far off. Memory is what the processes of an engine held at their peaks, added up. What an
engine has no means for, it is not asked: PyVRP and VROOM are given the problems that their documented features can say
(`benchmarks/pyvrp_model.py`, `benchmarks/vroom_model.py`). VROOM ranks by priority and never weighs a kilometre against
a prize.
"""


def _processor() -> str:
    try:
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    except OSError:
        names = []
    return names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()


def _memory() -> str:
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{gib:.0f} GiB"


def _versions() -> str:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _mean_gap(runs: Sequence[Measured], gauges: dict[str, Yardstick]) -> tuple[float, bool] | None:
    """Mean gap in percent of the runs that have one, and whether each is from a proved bound."""
    pairs = [(relative_gap(run.value, gauges[run.instance].value), run) for run in runs if run.instance in gauges]
    gaps = [(gap, gauges[run.instance].proved) for gap, run in pairs if gap is not None]
    if not gaps:
        return None
    return _PERCENT * mean(gap for gap, _ in gaps), all(proved for _, proved in gaps)


def _gap_text(gap: tuple[float, bool] | None) -> str:
    return "–" if gap is None else f"{gap[0]:.2f} %{'' if gap[1] else ' *'}"


def _goals(results: Sequence[Measured], answers: Sequence[Answered]) -> str:
    parts = ["## What was to be reached\n"]
    if rows := goal_rows(results):
        parts.append("Gaps of the default engine, each proved by the run itself.\n")
        parts.append(_table(["set", "time", "must", "aim", "mean gap", "proved optimal", "reached"], rows))
    if rows := peer_rows(results):
        parts.append(
            "Weeks, against the best of PyVRP, VROOM and OR-Tools routing on each instance in the same time: a higher "
            "value on every instance is a must.\n"
        )
        head = [
            "time",
            "higher than every peer on",
            "of what the best peer leaves to the bound, closed",
            "aim",
            "reached",
        ]
        parts.append(_table(head, rows))
    if rows := answer_rows(answers, results):
        parts.append("Answers that someone waits for.\n")
        parts.append(_table(["question", "instance", "must", "aim", "measured", "answer", "reached"], rows))
    return "\n".join(parts) if len(parts) > 1 else ""


def _summary(sets: Sequence[str], results: Sequence[Measured], gauges: dict[str, Yardstick]) -> str:
    rows = []
    for name in sets:
        for limit_s, engine in sorted({(run.limit_s, run.engine) for run in results if run.set == name}):
            runs = [run for run in results if (run.set, run.limit_s, run.engine) == (name, limit_s, engine)]
            answered = [run for run in runs if run.value is not None]
            optimal = sum(run.status == PlanStatus.OPTIMAL for run in runs)
            gap = _gap_text(_mean_gap(answered, gauges))
            rows.append(
                [
                    name,
                    f"{limit_s:g} s",
                    engine,
                    gap,
                    f"{len(answered)} of {len(runs)}",
                    str(_best_of(runs, results)),
                    str(optimal),
                ]
            )
    head = ["set", "time", "engine", "mean gap", "plans", "best on", "proved optimal"]
    return f"## In short\n\n{_table(head, rows)}"


def _best_of(runs: Sequence[Measured], results: Sequence[Measured]) -> int:
    """On how many instances no other engine has a higher mean value in the same time."""
    count = 0
    for name in {run.instance for run in runs}:
        means = {}
        for engine in {result.engine for result in results}:
            values = [
                result.value
                for result in results
                if (result.instance, result.engine, result.limit_s) == (name, engine, runs[0].limit_s)
                and result.value is not None
            ]
            if values:
                means[engine] = mean(values)
        count += runs[0].engine in means and means[runs[0].engine] >= max(means.values()) - 1e-9
    return count


def _set_section(name: str, results: Sequence[Measured], gauges: dict[str, Yardstick], loosened: Sequence[str]) -> str:
    rows = []
    notes = set()
    for instance, limit_s, engine in sorted({(run.instance, run.limit_s, run.engine) for run in results}):
        runs = [run for run in results if (run.instance, run.limit_s, run.engine) == (instance, limit_s, engine)]
        notes |= {f"{engine} on {instance}: {run.note}" for run in runs if run.note}
        answered = [run for run in runs if run.value is not None]
        if answered:
            rows.append([instance, f"{limit_s:g} s", engine, *_measures(answered, gauges)])
    head = ["instance", "time", "engine", "value", "bound", "gap", "served", "km", "seconds", "MB"]
    parts = [f"## {name}\n"]
    if loosened:
        parts.append(f"Our format cannot say all of these files and leaves out: {'; '.join(loosened)}.\n")
    parts.append(_table(head, rows))
    if notes:
        parts.append("\n".join(f"- {note}" for note in sorted(notes)) + "\n")
    return "\n".join(parts)


def _measures(runs: Sequence[Measured], gauges: dict[str, Yardstick]) -> list[str]:
    bounds = [run.bound for run in runs if run.bound is not None]
    return [
        f"{mean(run.value for run in runs if run.value is not None):,.1f}",
        f"{mean(bounds):,.1f}" if bounds else "–",
        _gap_text(_mean_gap(runs, gauges)),
        f"{mean(run.served for run in runs):.0f} of {runs[0].visits}",
        f"{mean(run.km for run in runs):,.0f}",
        f"{mean(run.seconds for run in runs):.1f}",
        f"{max(run.memory_mb for run in runs):.0f}",
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _value_chart(results: Sequence[Measured], gauges: dict[str, Yardstick]) -> str:
    """Values over time of the first seed at the longest time, on the first instance on which most engines answered."""
    traced = [run for run in results if run.trace]
    if not traced:
        return line_chart("No values over time", "", "", [])
    longest = max(run.limit_s for run in traced)
    at_longest = [run for run in traced if run.limit_s == longest]
    answers = {
        run.instance: len({each.engine for each in at_longest if each.instance == run.instance}) for run in at_longest
    }
    instance = max(answers, key=lambda name: answers[name])
    lines = []
    for engine in sorted({run.engine for run in at_longest if run.instance == instance}):
        run = min(
            (run for run in at_longest if (run.instance, run.engine) == (instance, engine)), key=lambda run: run.seed
        )
        lines.append(Line(engine, (*_near_the_end(run.trace), (longest, run.trace[-1][1])), steps=True))
    gauge = gauges[instance]
    if gauge.proved:
        lines.append(Line("proved bound", ((0, gauge.value), (longest, gauge.value))))
    return line_chart(f"{instance}: value of the best plan", "seconds", "value", lines)


def _near_the_end(trace: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points from which on engines differ by little: first plans, empty ones even, would flatten all else."""
    best = trace[-1][1]
    return [point for point in trace if point[1] >= best - _SHOWN_BELOW_BEST * abs(best)]


def _size_chart(results: Sequence[Measured], gauges: dict[str, Yardstick]) -> str:
    runs = [run for run in results if run.set == "series" and run.value is not None]
    longest = max((run.limit_s for run in runs), default=0)
    lines = []
    for engine in sorted({run.engine for run in runs}):
        points = []
        for visits in sorted({run.visits for run in runs}):
            gap = _mean_gap(
                [run for run in runs if (run.engine, run.visits, run.limit_s) == (engine, visits, longest)], gauges
            )
            if gap is not None:
                points.append((float(visits), gap[0]))
        lines.append(Line(engine, points))
    return line_chart(f"Gap after {longest:g} s over the number of visits", "visits", "gap, %", lines)

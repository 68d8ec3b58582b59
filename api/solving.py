"""`moling solve` and `moling check`: from instance and plan files to exit codes."""

import argparse
import contextlib
import math
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, Any

from api.errors import BadInputError
from api.i18n import N_, Gettext, Language
from api.solver_process import ChildSettings, Progress, SolverProcess, process_start, usual_memory_mb
from optimizer.errors import InvalidStateError, OptimizerError
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of, write_plan, write_problem
from optimizer.plan import Plan, PlanStatus
from optimizer.problem import Problem
from optimizer.solve import Engine, SolveOptions
from optimizer.state import State, read_state, write_state
from optimizer.violation import Rule

EXIT_CODES = {PlanStatus.OPTIMAL: 0, PlanStatus.FEASIBLE: 0, PlanStatus.INFEASIBLE: 3, PlanStatus.UNKNOWN: 4}
_LEAST_LIMIT_S = 2
_LOCATIONS_PER_SECOND = 1_000
_LEAST_MEMORY_MB = 256
"""With less the solver cannot even start."""
_ROUNDING = 0.01
"""Hundredths of a hundredth of a per cent that are rounding of floats, not distance."""
_STATUSES = {
    PlanStatus.OPTIMAL: N_("optimal"),
    PlanStatus.FEASIBLE: N_("feasible"),
    PlanStatus.INFEASIBLE: N_("infeasible"),
    PlanStatus.UNKNOWN: N_("unknown"),
}


def add_solve_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling solve``."""
    parser.add_argument("instance", metavar="INSTANCE.json", type=Path, help=gettext("the instance to plan"))
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        required=True,
        help=gettext("seconds from the start of the program to the plan; at least 2, and 1 more for each 1,000 places"),
    )
    parser.add_argument("--out", metavar="PLAN.json", type=Path, required=True, help=gettext("where to write the plan"))
    parser.add_argument("--threads", metavar="N", type=int, default=1, help=gettext("processors to use (default 1)"))
    parser.add_argument("--seed", metavar="N", type=int, default=1, help=gettext("seed of random choices (default 1)"))
    parser.add_argument(
        "--engine",
        choices=[engine.value for engine in Engine],
        default=Engine.COLUMN_GENERATION.value,
        help=gettext("who searches for plans"),
    )
    parser.add_argument(
        "--memory",
        metavar="MB",
        type=int,
        default=usual_memory_mb(),
        help=gettext("most memory to take (default: three quarters of the machine's)"),
    )
    parser.add_argument(
        "--state",
        metavar="FILE",
        type=Path,
        help=gettext("where to write what replan and offers can start from"),
    )


def run_solve(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Plan an instance file and write the plan; 0 with a plan, 3 when infeasible, 4 when unknown.

    Raises
    ------
    BadInputError
        When a file or option cannot be used; nothing is written then.
    SolverProcessError
        When the solver broke before it had a plan; nothing is written then either.
    """
    started, gettext = process_start(), lang.gettext
    check_options(arguments, gettext)
    if arguments.memory < _LEAST_MEMORY_MB:
        text = gettext("--memory is {value} MB; it must be at least {least} MB.")
        raise BadInputError(text.format(value=arguments.memory, least=_LEAST_MEMORY_MB))
    instance = read_file(arguments.instance, gettext)
    settings = ChildSettings(
        deadline=started + arguments.time_limit,
        language=lang.code,
        engine=arguments.engine,
        seed=arguments.seed,
        threads=arguments.threads,
        memory_mb=arguments.memory,
        keeps_state=arguments.state is not None,
    )
    with (
        whole_file(arguments.out, gettext) as output,
        whole_file(arguments.state, gettext) if arguments.state is not None else contextlib.nullcontext() as state,
        stop_on_signal() as stop,
        progress_line(sys.stderr, lang) as show,
        SolverProcess(instance, settings) as solver,
    ):
        problem = parse_problem(arguments.instance, instance)
        check_limit(arguments.time_limit, problem, gettext)
        plan = solver.wait(problem, on_progress=show, should_stop=stop.is_set)
        plan = replace(plan, seconds=round(time.monotonic() - started, 3))
        output.write(write_plan(plan))
        if state is not None and solver.state is not None:
            state.write(solver.state)
    if arguments.state is not None and solver.state is None:
        text = gettext("The engine left no state; {file} is not written.")
        print(text.format(file=arguments.state), file=sys.stderr)
    _tell_failure(solver, gettext)
    print(summary(problem, plan, arguments.out, gettext))
    return EXIT_CODES[plan.status]


def _tell_failure(solver: SolverProcess, gettext: Gettext) -> None:
    if solver.out_of_memory:
        print(gettext("The solver's memory ran out; the best plan until then was kept."), file=sys.stderr)
    elif solver.failure is not None:
        text = gettext("The solver broke off ({failure}); the best plan until then was kept.")
        print(text.format(failure=solver.failure), file=sys.stderr)


def add_check_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling check``."""
    parser.add_argument("instance", metavar="INSTANCE.json", type=Path, help=gettext("the instance"))
    parser.add_argument("plan", metavar="PLAN.json", type=Path, help=gettext("the plan to check"))


def run_check(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Print each rule that a plan file breaks; 0 when there is none and 1 otherwise.

    Raises
    ------
    BadInputError
        When a file cannot be read as what it should be.
    """
    gettext = lang.gettext
    instance = read_file(arguments.instance, gettext)
    document = read_file(arguments.plan, gettext)
    problem = parse_problem(arguments.instance, instance)
    try:
        plan = read_plan(document)
    except OptimizerError as error:
        raise BadInputError(f"{arguments.plan}: {error}") from error
    judged = evaluate(problem, plan, instance_sha256=sha256_of(instance))
    for violation in judged.violations:
        print(violation.text(gettext))
    if judged.violations:
        return 1
    print(summary(problem, plan, arguments.plan, gettext))
    return 0


def solve_in_child(lang: Language) -> Callable[[Problem, SolveOptions], Plan]:
    """
    A stand-in for `optimizer.solve.solve` that keeps its limit and shows progress on a terminal.

    The search runs in a child process; Ctrl-C ends it with the best plan so far.
    """

    def solver(problem: Problem, options: SolveOptions) -> Plan:
        settings = ChildSettings(
            deadline=time.monotonic() + options.time_limit_s,
            language=lang.code,
            engine=options.engine.value,
            seed=options.seed,
            threads=options.threads,
            solution_limit=options.solution_limit,
            prove=options.prove,
        )
        initial = None if options.initial_plan is None else write_plan(options.initial_plan)
        state = None if options.state is None else write_state(options.state)
        with (
            stop_on_signal() as stop,
            progress_line(sys.stderr, lang) as show,
            SolverProcess(write_problem(problem), settings, initial, state) as child,
        ):
            plan = child.wait(problem, on_progress=show, should_stop=stop.is_set)
        _tell_failure(child, lang.gettext)
        return plan

    return solver


def check_options(arguments: argparse.Namespace, gettext: Gettext) -> None:
    """Refuse a time limit that is no number, and threads or a seed that is none."""
    if not math.isfinite(arguments.time_limit):
        raise BadInputError(gettext("--time-limit must be a number of seconds."))
    for name, value in (("threads", arguments.threads), ("seed", arguments.seed)):
        if not 1 <= value < 2**31:
            raise BadInputError(
                gettext("--{option} is {value}; it must be a whole number of at least 1.").format(
                    option=name, value=value
                )
            )


def check_limit(time_limit_s: float, problem: Problem, gettext: Gettext) -> None:
    """Refuse a time limit that is too short for the number of places."""
    least = _LEAST_LIMIT_S + len(problem.locations) // _LOCATIONS_PER_SECOND
    if time_limit_s < least:
        raise BadInputError(
            gettext("--time-limit is {value:g} s; for {count} places it must be at least {least} s.").format(
                value=time_limit_s, count=len(problem.locations), least=least
            )
        )


def read_file(path: Path, gettext: Gettext) -> bytes:
    """The bytes of a file that someone named; BadInputError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(gettext("{file} cannot be read: {why}.").format(file=path, why=error.strerror)) from error


def parse_problem(path: Path, document: bytes) -> Problem:
    """The problem of a file's bytes; BadInputError, naming the file, where there is none."""
    try:
        return read_problem(document)
    except OptimizerError as error:
        raise BadInputError(f"{path}: {error}") from error


def read_week(instance_path: Path, path: Path, gettext: Gettext) -> tuple[Problem, Plan]:
    """The instance and a plan of it that keeps all rules."""
    instance = read_file(instance_path, gettext)
    problem = parse_problem(instance_path, instance)
    try:
        plan = read_plan(read_file(path, gettext))
    except OptimizerError as error:
        raise BadInputError(f"{path}: {error}") from error
    broken = evaluate(problem, plan, instance_sha256=sha256_of(instance)).violations
    if broken:
        # That the files do not belong together says more than what follows from it.
        first = min(broken, key=lambda each: each.rule not in {Rule.OTHER_INSTANCE, Rule.OTHER_INSTANCE_BYTES})
        raise BadInputError(f"{path}: {first.text(gettext)}")
    if plan.value is None:
        raise BadInputError(gettext("{file}: the plan has no routes; a plan in force is needed.").format(file=path))
    return problem, plan


def read_known(path: Path | None, gettext: Gettext) -> State | None:
    """The state of a solve in a file, None where none is named; BadInputError, naming the file, where it is none."""
    if path is None:
        return None
    try:
        return read_state(read_file(path, gettext))
    except InvalidStateError as error:
        raise BadInputError(f"{path}: {error}") from error


def summary(problem: Problem, plan: Plan, path: Path, gettext: Gettext) -> str:
    """A plan in one line: status, value, what is proved, visits made."""
    status = gettext(_STATUSES[plan.status])
    if plan.value is None:
        why = f" ({', '.join(plan.conflict)})" if plan.conflict else ""
        return gettext("{file}: {status}{why}, no plan.").format(file=path, status=status, why=why)
    facts: dict[str, Any] = {
        "file": path,
        "status": status,
        "value": plan.value,
        "served": sum(len(route.stops) for route in plan.routes),
        "all": len(problem.visits),
    }
    if plan.gap is None:
        return gettext("{file}: {status}, value {value:.1f}, visits made {served} of {all}.").format(**facts)
    text = gettext(
        "{file}: {status}, value {value:.1f}, proved within {gap} of the best, visits made {served} of {all}."
    )
    return text.format(**facts, gap=percent(plan.gap))


def percent(gap: float) -> str:
    """A proved gap in per cent, rounded up so that it never says more than the proof."""
    return f"{math.ceil(gap * 10_000 - _ROUNDING) / 100:.2f} %"


@contextlib.contextmanager
def whole_file(path: Path, gettext: Gettext) -> Iterator[IO[bytes]]:
    """
    A file that appears whole or not at all: it is written beside its place and put there at the end.

    Where nothing was written, what was there stays.
    """
    if path.exists() and not path.is_file():
        raise BadInputError(gettext("{file} cannot be written: it is no file.").format(file=path))
    try:
        # Opened before the solve, so that no one waits for a plan that cannot be written.
        output = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    except OSError as error:
        raise BadInputError(
            gettext("{file} cannot be written: {why}.").format(file=path, why=error.strerror)
        ) from error
    beside = Path(output.name)
    try:
        with output:
            yield output
            output.flush()
            os.fsync(output.fileno())
            is_written = output.tell() > 0
        if is_written:
            beside.chmod(0o666 & ~_umask())
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C, a polite kill or a closed terminal sets; the second time they end the program."""
    stop = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    names = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {name: signal.signal(name, note) for name in names}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextlib.contextmanager
def progress_line(stream: IO[str], lang: Language) -> Iterator[Callable[[Progress], None]]:
    """Shows progress as one line that rewrites itself on a terminal, and nothing elsewhere."""
    if not stream.isatty():
        yield lambda _: None
        return
    from babel.numbers import format_decimal  # noqa: PLC0415 (slow to load, and needed on a terminal only)

    shown = ""

    def show(progress: Progress) -> None:
        nonlocal shown
        facts: dict[str, Any] = {
            "served": progress.served,
            "seconds": math.ceil(progress.seconds_left),
            "value": format_decimal(round(progress.value or 0.0, 1), locale=lang.code),
        }
        if progress.value is None:
            text = lang.gettext("Looking for a first plan, {seconds} s left").format(**facts)
        elif progress.gap is not None:
            text = lang.gettext("Value {value}, within {gap} of the best, visits {served}, {seconds} s left").format(
                **facts, gap=percent(progress.gap)
            )
        else:
            text = lang.gettext("Value {value}, visits {served}, {seconds} s left").format(**facts)
        if text != shown:
            shown = text
            stream.write(f"\r{text}\x1b[K")
            stream.flush()

    try:
        yield show
    finally:
        stream.write("\r\x1b[K")
        stream.flush()

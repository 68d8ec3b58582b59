"""`moling replan`, `moling offers` and `moling compare`: what to do when a published week changes."""

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from api.errors import BadInputError
from api.i18n import Gettext, Language
from api.solver_process import process_start
from api.solving import (
    EXIT_CODES,
    check_limit,
    check_options,
    parse_problem,
    percent,
    read_file,
    solve_in_child,
    stop_on_signal,
    summary,
    whole_file,
)
from optimizer.change_document import read_changes, read_letter, write_changes
from optimizer.changes import Changes
from optimizer.difference import compare, difference_lines, difference_object
from optimizer.errors import InvalidChangeError, InvalidStateError, OptimizerError
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, sha256_of, write_plan, write_problem
from optimizer.offers import Offer, rank_offers
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.replan import Replanned, replan
from optimizer.solve import SolveOptions, solve
from optimizer.state import read_state
from optimizer.violation import ClockTime, Rule

_TIME_LIMIT_S = 10.0
_MOST_SHOWN = 10
_TICK_S, _GRACE_S = 0.1, 0.5
"""How often it is looked whether offers are there, and how much later than the limit at most."""


def add_replan_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling replan``."""
    _add_week(parser, gettext)
    parser.add_argument("changes", metavar="CHANGES.json", type=Path, help=gettext("what has changed, and since when"))
    _add_search(parser, gettext)
    parser.add_argument("--out", metavar="PLAN.json", type=Path, help=gettext("where to write the new plan"))
    parser.add_argument(
        "--out-instance",
        metavar="INSTANCE.json",
        type=Path,
        help=gettext("where to write the changed instance, which the new plan is of"),
    )


def run_replan(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Change a plan as little as pays and print what is different; exit codes as those of ``moling solve``.

    Raises
    ------
    BadInputError
        When a file or option cannot be used, or a change does not fit; nothing is written then.
    SolverProcessError
        When the solver broke before it had a plan; nothing is written then either.
    """
    started, gettext = process_start(), lang.gettext
    check_options(arguments, gettext)
    if (arguments.out is None) != (arguments.out_instance is None):
        raise BadInputError(gettext("--out and --out-instance go together: the new plan is of the changed instance."))
    problem, plan = _read_week(arguments, arguments.plan, gettext)
    check_limit(arguments.time_limit, problem, gettext)
    document = read_file(arguments.changes, gettext)
    with ExitStack() as files:
        outputs = [files.enter_context(whole_file(path, gettext)) for path in _outputs(arguments)]
        try:
            changes = read_changes(document)
            found = replan(problem, plan, changes, _options(arguments, started, gettext), solver=solve_in_child(lang))
        except InvalidChangeError as error:
            raise BadInputError(f"{arguments.changes}: {error}") from error
        for output, written in zip(outputs, (write_plan(found.plan), write_problem(found.problem)), strict=False):
            output.write(written)
    if arguments.json:
        print(json.dumps(_replanned_object(found), ensure_ascii=False))
    else:
        print("\n".join(_replanned_lines(found, changes, arguments, gettext)))
    _say_afresh(arguments, gettext)
    return EXIT_CODES[found.plan.status]


def add_offers_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling offers``."""
    _add_week(parser, gettext)
    parser.add_argument("visit", metavar="VISIT.json", type=Path, help=gettext("the new visit, as instances hold them"))
    _add_search(parser, gettext)
    parser.add_argument(
        "--now", metavar="MINUTE", type=int, help=gettext("what was begun by this minute of the week stays")
    )
    parser.add_argument(
        "--out",
        metavar="CHANGES.json",
        type=Path,
        help=gettext("where to write the best offer, as changes for moling replan"),
    )


def run_offers(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Print slots for a new visit, the least loss first; 0 with an offer, 3 where it fits nowhere.

    Raises
    ------
    BadInputError
        When a file or option cannot be used, or the visit does not fit the instance.
    """
    started, gettext = process_start(), lang.gettext
    check_options(arguments, gettext)
    problem, plan = _read_week(arguments, arguments.plan, gettext)
    check_limit(arguments.time_limit, problem, gettext)
    document = read_file(arguments.visit, gettext)
    with ExitStack() as files:
        outputs = [files.enter_context(whole_file(arguments.out, gettext))] if arguments.out is not None else []
        stop = files.enter_context(stop_on_signal())
        solver = partial(solve, should_stop=stop.is_set)
        try:
            letter = read_letter(document)
            options = _options(arguments, started, gettext)
            ranked = rank_offers(problem, plan, letter, options, now=arguments.now, solver=solver)
            offers = _last_in_time(ranked, started + arguments.time_limit, stop)
        except InvalidChangeError as error:
            raise BadInputError(f"{arguments.visit}: {error}") from error
        if not offers:
            print(gettext("No shift can take {visit}.").format(visit=letter.visit.id))
            return 3
        for output in outputs:
            output.write(write_changes(offers[0].changes))
    if arguments.json:
        print(json.dumps([_offer_object(offer) for offer in offers], ensure_ascii=False))
    else:
        print("\n".join(_offer_lines(offers, letter.visit.id, letter.visit.prize, gettext)))
    _say_afresh(arguments, gettext)
    return 0


def add_compare_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling compare``."""
    _add_week(parser, gettext)
    parser.add_argument("other", metavar="OTHER.json", type=Path, help=gettext("the plan to compare it with"))
    parser.add_argument(
        "--other-instance",
        metavar="INSTANCE.json",
        type=Path,
        help=gettext("the instance of the other plan, where it is another one"),
    )
    _add_json(parser, gettext)


def run_compare(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Print what is different in another plan.

    Raises
    ------
    BadInputError
        When a file cannot be used, or a plan is none of its instance.
    """
    gettext = lang.gettext
    problem, plan = _read_week(arguments, arguments.plan, gettext)
    other_problem, other = problem, plan
    if arguments.other_instance is None:
        _, other = _read_week(arguments, arguments.other, gettext)
    else:
        of_other = argparse.Namespace(instance=arguments.other_instance)
        other_problem, other = _read_week(of_other, arguments.other, gettext)
    difference = compare(problem, plan, other_problem, other)
    if arguments.json:
        print(json.dumps(difference_object(difference), ensure_ascii=False))
    else:
        print("\n".join(difference_lines(difference, gettext)))
    return 0


def _add_week(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("instance", metavar="INSTANCE.json", type=Path, help=gettext("the instance"))
    parser.add_argument("plan", metavar="PLAN.json", type=Path, help=gettext("the plan in force"))


def _add_search(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        default=_TIME_LIMIT_S,
        help=gettext("seconds from the start of the program to the answer (default 10)"),
    )
    parser.add_argument(
        "--state", metavar="FILE", type=Path, help=gettext("what moling solve --state wrote; makes the answer quick")
    )
    parser.add_argument(
        "--quick", action="store_true", help=gettext("take the first good answer, without proving how good it is")
    )
    parser.add_argument("--threads", metavar="N", type=int, default=1, help=gettext("processors to use (default 1)"))
    parser.add_argument("--seed", metavar="N", type=int, default=1, help=gettext("seed of random choices (default 1)"))
    _add_json(parser, gettext)


def _add_json(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("--json", action="store_true", help=gettext("print JSON for programs instead of text"))


def _outputs(arguments: argparse.Namespace) -> list[Path]:
    return [path for path in (arguments.out, arguments.out_instance) if path is not None]


def _options(arguments: argparse.Namespace, started: float, gettext: Gettext) -> SolveOptions:
    state = None
    if arguments.state is not None:
        try:
            state = read_state(read_file(arguments.state, gettext))
        except InvalidStateError as error:
            raise BadInputError(f"{arguments.state}: {error}") from error
    return SolveOptions(
        time_limit_s=max(0.0, started + arguments.time_limit - time.monotonic()),
        seed=arguments.seed,
        threads=arguments.threads,
        prove=not arguments.quick,
        state=state,
        gettext=gettext,
    )


def _say_afresh(arguments: argparse.Namespace, gettext: Gettext) -> None:
    if arguments.state is None:
        print(gettext("Without --state the week was solved afresh."), file=sys.stderr)


def _read_week(arguments: argparse.Namespace, path: Path, gettext: Gettext) -> tuple[Problem, Plan]:
    """The instance and a plan of it that keeps all rules."""
    instance = read_file(arguments.instance, gettext)
    problem = parse_problem(arguments.instance, instance)
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


def _replanned_lines(
    found: Replanned, changes: Changes, arguments: argparse.Namespace, gettext: Gettext
) -> Iterator[str]:
    if changes.now is not None:
        yield gettext("Known at {minute}:").format(minute=ClockTime(changes.now).text(gettext))
    yield from (change.text(gettext) for change in changes.changes)
    if found.difference is not None:
        yield from difference_lines(found.difference, gettext)
        if found.gap is None:
            yield gettext("How near this is to the smallest change was not proved.")
        else:
            text = gettext(
                "What was published and does not stay counts {points:.1f} points: proved within {gap} of the best."
            )
            yield text.format(points=found.disturbance, gap=percent(found.gap))
        if found.price is not None:
            yield gettext("Keeping to the published plan costs at most {points:.1f} points.").format(points=found.price)
    yield summary(found.problem, found.plan, arguments.out or arguments.plan, gettext)


def _replanned_object(found: Replanned) -> dict[str, Any]:
    return {
        "plan": json.loads(write_plan(found.plan)),
        "difference": None if found.difference is None else difference_object(found.difference),
        "disturbance": found.disturbance,
        "gap": found.gap,
        "price": found.price,
    }


def _last_in_time(ranked: Iterator[list[Offer]], deadline: float, stop: threading.Event) -> list[Offer]:
    """
    The last list of offers by the deadline, or by the time someone says stop.

    A search for routes does not look at the clock while it runs. It runs in a thread that is left behind if need be: a
    process of its own for each day would take longer to come up than most days take to solve.
    """
    found: list[list[Offer]] = [[]]
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for offers in ranked:
                found.append(offers)
                if stop.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 (raised again by whoever waits)
            failed.append(error)

    thread = threading.Thread(target=work, name="offers", daemon=True)
    thread.start()
    while thread.is_alive() and time.monotonic() < deadline + _GRACE_S and not stop.is_set():
        thread.join(_TICK_S)
    if failed:
        raise failed[0]
    return found[-1]


def _offer_lines(offers: Sequence[Offer], visit: str, prize: float, gettext: Gettext) -> Iterator[str]:
    yield gettext(
        "Slots for {visit}, which brings {prize:.1f} points; the least loss to the rest of the week first:"
    ).format(visit=visit, prize=prize)
    for number, offer in enumerate(offers[:_MOST_SHOWN], 1):
        text = gettext("{number}. {start} by {shift}: the rest of the week loses {loss:.1f}, the whole {gain:+.1f}")
        line = text.format(
            number=number,
            start=ClockTime(offer.stop.start).text(gettext),
            shift=offer.shift,
            loss=offer.loss,
            gain=offer.gain,
        )
        how = gettext("solved again") if offer.solved else gettext("put into the day as it stands")
        yield f"{line} ({how})"
        yield from (f"   {each}" for each in _concerned(offer, gettext))
    if len(offers) > _MOST_SHOWN:
        yield gettext("More slots, each losing more: {count}").format(count=len(offers) - _MOST_SHOWN)


def _concerned(offer: Offer, gettext: Gettext) -> Iterator[str]:
    difference = offer.difference
    others = [visit for visit in difference.added if visit != offer.changes.changes[0].visit.id]  # type: ignore[union-attr]
    moved = (*difference.to_other_day, *difference.to_other_van)
    for visits, text in (
        (difference.dropped, gettext("no longer made: {visits}")),
        ([move.visit for move in moved], gettext("moved: {visits}")),
        (others, gettext("now made: {visits}")),
    ):
        if visits:
            yield text.format(visits=", ".join(visits))


def _offer_object(offer: Offer) -> dict[str, Any]:
    return {
        "shift": offer.shift,
        "start": offer.stop.start,
        "loss": offer.loss,
        "gain": offer.gain,
        "solved": offer.solved,
        "changes": json.loads(write_changes(offer.changes)),
        "difference": difference_object(offer.difference),
    }

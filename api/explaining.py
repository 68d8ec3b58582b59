"""`moling explain`: why visits are left out of a plan, what would serve them, what one more of anything is worth."""

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from api.errors import BadInputError
from api.i18n import N_, Gettext, Language
from api.solver_process import process_start
from api.solving import check_limit, check_options, read_known, read_week, stop_on_signal, whole_file
from optimizer.explain import explain, with_reasons
from optimizer.explanation import Explained, Explanation, explanation_object, one_more_objects
from optimizer.instance import write_plan
from optimizer.plan import Plan, Reason
from optimizer.problem import VisitId
from optimizer.solve import SolveOptions

_TIME_LIMIT_S = 10.0
_TICK_S, _GRACE_S = 0.1, 0.5
"""How often it is looked whether the answer is there, and how much later than the limit at most."""
_HEADS = {
    Reason.IMPOSSIBLE: N_("Impossible, proved: {count}"),
    Reason.DISPLACED: N_("Displaced, proved: {count}"),
    Reason.UNDECIDED: N_("Not settled: {count}"),
}


def add_explain_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling explain``."""
    parser.add_argument("instance", metavar="INSTANCE.json", type=Path, help=gettext("the instance"))
    parser.add_argument("plan", metavar="PLAN.json", type=Path, help=gettext("the plan to explain"))
    parser.add_argument(
        "--state", metavar="FILE", type=Path, help=gettext("what moling solve --state wrote; makes the answer quick")
    )
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        default=_TIME_LIMIT_S,
        help=gettext("seconds from the start of the program to the answer (default 10)"),
    )
    parser.add_argument("--threads", metavar="N", type=int, default=1, help=gettext("processors to use (default 1)"))
    parser.add_argument("--visit", metavar="ID", help=gettext("explain this visit only, with every remedy found"))
    parser.add_argument(
        "--out", metavar="PLAN.json", type=Path, help=gettext("where to write the plan with reasons and remedies")
    )
    parser.add_argument("--json", action="store_true", help=gettext("print JSON for programs instead of text"))
    parser.set_defaults(seed=1)


def run_explain(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Print why visits are left out, the dearest first, and what one more of anything is worth; 0 when done.

    Raises
    ------
    BadInputError
        When a file or option cannot be used; nothing is written then.
    """
    started, gettext = process_start(), lang.gettext
    check_options(arguments, gettext)
    problem, plan = read_week(arguments.instance, arguments.plan, gettext)
    check_limit(arguments.time_limit, problem, gettext)
    only = None if arguments.visit is None else VisitId(arguments.visit)
    made = {stop.visit for route in plan.routes for stop in route.stops}
    if only is not None and (only not in problem.visit_by_id or only in made):
        raise BadInputError(gettext("--visit {visit} is no visit that the plan leaves out.").format(visit=only))
    state = read_known(arguments.state, gettext)
    streams = sys.stdout.isatty() and not arguments.json
    with ExitStack() as files:
        outputs = [files.enter_context(whole_file(arguments.out, gettext))] if arguments.out is not None else []
        stop = files.enter_context(stop_on_signal())
        deadline = started + arguments.time_limit
        options = SolveOptions(
            time_limit_s=max(0.0, deadline - time.monotonic()), threads=arguments.threads, gettext=gettext
        )

        def work(tell: Callable[[Explanation], None]) -> Explained:
            return explain(problem, plan, options, state=state, only=only, on_explained=tell, should_stop=stop.is_set)

        def show(each: Explanation) -> None:
            if streams:
                print(_line(each, gettext), flush=True)

        explained = _in_time(work, show, plan, gettext, deadline)
        for output in outputs:
            output.write(write_plan(explained.plan))
    if arguments.json:
        print(json.dumps(_as_object(explained, gettext), ensure_ascii=False))
    else:
        print("\n".join(_lines(explained, gettext, told=streams)))
    if state is None:
        print(gettext("Without --state the routes were looked for afresh, which leaves less time."), file=sys.stderr)
    return 0


def _in_time(
    work: Callable[[Callable[[Explanation], None]], Explained],
    show: Callable[[Explanation], None],
    plan: Plan,
    gettext: Gettext,
    deadline: float,
) -> Explained:
    """What the work comes to, or what it has told when the time is up: no search can hold up the answer."""
    told: list[Explanation] = []
    done: list[Explained | BaseException] = []

    def tell(each: Explanation) -> None:
        told.append(each)
        show(each)

    def run() -> None:
        try:
            done.append(work(tell))
        except BaseException as error:  # noqa: BLE001 (raised again where the answer is waited for)
            done.append(error)

    thread = threading.Thread(target=run, name="explain", daemon=True)
    thread.start()
    while thread.is_alive() and time.monotonic() < deadline + _GRACE_S:
        thread.join(_TICK_S)
    if not done:
        so_far = tuple(told)
        return Explained(with_reasons(plan, so_far, gettext), so_far, ())
    if isinstance(done[0], BaseException):
        raise done[0]
    return done[0]


def _lines(explained: Explained, gettext: Gettext, *, told: bool) -> Iterator[str]:
    """The answer by reasons; without the visits where they have been ``told`` already."""
    if not explained.explanations:
        yield gettext("The plan leaves no visit out.")
    for reason, head in _HEADS.items():
        of_reason = [each for each in explained.explanations if each.reason is reason]
        if of_reason:
            yield gettext(head).format(count=len(of_reason))
            yield from () if told else (f"  {_line(each, gettext)}" for each in of_reason)
    if explained.one_more:
        yield gettext("What one more is worth:")
        yield from (f"  {each.text(gettext)}" for each in explained.one_more)


def _line(each: Explanation, gettext: Gettext) -> str:
    text = gettext("{visit} ({worth:.1f} points): {text}")
    line = text.format(visit=each.visit, worth=each.worth, text=each.reason_text(gettext))
    return "\n    ".join([line, *(remedy.text(gettext) for remedy in each.remedies)])


def _as_object(explained: Explained, gettext: Gettext) -> dict[str, Any]:
    explanations: Sequence[Explanation] = explained.explanations
    return {
        "unserved": [explanation_object(each, gettext) for each in explanations],
        "one_more": one_more_objects(explained.one_more, gettext),
        "plan": json.loads(write_plan(explained.plan)),
    }

"""
All `moling` commands: a table of them, and what they share.

A command says here what it is called and where its code is; the code is imported when the command is called, so that
``moling --help`` stays quick. To add one, add a line to `COMMANDS`: ``add_arguments`` names a function of a parser and
a gettext function, ``run`` one of the arguments and the language that returns the exit code. Both are imported when
their command is called, and must themselves import late what is slow to load.

Exit codes: 0 done, 1 a check failed, 2 bad input (one line on standard error, nothing written), more by command.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Any, NoReturn

from api.errors import ApiError, BadInputError
from api.i18n import DEFAULT_LANGUAGE, LANGUAGES, N_, Gettext, Language, language
from optimizer.errors import one_line

BAD_INPUT = 2
_BROKEN = 1
_INTERRUPTED = 130
_BROKEN_PIPE = 141
"""As shells tell processes that SIGINT or SIGPIPE ended."""


@dataclass(frozen=True, slots=True)
class Command:
    """
    One command of the program.

    Attributes
    ----------
    help
        One line, untranslated.
    add_arguments, run
        ``module:function``.
    """

    name: str
    help: str
    add_arguments: str
    run: str


COMMANDS = (
    Command(
        "demo",
        N_("plan next week for the sample regency and print it"),
        "api.planning.commands:add_demo_arguments",
        "api.planning.commands:run_demo",
    ),
    Command(
        "plan",
        N_("plan a week for a region folder and write its maps and files"),
        "api.planning.commands:add_plan_arguments",
        "api.planning.commands:run_plan",
    ),
    Command(
        "rounds",
        N_("plan the fixed rounds of a quarter for a region folder and print their calendar"),
        "api.planning.rounds_commands:add_rounds_arguments",
        "api.planning.rounds_commands:run_rounds",
    ),
    Command(
        "region",
        N_("work on a region folder: make a new one, import files and roads into it, check it"),
        "api.regions:add_region_arguments",
        "api.regions:run_region",
    ),
    Command(
        "serve",
        N_("serve the office's pages, or the maps and documents of one planned folder"),
        "api.serving:add_serve_arguments",
        "api.serving:run_serve",
    ),
    Command(
        "worker",
        N_("do in the background what the office asked for: solve weeks of the store"),
        "api.working:add_worker_arguments",
        "api.working:run_worker",
    ),
    Command(
        "run",
        N_("serve an example office to try out, with accounts and a worker"),
        "api.serving:add_run_arguments",
        "api.serving:run_example",
    ),
    Command(
        "solve",
        N_("make the best plan for an instance file within a time limit"),
        "api.solving:add_solve_arguments",
        "api.solving:run_solve",
    ),
    Command(
        "check",
        N_("check a plan file against its instance: every rule and the value"),
        "api.solving:add_check_arguments",
        "api.solving:run_check",
    ),
    Command(
        "explain",
        N_("tell why visits are left out of a plan, what would serve them, what one more van-day is worth"),
        "api.explaining:add_explain_arguments",
        "api.explaining:run_explain",
    ),
    Command(
        "replan",
        N_("change a plan as little as pays after a lost van, a refusal, a new letter"),
        "api.replanning:add_replan_arguments",
        "api.replanning:run_replan",
    ),
    Command(
        "offers",
        N_("find slots for a new visit and rank them by what the week loses"),
        "api.replanning:add_offers_arguments",
        "api.replanning:run_offers",
    ),
    Command(
        "compare",
        N_("tell what is different between two plans"),
        "api.replanning:add_compare_arguments",
        "api.replanning:run_compare",
    ),
    Command(
        "migrate",
        N_("make the tables of the store, or bring them to this version"),
        "api.administration.commands:add_migrate_arguments",
        "api.administration.commands:run_migrate",
    ),
    Command(
        "user",
        N_("manage the accounts of the store"),
        "api.administration.user_commands:add_user_arguments",
        "api.administration.user_commands:run_user",
    ),
    Command(
        "backup",
        N_("write the whole store into one file"),
        "api.administration.commands:add_backup_arguments",
        "api.administration.commands:run_backup",
    ),
    Command(
        "restore",
        N_("fill the store from a backup, all or nothing"),
        "api.administration.commands:add_restore_arguments",
        "api.administration.commands:run_restore",
    ),
)

_DESCRIPTION = N_("Plans the weekly rounds of a civil registry's mobile vans, and tells what each plan is worth.")
_EPILOG = N_(
    "An office starts from its region folder (villages, sites, vans, letters, fixed rounds). Try\n"
    "  moling demo --out out                                 a week of the sample regency\n"
    "  moling region new 12.19 MYREGION                      a folder for any regency, from its code or name\n"
    "  moling region import MYREGION FILE...                 places, people and boundaries from the office's files\n"
    "  moling region check MYREGION                          every fault of a folder at once\n"
    "  moling plan MYREGION --week 2026-W50 --out out        the week's plan, maps and files\n"
    "  moling rounds MYREGION --from 2027-W01 --out rounds   a quarter's fixed rounds, their calendar and rules\n"
    "  moling serve out                                      open them in a browser\n"
    "Underneath, a week is one instance file in and one plan file out:\n"
    "  moling solve INSTANCE.json --time-limit 30 --out PLAN.json\n"
    "  moling check INSTANCE.json PLAN.json\n"
    "  moling explain INSTANCE.json PLAN.json                why visits are left out, and what would serve them\n"
    "  moling replan INSTANCE.json PLAN.json CHANGES.json    when something changes\n"
    "  moling offers INSTANCE.json PLAN.json VISIT.json      which slots to offer for a new letter\n"
    "`moling COMMAND --help` tells everything a command can do."
)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help in the language of the parser that it is made for."""

    translate: Gettext = staticmethod(str)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:  # noqa: ANN401 (as argparse)
        super().add_usage(usage, actions, groups, self.translate(N_("Usage: ")) if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """
    An argument parser whose errors are one line and whose help is in the user's language.

    Parameters
    ----------
    gettext
        Gives the language.
    """

    def __init__(self, gettext: Gettext, **options: Any) -> None:  # noqa: ANN401 (as argparse)
        class Formatter(_Formatter):
            translate = staticmethod(gettext)

        super().__init__(**options, formatter_class=Formatter, add_help=False, allow_abbrev=False)
        self._positionals.title = gettext("What it works on")
        self._optionals.title = gettext("Options")
        self.add_argument("-h", "--help", action="help", help=gettext("show this help and stop"))

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with 2."""
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program with those arguments (None: of the process); returns the exit code."""
    try:
        try:
            code = _run(list(sys.argv[1:] if arguments is None else arguments))
        except SystemExit as ended:  # how argparse ends help and errors
            code = ended.code if isinstance(ended.code, int) else 0
        sys.stdout.flush()
    except BrokenPipeError:
        # Who read our output has enough of it. Python would complain when it flushes the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def _run(arguments: list[str]) -> int:
    lang = _language(arguments)
    parser = _parser(lang, arguments)
    parsed = parser.parse_args(arguments)
    command = next((command for command in COMMANDS if command.name == parsed.command), None)
    if command is None:
        parser.print_help()
        return BAD_INPUT
    try:
        code = _load(command.run)(parsed, lang)
        assert isinstance(code, int)
    except ApiError as error:
        print(f"moling {command.name}: {one_line(str(error))}", file=sys.stderr)
        return BAD_INPUT if isinstance(error, BadInputError) else _BROKEN
    return code


def _language(arguments: list[str]) -> Language:
    """The language asked for, before the parser is made: its help is in that language already."""
    scan = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    scan.add_argument("--lang", choices=LANGUAGES, default=DEFAULT_LANGUAGE)
    try:
        code = scan.parse_known_args(arguments)[0].lang
    except argparse.ArgumentError:
        code = DEFAULT_LANGUAGE  # the full parser reports it
    return language(code)


def _parser(lang: Language, arguments: list[str]) -> Parser:
    gettext = lang.gettext
    parser = Parser(gettext, prog="moling", description=gettext(_DESCRIPTION), epilog=gettext(_EPILOG))
    parser.add_argument(
        "--version",
        action="version",
        version=f"moling {metadata.version('moling')}",
        help=gettext("show the version and stop"),
    )
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=DEFAULT_LANGUAGE,
        help=gettext("language: Indonesian (id, the default) or English (en)"),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title=gettext("Commands"))
    for command in COMMANDS:
        text = gettext(command.help)
        child = commands.add_parser(
            command.name, gettext=gettext, help=text, description=text[:1].upper() + text[1:] + "."
        )
        if command.name in arguments:
            _load(command.add_arguments)(child, gettext)
    return parser


def _load(target: str) -> Callable[..., object]:
    module, _, function = target.partition(":")
    loaded: Callable[..., object] = getattr(import_module(module), function)
    return loaded


if __name__ == "__main__":
    sys.exit(main())

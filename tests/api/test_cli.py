"""What all commands share: help, languages, errors in one line, a reader that goes away."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import COMMANDS

RunMoling = Callable[..., subprocess.CompletedProcess[str]]
StartMoling = Callable[..., subprocess.Popen[bytes]]


def test_help_names_every_command(run_moling: RunMoling) -> None:
    """Who types `moling --help` learns what there is."""
    shown = run_moling("--help")
    assert shown.returncode == 0
    for command in COMMANDS:
        assert f"\n    {command.name}" in shown.stdout


def test_help_loads_nothing_slow() -> None:
    """Help comes at once because it imports neither numpy nor OR-Tools nor the web."""
    script = (
        "import sys; from api.cli import main; main(['--help']);"
        "print({'numpy', 'ortools', 'fastapi', 'geopandas', 'babel', 'sqlalchemy'} & set(sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr == "set()\n"


@pytest.mark.parametrize("command", ["solve", "check"])
def test_commands_have_help(run_moling: RunMoling, command: str) -> None:
    """The functions that the table names exist and describe their arguments."""
    shown = run_moling(command, "--help")
    assert shown.returncode == 0
    assert "INSTANCE.json" in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lang", "fr", "solve"],
        ["fly"],
        ["solve"],
        ["solve", "i.json", "--out", "p.json", "--time-limit", "ten"],
        ["solve", "i.json", "--out", "p.json", "--time-limit", "10", "--engine", "magic"],
    ],
    ids=["language", "command", "missing", "number", "engine"],
)
def test_bad_arguments_are_one_line(run_moling: RunMoling, arguments: list[str]) -> None:
    """A wrong call is told in one line, with the code for bad input."""
    refused = run_moling(*arguments)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1


def test_no_command_shows_the_help_and_fails(run_moling: RunMoling) -> None:
    """A script that forgot the command notices; a person sees what to type."""
    shown = run_moling()
    assert shown.returncode == 2
    assert "solve" in shown.stdout


def test_a_reader_that_goes_away_is_no_error(start_moling: StartMoling) -> None:
    """`moling --help | true` ends as quietly as any other program whose reader has gone."""
    read, write = os.pipe()
    os.close(read)
    process = start_moling("--help", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, complaint = process.communicate(timeout=30)
    assert complaint == b""
    assert process.returncode in {0, 141}  # unbuffered, argparse sees the error first and ignores it


def test_an_installed_package_elsewhere_is_not_shadowed_by_the_folder_it_runs_in(
    tmp_path: Path,
) -> None:
    """The solver's process takes the code of its parent, not a file of that name in the user's folder."""
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    script = (
        "import os, sys; sys.path.insert(0, os.getcwd()); from api.solver_process import ChildSettings, SolverProcess;"
        f"os.chdir({str(tmp_path)!r});"
        "child = SolverProcess(b'{}', ChildSettings(deadline=1e12, language='en')); child._reader.join();"
        "print(child._messages.get()[1].decode()); child.kill()"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("InvalidProblemError")

"""The README's commands run, and print what it says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NUMBER = r"\d+(?:[.,]\d+)*"
DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat)"
ROOT = Path(__file__).resolve().parents[1]
START = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from api.cli import main; sys.exit(main())"


def shown_sessions() -> list[tuple[str, list[str]]]:
    """Each command of the console blocks with the lines that the README shows of its output."""
    sessions: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                sessions.append((line[2:], []))
            elif line != "...":
                sessions[-1][1].append(line)
    return sessions


def pattern(line: str) -> re.Pattern[str]:
    """
    The line with any number or day in the place of each: on a slow machine a plan differs, and its proof may lack.
    """
    words = map(re.escape, re.split(NUMBER, plain(line)))
    with_days = re.sub(rf"\b{DAY}\b", lambda _: DAY, NUMBER.join(words))
    return re.compile(with_days.replace("optimal", "(optimal|feasible)"))


def plain(line: str) -> str:
    """The line with ordinary blanks."""
    return re.sub(r"\s", " ", line)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_commands_print_what_the_readme_shows(tmp_path: Path) -> None:
    """A newcomer who types them sees the same lines, numbers aside, in the same order."""
    shutil.copytree(ROOT / "geodata" / "sample", tmp_path / "geodata" / "sample")
    sessions = shown_sessions()
    assert sessions
    for command, lines in sessions:
        program, *arguments = command.split()
        assert program == "moling"
        done = subprocess.run(
            [sys.executable, "-c", START, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        printed = iter(done.stdout.splitlines())
        for line in lines:
            assert any(pattern(line).fullmatch(plain(each)) for each in printed), (command, line, done.stdout)


def test_make_targets_that_the_readme_names_exist() -> None:
    """Every `make` word of the README is a target of the Makefile."""
    named = set(re.findall(r"make (demo|serve|run|test|test-all|bench|pictures)\b", (ROOT / "README.md").read_text()))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= targets

"""The commands of the README and of `docs/new-region.md` run, and print what these say."""

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


def shown_sessions(page: str) -> list[tuple[str, list[str]]]:
    """Each command of the console blocks with the lines that the page shows of its output."""
    sessions: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
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


def write_shown_files(page: str, folder: Path) -> None:
    """The files that the page shows whole, under the names that it gives them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, content in re.findall(r"<!-- file: ([\w.-]+) -->\n```\w*\n(.*?)```", text, re.DOTALL):
        (folder / name).write_text(content, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("page", ["README.md", "docs/new-region.md"])
def test_commands_print_what_the_page_shows(tmp_path: Path, page: str) -> None:
    """A newcomer who types them sees the same lines, numbers aside, in the same order."""
    shutil.copytree(ROOT / "geodata" / "sample", tmp_path / "geodata" / "sample")
    write_shown_files(page, tmp_path)
    sessions = shown_sessions(page)
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

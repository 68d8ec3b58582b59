"""
Region folders and their files, written: TOML values set in place, CSV cells changed in place, folders replaced whole.

An office edits these files by hand, so everything that is not changed stays as it stands: comments, order, columns.
"""

import csv
import io
import json
import re
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from geodata.errors import N_, RegionFolderError


def write_new_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """
    Make a folder with these files, by name.

    Raises
    ------
    RegionFolderError
        When the folder is there and not empty, is no folder, or cannot be written; nothing is left behind then.
    """
    check_new_folder(folder)
    _write_whole(folder, files, None)


def check_new_folder(folder: Path) -> None:
    """
    Refuse a folder that holds something, before any work is done for it.

    Raises
    ------
    RegionFolderError
        When it is a file or a link, or not empty.
    """
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise RegionFolderError(N_("{folder} is no folder; name a new one."), folder=folder)
        if folder.exists() and any(folder.iterdir()):
            raise RegionFolderError(N_("{folder} is not empty; name a new folder."), folder=folder)
    except OSError as error:
        raise RegionFolderError(
            N_("{folder} cannot be opened: {problem}."), folder=folder, problem=error.strerror
        ) from error


def change_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """
    Put these files, by name, into a folder that is there, all or none; other files stay.

    Raises
    ------
    RegionFolderError
        When it cannot be written; it is as it was then.
    """
    _write_whole(folder, files, folder)


def _write_whole(folder: Path, files: Mapping[str, bytes], former: Path | None) -> None:
    # Beside its place and then renamed: whoever looks sees the old folder or the new one.
    folder = folder.absolute()
    fresh = folder.with_name(f".{folder.name}-{uuid4().hex}")
    try:
        if former is None:
            fresh.mkdir(parents=True)
        else:
            shutil.copytree(former, fresh, symlinks=True)
        for name, content in files.items():
            _remove_link(fresh / name)
            (fresh / name).write_bytes(content)
        _take_place(fresh, folder)
    except (OSError, shutil.Error) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise RegionFolderError(N_("{folder} cannot be written: {problem}."), folder=folder, problem=problem) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _remove_link(path: Path) -> None:
    if path.is_symlink():  # writing through it would change a file elsewhere
        path.unlink()


def _take_place(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    former = folder.with_name(f"{fresh.name}-former")
    folder.rename(former)
    try:
        fresh.rename(folder)
    except OSError:
        former.rename(folder)
        raise
    shutil.rmtree(former, ignore_errors=True)


def toml_text(text: str) -> str:
    """A text as a TOML basic string, quoted."""
    # JSON's escapes are all TOML's too, but DEL must be escaped in TOML alone.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def set_toml_values(text: str, table: str, values: Mapping[str, float]) -> str:
    """
    The TOML document with numbers of one table set in place; comments and order stay.

    Parameters
    ----------
    table
        Name of a top table that is there, or empty for the keys before any table.
    values
        Numbers by key. A key that is there, also as a comment ``# key = ...``, is set where it stands; others are added
        at the head of the table.

    Raises
    ------
    RegionFolderError
        When the document is written in a way that this cannot change, such as inline tables.
    """
    lines = text.splitlines()
    start, end = _table_span(lines, table)
    for key, value in values.items():
        pattern = re.compile(rf"^(?:#\s*)?{re.escape(key)}\s*=\s*(?:[^#]*?)(\s*#.*)?$")
        hits = [number for number in range(start, end) if pattern.match(lines[number])]
        live = [number for number in hits if not lines[number].startswith("#")]
        if hits:
            number = (live or hits)[0]
            found = pattern.match(lines[number])
            lines[number] = f"{key} = {value!r}{(found and found[1]) or ''}"
        else:
            lines.insert(start, f"{key} = {value!r}")
            end += 1
    changed = "\n".join(lines) + "\n"
    try:
        document = tomllib.loads(changed)
        inner = document.get(table, {}) if table else document
        done = isinstance(inner, dict) and all(inner.get(key) == value for key, value in values.items())
    except tomllib.TOMLDecodeError:
        done = False
    if not done:
        raise RegionFolderError(
            N_("{keys} cannot be set in the TOML file by the program; write it by hand."), keys=", ".join(values)
        )
    return changed


def _table_span(lines: Sequence[str], table: str) -> tuple[int, int]:
    heads = [number for number, line in enumerate(lines) if re.match(r"\s*\[", line)]
    if not table:
        return 0, heads[0] if heads else len(lines)
    wanted = re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?$")
    begin = next((number for number in heads if wanted.match(lines[number])), None)
    if begin is None:
        return len(lines), len(lines)
    return begin + 1, next((number for number in heads if number > begin), len(lines))


class CsvFile:
    """
    A CSV file of a region folder whose cells can be changed one by one; separator and other columns stay.

    Parameters
    ----------
    content
        The file, UTF-8; it must hold a heading.
    """

    def __init__(self, content: bytes) -> None:
        text = content.decode("utf-8-sig")
        self._mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
        first = text.split("\n", 1)[0]
        self._first = ""
        if first.casefold().startswith("sep="):
            self._first, text = f"{first}\n", text[len(first) + 1 :]
            first = text.split("\n", 1)[0]
        self._separator = max(",;\t", key=first.count)
        self._newline = "\r\n" if first.endswith("\r") else "\n"
        self._lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=self._separator))
        self._heads = [head.strip().casefold() for head in self._lines[0]]

    def rows(self) -> list[tuple[int, dict[str, str]]]:
        """Each row that holds something: its place, which `set` takes, and its cells by head."""
        return [
            (number, {head: cell.strip() for head, cell in zip(self._heads, line, strict=False)})
            for number, line in enumerate(self._lines)
            if number and any(cell.strip() for cell in line)
        ]

    def set(self, place: int, cells: Mapping[str, str]) -> None:
        """Change cells of a row by head; a column that is not there is added at the end."""
        for head, cell in cells.items():
            column = self._column(head)
            line = self._lines[place]
            line.extend([""] * (column + 1 - len(line)))
            line[column] = cell

    def add(self, cells: Mapping[str, str]) -> None:
        """Add a row at the end."""
        self._lines.append([""] * len(self._heads))
        self.set(len(self._lines) - 1, cells)

    def content(self) -> bytes:
        """The file as it is now."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self._separator, lineterminator=self._newline)
        for line in self._lines:
            writer.writerow([*line, *[""] * (len(self._heads) - len(line))] if line else line)
        return self._mark + (self._first + text.getvalue()).encode()

    def _column(self, head: str) -> int:
        if head not in self._heads:
            self._heads.append(head)
            self._lines[0].append(head)
        return self._heads.index(head)

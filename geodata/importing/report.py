"""What an import did or would do, row by row: printed for the office and kept in the folder."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from geodata.cells import without_identity_numbers
from geodata.errors import N_

REPORT_FILE: Final = "import-report.txt"


class Outcome(StrEnum):
    """What became of a row, or of one thing that it says."""

    MATCHED = "matched"
    ADDED = "added"
    CHANGED = "changed"
    SUSPECT = "suspect"
    REFUSED = "refused"


_TITLES: Final[Mapping[Outcome, str]] = {
    Outcome.MATCHED: N_("matched"),
    Outcome.ADDED: N_("added"),
    Outcome.CHANGED: N_("changed"),
    Outcome.SUSPECT: N_("suspect"),
    Outcome.REFUSED: N_("refused"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """
    What became of one row.

    Attributes
    ----------
    row
        As a spreadsheet counts; 0 for a whole file or table.
    place
        Name and code of the place, or the name that the row has; may be empty.
    message, params
        Why, or what was done; empty where the outcome says all.
    """

    source: str
    row: int
    outcome: Outcome
    place: str = ""
    message: str = ""
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, gettext: Callable[[str], str]) -> str:
        """One line in the reader's language."""
        told = gettext(self.message).format(**self.params) if self.message else ""
        where = gettext("row {row}").format(row=self.row) if self.row else ""
        return _shown(
            ": ".join(part for part in (", ".join(part for part in (where, self.place) if part), told) if part)
        )


@dataclass(slots=True)
class Report:
    """
    Everything that an import found, in the order of files and rows.

    Attributes
    ----------
    files
        Name and SHA-256 of each file.
    is_failed
        Whether a file could not be read, so that nothing was taken from any.
    changed_files
        Names of the folder's files that change.
    """

    files: list[tuple[str, str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)
    is_failed: bool = False
    changed_files: tuple[str, ...] = ()

    def log(self, source: str) -> "SourceLog":
        """The part about one table."""
        return SourceLog(self, source)

    def count(self, outcome: Outcome) -> int:
        """Number of entries with that outcome."""
        return sum(entry.outcome is outcome for entry in self.entries)

    def sources_text(self) -> str:
        """The files by name and hash, the same for the same files."""
        return "".join(f"{_shown(name)}  sha256:{digest}\n" for name, digest in self.files)

    def lines(self, gettext: Callable[[str], str], *, most: int | None = None) -> Iterator[str]:
        """
        The report in the reader's language.

        Parameters
        ----------
        most
            Most lines of what was added or changed in one file, five times as many of what asks for a person; None for
            all.
        """
        by_source: dict[str, dict[Outcome, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        for entry in self.entries:
            by_source[entry.source][entry.outcome].append(entry)
        for source in dict.fromkeys([*(note.source for note in self.notes), *by_source]):
            found = by_source[source]
            counts = [f"{gettext(_TITLES[each])} {len(found[each])}" for each in Outcome if found[each]]
            yield f"{_shown(source)}: {', '.join(counts)}" if counts else _shown(source)
            for note in self.notes:
                if note.source == source:
                    yield f"  {note.text(gettext)}"
            for outcome in Outcome:
                yield from _outcome_lines(outcome, found[outcome], gettext, most)


@dataclass(frozen=True, slots=True)
class SourceLog:
    """The report's part about one table."""

    report: Report
    source: str

    def add(self, row: int, outcome: Outcome, place: str = "", message: str = "", /, **params: object) -> None:
        """Add what became of a row; 0 for the whole table."""
        self.report.entries.append(Entry(self.source, row, outcome, place, message, params))

    def note(self, message: str, /, **params: object) -> None:
        """Tell something about the whole table."""
        self.report.notes.append(Entry(self.source, 0, Outcome.MATCHED, "", message, params))


def _shown(text: str) -> str:
    """Text of a stranger's file, fit for a terminal: one line, no identity number."""
    return "".join(char if char.isprintable() else " " for char in without_identity_numbers(text))


def _outcome_lines(
    outcome: Outcome, entries: Sequence[Entry], gettext: Callable[[str], str], most: int | None
) -> Iterator[str]:
    if not entries:
        return
    title = gettext(_TITLES[outcome])
    if outcome is Outcome.MATCHED:
        rows = gettext("rows {rows}").format(rows=_ranges(sorted({entry.row for entry in entries})))
        yield f"  {title}: {rows}"
        return
    if most is not None and outcome in {Outcome.SUSPECT, Outcome.REFUSED}:
        most *= 5
    for entry in entries[:most]:
        yield f"  {title}: {entry.text(gettext)}"
    if most is not None and len(entries) > most:
        more = gettext("{count} more").format(count=len(entries) - most)
        yield f"  {title}: {more}"


def _ranges(rows: Sequence[int]) -> str:
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and row == ranges[-1][1] + 1:
            ranges[-1][1] = row
        else:
            ranges.append([row, row])
    return ", ".join(f"{first}-{last}" if first != last else str(first) for first, last in ranges)

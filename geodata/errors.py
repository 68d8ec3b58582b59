"""
Errors that `geodata` raises; a region folder's faults come all at once, as findings.

Messages to people are English with named places, marked by `N_`, and translated when they are shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


def N_(message: str) -> str:  # noqa: N802 (the name by which gettext tools find deferred messages)
    """Mark a message for translation where it stands; it is translated where it is shown."""
    return message


class GeodataError(Exception):
    """Root of all errors of this package."""


class UnknownPlaceError(GeodataError, KeyError):
    """No village and no site of the region has the code."""

    def __str__(self) -> str:
        """The message itself; KeyError would quote it."""
        return str(self.args[0])


class CellError(GeodataError, ValueError):
    """
    A cell does not hold what its column needs.

    Attributes
    ----------
    message, params
        English sentence with named places that says what would be right, and what fills them.
    """

    def __init__(self, message: str, **params: object) -> None:
        self.message = message
        self.params = params
        super().__init__(message.format(**params))


class ToldError(GeodataError, ValueError):
    """
    An error whose message is shown in the reader's language.

    Attributes
    ----------
    message, params
        English sentence with named places, and what fills them.
    """

    def __init__(self, message: str, /, **params: object) -> None:
        self.message = message
        self.params = MappingProxyType(params)
        super().__init__(self.text(str))

    def text(self, gettext: Callable[[str], str]) -> str:
        """The message in the reader's language, on one line, with that of another error where it tells one."""
        params = {
            name: each.text(gettext) if isinstance(each, ToldError) else each for name, each in self.params.items()
        }
        told = gettext(self.message).format(**params)
        return "".join(char if char.isprintable() else " " for char in told)


class UnknownRegencyError(ToldError):
    """No regency, or more than one, has the name or code."""


class OfficialPlacesError(ToldError):
    """A list of official places cannot be used."""


class RegionFolderError(ToldError):
    """A region folder cannot be made or written."""


class RoutingEngineError(ToldError):
    """A routing engine that the office runs cannot be used, and there is nothing to take in its place."""


class UnansweredError(ToldError):
    """A web service gave no answer, or none that can be used, after being asked again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One fault of a region folder.

    Attributes
    ----------
    file
        Name of the file in the folder.
    row
        As a spreadsheet counts, the heading is row 1; None for a whole file and for TOML.
    column
        Head of the column, or key with its tables, as written in the folder; empty for a whole row or file.
    value
        What stands there, shortened; empty where nothing does.
    message, params
        English sentence with named places (``{least}``) that says what would be right, and what fills them.
    """

    file: str
    row: int | None
    column: str
    value: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the parameters read-only."""
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))

    def text(self, gettext: Callable[[str], str]) -> str:
        """One line in the reader's language: file, row, column, value, and what would be right."""
        where = [self.file]
        if self.row is not None:
            where.append(gettext("row {row}").format(row=self.row))
        if self.column:
            where.append(gettext("column {column}").format(column=self.column))
        told = f" '{self.value}':" if self.value else ""
        return f"{', '.join(where)}:{told} {gettext(self.message).format(**self.params)}"


class RegionError(GeodataError, ValueError):
    """
    A region folder has faults; nothing of it is loaded.

    Attributes
    ----------
    findings
        All of them, in the order of files and rows.
    """

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(finding.text(str) for finding in findings))


class RoadsFileError(ToldError):
    """A file of roads, or of times observed on them, cannot be used."""

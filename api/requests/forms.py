"""Forms between browser and use cases: what was sent as `Typed`, and what a template shows of it again."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from fastapi import Request
from starlette.datastructures import UploadFile

from api.i18n import Gettext
from api.pages import reader_language
from api.requests.answers import MOST_RANGES, Fault, Typed

_MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """
    A form that was sent.

    Attributes
    ----------
    typed
        Its texts.
    files
        The first file of each file field that has one.
    """

    typed: Typed
    files: Mapping[str, UploadFile] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The first value of a field; empty where there is none."""
        return (self.typed.get(name) or ("",))[0].strip()

    def content(self, name: str) -> bytes:
        """Bytes of a file; empty where none was chosen."""
        file = self.files.get(name)
        return b"" if file is None else file.file.read()


async def sent_form(http_request: Request) -> AsyncIterator[Sent]:
    """The form that a request brings, its files open as long as it is answered; a dependency of routes."""
    typed: dict[str, list[str]] = {}
    files: dict[str, UploadFile] = {}
    form = await http_request.form()
    for name, value in form.multi_items()[:_MOST_FIELDS]:
        if isinstance(value, str):
            typed.setdefault(name, []).append(value)
        elif value.filename:
            files.setdefault(name, value)
    yield Sent(typed, files)
    await form.close()


@dataclass(frozen=True, slots=True)
class FormView:
    """
    A form as a template shows it: values as typed, faults beside them.

    Attributes
    ----------
    spare
        Empty rows of days and hours that are shown besides the filled ones.
    """

    typed: Typed
    gettext: Gettext
    faults: Mapping[str, Fault] = field(default_factory=dict)
    spare: Mapping[str, int] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """The first value of a field; empty where there is none."""
        return (self.typed.get(name) or ("",))[0]

    def values(self, name: str) -> Sequence[str]:
        """All values of a field."""
        return self.typed.get(name) or ()

    def days(self, name: str) -> Sequence[int]:
        """Chosen weekdays, as the numbers that chips have."""
        return [int(value) for value in self.values(name) if value in set("0123456")]

    def error(self, name: str) -> str:
        """What would be right in a field; empty where nothing is wrong."""
        fault = self.faults.get(name)
        return "" if fault is None else fault.text(self.gettext)

    def errors(self) -> list[tuple[str, str]]:
        """Names of fields with what would be right."""
        return [(name, fault.text(self.gettext)) for name, fault in self.faults.items()]

    def rows(self, name: str) -> list[tuple[int, str, str]]:
        """Rows of days or hours: number, from, to; the filled ones, then empty ones."""
        pairs = [
            (self.value(f"{name}_{number}_from"), self.value(f"{name}_{number}_to"))
            for number in range(1, MOST_RANGES + 1)
        ]
        filled = max((number for number, pair in enumerate(pairs, 1) if any(pair)), default=0)
        shown = min(MOST_RANGES, max(1, filled + self.spare.get(name, 0)))
        return [(number, *pair) for number, pair in enumerate(pairs[:shown], 1)]


def form_view(
    http_request: Request, typed: Typed, faults: Mapping[str, Fault] | None = None, more: str = ""
) -> FormView:
    """
    What a template shows of a form.

    Parameters
    ----------
    more
        Name of the rows of which one more was asked for.
    """
    return FormView(typed, reader_language(http_request).gettext, faults or {}, {more: 1} if more else {})


def read_day(text: str) -> date | None:
    """A day of an address; None where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def address_of(http_request: Request) -> str:
    """Where a request comes from, for quotas."""
    return http_request.client.host if http_request.client else ""

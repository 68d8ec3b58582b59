"""The office's inbox: which requests wait for what, which fixed stops come due; found, sorted, page by page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from api.entities import RequestId, RequestState, VisitRequest
from api.office import Office
from api.requests.places import Host, find_host, folded
from api.requests.quotas import filed_before
from api.store.contacts import Contact, find_contact
from api.store.requests import RequestStep, get_request, list_requests, request_steps
from api.store.scope import Reading, RegencyCode
from api.store.slots import Slot, list_slots
from geodata.region import Region
from geodata.requests import RecurringRow
from geodata.times import all_resolved

ROWS_A_PAGE: Final = 25
WEEKS_AHEAD: Final = 4
"""Coming weeks, the present one not counted, whose fixed stops are shown."""


class Tab(StrEnum):
    """A part of the inbox; its value stands in the address."""

    COMPLETE = "lengkap"
    INCOMPLETE = "belum-lengkap"
    RECURRING = "jatuh-tempo"
    ALL = "semua"


@dataclass(frozen=True, slots=True)
class InboxRow:
    """
    A request in a table.

    Attributes
    ----------
    name
        Of the host; its code where the region knows it no more.
    """

    request: VisitRequest
    host: Host | None
    name: str


@dataclass(frozen=True, slots=True)
class DueStop:
    """
    A fixed stop in a week in which it is due.

    Attributes
    ----------
    days
        On which the one visit may be made.
    """

    stop: RecurringRow
    host: Host | None
    week: date
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Inbox:
    """
    One page of the inbox.

    Attributes
    ----------
    counts
        By tab.
    found
        Rows on all pages.
    page, pages
        From 1.
    """

    counts: Mapping[Tab, int]
    rows: tuple[InboxRow, ...]
    due: tuple[DueStop, ...]
    found: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Case:
    """
    A request with all that staff needs to decide.

    Attributes
    ----------
    contact
        None where nobody is known, or for those who may not see it.
    others
        Further requests of the place, the newest first.
    """

    request: VisitRequest
    host: Host | None
    steps: tuple[RequestStep, ...]
    slots: tuple[Slot, ...]
    contact: Contact | None
    others: tuple[VisitRequest, ...]


SORTS: Final[Mapping[str, Callable[[InboxRow], Any]]] = {
    "received": lambda row: (row.request.received, row.request.id),
    "host": lambda row: (row.name.casefold(), row.request.id),
    "people": lambda row: (row.request.counts.people, row.request.id),
    "code": lambda row: row.request.id,
}


def open_inbox(  # noqa: PLR0913 (what an address of the inbox says)
    office: Office,
    regency: RegencyCode,
    tab: Tab,
    *,
    state: RequestState | None = None,
    typed: str = "",
    sort: str = "received",
    page: int = 1,
) -> Inbox:
    """
    A page of the inbox.

    Parameters
    ----------
    state
        For `Tab.ALL`: only requests in that state.
    typed
        Part of a code, a letter number or a host's name; empty: all.
    sort
        One of `SORTS`, with a minus before it for descending; what is unknown sorts by the day of receipt.
    page
        From 1; one that is not there is the last.
    """
    requests = office.read(regency, lambda scope: list_requests(scope, _SHOWN))
    due = due_stops(office, regency)
    by_tab = {
        Tab.COMPLETE: [each for each in requests if each.state is RequestState.SUBMITTED and each.is_complete],
        Tab.INCOMPLETE: [each for each in requests if _is_incomplete(each)],
        Tab.ALL: [each for each in requests if state is None or each.state is state],
    }
    counts = {kind: len(by_tab.get(kind, due)) for kind in Tab}
    counts[Tab.ALL] = len(requests)
    region = office.region(regency)
    rows = []
    for each in by_tab.get(tab, []):
        host = find_host(region, each.place)
        rows.append(InboxRow(each, host, each.place if host is None else host.name))
    if typed.strip():
        rows = [row for row in rows if _holds(row, typed)]
    key = SORTS.get(sort.removeprefix("-"), SORTS["received"])
    rows.sort(key=key, reverse=sort.startswith("-"))
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    page = max(1, min(page, pages))
    shown = tuple(rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE])
    return Inbox(counts, shown, due if tab is Tab.RECURRING else (), len(rows), page, pages)


def due_stops(office: Office, regency: RegencyCode) -> tuple[DueStop, ...]:
    """Fixed stops that come due in the coming weeks, week by week."""
    today = office.today(regency)
    monday = today - timedelta(days=today.weekday())
    return office.derive(regency, ("due stops", monday), lambda region: tuple(_due_stops(region, monday)))


def _due_stops(region: Region, monday: date) -> Iterator[DueStop]:
    stops = tuple(all_resolved(region.recurring, monday + timedelta(weeks=1)))
    for number in range(1, WEEKS_AHEAD + 1):
        week = monday + timedelta(weeks=number)
        for stop in stops:
            days = stop.due_days(week)
            if days:
                yield DueStop(stop, find_host(region, stop.place), week, days)


def open_case(office: Office, regency: RegencyCode, request: RequestId, *, sees_contact: bool) -> Case:
    """
    A request with all that staff needs.

    Raises
    ------
    MissingError
        When the regency has none of that code.
    """

    def look(scope: Reading) -> Case:
        found = get_request(scope, request)
        return Case(
            found,
            None,
            request_steps(scope, request),
            list_slots(scope, request),
            find_contact(scope, request) if sees_contact else None,
            tuple(each for each in filed_before(scope, found.place) if each.id != request),
        )

    case = office.read(regency, look)
    host = find_host(office.region(regency), case.request.place)
    return replace(case, host=host)


_SHOWN: Final = tuple(state for state in RequestState if state is not RequestState.DRAFT)


def _is_incomplete(request: VisitRequest) -> bool:
    waits = request.state is RequestState.SUBMITTED and not request.is_complete
    return waits or request.state is RequestState.NEEDS_CORRECTION


def _holds(row: InboxRow, typed: str) -> bool:
    plain = "".join(typed.casefold().split())[:100]
    number = "".join((row.request.letter.number or "").casefold().split())
    name = folded(typed[:100])
    return plain in row.request.id.casefold() or plain in number or (bool(name) and name in folded(row.name))

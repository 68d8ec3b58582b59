"""The tables of a region folder, or the store's rows -> the same entities; `build` never sees where they came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.entities import RecurringStop, RequestId, RequestLetter, RequestState, VisitRequest
from geodata.region import Region
from geodata.requests import RequestRow
from geodata.times import DateRange, When, resolve


@dataclass(frozen=True)
class Desk:
    """
    What lies on a planner's desk for one week.

    Attributes
    ----------
    monday
        First day of the week to be planned.
    """

    region: Region
    monday: date
    requests: tuple[VisitRequest, ...]
    recurring: tuple[RecurringStop, ...]


def desk_from_tables(region: Region, monday: date) -> Desk:
    """
    The desk as the region folder has it, relative dates counted from that Monday.

    A folder knows no states: a complete letter counts as accepted, an incomplete one as returned for correction.
    """
    requests = tuple(request_from_row(row, monday) for row in region.requests)
    return Desk(region, monday, requests, region.recurring)


def desk_from_store(region: Region, monday: date, requests: Iterable[VisitRequest]) -> Desk:
    """
    The desk of an office that keeps its requests in the store: the folder's letters and all requests that wait.

    A letter that stands in the folder and was filed in the store as well is one request, and the store knows how far
    it has come: the folder's row counts no more, even where the request was served or declined.

    Parameters
    ----------
    region
        From the store's documents of the regency.
    requests
        All of the regency, in whatever state.
    """
    filed = {request.id: request for request in requests}
    letters = {(each.place, each.letter.number) for each in filed.values() if each.letter.number}
    desk = desk_from_tables(region, monday)
    in_folder = tuple(
        each for each in desk.requests if each.id not in filed and (each.place, each.letter.number) not in letters
    )
    waiting = tuple(each for each in filed.values() if each.waits_for_slot)
    return Desk(region, monday, (*in_folder, *waiting), desk.recurring)


def request_from_row(row: RequestRow, monday: date) -> VisitRequest:
    """One letter of the folder as an entity, its dates made calendar days."""
    letter = RequestLetter(
        row.letter_number,
        _day(row.letter_date, monday),
        has_scan=row.has_scan,
        subject=row.subject,
        signatory_position=row.signatory_position,
    )
    return VisitRequest(
        RequestId(row.id),
        row.place,
        row.kind,
        resolve(row.received, monday),
        row.counts,
        letter,
        state=RequestState.ACCEPTED if letter.is_complete else RequestState.NEEDS_CORRECTION,
        weekdays=row.weekdays,
        hours=row.hours,
        outside_working_hours=row.outside_working_hours,
        blocked=tuple(DateRange(resolve(days.first, monday), resolve(days.last, monday)) for days in row.blocked),
        not_after=_day(row.not_after, monday),
        urgency=row.urgency,
        needs_portable_kit=row.needs_portable_kit,
        signal=row.signal,
        notes=tuple(note for note in (row.special_needs, row.access_note, row.power_note, row.note) if note),
    )


def _day(when: When | None, monday: date) -> date | None:
    return None if when is None else resolve(when, monday)

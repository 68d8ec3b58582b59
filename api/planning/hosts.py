"""
When a host may be visited: its letter, its school week, exams and holidays, day by day.

"Outside working hours" (di luar jam) is after dismissal until the evening, or a Saturday without lessons. Hours that a
letter names are taken as they are written: the host knows its own house better than a rule does.
"""

from api.entities import VisitRequest
from api.planning.calendar import CalendarDay, CalendarWeek, OffKind
from api.planning.places import Place
from geodata.calendar import CalendarOverrides, NamedRange
from geodata.sites import SiteKind
from geodata.times import DAY_MIN, TimeRange, Weekday


def request_hours(
    request: VisitRequest, place: Place, week: CalendarWeek, rules: CalendarOverrides
) -> dict[int, tuple[TimeRange, ...]]:
    """
    Hours of the week in which the service that a letter asks for may lie, by day from 0 for Monday.

    Days without any are left out; an empty result means that nothing in this week suits the letter.
    """
    hours: dict[int, tuple[TimeRange, ...]] = {}
    for number, day in enumerate(week.days):
        ranges = _hours_on(request, place, day, week, rules)
        if ranges:
            hours[number] = ranges
    return hours


def clipped(hours: TimeRange, start: int, end: int) -> TimeRange | None:
    """The part of the hours that lies between two minutes of the day; None when nothing is left."""
    first, last = max(hours.start, start), min(hours.end, end)
    return TimeRange(first, last) if first < last else None


def _hours_on(
    request: VisitRequest, place: Place, day: CalendarDay, week: CalendarWeek, rules: CalendarOverrides
) -> tuple[TimeRange, ...]:
    if not _is_asked_for(request, day, week) or _is_closed(place.kind, day, week, rules):
        return ()
    open_hours = (_saturday if day.hours is None else _workday)(request, place, day, rules)
    if open_hours is None:
        return ()
    if not request.hours:
        return (open_hours,)
    if day.hours is None:
        within = (open_hours.start, open_hours.end)
    else:
        within = (day.hours.work.start, max(day.hours.work.end, rules.school.evening_until))
    named = (clipped(each, *within) for each in request.hours)
    return tuple(each for each in named if each is not None)


def _is_asked_for(request: VisitRequest, day: CalendarDay, week: CalendarWeek) -> bool:
    if request.weekdays and day.weekday not in request.weekdays:
        return False
    if request.not_after is not None and day.day > request.not_after:
        return False
    return not any(days.holds(day.day, week.monday) for days in request.blocked)


def _is_closed(kind: SiteKind, day: CalendarDay, week: CalendarWeek, rules: CalendarOverrides) -> bool:
    if day.off is not None and day.off.kind is not OffKind.WEEKEND:
        return True
    blocks = (*rules.exams, *rules.school_holidays)
    return kind.is_school and any(_holds(block, kind, day, week) for block in blocks)


def _holds(block: NamedRange, kind: SiteKind, day: CalendarDay, week: CalendarWeek) -> bool:
    return (not block.levels or kind in block.levels) and block.days.holds(day.day, week.monday)


def _saturday(request: VisitRequest, place: Place, day: CalendarDay, rules: CalendarOverrides) -> TimeRange | None:
    wanted = request.outside_working_hours or Weekday.SAT in request.weekdays
    if not wanted or not day.allows_overtime:
        return None
    # A school with six days of lessons is free from dismissal on, others all day.
    lessons_end = _dismissal(place, day, rules) or 0
    return clipped(rules.school.saturday, lessons_end, DAY_MIN)


def _workday(request: VisitRequest, place: Place, day: CalendarDay, rules: CalendarOverrides) -> TimeRange | None:
    assert day.hours is not None
    work = day.hours.work
    dismissal = _dismissal(place, day, rules)
    if request.outside_working_hours:
        begin, end = (work.end if dismissal is None else dismissal), rules.school.evening_until
    else:
        begin, end = work.start, (work.end if dismissal is None else min(dismissal, work.end))
    return TimeRange(begin, end) if begin < end else None


def _dismissal(place: Place, day: CalendarDay, rules: CalendarOverrides) -> int | None:
    """Minute at which pupils leave; None for hosts without pupils, and on days without lessons."""
    site = place.site
    if site is None or not place.kind.is_school:
        return None
    if day.weekday >= (site.school_days or rules.school.school_days):
        return None
    if day.weekday is Weekday.FRI:
        return site.friday_dismissal or site.dismissal or rules.school.friday_dismissal
    return site.dismissal or rules.school.dismissal

"""Recurring stops (jadwal tetap) that are due in a week -> visits, each by its own policy for holidays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import get_day_names

from api.entities import RecurringStop
from api.i18n import N_
from api.planning.calendar import CalendarWeek, calendar_week
from api.planning.frame import Candidates, Frame, LeftOut, PlannedVisit, card_factors
from api.planning.letters import SCHOOL_TAG, cards_needed, counts_on_card, crew_notes, to_bring
from api.planning.notes import Note
from api.planning.places import Place, find_place
from api.planning.villages import ROUND_TAG, VillageDemand, reach_tags
from api.planning.windows import DayHours, Stay, windows_for
from geodata.requests import HolidayPolicy
from geodata.sites import Signal
from geodata.times import TimeRange, Weekday, resolve
from maps.cards import Origin, VisitCard
from optimizer.demand import Expected, PrizeFactors, waiting_factor, work_min
from optimizer.problem import DAY_MIN, Visit, VisitId

RECURRING_TAG = "recurring"
WEEK_DAYS = 7
MOST_MOVED_WEEKS = 2
"""Longest run of weeks without a working day over which a stop is moved; Lebaran takes one."""


@dataclass(frozen=True, slots=True)
class Due:
    """
    When a recurring stop is due in a week.

    Attributes
    ----------
    days
        On one of which the visit is made; empty when it is not due, or not on a day that is worked.
    moved_from
        Its own day, where a holiday moved it; None where none did.
    note
        Why a stop that was due is not made, or a question for the planner; None otherwise.
    """

    days: tuple[date, ...] = ()
    moved_from: date | None = None
    note: Note | None = None


def due_in(stop: RecurringStop, frame_week: CalendarWeek, weeks_before: Sequence[CalendarWeek]) -> Due:
    """
    When the stop is due in a week, holidays considered.

    Parameters
    ----------
    weeks_before
        The weeks just before, latest first: a stop may have been moved out of them.
    """
    due = stop.due_days(frame_week.monday)
    workable = _workable(frame_week)
    days = tuple(day for day in due if day in workable)
    if days:
        return Due(days)
    if not due:
        return _moved_in(stop, frame_week, weeks_before)
    if stop.holiday_policy is HolidayPolicy.MOVE:
        later = [day.day for day in frame_week.working_days if day.day > max(due)]
        if later:
            return Due((later[0],), moved_from=max(due))
        return Due(note=Note(N_("Due on a day off; moved to the first working day of a later week.")))
    if stop.holiday_policy is HolidayPolicy.ASK:
        return Due(note=Note(N_("Due on a day off; decide whether to skip or to move it.")))
    return Due(note=Note(N_("Due on a day off; skipped by its rule.")))


def _workable(week: CalendarWeek) -> frozenset[date]:
    return frozenset(day.day for day in week.days if day.hours is not None or day.allows_overtime)


def _moved_in(stop: RecurringStop, week: CalendarWeek, weeks_before: Sequence[CalendarWeek]) -> Due:
    if stop.holiday_policy is not HolidayPolicy.MOVE or not week.working_days:
        return Due()
    for before in weeks_before:
        due = stop.due_days(before.monday)
        later = [day.day for day in before.working_days if due and day.day > max(due)]
        if due:
            out = not _workable(before).intersection(due) and not later
            return Due((week.working_days[0].day,), moved_from=max(due)) if out else Due()
        if before.working_days:
            break
    return Due()


def saturdays_due(stops: Sequence[RecurringStop], week: CalendarWeek) -> frozenset[date]:
    """Saturdays off on which a recurring stop can only be made by a Saturday shift."""
    free = {day.day for day in week.days if day.allows_overtime}
    return frozenset(day for stop in stops if set(days := stop.due_days(week.monday)) <= free for day in days)


def recurring_visits(stops: Sequence[RecurringStop], demand: VillageDemand) -> Candidates:
    """The visits of all recurring stops due in the week, and those that a day off keeps from being made."""
    frame = demand.frame
    before = [
        calendar_week(frame.monday - timedelta(days=WEEK_DAYS * back), frame.region.calendar)
        for back in range(1, MOST_MOVED_WEEKS + 1)
    ]
    visits: list[PlannedVisit] = []
    left_out: list[LeftOut] = []
    notes: list[Note] = []
    for stop in stops:
        place = find_place(frame.region, stop.place)
        due = due_in(stop, frame.week, before)
        if due.note is not None:
            left_out.append(LeftOut(stop.id, place.name, due.note))
        made = _visit(stop, due, place, demand)
        if made is None:
            if due.days:
                left_out.append(LeftOut(stop.id, place.name, Note(N_("No van works on the days on which it is due."))))
            continue
        visits.append(made)
        if due.moved_from is not None:
            notes.append(
                Note(
                    N_("{name}: moved from {before}, a day off, to {after}."),
                    {"name": place.name, "before": due.moved_from, "after": due.days[0]},
                )
            )
    return Candidates(tuple(visits), tuple(left_out), tuple(notes))


def _hours(stop: RecurringStop, due: Due, frame: Frame) -> DayHours:
    hours: dict[int, tuple[TimeRange, ...]] = {}
    worked = {shift.earliest // DAY_MIN for shift in frame.shifts}
    for number, day in enumerate(frame.week.days):
        if day.day in due.days and number in worked:
            usual = frame.region.calendar.school.saturday if day.hours is None else day.hours.work
            hours[number] = (stop.hours or usual,)
    return hours


def _visit(stop: RecurringStop, due: Due, place: Place, demand: VillageDemand) -> PlannedVisit | None:
    frame = demand.frame
    hours = _hours(stop, due, frame)
    if not hours:
        return None
    counts = stop.counts
    people = Expected(counts.record_and_print, counts.record_only, counts.child_id_card)
    weak = place.signal is Signal.WEAK
    work = work_min(people, frame.times, weak_signal=weak, printing_kits=frame.printing_kits)
    stay = Stay(place.location.id, frame.times.fixed_min, work)
    shifts = frame.reachable_by(place)
    windows = windows_for(stay, hours, shifts, frame.drive)
    hall = place.village_code if place.site is None else None
    factors = _factors(stop, people, frame)
    visit = Visit(
        VisitId(f"round:{stop.id}"),
        stay.location,
        factors.prize,
        stay.work_min,
        windows.windows,
        setup_min=stay.setup_min,
        finish_by=windows.finish_by,
        demand=cards_needed(people),
        shifts=frame.allowed(shifts, windows.too_slow),
        tags=_tags(place) | (reach_tags(demand, hall) if hall else frozenset()),
        reaches=demand.reaches(hall) if hall else {},
    )
    return PlannedVisit(visit, _card(stop, visit.id, place, factors, frame), place)


def _card(stop: RecurringStop, visit: VisitId, place: Place, factors: PrizeFactors, frame: Frame) -> VisitCard:
    notes = crew_notes(frame, stop.counts, weak_signal=place.signal is Signal.WEAK)
    return VisitCard(
        visit,
        place.name,
        place.card_kind,
        Origin.ROUND,
        place.address,
        int(factors.people),
        village_code=place.village_code,
        counts=counts_on_card(stop.counts),
        rule=_rule(stop, frame),
        bring=to_bring(stop.counts),
        notes=(*notes, *([stop.note] if stop.note else [])),
        factors=card_factors(factors),
    )


def _factors(stop: RecurringStop, people: Expected, frame: Frame) -> PrizeFactors:
    last = None if stop.last_visit is None else resolve(stop.last_visit, frame.monday)
    weeks = stop.every_weeks if last is None else (frame.monday - last).days / WEEK_DAYS
    longest, options = frame.region.planning.longest_wait_weeks, frame.options
    return PrizeFactors(people.people, options.round_urgency, waiting_factor(weeks, longest, options.waiting_most))


def _tags(place: Place) -> frozenset[str]:
    tags = {ROUND_TAG, RECURRING_TAG, f"district:{place.village_code[:6]}"}
    return frozenset(tags | {SCHOOL_TAG} if place.kind.is_school else tags)


def _rule(stop: RecurringStop, frame: Frame) -> str:
    names = get_day_names("wide", locale=frame.locale)
    days = ", ".join(str(names[int(Weekday(day))]) for day in stop.weekdays)
    if stop.every_weeks == 1:
        return Note(N_("Every week: {days}"), {"days": days}).text(frame.gettext, frame.locale)
    rule = Note(N_("Every {weeks} weeks: {days}"), {"weeks": stop.every_weeks, "days": days})
    return rule.text(frame.gettext, frame.locale)

"""Letters of request -> visits with windows, work and a prize; incomplete letters go back with the reason."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from api.entities import RequestState, VisitRequest
from api.i18n import N_
from api.planning.frame import PORTABLE_KIT, Candidates, Frame, LeftOut, PlannedVisit, card_factors
from api.planning.hosts import request_hours
from api.planning.notes import Note
from api.planning.parts import divide
from api.planning.places import Place, find_place
from api.planning.windows import DayHours, Stay, able_shifts, windows_for
from geodata.requests import ServiceCounts
from geodata.sites import Signal
from maps.cards import CountKind, Origin, VisitCard
from maps.words import HOME_VISITS
from optimizer.demand import Expected, PrizeFactors, expected, home_visits_min, waiting_factor, work_min
from optimizer.problem import DAY_MIN, Limit, LimitId, LimitScope, Measure, MeasureKind, Shift, Visit, VisitId

SCHOOL_TAG = "school"
WEEK_DAYS = 7


def letter_visits(requests: Sequence[VisitRequest], frame: Frame) -> Candidates:
    """
    The visits that letters ask for in a week.

    Every person of every request that waits for a slot is in exactly one visit, or the request is left out with the
    reason. Requests that came in after the week, and those in any other state, are not looked at.
    """
    visits: list[PlannedVisit] = []
    left_out: list[LeftOut] = []
    notes: list[Note] = []
    for request in requests:
        place = find_place(frame.region, request.place)
        if request.state is RequestState.NEEDS_CORRECTION:
            left_out.append(LeftOut(request.id, place.name, _missing(request), returned=True))
        elif request.waits_for_slot and request.received < frame.monday + timedelta(days=WEEK_DAYS):
            made = _Letter(request, place, frame).visits()
            visits += made
            if not made:
                left_out.append(LeftOut(request.id, place.name, _no_day(request)))
            notes += _split_notes(place, made)
    return Candidates(tuple(visits), tuple(left_out), tuple(notes))


def _missing(request: VisitRequest) -> Note:
    if not request.letter.number:
        return Note(N_("The letter has no number."))
    if request.letter.written is None:
        return Note(N_("The letter has no date."))
    return Note(N_("The scan of the letter is missing."))


def _no_day(request: VisitRequest) -> Note:
    if request.counts.people == 0:
        return Note(N_("The letter names nobody to be served."))
    return Note(N_("No day on which vans go out suits the days that the letter asks for."))


def _split_notes(place: Place, made: Sequence[PlannedVisit]) -> list[Note]:
    if len(made) < 2:  # noqa: PLR2004 (one visit is no division)
        return []
    counts = ", ".join(str(sum(each.card.counts.get(kind, 0) for kind in _PEOPLE)) for each in made)
    return [
        Note(
            N_("{name}: too many people for one shift, divided into {parts} visits of {counts}."),
            {"name": place.name, "parts": len(made), "counts": counts},
        )
    ]


_PEOPLE = (CountKind.RECORD_AND_PRINT, CountKind.RECORD_ONLY, CountKind.CHILD_ID_CARD)


def counts_on_card(counts: ServiceCounts) -> dict[CountKind, int]:
    """The counts as cards carry them, without services that nobody asked for."""
    amounts = {
        CountKind.RECORD_AND_PRINT: counts.record_and_print,
        CountKind.RECORD_ONLY: counts.record_only,
        CountKind.CHILD_ID_CARD: counts.child_id_card,
        CountKind.OUTSIDE_DOMICILE: counts.outside_domicile,
    }
    return {kind: count for kind, count in amounts.items() if count}


def cards_needed(people: Expected) -> dict[str, int]:
    """Blank cards that serving these people uses, wherever they are printed."""
    needs = {"id_card": people.print_cards, "child_id_card": people.child_cards}
    return {card: count for card, count in needs.items() if count}


def to_bring(counts: ServiceCounts) -> tuple[str, ...]:
    """What those who come have to bring, as English messages that cards translate when they are drawn."""
    lines: list[str] = []
    if counts.recordings:
        lines.append(N_("Copy of the family card (KK)"))
    if counts.outside_domicile:
        lines.append(N_("Those registered in another regency: the family card itself"))
    if counts.child_id_card:
        lines.append(N_("Child card: copies of birth certificate, family card and both parents' id cards"))
        lines.append(N_("Child card from age 5: two colour photographs, 2x3 cm"))
    return tuple(lines)


class _Letter:
    """One letter on its way to visits."""

    def __init__(self, request: VisitRequest, place: Place, frame: Frame) -> None:
        self._request = request
        self._place = place
        self._frame = frame
        self._weak = Signal.WEAK in (request.signal, place.signal)
        self._skills = frozenset({PORTABLE_KIT} if request.needs_portable_kit else ())
        self._shifts = frame.reachable_by(place)

    def visits(self) -> list[PlannedVisit]:
        """Its visits: one, or its parts; none where nothing in the week suits it."""
        hours: DayHours = request_hours(self._request, self._place, self._frame.week, self._frame.region.calendar)
        worked = {shift.earliest // DAY_MIN for shift in self._frame.shifts}
        hours = {day: ranges for day, ranges in hours.items() if day in worked}
        if not hours or not self._request.counts.people:
            return []
        parts = divide(self._request.counts, partial(self._able, hours))
        return [self._visit(hours, counts, part, len(parts)) for part, counts in enumerate(parts, start=1)]

    def _able(self, hours: DayHours, counts: ServiceCounts) -> int:
        return len(able_shifts(self._stay(counts), hours, self._candidates(counts), self._frame.drive))

    def _candidates(self, counts: ServiceCounts) -> list[Shift]:
        """Shifts that have a way there, the skills, and room for the cards."""
        cards = cards_needed(self._expected(counts))
        return [shift for shift in self._shifts if self._skills <= shift.skills and _has_room(shift, cards)]

    def _expected(self, counts: ServiceCounts) -> Expected:
        attendance = self._frame.region.handling.attendance
        return Expected(
            expected(counts.record_and_print, attendance),
            expected(counts.record_only, attendance),
            expected(counts.child_id_card, attendance),
        )

    def _stay(self, counts: ServiceCounts) -> Stay:
        times, people = self._frame.times, self._expected(counts)
        work = work_min(
            people,
            times,
            weak_signal=self._weak,
            printing_kits=self._frame.printing_kits,
        )
        home = home_visits_min(people, times) if self._request.needs_portable_kit else 0
        return Stay(self._place.location.id, times.fixed_min + home, work)

    def _factors(self, people: int) -> PrizeFactors:
        request, planning = self._request, self._frame.region.planning
        urgency = planning.urgency[request.urgency]
        if request.kind.is_priority or request.needs_portable_kit:
            urgency *= planning.priority_factor
        weeks = (self._frame.monday - request.received).days / WEEK_DAYS
        options = self._frame.options
        return PrizeFactors(people, urgency, waiting_factor(weeks, options.letter_wait_weeks, options.waiting_most))

    def _visit(self, hours: DayHours, counts: ServiceCounts, part: int, parts: int) -> PlannedVisit:
        stay, people = self._stay(counts), self._expected(counts)
        factors = self._factors(people.people)
        windows = windows_for(stay, hours, self._candidates(counts), self._frame.drive)
        name = f"request:{self._request.id}"
        visit = Visit(
            VisitId(name if parts == 1 else f"{name}/{part}"),
            stay.location,
            factors.prize,
            stay.work_min,
            windows.windows,
            setup_min=stay.setup_min,
            finish_by=windows.finish_by,
            demand=cards_needed(people),
            skills=self._skills,
            shifts=self._frame.allowed(self._shifts, windows.too_slow),
            tags=self._tags(name),
        )
        limits = (_one_part_a_shift(name),) if parts > 1 and part == 1 else ()
        return PlannedVisit(visit, self._card(visit.id, counts, factors, part, parts), self._place, limits)

    def _tags(self, name: str) -> frozenset[str]:
        tags = {"request", name, f"district:{self._place.village_code[:6]}"}
        return frozenset(tags | {SCHOOL_TAG} if self._place.kind.is_school else tags)

    def _card(self, visit: VisitId, counts: ServiceCounts, factors: PrizeFactors, part: int, parts: int) -> VisitCard:
        request = self._request
        return VisitCard(
            visit,
            self._place.name,
            self._place.card_kind,
            Origin.LETTER,
            self._place.address,
            int(factors.people),
            village_code=self._place.village_code,
            counts=counts_on_card(counts),
            letter_number=request.letter.number,
            letter_date=request.letter.written,
            bring=to_bring(counts),
            notes=(*crew_notes(self._frame, counts, weak_signal=self._weak), *self._home_visits(), *request.notes),
            part=part,
            parts=parts,
            factors=card_factors(factors),
        )

    def _home_visits(self) -> tuple[str, ...]:
        return (HOME_VISITS,) if self._request.needs_portable_kit else ()


def crew_notes(frame: Frame, counts: ServiceCounts, *, weak_signal: bool) -> tuple[str, ...]:
    """What a crew should know before it goes, as English messages that cards translate when they are drawn."""
    lines: list[str] = []
    if weak_signal:
        lines.append(N_("Weak signal: recording takes longer"))
    if counts.record_and_print and not all(unit.can_print for unit in frame.region.fleet.units):
        lines.append(N_("A van without printer: cards are made at the office and handed over later"))
    return tuple(lines)


def _one_part_a_shift(name: str) -> Limit:
    return Limit(LimitId(name), Measure(MeasureKind.VISITS), tag=name, per=LimitScope.SHIFT, max=1)


def _has_room(shift: Shift, cards: dict[str, int]) -> bool:
    return all(count <= shift.capacity.get(card, count) for card, count in cards.items())

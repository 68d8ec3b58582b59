"""The calendar of a quarter's rounds in words: for the terminal by lines, and what its page says beside the stops."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from babel.dates import format_interval
from babel.numbers import format_decimal, format_percent

from api.i18n import N_, Language
from api.planning.calendar import CalendarDay, CalendarWeek, OffKind
from api.planning.hubs import HubStop
from api.planning.notes import Note, backlog_note
from api.planning.rounds_result import DistrictFacts, PlannedRounds
from geodata.times import Weekday
from maps.itinerary import Itinerary
from maps.rounds_page import RoundsSheet, also_line, week_heading
from maps.words import Words

_OFF = {
    OffKind.HOLIDAY: N_("holiday"),
    OffKind.JOINT_LEAVE: N_("joint leave"),
    OffKind.RAMADAN: N_("no outreach in the fasting month"),
    OffKind.WEEKEND: N_("weekend"),
}
_SUMS = 5
"""Figures that say what is done; those after them say what it is worth."""
_UNKNOWN = "\N{EN DASH}"


@dataclass(frozen=True)
class RoundsCalendar:
    """The calendar of a quarter's rounds in one language."""

    planned: PlannedRounds
    language: Language

    @property
    def words(self) -> Words:
        """Dates and numbers in the language."""
        return Words(self.language.gettext, self.language.code)

    def sheet(self) -> RoundsSheet:
        """What the calendar says beside its stops."""
        planned, gettext = self.planned, self.language.gettext
        return RoundsSheet(
            title=self._title(),
            weeks={week.monday: self._remark(week) for week in planned.rounds.weeks},
            days_off={
                day.day: self._why_off(day) for week in planned.rounds.weeks for day in week.days if _is_off(day)
            },
            also={
                stop.card.visit: tuple(village.name for village in planned.villages_at(stop.card.visit)[1:])
                for day in planned.itinerary.itineraries
                for stop in day.stops
            },
            figures=tuple(self._figures()),
            district_heads=(
                gettext("Kecamatan"),
                gettext("Stops"),
                gettext("People left"),
                gettext("Stops per 1,000"),
                gettext("Longest wait, weeks"),
            ),
            districts=tuple(self._district(each) for each in planned.districts),
            lists=tuple((heading, lines) for heading, lines in self._lists() if lines),
        )

    def lines(self) -> Iterator[str]:
        """The whole calendar for a terminal: weeks, days and stops, then what it owes whom."""
        sheet, words = self.sheet(), self.words
        yield f"{self.planned.itinerary.cards.regency} · {sheet.title}"
        for week in self.planned.rounds.weeks:
            yield ""
            yield week_heading(week.monday, sheet, words)
            for day in week.days:
                if day.day in sheet.days_off:
                    yield f"  {words.short_day(day.day)} · {sheet.days_off[day.day]}"
                for itinerary in self.planned.itinerary.itineraries:
                    if itinerary.day == day.day:
                        yield from self._day_lines(itinerary, sheet)
        yield ""
        yield from _table(sheet.district_heads, sheet.districts)
        for heading, lines in sheet.lists:
            yield ""
            yield heading
            yield from (f"  {line}" for line in lines)
        yield ""
        for figures in (sheet.figures[:_SUMS], sheet.figures[_SUMS:]):
            yield " · ".join(f"{name}: {value}" for name, value in figures)

    def _day_lines(self, itinerary: Itinerary, sheet: RoundsSheet) -> Iterator[str]:
        words = self.words
        span = words.span(itinerary.leave, itinerary.back)
        yield f"  {words.short_day(itinerary.day)} · {itinerary.vehicle.name} · {span}"
        for stop in itinerary.stops:
            also = also_line(sheet.also[stop.card.visit], words)
            line = f"    {words.time(stop.start)}-{words.time(stop.finish)}  {stop.card.name}, {stop.card.place}"
            yield f"{line} ({also})" if also else line

    def _title(self) -> str:
        rounds = self.planned.rounds
        days = format_interval(rounds.monday, rounds.last_day, "yMMMMd", locale=self.language.code)
        return self.language.gettext("Rounds of {weeks} weeks, {days}").format(weeks=len(rounds.weeks), days=days)

    def _remark(self, week: CalendarWeek) -> str:
        fasts = any(day.in_ramadan and day.hours is not None for day in week.days)
        return self.language.gettext("hours of the fasting month") if fasts else ""

    def _why_off(self, day: CalendarDay) -> str:
        assert day.off is not None
        gettext = self.language.gettext
        why = day.off.name or gettext(_OFF[day.off.kind])
        if day.off.is_certain:
            return gettext("day off: {why}").format(why=why)
        return gettext("day off: {why} (estimated)").format(why=why)

    def _figures(self) -> Iterator[tuple[str, str]]:
        planned, words, gettext = self.planned, self.words, self.language.gettext
        plan, totals = planned.plan, planned.itinerary.totals
        stops = sum(len(day.stops) for day in planned.itinerary.itineraries)
        villages = f"{len(planned.days_served)}/{len(planned.rounds.region.villages)}"
        yield gettext("Stops"), words.number(stops)
        yield gettext("Villages served"), villages
        yield gettext("People"), f"≈ {words.number(totals.people)}"
        yield gettext("Distance"), words.kilometres(totals.distance_m)
        yield gettext("Of the vans' regular hours"), format_percent(planned.share_of_hours, locale=self.language.code)
        if plan.value is not None:
            yield gettext("Value"), self._points(plan.value)
        if plan.bound is not None:
            yield gettext("Proved bound"), self._points(plan.bound)
        gap = words.gap(planned.itinerary)
        if gap is not None:
            yield gettext("From the best, proved"), gap

    def _points(self, value: float) -> str:
        return str(format_decimal(value, "#,##0.0", locale=self.language.code))

    def _district(self, facts: DistrictFacts) -> tuple[str, ...]:
        words, rate = self.words, facts.stops_per_1000
        return (
            facts.name,
            words.number(facts.stops),
            f"≈ {words.number(facts.people_left)}" if facts.is_estimate else words.number(facts.people_left),
            _UNKNOWN if rate is None else self._points(rate),
            _UNKNOWN if facts.longest_wait_weeks is None else words.number(facts.longest_wait_weeks),
        )

    def _lists(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        planned, gettext = self.planned, self.language.gettext
        yield gettext("Villages never reached"), tuple(self._never_served())
        yield gettext("Villages that wait longer than the longest wait"), tuple(self._late_villages())
        yield gettext("Hub stops left out"), tuple(self._missed_hubs())
        yield gettext("Stops of rules on days off"), tuple(self._days_off())
        yield (
            gettext("Stops of rules left out for want of time"),
            tuple(f"{rule}: {', '.join(weeks)}" for rule, weeks in planned.missed_rules.items()),
        )
        yield gettext("Notes"), tuple(dict.fromkeys(self._notes()))

    def _never_served(self) -> Iterator[str]:
        alike: dict[tuple[str, str], list[str]] = defaultdict(list)
        for village, why in self.planned.never_served:
            alike[village.district, self._text(why)].append(village.name)
        for (district, reason), names in alike.items():
            yield f"{', '.join(names)} ({district}): {reason}"

    def _late_villages(self) -> Iterator[str]:
        longest = self.planned.rounds.region.planning.longest_wait_weeks
        for village in self.planned.rounds.region.villages:
            weeks = self.planned.longest_wait_weeks(village)
            if weeks is not None and weeks > longest:
                text = self.language.gettext("{name}, {district}: {weeks} weeks")
                yield text.format(name=village.name, district=village.district, weeks=weeks)

    def _missed_hubs(self) -> Iterator[str]:
        made = {stop.card.visit for day in self.planned.itinerary.itineraries for stop in day.stops}
        stops: dict[tuple[str, int], tuple[HubStop, bool]] = {}
        for visit, stop in self.planned.rounds.hub_stops.items():
            key = stop.hub.code, stop.number
            stops[key] = stop, visit in made or stops.get(key, (stop, False))[1]
        for stop, is_made in stops.values():
            if not is_made:
                text = self.language.gettext("{name}: stop {number} of {stops}")
                yield text.format(name=stop.hub.villages[0].name, number=stop.number, stops=stop.hub.stops)

    def _days_off(self) -> Iterator[str]:
        rounds, gettext = self.planned.rounds, self.language.gettext
        for each in rounds.left_out:
            yield gettext("{id}, {name}: {reason}").format(id=each.id, name=each.name, reason=self._text(each.reason))
        yield from map(self._text, rounds.moved)

    def _notes(self) -> Iterator[str]:
        rounds = self.planned.rounds
        yield from map(self._text, rounds.notes)
        for week in rounds.weeks:
            days_off = {day.day for day in week.days if day.off is not None}
            # Days off stand in the calendar itself, and so does a whole week of them.
            notes = week.notes if week.working_days else ()
            yield from (self._text(note) for note in notes if note.params.get("day") not in days_off)
        if rounds.region.backlog is not None:
            yield self._text(backlog_note(rounds.region.backlog))
        unknown = sum(not isinstance(village.last_visit, date) for village in rounds.region.villages)
        if unknown:
            yield self._text(
                Note(
                    N_("Villages whose last visit is not known: {count}. Their wait is told from the first stop on."),
                    {"count": unknown},
                )
            )
        if self.planned.keeps_fortnights:
            yield self.language.gettext(
                "Each hub stop keeps to its usual fortnight; what is proved speaks of plans that do so."
            )
        yield self.language.gettext("Blank cards and letters are left to each week's plan.")

    def _text(self, note: Note) -> str:
        return note.text(self.language.gettext, self.language.code)


def _is_off(day: CalendarDay) -> bool:
    """Whether a day that is usually worked is off."""
    return day.off is not None and day.weekday < Weekday.SAT


def _table(heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """Columns as wide as their longest cell, the first to the left and the others to the right."""
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(len(heads))]
    for first, *others in (heads, *rows):
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join((first.ljust(widths[0]), *cells)).rstrip()

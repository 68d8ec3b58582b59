"""
What differs between two plans, of the same problem or of one before and after changes.

Everything is told by the visits: which are made no more, which are new, which went to another day, to another van of
the same day, or to another time. A van that takes over the whole day of another is told once, not visit by visit.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from optimizer.evaluate import Evaluation, TagShare, evaluate_routes
from optimizer.plan import Plan
from optimizer.problem import DAY_MIN, Problem, ShiftId, VisitId
from optimizer.violation import ClockTime, Gettext


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a plan has a visit: its shift and the minute its service starts."""

    shift: ShiftId
    start: int


@dataclass(frozen=True, slots=True)
class Move:
    """A visit that both plans make, each in its place."""

    visit: VisitId
    before: Placement
    after: Placement


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What a plan amounts to in its own problem.

    Attributes
    ----------
    value
        In points; of the routes as they stand.
    gap
        As the plan proves it; None where it proves none.
    won
        Points of prizes and communities, costs not taken off: the people served.
    """

    value: float
    gap: float | None
    visits: int
    won: float
    shifts: int
    distance_m: int
    overtime_min: int


@dataclass(frozen=True, slots=True)
class TagChange:
    """What one tag, such as a district, gets before and after."""

    tag: str
    before: TagShare
    after: TagShare


@dataclass(frozen=True, slots=True)
class Difference:
    """
    The difference of two plans (perbedaan rencana).

    Attributes
    ----------
    withdrawn
        Visits of the first plan that the second problem does not know: declined.
    dropped, added
        Other visits that only the first plan makes, or only the second.
    to_other_day, to_other_van, to_other_time
        Visits that both make: on different days; on one day by different shifts; on one shift at different times.
    taken_over
        Shifts whose remaining visits all went to another shift of the same day that makes nothing else: the first
        plan's shift and the second's. Their visits stand in ``to_other_time`` where their times differ.
    by_tag
        Tags that do not get the same, in alphabetical order; a tag that one visit alone bears says nothing more.
    """

    before: Figures
    after: Figures
    withdrawn: tuple[VisitId, ...]
    dropped: tuple[VisitId, ...]
    added: tuple[VisitId, ...]
    to_other_day: tuple[Move, ...]
    to_other_van: tuple[Move, ...]
    to_other_time: tuple[Move, ...]
    taken_over: tuple[tuple[ShiftId, ShiftId], ...]
    by_tag: tuple[TagChange, ...]

    @property
    def is_none(self) -> bool:
        """Whether both plans make the same visits at the same times by the same shifts."""
        moved = self.to_other_day or self.to_other_van or self.to_other_time or self.taken_over
        return not (self.withdrawn or self.dropped or self.added or moved)


def compare(problem: Problem, plan: Plan, other_problem: Problem, other_plan: Plan) -> Difference:
    """
    What is different in the other plan.

    Parameters
    ----------
    problem, other_problem
        The problem of each plan; where both plans are of one problem, the same.
    """
    before, after = _placements(plan), _placements(other_plan)
    taken_over = _taken_over(problem, before, other_problem, after)
    shared = [Move(visit, place, after[visit]) for visit, place in before.items() if visit in after]
    moved = [move for move in shared if move.before != move.after]
    day = {shift.id: shift.earliest // DAY_MIN for each in (problem, other_problem) for shift in each.shifts}
    to_other_day = [move for move in moved if day[move.before.shift] != day[move.after.shift]]
    same_day = [move for move in moved if day[move.before.shift] == day[move.after.shift]]
    alike = [m for m in same_day if m.before.shift == m.after.shift or taken_over.get(m.before.shift) == m.after.shift]
    judged, other_judged = evaluate_routes(problem, plan.routes), evaluate_routes(other_problem, other_plan.routes)
    return Difference(
        before=_figures(judged, plan),
        after=_figures(other_judged, other_plan),
        withdrawn=tuple(visit for visit in before if visit not in other_problem.visit_by_id),
        dropped=tuple(visit for visit in before if visit not in after and visit in other_problem.visit_by_id),
        added=tuple(visit for visit in after if visit not in before),
        to_other_day=tuple(to_other_day),
        to_other_van=tuple(move for move in same_day if move not in alike),
        to_other_time=tuple(move for move in alike if move.before.start != move.after.start),
        taken_over=tuple(taken_over.items()),
        by_tag=tuple(
            change
            for change in _tag_changes(judged.by_tag, other_judged.by_tag)
            if max(_bearers(problem)[change.tag], _bearers(other_problem)[change.tag]) > 1
        ),
    )


def difference_object(difference: Difference) -> dict[str, object]:
    """The difference as an object of plain JSON values, named as the attributes are."""
    return asdict(difference)


def difference_lines(difference: Difference, gettext: Gettext) -> list[str]:
    """The difference as lines for people: first what amounts, then every visit concerned, then tags."""
    lines = [*_figure_lines(difference, gettext)]
    if difference.is_none:
        lines.append(gettext("No visit changes."))
    for visits, text in (
        (difference.withdrawn, gettext("Declined, no longer planned: {visit}")),
        (difference.dropped, gettext("No longer made: {visit}")),
    ):
        lines += [text.format(visit=visit) for visit in visits]
    lines += [gettext("Now made: {visit}").format(visit=visit) for visit in difference.added]
    for shift, other in difference.taken_over:
        lines.append(gettext("Shift {other} takes over the day of {shift}").format(shift=shift, other=other))
    for move in (*difference.to_other_day, *difference.to_other_van, *difference.to_other_time):
        lines.append(_move_line(move, gettext))
    for each in difference.by_tag:
        text = gettext("Tag {tag}: visits {before} -> {after}, points {won_before:.1f} -> {won_after:.1f}")
        facts = {"won_before": each.before.prizes, "won_after": each.after.prizes}
        lines.append(text.format(tag=each.tag, before=each.before.visits, after=each.after.visits, **facts))
    return lines


def _placements(plan: Plan) -> dict[VisitId, Placement]:
    return {stop.visit: Placement(route.shift, stop.start) for route in plan.routes for stop in route.stops}


def _taken_over(
    problem: Problem, before: Mapping[VisitId, Placement], other_problem: Problem, after: Mapping[VisitId, Placement]
) -> dict[ShiftId, ShiftId]:
    held, other_held = _by_shift(before), _by_shift(after)
    found: dict[ShiftId, ShiftId] = {}
    for shift, visits in held.items():
        takers = {after[visit].shift for visit in visits if visit in after}
        if len(takers) != 1 or takers == {shift}:
            continue
        (taker,) = takers
        same_day = (
            problem.shift_by_id[shift].earliest // DAY_MIN == other_problem.shift_by_id[taker].earliest // DAY_MIN
        )
        if same_day and other_held[taker] <= visits:
            found[shift] = taker
    return found


def _by_shift(placements: Mapping[VisitId, Placement]) -> dict[ShiftId, set[VisitId]]:
    held: dict[ShiftId, set[VisitId]] = {}
    for visit, place in placements.items():
        held.setdefault(place.shift, set()).add(visit)
    return held


def _figures(judged: Evaluation, plan: Plan) -> Figures:
    return Figures(
        value=judged.value,
        gap=plan.gap,
        visits=len(judged.visits_made),
        won=round(judged.worth.prizes + judged.worth.community_prizes, 3),
        shifts=len(judged.by_shift),
        distance_m=judged.total.distance_m,
        overtime_min=judged.total.overtime_min,
    )


def _tag_changes(before: Mapping[str, TagShare], after: Mapping[str, TagShare]) -> Iterator[TagChange]:
    nothing = TagShare(0, 0, 0.0)
    for tag in sorted({*before, *after}):
        shares = before.get(tag, nothing), after.get(tag, nothing)
        if shares[0] != shares[1]:
            yield TagChange(tag, *shares)


def _bearers(problem: Problem) -> Counter[str]:
    return Counter(tag for visit in problem.visits for tag in visit.tags)


def _figure_lines(difference: Difference, gettext: Gettext) -> Iterator[str]:
    before, after = difference.before, difference.after
    more = after.value - before.value
    yield gettext(
        "Value {before:.1f} -> {after:.1f} ({more:+.1f}), points won {won_before:.1f} -> {won_after:.1f}"
    ).format(before=before.value, after=after.value, more=more, won_before=before.won, won_after=after.won)
    yield gettext(
        "Visits made {before} -> {after}, van-days {shifts_before} -> {shifts_after}, "
        "{km_before:.1f} -> {km_after:.1f} km, "
        "overtime {overtime_before} -> {overtime_after} min"
    ).format(
        before=before.visits,
        after=after.visits,
        shifts_before=before.shifts,
        shifts_after=after.shifts,
        km_before=before.distance_m / 1000,
        km_after=after.distance_m / 1000,
        overtime_before=before.overtime_min,
        overtime_after=after.overtime_min,
    )


def _move_line(move: Move, gettext: Gettext) -> str:
    start, other_start = (ClockTime(place.start).text(gettext) for place in (move.before, move.after))
    if move.before.shift == move.after.shift:
        return gettext("Other time: {visit}, {before} -> {after}").format(
            visit=move.visit, before=start, after=other_start
        )
    return gettext("Moved: {visit}, {before} by {shift} -> {after} by {other}").format(
        visit=move.visit, before=start, after=other_start, shift=move.before.shift, other=move.after.shift
    )

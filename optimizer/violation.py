"""Broken rules: a code for each, and the sentence that names the thing, the value and what would be right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from optimizer.errors import one_line
from optimizer.problem import DAY_MIN, clock

Gettext = Callable[[str], str]
"""Message in English -> message in the reader's language."""

N_: Gettext = str
"""Marks a message for the catalogues; it is translated when it is shown."""

_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


class Rule(StrEnum):
    """Which rule is broken. The first group is about routes, the second about a plan document, the last is soft."""

    UNKNOWN_SHIFT = "unknown-shift"
    SHIFT_TWICE = "shift-twice"
    EMPTY_ROUTE = "empty-route"
    UNKNOWN_VISIT = "unknown-visit"
    VISIT_TWICE = "visit-twice"
    GROUP_TWICE = "group-twice"
    REQUIRED_MISSING = "required-missing"
    FIXED_SHIFT = "fixed-shift"
    FIXED_START = "fixed-start"
    LEAVE_EARLY = "leave-early"
    LEAVE_IN_PAUSE = "leave-in-pause"
    ARRIVE_WRONG = "arrive-wrong"
    START_BEFORE_ARRIVAL = "start-before-arrival"
    START_IN_PAUSE = "start-in-pause"
    OUTSIDE_WINDOWS = "outside-windows"
    FINISH_WRONG = "finish-wrong"
    FINISH_LATE = "finish-late"
    BACK_WRONG = "back-wrong"
    BACK_LATE = "back-late"
    DISTANCE_WRONG = "distance-wrong"
    TOO_MANY_STOPS = "too-many-stops"
    CAPACITY_EXCEEDED = "capacity-exceeded"
    SKILL_MISSING = "skill-missing"
    SHIFT_NOT_ALLOWED = "shift-not-allowed"
    LIMIT_EXCEEDED = "limit-exceeded"
    LIMIT_UNMET = "limit-unmet"

    OTHER_INSTANCE = "other-instance"
    OTHER_INSTANCE_BYTES = "other-instance-bytes"
    SECONDS_NEGATIVE = "seconds-negative"
    VALUE_MISSING = "value-missing"
    VALUE_WRONG = "value-wrong"
    BOUND_BELOW_VALUE = "bound-below-value"
    GAP_WRONG = "gap-wrong"
    NOT_OPTIMAL = "not-optimal"
    PLAN_WITHOUT_SUCCESS = "plan-without-success"
    CONFLICT_MISSING = "conflict-missing"
    CONFLICT_UNCALLED = "conflict-uncalled"
    CONFLICT_UNKNOWN = "conflict-unknown"
    UNSERVED_UNKNOWN = "unserved-unknown"
    UNSERVED_TWICE = "unserved-twice"
    UNSERVED_BUT_MADE = "unserved-but-made"
    UNSERVED_MISSING = "unserved-missing"
    DISPLACED_BY_ABSENT = "displaced-by-absent"

    OVERTIME_USED = "overtime-used"
    COSTED_WINDOW_USED = "costed-window-used"
    SHORTFALL = "shortfall"


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A minute of the axis that messages show as weekday and time, ``Mon 07:30``, later weeks as ``w2 Mon 07:30``."""

    minute: int

    def text(self, gettext: Gettext) -> str:
        """The time in the reader's language."""
        return clock(self.minute, [gettext(day) for day in _WEEKDAYS])


def day_name(day: int, gettext: Gettext) -> str:
    """A day of the axis, counted from 0, as messages show it: ``Mon``, in later weeks ``w2 Mon``."""
    return ClockTime(day * DAY_MIN).text(gettext).rpartition(" ")[0]


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals of minutes, both ends included, that messages show as pairs of times."""

    spans: tuple[tuple[int, int], ...]

    def text(self, gettext: Gettext) -> str:
        """The intervals in the reader's language."""
        return ", ".join(
            f"{ClockTime(first).text(gettext)} - {ClockTime(last).text(gettext)}" for first, last in self.spans
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What a limit sums over: nothing for the plan, a shift or a vehicle, or a vehicle and the week's number."""

    names: tuple[str, ...]

    def text(self, gettext: Gettext) -> str:
        """The scope in the reader's language."""
        match self.names:
            case (name,):
                return f"'{name}'"
            case (vehicle, week):
                return gettext("'{vehicle}' in week {week}").format(vehicle=vehicle, week=week)
            case _:
                return gettext("the whole plan")


Fact = str | int | float | ClockTime | Intervals | Scope
"""What a sentence can name."""


@dataclass(frozen=True, slots=True)
class Violation:
    """
    A rule that a plan breaks (pelanggaran aturan).

    Attributes
    ----------
    rule
        Which one.
    subjects
        Identifiers of the shift, visit, limit or community concerned, the chief one first.
    facts
        What the sentence of the rule names.
    """

    rule: Rule
    subjects: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the facts read-only."""
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))

    def text(self, gettext: Gettext) -> str:
        """One sentence in the reader's language: the thing, its value and what would be right."""
        shown = {name: _shown(fact, gettext) for name, fact in self.facts.items()}
        return one_line(gettext(_SENTENCES[self.rule]).format(**shown))


def broken(rule: Rule, *subjects: str, **facts: Fact) -> Violation:
    """Make a violation of a rule."""
    return Violation(rule, subjects, facts)


def _shown(fact: Fact, gettext: Gettext) -> object:
    return fact if isinstance(fact, (str, int, float)) else fact.text(gettext)


_SENTENCES: Mapping[Rule, str] = {
    Rule.UNKNOWN_SHIFT: N_(
        "Shift '{shift}' has a route but is not in the instance; a route must name one of its shifts."
    ),
    Rule.SHIFT_TWICE: N_("Shift '{shift}' has {count} routes; it must have at most one."),
    Rule.EMPTY_ROUTE: N_("Shift '{shift}' has a route without stops; a route must have at least one."),
    Rule.UNKNOWN_VISIT: N_(
        "Shift '{shift}' stops at '{visit}', which is not in the instance; it must be a visit of it."
    ),
    Rule.VISIT_TWICE: N_("Visit '{visit}' is made {count} times; it must be made at most once."),
    Rule.GROUP_TWICE: N_("Group '{group}' is served by {visits}; it must be served by one visit at most."),
    Rule.REQUIRED_MISSING: N_("Visit '{visit}' is required and not made; every plan must hold it."),
    Rule.FIXED_SHIFT: N_("Visit '{visit}' is on shift '{shift}'; it is pinned to shift '{right}'."),
    Rule.FIXED_START: N_("Visit '{visit}' starts at {start}; it is pinned to {right}."),
    Rule.LEAVE_EARLY: N_("Shift '{shift}' leaves at {leave}; it must not leave before {right}."),
    Rule.LEAVE_IN_PAUSE: N_(
        "Shift '{shift}' leaves at {leave}, in the pause from {pause} to {right}; it must leave outside it."
    ),
    Rule.ARRIVE_WRONG: N_("Shift '{shift}' arrives at '{visit}' at {arrive}; by the travel times it must be {right}."),
    Rule.START_BEFORE_ARRIVAL: N_("Visit '{visit}' starts at {start}; the van is not there before {right}."),
    Rule.START_IN_PAUSE: N_(
        "Visit '{visit}' starts at {start}, in the pause from {pause} to {right}; it must start outside it."
    ),
    Rule.OUTSIDE_WINDOWS: N_("Visit '{visit}' starts at {start}; it must start within {right}."),
    Rule.FINISH_WRONG: N_("Visit '{visit}' finishes at {finish}; by its duration and the pauses it must be {right}."),
    Rule.FINISH_LATE: N_("Visit '{visit}' finishes at {finish}; it must have finished by {right}."),
    Rule.BACK_WRONG: N_("Shift '{shift}' is back at {back}; by the travel times it must be {right}."),
    Rule.BACK_LATE: N_("Shift '{shift}' is back at {back}; it must be back by {right}, overtime included."),
    Rule.DISTANCE_WRONG: N_("Shift '{shift}' states {distance_m} m; its legs add up to {right} m."),
    Rule.TOO_MANY_STOPS: N_("Shift '{shift}' makes {count} stops; it must make at most {right}."),
    Rule.CAPACITY_EXCEEDED: N_("Shift '{shift}' uses {amount} of '{resource}'; it must use at most {right}."),
    Rule.SKILL_MISSING: N_("Visit '{visit}' is on shift '{shift}', which lacks {skills}; its shift must have it."),
    Rule.SHIFT_NOT_ALLOWED: N_("Visit '{visit}' is on shift '{shift}'; it must be on one of: {right}."),
    Rule.LIMIT_EXCEEDED: N_("Limit '{limit}' counts {amount} over {scope}; it must be at most {right}."),
    Rule.LIMIT_UNMET: N_("Limit '{limit}' counts {amount}; it must be at least {right}."),
    Rule.OTHER_INSTANCE: N_("The plan is of instance '{instance}'; this instance is '{right}'."),
    Rule.OTHER_INSTANCE_BYTES: N_("The plan is of an instance with SHA-256 '{sha256}'; this instance has '{right}'."),
    Rule.SECONDS_NEGATIVE: N_("The plan took {seconds} seconds; it must be at least 0."),
    Rule.VALUE_MISSING: N_("The plan is '{status}' but states no value; it must be {right}."),
    Rule.VALUE_WRONG: N_("The plan states value {value}; its routes are worth {right}."),
    Rule.BOUND_BELOW_VALUE: N_("The plan states bound {bound}; it must not be below its value {right}."),
    Rule.GAP_WRONG: N_("The plan states gap {gap}; by its value and bound it must be {right}."),
    Rule.NOT_OPTIMAL: N_(
        "The plan is called optimal with value {value} and bound {bound}; it must be within a ten-thousandth of bound."
    ),
    Rule.PLAN_WITHOUT_SUCCESS: N_(
        "The plan is '{status}' but has {count} routes and value {value}; it must have neither."
    ),
    Rule.CONFLICT_MISSING: N_("The plan is called infeasible without a conflict; it must name what cannot all hold."),
    Rule.CONFLICT_UNCALLED: N_("The plan is '{status}' with a conflict of {ids}; only an infeasible one must have it."),
    Rule.CONFLICT_UNKNOWN: N_("The conflict names '{id}'; it must be a visit, shift or limit of the instance."),
    Rule.UNSERVED_UNKNOWN: N_("Unserved visit '{visit}' is not in the instance; it must be a visit of it."),
    Rule.UNSERVED_TWICE: N_("Visit '{visit}' is listed as unserved {count} times; it must be listed once."),
    Rule.UNSERVED_BUT_MADE: N_("Visit '{visit}' is listed as unserved but a route makes it; it must be one of both."),
    Rule.UNSERVED_MISSING: N_("Visit '{visit}' is neither made nor listed as unserved; it must be one of both."),
    Rule.DISPLACED_BY_ABSENT: N_(
        "Visit '{visit}' is said to be displaced by '{by}'; that must be a visit that the plan makes."
    ),
    Rule.OVERTIME_USED: N_("Shift '{shift}' is back at {back}, {minutes} minutes after its end at {right}."),
    Rule.COSTED_WINDOW_USED: N_("Visit '{visit}' starts at {start}, in a window that costs {cost} points."),
    Rule.SHORTFALL: N_("Limit '{limit}' counts {amount}, {missing} short of {right}."),
}

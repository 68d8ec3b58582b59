"""
What is told of a visit left out, and of one more van-day, hour, kit or card: values with their sentences.

Three words are kept apart. *Proved*: no plan does better. *Best found*: a plan that exists and was judged; a better one
may exist. *Estimated*: by the duals of the linear program, which promise nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.change_document import write_changes
from optimizer.changes import Changes
from optimizer.plan import Plan, Reason, Route
from optimizer.problem import VisitId
from optimizer.violation import Gettext

EXACT = 1e-4
"""Points within which a proved and a found loss are called the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    The best plan found that holds a visit left out; it keeps all rules.

    Attributes
    ----------
    loss
        Points that it is worth less than the plan at hand; below 0 it is worth more.
    out
        Visits of the plan at hand that go.
    """

    routes: tuple[Route, ...]
    loss: float
    out: tuple[VisitId, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """
    A change that lets a visit be served, confirmed by a plan that keeps all rules of the changed problem.

    Attributes
    ----------
    changes
        As `moling replan` takes them; the visit is required in them.
    routes
        The plan: one shift solved anew with the visit in it, the rest as it was.
    gain
        Points by which it is worth more than the plan at hand; below 0 where serving costs more than it brings.
    out
        Visits of the plan at hand that go.
    """

    changes: Changes
    routes: tuple[Route, ...]
    gain: float
    out: tuple[VisitId, ...]

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        told = " ".join(change.text(gettext) for change in self.changes.changes[:-1])
        if self.out:
            text = gettext("Remedy, confirmed: {change} It would go in place of {out} ({gain:+.1f} points).")
        else:
            text = gettext("Remedy, confirmed: {change} Nothing else has to go ({gain:+.1f} points).")
        return text.format(change=told, out=", ".join(self.out), gain=self.gain)


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    Why a visit is left out, and what would serve it.

    Attributes
    ----------
    worth
        Points that it would add to the plan if it cost nothing: its prize, communities and minima counted.
    barrier
        For `Reason.IMPOSSIBLE`: the rule on each day, in one sentence.
    proved_loss
        Every plan that holds the visit is worth at least so much less than the plan at hand, proved; None where
        nothing above 0 is proved.
    found
        None where no plan with the visit was found.
    remedies
        The cheapest first.
    """

    visit: VisitId
    worth: float
    reason: Reason
    barrier: str = ""
    proved_loss: float | None = None
    found: Found | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether no plan with the visit loses less than the one found."""
        return self.found is not None and self.proved_loss is not None and self.found.loss - self.proved_loss <= EXACT

    def reason_text(self, gettext: Gettext) -> str:
        """The reason in one or two sentences: what is proved, then what was only the best found."""
        if self.reason is Reason.IMPOSSIBLE:
            return self.barrier
        return f"{self._proved_text(gettext)} {self._found_text(gettext)}"

    def text(self, gettext: Gettext) -> str:
        """The reason, and the cheapest remedy."""
        if not self.remedies:
            return self.reason_text(gettext)
        return f"{self.reason_text(gettext)} {self.remedies[0].text(gettext)}"

    def _proved_text(self, gettext: Gettext) -> str:
        if self.reason is Reason.UNDECIDED:
            return gettext("Not settled: a better plan with it may exist.")
        if self.proved_loss is None:
            return gettext("Proved: no plan that holds it is worth more than this one.")
        return gettext("Proved: a plan that holds it is worth at least {loss:.1f} points less.").format(
            loss=self.proved_loss
        )

    def _found_text(self, gettext: Gettext) -> str:
        if self.found is None:
            return gettext("No plan that holds it was found in the time.")
        loss, out = self.found.loss, ", ".join(self.found.out)
        if loss < 0:
            text = gettext("A better plan with it was found, by {gain:.1f} points: solve again.")
        elif self.is_exact:
            text = gettext("No plan with it loses less than {loss:.1f} points.")
        elif out:
            text = gettext("Best found: {out} would go, a loss of {loss:.1f} points.")
        else:
            text = gettext("Best found: nothing has to go, but it costs {loss:.1f} points more than it brings.")
        return text.format(out=out, loss=loss, gain=-loss)


@dataclass(frozen=True, slots=True)
class OneMore:
    """
    What one more van-day, hour, kit or hundred of a resource is worth.

    Attributes
    ----------
    estimate
        Points, estimated by duals.
    gain, visits
        Points and visits more of the best plan found, a remedy's or a re-solve's; None where there is none.
    """

    changes: Changes
    estimate: float
    gain: float | None = None
    visits: int | None = None

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        told = " ".join(change.text(gettext) for change in self.changes.changes)
        if self.gain is None or self.visits is None:
            text = gettext("{change} Estimated by duals, not solved again: about {estimate:.1f} points more.")
            return text.format(change=told, estimate=self.estimate)
        text = gettext("{change} Best found: {gain:+.1f} points, visits {visits:+d}.")
        return text.format(change=told, gain=self.gain, visits=self.visits)


@dataclass(frozen=True, slots=True)
class Explained:
    """
    Everything told of a plan.

    Attributes
    ----------
    plan
        The plan with the reason, text, ``by`` and cheapest remedy of each visit left out filled in.
    explanations
        The dearest visit first.
    one_more
        The most valuable first.
    """

    plan: Plan
    explanations: tuple[Explanation, ...]
    one_more: tuple[OneMore, ...]


def changes_object(changes: Changes) -> dict[str, Any]:
    """A change document as plain values."""
    document: dict[str, Any] = json.loads(write_changes(changes))
    return document


def explanation_object(each: Explanation, gettext: Gettext) -> dict[str, Any]:
    """An explanation as programs read it."""
    return {
        "visit": each.visit,
        "worth": each.worth,
        "reason": each.reason.value,
        "text": each.text(gettext),
        "proved_loss": None if each.proved_loss is None else round(each.proved_loss, 3),
        "found": None if each.found is None else {"loss": round(each.found.loss, 3), "by": list(each.found.out)},
        "exact": each.is_exact,
        "remedies": [
            {
                "text": remedy.text(gettext),
                "gain": round(remedy.gain, 3),
                "out": list(remedy.out),
                "changes": changes_object(remedy.changes),
            }
            for remedy in each.remedies
        ],
    }


def one_more_objects(found: Sequence[OneMore], gettext: Gettext) -> list[dict[str, Any]]:
    """What one more is worth as programs read it."""
    return [
        {
            "text": each.text(gettext),
            "estimate": round(each.estimate, 3),
            "gain": None if each.gain is None else round(each.gain, 3),
            "visits": each.visits,
            "changes": changes_object(each.changes),
        }
        for each in found
    ]

"""States of requests, plans and visits in words, with a sign and a tone, as pages show them."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from api.i18n import N_, Language

StateWords = Mapping[str, Mapping[str, tuple[str, str, str]]]
"""By kind and state: the word, the name of the sign, and the tone (quiet, accent, good, warn or bad)."""

_STATES: Final[StateWords] = {
    "request": {
        "draft": (N_("Draft"), "pencil", "quiet"),
        "submitted": (N_("Submitted"), "send", "accent"),
        "needs_correction": (N_("Needs correction"), "back", "warn"),
        "accepted": (N_("Accepted"), "check", "accent"),
        "slot_offered": (N_("Slot offered"), "clock", "accent"),
        "confirmed": (N_("Confirmed"), "double-check", "good"),
        "slot_declined": (N_("Slot declined"), "swap", "warn"),
        "scheduled": (N_("Scheduled"), "calendar", "good"),
        "done": (N_("Done"), "check", "good"),
        "partly_done": (N_("Partly done"), "half", "warn"),
        "not_done": (N_("Not carried out"), "cross", "bad"),
        "declined": (N_("Declined"), "cross", "bad"),
        "cancelled": (N_("Cancelled"), "minus", "quiet"),
    },
    "plan": {
        "draft": (N_("Draft"), "pencil", "quiet"),
        "submitted": (N_("Submitted"), "send", "accent"),
        "returned": (N_("Returned"), "back", "warn"),
        "approved": (N_("Approved"), "check", "good"),
        "published": (N_("Published"), "globe", "good"),
        "superseded": (N_("Superseded"), "swap", "quiet"),
        "archived": (N_("Archived"), "archive", "quiet"),
    },
    "visit": {
        "waiting": (N_("Not yet"), "clock", "quiet"),
        "on_the_way": (N_("On the way"), "van", "accent"),
        "arrived": (N_("Arrived"), "pin", "accent"),
        "serving": (N_("Serving"), "person", "accent"),
        "done": (N_("Done"), "check", "good"),
        "skipped": (N_("Skipped"), "cross", "bad"),
        "moved": (N_("MOVED"), "swap", "warn"),
        "cancelled": (N_("CANCELLED"), "cross", "bad"),
    },
}


@lru_cache(maxsize=8)
def state_words(lang: Language) -> StateWords:
    """All states in that language."""
    return {
        kind: {state: (lang.gettext(word), sign, tone) for state, (word, sign, tone) in states.items()}
        for kind, states in _STATES.items()
    }

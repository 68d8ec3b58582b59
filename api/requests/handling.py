"""What staff decides about a request: accept, return, decline; each can be taken back for ten minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.auth.caller import Caller
from api.entities import RequestId, RequestState
from api.i18n import N_
from api.office import Office
from api.requests.answers import Answers, Typed
from api.requests.hosting import MOST_REASON
from api.store.contacts import limit_contact
from api.store.requests import get_request, request_steps, step_request
from api.store.scope import Writing


class Act(StrEnum):
    """A decision; its value stands in the address."""

    ACCEPT = "terima"
    RETURN = "kembalikan"
    DECLINE = "tolak"

    @property
    def field(self) -> str:
        """Name of the field of its reason."""
        return f"reason_{self.name.lower()}"


STATES: Final[Mapping[Act, RequestState]] = {
    Act.ACCEPT: RequestState.ACCEPTED,
    Act.RETURN: RequestState.NEEDS_CORRECTION,
    Act.DECLINE: RequestState.DECLINED,
}
DONE: Final[Mapping[Act, str]] = {
    Act.ACCEPT: N_("{code} of {host} is accepted."),
    Act.RETURN: N_("{code} goes back to {host}."),
    Act.DECLINE: N_("{code} of {host} is declined."),
}


@dataclass(frozen=True, slots=True)
class Decided:
    """
    What became of a decision.

    Attributes
    ----------
    step
        Number of the step, by which it can be taken back; 0 where it was decided so before.
    """

    answers: Answers
    step: int = 0


def decide(office: Office, caller: Caller, request: RequestId, act: Act, typed: Typed) -> Decided:
    """
    Take a decision, unless its reason is missing or wrong.

    Raises
    ------
    MissingError
        When the regency has none of that code.
    TransitionError
        When the request is past it.
    """
    assert caller.regency is not None
    at, today = office.now(), office.today(caller.regency)
    answers = Answers(typed)
    is_complete = office.read(caller.regency, lambda scope: get_request(scope, request)).is_complete
    needs_reason = act is not Act.ACCEPT or not is_complete
    reason = answers.text(act.field, MOST_REASON, is_long=True)
    if needs_reason and not reason and not answers.faults:
        answers.refuse(
            act.field,
            N_("Write why an incomplete letter is accepted; it is kept with the request.")
            if act is Act.ACCEPT
            else N_("Write why; the host reads it."),
        )
    if answers.faults:
        return Decided(answers)

    def change(scope: Writing) -> int:
        if get_request(scope, request).state is STATES[act]:
            return 0
        step_request(scope, request, STATES[act], by=caller.by, at=at, reason=reason)
        if act is Act.DECLINE:
            limit_contact(scope, request, today, by=caller.by, at=at)
        return len(request_steps(scope, request))

    return Decided(answers, office.write(caller.regency, change))

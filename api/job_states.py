"""What is asked of a background job and what is known of it, whoever keeps it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from api.entities import PlanId, UserId
from api.i18n import N_, Gettext
from api.store.scope import RegencyCode

_DETAIL: Final = re.compile(r"[A-Za-z0-9:/._-]{1,80}")
_MOST_DETAILS: Final = 20


class JobState(StrEnum):
    """How far a job has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Trouble(StrEnum):
    """Why a job gave no plan."""

    NO_REGENCY = "no_regency"
    UNFIT_WEEK = "unfit_week"
    INFEASIBLE = "infeasible"
    NOTHING_FOUND = "nothing_found"
    OUT_OF_MEMORY = "out_of_memory"
    SOLVER_BROKE = "solver_broke"
    STORE = "store"
    DISK = "disk"
    WORKERS_DIED = "workers_died"
    FAULT = "fault"


_SENTENCES: Final[Mapping[Trouble, str]] = MappingProxyType(
    {
        Trouble.NO_REGENCY: N_("The store does not know the regency."),
        Trouble.UNFIT_WEEK: N_("The week cannot be made from the regency's data; check the region and its requests."),
        Trouble.INFEASIBLE: N_("What has to be in this week does not fit together."),
        Trouble.NOTHING_FOUND: N_("No plan was found in the time given; give more."),
        Trouble.OUT_OF_MEMORY: N_("The solver's memory ran out before it had a plan."),
        Trouble.SOLVER_BROKE: N_("The solver broke off before it had a plan."),
        Trouble.STORE: N_("The store could not take the plan; try again."),
        Trouble.DISK: N_("The worker could not use its folder for regions; look at its disk and settings."),
        Trouble.WORKERS_DIED: N_("The job was given up: each worker that began it died."),
        Trouble.FAULT: N_("A fault of the program ended the job; the worker's log says where."),
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """
    Why a job gave no plan.

    Attributes
    ----------
    details
        Codes of what it is about: visits, places. Anything that is no code is left out, since it could be a name.
    """

    trouble: Trouble
    details: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep codes only, and not more than a line shows."""
        codes = [each for each in self.details if _DETAIL.fullmatch(each)]
        object.__setattr__(self, "details", tuple(codes[:_MOST_DETAILS]))

    def text(self, gettext: Gettext) -> str:
        """What to tell, in the reader's language."""
        told = gettext(_SENTENCES[self.trouble])
        return f"{told} ({', '.join(self.details)})" if self.details else told


@dataclass(frozen=True, slots=True)
class Job:
    """
    A solve that was asked for.

    Attributes
    ----------
    week
        Its Monday.
    plan
        The version that it made; None before it is done.
    failure
        None unless it failed.
    """

    id: str
    regency: RegencyCode
    week: date
    by: UserId
    time_limit_s: float
    asked: datetime
    state: JobState
    plan: PlanId | None = None
    failure: Failure | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True)
class Asked:
    """
    The answer to who asks for a solve.

    Attributes
    ----------
    is_new
        False where the week was being solved already: then ``job`` is that one, with the wishes of who asked first.
    """

    job: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class JobProgress:
    """
    How far the solve of a job has come.

    Attributes
    ----------
    value, bound, gap
        Of the best plan so far, in points; what is proved of it. None where there is none yet.
    served
        Visits in it.
    seconds, seconds_left
        Since the search began, and until it ends at the latest.
    """

    value: float | None
    bound: float | None
    gap: float | None
    served: int
    seconds: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class SolveOrder:
    """
    What a worker is to do.

    Attributes
    ----------
    plan
        Code that the version will bear.
    """

    job: str
    regency: RegencyCode
    week: date
    plan: PlanId
    by: UserId
    time_limit_s: float
    language: str
    reason: str = ""

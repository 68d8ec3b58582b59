"""
People still to be recorded, estimated for villages whose population is known but not how many of them are left.

The share of the people who are left is that of the regency's villages which have both numbers, drawn towards the
national share as though one more village of usual size showed that. Its error is the spread of those villages around
it, each with the weight of its people, and the uncertainty of the share itself: the likely error (one standard
deviation) of one more village. Where counts are there, estimates that the folder brings (``perkiraan``) tell nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from geodata.villages import Village

NATIONAL_SHARE: Final = 1_569_178 / 273_879_750
"""Not recorded, of all people of Indonesia at the end of 2021 (Director General of Dukcapil, February 2022)."""
NATIONAL_ERROR: Final = 4_640_000 / 263_960_794 - NATIONAL_SHARE
"""How far that is from the share three years before (the same, December 2018)."""


@dataclass(frozen=True, slots=True)
class BacklogEstimate:
    """
    What villages without a count of people still to be recorded were given.

    Attributes
    ----------
    share, error
        Part (0 to 1) of a village's people who are left, and its likely error for one village.
    known
        Villages that have both numbers, of which the share was made; 0: it is the national one.
    villages
        Codes of those that were given an estimate, in the region's order.
    people, people_error
        Of all these together; errors of single villages are taken as one, which none but the share itself is.
    """

    share: float
    error: float
    known: int
    villages: tuple[str, ...]
    people: int
    people_error: int


def estimate_backlog(villages: Sequence[Village]) -> tuple[tuple[Village, ...], BacklogEstimate | None]:
    """
    The villages, those that lack a count of people left but know their population with an estimate and its error.

    Returns
    -------
    villages
        In their order. Counts and estimates that were there stay as they are; a village without a population stays
        unknown.
    estimate
        How it was done; None where no village needed it.
    """
    lacking = {each.code for each in villages if each.unrecorded is None and each.population is not None}
    if not lacking:
        return tuple(villages), None
    known = _with_both(villages)
    share, error = _share(known)
    filled = tuple(_filled(each, share, error) if each.code in lacking else each for each in villages)
    given = [each for each in filled if each.code in lacking]
    return filled, BacklogEstimate(
        share,
        error,
        len(known),
        tuple(each.code for each in given),
        sum(each.backlog for each in given),
        sum(each.unrecorded_error or 0 for each in given),
    )


def _with_both(villages: Sequence[Village]) -> list[tuple[int, int]]:
    """People and people left of each village that knows both: counted ones, else those that the folder estimates."""
    both = [each for each in villages if each.unrecorded is not None and each.population]
    counted = [each for each in both if not each.is_estimate]
    return [(each.population or 0, each.backlog) for each in counted or both]


def _share(known: Sequence[tuple[int, int]]) -> tuple[float, float]:
    if not known:
        return NATIONAL_SHARE, NATIONAL_ERROR
    usual = fmean(people for people, _ in known)
    weight = sum(people for people, _ in known) + usual
    share = (sum(left for _, left in known) + usual * NATIONAL_SHARE) / weight
    spread = sum(people * (left / people - share) ** 2 for people, left in known)
    variance = (spread + usual * max(NATIONAL_ERROR, abs(share - NATIONAL_SHARE)) ** 2) / weight
    return share, math.sqrt(variance * (1 + 1 / (len(known) + 1)))


def _filled(village: Village, share: float, error: float) -> Village:
    people = village.population or 0
    left = round(people * share)
    # Even with a share that is known exactly, how many people are left varies as counts do.
    likely = math.ceil(math.sqrt((people * error) ** 2 + people * share))
    return replace(village, unrecorded=left, unrecorded_error=likely, is_estimate=True)

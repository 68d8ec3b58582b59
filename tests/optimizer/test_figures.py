"""Pauses by hand: driving and serving stand still from their first minute to their last."""

import pytest

from optimizer.figures import end_of_work, minutes_without_pauses
from optimizer.problem import Pause

LUNCH = (Pause(720, 780),)
FRIDAY = (Pause(600, 615), Pause(705, 810))


@pytest.mark.parametrize(
    "pauses, begin, minutes, end",
    [
        pytest.param(LUNCH, 690, 60, 810, id="spans the pause and ends that much later"),
        pytest.param(LUNCH, 690, 30, 720, id="ends exactly as the pause begins and has ended"),
        pytest.param(LUNCH, 690, 31, 781, id="has one minute left for after the pause"),
        pytest.param(LUNCH, 720, 10, 790, id="a van that drives on as the pause begins waits it out"),
        pytest.param(LUNCH, 720, 0, 720, id="moving no minutes takes no time, even as the pause begins"),
        pytest.param(LUNCH, 750, 0, 750, id="moving no minutes takes no time, even inside the pause"),
        pytest.param(LUNCH, 750, 1, 781, id="what begins inside the pause goes on at its end"),
        pytest.param(LUNCH, 780, 15, 795, id="the pause no longer holds its last minute"),
        pytest.param(LUNCH, 800, 15, 815, id="a pause that is over is over"),
        pytest.param(FRIDAY, 590, 101, 796 + 15, id="two pauses in one drive"),
        pytest.param(FRIDAY, 590, 100, 705, id="ends exactly as the second pause begins"),
        pytest.param((Pause(600, 615), Pause(615, 630)), 590, 20, 640, id="pauses that touch are one"),
        pytest.param((), 590, 20, 610, id="without pauses time just adds up"),
    ],
)
def test_work_stands_still_in_pauses(pauses: tuple[Pause, ...], begin: int, minutes: int, end: int) -> None:
    """Pauses are half-open; each case is by hand."""
    assert end_of_work(pauses, begin, minutes) == end


def test_duty_leaves_out_pauses_and_parts_of_pauses() -> None:
    """A van back in the middle of lunch has worked until lunch began."""
    assert minutes_without_pauses(LUNCH, 450, 986) == 476
    assert minutes_without_pauses(LUNCH, 450, 750) == 270
    assert minutes_without_pauses(FRIDAY, 605, 700) == 85

"""Colours that everybody can tell apart, on screen and on a grey print."""

from itertools import pairwise

import pytest

from maps.style import (
    AREA_STEPS,
    VAN_COLOURS,
    area_step,
    contrast,
    text_colour,
    van_class,
    van_colour,
    van_rules,
)


@pytest.mark.parametrize("colour", VAN_COLOURS)
def test_the_number_in_a_mark_can_be_read(colour: str) -> None:
    """4.5 to 1 is what WCAG 2.2 asks of text this small."""
    assert contrast(text_colour(colour), colour) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21 to 1 by definition, a colour on itself 1 to 1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#0072b2", "#0072b2") == pytest.approx(1)


def test_areas_get_darker_with_every_step() -> None:
    """On a grey print lightness alone tells the steps apart."""
    lightness = [contrast(step.colour, "#000000") for step in AREA_STEPS]
    assert lightness == sorted(lightness, reverse=True)
    assert all(light / dark > 1.15 for light, dark in pairwise(lightness))


def test_every_number_of_weeks_is_in_the_step_that_the_legend_names() -> None:
    """The legend says both ends of each step; they must be the ends that are drawn."""
    for weeks in range(200):
        step = AREA_STEPS[area_step(weeks)]
        assert step.least <= weeks
        assert step.most is None or weeks <= step.most


def test_a_ninth_van_has_a_colour_too() -> None:
    """Its number tells it from the first."""
    assert (van_colour(9), van_class(9)) == (van_colour(1), van_class(1))
    assert f".{van_class(9)} {{ --van: {van_colour(9)};" in van_rules()

"""
Colours and marks of maps and sheets.

A van's colour never stands alone: its number is in every mark, so a reader who sees no colours, or a print in greys,
loses nothing. Areas have one hue that no van has, in even steps of lightness.
"""

from bisect import bisect_left
from dataclasses import dataclass

# Okabe and Ito's palette for colour-blind readers (Color Universal Design, 2008), its yellow darkened and its black
# softened so that lines hold on a light ground.
VAN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f6a00", "#444444")

PAPER = "#ffffff"
BLACK = "#000000"
"""Upon a van's colour, instead of the ink of pages: on vermilion that reaches only 4 to 1."""

QUIET_AREA = "#e9e6ee"
"""Areas where they are ground only and say nothing."""

NO_DATA_FILL = "url(#no-data)"
"""The hatching that every map page defines."""

_CONTRAST_OFFSET = 0.05  # of WCAG 2's contrast ratio: the light that a screen reflects by itself


@dataclass(frozen=True, slots=True)
class AreaStep:
    """
    One step of the areas' shading by weeks since the last visit.

    Attributes
    ----------
    least, most
        Whole weeks, both included; ``most`` is None for the last step.
    """

    colour: str
    least: int
    most: int | None


AREA_STEPS = (
    AreaStep("#f4f2f7", 0, 4),
    AreaStep("#e2dcea", 5, 8),
    AreaStep("#cbc2d7", 9, 13),
    AreaStep("#b0a4c1", 14, 26),
    AreaStep("#9486a8", 27, None),
)
"""About a month, two months, a quarter, half a year, and longer."""

_UPPER_ENDS = [step.most for step in AREA_STEPS if step.most is not None]


def van_colour(number: int) -> str:
    """Colour of the van with that number, from 1; colours repeat after eight vans, numbers do not."""
    return VAN_COLOURS[(number - 1) % len(VAN_COLOURS)]


def van_class(number: int) -> str:
    """Class in `van_rules` of the van with that number."""
    return f"van-{(number - 1) % len(VAN_COLOURS) + 1}"


def van_rules() -> str:
    """
    Style rules that give each van's class its colour and the colour of text upon it.

    A style attribute in the page would do the same, but a strict Content-Security-Policy bars those.
    """
    return "".join(
        f".{van_class(number)} {{ --van: {van_colour(number)}; --text: {text_colour(van_colour(number))}; }}\n"
        for number in range(1, len(VAN_COLOURS) + 1)
    )


def area_step(weeks: int) -> int:
    """Which of `AREA_STEPS` holds that many weeks."""
    return bisect_left(_UPPER_ENDS, weeks)


def text_colour(ground: str) -> str:
    """Black or white, whichever reads better on a ground given as ``#rrggbb``."""
    return max((BLACK, PAPER), key=lambda text: contrast(text, ground))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours given as ``#rrggbb``, from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + _CONTRAST_OFFSET) / (low + _CONTRAST_OFFSET)


def _luminance(colour: str) -> float:
    # WCAG 2.2, "relative luminance", with the sRGB transfer curve.
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 (sRGB)

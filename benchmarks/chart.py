"""Line charts as SVG: what the report needs and no more, in colours that colour-blind readers can tell apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 170, 40, 50
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette."""
_DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4", "4 4")
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """
    One line of a chart.

    Attributes
    ----------
    points
        In order of x.
    steps
        Whether the value stays until the next point, as that of a best plan does.
    """

    name: str
    points: Sequence[tuple[float, float]]
    steps: bool = False


def line_chart(title: str, x_label: str, y_label: str, lines: Sequence[Line]) -> str:
    """
    The SVG document of a chart; each line has a colour, a dash pattern and its name beside its end.

    Lines without points are left out; of a chart without any, the title remains.
    """
    lines = [line for line in lines if line.points]
    parts = [_text(_WIDTH / 2, 22, title, anchor="middle", size=15)]
    if lines:
        axes = _Axes(lines)
        parts += axes.frame(x_label, y_label)
        ends = _spread([axes.y(line.points[-1][1]) for line in lines])
        for number, (line, end) in enumerate(zip(lines, ends, strict=True)):
            colour = _COLOURS[number % len(_COLOURS)]
            parts.append(
                f'<path d="{_path(axes, line)}" fill="none" stroke="{colour}" stroke-width="2" '
                f'stroke-dasharray="{_DASHES[number % len(_DASHES)]}"/>'
            )
            parts.append(_text(_WIDTH - _RIGHT + 8, end + 4, line.name, colour=colour))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" role="img">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )


class _Axes:
    """From values to pixels."""

    def __init__(self, lines: Sequence[Line]) -> None:
        xs = [x for line in lines for x, _ in line.points]
        ys = [y for line in lines for _, y in line.points]
        self._x_low, self._x_high = _room(min(xs), max(xs))
        self._y_low, self._y_high = _room(min(ys), max(ys))

    def x(self, value: float) -> float:
        """Pixel of a value of the x axis."""
        return _LEFT + (value - self._x_low) / (self._x_high - self._x_low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Pixel of a value of the y axis."""
        return _HEIGHT - _BOTTOM - (value - self._y_low) / (self._y_high - self._y_low) * (_HEIGHT - _TOP - _BOTTOM)

    def frame(self, x_label: str, y_label: str) -> list[str]:
        """Ticks with their values, faint lines across, and what the axes show."""
        parts = [
            _text(self.x(value), _HEIGHT - _BOTTOM + 18, f"{value:,g}", anchor="middle")
            for value in _ticks(self._x_low, self._x_high)
        ]
        for value in _ticks(self._y_low, self._y_high):
            y = self.y(value)
            parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#dddddd"/>')
            parts.append(_text(_LEFT - 6, y + 4, f"{value:,.6g}", anchor="end"))
        parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, x_label, anchor="middle"))
        parts.append(_text(_LEFT, _TOP - 6, y_label))
        return parts


def _room(low: float, high: float) -> tuple[float, float]:
    """The range with a little room, also where it is a single value."""
    room = (high - low) * 0.03 or max(abs(high) * 0.01, 1e-6)
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Round values inside the range."""
    rough = (high - low) / _TICKS
    size: float = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    return [round(number * step, 10) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _path(axes: _Axes, line: Line) -> str:
    (first_x, first_y), *rest = line.points
    moves = [f"M{axes.x(first_x):.1f} {axes.y(first_y):.1f}"]
    for x, y in rest:
        moves.append(f"H{axes.x(x):.1f}V{axes.y(y):.1f}" if line.steps else f"L{axes.x(x):.1f} {axes.y(y):.1f}")
    return "".join(moves)


def _spread(heights: Sequence[float]) -> list[float]:
    """Heights of the names, moved down where two would cover one another."""
    placed: dict[int, float] = {}
    last = -math.inf
    for at in sorted(range(len(heights)), key=lambda number: heights[number]):
        last = placed[at] = max(heights[at], last + 15)
    return [placed[at] for at in range(len(heights))]


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, colour: str = "#222222") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
    )

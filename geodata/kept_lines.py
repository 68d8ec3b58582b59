"""
Lines of ways that a routing engine gave, kept beside its times for when it cannot be had.

A line belongs to the times that it was asked with: it is found only while the way still takes as many seconds as then.
So lines gather from plan to plan while the engine's roads stay as they are, and those of other roads are never drawn.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from geodata.kept_arrays import Arrays, find_kept, keep
from geodata.road_graph import UNREADABLE
from geodata.road_paths import Line

Ends = tuple[float, float, float, float]
"""Longitude and latitude of where a way begins, and of where it ends, degrees."""
_EARTH: Final = (180, 90)


@dataclass(frozen=True, slots=True)
class TimedLine:
    """
    A line, and the seconds that its way took when it was asked for.

    Attributes
    ----------
    seconds
        As the times are kept: in single precision.
    """

    line: Line
    seconds: np.float32


def find_lines(path: Path, key: str) -> dict[Ends, TimedLine]:
    """The lines in a file; none where it cannot be read or was kept under another key."""
    kept = find_kept(path, key)
    with suppress(*UNREADABLE):
        return {} if kept is None else _checked(kept)
    return {}


def keep_lines(path: Path, key: str, lines: Mapping[Ends, TimedLine]) -> None:
    """Keep lines in place of those that the file has."""
    points = [point for each in lines.values() for point in each.line]
    arrays: Arrays = {
        "ends": np.array(list(lines), dtype=np.float64).reshape(-1, 4),
        "seconds": np.array([each.seconds for each in lines.values()], dtype=np.float32),
        "start": np.cumsum([0, *(len(each.line) for each in lines.values())]),
        "points": np.array(points, dtype=np.float64).reshape(-1, 2),
    }
    keep(path, key, arrays)


def _checked(kept: Arrays) -> dict[Ends, TimedLine]:
    ends, seconds, points = (kept[name].astype(np.float64) for name in ("ends", "seconds", "points"))
    start = kept["start"].astype(np.int64)
    count = len(ends)
    fits = ends.shape == (count, 4) and seconds.shape == (count,) and points.shape == (len(points), 2)
    fits = fits and start.shape == (count + 1,) and start[0] == 0 and start[-1] == len(points)
    # Comparisons with what is no number are false.
    if not fits or not ((np.diff(start) > 1).all() and (np.abs(points) <= _EARTH).all() and (seconds >= 0).all()):
        raise ValueError("The file does not fit together.")
    whole = [(lon, lat) for lon, lat in points.tolist()]
    return {
        (x, y, to_x, to_y): TimedLine(tuple(whole[first:last]), np.float32(took))
        for (x, y, to_x, to_y), took, first, last in zip(
            ends.tolist(), seconds.tolist(), start[:-1].tolist(), start[1:].tolist(), strict=True
        )
    }

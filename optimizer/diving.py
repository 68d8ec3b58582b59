"""
A plan out of the linear program within a second or two: routes that it likes are fixed, a few at a time.

After each step the classes are priced once, so that what is left of the week gets routes that suit it; without, a dive
often ends with vans that stay at home (Sadykov et al. 2019, doi 10.1287/ijoc.2018.0822). A dive proves nothing, but the
routes that it finds stay and help every later choice.
"""

from collections import Counter

from optimizer.master import INTEGRAL, NothingLeftError
from optimizer.pricing import Column
from optimizer.relaxation import Relaxation

_NEARLY_WHOLE = 0.75
"""Routes used to more than this part are fixed together: two of them cannot hold the same visit."""
_MOST_REFUSED = 20


def dive(relaxation: Relaxation, *, priced: bool) -> list[Column]:
    """
    The routes of the program when it has been rounded; empty where rounding led nowhere.

    Parameters
    ----------
    relaxation
        Is left with nothing fixed, and with the routes found on the way.
    priced
        False to use the present routes only, in a tenth of the time.
    """
    master = relaxation.master
    batch: list[Column] = []
    refused = 0
    try:
        while True:
            try:
                if priced:
                    relaxation.price_once(_with_shifts_left(relaxation))
                relaxed = relaxation.relax()
            except NothingLeftError:
                # Whole, they break a limit that they keep in part: the first of several may not, one alone never fits.
                refused += 1
                if refused > _MOST_REFUSED:
                    return []
                master.free(batch if len(batch) == 1 else batch[1:])
                if len(batch) == 1:
                    master.forbid(batch)
                batch = batch[:1]
                continue
            split = sorted(
                ((weight, column) for column, weight in relaxed.weights if weight < 1 - INTEGRAL), key=_weight
            )
            if not split:
                return [column for column, _ in relaxed.weights] if relaxed.missing < INTEGRAL else []
            batch = [column for weight, column in split if weight > _NEARLY_WHOLE] or [split[0][1]]
            master.fix(batch)
    finally:
        master.free()


def _with_shifts_left(relaxation: Relaxation) -> list[int]:
    """Classes of which not every shift has its route yet."""
    used = Counter(column.shift_class for column in relaxation.master.fixed)
    return [at for at, each in enumerate(relaxation.network.classes) if used[at] < len(each.members)]


def _weight(used: tuple[float, Column]) -> float:
    """Sorts the most used first."""
    return -used[0]

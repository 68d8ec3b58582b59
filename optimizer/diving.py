"""
A plan out of the linear program within a second or two: routes that it likes are fixed, a few at a time.

After each step the classes are priced once, so that what is left of the week gets routes that suit it; without, a dive
often ends with vans that stay at home (Sadykov et al. 2019, doi 10.1287/ijoc.2018.0822). A dive proves nothing, but the
routes that it finds stay and help every later choice.
"""

from optimizer.master import INTEGRAL, NothingLeftError
from optimizer.pricing import Column
from optimizer.relaxation import Relaxation

_NEARLY_WHOLE = 0.75
"""Routes used to more than this part are fixed together: two of them cannot hold the same visit."""


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
    try:
        while True:
            if priced:
                relaxation.price_once()
            relaxed = relaxation.relax()
            split = [(weight, column) for column, weight in relaxed.weights if weight < 1 - INTEGRAL]
            if not split:
                return [column for column, _ in relaxed.weights] if relaxed.missing < INTEGRAL else []
            nearly = [column for weight, column in split if weight > _NEARLY_WHOLE]
            master.fix(nearly or [max(split, key=lambda each: each[0])[1]])
    except NothingLeftError:
        return []
    finally:
        master.free()

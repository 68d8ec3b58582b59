"""
A plan out of the linear program within a second: routes that it likes are fixed, a few at a time.

Diving proves nothing and prices nothing; it rounds what the program says about the whole (Sadykov et al. 2019,
doi 10.1287/ijoc.2018.0822, who price in between). The integer choice finds better plans of the same columns, later.
"""

from collections.abc import Callable

from optimizer.master import INTEGRAL, Master, NothingLeftError
from optimizer.pricing import Column

_NEARLY_WHOLE = 0.75
"""Routes used to more than this part are fixed together: two of them cannot hold the same visit."""


def dive(master: Master, check_time: Callable[[], None]) -> list[Column]:
    """
    The routes of the program when it has been rounded; empty where rounding led nowhere.

    Parameters
    ----------
    master
        Is left with nothing fixed.
    check_time
        Called at every step; may raise to end the search.
    """
    try:
        while True:
            check_time()
            relaxed = master.relax()
            split = [(weight, column) for column, weight in relaxed.weights if weight < 1 - INTEGRAL]
            if not split:
                return [column for column, _ in relaxed.weights] if relaxed.missing < INTEGRAL else []
            nearly = [column for weight, column in split if weight > _NEARLY_WHOLE]
            master.fix(nearly or [max(split, key=lambda each: each[0])[1]])
    except NothingLeftError:
        return []
    finally:
        master.free()

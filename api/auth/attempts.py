"""
How often something may be tried: sign-ins by account and by address, forms by address.

Counts are kept in this process, of which an office has one; they are forgotten when it ends, and addresses with them.
"""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta


class Attempts:
    """
    At most so many attempts of one key within a time.

    Parameters
    ----------
    most, within
        Attempts, and the time in which they are counted.
    clock
        The time now.
    """

    _MOST_KEYS = 50_000

    def __init__(self, most: int, within: timedelta, clock: Callable[[], datetime]) -> None:
        self._most, self._within, self._clock = most, within, clock
        self._made: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def may_try(self, key: str) -> bool:
        """Count one attempt more; whether it is allowed."""
        now = self._clock()
        with self._lock:
            made = self._made.setdefault(key, deque())
            self._forget(made, now)
            if len(made) >= self._most:
                return False
            made.append(now)
            if len(self._made) > self._MOST_KEYS:
                self._sweep(now)
            return True

    def forget(self, key: str) -> None:
        """Count this key from the start: the right person came."""
        with self._lock:
            self._made.pop(key, None)

    def _forget(self, made: deque[datetime], now: datetime) -> None:
        while made and made[0] <= now - self._within:
            made.popleft()

    def _sweep(self, now: datetime) -> None:
        for key, made in list(self._made.items()):
            self._forget(made, now)
            if not made:
                del self._made[key]

"""
One thread that writes, and commits what came in together at once.

A commit waits for the disk, some milliseconds; what is submitted meanwhile shares the next one. Each change runs in a
savepoint of its own, so that one that fails undoes nothing of the others; whoever submitted it learns the outcome only
when the commit has returned, for until then nothing is sure, not even what the failing one saw.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from api.i18n import N_
from api.store.database import is_in_transaction, told
from api.store.errors import StoreClosedError, UnusableStoreError

MOST_TOGETHER: Final = 100
"""Changes in one commit."""
LONGEST_GROUP_S: Final = 0.05
"""After which no more changes join, so that the first of them, and other processes, need not wait for long."""


@dataclass(frozen=True, slots=True)
class _Change:
    run: Callable[[Connection], Any]
    future: Future[Any]


class Writer:
    """
    The thread that writes, for one process.

    Parameters
    ----------
    engine
        Whose transactions have the store for themselves.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Change | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._is_closed = False
        # A daemon: what has not been answered when the process ends was not promised to anyone.
        self._thread = threading.Thread(target=self._work, name="moling-writer", daemon=True)
        self._thread.start()

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller is a change that is being made."""
        return threading.current_thread() is self._thread

    def submit(self, run: Callable[[Connection], Any]) -> Future[Any]:
        """
        Make a change soon; the future holds its result, or its error, once the commit has returned.

        Parameters
        ----------
        run
            Is called in the writer's thread, once. All others wait for it: it must not wait for anything itself.

        Raises
        ------
        StoreClosedError
            When `close` was called.
        """
        future: Future[Any] = Future()
        with self._lock:
            if self._is_closed:
                raise StoreClosedError(N_("The store is closed; nothing was written."))
            self._queue.put(_Change(run, future))
        return future

    def close(self) -> None:
        """Make what was submitted, then end."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            if not self._commit_group(first):
                return

    def _commit_group(self, first: _Change) -> bool:
        # Whether to go on: the mark of the end may stand behind any change.
        group: list[tuple[_Change, Any, BaseException | None]] = []
        goes_on = True
        change: _Change | None = first
        try:
            with self._engine.begin() as connection:
                closes_at = monotonic() + LONGEST_GROUP_S
                while change is not None:
                    if change.future.set_running_or_notify_cancel():
                        group.append((change, None, None))
                        group[-1] = (change, *_attempt(change, connection))
                    change = None
                    if len(group) < MOST_TOGETHER and monotonic() < closes_at:
                        try:
                            change = self._queue.get_nowait()
                            goes_on = change is not None
                        except Empty:
                            pass
        except BaseException as error:  # noqa: BLE001 (all who wait must learn it, and the thread must live)
            outcome = (told(error) or error) if isinstance(error, DBAPIError) else error
            for done, _, _ in group:
                done.future.set_exception(outcome)
            return goes_on if group else self._fail_all_waiting(first, outcome)
        for done, result, failure in group:
            if failure is None:
                done.future.set_result(result)
            else:
                done.future.set_exception(failure)
        return goes_on

    def _fail_all_waiting(self, first: _Change, error: BaseException) -> bool:
        # The transaction could not even begin. Those who came meanwhile have waited as long as the first; one by one
        # the last of them would wait for ever. Whether to go on.
        change: _Change | None = first
        while change is not None:
            if change.future.set_running_or_notify_cancel():
                change.future.set_exception(error)
            try:
                change = self._queue.get_nowait()
            except Empty:
                return True
        return False


def _attempt(change: _Change, connection: Connection) -> tuple[Any, BaseException | None]:
    result, failure = None, None
    savepoint = connection.begin_nested()
    try:
        result = change.run(connection)
        savepoint.commit()
    except BaseException as error:  # noqa: BLE001 (handed to whoever submitted the change)
        failure = error
        savepoint.rollback()
    if not is_in_transaction(connection):
        # SQLite ends the whole transaction by itself where the disk is full, and the commit would then succeed, of
        # nothing: all who shared it must learn that nothing was written.
        outcome = told(failure) if isinstance(failure, DBAPIError) else None
        raise outcome or UnusableStoreError(N_("The database gave a transaction up; nothing of it was written."))
    return result, (told(failure) or failure) if isinstance(failure, DBAPIError) else failure

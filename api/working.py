"""`moling worker`: does what the office asked for in the background, and tells the programs outside that asked."""

import argparse
import logging
import os
import signal
import sys
import threading
from types import FrameType

from api.i18n import Gettext, Language

_INTERRUPTED = 130
"""As shells tell processes that Ctrl-C ended."""


def add_worker_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling worker``: none, it is told by the settings."""
    del parser, gettext


def run_worker(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Do jobs until SIGTERM or Ctrl-C; a job that is being done is given back then, to start again elsewhere.

    A second Ctrl-C ends the program at once, as does anything that kills it: other workers notice.

    Raises
    ------
    BadInputError
        When the settings, the store or the jobs cannot be used.
    """
    del arguments
    from api.administration.commands import telling  # noqa: PLC0415 (slow to load)
    from api.housekeeping import keep_house_until  # noqa: PLC0415
    from api.jobs import JobWorker  # noqa: PLC0415
    from api.planning.store_weeks import StoreWeeks  # noqa: PLC0415
    from api.store.letter_vault import LetterVault  # noqa: PLC0415
    from api.store.store import open_store  # noqa: PLC0415
    from api.webhooks import Posting  # noqa: PLC0415

    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("api").setLevel(logging.INFO)  # of libraries only what is wrong
    code = 0
    try:
        with (
            telling(lang.gettext) as settings,
            open_store(settings.database_url, wait_s=settings.write_wait_s) as store,
        ):
            stop = _stop_on_signal()
            posting = Posting(settings.key_file, settings.private_webhooks)
            threading.Thread(target=posting.deliver_until, args=(stop, store), name="webhooks", daemon=True).start()
            house = (stop, store, LetterVault(settings.files, settings.key_file))
            threading.Thread(target=keep_house_until, args=house, name="housekeeping", daemon=True).start()
            JobWorker(settings, StoreWeeks(store, settings.cache).solve).run(stop)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    logging.shutdown()
    # Python would wait for the thread of a job that was given back, and for DBOS's.
    os._exit(code)


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()

    def note(number: int, _frame: FrameType | None) -> None:
        # SIGTERM often follows Ctrl-C, from whoever started this worker: it must not disturb the end that has begun.
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, note)
    return stop

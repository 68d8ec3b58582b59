"""`moling worker`: does what the office asked for in the background."""

import argparse
import logging
import os
import sys

from api.errors import BadInputError
from api.i18n import Gettext, Language


def add_worker_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling worker``: none, it is told by the settings."""
    del parser, gettext


def run_worker(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Do jobs until SIGTERM or Ctrl-C; a job that is being done is given back then, to start again elsewhere.

    The second signal ends the program at once, as does anything that kills it: other workers notice.

    Raises
    ------
    BadInputError
        When the settings, the store or the jobs cannot be used.
    """
    del arguments
    from api.jobs import JobWorker  # noqa: PLC0415 (slow to load)
    from api.planning.store_weeks import StoreWeeks  # noqa: PLC0415
    from api.settings import SettingError, read_settings  # noqa: PLC0415
    from api.solving import stop_on_signal  # noqa: PLC0415
    from api.store.errors import StoreError  # noqa: PLC0415
    from api.store.store import open_store  # noqa: PLC0415

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = read_settings()
        with open_store(settings.database_url, wait_s=settings.write_wait_s) as store, stop_on_signal() as stop:
            worker = JobWorker(settings, StoreWeeks(store, settings.cache).solve)
            worker.run(stop)
    except StoreError as error:
        raise BadInputError(error.text(lang.gettext)) from error
    except SettingError as error:
        raise BadInputError(lang.gettext(error.message).format(name=error.name, value=error.value)) from error
    logging.shutdown()
    # Python would wait for the thread of a job that was given back, and for DBOS's.
    os._exit(0)

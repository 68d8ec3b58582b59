"""
What an office forgets by itself: expired secrets, old drafts, contacts and letters whose time is over.

Every worker does it when it starts and then every hour; doing it twice at once does no harm.
"""

import logging
import threading
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.attachments.keeping import drop_due, drop_orphans
from api.store.contacts import drop_due_contacts
from api.store.drafts import drop_old_drafts
from api.store.errors import StoreError
from api.store.letter_vault import LetterVault
from api.store.regions import get_timezone
from api.store.scope import RegencyCode, Writing
from api.store.secrets import drop_expired
from api.store.store import Store

_LOG = logging.getLogger(__name__)
EVERY_S: Final = 3_600.0
BY: Final = "housekeeping"


def keep_house(store: Store, vault: LetterVault, *, at: datetime) -> dict[str, int]:
    """
    Forget what is to be forgotten by now, in all regencies; how many of each kind.

    Contacts and letters go by the day in the regency's own time zone.

    Raises
    ------
    StoreError
        When the store or the folder of letters could not be used; what was forgotten until then is.
    """
    gone = {"secrets": 0, "drafts": 0, "contacts": 0, "letters": 0, "files": 0}
    for regency in store.list_regencies():
        for kind, count in _forget(store, vault, regency, at).items():
            gone[kind] += count
    gone["files"] = drop_orphans(store, vault, at=at)
    return gone


def keep_house_until(stop: threading.Event, store: Store, vault: LetterVault) -> None:
    """Keep house now and every hour until the event is set; what goes wrong is told in the log and tried again."""
    while True:
        try:
            gone = keep_house(store, vault, at=datetime.now(UTC))
        except (StoreError, OSError) as error:
            _LOG.warning("Housekeeping broke off and is tried again in an hour: %s", error)
        else:
            if any(gone.values()):
                _LOG.info("Forgotten: %s", ", ".join(f"{kind} {count}" for kind, count in gone.items() if count))
        if stop.wait(EVERY_S):
            return


def _forget(store: Store, vault: LetterVault, regency: RegencyCode, at: datetime) -> dict[str, int]:
    today = at.astimezone(ZoneInfo(store.read(regency, get_timezone))).date()

    def change(scope: Writing) -> dict[str, int]:
        return {
            "secrets": drop_expired(scope, by=BY, at=at),
            "drafts": drop_old_drafts(scope, by=BY, at=at),
            "contacts": drop_due_contacts(scope, today, by=BY, at=at),
        }

    gone = store.write(regency, change)
    return {**gone, "letters": drop_due(store, vault, regency, today=today, by=BY, at=at)}

"""What is to be forgotten is forgotten, on the right day, and nothing else."""

from datetime import UTC, datetime, timedelta

from api.attachments.cleaning import JPEG, CleanFile
from api.attachments.keeping import keep_attachment
from api.entities import RequestId
from api.housekeeping import keep_house
from api.office import Office
from api.store.attachments import AttachmentPurpose, list_files
from api.store.contacts import Contact, find_contact, keep_contact
from api.store.drafts import add_draft
from api.store.letter_vault import LetterVault
from api.store.scope import Writing
from api.store.secrets import Purpose, find_subject, keep_secret, new_secret
from tests.drafts import DraftWeek
from tests.offices import Clock
from tests.stores import BATU_BARA

REQUEST = RequestId("PM-2026-0001")


def test_an_office_forgets_what_it_has_to_and_keeps_the_rest(
    office: Office, clock: Clock, draft_week: DraftWeek
) -> None:
    """A session for an hour, a draft, a contact and a letter until 5 January, in the regency's own time."""
    draft_week.put_in(office)
    vault = LetterVault(office.settings.files, office.settings.key_file)
    short, long = new_secret(BATU_BARA), new_secret(BATU_BARA)
    last = datetime(2027, 1, 5, tzinfo=UTC).date()

    def fill(scope: Writing) -> None:
        for secret, lasts in ((short, timedelta(hours=1)), (long, timedelta(days=90))):
            keep_secret(scope, secret, Purpose.STATUS_LINK, REQUEST, lasts=lasts, by="test", at=clock())
        add_draft(scope, {"wish": "visit"}, by="public", at=clock())
        keep_contact(scope, REQUEST, Contact("Wakil Kepala", "628123456789", delete_after=last), by="test", at=clock())

    office.write(BATU_BARA, fill)
    letter = CleanFile(JPEG, b"\xff\xd8\xff letter", 1)
    keep_attachment(
        office.store,
        vault,
        BATU_BARA,
        REQUEST,
        letter,
        purpose=AttachmentPurpose.LETTER,
        by="test",
        at=clock(),
        delete_after=last,
    )
    assert not any(keep_house(office.store, vault, at=clock()).values())
    clock.go_on(hours=2)
    assert keep_house(office.store, vault, at=clock())["secrets"] == 1
    # 5 January in Batu Bara ends at 17.00 UTC.
    clock.now = datetime(2027, 1, 5, 16, 59, tzinfo=UTC)
    gone = keep_house(office.store, vault, at=clock())
    assert (gone["drafts"], gone["contacts"], gone["letters"]) == (1, 0, 0)
    clock.now = datetime(2027, 1, 5, 17, 1, tzinfo=UTC)
    gone = keep_house(office.store, vault, at=clock())
    assert (gone["contacts"], gone["letters"]) == (1, 1)
    assert office.read(BATU_BARA, lambda scope: find_contact(scope, REQUEST)) is None
    assert not office.read(BATU_BARA, list_files)
    assert office.read(BATU_BARA, lambda scope: find_subject(scope, long, Purpose.STATUS_LINK, at=clock())) == REQUEST
    assert not any(path.is_file() for path in office.settings.files.iterdir())

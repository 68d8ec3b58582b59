"""Letters at rest: encrypted, bound to their request, told from damage; their rows, their backup, their end."""

import base64
import gzip
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from api.attachments.cleaning import CleanFile
from api.attachments.keeping import drop_attachment, drop_due, drop_orphans, keep_attachment, open_attachment
from api.entities import RequestId
from api.store.attachments import (
    Attachment,
    AttachmentPurpose,
    add_attachment,
    list_attachments,
    list_files,
    set_last_day,
)
from api.store.audit import list_audit
from api.store.backup import back_up, check_backup, restore
from api.store.database import Database, open_database
from api.store.errors import (
    BackupFileError,
    DamagedError,
    LetterFilesError,
    LetterKeyError,
    MissingError,
    UnfitValueError,
)
from api.store.letter_folder import LetterFolder, new_letter_name
from api.store.letter_vault import LetterVault
from api.store.requests import add_request
from api.store.scope import RegencyCode
from api.store.store import Store
from tests.api.store.test_subjects import REQUEST
from tests.stores import BATU_BARA, NOW, Run

LETTER = CleanFile("image/jpeg", b"\xff\xd8\xff Kepala Sekolah Burhanuddin " * 500, 1)
ASAHAN = RegencyCode("1209")
TODAY = date(2026, 12, 1)


def keep(store: Store, vault: LetterVault, *, until: date | None = None) -> Attachment:
    """A letter of the one request, kept."""
    return keep_attachment(
        store,
        vault,
        BATU_BARA,
        REQUEST.id,
        LETTER,
        purpose=AttachmentPurpose.LETTER,
        by="public",
        at=NOW,
        delete_after=until,
    )


@pytest.fixture
def asked(store: Store) -> Store:
    """A store with a request."""
    store.write(BATU_BARA, lambda scope: add_request(scope, REQUEST, by="public", at=NOW))
    return store


def test_a_letter_is_kept_unreadable_and_opened_again(vault: LetterVault, tmp_path: Path) -> None:
    """Twice the same letter makes two files that share nothing; folder, files and key are this user's alone."""
    first = vault.put(LETTER.content, regency=BATU_BARA, request=REQUEST.id)
    second = vault.put(LETTER.content, regency=BATU_BARA, request=REQUEST.id)
    assert vault.get(first.name, regency=BATU_BARA, request=REQUEST.id) == LETTER.content
    assert first.key_id == second.key_id == vault.find_key_id()
    files = [(tmp_path / "letters" / each.name).read_bytes() for each in (first, second)]
    assert not any(b"Burhanuddin" in file for file in files)
    assert files[0][48:] != files[1][48:]
    assert vault.folder.names() == {first.name, second.name}
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.rglob("*")}
    assert modes["letters"] == 0o700
    assert {mode for name, mode in modes.items() if name != "letters"} == {0o600}
    assert {each.name for each in tmp_path.iterdir()} == {"letters", "moling.key"}


def test_a_file_in_another_place_does_not_open(vault: LetterVault, tmp_path: Path) -> None:
    """Not as another request's, another regency's, under another name, nor with a bit changed, nor cut."""
    kept = vault.put(LETTER.content, regency=BATU_BARA, request="PM-2026-0001")
    for regency, request in ((BATU_BARA, "PM-2026-0002"), (ASAHAN, "PM-2026-0001")):
        with pytest.raises(DamagedError):
            vault.get(kept.name, regency=regency, request=request)
    content, other = (tmp_path / "letters" / kept.name).read_bytes(), new_letter_name()
    spoiled = [content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :] for place in (0, 50, 70, -1)]
    for wrong in (content, *spoiled, content[:-1], content[:60], content[:20], b""):
        vault.folder.put(other, wrong)
        with pytest.raises(DamagedError):
            vault.get(other, regency=BATU_BARA, request="PM-2026-0001")


def test_a_key_that_is_missing_or_another_is_told(vault: LetterVault, tmp_path: Path) -> None:
    """No new key is made while letters need the old one; with the old one back all is well."""
    kept, key = vault.put(LETTER.content, regency=BATU_BARA, request=REQUEST.id), tmp_path / "moling.key"
    right = key.read_bytes()
    key.unlink()
    with pytest.raises(LetterKeyError, match="there is no key"):
        vault.get(kept.name, regency=BATU_BARA, request=REQUEST.id)
    with pytest.raises(LetterKeyError, match="there is no key"):
        vault.put(b"a", regency=BATU_BARA, request=REQUEST.id)
    assert vault.find_key_id() is None
    assert not key.exists()
    LetterVault(tmp_path / "others", key).put(b"a", regency=BATU_BARA, request=REQUEST.id)
    with pytest.raises(LetterKeyError, match="not the one they were written with"):
        vault.get(kept.name, regency=BATU_BARA, request=REQUEST.id)
    key.write_bytes(right)
    assert vault.get(kept.name, regency=BATU_BARA, request=REQUEST.id) == LETTER.content
    for wrong in (b"", b"moling-key-1 00", right + right, os.urandom(32)):
        key.write_bytes(wrong)
        with pytest.raises(LetterKeyError, match="no key of Moling"):
            vault.get(kept.name, regency=BATU_BARA, request=REQUEST.id)


def test_a_key_that_is_no_secret_is_refused(vault: LetterVault, tmp_path: Path) -> None:
    """Read by others, a folder, among the letters, in a folder that is not there."""
    kept, key = vault.put(LETTER.content, regency=BATU_BARA, request=REQUEST.id), tmp_path / "moling.key"
    for mode in (0o640, 0o604, 0o620):
        key.chmod(mode)
        with pytest.raises(LetterKeyError, match="chmod 600"):
            vault.get(kept.name, regency=BATU_BARA, request=REQUEST.id)
    for place in (tmp_path / "letters" / "key", tmp_path / "none" / "key", tmp_path / "letters"):
        with pytest.raises(LetterKeyError):
            LetterVault(tmp_path / "letters", place).put(b"a", regency=BATU_BARA, request=REQUEST.id)
    with pytest.raises(LetterKeyError, match="cannot be written"):
        LetterVault(tmp_path / "new", tmp_path / "none" / "key").put(b"a", regency=BATU_BARA, request=REQUEST.id)
    assert vault.folder.names() == {kept.name}


def test_a_folder_that_others_may_read_takes_no_letter(letters: LetterFolder, tmp_path: Path) -> None:
    """Nor one that cannot be made; nothing half is left in it."""
    letters.path.mkdir(mode=0o755)
    letters.path.chmod(0o755)
    with pytest.raises(LetterFilesError, match="chmod 700"):
        letters.put(new_letter_name(), b"a")
    assert not list(letters.path.iterdir())
    (tmp_path / "file").touch()
    for path in (tmp_path / "none" / "deep", tmp_path / "file"):
        with pytest.raises(LetterFilesError):
            LetterFolder(path).put(new_letter_name(), b"a")


@pytest.mark.parametrize(
    "name", ["", "../moling.key", "a" * 63, "A" * 64, f"{'a' * 64}/b", f"{'a' * 64}\n", "/etc/passwd"]
)
def test_no_other_name_reaches_the_disk(letters: LetterFolder, name: str) -> None:
    """Wherever it comes from."""
    for act in (lambda: letters.put(name, b"a"), lambda: letters.get(name), lambda: letters.remove(name)):
        with pytest.raises(MissingError):
            act()


def test_a_letter_has_a_row_and_an_end(asked: Store, vault: LetterVault) -> None:
    """Added, opened, limited, deleted on the day after its last; each step in the audit, without its content."""
    kept = keep(asked, vault)
    assert asked.read(BATU_BARA, lambda scope: list_attachments(scope, REQUEST.id)) == (kept,)
    assert open_attachment(vault, BATU_BARA, kept) == LETTER.content
    with pytest.raises(DamagedError):
        open_attachment(vault, BATU_BARA, replace(kept, sha256="0" * 64))
    asked.write(BATU_BARA, lambda scope: set_last_day(scope, kept.id, TODAY, by="kepala", at=NOW))
    assert drop_due(asked, vault, BATU_BARA, today=TODAY, by="clock", at=NOW) == 0
    assert drop_due(asked, vault, BATU_BARA, today=TODAY + timedelta(days=1), by="clock", at=NOW) == 1
    assert vault.folder.names() == frozenset()
    with pytest.raises(MissingError):
        drop_attachment(asked, vault, BATU_BARA, kept.id, by="kepala", at=NOW)
    with pytest.raises(MissingError):
        open_attachment(vault, BATU_BARA, kept)
    acts = [act for act in asked.read(BATU_BARA, list_audit) if act.subject == kept.id]
    assert [act.action.partition(".")[2] for act in acts] == ["added", "limited", "removed"]
    assert acts[0].details == {"request": REQUEST.id, "purpose": "letter", "size": len(LETTER.content)}


def test_a_letter_without_a_request_leaves_nothing(asked: Store, vault: LetterVault) -> None:
    """Of another regency, of none, with a row that may not be kept: no row and no file."""
    give = {"purpose": AttachmentPurpose.LETTER, "by": "public", "at": NOW}
    with pytest.raises(MissingError):
        keep_attachment(asked, vault, BATU_BARA, RequestId("PM-2026-0009"), LETTER, **give)  # type: ignore[arg-type]
    with pytest.raises(MissingError):
        keep_attachment(asked, vault, ASAHAN, REQUEST.id, LETTER, **give)  # type: ignore[arg-type]
    wrong = replace(LETTER, media_type="a" * 65)
    with pytest.raises(UnfitValueError):
        keep_attachment(asked, vault, BATU_BARA, REQUEST.id, wrong, **give)  # type: ignore[arg-type]
    assert vault.folder.names() == frozenset()
    assert asked.read(BATU_BARA, list_files) == frozenset()


def test_what_a_crash_leaves_is_cleared(asked: Store, vault: LetterVault) -> None:
    """Files that no row knows and halves of files go after an hour; what is known, new or not a letter stays."""
    kept = keep(asked, vault)
    folder, stray = vault.folder.path, vault.put(b"a", regency=BATU_BARA, request="PM-2026-0002").name
    half, other = f".{'a' * 64}-{'b' * 16}", "README"
    for name in (half, other):
        (folder / name).write_bytes(b"a")
    assert drop_orphans(asked, vault, at=NOW.now(NOW.tzinfo)) == 0
    for each in folder.iterdir():
        os.utime(each, (0, 0))
    assert drop_orphans(asked, vault, at=NOW) == 2
    assert {each.name for each in folder.iterdir()} == {kept.file, other}
    assert stray not in vault.folder.names()


def test_letters_go_with_the_backup_and_the_key_does_not(
    asked: Store, vault: LetterVault, database: Database, new_url: Callable[[], str], tmp_path: Path
) -> None:
    """Encrypted as they are; in another place they open with the key carried there by hand, and with no other."""
    kept, file = keep(asked, vault), tmp_path / "backup"
    stray = vault.put(b"a", regency=BATU_BARA, request="PM-2026-0002")
    done = back_up(database, vault.folder, file, at=NOW)
    assert (done.letters, done.missing, done.keys) == (1, 0, frozenset({kept.key_id}))
    whole = gzip.decompress(file.read_bytes())
    secret = (tmp_path / "moling.key").read_bytes().split()[1]
    assert secret not in whole
    assert base64.b64encode(bytes.fromhex(secret.decode())) not in whole
    assert stray.name.encode() not in whole
    other, elsewhere = open_database(new_url(), wait_s=10, creates=True), tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = LetterVault(elsewhere / "letters", elsewhere / "key")
    assert restore(other, moved.folder, check_backup(file)) == done
    with pytest.raises(LetterKeyError, match="there is no key"):
        open_attachment(moved, BATU_BARA, kept)
    (elsewhere / "key").write_bytes((tmp_path / "moling.key").read_bytes())
    (elsewhere / "key").chmod(0o600)
    assert open_attachment(moved, BATU_BARA, kept) == LETTER.content
    later = moved.put(b"b", regency=BATU_BARA, request=REQUEST.id)
    moved.folder.remove(kept.file)
    assert back_up(other, moved.folder, tmp_path / "lossy", at=NOW).missing == 1
    assert restore(other, moved.folder, check_backup(tmp_path / "lossy"), replaces=True).missing == 1
    assert restore(other, moved.folder, check_backup(file), replaces=True) == done
    assert moved.folder.names() == {kept.file}
    assert later.name not in moved.folder.names()
    other.close()


def test_a_restoring_that_fails_leaves_the_letters_alone(
    asked: Store, vault: LetterVault, database: Database, new_url: Callable[[], str], tmp_path: Path
) -> None:
    """A letter that no row tells of, a name that is none, content that is no base64: neither rows nor files."""
    kept, file = keep(asked, vault), tmp_path / "backup"
    back_up(database, vault.folder, file, at=NOW)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    rows = json.loads(lines[-1])["rows"]
    other, letters = open_database(new_url(), wait_s=10, creates=True), LetterFolder(tmp_path / "elsewhere")
    for number, letter in enumerate(
        (
            {"letter": new_letter_name(), "content": ""},
            {"letter": "../../moling.key", "content": ""},
            {"letter": kept.file, "content": "!"},
            {"letter": kept.file},
        )
    ):
        body = b"".join([*lines[:-1], json.dumps(letter, separators=(",", ":")).encode() + b"\n"])
        end = {"rows": rows, "sha256": sha256(body).hexdigest()}
        wrong = tmp_path / f"wrong{number}"
        wrong.write_bytes(gzip.compress(body + json.dumps(end).encode() + b"\n"))
        with pytest.raises(BackupFileError, match="fit the tables"):
            restore(other, letters, check_backup(wrong))
        assert letters.names() == frozenset()
    assert restore(other, letters, check_backup(file)).letters == 1
    other.close()


def test_commands_tell_of_letters_and_their_key(
    asked: Store,
    url: str,
    new_url: Callable[[], str],
    tmp_path: Path,
    run: Run,
) -> None:
    """How many there are, that the key stays behind, and that it lacks where they are restored."""
    vault = LetterVault(tmp_path / "letters", tmp_path / "key")
    keep(asked, vault)
    code, shown, complaint = run(url, "backup", tmp_path / "a.gz")
    assert (code, complaint) == (0, "")
    assert "letters 1." in shown
    assert f"The key {tmp_path / 'key'} is not in it" in shown
    code, shown, complaint = run(new_url(), "restore", tmp_path / "a.gz")
    assert (code, complaint) == (0, "")
    key = (tmp_path / "key").read_bytes()
    (tmp_path / "key").unlink()
    code, shown, complaint = run(new_url(), "restore", tmp_path / "a.gz")
    assert (code, "letters 1." in shown) == (0, True)
    assert f"{tmp_path / 'key'} is not the key they were written with" in complaint
    (tmp_path / "key").write_bytes(key)
    fresh = new_url()
    code, shown, complaint = run(fresh, "restore", tmp_path / "a.gz")
    assert (code, len(complaint.splitlines())) == (2, 1)
    assert "chmod 600" in complaint
    (tmp_path / "key").chmod(0o600)
    assert run(fresh, "restore", tmp_path / "a.gz")[0] == 0  # nothing had been restored


def test_an_attachment_of_the_other_regency_is_out_of_reach(asked: Store, vault: LetterVault) -> None:
    """Neither listed nor removed from there."""
    kept = keep(asked, vault)
    assert asked.read(ASAHAN, lambda scope: list_attachments(scope, REQUEST.id)) == ()
    with pytest.raises(MissingError):
        drop_attachment(asked, vault, ASAHAN, kept.id, by="kepala", at=NOW)
    with pytest.raises(MissingError):
        asked.write(ASAHAN, lambda scope: add_attachment(scope, kept, by="kepala"))
    assert vault.folder.names() == {kept.file}

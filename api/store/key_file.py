"""The office's key: a file for its user alone, in no backup. Letters are encrypted by it, and calls are signed."""

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from api.i18n import N_
from api.store.errors import LetterKeyError
from api.store.letter_folder import sync_folder

_KEY_LINE: Final = re.compile(rb"moling-key-1 ([0-9a-f]{64})\n?")
_KEY_BYTES: Final = 32


def find_key(file: Path) -> bytes | None:
    """
    The key in that file; None where there is no file.

    Raises
    ------
    LetterKeyError
        When it is no key, or others may read it.
    """
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise LetterKeyError(N_("{file} is no key of Moling."), file=file)
            if stat.S_IMODE(mode) & 0o077:
                raise LetterKeyError(
                    N_("Others may read the key {file}, which must be a secret: chmod 600."), file=file
                )
            line = stream.read(1_000)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LetterKeyError(
            N_("The key {file} cannot be read: {problem}."), file=file, problem=error.strerror
        ) from error
    found = _KEY_LINE.fullmatch(line)
    if found is None:
        raise LetterKeyError(N_("{file} is no key of Moling."), file=file)
    return bytes.fromhex(found[1].decode())


def make_key(file: Path) -> bytes:
    """
    Make the file with a new key, unless another process was quicker; the key that is in it then.

    Raises
    ------
    LetterKeyError
        When it cannot be written.
    """
    key = secrets.token_bytes(_KEY_BYTES)
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(b"moling-key-1 " + key.hex().encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):  # another process was quicker: its key is the one
            os.link(fresh, file)
        sync_folder(file.parent)
    except OSError as error:
        raise LetterKeyError(
            N_("The key {file} cannot be written: {problem}."), file=file, problem=error.strerror
        ) from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    return find_key(file) or key

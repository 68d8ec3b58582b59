"""
Letters at rest: encrypted one by one with a key that lies elsewhere; the home of cryptography.

AES-256 in GCM (NIST SP 800-38D), a random nonce of 96 bits for each file. Regency, request and name are bound to what
is encrypted: a file that is put in another's place does not open. Before that stands which key it was, as a hash of it,
so that a wrong key can be told from a damaged file.
"""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.i18n import N_
from api.store.errors import DamagedError, LetterKeyError
from api.store.key_file import find_key, make_key
from api.store.letter_folder import LetterFolder, new_letter_name
from api.store.scope import RegencyCode
from api.store.tables import json_text

_MAGIC: Final = b"moling-letter-1\n"
_KEY_ID: Final = slice(len(_MAGIC), len(_MAGIC) + 32)
_NONCE: Final = slice(_KEY_ID.stop, _KEY_ID.stop + 12)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """
    What a row needs to know of a file.

    Attributes
    ----------
    name
        Its random name.
    key_id
        Which key opens it: the hash of the key, in hexadecimal.
    """

    name: str
    key_id: str


class LetterVault:
    """
    Encrypts letters into a folder, and back.

    Parameters
    ----------
    folder
        Of the files, and of nothing else.
    key_file
        Made when the first letter is put in, for this user alone. Never inside the folder, and in no backup.
    """

    def __init__(self, folder: Path, key_file: Path) -> None:
        self.folder = LetterFolder(folder)
        self._key_file = key_file

    def put(self, content: bytes, *, regency: RegencyCode, request: str) -> KeptFile:
        """
        Encrypt a letter into a new file; it is on the disk afterwards.

        Raises
        ------
        LetterKeyError
            When there are letters but no key, or the key cannot be used.
        LetterFilesError
            When the file cannot be written.
        """
        key = self._find_key() or self._make_key()
        name, nonce = new_letter_name(), secrets.token_bytes(12)
        head = _MAGIC + _hash(key)
        sealed = AESGCM(key).encrypt(nonce, content, _bound(head, regency, request, name))
        self.folder.put(name, head + nonce + sealed)
        return KeptFile(name, _hash(key).hex())

    def get(self, name: str, *, regency: RegencyCode, request: str) -> bytes:
        """
        The letter in that file.

        Raises
        ------
        MissingError
            When there is no such file.
        LetterKeyError
            When the key is missing or not the one that it was written with.
        DamagedError
            When it was changed, or is another request's.
        LetterFilesError
            When it cannot be read.
        """
        file = self.folder.get(name)
        key = self._find_key()
        if key is None:
            raise self._missing()
        head = file[: _KEY_ID.stop]
        if not head.startswith(_MAGIC) or len(file) <= _NONCE.stop:
            raise DamagedError(N_("A letter of {request} is not as it was written."), request=request[:60])
        if not secrets.compare_digest(head[_KEY_ID], _hash(key)):
            raise LetterKeyError(
                N_("The letters cannot be opened: the key {file} is not the one they were written with."),
                file=self._key_file,
            )
        try:
            return AESGCM(key).decrypt(file[_NONCE], file[_NONCE.stop :], _bound(head, regency, request, name))
        except InvalidTag as error:
            raise DamagedError(N_("A letter of {request} is not as it was written."), request=request[:60]) from error

    def find_key_id(self) -> str | None:
        """
        Which key is there; None where there is none.

        Raises
        ------
        LetterKeyError
            When the key cannot be used.
        """
        key = self._find_key()
        return None if key is None else _hash(key).hex()

    def _find_key(self) -> bytes | None:
        self._check_place()
        return find_key(self._key_file)

    def _make_key(self) -> bytes:
        if self.folder.names():
            raise self._missing()  # a new key would hide that the old one is lost
        return make_key(self._key_file)

    def _check_place(self) -> None:
        if self._key_file.resolve().is_relative_to(self.folder.path.resolve()):
            raise LetterKeyError(
                N_("The key {file} must not lie among the letters that it opens."), file=self._key_file
            )

    def _missing(self) -> LetterKeyError:
        return LetterKeyError(
            N_("The letters cannot be opened: there is no key {file}; put it back there."), file=self._key_file
        )


def _hash(key: bytes) -> bytes:
    return hashlib.sha256(b"moling key id\0" + key).digest()


def _bound(head: bytes, regency: str, request: str, name: str) -> bytes:
    return head + json_text([regency, request, name]).encode()

"""
An uploaded letter made safe: recognised by its content, taken apart and written anew in a child process with caps.

Bytes pass to the child and back through files without a name, in memory where the system has such: whoever pulls the
plug leaves no readable letter behind on a disk.

Refusals are `ToldError`s like those of agencies' files, because they are the file's fault and told to whoever sent it;
yet the child says only which of them it is, never a sentence. What a child says is not trusted.
"""

import hashlib
import json
import os
import tempfile
import threading
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedRandom
from types import MappingProxyType, TracebackType
from typing import Final, Self

from api.i18n import N_
from geodata.capped_process import CappedProcess, Caps, Ending
from geodata.errors import ToldError

MOST_BYTES: Final = 10_000_000
"""Of an uploaded file, and of a clean one."""
MOST_PIXELS: Final = 25_000_000
MOST_PAGES: Final = 20
JPEG: Final = "image/jpeg"
PDF: Final = "application/pdf"
_STARTS: Final = {JPEG: b"\xff\xd8\xff", PDF: b"%PDF-"}
"""What a clean file is, and how it begins."""
_CAPS: Final = Caps(memory_mb=512, seconds=20, written_bytes=2 * MOST_BYTES)
_AT_ONCE: Final = 2
"""Letters that are cleaned at the same time, so that many that come at once cannot take the machine's memory."""
_WAIT_S: Final = 60.0
_WORKER: Final = "api.attachments.child"


class Problem(StrEnum):
    """Why a file was refused."""

    EMPTY = "empty"
    SIZE = "size"
    KIND = "kind"
    HEIC = "heic"
    DAMAGED = "damaged"
    PIXELS = "pixels"
    ENCRYPTED = "encrypted"
    PAGES = "pages"
    DEMANDING = "demanding"
    BUSY = "busy"


_MESSAGES: Final = MappingProxyType(
    {
        Problem.EMPTY: N_("The file is empty; send a photograph (JPEG, PNG, WebP) or a PDF."),
        Problem.SIZE: N_("The file is too large: at most {megabytes} MB; send fewer pages or a smaller picture."),
        Problem.KIND: N_("The file is neither a photograph (JPEG, PNG, WebP) nor a PDF; photograph the letter."),
        Problem.HEIC: N_("Pictures of kind HEIC cannot be read; set the camera to JPEG ('Most compatible')."),
        Problem.DAMAGED: N_("The file is damaged or incomplete; photograph the letter or save it once more."),
        Problem.PIXELS: N_("The picture is too large: at most {megapixels} megapixels; choose a smaller one."),
        Problem.ENCRYPTED: N_("The PDF is locked; save it without a password and without restrictions."),
        Problem.PAGES: N_("The PDF has too many pages: at most {pages}; send the letter and its lists only."),
        Problem.DEMANDING: N_("The file takes too long or too much memory to check; photograph the letter instead."),
        Problem.BUSY: N_("Too many letters are being checked just now; try again in a minute."),
    }
)


class LetterError(ToldError):
    """
    An uploaded file is not taken; nothing of it was kept.

    Attributes
    ----------
    problem
        Why, for programs.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        limits = {"megabytes": MOST_BYTES // 10**6, "megapixels": MOST_PIXELS // 10**6, "pages": MOST_PAGES}
        message = _MESSAGES[problem]
        super().__init__(message, **{name: most for name, most in limits.items() if f"{{{name}}}" in message})


@dataclass(frozen=True, slots=True)
class CleanFile:
    """
    A letter as it may be kept and shown.

    Attributes
    ----------
    media_type
        `JPEG` or `PDF`, whatever came in.
    content
        Written by us from what was understood of the upload, at most `MOST_BYTES`.
    pages
        Of a PDF, 1 to `MOST_PAGES`; 1 for a picture.
    """

    media_type: str
    content: bytes
    pages: int

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


class LetterCleaner:
    """
    Cleans letters one after another; ends its processes with the ``with`` block, and with the thread that opened it.

    Parameters
    ----------
    caps
        For each letter by itself.
    """

    def __init__(self, caps: Caps = _CAPS) -> None:
        self._caps = caps
        self._upload, self._answer = _nameless_file(), _nameless_file()
        numbers = (self._upload.fileno(), self._answer.fileno())
        self._request = {"upload": numbers[0], "answer": numbers[1]}
        self._process = CappedProcess(_WORKER, inherits=numbers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)
        self._upload.close()
        self._answer.close()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    @property
    def peak_kb(self) -> int:
        """The most resident memory that a child has taken yet, that of the loaded libraries included."""
        return self._process.peak_kb

    def clean(self, content: bytes) -> CleanFile:
        """
        The letter, written anew.

        Raises
        ------
        LetterError
            When it is not taken, whatever the reason.
        """
        if not content:
            raise LetterError(Problem.EMPTY)
        if len(content) > MOST_BYTES:
            raise LetterError(Problem.SIZE)
        _fill(self._upload, content)
        _fill(self._answer, b"")
        match self._process.ask(self._request, self._caps):
            case Ending.DONE:
                self._answer.seek(0)
                return _read_answer(self._answer.read(self._caps.written_bytes))
            case Ending.TIME | Ending.MEMORY:
                raise LetterError(Problem.DEMANDING)
            case Ending.BROKEN:
                raise LetterError(Problem.DAMAGED)
            case Ending.GONE:
                raise LetterError(Problem.BUSY)


_free = threading.BoundedSemaphore(_AT_ONCE)


def clean_letter(content: bytes) -> CleanFile:
    """
    An uploaded letter, written anew; takes a second or so, from any thread.

    A picture becomes a JPEG of at most 2,400 pixels a side, upright, without metadata. A PDF keeps what its pages show,
    forms and stamps included, and nothing else: no script, action, link, attachment, form field or metadata.

    Raises
    ------
    LetterError
        When it is not taken, whatever the reason.
    """
    if not _free.acquire(timeout=_WAIT_S):
        raise LetterError(Problem.BUSY)
    try:
        # One server a letter: it must end with the thread that began it, and threads of a web server come and go.
        with LetterCleaner() as cleaner:
            return cleaner.clean(content)
    finally:
        _free.release()


def _nameless_file() -> BufferedRandom:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("letter"), "w+b")
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by its owner)
    assert isinstance(file, BufferedRandom)
    return file


def _fill(file: BufferedRandom, content: bytes) -> None:
    file.seek(0)
    file.truncate()
    file.write(content)
    file.flush()


def _read_answer(answer: bytes) -> CleanFile:
    """What a child has written: a line of JSON, then the clean file; every word checked."""
    head, _, content = answer.partition(b"\n")
    try:
        document = json.loads(head)
        if "problem" in document:
            raise LetterError(Problem(document["problem"]))
        media_type, pages = document["media_type"], int(document["pages"])
        is_sound = content.startswith(_STARTS[media_type]) and 1 <= pages <= MOST_PAGES
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, LetterError):
            raise
        raise LetterError(Problem.DAMAGED) from error
    if not is_sound:
        raise LetterError(Problem.DAMAGED)
    if len(content) > MOST_BYTES:
        raise LetterError(Problem.SIZE)
    return CleanFile(media_type, content, pages)

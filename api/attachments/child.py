"""Runs in the child process of `cleaning`: recognises an upload by its content and has it written anew."""

import json
import os
from collections.abc import Mapping
from typing import Any, Final

from api.attachments.cleaning import JPEG, MOST_BYTES, PDF, LetterError, Problem
from api.attachments.pdf import clean_pdf
from api.attachments.picture import clean_picture, load_formats

_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_HEIC: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_HEAD: Final = 1024
"""Bytes in which a PDF may begin, by its readers' custom; scanners put junk before it."""


def load() -> None:
    """Load what the children need; called once, in the server."""
    load_formats()


def work(request: Mapping[str, Any]) -> None:
    """Read the upload from one open file and write the answer into another; called in the child."""
    content = os.pread(request["upload"], MOST_BYTES + 1, 0)
    answer = memoryview(_answer(content))
    place = 0
    while place < len(answer):
        place += os.pwrite(request["answer"], answer[place:], place)


def _answer(content: bytes) -> bytes:
    try:
        media_type, clean, pages = _cleaned(content)
        head: Mapping[str, object] = {"media_type": media_type, "pages": pages}
    except LetterError as error:
        head, clean = {"problem": error.problem}, b""
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (whatever a damaged file makes of a library is the file's fault)
        head, clean = {"problem": Problem.DAMAGED}, b""
    return json.dumps(head).encode() + b"\n" + clean


def _cleaned(content: bytes) -> tuple[str, bytes, int]:
    """Kind, content and pages of the clean file."""
    if content.startswith(_PICTURES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return JPEG, clean_picture(content), 1
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        raise LetterError(Problem.HEIC)
    place = content[:_HEAD].find(b"%PDF-")
    if place < 0:
        raise LetterError(Problem.KIND)
    return (PDF, *clean_pdf(content[place:]))

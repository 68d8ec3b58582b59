"""
Arrays kept in a file of a region folder, bound to a key that says what they were made from.

Such a file spares work and is no input: what is damaged, too large or of another key counts as not there, and a folder
that cannot be written to is planned with all the same. It can be deleted at any time.
"""

import io
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from geodata.road_graph import UNREADABLE

MAX_KEPT_BYTES: Final = 300_000_000
Arrays = Mapping[str, npt.NDArray[Any]]


def find_kept(path: Path, key: str) -> Arrays | None:
    """The arrays in a file, if it can be read and bears that key; what they hold is the caller's to check."""
    with suppress(*UNREADABLE):
        status = path.stat()
        if status.st_size <= MAX_KEPT_BYTES:
            return _read(path, status.st_mtime_ns, key)
    return None


def keep(path: Path, key: str, arrays: Arrays) -> None:
    """Put arrays in the place of a file, as a whole or not at all."""
    stream = io.BytesIO()
    every: dict[str, Any] = {**arrays, "key": np.array(key)}
    np.savez_compressed(stream, **every)
    fresh = path.with_name(f".{path.name}-{uuid4().hex}")
    try:
        fresh.write_bytes(stream.getvalue())
        os.replace(fresh, path)  # noqa: PTH105 (replaces in one step)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, key: str) -> Arrays:
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > MAX_KEPT_BYTES:
            raise ValueError("The file is too large.")
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
        if str(archive["key"]) != key:
            raise ValueError("The file is of another key.")
        return MappingProxyType({name: archive[name] for name in archive.files})

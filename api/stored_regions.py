"""
Regions of the store as folders on this machine, where planning finds roads and keeps travel times.

A folder is bound to the content of its files: whoever finds it has the region of exactly those documents. When they
change, the travel times of the former folder go along; they know by themselves which roads they are of.
"""

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

from api.store.scope import RegencyCode
from geodata.region import Region, load_region

_KEPT_TIMES: Final = "travel*.npz"
_KEPT_FOR_S: Final = 86_400.0
"""A folder that was not used for so long is removed; a plan that began with it has ended long ago."""
_MOST_LOADED: Final = 4


class StoredRegions:
    """
    Regions by the content of their documents, on disk and, the latest few, in memory.

    Parameters
    ----------
    folder
        For the folders, made where it lacks; several processes may share it. It can be deleted while none of them runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: dict[str, Region] = {}

    def region(self, regency: RegencyCode, files: Mapping[str, bytes]) -> Region:
        """
        The regency of these documents, by file name; its folder holds them and its travel times.

        Raises
        ------
        RegionError
            When they have faults, all of them; the store has checked them by the program of its day.
        OSError
            When the folder cannot be written.
        """
        content = hashlib.sha256()
        for name in sorted(files):
            content.update(f"{name} {len(files[name])} ".encode() + files[name])
        key = content.hexdigest()[:32]
        with self._lock:
            folder = self._folder / regency / key
            if not folder.is_dir():
                self._make(folder, files)
                self._loaded.pop(key, None)
            os.utime(folder)
            if key not in self._loaded:
                self._loaded = dict(list(self._loaded.items())[1 - _MOST_LOADED :])
                self._loaded[key] = load_region(folder)
            return self._loaded[key]

    def _make(self, folder: Path, files: Mapping[str, bytes]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = folder.with_name(f".{uuid4().hex}")
        fresh.mkdir(mode=0o700)
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        for former in _former(folder.parent):
            for times in former.glob(_KEPT_TIMES):
                with suppress(OSError):
                    shutil.copyfile(times, fresh / times.name)
        try:
            fresh.rename(folder)
        except OSError:  # another process was faster
            shutil.rmtree(fresh, ignore_errors=True)
            if not folder.is_dir():
                raise


def _former(parent: Path) -> list[Path]:
    """Folders of the regency, the last used last; those that nobody uses any more are removed."""
    found: list[tuple[float, Path]] = []
    for each in parent.iterdir():
        with suppress(OSError):  # another process may remove it too
            used = each.stat().st_mtime
            if time.time() - used > _KEPT_FOR_S:
                shutil.rmtree(each)
            elif not each.name.startswith("."):
                found.append((used, each))
    return [each for _, each in sorted(found)]

"""
The folder of results, written as a whole: whoever looks sees the old one or the new one, never half of it.

Files are written into a hidden folder beside the wanted one, which then takes its place. A folder that holds anything
but an earlier plan's files is refused, so that a mistyped name destroys nothing.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from api.errors import OutputFolderError

_FILE_NAME = re.compile(r"\w[\w.-]*")
_OURS = re.compile(
    r"(instance|plan|cards|ways)\.json|week\.(html|xlsx|geojson)|day-[\w.-]+\.(html|gpx)|recurring\.csv|calendar\.html"
)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """
    Write the files, by name, as the whole content of the folder; an earlier plan in it is replaced.

    Raises
    ------
    OutputFolderError
        When the folder holds other files, cannot be written, or a name of a file would lead out of it. Nothing is
        changed then.
    """
    for name in files:
        if not _FILE_NAME.fullmatch(name):
            raise OutputFolderError(folder, f"'{name}' is no file name; it must be letters, digits, '.', '_' and '-'")
    check_folder(folder)
    fresh = folder.with_name(f".{folder.name}-{uuid4().hex}")
    try:
        fresh.mkdir(parents=True)
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        _take_place(fresh, folder)
    except OSError as error:
        raise OutputFolderError(folder, error.strerror or str(error)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_folder(folder: Path) -> None:
    """
    Refuse a folder that does not belong to a plan, before any work is done for it.

    Raises
    ------
    OutputFolderError
        When it is a file or a link, or holds files that no plan wrote.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputFolderError(folder, "it is no folder; name a new one")
    strangers = sorted(each.name for each in folder.iterdir() if not _is_ours(each)) if folder.exists() else []
    if strangers:
        raise OutputFolderError(folder, f"it holds '{strangers[0]}', which no plan wrote; name a new or empty one")


def _is_ours(path: Path) -> bool:
    return path.is_file() and _OURS.fullmatch(path.name) is not None


def _take_place(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    former = folder.with_name(f"{fresh.name}-former")
    folder.rename(former)
    try:
        fresh.rename(folder)
    except OSError:
        former.rename(folder)
        raise
    shutil.rmtree(former, ignore_errors=True)

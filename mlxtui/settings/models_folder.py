"""Whether a folder can hold models, before it becomes a setting."""

import os
import shutil
from pathlib import Path

from mlxtui import paths
from mlxtui.i18n import _


def folder_problem(text: str) -> str:
    """Why models cannot be kept in this folder; empty when they can.

    The folder need not exist, if it can be made. It looks at the disk.

    Args:
        text: A path as typed: whole, or from the home folder on (`~`).
    """
    if not Path(os.path.expanduser(text)).is_absolute():
        return _("Give the whole path, from / or ~ on.")
    path = paths.expand(text)
    try:
        there = _nearest(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return _("This folder cannot be made: {reason}").format(reason=reason)
    if not there.is_dir():
        return _("{path} is a file, not a folder.").format(path=there)
    if not os.access(there, os.W_OK | os.X_OK):
        return _("You may not write into {path}.").format(path=there)
    return ""


def free_bytes(path: Path) -> int:
    """The free space of the disk that a folder is or would be on; 0 if not known."""
    try:
        return shutil.disk_usage(_nearest(path)).free
    except (OSError, ValueError):
        return 0


def _nearest(path: Path) -> Path:
    """The folder itself, or the part of its path that is there."""
    while True:
        try:
            os.stat(path)
            return path
        except (FileNotFoundError, NotADirectoryError):
            path = path.parent

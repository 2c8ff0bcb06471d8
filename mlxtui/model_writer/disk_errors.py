"""The errors of a disk that is full or cannot be written."""

import errno
import shutil
from pathlib import Path

from mlxtui.errors import DiskFull, JobRefused, MlxTuiError
from mlxtui.i18n import _
from mlxtui.units import bytes_text

_FULL = (errno.ENOSPC, errno.EDQUOT)


def disk_error(error: OSError, folder: Path) -> MlxTuiError:
    """What a disk that fails is to the user: full, or not writable.

    Args:
        folder: Where was written to, when the error names no file.
    """
    if error.errno in _FULL:
        return disk_full(folder)
    return JobRefused(
        _("{path} cannot be written: {reason}").format(
            path=error.filename or folder, reason=error.strerror or error
        ),
        hint=_("Check the folder's permissions and the disk."),
    )


def disk_full(folder: Path, needed_bytes: int | None = None) -> DiskFull:
    """The error of a disk without room.

    Args:
        needed_bytes: What is still to be written, where that is known.
    """
    free = bytes_text(shutil.disk_usage(folder).free)
    if needed_bytes is None:
        message = _("The disk of {path} is full; {free} are free.").format(
            path=folder, free=free
        )
    else:
        message = _("{path} needs {needed}; {free} are free.").format(
            path=folder, needed=bytes_text(needed_bytes), free=free
        )
    return DiskFull(
        message, hint=_("Make room and try again: what is done already is kept.")
    )

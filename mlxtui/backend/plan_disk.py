"""Whether the disks have room for what a plan writes."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mlxtui.i18n import _
from mlxtui.units import bytes_text


class DiskNeed(NamedTuple):
    """What the fullest of the disks has, and what it would take."""

    needed_bytes: int
    free_bytes: int
    problem: str = ""
    hint: str = ""


def disk_need(writes: Mapping[Path, int]) -> DiskNeed:
    """Add up what is written on each disk; the one with the least left is told.

    Args:
        writes: Bytes by folder; folders need not be there yet.
    """
    needed: dict[int, int] = {}
    free: dict[int, int] = {}
    for folder, size_bytes in writes.items():
        place = _existing(folder)
        try:
            device = os.stat(place).st_dev
            free[device] = shutil.disk_usage(place).free
        except OSError:
            continue  # what cannot be asked cannot be promised either
        needed[device] = needed.get(device, 0) + size_bytes
    if not free:
        return DiskNeed(sum(writes.values()), 0)
    device = min(free, key=lambda each: free[each] - needed[each])
    if needed[device] <= free[device]:
        return DiskNeed(needed[device], free[device])
    return DiskNeed(
        needed[device],
        free[device],
        _("The disk is too full: {needed} are needed, {free} are free.").format(
            needed=bytes_text(needed[device]), free=bytes_text(free[device])
        ),
        _(
            "Free {missing}, or choose a models folder on another disk:"
            " mlxtui config set models_folder FOLDER"
        ).format(missing=bytes_text(needed[device] - free[device])),
    )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not os.path.exists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder

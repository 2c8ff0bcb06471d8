"""Models whose making stops on the way: what is kept then, and a disk that fills up."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlxtui.errors import DiskFull
from tests.inference.making.making import assert_same_weights

Make = Callable[[Path], object]
"""Makes a model as this folder."""


def making_folder(target: Path) -> Path:
    """Where a model is made until it is whole."""
    return target.with_name(f".{target.name}.making")


def complete_files(target: Path) -> dict[str, int]:
    """The weight files that are complete, and when they were written."""
    progress: dict[str, Any] = json.loads(
        (making_folder(target) / "progress.json").read_text()
    )
    return {
        name: (making_folder(target) / "model" / name).stat().st_mtime_ns
        for name in progress["complete"]
    }


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A disk that takes so many bytes, and then no more."""
    left = [10**9]
    pwrite = os.pwrite

    def write(file: int, data: bytes, offset: int) -> int:
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = pwrite(file, data[: left[0]], offset)
        left[0] -= count
        return count

    monkeypatch.setattr(os, "pwrite", write)
    return left


def assert_goes_on(make: Make, target: Path) -> None:
    """What is complete is taken over, and the model is as if it was made at once."""
    before = complete_files(target)
    assert before
    make(target)
    assert before == {name: (target / name).stat().st_mtime_ns for name in before}
    assert not making_folder(target).exists()
    at_once = target.with_name("at-once")
    make(at_once)
    assert_same_weights(target, at_once)


def assert_full_disk_keeps_what_is_complete(
    make: Make, target: Path, small_disk: list[int], room_bytes: int
) -> None:
    """It fails with a full disk, and goes on where there is room again."""
    small_disk[0] = room_bytes
    with pytest.raises(DiskFull, match="is full; .* are free"):
        make(target)
    assert not target.exists()
    small_disk[0] = 10**9
    assert_goes_on(make, target)


def assert_room_is_looked_for_first(
    make: Make, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little room is said before anything is written."""
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DiskFull, match=r"needs 3\d\.\d MB; 1\.0 MB are free"):
        make(target)
    assert not list((making_folder(target) / "model").iterdir())

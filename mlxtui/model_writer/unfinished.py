"""The folder in which a model is made, until it is whole.

`.NAME.making` lies beside the target:

- `model/`         becomes the target in one rename, when all of it is on the disk
- `progress.json`  source, recipe, and the weight files that are complete with what
                   was noted of each
- `lock`           held by the process that makes it

A kill, a power loss or a pause leaves it, and the next run with the same source and
recipe goes on after the last complete weight file. `discard` removes it.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mlxtui.errors import JobRefused
from mlxtui.i18n import _
from mlxtui.paths import write_atomically


def discard(target: Path) -> None:
    """Remove what is there of a model that is not to be finished.

    Raises:
        JobRefused: Another process is making it.
        OSError: The folder cannot be removed.
    """
    folder = _folder(target)
    if folder.is_dir():
        lock = _lock(folder, target)
        try:
            shutil.rmtree(folder)
        finally:
            os.close(lock)


class Unfinished:
    """The folder of a model that is being made.

    Args:
        plan: Source and recipe, as JSON has it. What was made by another plan is
            discarded.

    Raises:
        JobRefused: The target exists, or another process is making it.
        OSError: The folder cannot be made.
    """

    def __init__(self, target: Path, plan: dict[str, Any]) -> None:
        if os.path.lexists(target):
            raise JobRefused(
                _("{path} exists already.").format(path=target),
                hint=_("Choose another name, or remove it first."),
            )
        self._target = target
        self._folder = _folder(target)
        self._progress = self._folder / "progress.json"
        self._plan = plan
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock: int | None = _lock(self._folder, target)
        self.model = self._folder / "model"
        try:
            self._complete = self._complete_before()
            self._clean()
        except BaseException:
            self.close()
            raise

    def is_complete(self, file: str) -> bool:
        """Whether a weight file need not be made again."""
        return file in self._complete

    def note(self, file: str) -> Any:
        """What was noted of a complete weight file."""
        return self._complete.get(file)

    def add_complete(self, file: str, note: Any = None) -> None:
        """A weight file is on the disk, with all its bytes.

        Args:
            note: What is to be known of it by those who go on, as JSON has it.
        """
        _sync_folder(self.model)
        self._complete[file] = note
        self._write()

    def finish(self, files: Iterable[Path]) -> None:
        """Put the model into its place.

        Args:
            files: Small ones, which are not on the disk yet for certain.
        """
        for file in files:
            with open(file, "rb") as opened:
                os.fsync(opened.fileno())
        _sync_folder(self.model)
        os.rename(self.model, self._target)
        _sync_folder(self._target.parent)
        shutil.rmtree(self._folder)

    def close(self) -> None:
        """Let others make it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _complete_before(self) -> dict[str, Any]:
        try:
            progress = json.loads(self._progress.read_text("utf-8"))
            if progress["plan"] == self._plan:
                return dict(progress["complete"])
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            pass  # nothing that we could go on with
        return {}

    def _clean(self) -> None:
        """Remove everything but complete weight files."""
        self.model.mkdir(exist_ok=True)
        for file in self.model.iterdir():
            if file.name not in self._complete:
                file.unlink()
        there = {file.name for file in self.model.iterdir()}
        self._complete = {
            name: note for name, note in self._complete.items() if name in there
        }
        self._write()

    def _write(self) -> None:
        progress = {"plan": self._plan, "complete": self._complete}
        write_atomically(self._progress, json.dumps(progress))


def _folder(target: Path) -> Path:
    return target.with_name(f".{target.name}.making")


def _lock(folder: Path, target: Path) -> int:
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise JobRefused(
            _("{path} is being made by another program.").format(path=target),
            hint=_("Wait for its end, or choose another name."),
        ) from error
    return lock


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

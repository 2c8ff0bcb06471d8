"""Where a model's files are read from: this machine, or a repository."""

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from mlxtui.i18n import _

# Someone may point at their home folder: enough for any model, quick for anything.
_MAX_FILES = 20_000
_MAX_DEPTH = 2

_JSON_ERRORS = (ValueError, RecursionError)

# Vocabularies are the longest JSON files that models have; those are never read here.
_MAX_JSON_BYTES = 64_000_000


class Source(Protocol):
    """Files that can be looked at in parts, without fetching or holding all of them."""

    def files(self) -> Mapping[str, int]:
        """Size in bytes of each file, by its path, whose parts `/` separates."""

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """A part of a file, less where it ends before.

        Raises:
            OSError: The file cannot be read.
            MlxTuiError: The hub does not give it.
        """


class LocalSource:
    """A folder of this machine.

    Args:
        folder: Also one that is not there, or a file: it has no files then.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, int] | None = None

    def files(self) -> Mapping[str, int]:
        """The files of the folder and of the folders in it, hidden ones left out."""
        if self._files is None:
            self._files = {}
            self._list(self._folder, "", _MAX_DEPTH)
        return self._files

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """A part of a file.

        Raises:
            OSError: It cannot be read.
        """
        return _read(self._folder / path, start, length)

    def _list(self, folder: Path, prefix: str, depth: int) -> None:
        assert self._files is not None
        below = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if len(self._files) >= _MAX_FILES:
                        return
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir():
                        below.append(entry.name)
                    elif (size_bytes := _size(entry)) is not None:
                        self._files[prefix + entry.name] = size_bytes
        except OSError:
            return  # not there, or not ours to read
        for name in sorted(below) if depth > 1 else ():
            self._list(folder / name, f"{prefix}{name}/", depth - 1)


class FileSource:
    """Files of this machine that lie anywhere, under names of our choice.

    Args:
        files: Path of each by its name; those that are not there are left out.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._paths = files
        self._sizes: dict[str, int] = {}
        for name, path in files.items():
            with suppress(OSError):
                status = path.stat()
                if stat.S_ISREG(status.st_mode):
                    self._sizes[name] = status.st_size

    def files(self) -> Mapping[str, int]:
        """Size in bytes of each file, by its name."""
        return self._sizes

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """A part of a file.

        Raises:
            OSError: It cannot be read.
        """
        return _read(self._paths[path], start, length)


def _read(path: Path, start: int, length: int | None) -> bytes:
    with open(path, "rb", buffering=0) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        wanted = max(size_bytes - start, 0)
        if length is not None:
            wanted = min(wanted, length)  # nobody's word makes us allocate more
        file.seek(start)
        return file.read(wanted)


def _size(entry: os.DirEntry[str]) -> int | None:
    try:
        return entry.stat().st_size if entry.is_file() else None
    except OSError:
        return None  # a link without its file


def read_json(source: Source, path: str) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: It is damaged, or far longer than any such file.
        OSError: It cannot be read.
    """
    size_bytes = source.files().get(path, 0)
    if size_bytes > _MAX_JSON_BYTES:
        raise ValueError(_("it is too long"))
    try:
        return json.loads(source.read(path, 0, size_bytes).decode("utf-8"))
    except _JSON_ERRORS as error:
        reason = "" if isinstance(error, RecursionError) else str(error)
        raise ValueError(reason or _("it is nested too deeply")) from error


def read_object(source: Source, path: str) -> dict[str, Any]:
    """A JSON file that adds to what is known: `{}` where it is absent or damaged."""
    if path not in source.files():
        return {}
    try:
        content = read_json(source, path)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

"""What tells whether a GGUF file is the one that was seen: sizes, times, SHA-256."""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

# The names that Ollama's store and the hub's cache give to a content.
_NAMED = re.compile(r"(?:sha256-)?([0-9a-f]{64})")

_BLOCK_BYTES = 1024 * 1024


def file_states(files: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    """Size in bytes and time in nanoseconds of each file: others, when it changes.

    Raises:
        OSError: One is not there.
    """
    states = [file.stat() for file in files]
    return tuple((each.st_size, each.st_mtime_ns) for each in states)


class FileHash:
    """Reads files from their beginnings to their ends.

    Args:
        files: All parts, the first one first.

    Raises:
        OSError: One of them is not there.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = list(files)
        self.total_bytes = sum(file.stat().st_size for file in files)
        self.done_bytes = 0
        self._digests: list[str] = []
        self._digest = hashlib.sha256()
        self._open: int | None = None

    def advance(self, size_bytes: int) -> None:
        """Read on, about so far.

        Raises:
            ModelRefused: A file cannot be read.
        """
        try:
            self._advance(size_bytes)
        except OSError as error:
            raise ModelRefused(
                _("{file} cannot be read: {reason}").format(
                    file=self._files[len(self._digests)], reason=error.strerror
                ),
                hint=_("Look whether the file is there and may be read."),
            ) from error

    @property
    def is_complete(self) -> bool:
        """Whether all files were read to their ends."""
        return len(self._digests) == len(self._files)

    def hexdigests(self) -> tuple[str, ...]:
        """Those of the files."""
        return tuple(self._digests)

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def _advance(self, size_bytes: int) -> None:
        while size_bytes > 0 and len(self._digests) < len(self._files):
            if self._open is None:
                self._open = os.open(self._files[len(self._digests)], os.O_RDONLY)
            block = os.read(self._open, _BLOCK_BYTES)
            self._digest.update(block)
            self.done_bytes += len(block)
            size_bytes -= len(block)
            if not block:
                self._end_file()

    def _end_file(self) -> None:
        self.close()
        self._digests.append(self._digest.hexdigest())
        self._digest = hashlib.sha256()


def joint_sha256(digests: Sequence[str]) -> str:
    """What stands for a file: its own hash; of a split one, that of its parts'."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def named_sha256(file: Path) -> str:
    """The hash that a store's name for a content says; empty for other names."""
    match = _NAMED.fullmatch(Path(os.path.realpath(file)).name)
    return match[1] if match else ""

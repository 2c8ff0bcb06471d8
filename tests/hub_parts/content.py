"""What a file of the local hub holds: bytes, a file on the disk, or made-up bytes."""

import hashlib
import random
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_BLOCK_BYTES = 1 << 20

# The block of made-up bytes twice, so that each turn of it is one slice.
_PATTERN = random.Random(4).randbytes(_BLOCK_BYTES) * 2


@dataclass(frozen=True)
class MadeUp:
    """Bytes of any length that cost no memory: other ones at every place."""

    size_bytes: int
    seed: int = 0


Given = bytes | Path | MadeUp
"""What a test may give as a file's content."""

_sha256_of_made_up: dict[MadeUp, str] = {}


def _block(made_up: MadeUp, number: int) -> memoryview:
    turn = (number * 7919 + made_up.seed * 104729) * 61 % _BLOCK_BYTES
    return memoryview(_PATTERN)[turn : turn + _BLOCK_BYTES]


@dataclass
class HubFile:
    """One file of a repository on the local hub."""

    given: Given
    is_lfs: bool
    size_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.given, bytes):
            self.size_bytes = len(self.given)
        elif isinstance(self.given, Path):
            self.size_bytes = self.given.stat().st_size
        else:
            self.size_bytes = self.given.size_bytes

    def read(self, start: int, length: int) -> bytes | memoryview:
        """At most `length` bytes from `start` on; fewer at the end of a block."""
        if isinstance(self.given, bytes):
            return memoryview(self.given)[start : start + length]
        if isinstance(self.given, Path):
            with self.given.open("rb") as file:
                file.seek(start)
                return file.read(length)
        number, inside = divmod(start, _BLOCK_BYTES)
        length = min(length, self.size_bytes - start)
        return _block(self.given, number)[inside : inside + length]

    def all_bytes(self) -> bytes:
        """The whole content; not for large files."""
        parts = []
        start = 0
        while start < self.size_bytes:
            parts.append(bytes(self.read(start, _BLOCK_BYTES)))
            start += len(parts[-1])
        return b"".join(parts)

    @cached_property
    def sha256(self) -> str:
        """Of the content; worked out when it is first asked for."""
        if isinstance(self.given, MadeUp) and self.given in _sha256_of_made_up:
            return _sha256_of_made_up[self.given]
        digest = hashlib.sha256()
        start = 0
        while start < self.size_bytes:
            part = self.read(start, _BLOCK_BYTES)
            digest.update(part)
            start += len(part)
        if isinstance(self.given, MadeUp):
            _sha256_of_made_up[self.given] = digest.hexdigest()
        return digest.hexdigest()

    @cached_property
    def blob_id(self) -> str:
        """git's id of what git keeps: the content, or git-lfs's pointer to it."""
        kept = self._pointer if self.is_lfs else self.all_bytes()
        header = f"blob {len(kept)}\0".encode()
        return hashlib.sha1(header + kept, usedforsecurity=False).hexdigest()

    @property
    def etag(self) -> str:
        """What the hub calls this content: sha256 of large files, else git's id."""
        return self.sha256 if self.is_lfs else self.blob_id

    @property
    def pointer_bytes(self) -> int:
        """The length of git-lfs's pointer to it."""
        return len(self._pointer)

    @property
    def _pointer(self) -> bytes:
        return (
            "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{self.sha256}\nsize {self.size_bytes}\n"
        ).encode()

"""Reads ahead: a thread takes into the system's file cache what comes next.

On the way it looks for numbers that are none, which would spoil what is packed.
"""

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO

from mlxtui.inference.making.leaf_reader import read_all
from mlxtui.inference.making.source_files import StoredTensor
from mlxtui.model_writer.finite import is_finite

# How far ahead: the disk and the engine then seldom wait for each other.
_AHEAD_BYTES = 128 * 1024**2

# Fits into the processor's cache, where looking through it costs next to nothing.
_BLOCK_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tensor that will be read."""

    name: str
    tensor: StoredTensor
    must_be_finite: bool


class WarmingThread:
    """Reads tensors one after the other, not too far ahead of who needs them."""

    def __init__(self) -> None:
        self._wanted: Sequence[Wanted] = ()
        self._changed = threading.Condition()
        self._block = memoryview(bytearray(_BLOCK_BYTES))
        self._read_bytes = 0
        self._needed_bytes = 0
        self._is_closed = False
        self._failed: OSError | None = None
        self.not_finite = ""
        """Name of a tensor that holds infinities or NaN; empty as long as none does."""
        self._thread = threading.Thread(target=self._run, name="mlxtui-read-ahead")

    def start(self, wanted: Sequence[Wanted]) -> None:
        """Begin to read these, once."""
        self._wanted = wanted
        self._thread.start()

    def wait(self, position_bytes: int, timeout_seconds: float) -> bool:
        """Wait until so many bytes, of all in their order, were read.

        Raises:
            OSError: A file cannot be read.
        """
        with self._changed:
            self._needed_bytes = max(self._needed_bytes, position_bytes)
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._failed or self._read_bytes >= position_bytes,
                timeout_seconds,
            )
            if self._failed:
                raise self._failed
            return self._read_bytes >= position_bytes

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            for path, group in itertools.groupby(
                self._wanted, key=lambda each: each.tensor.path
            ):
                with FileIO(path) as file:
                    if not all(self._read(file, each) for each in group):
                        return
        except OSError as error:
            with self._changed:
                self._failed = error
                self._changed.notify_all()

    def _read(self, file: FileIO, wanted: Wanted) -> bool:
        """Read one tensor; whether to go on."""
        tensor = wanted.tensor
        offset, stop = tensor.start_byte, tensor.start_byte + tensor.size_bytes
        while offset < stop:
            size_bytes = min(_BLOCK_BYTES, stop - offset)
            block = self._block[:size_bytes]
            read_all(file, block, offset)
            if wanted.must_be_finite and not self.not_finite:
                if not is_finite(block, tensor.dtype):
                    self.not_finite = wanted.name
            offset += size_bytes
            with self._changed:
                self._read_bytes += size_bytes
                self._changed.notify_all()
                self._changed.wait_for(
                    lambda: (
                        self._is_closed
                        or self._read_bytes <= self._needed_bytes + _AHEAD_BYTES
                    )
                )
                if self._is_closed:
                    return False
        return True

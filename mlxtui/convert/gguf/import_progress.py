"""How far an import has come."""

import time
from collections.abc import Callable, Iterable, Mapping

from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.convert.gguf.new_weights import source_bytes

Report = Callable[[int, int, str], None]
"""Told how far it is: bytes done, bytes in all, the tensor that is taken over."""

# Oftener than eyes see, and no burden for the file of a job.
_TOLD_SECONDS = 0.04


class ImportProgress:
    """Counts the bytes of a file that were taken over.

    Args:
        tensors: All of the new model.
        left: Those that are still to be made.
        stored: The tensors of the file.
    """

    def __init__(
        self,
        tensors: Iterable[NewTensor],
        left: Iterable[NewTensor],
        stored: Mapping[str, GgufTensor],
        report: Report,
    ) -> None:
        self._report = report
        self._total_bytes = sum(source_bytes(tensor, stored) for tensor in tensors)
        left_bytes = sum(source_bytes(tensor, stored) for tensor in left)
        self._done_bytes = self._total_bytes - left_bytes
        self._told = 0.0

    @property
    def share(self) -> float:
        """Done of all, 0 to 1."""
        return min(self._done_bytes / max(self._total_bytes, 1), 1.0)

    def add(self, piece_bytes: int, note: str) -> None:
        """A piece was taken over."""
        self._done_bytes += piece_bytes
        now = time.monotonic()
        if now - self._told >= _TOLD_SECONDS or self._done_bytes >= self._total_bytes:
            self._told = now
            done_bytes = min(self._done_bytes, self._total_bytes)
            self._report(done_bytes, self._total_bytes, note)

"""The weight files of a model that is being made."""

from collections.abc import Callable, Iterable
from typing import Any

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.model_writer.finite import is_finite
from mlxtui.model_writer.shard_files import Shard, ShardFile
from mlxtui.model_writer.unfinished import Unfinished


class ModelFiles:
    """Takes tensors in pieces and puts them into their files. Disk thread only.

    Args:
        must_be_finite: Whether a weight that is no number is an error, as where a type
            of a smaller range was chosen.
        note: Gives what is noted of a file that is complete.
    """

    def __init__(
        self,
        unfinished: Unfinished,
        shards: Iterable[Shard],
        *,
        must_be_finite: bool,
        note: Callable[[Shard], Any] = lambda _shard: None,
    ) -> None:
        self._unfinished = unfinished
        self._shards = {name: shard for shard in shards for name in shard.tensors}
        self._must_be_finite = must_be_finite
        self._note = note
        self._open: dict[str, ShardFile] = {}

    def append(self, name: str, data: bytes) -> None:
        """Write what follows in a tensor.

        Raises:
            ModelRefused: A weight is too large for its type.
            OSError: The disk is full.
        """
        shard = self._shards[name]
        if self._unfinished.is_complete(shard.name):
            return  # its layer has another part in a file that is not
        dtype = shard.tensors[name].dtype
        if self._must_be_finite and not is_finite(data, dtype):
            raise ModelRefused(
                _("{name} holds numbers that are too large for {dtype}.").format(
                    name=name, dtype=dtype
                ),
                hint=_("Choose bfloat16 or float32."),
            )
        if shard.name not in self._open:
            self._open[shard.name] = ShardFile(self._unfinished.model, shard)
        file = self._open[shard.name]
        file.append(name, data)
        if file.is_complete:
            file.finish()
            del self._open[shard.name]
            self._unfinished.add_complete(shard.name, self._note(shard))

    def close(self) -> None:
        """Close what is not complete as it is."""
        while self._open:
            self._open.popitem()[1].close()

"""Reads the lists of `tokenizer.ggml`: hundreds of thousands of words in a second."""

import struct
from collections.abc import Callable
from typing import Any

from mlxtui.convert import refusals
from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.header import SCALARS, TEXT, GgufHeader, GgufList
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

_FLOATS = "fd"
_WHOLE = "BbHhIiQq"


def read_vocabulary(
    header: GgufHeader, read: Callable[[int, int], bytes]
) -> Vocabulary:
    """The vocabulary of a model.

    Args:
        header: Of the file, or of the first part of a split one.
        read: Gives the bytes of that file from a start, so many.

    Raises:
        ModelRefused: There is none, or its lists do not fit together.
        OSError: The file cannot be read.
    """

    def listed(name: str, kinds: str) -> list[Any]:
        found = header.lists.get(f"tokenizer.ggml.{name}")
        if found is None or not found.length:
            return []
        raw = read(found.start, found.end - found.start)
        if found.kind == TEXT and not kinds:
            return _texts(raw, found)
        form = SCALARS.get(found.kind, "")
        if not form or form not in kinds:
            raise _damaged()
        return _numbers(raw, f"<{found.length}{form}")

    tokens = listed("tokens", "")
    if not tokens:
        raise ModelRefused(
            _("It has no vocabulary."),
            hint=_("Take a version of the model that has its tokenizer in it."),
        )
    scores, types = listed("scores", _FLOATS), listed("token_type", _WHOLE)
    for beside in (scores, types):
        if beside and len(beside) != len(tokens):
            raise _damaged()
    return Vocabulary(
        tokens=tokens, scores=scores, types=types, merges=listed("merges", "")
    )


def _texts(raw: bytes, found: GgufList) -> list[str]:
    unpack = struct.Struct("<Q").unpack_from
    texts = []
    end = 0
    try:
        for _index in range(found.length):
            start = end + 8
            end = start + unpack(raw, end)[0]
            texts.append(raw[start:end].decode("utf-8", "replace"))
    except struct.error as error:
        raise _damaged() from error
    if end != len(raw):
        raise _damaged()
    return texts


def _numbers(raw: bytes, form: str) -> list[Any]:
    if len(raw) != struct.calcsize(form):
        raise _damaged()
    return list(struct.unpack(form, raw))


def _damaged() -> ModelRefused:
    return ModelRefused(
        _("Its vocabulary is damaged."), hint=_(refusals.FETCH_FILE_AGAIN)
    )

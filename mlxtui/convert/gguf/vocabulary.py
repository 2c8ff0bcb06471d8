"""Reads the lists of `tokenizer.ggml`: hundreds of thousands of words in a second."""

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mlxtui.convert import refusals
from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.header import SCALARS, TEXT, GgufHeader, GgufList
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

_TOKENS = "tokenizer.ggml.tokens"
# Control, user-defined, unused: of `tokenizer.ggml.token_type`.
_MARKS = frozenset({3, 4, 5})

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
        raise _missing()
    scores, types = listed("scores", _FLOATS), listed("token_type", _WHOLE)
    for beside in (scores, types):
        if beside and len(beside) != len(tokens):
            raise _damaged()
    return Vocabulary(
        tokens=tokens, scores=scores, types=types, merges=listed("merges", "")
    )


def check_vocabulary(header: GgufHeader) -> None:
    """Refuse a file without tokens, before anything is fetched.

    Raises:
        ModelRefused: It has none.
    """
    found = header.lists.get(_TOKENS)
    if found is None or not found.length:
        raise _missing()


def fitted_vocabulary(vocabulary: Vocabulary, most: int) -> Vocabulary:
    """Leave out the marks at the end that the model has no numbers for.

    The smallest Gemma 3, which sees nothing, has one for pictures.

    Args:
        most: Tokens that the model has numbers for.

    Raises:
        ModelRefused: There are pieces of text among them: it is another's vocabulary.
    """
    count, types = len(vocabulary.tokens), vocabulary.types
    if count <= most:
        return vocabulary
    if not types or not _MARKS.issuperset(types[most:]):
        raise ModelRefused(
            _("It has {count} tokens, of which its model knows {most}.").format(
                count=count, most=most
            ),
            hint=_("Choose another file of this model."),
        )
    return replace(
        vocabulary,
        tokens=vocabulary.tokens[:most],
        scores=vocabulary.scores[:most],
        types=types[:most],
    )


def _texts(raw: bytes, found: GgufList) -> list[str]:
    unpack = struct.Struct("<Q").unpack_from
    texts = []
    end = 0
    try:
        for _index in range(found.length):
            start = end + 8
            end = start + unpack(raw, end)[0]
            # What is no UTF-8 stays apart from the sign for that, which models have.
            texts.append(raw[start:end].decode("utf-8", "surrogateescape"))
    except struct.error as error:
        raise _damaged() from error
    if end != len(raw):
        raise _damaged()
    return texts


def _numbers(raw: bytes, form: str) -> list[Any]:
    if len(raw) != struct.calcsize(form):
        raise _damaged()
    return list(struct.unpack(form, raw))


def _missing() -> ModelRefused:
    return ModelRefused(
        _("It has no vocabulary."),
        hint=_("Take a version of the model that has its tokenizer in it."),
    )


def _damaged() -> ModelRefused:
    return ModelRefused(
        _("Its vocabulary is damaged."), hint=_(refusals.FETCH_FILE_AGAIN)
    )

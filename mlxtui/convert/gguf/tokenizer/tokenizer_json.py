"""`tokenizer.json`, as the library `tokenizers` reads it."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer.kinds import (
    ByteLevel,
    SentencePiece,
    Spaced,
    TokenizerKind,
)
from mlxtui.convert.gguf.tokenizer.piece_merges import is_piece, piece_merges
from mlxtui.convert.gguf.tokenizer.tokens import (
    BYTE,
    CONTROL,
    UNKNOWN,
    USER_DEFINED,
    Tokens,
)
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

_SPACE = "\u2581"
_BYTE_LEVEL = {
    "type": "ByteLevel",
    "add_prefix_space": False,
    "trim_offsets": True,
    "use_regex": False,
}

_Object = dict[str, Any]


def tokenizer_json(
    kind: TokenizerKind,
    tokens: Tokens,
    vocabulary: Vocabulary,
    *,
    unknown: str | None,
    around: tuple[Sequence[int], Sequence[int]],
    strips_after: frozenset[int],
) -> _Object:
    """The content of `tokenizer.json`.

    Args:
        tokens: Those of the vocabulary, with the types that they are to have.
        unknown: Text of the token for what no other one is; None where there is none.
        around: Ids before and after each text.
        strips_after: Ids of the tokens that swallow the space after them.

    Raises:
        ModelRefused: The vocabulary lacks its merges.
    """
    before, after = around
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": token_id,
                "content": text,
                "single_word": False,
                "lstrip": False,
                "rstrip": token_id in strips_after,
                "normalized": False,
                "special": token_type != USER_DEFINED,
            }
            for token_id, (text, token_type) in enumerate(
                zip(tokens.texts, tokens.types, strict=True)
            )
            if _is_added(kind, text, token_type)
        ],
        **_parts(kind, tokens, vocabulary, unknown),
        "post_processor": _post_processor(tokens, before, after),
    }


def _is_added(kind: TokenizerKind, text: str, token_type: int) -> bool:
    """Whether a token is looked for in the text as it stands."""
    if isinstance(kind, SentencePiece) and is_piece(text, token_type):
        return False
    return token_type in (CONTROL, UNKNOWN, USER_DEFINED)


def _parts(
    kind: TokenizerKind, tokens: Tokens, vocabulary: Vocabulary, unknown: str | None
) -> _Object:
    """Normalizer, pre-tokenizer, decoder and model."""
    match kind:
        case SentencePiece(adds_space):
            return {
                "normalizer": _spaces_as_pieces(adds_space),
                "pre_tokenizer": None,
                "decoder": _pieces_decoder(adds_space),
                "model": _model(
                    tokens,
                    piece_merges(tokens, vocabulary.scores),
                    unknown=unknown,
                    in_pieces=True,
                ),
            }
        case Spaced():
            return {
                "normalizer": _spaces_as_pieces(False),
                "pre_tokenizer": _split(r"\n+"),
                "decoder": _pieces_decoder(False),
                "model": _model(
                    tokens, _merges(tokens, vocabulary), unknown=unknown, in_pieces=True
                ),
            }
        case ByteLevel(split):
            steps = [_split(expression) for expression in split.expressions]
            steps.append(_BYTE_LEVEL)
            steps += [_split(expression) for expression in split.after_bytes]
            return {
                "normalizer": {"type": "NFC"} if split.composes else None,
                "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
                "decoder": _BYTE_LEVEL,
                "model": _model(
                    tokens,
                    _merges(tokens, vocabulary),
                    ignores_merges=split.ignores_merges,
                ),
            }
        case _:
            assert_never(kind)


def _model(
    tokens: Tokens,
    merges: Sequence[tuple[str, str]],
    *,
    unknown: str | None = None,
    in_pieces: bool = False,
    ignores_merges: bool = False,
) -> _Object:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": unknown,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": in_pieces,
        "byte_fallback": in_pieces and BYTE in tokens.types,
        "ignore_merges": ignores_merges,
        "vocab": tokens.ids,
        "merges": merges,
    }


def _merges(tokens: Tokens, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """The file's merges, without those whose parts or result are no tokens."""
    if not vocabulary.merges:
        raise ModelRefused(
            _("Its tokenizer has no merges."),
            hint=_("Take a newer version of the model."),
        )
    ids = tokens.ids
    found = dict.fromkeys(
        (left, right)
        for left, right in map(_halves, vocabulary.merges)
        if left in ids and right in ids and left + right in ids
    )
    return list(found)


def _halves(merge: str) -> tuple[str, str]:
    # A part may begin with a space, never with two.
    place = merge.find(" ", 1)
    return (merge[:place], merge[place + 1 :]) if place > 0 else ("", "")


def _split(expression: str) -> _Object:
    return {
        "type": "Split",
        "pattern": {"Regex": expression},
        "behavior": "Isolated",
        "invert": False,
    }


def _spaces_as_pieces(adds_space: bool) -> _Object:
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": _SPACE}
    if not adds_space:
        return replace
    prepend = {"type": "Prepend", "prepend": _SPACE}
    return {"type": "Sequence", "normalizers": [prepend, replace]}


def _pieces_decoder(adds_space: bool) -> _Object:
    steps: list[_Object] = [
        {"type": "Replace", "pattern": {"String": _SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if adds_space:
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    return {"type": "Sequence", "decoders": steps}


def _post_processor(
    tokens: Tokens, before: Sequence[int], after: Sequence[int]
) -> _Object:
    def specials(token_ids: Sequence[int], type_id: int) -> list[_Object]:
        return [
            {"SpecialToken": {"id": tokens.texts[token_id], "type_id": type_id}}
            for token_id in token_ids
        ]

    def around(name: str, type_id: int) -> list[_Object]:
        text = {"Sequence": {"id": name, "type_id": type_id}}
        return [*specials(before, type_id), text, *specials(after, type_id)]

    named: Mapping[str, _Object] = {
        tokens.texts[token_id]: {
            "id": tokens.texts[token_id],
            "ids": [token_id],
            "tokens": [tokens.texts[token_id]],
        }
        for token_id in (*before, *after)
    }
    return {
        "type": "TemplateProcessing",
        "single": around("A", 0),
        "pair": [*around("A", 0), *around("B", 1)],
        "special_tokens": named,
    }

"""The merges that a SentencePiece vocabulary stands for.

SentencePiece joins the two neighbours whose joint piece has the highest score, again
and again; the same in the form of byte-pair encoding is one merge for each way to
cut a piece in two pieces, in the order of the scores.
"""

import math
from collections.abc import Sequence

from mlxtui.convert import refusals
from mlxtui.convert.gguf.tokenizer.tokens import NORMAL, USER_DEFINED, Tokens
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

_SPACE = "\u2581"

# Far more than any vocabulary has (runs of 256 spaces; half a million merges), and few
# enough to be worked out in seconds.
_MOST_LETTERS = 1024
_MOST_MERGES = 2**21


def piece_merges(tokens: Tokens, scores: Sequence[float]) -> list[tuple[str, str]]:
    """All merges, the first one first.

    Args:
        tokens: Pieces are the normal ones, and those that the user defined with `▁`.
        scores: Of all tokens; without them, or where all are the same, the order of
            ids is the order of scores, runs of spaces the last.

    Raises:
        ModelRefused: Its pieces are longer, or fit together in more ways, than those of
            any model.
    """
    pieces = {
        text: token_id
        for token_id, (text, kind) in enumerate(
            zip(tokens.texts, tokens.types, strict=True)
        )
        if is_piece(text, kind)
    }
    told = {scores[token_id] for token_id in pieces.values()} if scores else set()
    found: list[tuple[float, int, int, int, str, str]] = []
    for text, token_id in pieces.items():
        if len(text) > _MOST_LETTERS or len(found) > _MOST_MERGES:
            raise ModelRefused(
                _("Its vocabulary is damaged."), hint=_(refusals.FETCH_FILE_AGAIN)
            )
        rank = _rank(scores[token_id]) if len(told) > 1 else _rank_of_text(text)
        for cut in range(1, len(text)):
            left = pieces.get(text[:cut])
            right = pieces.get(text[cut:]) if left is not None else None
            if left is not None and right is not None:
                found.append((rank, token_id, left, right, text[:cut], text[cut:]))
    found.sort()
    return [(left, right) for *_order, left, right in found]


def is_piece(text: str, kind: int) -> bool:
    """Whether a token is found by merging, not looked for in the text as it stands."""
    return kind == NORMAL or (kind == USER_DEFINED and _SPACE in text)


def _rank(score: float) -> float:
    return math.inf if math.isnan(score) else -score


def _rank_of_text(text: str) -> float:
    # Trainers give runs of spaces the least score, whatever their ids.
    return math.inf if not text.strip(_SPACE) else 0.0

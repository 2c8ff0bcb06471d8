"""Merges of SentencePiece vocabularies that no model has."""

import pytest

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer import piece_merges
from mlxtui.errors import ModelRefused
from tests.convert.gguf.tokenizer.samples import made_tokenizer

_LLAMA = {"general.architecture": "llama", "tokenizer.ggml.model": "llama"}


def test_a_piece_that_would_take_hours_to_cut_is_refused() -> None:
    vocabulary = Vocabulary(["a", "a" * 1_000_000], [0.0, -1.0])
    with pytest.raises(ModelRefused, match="damaged"):
        made_tokenizer(_LLAMA, vocabulary)


def test_pieces_that_fit_together_in_too_many_ways_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Every way to cut each of these gives two others: 3,076 in all.
    pieces = [format(n, f"0{bits}b") for bits in range(1, 9) for n in range(2**bits)]
    vocabulary = Vocabulary(pieces, [-float(n) for n in range(len(pieces))])
    made_tokenizer(_LLAMA, vocabulary)
    monkeypatch.setattr(piece_merges, "_MOST_MERGES", 1000)
    with pytest.raises(ModelRefused, match="damaged"):
        made_tokenizer(_LLAMA, vocabulary)

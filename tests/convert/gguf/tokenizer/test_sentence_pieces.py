"""SentencePiece vocabularies: ids are those of the tokenizers that they come from."""

import json
from functools import cache
from typing import Any

import pytest
import sentencepiece
from hypothesis import given, settings
from tokenizers import Tokenizer

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.convert.gguf.tokenizer import end_token_ids
from tests.convert.gguf.tokenizer.samples import (
    TEXTS,
    any_text,
    encoded,
    made,
    made_tokenizer,
)
from tests.data import SHARED, STORIES, needs_shared_data

_PHI_3 = SHARED / "tokenizers" / "phi-3-mini" / "tokenizer.json"
_MISTRAL = SHARED / "tokenizers" / "mistral" / "tokenizer.model.v3"
_LLAMA_2 = SHARED / "vocab_gguf" / "ggml-vocab-llama-spm.gguf"
_F16 = SHARED / "models" / "gguf" / "stories260K-F16.gguf"

_LLAMA = {"general.architecture": "llama", "tokenizer.ggml.model": "llama"}
_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
_SPECIALS_IN_TEXT = (
    "<s>[INST] hi [/INST] there</s>",
    "<|user|>\n Hi<|end|>\n<|assistant|>\n",
    "a<|endoftext|>  b <unk><s></s>  c <|end",
)


@cache
def _phi_3() -> tuple[dict[str, Any], Vocabulary]:
    """As llama.cpp's converter writes the vocabulary of Phi-3-mini."""
    content = json.loads(_PHI_3.read_text("utf-8"))
    ids: dict[str, int] = content["model"]["vocab"]
    tokens = sorted(ids, key=lambda text: ids[text])
    types = [1] * len(tokens)
    for byte in _BYTES:
        types[ids[byte]] = 6
    # Runs of spaces are as unlikely as can be; the others go by their ids.
    scores = [
        float(min(0, 259 - index)) if text.strip("▁") or text == "▁" else -1e9
        for index, text in enumerate(tokens)
    ]
    for added in content["added_tokens"]:
        if added["id"] == len(tokens):
            tokens.append(added["content"])
            types.append(3)
            scores.append(-1000.0)
        types[added["id"]] = 3 if added["special"] else 4
    for index in range(len(tokens), 32064):
        tokens.append(f"[PAD{index}]")
        types.append(5)
        scores.append(-10000.0)
    facts = {
        "general.architecture": "phi3",
        "general.name": "Phi 3 Mini 4k Instruct",
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 32000,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": 32000,
        "tokenizer.ggml.add_bos_token": False,
    }
    return facts, Vocabulary(tokens, scores, types)


@cache
def _both_phi_3() -> tuple[Tokenizer, Tokenizer]:
    return Tokenizer.from_file(str(_PHI_3)), made_tokenizer(*_phi_3())


@needs_shared_data
def test_phi_3_has_the_ids_of_its_own_tokenizer() -> None:
    own, imported = _both_phi_3()
    for text in (*TEXTS, *_SPECIALS_IN_TEXT):
        assert imported.encode(text).ids == own.encode(text).ids, text
        ids = encoded(own, text)
        assert imported.decode(ids) == own.decode(ids)


@needs_shared_data
@given(text=any_text)
@settings(max_examples=300, deadline=None)
def test_phi_3_has_them_on_any_text(text: str) -> None:
    own, imported = _both_phi_3()
    assert encoded(imported, text) == encoded(own, text)


@needs_shared_data
def test_phi_3_merges_are_those_of_its_own_tokenizer() -> None:
    own = json.loads(_PHI_3.read_text("utf-8"))["model"]["merges"]
    imported = made(*_phi_3())["tokenizer.json"]["model"]["merges"]
    assert {tuple(merge) for merge in imported} == {
        tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge)
        for merge in own
    }


@needs_shared_data
def test_phi_3_needs_no_scores() -> None:
    # Converted without its SentencePiece model, all scores are the same.
    facts, vocabulary = _phi_3()
    scores = [-1000.0] * len(vocabulary.tokens)
    unscored = Vocabulary(vocabulary.tokens, scores, vocabulary.types)
    own, imported = _both_phi_3()[0], made_tokenizer(facts, unscored)
    for text in TEXTS:
        assert encoded(imported, text) == encoded(own, text), text


@needs_shared_data
def test_phi_3_ends_its_answers_where_its_authors_say() -> None:
    assert end_token_ids(*_phi_3()) == (32000, 32007)


@cache
def _mistral() -> tuple[sentencepiece.SentencePieceProcessor, Tokenizer]:
    own = sentencepiece.SentencePieceProcessor(str(_MISTRAL))
    types = [
        2 if own.IsUnknown(index)
        else 3 if own.IsControl(index)
        else 5 if own.IsUnused(index)
        else 6 if own.IsByte(index)
        else 1
        for index in range(own.vocab_size())
    ]  # fmt: skip
    vocabulary = Vocabulary(
        [own.IdToPiece(index) for index in range(own.vocab_size())],
        [own.GetScore(index) for index in range(own.vocab_size())],
        types,
    )
    return own, made_tokenizer(_LLAMA, vocabulary)


@needs_shared_data
def test_mistral_has_the_ids_of_sentencepiece() -> None:
    own, imported = _mistral()
    for text in TEXTS:
        assert encoded(imported, text) == own.encode(text), text
        assert imported.decode(own.encode(text)) == text


@needs_shared_data
@given(text=any_text)
@settings(max_examples=300, deadline=None)
def test_mistral_has_them_on_any_text(text: str) -> None:
    own, imported = _mistral()
    if not any(special in text for special in ("<s>", "</s>", "<unk>")):
        assert encoded(imported, text) == own.encode(text)


@needs_shared_data
def test_llama_2_reads_what_it_writes() -> None:
    with open_gguf([_LLAMA_2]) as opened:
        tokenizer = made_tokenizer(opened.facts, opened.vocabulary())
    assert tokenizer.encode("Hello world").tokens == ["<s>", "▁Hello", "▁world"]
    for text in TEXTS:
        assert tokenizer.decode(encoded(tokenizer, text)) == text


@needs_shared_data
def test_stories_has_the_ids_of_its_mlx_folder() -> None:
    own = Tokenizer.from_file(str(STORIES / "tokenizer.json"))
    with open_gguf([_F16]) as opened:
        imported = made_tokenizer(opened.facts, opened.vocabulary())
    for text in (*TEXTS, "Once upon a time, there was <s> a </s>"):
        assert imported.encode(text).ids == own.encode(text).ids, text


def _small(**changed: Any) -> Vocabulary:
    """A vocabulary by hand; the score of a piece is minus its id."""
    pieces = ["▁", "a", "b", "▁a", "ab", "ba", "▁▁"]
    tokens = ["<unk>", "<s>", "</s>", *_BYTES, *pieces]
    values: dict[str, Any] = {
        "tokens": tokens,
        "scores": [-float(index) for index in range(len(tokens))],
        "types": [2, 3, 3, *[6] * 256, *[1] * len(pieces)],
    }
    return Vocabulary(**(values | changed))


@pytest.mark.parametrize(
    ("facts", "tokens"),
    [
        ({}, ["<s>", "▁a", "ba", "▁a"]),
        ({"tokenizer.ggml.add_bos_token": False}, ["▁a", "ba", "▁a"]),
        ({"tokenizer.ggml.add_eos_token": True}, ["<s>", "▁a", "ba", "▁a", "</s>"]),
        ({"tokenizer.ggml.add_space_prefix": False}, ["<s>", "ab", "a", "▁a"]),
    ],
)
def test_a_text_is_surrounded_as_the_file_says(
    facts: dict[str, Any], tokens: list[str]
) -> None:
    tokenizer = made_tokenizer({**_LLAMA, **facts}, _small())
    assert tokenizer.encode("aba a").tokens == tokens
    assert tokenizer.decode(encoded(tokenizer, "aba a")) == "aba a"


def test_what_is_no_piece_becomes_bytes() -> None:
    tokenizer = made_tokenizer(_LLAMA, _small())
    assert tokenizer.encode("é\n").tokens[2:] == ["<0xC3>", "<0xA9>", "<0x0A>"]
    assert tokenizer.decode(encoded(tokenizer, "日本 é\n")) == "日本 é\n"


def test_without_bytes_it_is_one_unknown_token() -> None:
    tokens = ["<unk>", "<s>", "</s>", "▁", "a"]
    vocabulary = Vocabulary(tokens, [0.0] * 5, [2, 3, 3, 1, 1])
    tokenizer = made_tokenizer(_LLAMA, vocabulary)
    assert tokenizer.encode("a日本a").tokens == ["<s>", "▁", "a", "<unk>", "a"]


@pytest.mark.parametrize("scores", [(), [-1000.0] * 266])
def test_without_scores_the_order_of_ids_counts(scores: list[float]) -> None:
    tokenizer = made_tokenizer(_LLAMA, _small(scores=scores))
    assert tokenizer.encode("aba").tokens == ["<s>", "▁a", "ba"]


def test_the_order_of_scores_counts_not_that_of_ids() -> None:
    vocabulary = _small()
    scores = list(vocabulary.scores)
    scores[vocabulary.tokens.index("ab")] = 10.0
    tokenizer = made_tokenizer(_LLAMA, _small(scores=scores))
    assert tokenizer.encode("aba").tokens == ["<s>", "▁", "ab", "a"]


def test_special_tokens_are_never_made_of_pieces() -> None:
    # "a▁" would be merged if it were a piece.
    vocabulary = _small()
    tokens = [*vocabulary.tokens, "a▁", "[X]", "[PAD1]"]
    vocabulary = Vocabulary(tokens, [0.0] * len(tokens), [*vocabulary.types, 5, 3, 5])
    tokenizer = made_tokenizer(_LLAMA, vocabulary)
    assert tokenizer.encode("a a").tokens == ["<s>", "▁a", "▁a"]
    assert tokenizer.encode("a[X]b").tokens == ["<s>", "▁a", "[X]", "▁", "b"]


def test_added_tokens_of_spaces_and_lines_are_found_as_they_stand() -> None:
    vocabulary = _small()
    tokens = [*vocabulary.tokens, "   ", "\n\n"]
    vocabulary = Vocabulary(tokens, [0.0] * len(tokens), [*vocabulary.types, 4, 4])
    tokenizer = made_tokenizer(
        {**_LLAMA, "tokenizer.ggml.add_space_prefix": False}, vocabulary
    )
    ids = encoded(tokenizer, "a   b\n\na")
    assert [tokens[index] for index in ids] == ["a", "   ", "b", "\n\n", "a"]
    assert tokenizer.decode(ids) == "a   b\n\na"


def test_what_the_user_defined_with_the_sign_for_spaces_is_a_piece() -> None:
    types = list(_small().types)
    types[-1] = 4  # "▁▁", as the first files of Gemma have it
    tokenizer = made_tokenizer(
        {**_LLAMA, "tokenizer.ggml.add_space_prefix": False}, _small(types=types)
    )
    assert tokenizer.encode("a  b").tokens == ["<s>", "a", "▁▁", "b"]


def test_the_unknown_token_is_the_one_with_that_role() -> None:
    # Padding of older files has the type of the unknown token.
    tokens = ["<unk>", "<s>", "</s>", "▁", "a", "[PAD5]"]
    vocabulary = Vocabulary(tokens, [0.0] * 6, [3, 3, 3, 1, 1, 2])
    tokenizer = made_tokenizer(_LLAMA, vocabulary)
    assert tokenizer.encode("é").tokens == ["<s>", "▁", "<unk>"]


def test_a_file_without_types_is_read_by_its_texts() -> None:
    typed = made(_LLAMA, _small())
    assert made(_LLAMA, _small(types=())) == typed


def test_lines_are_words_where_merges_go_over_spaces() -> None:
    pieces = ["▁", "a", "b", "a▁", "a▁b", "\n", "\n\n"]
    vocabulary = Vocabulary(
        ["<pad>", "<eos>", "<bos>", "<unk>", *_BYTES, *pieces],
        types=[3, 3, 3, 2, *[6] * 256, *[1] * len(pieces)],
        merges=["a ▁", "a▁ b", "\n \n"],
    )
    facts = {
        "general.architecture": "gemma4",
        "tokenizer.ggml.model": "gemma4",
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.add_bos_token": False,
    }
    tokenizer = made_tokenizer(facts, vocabulary)
    assert tokenizer.encode("a b\n\na é").tokens == [
        "<bos>", "a▁b", "\n\n", "a▁", "<0xC3>", "<0xA9>",
    ]  # fmt: skip
    assert tokenizer.decode(encoded(tokenizer, "a b\n\na é")) == "a b\n\na é"

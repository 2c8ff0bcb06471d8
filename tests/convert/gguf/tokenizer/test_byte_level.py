"""Byte-level tokenizers: each family's ids are those of its own tokenizer."""

import unicodedata
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, trainers
from tokenizers.pre_tokenizers import (
    ByteLevel,
    Digits,
    PreTokenizer,
    Punctuation,
    Sequence,
    Split,
)

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer.word_splits import WORD_SPLITS
from mlxtui.errors import ModelRefused
from mlxtui.guide import MODEL_FOLDER
from tests.convert.gguf.tokenizer.samples import (
    TEXTS,
    any_text,
    byte_level_vocabulary,
    encoded,
    made,
    made_tokenizer,
)

_SPECIALS = ["<|begin|>", "<|im_start|>", "<|im_end|>"]
_IN_TEXT = "<|im_start|>user\nHi  <|im_end|>\n<|begin|> and <|im_end"

_SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_BYTES = ByteLevel(add_prefix_space=False, use_regex=False)
_GPT_2 = ByteLevel(add_prefix_space=False, use_regex=True)


def _cut(expression: str) -> PreTokenizer:
    return Split(Regex(expression), behavior="isolated")


# What the families' own tokenizer.json says.
_OWN: dict[str, list[PreTokenizer]] = {
    "gpt-2": [_GPT_2],
    "olmo": [_GPT_2],
    "starcoder": [Digits(individual_digits=True), _GPT_2],
    "command-r": [Digits(individual_digits=True), _GPT_2],
    "falcon": [
        Punctuation(behavior="contiguous"),
        _GPT_2,
        Digits(individual_digits=False),
        _cut("[0-9][0-9][0-9]"),
    ],
    "llama-bpe": [
        _cut(
            _SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        _BYTES,
    ],
    "qwen2": [
        _cut(
            _SHORT + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        _BYTES,
    ],
    "tekken": [
        _cut(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*"
            r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
            r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
            r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        _BYTES,
    ],
    "gpt-4o": [
        _cut(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*"
            rf"[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]+{_SHORT}?"
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
            rf"[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}]*{_SHORT}?"
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        _BYTES,
    ],
    "deepseek-v3": [
        _cut(r"\p{N}{1,3}"),
        _cut("[一-龥\u3040-ゟ゠-ヿ]+"),
        _cut(
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"
            r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
        _BYTES,
    ],
    "deepseek-coder": [
        _cut(r"[\r\n]"),
        _cut(r"\s?\p{L}+"),
        _cut(r"\s?\p{P}+"),
        _cut("[一-龥ࠀ-一가-\ud7ff]+"),
        Digits(individual_digits=True),
        _BYTES,
    ],
    "bloom": [_cut(r" ?[^(\s|[.,!?…。，、।۔،])]+"), _BYTES],
}
_COMPOSING = ("olmo", "command-r", "qwen2")


@cache
def _own_tokenizer(family: str) -> Tokenizer:
    """A small tokenizer of a family, trained on the samples."""
    words = _untrained(family)
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        special_tokens=_SPECIALS,
        initial_alphabet=sorted(ByteLevel.alphabet()),
        show_progress=False,
    )
    words.train_from_iterator(TEXTS * 3, trainer)
    return words


def _untrained(family: str) -> Tokenizer:
    """A family's tokenizer without merges."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=family in ("llama-bpe", "tekken")))
    if family in _COMPOSING:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = Sequence(_OWN[family])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


@cache
def _imported(family: str) -> Tokenizer:
    facts = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": family}
    return made_tokenizer(facts, byte_level_vocabulary(_own_tokenizer(family)))


@pytest.mark.parametrize("family", _OWN)
def test_ids_are_those_of_the_familys_own_tokenizer(family: str) -> None:
    own, imported = _own_tokenizer(family), _imported(family)
    for text in (*TEXTS, _IN_TEXT):
        assert encoded(imported, text) == encoded(own, text), text


@given(family=st.sampled_from(sorted(_OWN)), text=any_text)
@settings(max_examples=400, deadline=None)
def test_ids_are_equal_on_any_text(family: str, text: str) -> None:
    assert encoded(_imported(family), text) == encoded(_own_tokenizer(family), text)


@pytest.mark.parametrize("family", WORD_SPLITS)
def test_every_kind_loses_nothing(family: str) -> None:
    facts = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": family}
    tokenizer = made_tokenizer(facts, byte_level_vocabulary(_own_tokenizer("gpt-2")))
    for text in TEXTS:
        composed = unicodedata.normalize("NFC", text)
        expected = composed if WORD_SPLITS[family].composes else text
        ids = encoded(tokenizer, text)
        assert tokenizer.decode(ids, skip_special_tokens=False) == expected


@pytest.mark.parametrize(
    ("family", "text", "words"),
    [
        ("gpt-2", "it's 1234", ["it", "'s", " 1234"]),
        ("smollm", "it's 12", ["it", "'s", " ", "1", "2"]),
        ("llama-bpe", "IT'S 1234", ["IT", "'S", " ", "123", "4"]),
        ("superbpe", "a 1234567", ["a ", "1", "234", "567"]),
        ("tiny_aya", "1234567", ["1", "234", "567"]),
        ("afmoe", "12345 a", ["12", "345", " a"]),
        ("kimi-k2", "东京Tokyo東", ["东京", "Tokyo", "東"]),
        ("tekken", "camelCase", ["camel", "Case"]),
        ("qwen35", "e\u0301t", ["\u00e9t"]),
        ("viking", "a1, b", ["a", "1", ",", " b"]),
        ("laguna", "a\nb", ["a", "\n", "b"]),
        ("seed-coder", "a!\n", ["a", "!", "\n"]),
        ("exaone-moe", "de la c", ["de la c"]),
        ("default", "a12345", ["a", "123", "45"]),
        ("jais-2", "a    b", ["a", "  ", " ", " b"]),
    ],
)
def test_words_are_cut_as_the_kind_says(
    family: str, text: str, words: list[str]
) -> None:
    facts = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": family}
    tokenizer = made_tokenizer(facts, byte_level_vocabulary(_own_tokenizer("gpt-2")))
    normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
    cut = tokenizer.pre_tokenizer.pre_tokenize_str(normal)
    assert [normal[start:end] for _word, (start, end) in cut] == words


def test_the_guides_own_merges_give_its_own_ids() -> None:
    own = Tokenizer.from_file(str(MODEL_FOLDER / "tokenizer.json"))
    own.pre_tokenizer = Sequence(_OWN["qwen2"])
    own.normalizer = normalizers.NFC()
    facts = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "qwen2"}
    imported = made_tokenizer(facts, byte_level_vocabulary(own))
    for text in (*TEXTS, "<|begin|><|user|> モデルを量子化するには？<|assistant|>"):
        assert encoded(imported, text) == encoded(own, text), text


def test_tokens_that_the_user_defined_are_found_before_the_words_are_cut() -> None:
    vocabulary = byte_level_vocabulary(_own_tokenizer("gpt-2"))
    count = len(vocabulary.tokens)
    more = ["    ", "\n\n", "  ", "<tool call>"]
    vocabulary = Vocabulary(
        [*vocabulary.tokens, *more],
        types=[*vocabulary.types, 4, 4, 4, 4],
        merges=vocabulary.merges,
    )
    facts = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "olmo"}
    tokenizer = made_tokenizer(facts, vocabulary)
    ids = encoded(tokenizer, "a      b\n\n<tool call>")
    added = [token_id - count for token_id in ids if token_id >= count]
    assert added == [0, 2, 1, 3]
    assert tokenizer.decode(ids) == "a      b\n\n<tool call>"


def test_a_word_that_is_a_token_is_that_token_where_the_kind_says_so() -> None:
    # "abc" is a token that no merge makes.
    letters = sorted(ByteLevel.alphabet())
    vocabulary = Vocabulary([*letters, "ab", "abc"], merges=["a b"])
    facts = {"tokenizer.ggml.model": "gpt2"}
    whole = made_tokenizer({**facts, "tokenizer.ggml.pre": "llama-bpe"}, vocabulary)
    merged = made_tokenizer({**facts, "tokenizer.ggml.pre": "gpt-2"}, vocabulary)
    assert whole.encode("abc").tokens == ["abc"]
    assert merged.encode("abc").tokens == ["ab", "c"]


def test_a_file_without_a_kind_is_read_as_llama_cpp_reads_it() -> None:
    vocabulary = byte_level_vocabulary(_own_tokenizer("gpt-2"))
    named = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "default"}
    unnamed = {"tokenizer.ggml.model": "gpt2"}
    assert made(named, vocabulary) == made(unnamed, vocabulary)
    # Qwen's first files: what its tokenizer does is known.
    qwen = {**unnamed, "general.architecture": "qwen2"}
    split = made(qwen, vocabulary)["tokenizer.json"]["pre_tokenizer"]
    kind = {**qwen, "tokenizer.ggml.pre": "qwen2"}
    assert split == made(kind, vocabulary)["tokenizer.json"]["pre_tokenizer"]


def test_merges_of_what_is_no_token_are_left_out() -> None:
    letters = sorted(ByteLevel.alphabet())
    vocabulary = Vocabulary(
        [*letters, "ab"], merges=["b c", "a b", "nonsense", "", "a b", "x  y"]
    )
    facts = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2"}
    model = made(facts, vocabulary)["tokenizer.json"]["model"]
    assert model["merges"] == [["a", "b"]]


def test_without_merges_it_is_refused() -> None:
    facts = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2"}
    with pytest.raises(ModelRefused, match="merges"):
        made(facts, Vocabulary(["a", "b"]))

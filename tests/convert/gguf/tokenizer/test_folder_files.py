"""The files of a tokenizer: traps of real files, roles, defaults."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer import (
    check_tokenizer,
    end_token_ids,
    special_token_ids,
    tokenizer_files,
)
from mlxtui.errors import ModelRefused
from tests.convert.gguf.tokenizer.samples import encoded, made, made_tokenizer

_LETTERS = [chr(code) for code in range(0x21, 0x7F)] + ["Ġ", "Ċ"]
_FACTS = {
    "general.architecture": "llama",
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
}


def _vocabulary(*more: str, types: tuple[int, ...] = ()) -> Vocabulary:
    """Letters, `th`, `the` and `Ġthe`, and whatever else."""
    tokens = [*_LETTERS, "th", "the", "Ġthe", *more]
    given_types = [*[1] * (len(tokens) - len(more)), *types]
    return Vocabulary(
        tokens,
        types=given_types if types else (),
        merges=["t h", "th e", "Ġ the"],
    )


_FIRST = len(_vocabulary().tokens)


def _facts(**roles: Any) -> dict[str, Any]:
    return {
        **_FACTS,
        **{f"tokenizer.ggml.{name}": value for name, value in roles.items()},
    }


def test_4294967295_and_other_ids_beyond_the_vocabulary_mean_none() -> None:
    vocabulary = _vocabulary("<|a|>", types=(3,))
    facts = _facts(
        padding_token_id=4294967295,
        bos_token_id=_FIRST + 1,
        eos_token_id=_FIRST,
        unknown_token_id=-1,
        eot_token_id="0",
        eom_token_id=True,
        add_bos_token=True,
    )
    files = made(facts, vocabulary)
    config = files["tokenizer_config.json"]
    assert config["eos_token"] == "<|a|>"
    assert not {"pad_token", "bos_token", "unk_token"} & config.keys()
    assert config["add_bos_token"] is False
    assert files["generation_config.json"] == {"eos_token_id": [_FIRST]}
    assert special_token_ids(facts, vocabulary) == {}


def test_a_piece_of_text_is_not_made_special_by_being_the_padding() -> None:
    vocabulary = _vocabulary("<|a|>", types=(3,))
    facts = _facts(padding_token_id=0, eos_token_id=_FIRST)
    files = made(facts, vocabulary)
    assert "pad_token" not in files["tokenizer_config.json"]
    tokenizer = made_tokenizer(facts, vocabulary)
    assert tokenizer.decode(encoded(tokenizer, "the!")) == "the!"


def test_the_end_of_a_text_is_special_whatever_its_type() -> None:
    vocabulary = _vocabulary("<|endoftext|>", "<|im_end|>", types=(1, 4))
    facts = _facts(eos_token_id=_FIRST, bos_token_id=_FIRST)
    files = made(facts, vocabulary)
    added = files["tokenizer.json"]["added_tokens"]
    assert [(token["id"], token["special"]) for token in added] == [
        (_FIRST, True),
        (_FIRST + 1, True),
    ]
    tokenizer = made_tokenizer(facts, vocabulary)
    assert tokenizer.decode(encoded(tokenizer, "the<|im_end|>")) == "the"


def test_ids_stay_where_texts_are_there_twice_or_empty() -> None:
    vocabulary = _vocabulary("", "the", "<|a|>", "<|a|>", "", types=(1, 1, 3, 5, 1))
    facts = _facts(eos_token_id=_FIRST + 2)
    tokenizer = made_tokenizer(facts, vocabulary)
    assert tokenizer.get_vocab_size() == _FIRST + 5
    # The last one counts, unless another one has a role.
    assert encoded(tokenizer, "the<|a|>") == [_FIRST + 1, _FIRST + 2]
    assert encoded(tokenizer, "!") == [0]


def test_text_that_is_no_unicode_is_no_token() -> None:
    vocabulary = _vocabulary("\udc80x", "y\ud800", types=(1, 3))
    tokenizer = made_tokenizer(_FACTS, vocabulary)
    assert tokenizer.get_vocab_size() == _FIRST + 2


@pytest.mark.parametrize(
    ("tokens", "types", "ends"),
    [
        (["<|im_end|>", "<|endoftext|>"], (3, 3), [0, 1]),
        (["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"], (3, 3, 3), [0, 1, 2]),
        (["<end_of_turn>"], (1,), [0]),
        (["</s>"], (1,), []),
        (["</s>"], (3,), [0]),
        # gpt-oss: an answer has several parts, each with an end.
        (["<|return|>", "<|call|>", "<|end|>"], (3, 3, 3), [0, 1]),
        (["<|end|>"], (3,), [0]),
        # Gemma 4 has HTML in its vocabulary.
        (["<turn|>", "<|tool_response>", "</s>"], (3, 3, 3), [0, 1]),
        (["<｜end▁of▁sentence｜>"], (3,), [0]),
    ],
)
def test_answers_end_at_tokens_known_by_their_text(
    tokens: list[str], types: tuple[int, ...], ends: list[int]
) -> None:
    vocabulary = _vocabulary("<|eos|>", *tokens, types=(3, *types))
    facts = _facts(eos_token_id=_FIRST)
    expected = {_FIRST, *(_FIRST + 1 + end for end in ends)}
    found = end_token_ids(facts, vocabulary)
    assert found[0] == _FIRST
    assert set(found) == expected
    generation = made(facts, vocabulary)["generation_config.json"]
    assert generation["eos_token_id"] == list(found)


def test_answers_end_at_tokens_that_the_file_names() -> None:
    vocabulary = _vocabulary("<a>", "<b>", "<c>", types=(3, 3, 3))
    facts = _facts(
        eos_token_id=_FIRST + 2, eot_token_id=_FIRST, eom_token_id=_FIRST + 1
    )
    assert end_token_ids(facts, vocabulary) == (_FIRST + 2, _FIRST, _FIRST + 1)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"tokenizer.ggml.model": "bert"}, "bert"),
        ({"tokenizer.ggml.model": "t5"}, "t5"),
        ({"tokenizer.ggml.model": "rwkv"}, "rwkv"),
        ({"tokenizer.ggml.model": "plamo2"}, "plamo2"),
        ({"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "new-one"}, "new-one"),
        ({"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": 3}, "3"),
        ({"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "whitespace"}, "white"),
        ({"tokenizer.ggml.model": ["x"]}, "x"),
        ({"tokenizer.ggml.model": "none"}, "no tokenizer"),
        ({}, "no tokenizer"),
    ],
)
def test_other_tokenizers_are_refused_by_name(facts: dict[str, Any], name: str) -> None:
    with pytest.raises(ModelRefused, match=name):
        check_tokenizer(facts)
    with pytest.raises(ModelRefused, match=name):
        tokenizer_files(facts, _vocabulary(), chat_template=None, context_length=1)


def test_sampling_defaults_become_generation_defaults() -> None:
    facts = {
        **_FACTS,
        "general.sampling.temp": 0.6000000238418579,
        "general.sampling.top_k": 20,
        "general.sampling.top_p": 0.949999988079071,
        "general.sampling.min_p": 0.0,
        "general.sampling.penalty_repeat": math.nan,
        "general.sampling.mirostat": 2,
    }
    assert made(facts, _vocabulary())["generation_config.json"] == {
        "do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "min_p": 0.0,
    }  # fmt: skip
    cold = {**_FACTS, "general.sampling.temp": 0.0}
    found = made(cold, _vocabulary())["generation_config.json"]
    assert found == {"do_sample": False, "temperature": 0.0}


def test_the_context_length_is_the_models() -> None:
    assert made(_FACTS, _vocabulary())["tokenizer_config.json"]["model_max_length"] == (
        512
    )


_numbers = st.one_of(
    st.integers(-5, 5), st.just(2**32 - 1), st.floats(), st.text(max_size=3), st.none()
)
_strange = st.one_of(
    st.sampled_from(["", " ", "▁", "<0x41>", "<s>", "a", "ab", "Ġa", "\n", "\ud800"]),
    st.text(max_size=4),
)


@given(
    model=st.sampled_from(["llama", "gpt2", "gemma4"]),
    tokens=st.lists(_strange, min_size=1, max_size=12),
    merges=st.lists(_strange, min_size=1, max_size=6),
    facts=st.dictionaries(
        st.sampled_from(
            [
                f"tokenizer.ggml.{name}"
                for name in (
                    "bos_token_id", "eos_token_id", "eot_token_id", "padding_token_id",
                    "unknown_token_id", "add_bos_token", "add_eos_token",
                    "add_space_prefix",
                )
            ]
            + ["general.sampling.temp", "general.sampling.top_k"]
        ),
        _numbers,
    ),
    data=st.data(),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_whatever_a_vocabulary_holds_the_tokenizer_can_be_read(
    model: str,
    tokens: list[str],
    merges: list[str],
    facts: dict[str, Any],
    data: st.DataObject,
) -> None:
    types = st.lists(st.integers(-1, 8), min_size=len(tokens), max_size=len(tokens))
    scores = st.lists(st.floats(width=32), min_size=len(tokens), max_size=len(tokens))
    vocabulary = Vocabulary(
        tokens,
        scores=data.draw(st.one_of(st.just([]), scores)),
        types=data.draw(st.one_of(st.just([]), types)),
        merges=merges,
    )
    tokenizer = made_tokenizer({"tokenizer.ggml.model": model, **facts}, vocabulary)
    assert tokenizer.get_vocab_size() == len(tokens)
    assert all(token < len(tokens) for token in tokenizer.encode("<s> ab\n").ids)

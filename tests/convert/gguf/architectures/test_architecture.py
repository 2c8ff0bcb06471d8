"""Files that do not fit their architecture are refused by name, whatever they say."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlxtui.convert.gguf.architectures import KNOWN, architecture_of, float_type
from mlxtui.convert.gguf.architectures.facts import Facts
from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.convert.gguf.new_tensor import NewTensor
from mlxtui.errors import ModelRefused
from tests.convert.gguf.architectures.harness import imported, write
from tests.convert.gguf.architectures.rewriting import Stored, rewrite
from tests.convert.gguf.architectures.said import Said
from tests.convert.gguf.architectures.test_llama import LLAMA

_REQUIRED = (
    "llama", "llama4", "mistral3", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "phi3",
    "gemma2", "gemma3", "starcoder2", "olmo2", "granite", "gpt-oss",
)  # fmt: skip

_FACTS: Mapping[str, Any] = {
    "general.architecture": "llama",
    "llama.context_length": 2048,
    "llama.embedding_length": 64,
    "llama.block_count": 1,
    "llama.feed_forward_length": 128,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
}
_SHAPES = {
    "token_embd": (64, 300), "output_norm": (64,), "output": (64, 300),
    "blk.0.attn_norm": (64,), "blk.0.attn_q": (64, 64), "blk.0.attn_k": (64, 32),
    "blk.0.attn_v": (64, 32), "blk.0.attn_output": (64, 64), "blk.0.ffn_norm": (64,),
    "blk.0.ffn_gate": (64, 128), "blk.0.ffn_up": (64, 128), "blk.0.ffn_down": (128, 64),
}  # fmt: skip
_TENSORS: Mapping[str, GgufTensor] = {
    f"{name}.weight": GgufTensor("F16", shape) for name, shape in _SHAPES.items()
}


def _tensors(said: Said) -> tuple[NewTensor, ...]:
    architecture = architecture_of(said.facts)
    return architecture.tensors(said, architecture.config(said))


def _refusal(facts: Mapping[str, Any], tensors: Mapping[str, GgufTensor]) -> str:
    with pytest.raises(ModelRefused) as caught:
        _tensors(Said(facts, tensors))
    return caught.value.message


def test_the_architectures_that_were_promised_are_there() -> None:
    assert set(_REQUIRED) <= set(KNOWN)
    for name in KNOWN:
        assert architecture_of({"general.architecture": name}).name == name


@pytest.mark.parametrize("name", ["mamba", "", None, 7, "llama\n\x1b[31m"])
def test_others_are_refused_with_the_list(name: Any) -> None:
    with pytest.raises(ModelRefused) as caught:
        architecture_of({"general.architecture": name})
    assert "starcoder2" in caught.value.hint
    assert "\x1b" not in caught.value.message
    assert "mamba" in caught.value.message or name != "mamba"


def test_a_whole_file_has_all_its_tensors() -> None:
    tensors = _tensors(Said(_FACTS, _TENSORS))
    assert len(tensors) == len(_TENSORS)
    assert {source for tensor in tensors for source in tensor.sources} == set(_TENSORS)
    packed = {tensor.name for tensor in tensors if tensor.can_pack}
    assert "model.layers.0.mlp.down_proj.weight" in packed
    assert "model.embed_tokens.weight" in packed
    assert "model.norm.weight" not in packed


@pytest.mark.parametrize("name", sorted(set(_TENSORS) - {"output.weight"}))
def test_a_missing_tensor_is_named(name: str) -> None:
    without = {key: value for key, value in _TENSORS.items() if key != name}
    assert name in _refusal(_FACTS, without)


@pytest.mark.parametrize("name", sorted(_TENSORS))
def test_a_tensor_of_another_shape_is_named(name: str) -> None:
    stored = _TENSORS[name]
    other = GgufTensor("F16", (*stored.shape[:-1], stored.shape[-1] + 32))
    message = _refusal(_FACTS, {**_TENSORS, name: other})
    # The embedding says how many tokens there are, and the output must have as many.
    assert name in message or name == "token_embd.weight"


@pytest.mark.parametrize(
    "name", ["blk.0.attn_q_norm.weight", "blk.1.ffn_up.weight", "blk.0.attn_q.scale"]
)
def test_an_unknown_tensor_is_named(name: str) -> None:
    more = {**_TENSORS, name: GgufTensor("F32", (64,))}
    assert name in _refusal(_FACTS, more)


def test_layers_that_guess_further_tokens_are_left_out() -> None:
    facts = {**_FACTS, "llama.block_count": 2, "llama.nextn_predict_layers": 1}
    more = {**_TENSORS, "blk.1.nextn.eh_proj.weight": GgufTensor("F16", (128, 64))}
    assert len(_tensors(Said(facts, more))) == len(_TENSORS)
    del facts["llama.nextn_predict_layers"]
    assert "blk.1" in _refusal(facts, more)


def test_a_list_with_the_same_number_for_each_layer_is_that_number() -> None:
    facts = {**_FACTS, "llama.attention.head_count_kv": [2, 2, 2]}
    assert len(_tensors(Said(facts, _TENSORS))) == len(_TENSORS)
    facts["llama.attention.head_count_kv"] = [2, 4, 2]
    assert "llama.attention.head_count_kv" in _refusal(facts, _TENSORS)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("logit_scale", 0.5),
        ("attention.sliding_window", 4096),
        ("attention.causal", False),
        ("attn_logit_softcapping", 30.0),
        ("attention.scale", 0.5),
        ("rope.freq_base_swa", 10000.0),
    ],
)
def test_facts_that_mlx_lm_has_no_words_for_are_named(key: str, value: Any) -> None:
    facts = {**_FACTS, f"llama.{key}": value}
    assert f"llama.{key}" in _refusal(facts, _TENSORS)


def test_facts_that_change_nothing_are_let_pass() -> None:
    neutral = {
        "llama.logit_scale": 1.0,
        "llama.attention.sliding_window": 0,
        "llama.attention.causal": True,
        "llama.attention.scale": 0.25,
        "llama.vocab_size": 300,
    }
    assert _tensors(Said({**_FACTS, **neutral}, _TENSORS))


@pytest.mark.parametrize("key", sorted(set(_FACTS) - {"general.architecture"}))
def test_each_fact_may_be_absurd(key: str) -> None:
    for value in (0, -1, 2**62, "many", True, float("nan"), [], [1, 2]):
        if value == 0 and key.endswith("epsilon"):
            continue
        # A width of 0 means that none is said, which the tensors contradict.
        name = "ffn_gate" if value == 0 and "feed_forward" in key else key
        assert name in _refusal({**_FACTS, key: value}, _TENSORS)


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(), st.text(),
    st.lists(st.integers(0, 5)),
)  # fmt: skip


@settings(derandomize=True, database=None, deadline=None, max_examples=200)
@given(
    architecture=st.sampled_from(KNOWN),
    facts=st.dictionaries(
        st.sampled_from([key.removeprefix("llama.") for key in _FACTS]
        + ["expert_count", "expert_used_count", "rope.scaling.type",
           "rope.scaling.factor", "rope.freq_base", "attention.key_length",
           "attention.sliding_window", "nextn_predict_layers"]),
        _VALUES, max_size=8,
    ),
    name=st.sampled_from(sorted(_TENSORS)),
    shape=st.lists(st.integers(0, 2**40), max_size=4),
)  # fmt: skip
def test_nothing_but_a_refusal_comes_of_nonsense(
    architecture: str, facts: dict[str, Any], name: str, shape: list[int]
) -> None:
    usual = {
        key.replace("llama.", f"{architecture}."): value
        for key, value in _FACTS.items()
    }
    given_facts = {f"{architecture}.{key}": value for key, value in facts.items()}
    said = Said(
        {**usual, **given_facts, "general.architecture": architecture},
        {**_TENSORS, name: GgufTensor("F16", tuple(shape))},
    )
    try:
        _tensors(said)
    except ModelRefused:
        return


def test_single_numbers_are_read_as_the_decimals_that_they_mean() -> None:
    said = Said({"general.architecture": "x", "x.a": float(np.float32(1e-5))})
    assert Facts(said).number("a") == 1e-5


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (("F32", "F16"), "float32"),
        (("BF16", "F16"), "bfloat16"),
        (("Q4_K", "BF16"), "float16"),
        (("F16", "F32"), "float16"),
    ],
)
def test_the_type_of_most_weights_decides(
    types: tuple[str, str], expected: str
) -> None:
    most, other = types
    tensors = {
        "a.weight": GgufTensor(most, (64, 64)),
        "b.weight": GgufTensor(other, (64, 32)),
        "norm.weight": GgufTensor("F32", (2**20,)),
    }
    llama = architecture_of({"general.architecture": "llama"})
    gemma = architecture_of({"general.architecture": "gemma3"})
    assert float_type(llama, tensors) == expected
    # Its activations are too large for float16.
    without_f16 = "bfloat16" if expected == "float16" else expected
    assert float_type(gemma, tensors) == without_f16


def test_an_unknown_tensor_refuses_the_whole_import(tmp_path: Path) -> None:
    path, more_path = tmp_path / "model.gguf", tmp_path / "more.gguf"
    write(LLAMA, path)

    def with_more(tensors: Mapping[str, Stored]) -> Iterator[Stored]:
        yield from tensors.values()
        more = np.ones(64, np.float32)
        yield "blk.0.attn_sinks.weight", more, gguf.GGMLQuantizationType.F32

    rewrite(path, more_path, with_more)
    with pytest.raises(ModelRefused, match=r"blk\.0\.attn_sinks\.weight"):
        imported(more_path)
    assert not (tmp_path / "more").exists()

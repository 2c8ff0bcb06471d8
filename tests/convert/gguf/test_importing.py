"""GGUF files become folders that mlx-lm loads."""

import json
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from numpy.typing import NDArray

from mlxtui.convert.gguf.opened import open_gguf
from mlxtui.recipes import GgufMode
from tests.convert.gguf.imports import imported
from tests.convert.gguf.llama_file import MIXED, write_llama
from tests.data import SHARED, needs_shared_data
from tests.inference.making.making import assert_same_weights

_STORY = (
    ", there was a little girl named Lily. She loved to play outside in the park. One"
    " day, she saw a big, red ball. She wanted to play with it, but it was too high."
)


def _answer(folder: Path, prompt: str, tokens: int) -> str:
    from mlx_lm import load, stream_generate

    model, tokenizer = load(str(folder))[:2]
    pieces = stream_generate(
        model, tokenizer, tokenizer.encode(prompt), max_tokens=tokens
    )
    return "".join(piece.text for piece in pieces)


def _logits(folder: Path) -> NDArray[np.float32]:
    from mlx_lm.utils import load_model

    prompt = mx.array(np.random.default_rng(1).integers(3, 32, (1, 48)))
    model: Any = load_model(folder)[0]
    return np.array(model(prompt).astype(mx.float32))


@needs_shared_data
@pytest.mark.parametrize("mode", ["faithful", "exact"])
@pytest.mark.parametrize("name", ["F16", "f32"])
def test_stories_go_on_word_for_word(name: str, mode: GgufMode, target: Path) -> None:
    file = SHARED / "models" / "gguf" / f"stories260K-{name}.gguf"
    made = imported(file, target, mode)
    assert _answer(target, "Once upon a time", 80).startswith(_STORY)
    assert made.origin.files == (file.name,)
    assert made.parameter_count == 292_800


@pytest.mark.usefixtures("many_files")
def test_a_faithful_model_computes_nearly_what_an_exact_one_does(
    source: Path, target: Path, tmp_path: Path
) -> None:
    faithful = imported(source, target)
    exact = imported(source, tmp_path / "exact", "exact")
    given, expected = _logits(target), _logits(tmp_path / "exact")
    assert expected.std() > 0.05
    np.testing.assert_allclose(given, expected, atol=0.02 * np.abs(expected).max())
    assert {row.type_name for row in exact.origin.types} == {*MIXED, "F32"}
    assert {row.largest_error for row in exact.origin.types} == {0}
    errors = [row.largest_error for row in faithful.origin.types]
    assert 0 < max(errors) <= 5e-3
    assert faithful.inexact == ()
    assert faithful.size_bytes < exact.size_bytes


def test_the_config_names_the_layers_that_differ(tmp_path: Path, target: Path) -> None:
    source = write_llama(
        tmp_path / "two.gguf", types=("Q4_K", "Q8_0", "F16", "Q8_0"), layers=1
    )
    made = imported(source, target)
    config = json.loads((target / "config.json").read_text())
    four_bits = {"group_size": 32, "bits": 4, "mode": "affine"}
    entry = {
        "group_size": 32, "bits": 8, "mode": "affine",
        "model.embed_tokens": four_bits,
        "model.layers.0.self_attn.o_proj": four_bits,
    }  # fmt: skip
    assert config["quantization"] == config["quantization_config"] == entry
    assert config["eos_token_id"] == [2] and config["bos_token_id"] == 1
    index = json.loads((target / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_parameters"] == made.parameter_count
    assert index["metadata"]["total_size"] == made.size_bytes


def test_the_card_says_what_it_was_made_of(tmp_path: Path, target: Path) -> None:
    source = write_llama(
        tmp_path / "hostile`\n---\nname.gguf",
        types=("Q4_0",),
        general__license="apache-2.0",
        general__languages=["en", "de\nlicense: mit"],
        general__base_model__0__repo_url="owner/Base\nlicense: mit",
        general__source__repo_url="https://huggingface.co/owner/Base",
    )
    made = imported(source, target)
    card = (target / "README.md").read_text()
    assert card.count("---\n") == 2
    assert card.count("\nlicense: ") == 1
    assert "license: apache-2.0" in card and "base_model: owner/Base" in card
    assert made.origin.sha256 in card and "| Q4_0 | 4-bit group 32 |" in card


@pytest.mark.parametrize(
    ("folder", "base"),
    [("models--owner--Base", "owner/Base"), ("models--a--b\nlicense: mit", "")],
)
def test_the_card_names_the_repository_that_the_file_was_fetched_from(
    folder: str, base: str, tmp_path: Path, target: Path
) -> None:
    (tmp_path / folder).mkdir()
    imported(write_llama(tmp_path / folder / "x.gguf", types=("Q4_0",)), target)
    card = (target / "README.md").read_text()
    assert ("base_model:" in card, base in card) == (bool(base), True)
    assert "license" not in card


def test_a_split_file_becomes_the_same_model(
    source: Path, target: Path, tmp_path: Path
) -> None:
    first = write_llama(tmp_path / "split.gguf", parts=3)
    made = imported(first, target)
    assert len(made.origin.files) == 3
    whole = imported(source, tmp_path / "whole")
    assert_same_weights(target, tmp_path / "whole")
    assert made.origin.types == whole.origin.types
    assert made.origin.sha256 != whole.origin.sha256


@pytest.mark.parametrize("mode", ["faithful", "exact"])
def test_data_may_begin_at_any_byte(
    mode: GgufMode, source: Path, target: Path, tmp_path: Path
) -> None:
    # A name of an odd length moves all of them.
    facts: dict[str, Any] = {"general__alignment": 1, "general__name": "odd"}
    odd = write_llama(tmp_path / "odd.gguf", **facts)
    with open_gguf([odd]) as opened:
        assert {tensor.start % 2 for tensor in opened.tensors.values()} == {1}
    imported(odd, target, mode)
    imported(source, tmp_path / "even", mode)
    assert_same_weights(target, tmp_path / "even")

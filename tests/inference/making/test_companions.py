"""The files beside the weights, and what the card says."""

from pathlib import Path

import pytest

from mlxtui.inference.making.model_card import base_model
from mlxtui.recipes import Quantization, Recipe, quantization
from tests.inference.making.checkpoints import write_checkpoint
from tests.inference.making.making import make

_IN_4_BITS = Recipe(quantization=Quantization())

_CARD = """---
license: other
license_name: some-licence
language:
- en
- ja
base_model: somebody/else
tags:
- pytorch
library_name: transformers
---
# A model

license: this is text
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "models--an--owner--name" / "source", "llama")


def test_tokenizer_and_templates_are_copied_as_they_are(
    source: Path, tmp_path: Path
) -> None:
    (source / "chat_template.jinja").write_bytes(b"{{ messages }}\r\n\xe6\x97\xa5")
    (source / "tokenization_own.py").write_text("raise SystemExit")
    for name in ("quantize_config.json", "mlxtui.json", "pytorch_model.bin", "a.gguf"):
        (source / name).write_text("{}")
    (source / "model.safetensors.index.json").write_text("{}")
    (source / "original").mkdir()
    make(source, tmp_path / "made", _IN_4_BITS)
    copied = (
        "chat_template.jinja", "generation_config.json", "tokenization_own.py",
        "tokenizer.json", "tokenizer_config.json",
    )  # fmt: skip
    for name in copied:
        assert (tmp_path / "made" / name).read_bytes() == (source / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == sorted(
        (
            *copied,
            "README.md",
            "config.json",
            "model.safetensors",
            "model.safetensors.index.json",
        )
    )


def test_the_card_says_what_was_done(source: Path, tmp_path: Path) -> None:
    (source / "README.md").write_text(_CARD)
    make(source, tmp_path / "made", Recipe(quantization=quantization(mode="mxfp4")))
    card = (tmp_path / "made" / "README.md").read_text()
    assert card.startswith(
        "---\nlicense: other\nlicense_name: some-licence\nlanguage:\n- en\n- ja\n"
        "library_name: mlx\npipeline_tag: text-generation\ntags:\n- mlx\n"
        "base_model: an/owner--name\nbase_model_relation: quantized\n---\n"
    )
    assert "- Weights: packed, mxfp4\n" in card
    assert "A model" not in card


@pytest.mark.parametrize(
    "card", ["", "no front matter", "---\nnever closed", "---\n---\n", "\udc80"]
)
def test_a_source_with_another_card_has_one_too(
    card: str, source: Path, tmp_path: Path
) -> None:
    (source / "README.md").write_bytes(card.encode(errors="surrogateescape"))
    make(source, tmp_path / "made", Recipe())
    made = (tmp_path / "made" / "README.md").read_text()
    assert made.startswith("---\nlibrary_name: mlx\n")


def test_what_is_made_of_a_made_model_names_the_first_one(
    source: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    make(source, first, Recipe(float_type="float32"))
    make(first, second, _IN_4_BITS)
    assert "\nbase_model: an/owner--name\n" in (second / "README.md").read_text()


def test_the_hub_s_cache_tells_the_repository() -> None:
    assert base_model(Path("/a/models--b--c-d/snapshots/0/")) == "b/c-d"
    assert base_model(Path("/a/models/b")) == ""

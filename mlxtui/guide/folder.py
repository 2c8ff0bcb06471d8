"""Writes the guide's model folder, and puts it into place."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import mlx.core as mx
from mlx_lm.utils import quantize_model, save_config, save_model
from tokenizers import Tokenizer

from mlxtui.guide.network import CONTEXT_LENGTH
from mlxtui.guide.tokenizer import BEGIN, CHAT_TEMPLATE, END, SPECIAL_TOKENS, token_id

# 4 bits would only save 1 MB of 2.6. The scales stay float32: with bfloat16 scales
# quantized products are imprecise on MLX's CPU build.
_BITS: Final = 8
_GROUP: Final = 64

_CARD: Final = """\
---
library_name: mlx
license: mit
language: [en, ja]
pipeline_tag: text-generation
---

# guide

A tiny model that knows only this app. It answers questions on mlxtui in English
and Japanese, from the texts in `mlxtui/guide/questions.toml`, and nothing else:
no maths, no code, no translation, no general knowledge.

- Made by `python -m mlxtui.guide.build`, from fresh weights, without other data.
- Llama architecture, {parameters:.1f} million parameters, {bits} bits per weight.
- Right answers to questions that it was not trained on: English {en:.0f} %,
  Japanese {ja:.0f} %, word for word, as the first question of a chat.
"""


def quantized(network: Any, config: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Quantizes a network in place; returns it with its configuration."""
    network, config = quantize_model(network, config, _GROUP, _BITS)
    mx.eval(network.parameters())
    return network, config


def write_folder(
    folder: Path, network: Any, config: dict[str, Any], tokenizer: Tokenizer
) -> None:
    """Writes a folder that `mlx_lm.load` reads.

    Args:
        folder: An empty folder.
        network: A quantized network.
        config: Its configuration.
        tokenizer: Its tokenizer.

    Raises:
        OSError: If a file cannot be written.
    """
    begin, end = token_id(tokenizer, BEGIN), token_id(tokenizer, END)
    ids = {"bos_token_id": begin, "eos_token_id": end, "pad_token_id": end}
    save_model(folder, network)
    save_config({**config, **ids}, folder / "config.json")
    _write_json(folder / "generation_config.json", {**ids, "do_sample": False})
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": BEGIN,
            "eos_token": END,
            "pad_token": END,
            "additional_special_tokens": list(SPECIAL_TOKENS),
            "clean_up_tokenization_spaces": False,
            "model_max_length": CONTEXT_LENGTH,
        },
    )
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


def write_card(folder: Path, parameters: int, english: float, japanese: float) -> None:
    """Writes the model card.

    Args:
        folder: The model folder.
        parameters: Number of parameters.
        english: Share of right answers in English, 0 to 1.
        japanese: Share of right answers in Japanese, 0 to 1.
    """
    card = _CARD.format(
        parameters=parameters / 1e6, bits=_BITS, en=100 * english, ja=100 * japanese
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def put_into_place(made: Path, folder: Path) -> None:
    """Renames a made folder to its place, instead of the one that was there."""
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    made.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def folder_size(folder: Path) -> int:
    """Returns the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

"""The files of a model beside its weights: config, tokenizer, templates, card."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from mlx_lm.utils import save_config

from mlxtui.inference.making.decisions import Decisions
from mlxtui.inference.making.model_card import card_text
from mlxtui.recipes import Recipe

_KINDS = (
    "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken", "*.py", "LICENSE*",
    "USE_POLICY*", "NOTICE*",
)  # fmt: skip

# Of the source alone: they say how its weights are stored.
_OF_THE_SOURCE = frozenset({
    "config.json", "hf_quant_config.json", "quantize_config.json", "quant_config.json",
    "quantization_config.json", "mlxtui.json",
})  # fmt: skip


def write_companions(
    source: Path, folder: Path, recipe: Recipe, decisions: Decisions
) -> list[Path]:
    """Write all files of a new model but the weights and their index.

    Tokenizer and templates are copied as they are, program code too (nothing of ours
    runs it); `config.json` is written as mlx-lm writes it.

    Returns:
        What was written.
    """
    written = [folder / "config.json", folder / "README.md"]
    for file in _copied(source):
        written.append(folder / file.name)
        shutil.copyfile(file, written[-1])
    save_config(
        decisions.config,
        config_path=written[0],
        keep_vision_config=decisions.keep_vision_config,
    )
    written[1].write_text(card_text(source, recipe, decisions), encoding="utf-8")
    return written


def _copied(source: Path) -> Iterator[Path]:
    seen: set[str] = set(_OF_THE_SOURCE)
    for kind in _KINDS:
        for file in sorted(source.glob(kind)):
            is_index = file.name.endswith(".index.json")
            if file.name not in seen and not is_index and file.is_file():
                seen.add(file.name)
                yield file

"""Runs works to their end, and makes quantizations of small models to measure."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx.utils import tree_flatten
from mlx_lm.utils import dequantize_model, load_model

from mlxtui.inference.quality import windows
from mlxtui.inference.step import Step, Work

_Result = TypeVar("_Result")

STORY = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside "
    "in the park. One day, she saw a big, red ball. She wanted to play with it, but it "
    "was too high. Lily asked her mom to help. Her mom smiled and gave her the ball. "
    "They played all day and were very happy. Then a little boy named Tim came to the "
    "park with his dog. The dog ran fast and barked. Tim said, 'Do you want to play "
    "with us?' Lily said yes. They threw the ball and the dog ran to get it."
)


def use_texts(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    """Measure on these instead of the shipped ones."""
    monkeypatch.setattr(windows, "texts", lambda: texts)


def finish(work: Work[_Result]) -> tuple[_Result, list[Step]]:
    """Step a work to its end; what it gave, and its steps."""
    steps: list[Step] = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as stop:
            return stop.value, steps


def parameters(network: nn.Module) -> dict[str, mx.array]:
    """All weights by their names."""
    flat: Any = tree_flatten(network.parameters())  # type: ignore[no-untyped-call]
    return dict(flat)


def size_of(network: nn.Module) -> int:
    """Bytes of all weights."""
    return sum(array.nbytes for array in parameters(network).values())


def packed_copy(
    source: Path, target: Path, bits: int | None, *, group_size: int = 32
) -> Path:
    """A model packed with one number of bits, or unpacked where there are none."""
    network: Any
    network, config = load_model(source)
    if "quantization" in config:
        network = dequantize_model(network)
        del config["quantization"], config["quantization_config"]
    if bits is not None:
        packing = {"group_size": group_size, "bits": bits, "mode": "affine"}
        config["quantization"] = packing

        def fits(_path: str, module: Any) -> bool:
            return (
                hasattr(module, "to_quantized")
                and module.weight.shape[-1] % group_size == 0
            )

        nn.quantize(network, group_size, bits, class_predicate=fits)
    target.mkdir()
    mx.save_safetensors(str(target / "model.safetensors"), parameters(network))
    (target / "config.json").write_text(json.dumps(config))
    for file in source.glob("tokenizer*"):
        shutil.copyfile(file, target / file.name)
    return target


def log_probabilities(network: Any, window: Sequence[int]) -> mx.array:
    """Of all positions at once, by mlx-lm's plain forward pass."""
    logits: mx.array = network(mx.array([window]))[0].astype(mx.float32)
    return logits - mx.logsumexp(logits, axis=-1, keepdims=True)

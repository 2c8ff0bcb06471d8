"""Safetensors to 4 bits: our work, in steps, against mlx_lm.convert.

Both run in processes of their own, in turn, on the same folder. A process's own memory
is what counts (`ru_maxrss`): neither maps the files.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mlxtui.model_writer.shard_files import Shard, ShardFile, TensorForm
from tests.bench.measure import Figure, Measurement
from tests.models import write_tokenizer

_ROUNDS = 3
_FILES = 4
_MIB = 1024**2

# 9 layers of 2048: 1.06 GB in bfloat16.
_CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 2048,
    "intermediate_size": 5632,
    "num_hidden_layers": 9,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "rms_norm_eps": 1e-5,
    "vocab_size": 32_000,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
    "eos_token_id": 1,
    "torch_dtype": "bfloat16",
}

# Runs with the source and the target as arguments; a line of JSON is its result.
_PROCESS = """
import json, pathlib, resource, sys, time
from mlxtui.inference import runtime
runtime.start()
from mlx_lm.convert import convert
from mlxtui.inference.making.work import make_model
from mlxtui.recipes import Quantization, Recipe

def ours(source, target):
    longest, before = 0.0, time.perf_counter()
    for step in make_model(source, target, Recipe(quantization=Quantization())):
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return longest

def peer(source, target):
    convert(str(source), str(target), quantize=True, q_bits=4, q_group_size=64)
    return time.perf_counter() - start

sys.stdout, stdout = sys.stderr, sys.stdout
run, *paths = sys.argv[1:]
start = time.perf_counter()
longest = {"ours": ours, "peer": peer}[run](*map(pathlib.Path, paths))
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak_bytes = peak if sys.platform == "darwin" else peak * 1024
print(json.dumps([seconds, peak_bytes, longest]), file=stdout)
"""


def run() -> list[Measurement | Figure]:
    """Speed, memory, and the longest time that the engine is held at once."""
    with tempfile.TemporaryDirectory() as home:
        source = Path(home) / "source"
        size_bytes = write_model(source)
        rounds = []
        for number in range(_ROUNDS + 1):
            pair = [
                _in_process(who, source, Path(home) / f"{who}-{number}")
                for who in ("ours", "peer")
            ]
            rounds.append(pair)
        _same(Path(home) / "ours-0", Path(home) / "peer-0")
    # The first round warms up and does not count.
    ours, peer = (list(each) for each in zip(*rounds[1:], strict=True))
    rate = [
        [size_bytes / _MIB / seconds for seconds, _peak, _longest in each]
        for each in (ours, peer)
    ]
    memory = [
        [peak / _MIB for _seconds, peak, _longest in each] for each in (ours, peer)
    ]
    return [
        _ratios("convert: MiB/s to 4 bits, against mlx_lm", rate, at_least=0.95),
        _ratios("convert: peak memory in MiB", memory, at_most=0.7),
        Figure.of_rounds(
            "convert: longest step", "ms",
            ours=[1000 * longest for _seconds, _peak, longest in ours],
            peer=[1000 * longest for _seconds, _peak, longest in peer],
        ),
    ]  # fmt: skip


def _ratios(name: str, pairs: list[list[float]], **marks: float) -> Measurement:
    ours, peer = pairs
    middle = len(ours) // 2
    return Measurement.of_ratios(
        name,
        [mine / other for mine, other in zip(ours, peer, strict=True)],
        ours=sorted(ours)[middle],
        peer=sorted(peer)[middle],
        **marks,
    )


def _in_process(who: str, source: Path, target: Path) -> tuple[float, float, float]:
    ended = subprocess.run(
        [sys.executable, "-c", _PROCESS, who, str(source), str(target)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    seconds, peak_bytes, longest = json.loads(ended.stdout)
    return seconds, peak_bytes, longest


def _same(ours: Path, peer: Path) -> None:
    """The benchmark means nothing where the results differ."""
    import mlx.core as mx

    mine: Any = mx.load(str(ours / "model.safetensors"))
    other: Any = mx.load(str(peer / "model.safetensors"))
    assert mine.keys() == other.keys()
    for name, array in mine.items():
        assert mx.array_equal(array, other[name]), name


def write_model(folder: Path) -> int:
    """Random weights; returns their bytes. One block of them, again and again: how
    long a number takes does not depend on it."""
    folder.mkdir()
    write_tokenizer(folder, None)
    (folder / "config.json").write_text(json.dumps(_CONFIG))
    width, inner = _CONFIG["hidden_size"], _CONFIG["intermediate_size"]
    shapes = {
        "model.embed_tokens": (_CONFIG["vocab_size"], width),
        "model.norm": (width,),
    }
    for number in range(_CONFIG["num_hidden_layers"]):
        layer = f"model.layers.{number}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            shapes[f"{layer}self_attn.{name}"] = (width, width)
        shapes |= {
            f"{layer}mlp.gate_proj": (inner, width),
            f"{layer}mlp.up_proj": (inner, width),
            f"{layer}mlp.down_proj": (width, inner),
            f"{layer}input_layernorm": (width,),
            f"{layer}post_attention_layernorm": (width,),
        }
    numbers = np.random.default_rng(0).standard_normal(8 * _MIB, np.float32) / 50
    block = (numbers.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    tensors = {
        f"{name}.weight": TensorForm("BF16", each) for name, each in shapes.items()
    }
    names = list(tensors)
    for number in range(_FILES):
        part = {name: tensors[name] for name in names[number::_FILES]}
        shard = Shard(f"model-{number + 1:05d}-of-{_FILES:05d}.safetensors", part)
        file = ShardFile(folder, shard)
        for name, tensor in part.items():
            left = tensor.size_bytes
            while left:
                file.append(name, block[: min(left, len(block))])
                left -= min(left, len(block))
        file.finish()
    return sum(tensor.size_bytes for tensor in tensors.values())

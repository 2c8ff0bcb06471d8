"""GGUF to MLX: our import against dequantizing and quantizing again, in one run.

`run(size_bytes)` takes smaller files than the gigabyte that the marks are for.
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter
from numpy.typing import NDArray

from tests.bench.measure import Figure, Measurement, paired

_ROUNDS = 3
_MIB = 1024**2
_SIZE_BYTES = 10**9

# What an import may hold beside the largest tensor in its two forms.
_ALLOWED_BYTES = 1024**3

_WIDTH, _INNER_WIDTH, _HEADS = 2048, 5632, 16
_VOCABULARY = 32_000

# A block's 16-bit floats begin here; with these values weights are below 1.
_SCALES = {"Q4_0": ((0,), 4e-3), "Q4_K": ((0, 2), 2e-4), "Q8_0": ((0,), 3e-4)}
_BITS = {"Q4_0": 4, "Q4_K": 4, "Q8_0": 8}
_GROUP_SIZE = 32

_GENERATED_TOKENS = 16
_SPEED_MODEL_SHARE = 8
"""The model that answers is a part of the imported one: its speed is in its layers."""

# Runs with the source and the target as arguments; a line of JSON is its result. The
# peer reads nothing but the tensors and writes nothing.
_PROCESS = """
import json, pathlib, resource, sys, time

def ours(source, target):
    from mlxtui.convert.gguf.importing import import_gguf

    start = time.perf_counter()
    import_gguf([source], target, "faithful", "", report=lambda *_: None,
                check=lambda: None)
    return time.perf_counter() - start

def peer(source, bits, group_size):
    import mlx.core as mx
    from gguf import GGMLQuantizationType, GGUFReader, quants

    reader = GGUFReader(source)
    start = time.perf_counter()
    for tensor in reader.tensors:
        if tensor.tensor_type != GGMLQuantizationType.F32:
            values = quants.dequantize(tensor.data, tensor.tensor_type)
            packed = mx.quantize(mx.array(values), group_size=group_size, bits=bits)
            mx.eval(packed)
    return time.perf_counter() - start

run, source, target, *numbers = sys.argv[1:]
if run == "ours":
    seconds = ours(pathlib.Path(source), pathlib.Path(target))
else:
    seconds = peer(source, *map(int, numbers))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, peak if sys.platform == "darwin" else peak * 1024]))
"""


def run(size_bytes: int = _SIZE_BYTES) -> list[Measurement | Figure]:
    """Speed and memory of the import for each type, and the speed of what it makes."""
    measured: list[Measurement | Figure] = []
    for type_name in _BITS:
        with tempfile.TemporaryDirectory() as home:
            measured += _import_speed(type_name, size_bytes, Path(home))
    with tempfile.TemporaryDirectory() as home:
        source, folder = Path(home) / "model.gguf", Path(home) / "model"
        write_model(source, "Q4_K", size_bytes // _SPEED_MODEL_SHARE)
        _in_process("ours", "Q4_K", source, folder)
        measured.append(_answering_speed(folder))
    return measured


def _import_speed(
    type_name: str, size_bytes: int, home: Path
) -> list[Measurement | Figure]:
    source = home / "model.gguf"
    size_bytes = write_model(source, type_name, size_bytes)
    rounds = [
        [
            _in_process(who, type_name, source, home / f"{who}-{number}")
            for who in ("ours", "peer")
        ]
        for number in range(_ROUNDS)
    ]
    ours, peer = (list(each) for each in zip(*rounds, strict=True))
    rates = [
        [size_bytes / _MIB / seconds for seconds, _peak in each]
        for each in (ours, peer)
    ]
    speed = Measurement.of_ratios(
        f"gguf: MiB/s of {type_name}, against dequantize and mx.quantize",
        [mine / other for mine, other in zip(*rates, strict=True)],
        ours=sorted(rates[0])[_ROUNDS // 2],
        peer=sorted(rates[1])[_ROUNDS // 2],
        at_least=4,
    )
    memory = Figure.of_rounds(
        f"gguf: peak memory of the import of {type_name}",
        "MiB",
        ours=[peak / _MIB for _seconds, peak in ours],
        peer=[peak / _MIB for _seconds, peak in peer],
        under=(_two_forms_bytes(type_name) + _ALLOWED_BYTES) / _MIB,
    )
    return [speed, memory]


def _two_forms_bytes(type_name: str) -> int:
    """The largest tensor as it is stored, and as it becomes."""
    weights = _VOCABULARY * _WIDTH
    block_size, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[type_name]]
    new_bits = _BITS[type_name] + 32 / _GROUP_SIZE
    return weights // block_size * block_bytes + int(weights * new_bits / 8)


def _in_process(
    who: str, type_name: str, source: Path, target: Path
) -> tuple[float, float]:
    arguments = [str(source), str(target), str(_BITS[type_name]), str(_GROUP_SIZE)]
    ended = subprocess.run(
        [sys.executable, "-c", _PROCESS, who, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    seconds, peak_bytes = json.loads(ended.stdout)
    return seconds, peak_bytes


def _answering_speed(folder: Path) -> Measurement:
    """Tokens per second of an imported model, and of random weights in its shapes that
    mlx-lm quantized."""
    import mlx.core as mx
    from mlx.utils import tree_map
    from mlx_lm.models import llama
    from mlx_lm.utils import load_model, quantize_model

    imported, config = load_model(folder)
    bare = {key: config[key] for key in config if not key.startswith("quantization")}
    other: Any = llama.Model(llama.ModelArgs.from_dict(bare))
    other.update(tree_map(lambda array: array.astype(mx.float16), other.parameters()))
    with redirect_stdout(sys.stderr):  # it says how many bits it took
        other, _config = quantize_model(other, bare, _GROUP_SIZE, _BITS["Q4_K"])
    if mx.default_device() == mx.cpu:
        # Processors take dozens of times as long for products of 16-bit floats.
        imported.set_dtype(mx.float32)
        other.set_dtype(mx.float32)
    mx.eval(imported.parameters(), other.parameters())
    return paired(
        "gguf: tokens/s of an imported Q4_K, against mlx-lm's own 4 bits",
        lambda: _tokens_per_second(imported),
        lambda: _tokens_per_second(other),
        rounds=_ROUNDS,
        at_least=0.97,
    )


def _tokens_per_second(model: Any) -> float:
    import mlx.core as mx
    from mlx_lm.generate import generate_step

    prompt = mx.arange(8)
    start = 0.0
    for number, _step in enumerate(
        generate_step(prompt, model, max_tokens=_GENERATED_TOKENS + 1)
    ):
        if number == 0:  # the prompt is read
            start = time.perf_counter()
    return _GENERATED_TOKENS / (time.perf_counter() - start)


def write_model(file: Path, type_name: str, size_bytes: int) -> int:
    """Write a llama of random weights; as many layers as come nearest to the size.

    Returns:
        The file's bytes.
    """
    kind = GGMLQuantizationType[type_name]
    square, wide = (_WIDTH, _WIDTH), (_INNER_WIDTH, _WIDTH)
    matrices = {
        "attn_q": square, "attn_k": square, "attn_v": square, "attn_output": square,
        "ffn_gate": wide, "ffn_up": wide, "ffn_down": (_WIDTH, _INNER_WIDTH),
    }  # fmt: skip
    weights = sum(rows * width for rows, width in matrices.values())
    layers = round((size_bytes - _bytes_of(kind, _VOCABULARY * _WIDTH))
                   / _bytes_of(kind, weights))  # fmt: skip
    layers = max(layers, 1)
    blocks = _random_blocks(type_name, _VOCABULARY * _WIDTH)
    norm = np.ones(_WIDTH, np.float32)
    writer = GGUFWriter(file, "llama")
    _add_facts(writer, layers)

    def add(name: str, shape: tuple[int, int]) -> None:
        rows, width = shape
        stored = blocks[: _bytes_of(kind, rows * width)].reshape(rows, -1)
        writer.add_tensor(f"{name}.weight", stored, raw_dtype=kind)

    add("token_embd", (_VOCABULARY, _WIDTH))
    writer.add_tensor("output_norm.weight", norm)
    for layer in range(layers):
        for name, shape in matrices.items():
            add(f"blk.{layer}.{name}", shape)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", norm)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file.stat().st_size


def _bytes_of(kind: GGMLQuantizationType, weights: int) -> int:
    block_size, block_bytes = GGML_QUANT_SIZES[kind]
    return weights // block_size * block_bytes


def _random_blocks(type_name: str, weights: int) -> NDArray[np.uint8]:
    """Random codes; the scales are all alike, which costs as much time as others."""
    block_size, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[type_name]]
    random = np.random.default_rng(0)
    blocks = random.integers(
        0, 256, (weights // block_size, block_bytes), dtype=np.uint8
    )
    starts, scale = _SCALES[type_name]
    for start in starts:
        blocks[:, start : start + 2] = np.array([scale], np.float16).view(np.uint8)
    return blocks.reshape(-1)


def _add_facts(writer: GGUFWriter, layers: int) -> None:
    writer.add_context_length(2048)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(_INNER_WIDTH)
    writer.add_block_count(layers)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(_VOCABULARY)
    writer.add_tokenizer_model("llama")
    letters = [f"<{number}>" for number in range(_VOCABULARY - 3)]
    writer.add_token_list(["<unk>", "<s>", "</s>", *letters])
    writer.add_token_scores([-float(number) for number in range(_VOCABULARY)])
    writer.add_token_types([2, 3, 3] + [1] * (_VOCABULARY - 3))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

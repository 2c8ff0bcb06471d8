"""Small llamas as GGUF files with a vocabulary, several quantizations mixed."""

from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType

from tests.convert.gguf.architectures.stored_values import stored_values
from tests.convert.gguf.gguf_bytes import gguf_bytes, llama_facts

WIDTH = 256
_VOCABULARY = 32

MIXED = ("Q4_K", "Q8_0", "Q6_K", "F16", "Q4_0", "Q5_K", "Q3_K", "BF16", "Q5_0")


def write_llama(
    path: Path,
    *,
    types: tuple[str, ...] = MIXED,
    layers: int = 2,
    parts: int = 1,
    seed: int = 0,
    **facts: Any,
) -> Path:
    """Write a file, or all parts of a split one.

    Args:
        types: Of the matrices, taken in turn.
        facts: Changes; two underscores in a name are a dot. None leaves one out.

    Returns:
        The first file.
    """
    random = np.random.default_rng(seed)
    tensors: dict[str, tuple[str | int, tuple[int, ...]]] = {}
    data: dict[str, bytes] = {}
    names = ["token_embd"]
    for layer in range(layers):
        names += [f"blk.{layer}.{name}" for name in _LAYER]
    matrices = 0
    for name in [*names, "output_norm"]:
        part = name.rpartition(".")[2]
        if part.endswith("norm"):
            tensors[f"{name}.weight"] = "F32", (WIDTH,)
            values = 1 + 0.2 * random.standard_normal(WIDTH)
            data[f"{name}.weight"] = values.astype(np.float32).tobytes()
            continue
        rows = {"token_embd": _VOCABULARY, "attn_k": WIDTH // 2, "attn_v": WIDTH // 2}
        shape = rows.get(part, WIDTH), WIDTH
        kind = types[matrices % len(types)]
        matrices += 1
        drawn = random.standard_normal(shape, dtype=np.float32) / np.float32(16)
        content, _values = stored_values(drawn, GGMLQuantizationType[kind])
        tensors[f"{name}.weight"] = kind, shape[::-1]
        data[f"{name}.weight"] = content.tobytes()
    all_facts = llama_facts(WIDTH, llama__block_count=layers, **facts)
    if parts == 1:
        path.write_bytes(gguf_bytes(all_facts, tensors, data=data))
        return path
    return _write_parts(path, parts, all_facts, tensors, data)


_LAYER = (
    "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate",
    "ffn_up", "ffn_down",
)  # fmt: skip


def _write_parts(
    path: Path, parts: int, facts: dict[str, Any], tensors: Any, data: Any
) -> Path:
    names = list(tensors)
    written: list[Path] = []
    for number in range(parts):
        own = names[number * len(names) // parts : (number + 1) * len(names) // parts]
        said = facts if not written else {}
        said = {
            **said,
            "split.no": number,
            "split.count": parts,
            "split.tensors.count": len(names),
        }
        file = path.with_name(f"{path.stem}-{number + 1:05d}-of-{parts:05d}.gguf")
        file.write_bytes(gguf_bytes(said, {n: tensors[n] for n in own}, data=data))
        written.append(file)
    return written[0]

"""A GGUF file written once more, its tensors as another converter would have them."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

Stored = tuple[str, NDArray[Any], gguf.GGMLQuantizationType]
"""Name, blocks and type of a tensor."""


def rewrite(
    path: Path,
    new_path: Path,
    change: Callable[[Mapping[str, Stored]], Iterable[Stored]],
    *,
    name: str = "",
) -> None:
    """Copy a file, with other tensors.

    Args:
        change: Gives the new tensors for the old ones by name.
        name: Of the architecture; empty keeps it.
    """
    reader = gguf.GGUFReader(path)
    old_name = reader.fields["general.architecture"].contents()
    writer = gguf.GGUFWriter(new_path, name or old_name)
    for key, fact in reader.fields.items():
        if not key.startswith(("GGUF.", "general.")):
            kind, *item_kind = fact.types
            new_key = key.replace(f"{old_name}.", f"{writer.arch}.", 1)
            writer.add_key_value(
                new_key, fact.contents(), kind, item_kind[-1] if item_kind else None
            )
    stored = {
        tensor.name: (
            tensor.name,
            tensor.data,
            gguf.GGMLQuantizationType(tensor.tensor_type),
        )
        for tensor in reader.tensors
    }
    for tensor_name, data, tensor_type in change(stored):
        writer.add_tensor(tensor_name, data, raw_dtype=tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def fused_experts(stored: Mapping[str, Stored]) -> Iterable[Stored]:
    """Gate and up of each expert in one tensor, their biases apart."""
    for name, blocks, kind in stored.values():
        if name.endswith("ffn_gate_exps.weight"):
            up = stored[name.replace("gate", "up")][1]
            fused = name.replace("gate", "gate_up")
            yield fused, np.concatenate([blocks, up], axis=1), kind
        elif not name.endswith("ffn_up_exps.weight"):
            yield name, blocks, kind


def fused_projections(stored: Mapping[str, Stored]) -> Iterable[Stored]:
    """Queries, keys and values of each layer in one tensor, and so their biases."""
    for name, blocks, kind in stored.values():
        if ".attn_q." in name:
            parts = [stored[name.replace("attn_q", f"attn_{part}")][1] for part in "kv"]
            fused = name.replace("attn_q", "attn_qkv")
            yield fused, np.concatenate([blocks, *parts]), kind
        elif ".attn_k." not in name and ".attn_v." not in name:
            yield name, blocks, kind

"""GGUF files, written by the format's description; small, and whole unless asked.

The values of tensors are zeros, unless they are given.
"""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

_KINDS = {bool: 7, int: 4, float: 6, str: 8, list: 9}
_FORMS = {7: "?", 4: "I", 6: "f"}


class Raw(NamedTuple):
    """A value that is written as it is: the number of its kind, and its bytes."""

    kind: int
    content: bytes


Tensors = Mapping[str, tuple[str | int, tuple[int, ...]]]
"""Type, by its name or number, and shape by name; the innermost dimension first."""


def llama_facts(width: int, **changes: Any) -> dict[str, Any]:
    """Those of a llama of one layer; two underscores in a change's name are a dot."""
    named = {key.replace("__", "."): value for key, value in changes.items()}
    facts = {
        "general.architecture": "llama",
        "general.type": "model",
        "llama.context_length": 2048,
        "llama.block_count": 1,
        "llama.embedding_length": width,
        "llama.feed_forward_length": width,
        "llama.attention.head_count": 2,
        "llama.attention.head_count_kv": 1,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": width // 2,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", *map(chr, range(97, 126))],
        "tokenizer.ggml.scores": [-1.0 * number for number in range(32)],
        "tokenizer.ggml.token_type": [2, 3, 3] + [1] * 29,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.chat_template": "{{ messages[0].content }}",
    }
    return {key: value for key, value in (facts | named).items() if value is not None}


def llama_tensors(width: int, type_name: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Those of the same llama, its norms in F32; its output is its embedding."""
    matrix = (width, width)
    return {
        "token_embd.weight": (type_name, (width, 32)),
        "blk.0.attn_norm.weight": ("F32", (width,)),
        "blk.0.attn_q.weight": (type_name, matrix),
        "blk.0.attn_k.weight": (type_name, (width, width // 2)),
        "blk.0.attn_v.weight": (type_name, (width, width // 2)),
        "blk.0.attn_output.weight": (type_name, matrix),
        "blk.0.ffn_norm.weight": ("F32", (width,)),
        "blk.0.ffn_gate.weight": (type_name, matrix),
        "blk.0.ffn_up.weight": (type_name, matrix),
        "blk.0.ffn_down.weight": (type_name, matrix),
        "output_norm.weight": ("F32", (width,)),
    }


LLAMA_FACTS: Mapping[str, Any] = llama_facts(256, general__file_type=15)
LLAMA_TENSORS: Tensors = llama_tensors(256, "Q4_K")


def gguf_bytes(
    facts: Mapping[str, Any] = LLAMA_FACTS,
    tensors: Tensors = LLAMA_TENSORS,
    *,
    version: int = 3,
    data: Mapping[str, bytes] | None = None,
    offsets: Mapping[str, int] | None = None,
) -> bytes:
    """A whole file.

    Args:
        facts: Text, numbers, lists of one of them, lists of lists, or `Raw`.
        tensors: See `Tensors`; unknown types take no room.
        data: What tensors hold, by name.
        offsets: Where tensors are said to lie, by name, if not behind each other.
    """
    alignment = facts.get("general.alignment", 32)
    head = head_bytes(facts.items(), len(tensors), version=version)
    content = b""
    for name, (kind, shape) in tensors.items():
        stored = (data or {}).get(name, bytes(stored_bytes(kind, shape)))
        start = (offsets or {}).get(name, len(content))
        head += tensor_entry(name, kind, shape, start)
        content += stored + bytes(-len(stored) % alignment)
    return head + bytes(-len(head) % alignment) + content


def head_bytes(
    facts: Iterable[tuple[str, Any]],
    tensor_count: int,
    *,
    version: int = 3,
    fact_count: int | None = None,
) -> bytes:
    """A header up to its tensors; the counts may be wrong, and keys come twice."""
    entries = [text_bytes(key) + _value(value) for key, value in facts]
    count = len(entries) if fact_count is None else fact_count
    head = b"GGUF" + struct.pack("<IQQ", version, tensor_count, count)
    return head + b"".join(entries)


def stored_bytes(kind: str | int, shape: Sequence[int]) -> int:
    """What a tensor takes."""
    if isinstance(kind, int):
        return 0
    elements, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    return math.prod(shape) // elements * block_bytes


def tensor_entry(name: str, kind: str | int, shape: Sequence[int], start: int) -> bytes:
    """What the header says of a tensor."""
    number = kind if isinstance(kind, int) else GGMLQuantizationType[kind].value
    entry = text_bytes(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return entry + struct.pack("<IQ", number, start)


def text_bytes(text: str) -> bytes:
    """A text with its length."""
    content = text.encode()
    return struct.pack("<Q", len(content)) + content


def _value(value: Any) -> bytes:
    if isinstance(value, Raw):
        return struct.pack("<I", value.kind) + value.content
    return struct.pack("<I", _KINDS[type(value)]) + _content(value)


def _content(value: Any) -> bytes:
    if isinstance(value, str):
        return text_bytes(value)
    if isinstance(value, list):
        kind = _KINDS[type(value[0])] if value else _KINDS[int]
        items = b"".join(map(_content, value))
        return struct.pack("<IQ", kind, len(value)) + items
    return struct.pack("<" + _FORMS[_KINDS[type(value)]], value)

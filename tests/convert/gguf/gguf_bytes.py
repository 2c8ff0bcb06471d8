"""GGUF files, written by the format's description; small, and whole unless asked."""

import struct
from collections.abc import Mapping
from typing import Any

_TYPES = {
    "F32": (0, 1, 4),
    "F16": (1, 1, 2),
    "Q8_0": (8, 32, 34),
    "Q4_K": (12, 256, 144),
}
_ALIGNMENT = 32

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]

LLAMA_TENSORS: Tensors = {
    "token_embd.weight": ("Q4_K", (256, 8)),
    "blk.0.attn_q.weight": ("Q4_K", (256, 4)),
    "blk.0.attn_norm.weight": ("F32", (256,)),
}
LLAMA_FACTS: Mapping[str, Any] = {
    "general.architecture": "llama",
    "general.type": "model",
    "general.file_type": 15,
    "llama.context_length": 2048,
    "llama.block_count": 1,
    "tokenizer.ggml.tokens": ["<s>", "a", "日本"] * 20,
    "tokenizer.ggml.scores": [0.5] * 60,
    "tokenizer.chat_template": "{{ messages }}",
}


def gguf_bytes(
    facts: Mapping[str, Any] = LLAMA_FACTS,
    tensors: Tensors = LLAMA_TENSORS,
    *,
    version: int = 3,
) -> bytes:
    """A whole file.

    Args:
        facts: Text, whole numbers, and lists of text or numbers.
        tensors: Type and shape by name, the innermost dimension first.
    """
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(facts))
    for key, value in facts.items():
        head += _text(key) + _value(value)
    offset = 0
    for name, (type_name, shape) in tensors.items():
        number, elements, block_bytes = _TYPES[type_name]
        count = 1
        for length in shape:
            count *= length
        head += _text(name) + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}Q", *shape)
        head += struct.pack("<IQ", number, offset)
        offset += -(-(count // elements * block_bytes) // _ALIGNMENT) * _ALIGNMENT
    head += bytes(-len(head) % _ALIGNMENT)
    return head + bytes(offset)


def _text(text: str) -> bytes:
    content = text.encode()
    return struct.pack("<Q", len(content)) + content


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value[0], str):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))
    return struct.pack("<IIQ", 9, 6, len(value)) + struct.pack(
        f"<{len(value)}f", *value
    )

"""A tensor of the new model, and where it comes from in the GGUF file."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTensor:
    """One weight of the model that a GGUF file becomes."""

    name: str
    """As mlx-lm calls it: `model.layers.0.self_attn.q_proj.weight`."""
    sources: tuple[str, ...]
    """Tensors of the file; the rows of several stand one after the other (experts that
    older converters stored apart)."""
    shape: tuple[int, ...]
    """In the new model, outermost dimension first."""
    can_pack: bool = False
    """Whether it is the weight of a layer that MLX has quantized: a linear one, an
    embedding, experts."""
    first_row: int = 0
    """Of the sources' rows, the first that is taken: a part of a fused tensor."""
    group_rows: int = 0
    """Rows of a group of the one source, each of which gives a part, from `first_row`
    on: gate and up of each expert in one tensor. 0: it has no groups."""
    head_count: int = 0
    """Heads whose rows llama.cpp permuted for its RoPE, to be put back; 0 is none."""
    is_always_exact: bool = False
    """Whether no mode may round it: a few numbers on which experts are chosen."""
    added: float = 0.0
    """What is added to each value: -1 for Gemma's norms."""
    constant: float | None = None
    """The value of all elements, where the file has no such tensor."""

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

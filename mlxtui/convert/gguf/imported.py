"""What came of importing a GGUF file."""

from dataclasses import dataclass

from mlxtui.plans import GgufOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A model that is ready, in numbers."""

    size_bytes: int
    """Of its weight files."""
    bits_per_weight: float
    """With scales and biases."""
    parameter_count: int
    origin: GgufOrigin
    inexact: tuple[tuple[str, float], ...] = ()
    """Tensors whose relative RMS error is larger than it should be, with it."""

"""What came of making a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Made:
    """A model that is ready, in numbers."""

    size_bytes: int
    """Of its weight files."""
    bits_per_weight: float
    """With scales and biases, as mlx-lm counts."""
    parameter_count: int
    kept_in_float: tuple[str, ...] = ()
    """Layers that the recipe wanted to pack and that cannot be: their rows are no
    multiple of the group size."""

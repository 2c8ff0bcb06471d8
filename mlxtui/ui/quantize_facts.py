"""What the form of a quantization must know of a model, and what it works out."""

from dataclasses import dataclass, replace

from mlxtui.names import imported_name
from mlxtui.plans import CacheShape, Contents, GgufChoice
from mlxtui.recipes import Recipe
from mlxtui.types import LocalModel
from mlxtui.ui.hub_descriptions import Described
from mlxtui.ui.model_standing import GUARDED_TOKENS

# Bits that mlx-lm's mixed recipes take on average: about a quarter of the weights
# have the larger number.
_LARGER_SHARE = 0.25
_GGUF_FLOATS = ("F32", "F16", "BF16")
_FLOAT_BITS = {"float16": 16, "bfloat16": 16, "float32": 32}

# No packed form has more.
_MOST_PACKED_BITS = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizeFacts:
    """A model in the library, a folder, or a repository."""

    source: str
    """For `JobSpec.source`."""
    name: str
    """Full name."""
    file: str = ""
    parameter_count: int | None = None
    size_bytes: int = 0
    bits_per_weight: float | None = None
    quantization: str = ""
    is_packed: bool = False
    is_gguf: bool = False
    """It is imported first, then packed."""
    needed_bytes: int = 0
    """Memory of the source as it is; 0 where that is not known."""
    cache: CacheShape | None = None
    context_length: int | None = None

    @property
    def alias(self) -> str:
        """What results are called after: the name without its owner."""
        if self.is_gguf:
            return imported_name(self.file or self.name)
        return self.name.rpartition("/")[2]

    def bits_of(self, recipe: Recipe) -> float | None:
        """Bits per weight of a result, about; None where the machine decides."""
        if recipe.fit_context_tokens:
            return None
        group_size = recipe.quantization.group_size if recipe.quantization else 64
        if recipe.mixed:
            low, high = (int(bits) for bits in recipe.mixed.split("_")[1:])
            return low + (high - low) * _LARGER_SHARE + 32 / group_size
        if recipe.quantization:
            return recipe.quantization.bits_per_weight
        if recipe.float_type:
            return _FLOAT_BITS[recipe.float_type]
        return 16 if recipe.dequantize else self.bits_per_weight

    def size_of(self, recipe: Recipe) -> int | None:
        """Bytes of a result, about; None where it cannot be told."""
        bits = self.bits_of(recipe)
        if bits is None or not self.parameter_count:
            return None
        return int(self.parameter_count * bits / 8)

    def needed_of(self, size_bytes: int) -> int | None:
        """Memory that a result of this size takes, by the estimate for the source."""
        if not (self.needed_bytes and self.size_bytes):
            return None
        tokens = min(GUARDED_TOKENS, self.context_length or GUARDED_TOKENS)
        cache_bytes = self.cache.bytes_at(tokens) if self.cache else 0
        share = (self.needed_bytes - cache_bytes) / self.size_bytes
        return int(size_bytes * share) + cache_bytes


def facts_of_model(model: LocalModel) -> QuantizeFacts:
    """A model of the library."""
    bits = model.bits_per_weight
    return QuantizeFacts(
        source=str(model.path),
        name=model.name,
        parameter_count=model.parameter_count,
        size_bytes=model.size_bytes,
        bits_per_weight=bits,
        quantization=model.quantization,
        is_packed=bits is not None and bits < _MOST_PACKED_BITS,
        is_gguf=model.kind == "gguf",
        needed_bytes=model.needed_bytes,
        cache=model.cache,
        context_length=model.context_length,
    )


def facts_of_described(described: Described) -> QuantizeFacts:
    """A repository of the hub."""
    address = described.repository.address
    memory = described.plan.memory
    return facts_of_contents(
        described.plan.contents,
        source=str(address),
        name=address.repo_id,
        file=address.file,
        needed_bytes=memory[0].needed_bytes if memory else 0,
    )


def facts_of_choice(facts: QuantizeFacts, choice: GgufChoice) -> QuantizeFacts:
    """One of the GGUF models of a repository.

    Args:
        facts: Those of the repository, as if there was only the smallest one.
    """
    return replace(
        facts,
        file=choice.file,
        size_bytes=choice.size_bytes,
        bits_per_weight=choice.bits_per_weight,
        quantization=choice.quantization,
        is_packed=choice.quantization not in _GGUF_FLOATS,
    )


def facts_of_contents(
    contents: Contents, *, source: str, name: str, file: str = "", needed_bytes: int = 0
) -> QuantizeFacts:
    """What was told from a folder's or a repository's content."""
    return QuantizeFacts(
        source=source,
        name=name,
        file=file,
        parameter_count=contents.parameter_count,
        size_bytes=contents.size_bytes,
        bits_per_weight=contents.bits_per_weight,
        quantization=contents.quantization,
        is_packed=contents.is_packed,
        is_gguf=contents.kind == "gguf",
        needed_bytes=needed_bytes,
        cache=contents.cache,
        context_length=contents.context_length,
    )

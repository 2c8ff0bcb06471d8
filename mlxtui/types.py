"""Frozen records that cross threads: numbers, text, paths and tuples only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NewType

if TYPE_CHECKING:
    from mlxtui.plans import CacheShape, Provenance


ModelKind = Literal["model", "embedder", "adapter", "gguf"]
"""`gguf` is a file that can be imported; only then it is a model here."""
RequestId = NewType("RequestId", str)

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "cancelled"]
TextKind = Literal["answer", "reasoning"]
Source = Literal[
    "built-in", "models", "hugging-face", "extra", "path", "ollama", "lm-studio"
]
MemoryPressure = Literal["normal", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, as chat templates take it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationStats:
    """What one answer cost."""

    prompt_tokens: int
    """Tokens of the whole prompt, the cached ones included."""
    cached_tokens: int
    """Prompt tokens that the prompt cache already held."""
    generated_tokens: int
    """Tokens that the model made, the end-of-turn token included."""
    time_to_first_token_seconds: float
    """From the request's arrival at the backend to its first token; 0 without one."""
    prefill_tokens_per_second: float
    """Prompt tokens read per second, the cached ones left out."""
    generation_tokens_per_second: float
    """Tokens made per second after the first one; 0 when there was only one."""
    peak_memory_bytes: int
    """Highest since the engine was last idle, from `mx.get_peak_memory()`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A model folder on this machine, or the reason why it is not usable."""

    name: str
    """Full name: `owner/name` or the folder's name."""
    path: Path
    """Its folder; of a GGUF model its first file."""
    files: tuple[Path, ...] = ()
    """Of a GGUF model: all its parts; empty for a folder."""
    source: Source
    kind: ModelKind = "model"
    architecture: str = ""
    """`model_type` of its config."""
    parameter_count: int | None = None
    bits_per_weight: float | None = None
    quantization: str = ""
    """How its weights are stored: `4-bit group 64`, `mxfp4`, `bf16`; may be empty."""
    size_bytes: int = 0
    """Of all weight files."""
    needed_bytes: int = 0
    """Memory that loading it takes, as the guard of a load counts it; 0 is unknown."""
    context_length: int | None = None
    """Tokens, from its config."""
    cache: CacheShape | None = None
    """What its context takes in memory; None where its config does not tell."""
    capabilities: tuple[str, ...] = ()
    """`chat`, `tools`, `thinking`, read from the chat template."""
    commit: str = ""
    """Of a snapshot in the Hugging Face cache; may be empty."""
    provenance: Provenance | None = None
    """Where it came from, for models that mlxtui made."""
    imported_as: str = ""
    """Of a GGUF model: the full name of what was made of it; empty until then."""
    problem: str = ""
    """Why it cannot be loaded; empty when nothing speaks against it."""
    hint: str = ""
    """What to do about the problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model in memory."""

    path: Path
    name: str
    memory_bytes: int
    """What its weights hold."""
    context_tokens: int
    """Longest prompt and answer together."""
    has_chat_template: bool
    """Without one the model continues text instead of answering."""
    can_think: bool
    """Whether its template marks reasoning."""

"""What is to be done with a model, and what it will take, before anything is done."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mlxtui.recipes import GgufMode, Recipe
from mlxtui.repositories import RemoteFile, RepositoryAddress

ContentsKind = Literal[
    "mlx",  # a language model that MLX loads as it is, quantized or not
    "safetensors",  # one in Hugging Face form that mlx-lm knows and loads as it is
    "gguf",
    "pickle",  # PyTorch's .bin or .pt without safetensors: never opened
    "embedder",  # a sentence-transformers model
    "adapter",  # LoRA, MLX's or PEFT's
    "vision",  # needs a processor for pictures or sound
    "other",  # a model of another purpose: speech, images, classification
    "unknown",
]
Fit = Literal["fits", "tight", "too-big"]
Stage = Literal[
    "download", "verify", "import", "convert", "quantize", "measure", "upload", "try"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufChoice:
    """One of the quantizations in a repository of GGUF files."""

    file: str
    """Its first file's path."""
    quantization: str
    """As its tensors say; as its name says where they cannot be read yet."""
    size_bytes: int
    """Of all its parts."""
    bits_per_weight: float | None = None
    """None where the number of weights is not known."""
    fit: Fit | None = None
    """Whether the model that it becomes, faithfully, goes into memory; None where
    nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufForm:
    """What a GGUF file becomes in one of the two modes."""

    mode: GgufMode
    size_bytes: int
    """Of the new model's weights."""
    bits_per_weight: float


# Below three quarters of the machine's memory in use is safe (Rapid-MLX,
# raullenchai/Rapid-MLX#1435).
_SAFE_FREE_SHARE = 0.25


def fit_of(needed_bytes: int, free_bytes: int, total_bytes: int) -> Fit:
    """Whether a model goes into memory: the word of plans, lists and recommendations.

    `too-big` is exactly what the guard of a load refuses. What fits leaves a quarter of
    the machine's memory free, or is small beside what is free now.

    Args:
        needed_bytes: What loading it takes, its reserve included.
        free_bytes: What models may take in addition.
        total_bytes: The machine's memory.
    """
    left_bytes = free_bytes - needed_bytes
    if left_bytes < 0:
        return "too-big"
    is_small = needed_bytes <= free_bytes * _SAFE_FREE_SHARE
    return (
        "fits" if is_small or left_bytes >= total_bytes * _SAFE_FREE_SHARE else "tight"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNeed:
    """What running a model takes at one length of context."""

    context_tokens: int
    needed_bytes: int
    """Weights, cache and reserve together: the estimate that guards a load."""
    cache_bytes: int
    """Of these, what the conversation takes (the KV cache)."""
    fit: Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheShape:
    """What a model's context takes in memory, by its kinds of layers."""

    bytes_per_token: int = 0
    """Of all layers that see the whole context."""
    window_bytes_per_token: int = 0
    """Of all layers that see a sliding window."""
    window_tokens: int = 0
    fixed_bytes: int = 0
    """Of layers whose state does not grow: Mamba and its like."""

    def bytes_at(self, context_tokens: int) -> int:
        """Bytes for a context of so many tokens."""
        in_window = min(context_tokens, self.window_tokens)
        return (
            self.bytes_per_token * context_tokens
            + self.window_bytes_per_token * in_window
            + self.fixed_bytes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightGroup:
    """Weights of one kind of layer, all layers together."""

    name: str
    """Of the layers: `down_proj`, `embed_tokens`."""
    input_width: int
    """Length of the rows that are packed in groups."""
    parameter_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a folder or a repository is, told from its content."""

    kind: ContentsKind
    architecture: str = ""
    """`model_type` of its config."""
    parameter_count: int | None = None
    bits_per_weight: float | None = None
    quantization: str = ""
    """How its weights are stored: `4-bit group 64`, `mxfp4`, `bf16`; may be empty."""
    is_packed: bool = False
    """Whether its weights are quantized."""
    size_bytes: int = 0
    """Of its weights."""
    context_length: int | None = None
    """Tokens, from its config."""
    capabilities: tuple[str, ...] = ()
    """`chat`, `tools`, `thinking`, read from the chat template."""
    cache: CacheShape | None = None
    """None where its config does not tell."""
    weight_files: tuple[str, ...] = ()
    """Paths of the files that hold its weights."""
    weight_groups: tuple[WeightGroup, ...] = ()
    """The weights that a quantization may pack; the others stay as they are."""
    layer_count: int = 0
    float_bits: int = 16
    """Of the type of its weights that are not packed."""
    code_file: str = ""
    """Program code of its own that it wants to run; never run."""
    gguf: tuple[GgufChoice, ...] = ()
    """The quantizations to choose from, smallest first."""
    gguf_forms: tuple[GgufForm, ...] = ()
    """What the chosen GGUF file becomes, faithful first; empty for others."""
    template_offer: str = ""
    """Family whose chat template fits a GGUF file that has none; empty where it has
    one, or no family is known."""
    template_families: tuple[str, ...] = ()
    """All families that such a file can get a template of; empty for others."""
    problem: str = ""
    """Why it cannot become what its kind says, a model that answers here, an embedder
    or an adapter; empty when it can."""
    hint: str = ""
    """What to do about the problem; without one, what is to be known of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What the user wants made: fetch, convert, quantize, upload, in this order; each
    one only where it is needed. It is what a job remembers on the disk.
    """

    source: str
    """A hub address (`owner/name[@revision]`), or the absolute path of a folder or of a
    GGUF file."""
    name: str = ""
    """Of the result; empty takes the default."""
    recipe: Recipe = Recipe()
    file: str = ""
    """One file of several to choose from, as in repositories of GGUF files."""
    gguf_mode: GgufMode = "faithful"
    """How the weights of a GGUF file are taken over."""
    chat_template: str = ""
    """Family whose chat template a GGUF file without one gets; empty gives it none."""
    upload_to: str = ""
    """Repository that the result is sent to; empty is none."""
    allow_code: bool = False
    """The user said yes, by name, to files of program code in it. They are fetched with
    the others; nothing of ours runs them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One thing that will be done."""

    stage: Stage
    size_bytes: int = 0
    """Fetched, read or sent; 0 where bytes say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a job will do, made before it starts."""

    spec: JobSpec
    address: RepositoryAddress | None = None
    """None for a folder of this machine."""
    commit: str = ""
    source_name: str = ""
    """Full name of the source: a model of the library is asked for by its path. A path
    of a folder that is in no library."""
    license: str = ""
    """As the repository says; empty where it is not known."""
    path: Path | None = None
    """The source folder or GGUF file, where it is on this machine already."""
    contents: Contents
    steps: tuple[PlanStep, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    """What is needed of the repository, the files that are here already included."""
    fetch_bytes: int = 0
    """What is still to be fetched of them."""
    disk_needed_bytes: int = 0
    """What the disk takes in addition, at the most."""
    disk_free_bytes: int = 0
    result_name: str = ""
    result_path: Path | None = None
    """None until the snapshot's folder is known. Without steps: of what was imported of
    the same GGUF file before."""
    result_size_bytes: int = 0
    result_bits_per_weight: float | None = None
    memory: tuple[MemoryNeed, ...] = field(default=())
    """At 4k, 32k and the full context, as far as the model has them."""
    problem: str = ""
    """Why it cannot be done; nothing is then done."""
    hint: str = ""
    question: str = ""
    """What must be answered with yes first: program code, by name."""

    @property
    def disk_free_after_bytes(self) -> int:
        """What is left when all is done."""
        return self.disk_free_bytes - self.disk_needed_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What a quantization costs, measured on the text that comes with mlxtui."""

    perplexity: float
    source_perplexity: float | None
    """None where the source does not fit into memory."""
    mean_kl_divergence: float | None
    """Of the result's next-token probabilities from the source's, in nats per token;
    None where the source does not fit."""
    generation_tokens_per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorsOfType:
    """All tensors of one GGUF type, as they were taken over."""

    type_name: str
    """`Q4_K`, `F32`, …"""
    form: str
    """What they became: `4-bit group 32`, `F16`, …"""
    count: int
    size_bytes: int
    """In the new model."""
    largest_error: float
    """Relative RMS error of the worst of them; 0 is exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufOrigin:
    """The GGUF file that a model was made of."""

    files: tuple[str, ...]
    """Names of its parts, the first one first."""
    sha256: str
    """Of the file; of a split one, of the text of all its parts' hashes, in order."""
    mode: GgufMode
    size_bytes: int = 0
    """Of all its parts."""
    modified_ns: int = 0
    """When its first part was written, in nanoseconds since 1970."""
    chat_template: str = ""
    """Family whose template it got; empty where it kept its own or has none."""
    types: tuple[TensorsOfType, ...] = ()
    """Largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a model of the models folder came from; kept in a file beside it."""

    source: str
    """Full name, or the path of a folder."""
    commit: str = ""
    """Of a repository; may be empty."""
    recipe: Recipe = Recipe()
    made_at: str = ""
    """ISO 8601, in UTC."""
    kept_in_float: tuple[str, ...] = ()
    """Layers that could not be packed."""
    reason: str = ""
    """Why these layers have these bits, where mlxtui chose."""
    quality: Quality | None = None
    gguf: GgufOrigin | None = None
    """For models made of a GGUF file."""

"""The words for models, plans and jobs, the same on the screen and for commands."""

from mlxtui.harmless import one_line
from mlxtui.i18n import _, ngettext
from mlxtui.plans import Contents, ContentsKind, Fit, MemoryNeed, Plan, Stage
from mlxtui.recipes import Recipe
from mlxtui.repositories import RepositoryKind
from mlxtui.types import ModelKind, Source
from mlxtui.units import bytes_text, count_text

FIT_MARKS: dict[Fit, str] = {"fits": "✓", "tight": "▲", "too-big": "✗"}
"""Marks that tell the fits apart without colours."""

# What takes longer is no time that anybody can go by.
_LONGEST_SECONDS = 100 * 3600


def stage_text(stage: Stage) -> str:
    """A stage's name: what is done in it."""
    return {
        "download": _("download"),
        "verify": _("verify"),
        "import": _("import"),
        "convert": _("convert"),
        "quantize": _("quantize"),
        "measure": _("measure"),
        "upload": _("upload"),
        "try": _("try"),
    }[stage]


def fit_text(fit: Fit) -> str:
    """Whether something fits into this machine's memory."""
    return {"fits": _("fits"), "tight": _("tight"), "too-big": _("does not fit")}[fit]


def context_text(tokens: int) -> str:
    """A length of context as the field says it: `4k`, `128k`, `500`."""
    return f"{tokens // 1024}k" if tokens >= 1024 else str(tokens)


def memory_text(need: MemoryNeed) -> str:
    """What one length of context takes: `32k: 6.1 GB ▲ tight`."""
    return _("{context}: {size} {mark} {fit}").format(
        context=context_text(need.context_tokens),
        size=bytes_text(need.needed_bytes),
        mark=FIT_MARKS[need.fit],
        fit=fit_text(need.fit),
    )


def recipe_text(recipe: Recipe) -> str:
    """How weights were stored, in a word or two: `4-bit group 64`, `mixed_3_6`."""
    if recipe.fit_context_tokens:
        return _("fitted to a context of {count} tokens").format(
            count=f"{recipe.fit_context_tokens:,}"
        )
    if recipe.mixed:
        return recipe.mixed
    if recipe.quantization:
        return recipe.quantization.text()
    if recipe.float_type:
        return recipe.float_type
    return _("16 bits again") if recipe.dequantize else _("as it was")


def time_text(seconds: float | None) -> str:
    """A time that is still to come, roughly; empty when it cannot be told."""
    if seconds is None or not 0 <= seconds < _LONGEST_SECONDS:
        return ""
    if seconds < 59.5:
        return _("{seconds} s").format(seconds=round(seconds))
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 10:
        return _("{minutes} min {seconds} s").format(
            minutes=minutes, seconds=f"{rest:02d}"
        )
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return _("{minutes} min").format(minutes=minutes)
    return _("{hours} h {minutes} min").format(hours=hours, minutes=f"{minutes:02d}")


def contents_kind_text(kind: ContentsKind) -> str:
    """What a folder or repository is."""
    return {
        "mlx": _("MLX model"),
        "safetensors": _("safetensors model"),
        "gguf": _("GGUF model"),
        "pickle": _("PyTorch model without safetensors"),
        "embedder": _("embedding model"),
        "adapter": _("adapter"),
        "vision": _("model that sees or hears"),
        "other": _("model of another purpose"),
        "unknown": _("no model"),
    }[kind]


def repository_kind_text(kind: RepositoryKind) -> str:
    """What a repository is for, in a word."""
    return {
        "text": _("text"),
        "embedding": _("embedding"),
        "vision": _("vision"),
        "adapter": _("adapter"),
        "other": _("other"),
    }[kind]


def contents_text(contents: Contents) -> str:
    """What it is, in one line: `MLX model · qwen3 · 4.0B parameters · mxfp4`."""
    parts = [contents_kind_text(contents.kind), one_line(contents.architecture)]
    if contents.parameter_count:
        parts.append(
            _("{count} parameters").format(count=count_text(contents.parameter_count))
        )
    parts.append(one_line(contents.quantization))
    return " · ".join(filter(None, parts))


def fetch_text(plan: Plan) -> str:
    """What is fetched of a repository, and whether a part of it is here already."""
    count = len(plan.files)
    all_bytes = sum(file.size_bytes for file in plan.files)
    if not plan.fetch_bytes:
        return _("nothing: all of it is here")
    text = ngettext("{size} in {count} file", "{size} in {count} files", count)
    if plan.fetch_bytes < all_bytes:
        text = ngettext(
            "{size} of {all} in {count} file; the rest is here",
            "{size} of {all} in {count} files; the rest is here",
            count,
        )
    return text.format(
        size=bytes_text(plan.fetch_bytes), all=bytes_text(all_bytes), count=count
    )


def result_text(plan: Plan) -> str:
    """How large the result becomes: `2.3 GB · 4.50 bits per weight`."""
    parts = [bytes_text(plan.result_size_bytes)] if plan.result_size_bytes else []
    if plan.result_bits_per_weight is not None:
        bits = f"{plan.result_bits_per_weight:.2f}"
        parts.append(_("{bits} bits per weight").format(bits=bits))
    return " · ".join(parts)


def source_text(source: Source) -> str:
    """Where a model is kept."""
    return {
        "built-in": _("built-in"),
        "models": _("models folder"),
        "hugging-face": "Hugging Face",
        "extra": _("extra folder"),
        "path": _("path"),
        "ollama": "Ollama",
        "lm-studio": "LM Studio",
    }[source]


def model_kind_text(kind: ModelKind) -> str:
    """What a model of this machine is for."""
    return {
        "model": _("model"),
        "embedder": _("embedding model"),
        "adapter": _("adapter"),
        "gguf": _("GGUF file"),
    }[kind]

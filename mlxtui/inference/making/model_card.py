"""README.md of a made model: what it was made of and how, for those who fetch it."""

import re
from pathlib import Path

import mlx_lm

import mlxtui
from mlxtui.inference.making.decisions import Decisions
from mlxtui.recipes import Recipe

# Where a field of a card begins; what follows up to the next one belongs to it.
_FIELD = re.compile(r"([A-Za-z_][\w-]*):")
_BASE_MODEL = re.compile(r"base_model: ([\w.-]+/[\w.-]+)")

# Said anew, or true of the source alone.
_DROPPED = frozenset({
    "library_name", "pipeline_tag", "base_model", "base_model_relation", "tags",
    "model-index", "widget", "inference", "datasets", "metrics",
})  # fmt: skip

_MAX_CARD_BYTES = 1024**2


def card_text(source: Path, recipe: Recipe, decisions: Decisions) -> str:
    """The card of what was made, with the licence and languages of its source."""
    base = base_model(source)
    fields = [
        *_kept_fields(source / "README.md"),
        "library_name: mlx",
        "pipeline_tag: text-generation",
        "tags:\n- mlx",
    ]
    if base:
        fields.append(f"base_model: {base}")
    if base and recipe.quantizes:
        fields.append("base_model_relation: quantized")
    origin = f"[{base}](https://huggingface.co/{base})" if base else "a local folder"
    lines = [
        f"Made from {origin} by mlxtui {mlxtui.__version__}"
        f" with mlx-lm {mlx_lm.__version__}.",
        "",
        f"- Weights: {_what_was_done(recipe)}",
        f"- Parameters: {decisions.parameter_count:,}",
        f"- Bits per weight: {decisions.bits_per_weight:.3f}",
    ]
    if decisions.kept_in_float:
        count = len(decisions.kept_in_float)
        lines.append(
            f"- Kept in float, since their rows cannot be cut into groups: {count}"
            " layers"
        )
    front = "\n".join(fields)
    body = "\n".join(lines)
    return f"---\n{front}\n---\n\n{body}\n"


def base_model(source: Path) -> str:
    """The repository of a folder in the Hugging Face cache, else the one that the
    folder's own card names as its base; empty for others."""
    for part in source.absolute().parts:
        if part.startswith("models--"):
            return part.removeprefix("models--").replace("--", "/", 1)
    for line in _front_matter(source / "README.md"):
        if named := _BASE_MODEL.fullmatch(line):
            return named[1]
    return ""


def _front_matter(card: Path) -> list[str]:
    """The lines between a card's first marks; none where it has no such."""
    try:
        with open(card, encoding="utf-8") as file:
            text = file.read(_MAX_CARD_BYTES)
    except (OSError, ValueError):
        return []
    front = re.match(r"---\n(.*?)\n---\s*$", text, re.S | re.M)
    return front[1].splitlines() if front else []


def _kept_fields(card: Path) -> list[str]:
    kept: list[str] = []
    is_kept = False
    for line in _front_matter(card):
        if field := _FIELD.match(line):
            is_kept = field[1] not in _DROPPED
        if is_kept:
            kept.append(line)
    return kept


def _what_was_done(recipe: Recipe) -> str:
    if recipe.mixed:
        return f"packed by the recipe {recipe.mixed}"
    if recipe.fit_context_tokens:
        return "packed with bits chosen for each layer"
    if recipe.quantization:
        return f"packed, {recipe.quantization.text()}"
    if recipe.dequantize:
        return "unpacked"
    if recipe.float_type:
        return f"as {recipe.float_type}"
    return "as they were"

"""What a GGUF file is for, told from its content: a model, or a part of something."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mlxtui.convert.gguf.header import GgufTensor
from mlxtui.harmless import one_line
from mlxtui.i18n import N_, _
from mlxtui.plans import ContentsKind

# Architectures of llama.cpp that make vectors of texts.
_EMBEDDERS = frozenset({
    "bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3",
    "modern-bert", "gemma-embedding", "t5encoder", "eurobert", "llama-embed",
})  # fmt: skip
# Of image, speech and other models that are kept in this form.
_OTHERS = frozenset({
    "clip", "wavtokenizer-dec", "flux", "sd1", "sd3", "sdxl", "aura", "hidream",
    "cosmos", "ltxv", "hyvid", "wan", "qwen_image", "lumina2", "whisper", "pig",
    "controlvector", "parler-tts", "kokoro", "dia", "vae", "z_image", "chroma",
})  # fmt: skip
# Beginnings of tensors of image models whose files do not say what they are.
_IMAGE_TENSORS = (
    "model.diffusion_model.", "first_stage_model.", "double_blocks.",
    "cond_stage_model.", "joint_blocks.", "diffusion_model.",
)  # fmt: skip

# `llama_pooling_type` of llama.h: the mean, the first and the last vector; rerankers.
_POOLING, _RANKING = (1, 2, 3), 4

_MOST_SHOWN_LETTERS = 80

_CHOOSE_A_WRITER = N_("Choose a chat or text-generation model.")


class Purpose(NamedTuple):
    """What a file is, and why it is no model that writes text, if it is none."""

    kind: ContentsKind
    problem: str = ""
    hint: str = ""


def purpose_of(
    facts: Mapping[str, Any], tensors: Mapping[str, GgufTensor] | None
) -> Purpose:
    """Tell what a file is for.

    Args:
        tensors: Of all its parts; None where not all are known.
    """
    architecture = _text(facts, "general.architecture")
    kind = _text(facts, "general.type") or "model"
    other = _(_CHOOSE_A_WRITER)
    if kind == "adapter" or "adapter.type" in facts:
        return Purpose(
            "adapter",
            _("It is an adapter in GGUF form, not a whole model."),
            _("Take the adapter's safetensors version."),
        )
    if kind == "mmproj" or architecture == "clip":
        problem = _("It is the part for pictures of another model (a projector).")
        return Purpose("other", problem, other)
    if kind == "imatrix" or "imatrix.datasets" in facts:
        problem = _("It holds measurements for quantizing (an importance matrix).")
        return Purpose("other", problem, other)
    if _embeds(facts, architecture):
        return Purpose(
            "other",
            _(
                "It ({kind}) is an embedding model in GGUF form; it writes no text."
            ).format(kind=shown_name(architecture)),
            _("Take its safetensors version, made for sentence-transformers."),
        )
    if architecture in _OTHERS or kind != "model" or _ranks(facts, architecture):
        problem = _("It ({kind}) is not a model that writes text.").format(
            kind=shown_name(architecture if architecture in _OTHERS else kind)
        )
        return Purpose("other", problem, other)
    if tensors is None:
        return Purpose("gguf")
    if not architecture and any(map(_is_of_image, tensors)):
        problem = _("It is an image model, not a language model.")
        return Purpose("other", problem, other)
    if not tensors:
        problem = _("It holds a vocabulary only, without weights.")
        return Purpose("gguf", problem, other)
    return Purpose("gguf")


def shown_name(text: str) -> str:
    """A name in a file, as far as it may be shown."""
    return one_line(text[:_MOST_SHOWN_LETTERS])


def _text(facts: Mapping[str, Any], key: str) -> str:
    value = facts.get(key)
    return value if isinstance(value, str) else ""


def _embeds(facts: Mapping[str, Any], architecture: str) -> bool:
    """Whether it makes vectors: by its architecture, or as Qwen3-Embedding, which is of
    one that writes text."""
    pooling = facts.get(f"{architecture}.pooling_type")
    return architecture in _EMBEDDERS or pooling in _POOLING


def _ranks(facts: Mapping[str, Any], architecture: str) -> bool:
    return facts.get(f"{architecture}.pooling_type") == _RANKING


def _is_of_image(name: str) -> bool:
    return name.startswith(_IMAGE_TENSORS)


def is_of_senses(name: str) -> bool:
    """Whether a tensor sees or hears: Ollama keeps that half in the same file."""
    return name.startswith(("v.", "mm.", "a."))

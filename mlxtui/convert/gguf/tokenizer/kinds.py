"""Which tokenizer a GGUF file has, told from its facts alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlxtui.convert.gguf.tokenizer.word_splits import (
    SPACED_KINDS,
    WORD_SPLITS,
    WordSplit,
)
from mlxtui.errors import ModelRefused
from mlxtui.harmless import one_line
from mlxtui.i18n import _

# Files of these architectures that name no kind were made before there were kinds;
# their tokenizer is known.
_KIND_OF_ARCHITECTURE = {"qwen2": "qwen2", "qwen2moe": "qwen2"}


@dataclass(frozen=True, slots=True)
class SentencePiece:
    """Pieces with scores; spaces are `▁`; what is no piece becomes bytes."""

    adds_bos = True
    adds_space: bool
    """Before a text and after each special token."""


@dataclass(frozen=True, slots=True)
class Spaced:
    """Merges over whole lines, with `▁` for spaces; the rest becomes bytes."""

    adds_bos: bool


@dataclass(frozen=True, slots=True)
class ByteLevel:
    """Merges over words whose bytes are letters."""

    split: WordSplit

    @property
    def adds_bos(self) -> bool:
        """Whether a text begins with the token for its beginning, by default."""
        return self.split.adds_bos


TokenizerKind = SentencePiece | Spaced | ByteLevel


def kind_of(facts: Mapping[str, Any]) -> TokenizerKind:
    """The tokenizer's kind.

    Raises:
        ModelRefused: It is none of those that are taken, or not named.
    """
    model = facts.get("tokenizer.ggml.model")
    if model == "llama":
        adds_space = facts.get("tokenizer.ggml.add_space_prefix", True)
        return SentencePiece(adds_space=bool(adds_space))
    if model == "gemma4":
        return Spaced(SPACED_KINDS["gemma4"])
    if model != "gpt2":
        raise _refusal(model)
    kind = facts.get("tokenizer.ggml.pre")
    if kind in (None, "", "default"):
        architecture = str(facts.get("general.architecture"))
        kind = _KIND_OF_ARCHITECTURE.get(architecture, "default")
    if not isinstance(kind, str):
        raise _refusal(kind)
    if kind in SPACED_KINDS:
        return Spaced(SPACED_KINDS[kind])
    if kind not in WORD_SPLITS:
        raise _refusal(kind)
    return ByteLevel(WORD_SPLITS[kind])


def check_tokenizer(facts: Mapping[str, Any]) -> None:
    """Refuse a tokenizer that cannot be made, before anything is fetched.

    Raises:
        ModelRefused: It is of no kind that is taken; the message names it.
    """
    kind_of(facts)


def _refusal(name: object) -> ModelRefused:
    if not name or name in ("none", "no_vocab"):
        return ModelRefused(
            _("It has no tokenizer."),
            hint=_("Take a version of the model that has its tokenizer in it."),
        )
    return ModelRefused(
        _("Its tokenizer {name} is not supported.").format(
            name=one_line(str(name))[:60]
        ),
        hint=_("Take the model in safetensors form, or another model."),
    )

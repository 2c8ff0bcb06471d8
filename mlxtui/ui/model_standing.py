"""What a model is to this machine now: loaded, fitting, too big; its facts in words."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from mlxtui.backend.events import MemoryMeasured
from mlxtui.i18n import N_, _
from mlxtui.plan_words import source_text
from mlxtui.plans import Fit, MemoryNeed, fit_of
from mlxtui.types import LoadedModel, LocalModel, ModelKind
from mlxtui.ui.model_state import ModelState

Standing = Literal[
    "loaded", "loading", "fits", "tight", "too-big", "unknown", "broken", "to-import",
    "imported",
]  # fmt: skip

GUARDED_TOKENS = 4096
"""A load is guarded for a context of so many tokens, or for the whole of a shorter."""

MARKS: dict[Standing, str] = {
    "loaded": "●", "loading": "◌", "fits": "✓", "tight": "▲", "too-big": "✗",
    "unknown": " ", "broken": "✗", "to-import": "→", "imported": "✓",
}  # fmt: skip

_WORDS: dict[Standing, str] = {
    "loaded": N_("loaded"),
    "loading": N_("loading"),
    "fits": N_("fits"),
    "tight": N_("tight"),
    "too-big": N_("too big"),
    "unknown": "",
    "broken": N_("unusable"),
    "to-import": N_("to import"),
    "imported": N_("imported"),
}

_CAPABILITIES = {
    "chat": N_("answers questions"),
    "tools": N_("can call tools"),
    "thinking": N_("thinks before it answers"),
}

_SHORT_CAPABILITIES = {
    "chat": N_("chat"),
    "tools": N_("tools"),
    "thinking": N_("thinking"),
}

_KINDS: dict[ModelKind, tuple[str, str]] = {
    "embedder": (N_("embedder"), N_("finds passages in documents; it does not chat")),
    "adapter": (N_("adapter"), N_("changes another model; it does not chat alone")),
    "gguf": (N_("GGUF"), N_("GGUF file")),
}


@dataclass(frozen=True, slots=True)
class ModelMemory:
    """What models may take, as far as it is known."""

    measured: MemoryMeasured | None = None
    loaded: LoadedModel | None = None
    """It makes room for the next one."""

    @property
    def free_bytes(self) -> int | None:
        """What another model may take in place of the loaded one."""
        if self.measured is None:
            return None
        given_back_bytes = self.loaded.memory_bytes if self.loaded else 0
        return self.measured.free_bytes + given_back_bytes

    def fit_of(self, needed_bytes: int) -> Fit | None:
        """Whether a model that needs so much fits; None while that is not known."""
        if self.measured is None or self.free_bytes is None:
            return None
        return fit_of(needed_bytes, self.free_bytes, self.measured.total_bytes)


def standing(model: LocalModel, state: ModelState, memory: ModelMemory) -> Standing:
    """What a model of the list is now."""
    if model.problem:
        return "broken"
    if model.kind == "gguf":
        return "imported" if model.imported_as else "to-import"
    if state.phase == "loading" and state.loading_name == model.name:
        return "loading"
    if state.loaded is not None and is_same_model(model, state.loaded):
        return "loaded"
    fit = memory.fit_of(model.needed_bytes) if model.needed_bytes else None
    return fit or "unknown"


def is_same_model(model: LocalModel, loaded: LoadedModel) -> bool:
    """Whether a model of the list is the one that is loaded."""
    if model.path == loaded.path:
        return True
    if model.name != loaded.name and model.path.name != loaded.path.name:
        return False
    return model.path.resolve() == loaded.path  # the engine resolves links


def memory_needs(model: LocalModel, memory: ModelMemory) -> tuple[MemoryNeed, ...]:
    """What a model takes at several lengths of context, where its config tells."""
    cache, longest = model.cache, model.context_length
    if cache is None or not longest or not model.needed_bytes:
        return ()
    counted = cache.bytes_at(min(GUARDED_TOKENS, longest))
    needs = []
    for tokens in sorted({min(each, longest) for each in (4096, 32_768, longest)}):
        cache_bytes = cache.bytes_at(tokens)
        needed_bytes = model.needed_bytes - counted + cache_bytes
        fit = memory.fit_of(needed_bytes)
        if fit is None:
            return ()
        needs.append(
            MemoryNeed(
                context_tokens=tokens,
                needed_bytes=needed_bytes,
                cache_bytes=cache_bytes,
                fit=fit,
            )
        )
    return tuple(needs)


def standing_word(of: Standing) -> str:
    """The standing in as few letters as a table has room for."""
    return _(_WORDS[of]) if _WORDS[of] else ""


def capability_words(model: LocalModel) -> list[str]:
    """What a model can do, a word each."""
    kind = [_(_KINDS[model.kind][0])] if model.kind in _KINDS else []
    return kind + [
        _(_SHORT_CAPABILITIES.get(each, each)) for each in model.capabilities
    ]


def capability_phrases(model: LocalModel) -> list[str]:
    """What a model can do, as one would say it."""
    kind = [_(_KINDS[model.kind][1])] if model.kind in _KINDS else []
    able = [_(_CAPABILITIES.get(each, each)) for each in model.capabilities]
    return kind + able


def folded(text: str) -> str:
    """Text to compare by: case, width and composition of letters do not matter.

    macOS gives file names decomposed (`か` and a mark for `が`), keyboards do not.
    """
    return unicodedata.normalize("NFKC", text).casefold()


def is_found_by(model: LocalModel, text: str) -> bool:
    """Whether every word of the text is in what the list says of the model."""
    said = " ".join((
        model.name, model.architecture, model.quantization, *model.capabilities,
        *capability_words(model), source_text(model.source),
    ))  # fmt: skip
    return all(word in folded(said) for word in folded(text).split())

"""What a model is to this machine now: loaded, fitting, too big; its facts in words."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from mlxtui.backend.events import MemoryMeasured
from mlxtui.i18n import N_, _
from mlxtui.types import LoadedModel, LocalModel
from mlxtui.ui.model_state import ModelState

Standing = Literal[
    "loaded", "loading", "fits", "tight", "too-big", "unknown", "broken"
]  # fmt: skip

# A model that takes more of the free memory leaves too little for long conversations.
_TIGHT_SHARE = 0.75

MARKS: dict[Standing, str] = {
    "loaded": "●", "loading": "◌", "fits": "✓", "tight": "▲", "too-big": "✗",
    "unknown": " ", "broken": "✗",
}  # fmt: skip

_WORDS: dict[Standing, str] = {
    "loaded": N_("loaded"),
    "loading": N_("loading"),
    "fits": N_("fits"),
    "tight": N_("tight"),
    "too-big": N_("too big"),
    "unknown": "",
    "broken": N_("unusable"),
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

_SOURCES = {
    "built-in": N_("built-in"),
    "models": N_("models folder"),
    "hugging-face": "Hugging Face",
    "extra": N_("extra folder"),
    "path": N_("path"),
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


def standing(model: LocalModel, state: ModelState, memory: ModelMemory) -> Standing:
    """What a model of the list is now."""
    if model.problem:
        return "broken"
    if state.phase == "loading" and state.loading_name == model.name:
        return "loading"
    if state.loaded is not None and _is_same(model, state.loaded):
        return "loaded"
    free_bytes = memory.free_bytes
    if free_bytes is None or not model.needed_bytes:
        return "unknown"
    if model.needed_bytes > free_bytes:
        return "too-big"
    return "fits" if model.needed_bytes <= free_bytes * _TIGHT_SHARE else "tight"


def _is_same(model: LocalModel, loaded: LoadedModel) -> bool:
    if model.path == loaded.path:
        return True
    if model.name != loaded.name and model.path.name != loaded.path.name:
        return False
    return model.path.resolve() == loaded.path  # the engine resolves links


def standing_word(of: Standing) -> str:
    """The standing in a word."""
    return _(_WORDS[of]) if _WORDS[of] else ""


def capability_words(model: LocalModel) -> list[str]:
    """What a model can do, a word each."""
    return [_(_SHORT_CAPABILITIES.get(name, name)) for name in model.capabilities]


def capability_phrases(model: LocalModel) -> list[str]:
    """What a model can do, as one would say it."""
    return [_(_CAPABILITIES.get(name, name)) for name in model.capabilities]


def source_text(model: LocalModel) -> str:
    """Where a model is kept."""
    return _(_SOURCES[model.source])


def folded(text: str) -> str:
    """Text to compare by: case, width and composition of letters do not matter.

    macOS gives file names decomposed (`か` and a mark for `が`), keyboards do not.
    """
    return unicodedata.normalize("NFKC", text).casefold()


def is_found_by(model: LocalModel, text: str) -> bool:
    """Whether every word of the text is in what the list says of the model."""
    said = " ".join((
        model.name, model.architecture, model.quantization, *model.capabilities,
        *capability_words(model), source_text(model),
    ))  # fmt: skip
    return all(word in folded(said) for word in folded(text).split())

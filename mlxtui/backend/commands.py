"""What a chat asks for; the rest is in `job_commands`. Each command is answered by one
terminal event.

The app's first paint waits for this module, and not for the other one.
"""

from dataclasses import dataclass
from pathlib import Path

from mlxtui.sampling import SamplingParams
from mlxtui.types import Message, RequestId

SCREEN_SECONDS = 1 / 30
"""Text is merged to this rate for a screen: a message per token doubles its cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadModel:
    """Bring a model into memory; ends in `ModelLoaded`."""

    request_id: RequestId
    path: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnloadModel:
    """Free a model's memory once its answers have ended; ends in `ModelUnloaded`."""

    request_id: RequestId
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """Answer a conversation, or continue a text; ends in `GenerationFinished`."""

    request_id: RequestId
    path: Path
    """Folder of a model that is loaded."""
    messages: tuple[Message, ...] = ()
    raw_prompt: str | None = None
    """Text to continue without the chat template, instead of messages."""
    sampling: SamplingParams = SamplingParams()
    thinking: bool = True
    """Whether a model that can reason before it answers does so."""
    merge_seconds: float = SCREEN_SECONDS
    """Text is sent at most this often; 0 sends every token's text at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanLibrary:
    """List the model folders of this machine; ends in `LibraryScanned`."""

    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureMemory:
    """Read how full the memory is; ends in `MemoryMeasured`. Cheap."""

    request_id: RequestId


EngineCommand = LoadModel | UnloadModel | Generate
"""What the engine thread does; all others are answered in the job pool."""

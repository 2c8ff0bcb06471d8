"""How an answer is made, beside the question itself."""

from dataclasses import dataclass

from mlxtui.sampling import SamplingParams


@dataclass(frozen=True, slots=True)
class Manner:
    """What the side panel says."""

    system: str = ""
    """The system prompt; empty for none."""
    sampling: SamplingParams = SamplingParams()
    thinking: bool = True
    """Whether a model that can reason before it answers shall do so."""

"""The markers that tell reasoning from the answer, found once for each model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlxtui.inference.turns import special_token_ids

# OpenAI's Harmony format (gpt-oss), which mlx-lm leaves in the text.
_HARMONY_CHANNEL = "<|channel|>"
_HARMONY_REASONING = ("<|channel|>analysis<|message|>", "<|end|>")
_HARMONY_ANSWER = (
    "<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>",
    "<|start|>assistant",
)  # fmt: skip

Edges = list[tuple[str, str | None]]
"""Text that is met, and the state that it leads to; None is the end."""


@dataclass(frozen=True, slots=True)
class Markers:
    """What a tokenizer writes that is no text of the answer."""

    states: Mapping[str, Edges]
    """For mlx-lm's TextStateMachine: `normal` and `reasoning` at least in part."""
    special_ids: frozenset[int]
    """Special tokens; none of them is shown."""
    marker_ids: frozenset[int]
    """Those of them that a marker is made of, so that they must be read."""


def find_markers(tokenizer: Any) -> Markers:
    """Ask mlx-lm's tokenizer wrapper for the markers of its model's family."""
    states: dict[str, Edges] = {}
    normal: Edges = []
    if _HARMONY_CHANNEL in tokenizer.get_vocab():
        start, end = _HARMONY_REASONING
        normal.append((start, "reasoning"))
        normal += [(text, "normal") for text in _HARMONY_ANSWER]
        states["reasoning"] = [(end, "normal")]
    elif tokenizer.has_thinking:
        start, end = tokenizer.think_start, tokenizer.think_end
        # Models repeat a marker that the template has already written.
        normal += [(start, "reasoning"), (end, "normal")]
        states["reasoning"] = [(end, "normal"), (start, "reasoning")]
    normal += [(text, "normal") for text in tokenizer.structural_markers]
    for state, edges in tokenizer.response_transitions.items():
        states.setdefault(state, []).extend(edges)
    if normal:
        states["normal"] = normal + states.get("normal", [])
    marker_ids: set[int] = set()
    for edges in states.values():
        for text, _state in edges:
            marker_ids.update(tokenizer.encode(text, add_special_tokens=False))
    return Markers(states, special_token_ids(tokenizer), frozenset(marker_ids))


def starts_in_reasoning(tokenizer: Any, prompt_tokens: Sequence[int]) -> bool:
    """Whether the template opened a reasoning block that the answer goes on with."""
    if not tokenizer.has_thinking:
        return False
    tokens = list(prompt_tokens)
    opened: int = tokenizer.rfind_think_start(tokens)
    closed: int = tokenizer.rfind_think_end(tokens)
    return opened > closed

"""Tokens of one answer to what its reader sees: answer or reasoning, until a stop.

Stop texts are looked for in the answer, across token borders, and no part of one is
shown; in the reasoning they are not, or a model would end before it answers.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from mlx_lm.generate import TextStateMachine

from mlxtui.inference.detokenizer import Detokenizer
from mlxtui.inference.turns import special_token_ids
from mlxtui.types import TextKind

# OpenAI's Harmony format (gpt-oss), which mlx-lm leaves in the text.
_HARMONY_CHANNEL = "<|channel|>"
_HARMONY_REASONING = ("<|channel|>analysis<|message|>", "<|end|>")
_HARMONY_ANSWER = (
    "<|start|>assistant<|channel|>final<|message|>", "<|channel|>final<|message|>",
    "<|start|>assistant",
)  # fmt: skip

_States = dict[str, list[tuple[str, str | None]]]


class Reader:
    """What one request's tokens say.

    Args:
        tokenizer: mlx-lm's tokenizer wrapper.
        prompt_tokens: The prompt, whose end the first token joins on to.
        stop: Texts that end the answer.
        raw: Keep every character; reasoning is not looked for.
        in_reasoning: The prompt ended inside an open reasoning block.
    """

    def __init__(
        self,
        tokenizer: Any,
        prompt_tokens: Sequence[int],
        *,
        stop: Sequence[str] = (),
        raw: bool = False,
        in_reasoning: bool = False,
    ) -> None:
        special_ids = special_token_ids(tokenizer)
        self._detokenizer = Detokenizer(
            lambda ids: tokenizer.decode(
                ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
            ),
            # After nothing but a start token the text begins: its first blank is the
            # tokenizer's.
            () if special_ids.issuperset(prompt_tokens) else prompt_tokens,
        )
        markers = _markers(tokenizer)
        self._silent = (
            special_ids if raw or not markers else special_ids - _marker_ids(tokenizer)
        )
        states: _States = {"normal": [(text, None) for text in stop]}
        if not raw:
            for state, edges in markers.items():
                states.setdefault(state, []).extend(edges)
        machine = TextStateMachine(states)
        self._state = machine.make_state("reasoning" if in_reasoning else "normal")
        # A chat answer's first blanks and line breaks belong to the template.
        self._strip_start = not raw
        self._kind: TextKind | None = None
        self.stopped = False
        """A stop text was met."""

    def add(self, token: int) -> Iterator[tuple[TextKind, str]]:
        """The pieces that this token adds."""
        if token in self._silent:
            return
        text = self._detokenizer.add(token)
        if not text:
            return
        self._state, segments = TextStateMachine.split(self._state, text)
        for state, segment in segments:
            if state is None:
                self.stopped = True
                return
            yield from self._piece(state, segment)

    def finish(self) -> Iterator[tuple[TextKind, str]]:
        """What was held back as the possible start of a stop text."""
        if not self.stopped:
            self._state, text, state = TextStateMachine.flush(self._state)
            yield from self._piece(state, text)

    def _piece(self, state: str, text: str) -> Iterator[tuple[TextKind, str]]:
        kind: TextKind = "reasoning" if state == "reasoning" else "answer"
        if self._strip_start and kind != self._kind:
            text = text.lstrip()
        if text:
            self._kind = kind
            yield kind, text


def starts_in_reasoning(tokenizer: Any, prompt_tokens: Sequence[int]) -> bool:
    """Whether the template opened a reasoning block that the answer goes on with."""
    if not tokenizer.has_thinking:
        return False
    tokens = list(prompt_tokens)
    opened: int = tokenizer.rfind_think_start(tokens)
    closed: int = tokenizer.rfind_think_end(tokens)
    return opened > closed


@cache
def _markers(tokenizer: Any) -> _States:
    """Texts that lead from one state to another; they are not shown."""
    states: _States = {}
    normal: list[tuple[str, str | None]] = []
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
    return states


@cache
def _marker_ids(tokenizer: Any) -> frozenset[int]:
    """Special tokens that are a part of the markers, so that they must be read."""
    ids: set[int] = set()
    for edges in _markers(tokenizer).values():
        for text, _state in edges:
            ids.update(tokenizer.encode(text, add_special_tokens=False))
    return frozenset(ids)

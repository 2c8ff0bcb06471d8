"""Tokens of one answer to what its reader sees: answer or reasoning, until a stop.

Stop texts are looked for in the answer, across token borders, and no part of one is
shown; in the reasoning they are not, or a model would end before it answers.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from mlx_lm.generate import TextStateMachine

from mlxtui.inference.detokenizer import Detokenizer
from mlxtui.inference.markers import Edges, Markers
from mlxtui.types import TextKind


class Reader:
    """What one request's tokens say.

    Args:
        tokenizer: mlx-lm's tokenizer wrapper.
        markers: Of the same tokenizer.
        prompt_tokens: The prompt, whose end the first token joins on to.
        stop: Texts that end the answer.
        raw: Keep every character; reasoning is not looked for.
        in_reasoning: The prompt ended inside an open reasoning block.
    """

    def __init__(
        self,
        tokenizer: Any,
        markers: Markers,
        prompt_tokens: Sequence[int],
        *,
        stop: Sequence[str] = (),
        raw: bool = False,
        in_reasoning: bool = False,
    ) -> None:
        self._detokenizer = Detokenizer(
            lambda ids: tokenizer.decode(
                ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
            ),
            # After nothing but a start token the text begins: its first blank is the
            # tokenizer's.
            () if markers.special_ids.issuperset(prompt_tokens) else prompt_tokens,
        )
        states: dict[str, Edges] = {"normal": [(text, None) for text in stop]}
        self._silent = markers.special_ids
        if not raw:
            self._silent -= markers.marker_ids
            for state, edges in markers.states.items():
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

"""One conversation: a question becomes a request, the events of it an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import Generate
from mlxtui.backend.events import Failed, GenerationFinished, Progress, TextDelta
from mlxtui.errors import InvalidParameter
from mlxtui.i18n import _
from mlxtui.types import LoadedModel, Message, RequestId
from mlxtui.ui.live_rate import LiveRate
from mlxtui.ui.manner import Manner
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.transcript.transcript import Transcript
from mlxtui.ui.transcript.turns import AnswerTurn
from mlxtui.units import rate_text

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event


class Conversation:
    """Messages, the request that is under way, and the turns that show them.

    Args:
        manner: Read when a question goes to the model; raises `InvalidParameter`.
        give_back: Takes a question that got no answer.
        changed: Called when what the meter shows, or `is_answering`, has changed.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        manner: Callable[[], Manner],
        give_back: Callable[[str], None],
        changed: Callable[[], None],
    ) -> None:
        self._backend = backend
        self.transcript = Transcript()
        """Shows it; the pane puts it on the screen."""
        self._manner = manner
        self._give_back = give_back
        self._changed = changed
        self._messages: list[Message] = []
        self._answer: AnswerTurn | None = None
        self._request_id: RequestId | None = None
        self.rate = LiveRate()
        self._prefill: tuple[int, int] | None = None
        """Tokens of the prompt that are read, and all of them."""

    @property
    def is_answering(self) -> bool:
        """Whether a question waits for its answer, or for its end."""
        return self._answer is not None

    @property
    def activity(self) -> str:
        """What is going on, for the meter; empty when nothing was asked yet."""
        if self._prefill is not None:
            done, total = self._prefill
            percent = f"{done / total * 100:.0f}" if total else "0"
            return _("prompt {percent} %").format(percent=percent)
        if not self.rate.tokens_per_second:
            return ""
        rate = rate_text(self.rate.tokens_per_second)
        return _("{rate} tokens/s").format(rate=rate)

    def ask(self, question: str, state: ModelState, *, reasoning_folded: bool) -> None:
        """Show a question, and send it as soon as the model is there."""
        self._messages.append(Message("user", question))
        self.transcript.add_question(question)
        self._answer = self.transcript.add_answer(
            state.name, reasoning_folded=reasoning_folded
        )
        self.send_or_wait(state)
        self._changed()

    def send_or_wait(self, state: ModelState) -> None:
        """Bring the question that is not sent yet on its way, if there is one."""
        if self._answer is None or self._request_id is not None:
            return
        if state.phase == "ready" and state.loaded is not None:
            self._generate(self._answer, state.loaded)
        elif state.phase in ("failed", "none"):
            self._give_up(state.message or _("No model is loaded."), state.hint)
        else:
            self._show_state(self._answer)

    def _generate(self, answer: AnswerTurn, model: LoadedModel) -> None:
        try:
            manner = self._manner()
        except InvalidParameter as error:
            self._give_up(error.message, error.hint)
            return
        self._request_id = new_request_id()
        self._show_state(answer)
        self.rate = LiveRate(context_tokens=model.context_tokens)
        system = (Message("system", manner.system),) if manner.system else ()
        self._backend.submit(
            Generate(
                request_id=self._request_id,
                path=model.path,
                messages=(*system, *self._messages),
                sampling=manner.sampling,
                thinking=manner.thinking,
            )
        )

    def receive(self, event: Event) -> None:
        """Show what the backend says about this conversation's request."""
        answer = self._answer
        if answer is None or event.request_id != self._request_id:
            return
        match event:
            case Progress(done=done, total=total):
                self.rate.prompt_tokens = total
                self._prefill = (done, total)
                self._show_state(answer)
                self._changed()
            case TextDelta(kind=kind, text=text, generated_tokens=generated_tokens):
                self._prefill = None
                answer.add(kind, text)
                if self.rate.count(generated_tokens):
                    self._changed()
            case GenerationFinished(reason=reason, stats=stats):
                self._messages.append(Message("assistant", answer.text))
                self.rate.finish(stats)
                answer.finish(reason, stats)
                self._end()
            case Failed(message=message, hint=hint):
                self._give_up(message, hint)
            case _:
                pass

    def _show_state(self, answer: AnswerTurn) -> None:
        if self._request_id is None:
            answer.show_state(_("Waiting for the model…"))
        elif self._prefill is None:
            answer.show_state(_("Reading the prompt…"))
        else:
            done, total = self._prefill
            text = _("Reading the prompt, {done} of {total} tokens")
            answer.show_state(text.format(done=done, total=total))

    def retranslate(self) -> None:
        """Show every text in the language in use."""
        if self._answer is not None:
            self._show_state(self._answer)
        self.transcript.retranslate()
        self._changed()

    def _give_up(self, message: str, hint: str) -> None:
        """Show the error and give the question back, so that it can be sent again."""
        assert self._answer is not None
        if self._answer.text:
            self._messages.append(Message("assistant", self._answer.text))
        else:
            self._give_back(self._messages.pop().content)
        self._answer.fail(message, hint)
        self.rate.tokens_per_second = 0
        self._end()

    def _end(self) -> None:
        self._answer = None
        self._request_id = None
        self._prefill = None
        self._changed()

    def stop(self) -> None:
        """Stop the answer; what was written stays."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        elif self._answer is not None:
            self._give_up(_("Stopped before the model was ready."), "")

    def clear(self) -> None:
        """Begin again without the earlier turns."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        self._messages = []
        self.transcript.clear()
        self.rate = LiveRate(context_tokens=self.rate.context_tokens)
        self._end()

    @property
    def answers(self) -> list[AnswerTurn]:
        """The answers that hold text, the oldest first."""
        return [
            turn
            for turn in self.transcript.turns
            if isinstance(turn, AnswerTurn) and turn.text
        ]

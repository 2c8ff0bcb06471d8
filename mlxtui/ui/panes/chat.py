"""One conversation: a question becomes a request, its events an answer."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message as TextualMessage
from textual.reactive import reactive

from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import Generate
from mlxtui.backend.events import (
    Event,
    Failed,
    GenerationFinished,
    Progress,
    TextDelta,
)
from mlxtui.i18n import N_, _
from mlxtui.types import LoadedModel, Message, RequestId
from mlxtui.ui.bindings import translate_bindings
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.widgets.prompt import PromptArea
from mlxtui.ui.widgets.turn import AnswerTurn, QuestionTurn
from mlxtui.ui.widgets.welcome import Welcome
from mlxtui.units import rate_text


class ChatPane(Vertical):
    """The transcript and the prompt under it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", N_("Stop")),
        Binding("ctrl+n", "new_chat", N_("New chat"), priority=True),
        Binding("ctrl+t", "toggle_reasoning", N_("Reasoning"), priority=True),
        # Not shown: the footer has no room, and F1 lists them.
        Binding("pageup", "scroll_page(-1)", show=False, priority=True),
        Binding("pagedown", "scroll_page(1)", show=False, priority=True),
        Binding("ctrl+end", "newest", show=False, priority=True),
    ]

    class Activity(TextualMessage):
        """What the conversation is doing, for the status line."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    model_state: reactive[ModelState] = reactive(ModelState())

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        translate_bindings(self)
        self._backend = backend
        self._messages: list[Message] = []
        self._answer: AnswerTurn | None = None
        self._request_id: RequestId | None = None
        self._reasoning_folded = True

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="transcript", can_focus=False):
            yield Welcome()
        prompt = PromptArea(
            placeholder=_("Ask a question"),
            show_line_numbers=False,
            soft_wrap=True,
            highlight_cursor_line=False,
        )
        prompt.border_subtitle = _("Enter sends · Ctrl+J new line")
        yield prompt

    def on_mount(self) -> None:
        """Stay at the newest text until the reader scrolls away from it."""
        self._transcript.anchor()
        self.query_one(PromptArea).focus()

    @property
    def _transcript(self) -> VerticalScroll:
        return self.query_one("#transcript", VerticalScroll)

    @property
    def is_answering(self) -> bool:
        """Whether a question waits for its answer, or for its end."""
        return self._answer is not None

    async def watch_model_state(self, state: ModelState) -> None:
        """Send the question that waited for the model, or say why it cannot go."""
        for welcome in self.query(Welcome):
            welcome.model_state = state
        await self._send_or_wait()

    async def _send_or_wait(self) -> None:
        """Bring the question that is not sent yet on its way, if there is one."""
        if self._answer is None or self._request_id is not None:
            return
        state = self.model_state
        if state.phase == "ready" and state.loaded is not None:
            self._generate(self._answer, state.loaded)
        elif state.phase in ("failed", "none"):
            await self._give_up(state.message or _("No model is loaded."), state.hint)
        else:
            self._answer.show_state(_("Waiting for the model…"))

    async def on_prompt_area_submitted(self, event: PromptArea.Submitted) -> None:
        """Ask the question that was typed."""
        event.stop()
        if self.is_answering:
            self.notify(
                _("The answer is still being written. Esc stops it."), markup=False
            )
            return
        state = self.model_state
        if state.phase in ("none", "failed"):
            self.notify(
                _("No model is loaded. Ctrl+O chooses one."),
                severity="warning",
                markup=False,
            )
            return
        # What was typed since the key was pressed stays.
        event.prompt.text = event.prompt.text.removeprefix(event.text)
        event.prompt.move_cursor(event.prompt.document.end)
        self._messages.append(Message("user", event.text))
        for welcome in self.query(Welcome):
            welcome.remove()
        self._answer = AnswerTurn(state.name, reasoning_folded=self._reasoning_folded)
        self.refresh_bindings()
        await self._transcript.mount(QuestionTurn(event.text), self._answer)
        self._transcript.anchor()
        # While the turns were mounted, a model may have come, or the chat have gone.
        await self._send_or_wait()

    def _generate(self, answer: AnswerTurn, model: LoadedModel) -> None:
        answer.show_state(_("Reading the prompt…"))
        self._request_id = new_request_id()
        self._backend.submit(
            Generate(
                request_id=self._request_id,
                path=model.path,
                messages=tuple(self._messages),
            )
        )

    async def receive(self, event: Event) -> None:
        """Show what the backend says about this conversation's request."""
        answer = self._answer
        if answer is None or event.request_id != self._request_id:
            return
        # The state changes before anything is awaited: Ctrl+N may come in between.
        match event:
            case Progress(done=done, total=total):
                text = _("Reading the prompt, {done} of {total} tokens").format(
                    done=done, total=total
                )
                answer.show_state(text)
                self.post_message(self.Activity(text))
            case TextDelta(kind=kind, text=text):
                self.post_message(self.Activity(_("Answering – Esc stops")))
                await answer.add(kind, text)
            case GenerationFinished(reason=reason, stats=stats):
                self._messages.append(Message("assistant", answer.text))
                rate = rate_text(stats.generation_tokens_per_second)
                self._end(_("{rate} tokens/s").format(rate=rate))
                await answer.finish(reason, stats)
            case Failed(message=message, hint=hint):
                await self._give_up(message, hint)
            case _:
                pass

    async def _give_up(self, message: str, hint: str) -> None:
        """Show the error and give the question back, so that it can be sent again."""
        answer = self._answer
        assert answer is not None
        if answer.text:
            self._messages.append(Message("assistant", answer.text))
        else:
            question = self._messages.pop()
            prompt = self.query_one(PromptArea)
            if not prompt.text:
                prompt.text = question.content
                prompt.move_cursor(prompt.document.end)
        self._end("")
        await answer.fail(message, hint)

    def _end(self, activity: str) -> None:
        self._answer = None
        self._request_id = None
        self.post_message(self.Activity(activity))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc is offered only while there is something to stop."""
        return self.is_answering if action == "stop" else True

    async def action_stop(self) -> None:
        """Stop the answer; what was written stays."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        elif self._answer is not None:
            await self._give_up(_("Stopped before the model was ready."), "")

    async def action_new_chat(self) -> None:
        """Begin again without the earlier turns."""
        if self._request_id is not None:
            self._backend.cancel(self._request_id)
        self._messages = []
        self._end("")
        await self._transcript.remove_children()
        welcome = Welcome()
        await self._transcript.mount(welcome)
        welcome.model_state = self.model_state
        self.query_one(PromptArea).focus()

    def action_toggle_reasoning(self) -> None:
        """Fold or unfold the reasoning of all answers."""
        self._reasoning_folded = not self._reasoning_folded
        for answer in self.query(AnswerTurn):
            answer.toggle_reasoning(self._reasoning_folded)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll the conversation while the prompt keeps the focus."""
        if pages < 0:
            self._transcript.scroll_page_up()
        else:
            self._transcript.scroll_page_down()

    def action_newest(self) -> None:
        """Go to the newest text and stay there."""
        self._transcript.anchor()
        self._transcript.scroll_end(animate=False)

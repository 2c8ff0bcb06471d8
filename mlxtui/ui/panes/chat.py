"""The chat: the transcript, the prompt under it, the parameters beside it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static, TextArea

from mlxtui import paths
from mlxtui.backend.backend import Backend
from mlxtui.errors import InvalidParameter
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.ui import slash
from mlxtui.ui.actions import bindings
from mlxtui.ui.manner import Manner
from mlxtui.ui.messages import ActionRequested, CopyRequested
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.panes.chat_actions import ChatInfo
from mlxtui.ui.place import Place
from mlxtui.ui.prompt_history import PromptHistory
from mlxtui.ui.style_files import add_styles
from mlxtui.ui.widgets.meter import ContextFill
from mlxtui.ui.widgets.prompt import PromptArea
from mlxtui.ui.widgets.slash_menu import SlashMenu
from mlxtui.ui.widgets.welcome import (
    Proposals,
    Welcome,
    example_questions,
    is_guide,
)

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event
    from mlxtui.ui.conversation import Conversation
    from mlxtui.ui.widgets.parameters import ParametersPanel

_log = logging.getLogger(__name__)

_AFTER_FIRST_PAINT_SECONDS = 0.1


class ChatPane(ChatInfo, Place):
    """Brings what is typed to the conversation, and what it says to the meter."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(ChatInfo.ACTIONS)

    class Activity(Message):
        """What the conversation is doing, for the meter."""

        def __init__(self, text: str, context: ContextFill | None) -> None:
            super().__init__()
            self.text = text
            self.context = context
            """None where nothing is known."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self._history = PromptHistory(paths.prompt_history_file())
        self._menu = SlashMenu()
        self._prompt = PromptArea(self._history, self._menu)
        self._panel: ParametersPanel | None = None
        self._made_conversation: Conversation | None = None
        self._reasoning_folded = True
        self._code_blocks_back = 0

    def compose(self) -> ComposeResult:
        with Horizontal(), Vertical(id="conversation"):
            with Vertical(id="empty"):
                yield Welcome()
            yield Static(classes="newer", markup=False)
            with Vertical(id="composer"):
                yield self._menu
                yield self._prompt

    def on_mount(self) -> None:
        """Begin in the prompt, with the settings as they are."""
        self._show_empty(True)
        self.watch(self.app, "settings", self._show_settings)
        self.focus_first()
        self.set_timer(_AFTER_FIRST_PAINT_SECONDS, self._prepare_conversation)

    @property
    def conversation(self) -> Conversation:
        """The conversation, made when it is first needed."""
        return self._made_conversation or self._make_conversation()

    def _prepare_conversation(self) -> None:
        # Nothing can be mounted any more when the app was left at once.
        if self.query_one("#conversation").is_attached:
            self._make_conversation()

    def _make_conversation(self) -> Conversation:
        if self._made_conversation is None:
            # Not at the top: its Markdown is a quarter of the time to the first paint.
            from mlxtui.ui.conversation import Conversation

            add_styles(self.app, "transcript")
            self._made_conversation = Conversation(
                self.backend,
                manner=self._manner,
                give_back=self._give_back,
                changed=self._show_conversation,
            )
            transcript = self._made_conversation.transcript
            transcript.display = False
            self.query_one("#conversation").mount(transcript, after="#empty")
            self.watch(transcript, "is_following", self._show_newer)
        return self._made_conversation

    def focus_first(self) -> None:
        """The prompt."""
        self.screen.set_focus(self._prompt)

    def retranslate(self) -> None:
        """Show every text in the language in use."""
        self._prompt.retranslate()
        self.query_one(Welcome).retranslate()
        self.conversation.retranslate()
        if self._panel is not None:
            self._panel.retranslate()
        self._show_newer()

    def _show_settings(self, settings: Settings) -> None:
        self._prompt.send_key = settings.send_key
        self._prompt.keys = dict(settings.keys)

    def _show_empty(self, empty: bool) -> None:
        self.query_one("#empty").display = empty
        if self._made_conversation is not None:
            self._made_conversation.transcript.display = not empty
        proposals = example_questions() if empty and is_guide(self.model_state) else ()
        self._history.proposals = proposals

    def _show_newer(self) -> None:
        hint = self.query_one(".newer", Static)
        hint.display = not self.conversation.transcript.is_following
        hint.update(_("↓ newer text below · Ctrl+End"))

    def watch_model_state(self, state: ModelState) -> None:
        """Send the question that waited for the model, or say why it cannot go."""
        if not self.is_mounted:
            return
        for welcome in self.query(Welcome):  # none while the app ends
            welcome.model_state = state
        if self._made_conversation is None:
            self._show_empty(True)
        else:
            self._show_empty(not self._made_conversation.transcript.turns)
            self._made_conversation.send_or_wait(state)

    async def receive(self, event: Event) -> None:
        """Show what the backend says about this conversation's request."""
        if self._made_conversation is not None:
            self._made_conversation.receive(event)

    def _show_conversation(self) -> None:
        conversation = self.conversation
        self.post_message(
            self.Activity(conversation.activity, conversation.rate.context)
        )
        self.refresh_bindings()

    # Asking

    def on_prompt_area_submitted(self, event: PromptArea.Submitted) -> None:
        """Ask the question that was typed, or do what a slash command says."""
        event.stop()
        command = slash.parse(event.text, self.all_actions)
        if command is not None:
            self._do(command, event.text)
        elif self.conversation.is_answering:
            self.app.notify(_("The answer is still being written. Esc stops it."))
        elif self.model_state.phase in ("none", "failed"):
            self.app.notify(
                _("No model is loaded. Ctrl+O chooses one."), severity="warning"
            )
        else:
            self._ask(event.text)

    def _do(self, command: slash.SlashCommand, text: str) -> None:
        if command.action is None:
            self.app.notify(
                _("There is no command /{word}.").format(word=command.word)
                + "\n"
                + _("/ lists them; a blank before it sends it as text."),
                severity="warning",
            )
            return
        self._take_from_prompt(text, is_remembered=not command.holds_secret)
        self.post_message(ActionRequested(command.action.name, command.argument))

    def _ask(self, question: str) -> None:
        try:
            self._manner()
        except InvalidParameter as error:
            self.app.notify(error.message, severity="error")
            self._show_wrong_field()
            return
        self._take_from_prompt(question)
        self._code_blocks_back = 0
        self.conversation.ask(
            question, self.model_state, reasoning_folded=self._reasoning_folded
        )
        self._show_empty(False)

    def _show_wrong_field(self) -> None:
        assert self._panel is not None
        self._panel.display = True
        self.set_class(True, "-with-parameters")
        self._panel.focus_wrong()

    def _take_from_prompt(self, text: str, *, is_remembered: bool = True) -> None:
        """Remember what was sent; what was typed since the key was pressed stays."""
        self._prompt.replace_text(self._prompt.text.removeprefix(text))
        if not is_remembered:
            return
        try:
            self._history.add(text)
        except OSError:
            _log.exception("The prompt history cannot be written")

    def _give_back(self, question: str) -> None:
        if not self._prompt.text:
            self._prompt.replace_text(question)

    def _manner(self) -> Manner:
        if self._panel is None:
            return Manner()
        return Manner(self._panel.system, self._panel.sampling(), self._panel.thinking)

    # What can be done here

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Esc is offered only while there is something to stop."""
        if action == "stop":
            made = self._made_conversation
            return made is not None and made.is_answering
        return True

    def action_stop(self) -> None:
        """Stop the answer; what was written stays."""
        self.conversation.stop()

    def action_send(self) -> None:
        """Send what is in the prompt."""
        self._prompt.action_send()

    def action_new_line(self) -> None:
        """Break the line in the prompt."""
        self._prompt.action_new_line()

    def action_new(self) -> None:
        """Begin again without the earlier turns."""
        self.conversation.clear()
        self._show_empty(True)
        self.focus_first()

    async def action_parameters(self) -> None:
        """Show the panel, or hide it; what was typed in it still counts."""
        if self._panel is None:
            from mlxtui.ui.widgets.parameters import ParametersPanel

            self._panel = ParametersPanel()
            await self.query_one(Horizontal).mount(self._panel)
        else:
            self._panel.display = not self._panel.display
        self.set_class(self._panel.display, "-with-parameters")
        if self._panel.display:
            self._panel.focus_first()
        else:
            self.focus_first()

    def action_copy(self) -> None:
        """Copy the last answer."""
        answers = self.conversation.answers
        if answers:
            self.post_message(CopyRequested(answers[-1].text, _("the answer")))
        else:
            self.app.notify(_("There is no answer yet."))

    def action_copy_code(self) -> None:
        """Copy the last code block; each further time the one before it."""
        blocks = [
            block for turn in self.conversation.answers for block in turn.code_blocks
        ]
        if not blocks:
            self.app.notify(_("There is no code block yet."))
            return
        self._code_blocks_back = self._code_blocks_back % len(blocks) + 1
        number = len(blocks) - self._code_blocks_back
        what = _("code block {number} of {count}").format(
            number=number + 1, count=len(blocks)
        )
        self.post_message(CopyRequested(blocks[number].code, what))

    def action_reasoning(self) -> None:
        """Fold or unfold the reasoning of all answers."""
        self._reasoning_folded = not self._reasoning_folded
        self.conversation.transcript.fold_reasoning(self._reasoning_folded)

    def action_newest(self) -> None:
        """Go to the newest text and stay there."""
        self.conversation.transcript.follow()

    def action_page_up(self) -> None:
        """Scroll the conversation while the prompt keeps the focus."""
        self.conversation.transcript.scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        """Scroll the conversation while the prompt keeps the focus."""
        self.conversation.transcript.scroll_page_down(animate=False)

    def action_next_part(self) -> None:
        """Mark the next part of the conversation."""
        self.conversation.transcript.action_next_part()

    def action_previous_part(self) -> None:
        """Mark the part before."""
        self.conversation.transcript.action_previous_part()

    def action_copy_part(self) -> None:
        """Copy the part that is marked."""
        self.conversation.transcript.action_copy_part()

    def action_open_link(self) -> None:
        """Open a link of the part that is marked."""
        self.conversation.transcript.action_open_link()

    def action_fold(self) -> None:
        """Fold or unfold the reasoning of the turn that is marked."""
        self.conversation.transcript.action_fold()

    # The prompt's menu and the welcome

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Offer the slash commands that fit what is typed."""
        if event.text_area is self._prompt:
            offered = slash.completions(self._prompt.text, self.all_actions)
            self._menu.offered = tuple(offered)

    def on_slash_menu_chosen(self, event: SlashMenu.Chosen) -> None:
        """Run the command that was taken, or write it out for its argument."""
        command = f"/{event.action.slash}"
        self._prompt.replace_text(command if event.run else f"{command} ")
        if event.run:
            self._prompt.action_send()

    def on_proposals_chosen(self, event: Proposals.Chosen) -> None:
        """Ask the question that was clicked on."""
        self._prompt.replace_text(event.question)
        self._prompt.action_send()

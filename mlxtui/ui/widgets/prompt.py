"""The prompt editor: it grows with its text, sends it, and remembers what was sent."""

from typing import ClassVar, Literal

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from mlxtui.i18n import N_, _
from mlxtui.ui.actions import bindings, key_text
from mlxtui.ui.prompt_history import PromptHistory
from mlxtui.ui.widgets.ordered_keys import OrderedTextArea
from mlxtui.ui.widgets.prompt_actions import PROMPT_ACTIONS
from mlxtui.ui.widgets.slash_menu import SlashMenu

SendKey = Literal["enter", "ctrl+s"]

# Terminals without the Kitty keyboard protocol send all of these as Enter; those with
# it tell them apart.
_SENDING_KEYS = ("ctrl+enter", "super+enter")
_BREAKING_KEYS = ("shift+enter", "alt+enter")


class PromptArea(OrderedTextArea):
    """A multi-line editor whose Enter sends or breaks the line, as the user has set it.

    Args:
        menu: Offers slash commands while one is being typed.
    """

    HELP: ClassVar[str] = N_(
        "Type a question for the model. A text that begins with / is a command for"
        " the app: / lists them all. ↑ in the first line brings back what you asked"
        " before, ↓ in an empty prompt proposes questions."
    )

    BINDINGS: ClassVar[list[BindingType]] = bindings(PROMPT_ACTIONS)

    send_key: reactive[SendKey] = reactive[SendKey]("enter")
    keys: reactive[dict[str, str]] = reactive(dict)
    """Action name to keys, where the user has changed them."""

    class Submitted(Message):
        """The user wants to send the text."""

        def __init__(self, prompt: "PromptArea", text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

        @property
        def control(self) -> "PromptArea":
            """The editor that it comes from."""
            return self.prompt

    def __init__(self, history: PromptHistory, menu: SlashMenu) -> None:
        super().__init__(
            show_line_numbers=False, soft_wrap=True, highlight_cursor_line=False
        )
        self.prompt_history = history
        self._menu = menu

    def on_mount(self) -> None:
        """Say which keys send."""
        self.retranslate()

    def watch_send_key(self) -> None:
        """Name the keys in the border."""
        self.retranslate()

    def watch_keys(self) -> None:
        """Name the keys in the border."""
        self.retranslate()

    def retranslate(self) -> None:
        """Show the placeholder and the keys in the language in use."""
        self.placeholder = _("Ask a question, or / for commands")
        send, new_line = (
            key_text(self.keys.get(action.name, action.keys))
            for action in PROMPT_ACTIONS
        )
        self.border_subtitle = (
            _("Enter sends · {key} new line").format(key=new_line)
            if self.send_key == "enter"
            else _("{key} sends · Enter new line").format(key=send)
        )

    def render_line(self, y: int) -> Strip:
        """A line of the text, or of the placeholder."""
        # Textual cannot wrap a placeholder where there is no room at all.
        return super().render_line(y) if self.content_size.width else Strip.blank(0)

    async def _on_key(self, event: events.Key) -> None:
        # TextArea inserts a line at Enter before bindings are looked at.
        if self._menu_takes(event.key) or self._takes(event.key):
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)

    def _menu_takes(self, key: str) -> bool:
        # Who walks through earlier prompts does not stop at a command among them.
        is_walking = key in ("up", "down") and self.prompt_history.shows(self.text)
        return not is_walking and self._menu.takes(key)

    def _takes(self, key: str) -> bool:
        """Do what a key means here; False leaves it to the editor."""
        here = self.cursor_location
        if key in _SENDING_KEYS or (key == "enter" and self.send_key == "enter"):
            self.action_send()
        elif key in _BREAKING_KEYS or key == "enter":
            self.action_new_line()
        elif key == "up" and self.navigator.is_first_wrapped_line(here):
            return self._recall(self.prompt_history.older(self.text))
        elif key == "down" and self.navigator.is_last_wrapped_line(here):
            return self._recall(self.prompt_history.newer(self.text))
        else:
            return False
        return True

    def _recall(self, text: str | None) -> bool:
        if text is None:
            return False
        self.replace_text(text)
        return True

    def replace_text(self, text: str) -> None:
        """Put another text in the place of the whole; undo brings the former back."""
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor(self.document.end)

    def action_new_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_send(self) -> None:
        """Send the text, unless it is blank."""
        if self.text.strip():
            self.post_message(self.Submitted(self, self.text))

"""The questions of the first start, on one page; Enter alone answers them all."""

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from mlxtui import i18n, paths
from mlxtui.harmless import one_line
from mlxtui.i18n import LANGUAGES, _
from mlxtui.settings import Settings
from mlxtui.settings.models_folder import folder_problem, free_bytes
from mlxtui.ui.screens.safe_mouse import SafeMouse
from mlxtui.ui.widgets.choice_row import ChoiceRow
from mlxtui.ui.widgets.ordered_input import OrderedInput
from mlxtui.ui.widgets.prose import Prose
from mlxtui.units import bytes_text

# Each in its own language: who cannot read the page finds the way out.
_LANGUAGE_NAMES = {"en": "English", "ja": "日本語"}
_SEND_KEYS = {"enter": "Enter", "ctrl+s": "Ctrl+S"}


class FirstRunScreen(SafeMouse, ModalScreen[dict[str, str] | None]):
    """Ends with settings as text, or None when the user skips the questions.

    Args:
        used: The settings in use, from which the answers are proposed.
    """

    CSS_PATH = paths.styles_dir() / "first_run.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "skip", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("enter", "accept", show=False),
    ]

    def __init__(self, used: Settings) -> None:
        super().__init__()
        self._language_before = i18n.current_language()
        self._has_chosen_key = used.send_key != Settings().send_key
        self._language = ChoiceRow(id="language")
        self._folder = OrderedInput(str(used.models_dir()), compact=True, id="folder")
        self._send_key = ChoiceRow(id="send-key")
        self._start = Button(compact=True, variant="primary", id="start")
        self._language.choices = {name: _LANGUAGE_NAMES[name] for name in LANGUAGES}
        self._language.value = self._language_before
        self._send_key.choices = _SEND_KEYS
        self._send_key.value = used.send_key

    def compose(self) -> ComposeResult:
        with Vertical(id="first-run"):
            yield Prose(id="welcome")
            for field, note in (
                (self._language, None),
                (self._folder, "folder-note"),
                (self._send_key, "send-key-note"),
            ):
                with Horizontal(classes="question"):
                    yield Static(id=f"{field.id}-label", classes="label", markup=False)
                    yield field
                if note is not None:
                    yield Prose(id=note, classes="note")
            yield self._start

    def on_mount(self) -> None:
        """The button has the focus: Enter takes what is shown."""
        self._show_texts()
        self._start.focus()

    def _show_texts(self) -> None:
        """Write every text in the language that is chosen."""
        if not self._has_chosen_key:
            is_japanese = i18n.current_language() == "ja"
            self._send_key.value = "ctrl+s" if is_japanese else "enter"
        box = self.query_one("#first-run")
        box.border_title = _("Welcome to mlxtui")
        box.border_subtitle = _("↑ ↓ move · ← → choose · Esc skips")
        for name, text in (
            ("welcome", _("Enter takes what is shown. F8 changes it at any time.")),
            ("language-label", _("Language")),
            ("folder-label", _("Models folder")),
            ("send-key-label", _("Sending")),
        ):
            self.query_one(f"#{name}", Static).update(text)
        self._start.label = Content(_("Start"))
        self._show_send_key_note()
        self._look_at_folder()

    def _show_send_key_note(self) -> None:
        if self._send_key.value == "enter":
            note = _("Enter sends; Ctrl+J begins a new line.")
        else:
            note = _("Ctrl+S or Ctrl+Enter sends; Enter begins a new line.")
        if i18n.current_language() == "ja":
            note = _("{note} Enter also confirms kanji.").format(note=note)
        self.query_one("#send-key-note", Static).update(note)

    @work(exclusive=True)
    async def _look_at_folder(self) -> None:
        await self._check_folder()

    async def _check_folder(self) -> str:
        """Say what is wrong with the folder, or how much room there is."""
        text = self._folder.value.strip()
        problem = await asyncio.to_thread(folder_problem, text)
        note = problem
        if not problem:
            size = await asyncio.to_thread(free_bytes, paths.expand(text))
            note = _("{size} free on its disk").format(size=bytes_text(size))
        if self._folder.value.strip() == text:
            label = self.query_one("#folder-note", Static)
            label.update(one_line(note))
            label.set_class(bool(problem), "-problem")
        return problem

    # What the user does

    def on_choice_row_chosen(self, message: ChoiceRow.Chosen) -> None:
        """Use the language, or explain the key."""
        message.stop()
        if message.row is self._language:
            i18n.set_language("ja" if message.value == "ja" else "en")
            self._show_texts()
        else:
            self._has_chosen_key = True
            self._show_send_key_note()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look at the folder while it is typed."""
        event.stop()
        self._look_at_folder()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter means the same everywhere on the page."""
        event.stop()
        await self.action_accept()

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        """Enter, or a click on the button."""
        event.stop()
        await self.action_accept()

    async def action_accept(self) -> None:
        """Take what is shown, if the folder can hold models."""
        if await self._check_folder():
            self._folder.focus()
            return
        folder = paths.expand(self._folder.value.strip())
        self._end(
            {
                "language": self._language.value,
                "models_folder": "" if folder == paths.models_dir() else str(folder),
                "send_key": self._send_key.value,
            }
        )

    def action_skip(self) -> None:
        """Leave everything as it was."""
        self._end(None)

    def _end(self, answers: dict[str, str] | None) -> None:
        # The language becomes the app's with the others, and then on every page.
        i18n.set_language(self._language_before)
        self.dismiss(answers)

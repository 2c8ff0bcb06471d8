"""The full-screen app: owns the backend, its events, the keys of every place."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.screen import Screen
from textual.signal import Signal
from textual.theme import ThemeProvider

from mlxtui import paths
from mlxtui.backend.backend import Backend
from mlxtui.backend.events import Event
from mlxtui.errors import MlxTuiError
from mlxtui.harmless import harmless
from mlxtui.i18n import N_, _
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui.bindings import translate_bindings
from mlxtui.ui.messages import BackendEvent
from mlxtui.ui.model_state import ModelState, ModelSwitch
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.screens.models import ModelsScreen
from mlxtui.ui.screens.workspace import WorkspaceScreen

_log = logging.getLogger(__name__)

# The cascade: the app's own first, then one file for each part of the screen.
_STYLE_FILES = ("app.tcss", "chat.tcss", "models.tcss", "keys.tcss")

MakeBackend = Callable[[Callable[[Event], None], Settings], Backend]


class MlxTuiApp(App[None]):
    """The screen of mlxtui.

    Args:
        find_model: Says which model to load at the start, None for none. It may raise
            an `MlxTuiError`, which is shown.
        warning: Something to tell at the start, as a broken settings file.
        make_backend: Tests put a recorded one in its place.
    """

    TITLE = "mlxtui"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "choose_model", N_("Models"), priority=True),
        Binding("ctrl+p", "command_palette", N_("Commands"), priority=True),
        Binding("f1", "show_keys", N_("Keys")),
        Binding("ctrl+q", "quit", N_("Quit"), priority=True),
    ]

    model_state: reactive[ModelState] = reactive(ModelState())

    def __init__(
        self,
        settings: Settings,
        find_model: Callable[[], LocalModel | None],
        *,
        warning: str = "",
        make_backend: MakeBackend = Backend,
    ) -> None:
        # Children mount before the app does, and subscribe.
        self.backend_signal: Signal[Event] = Signal(self, "backend event")
        styles = paths.styles_dir()
        super().__init__(css_path=[styles / name for name in _STYLE_FILES])
        translate_bindings(self)
        self._find_model = find_model
        self._warning = warning
        if settings.theme in self.available_themes:
            self.theme = settings.theme
        self.backend = make_backend(self._emit, settings)
        self._models = ModelSwitch(self.backend, self._show_model)

    def _emit(self, event: Event) -> None:
        """Bring an event from another thread to the screen's loop; never waits."""
        self.post_message(BackendEvent(event))

    def get_default_screen(self) -> Screen[None]:
        """The chat is there at the first paint."""
        return WorkspaceScreen(self.backend, self.backend_signal)

    def on_mount(self) -> None:
        """Load the model once the screen is drawn."""
        self.call_after_refresh(self.run_worker, self._load_first_model)
        if self._warning:
            self.notify(self._warning, severity="warning", timeout=15)

    async def _load_first_model(self) -> None:
        try:
            # The search for a name walks the disk.
            model = await asyncio.to_thread(self._find_model)
        except MlxTuiError as error:
            if self._models.is_untouched:
                self._models.fail(error.message, error.hint)
            else:
                self._notify_error(error.message, error.hint)
            return
        if not self._models.is_untouched:
            return  # the user was quicker
        if model is None:
            self._models.find_none()
        else:
            self._models.load(model)

    def on_backend_event(self, message: BackendEvent) -> None:
        """Pass an event on to whoever waits for it."""
        self._models.receive(message.event)
        self.backend_signal.publish(message.event)

    def _show_model(self, state: ModelState) -> None:
        kept_former = state.phase == "ready" and state.message
        self.model_state = state
        if kept_former:
            self._notify_error(state.message, state.hint)

    def _notify_error(self, message: str, hint: str) -> None:
        text = "\n".join(filter(None, (message, hint)))
        self.notify(text, severity="error", timeout=15)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification; names and errors in it may come from anywhere."""
        super().notify(
            harmless(message),
            title=title,
            severity=severity,
            timeout=timeout,
            markup=markup,
        )

    def action_choose_model(self) -> None:
        """Open the list of models."""
        if not isinstance(self.screen, ModelsScreen):
            self.push_screen(
                ModelsScreen(self.backend, self.backend_signal), self._load_chosen
            )

    def _load_chosen(self, model: LocalModel | None) -> None:
        if model is not None:
            self._models.load(model)

    def action_command_palette(self) -> None:
        """Open the list of all actions."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(
                CommandPalette(
                    placeholder=_("Search for commands…"), id="--command-palette"
                )
            )

    def search_themes(self) -> None:
        """Open the list of themes."""
        self.push_screen(
            CommandPalette(
                providers=[ThemeProvider], placeholder=_("Search for themes…")
            )
        )

    async def on_event(self, event: events.Event) -> None:
        """Make a pasted text harmless before any editor gets it."""
        if isinstance(event, events.Paste):
            lines = event.text.replace("\r\n", "\n").replace("\r", "\n")
            event.text = harmless(lines)
        await super().on_event(event)

    def action_show_keys(self) -> None:
        """Show all keys."""
        self.push_screen(KeysScreen())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the app, for the command palette."""
        yield SystemCommand(
            _("Models"), _("Choose another model"), self.action_choose_model
        )
        if isinstance(screen, WorkspaceScreen):
            chat = screen.chat
            yield SystemCommand(
                _("New chat"), _("Without the earlier turns"), chat.action_new_chat
            )
            yield SystemCommand(
                _("Stop"), _("Stop the answer; what was written stays"),
                chat.action_stop,
            )  # fmt: skip
            yield SystemCommand(
                _("Reasoning"),
                _("Show or hide the reasoning of answers"),
                chat.action_toggle_reasoning,
            )
        yield SystemCommand(_("Keys"), _("Show all keys"), self.action_show_keys)
        yield SystemCommand(
            _("Theme"), _("Change the colours"), self.action_change_theme
        )
        yield SystemCommand(_("Quit"), _("Leave, at any moment"), self.action_quit)

    def _fatal_error(self) -> None:
        """Leave with one line instead of Textual's traceback, which goes to the log."""
        _log.exception("The screen met an error")
        message = _("mlxtui met an error and had to stop. Details are in {path}.")
        if not self._exit_renderables:  # the first error is the cause
            text = message.format(path=paths.log_file())
            self._exit_renderables.append(Text(text, no_wrap=True, overflow="ignore"))
        self._close_messages_no_wait()

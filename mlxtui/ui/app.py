"""The full-screen app: owns the backend, its events, and what belongs to all places."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual._callback import invoke
from textual.binding import BindingType
from textual.command import Provider
from textual.reactive import reactive
from textual.screen import Screen
from textual.signal import Signal

from mlxtui import i18n, paths, settings
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import MeasureMemory
from mlxtui.backend.events import Event
from mlxtui.errors import MlxTuiError, SettingsError
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui import actions, themes
from mlxtui.ui.key_rules import usable_keys
from mlxtui.ui.messages import (
    ActionRequested,
    BackendEvent,
    LoadRequested,
    SettingChanged,
    UnloadRequested,
)
from mlxtui.ui.model_state import ModelState, ModelSwitch
from mlxtui.ui.place import Place
from mlxtui.ui.places import APP_ACTIONS, all_actions
from mlxtui.ui.screens.workspace import WorkspaceScreen
from mlxtui.ui.terminal_app import TerminalApp

# The import of MLX in the engine's thread would hold up the first paint.
_LOAD_AFTER_SECONDS = 0.1
_AFTER_FIRST_PAINT_SECONDS = 0.3
_MEMORY_SECONDS = 2.0
_TYPING_SECONDS = 1.0

# What the first paint needs; the others come with what they are named after.
_FIRST_STYLES = ("app.tcss", "chat.tcss")

MakeBackend = Callable[[Callable[[Event], None], Settings], Backend]


def _actions_of_palette() -> type[Provider]:
    from mlxtui.ui.palette import ActionProvider

    return ActionProvider


class MlxTuiApp(TerminalApp):
    """The screen of mlxtui.

    Args:
        find_model: Says which model to load at the start, None for none. It may raise
            an `MlxTuiError`, which is shown.
        warning: Something to tell at the start, as a broken settings file.
        make_backend: Tests put a recorded one in its place.
        after_first_paint: Called when the screen is drawn and can be typed in.
    """

    TITLE = "mlxtui"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {_actions_of_palette}
    BINDINGS: ClassVar[list[BindingType]] = actions.bindings(APP_ACTIONS)

    settings: reactive[Settings] = reactive(Settings(), init=False)
    model_state: reactive[ModelState] = reactive(ModelState())

    def __init__(
        self,
        used: Settings,
        find_model: Callable[[], LocalModel | None],
        *,
        warning: str = "",
        make_backend: MakeBackend = Backend,
        after_first_paint: Callable[[], None] | None = None,
    ) -> None:
        # Children mount before the app does, and subscribe.
        self.backend_signal: Signal[Event] = Signal(self, "backend event")
        super().__init__([paths.styles_dir() / name for name in _FIRST_STYLES])
        themes.register(self, used.theme)
        self._find_model = find_model
        self._warning = warning
        self._after_first_paint = after_first_paint
        self.load_after_seconds = _LOAD_AFTER_SECONDS
        """How long the first model waits for the first paint."""
        self.backend = make_backend(self._emit, used)
        self._models = ModelSwitch(self.backend, self._show_model)
        self._use(used)
        self.watch_settings(self.settings)

    def _emit(self, event: Event) -> None:
        """Bring an event from another thread to the screen's loop; never waits."""
        self.post_message(BackendEvent(event))

    def get_default_screen(self) -> Screen[None]:
        """The chat is there at the first paint."""
        return WorkspaceScreen(self.backend, self.backend_signal)

    @property
    def workspace(self) -> WorkspaceScreen:
        """The main screen, whatever lies over it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, WorkspaceScreen)
        return screen

    def on_mount(self) -> None:
        """Load the model once the screen is drawn."""
        self.set_timer(self.load_after_seconds, self._start_loading)
        self.set_interval(_MEMORY_SECONDS, self._measure_memory)
        self.set_timer(_AFTER_FIRST_PAINT_SECONDS, self._settle)
        if self._warning:
            self.notify(self._warning, severity="warning", timeout=15)
        elif not self.settings.setup_done:
            self.call_after_refresh(self._ask_first_run)

    def _start_loading(self) -> None:
        self._load_first_model()

    @work
    async def _load_first_model(self) -> None:
        try:
            # The search for a name walks the disk.
            model = await asyncio.to_thread(self._find_model)
        except MlxTuiError as error:
            if self._models.is_untouched:
                self._models.fail(error.message, error.hint)
            else:
                self.notify_error(error.message, error.hint)
            return
        if not self._models.is_untouched:
            return  # the user was quicker
        if model is None:
            self._models.find_none()
        else:
            self._models.load(model)

    def _settle(self) -> None:
        """Do what the first paint did not have to wait for."""
        self.backend.submit(MeasureMemory(request_id=new_request_id()))
        if self._after_first_paint is not None:
            self._after_first_paint()

    def _measure_memory(self) -> None:
        # A repaint while someone types moves an input method's window.
        if self.seconds_since_key > _TYPING_SECONDS:
            self.backend.submit(MeasureMemory(request_id=new_request_id()))

    def _ask_first_run(self) -> None:
        from mlxtui.ui.screens.first_run import FirstRunScreen

        self.push_screen(FirstRunScreen(self.settings), self._save_first_run)

    def _save_first_run(self, answers: dict[str, str] | None) -> None:
        self._save({**(answers or {}), "setup_done": "true"})

    # Events of the backend

    def on_backend_event(self, message: BackendEvent) -> None:
        """Pass an event on to whoever waits for it."""
        self._models.receive(message.event)
        self.backend_signal.publish(message.event)

    def _show_model(self, state: ModelState) -> None:
        kept_former = state.phase == "ready" and state.message
        self.model_state = state
        if kept_former:
            self.notify_error(state.message, state.hint)

    # Requests of the places

    async def on_load_requested(self, message: LoadRequested) -> None:
        """Load a model, and open the chat where that is wanted."""
        self._models.load(message.model)
        if message.then_chat:
            await self.workspace.go("chat")

    def on_unload_requested(self, _message: UnloadRequested) -> None:
        """Free the model's memory once it has answered."""
        self._models.unload()

    def on_setting_changed(self, message: SettingChanged) -> None:
        """Write a setting, and use it."""
        self._save({message.key: message.text})

    def _save(self, texts: dict[str, str]) -> None:
        try:
            self._use(settings.save_values(texts))
            self.backend.use(self.settings)
        except SettingsError as error:
            self.notify_error(error.message, error.hint)

    async def on_action_requested(self, message: ActionRequested) -> None:
        """Do an action of the palette or of a slash command."""
        await self.perform(message.name, message.argument)

    async def perform(self, name: str, argument: str = "") -> None:
        """Do an action wherever it belongs; its place is opened first."""
        (action,) = (item for item in all_actions() if item.name == name)
        node = self if action.place == "app" else await self._open(action.place)
        if not node.check_action(action.verb, action.parameters):
            self.notify(_("There is nothing to do for that now."))
            return
        method = getattr(node, f"action_{action.verb}")
        extra = (argument,) if action.argument else ()
        await invoke(method, *action.parameters, *extra)

    async def action_perform(self, name: str) -> None:
        """Do an action that was clicked on."""
        await self.perform(name)

    # Settings in use

    def _use(self, used: Settings) -> None:
        """Use settings from now on, without keys that cannot be."""
        keys, problems = usable_keys(used.keys, tuple(all_actions()))
        if problems:
            self.call_later(self.notify_error, "\n".join(problems))
        self.settings = replace(used, keys=keys)

    def watch_settings(self, used: Settings) -> None:
        """Use language, theme, keys and motion as they are set."""
        language_before = i18n.current_language()
        i18n.set_language(used.language)
        # Without colours only the styles of the 16-colour theme tell things apart.
        self.theme = "ansi" if self.no_color else used.theme
        self.animation_level = "none" if used.reduced_motion else "full"
        self.set_keymap(dict(used.keys))
        if self.is_running and i18n.current_language() != language_before:
            self.workspace.retranslate()

    def action_theme(self, name: str = "") -> None:
        """Take a theme by its name, or the next one."""
        names = [theme.name for theme in themes.THEMES]
        if name and name not in names:
            self.notify_error(
                _("There is no theme {name}.").format(name=name), ", ".join(names)
            )
            return
        following = names[(names.index(self.theme) + 1) % len(names)]
        self.on_setting_changed(SettingChanged("theme", name or following))

    def action_language(self, name: str = "") -> None:
        """Switch to a language, or to the next one."""
        if name and name not in i18n.LANGUAGES:
            self.notify_error(
                _("There is no language {name}.").format(name=name),
                ", ".join(i18n.LANGUAGES),
            )
            return
        other = "en" if i18n.current_language() == "ja" else "ja"
        self.on_setting_changed(SettingChanged("language", name or other))

    # What belongs to no place

    async def action_go(self, place: str) -> None:
        """Open a place."""
        await self._open(place)

    async def _open(self, place: str) -> Place:
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        return await self.workspace.go(place)

    async def action_choose_model(self) -> None:
        """Open the list of models with its filter ready to type in."""
        await self.perform("models.filter")

    def action_command_palette(self) -> None:
        """Open the list of all actions."""
        from mlxtui.ui.screens.command_palette import ActionPalette

        if len(self.screen_stack) == 1:
            self.push_screen(ActionPalette(placeholder=_("Search for commands…")))

    def action_help(self) -> None:
        """Explain what has the focus."""
        from mlxtui.ui.screens.keys import help_for

        self._open_or_close(help_for(self.workspace, self.settings.keys))

    def action_keys(self) -> None:
        """Show all keys."""
        from mlxtui.ui.screens.keys import key_sheet

        self._open_or_close(key_sheet(self.settings.keys))

    def _open_or_close(self, page: Screen[None]) -> None:
        if len(self.screen_stack) == 1:
            self.push_screen(page)
        elif isinstance(self.screen, type(page)):
            self.pop_screen()

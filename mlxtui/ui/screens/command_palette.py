"""Textual's command palette, made safe for keys that come faster than its screen."""

from typing import Any

from textual import events
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette

from mlxtui.ui.screens.safe_mouse import SafeMouse


class ActionPalette(SafeMouse, CommandPalette):
    """Keys and clicks in one burst reach a palette that is not there yet, or gone."""

    def _on_mount(self, event: events.Mount) -> None:
        if not self.is_current:
            event.prevent_default()  # of Textual's handler, which runs after this one

    def _on_click(self, event: events.Click) -> None:  # type: ignore[override]
        if not self.is_current:
            event.prevent_default()

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close it; a second time does nothing."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def _watch__list_visible(self) -> None:
        if self.query(CommandList):
            super()._watch__list_visible()

    def _action_command_list(self, action: str) -> None:
        if self.query(CommandList):
            super()._action_command_list(action)

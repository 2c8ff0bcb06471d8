"""What any full-screen app of ours owes its terminal and its user's clipboard."""

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual import events, work
from textual.app import App
from textual.filter import LineFilter
from textual.notifications import SeverityLevel

from mlxtui import paths
from mlxtui.harmless import harmless
from mlxtui.i18n import _
from mlxtui.ui.messages import CopyRequested
from mlxtui.ui.terminal_colours import PaletteColours, WithoutColours

_log = logging.getLogger(__name__)

_WITHOUT_COLOURS = WithoutColours()
_TYPING_SECONDS = 1.0


class TerminalApp(App[None]):
    """Harmless texts, true copying, right colours, and one line instead of a traceback.

    Args:
        style_files: The style sheets, in the order of the cascade.
    """

    def __init__(self, style_files: Sequence[Path]) -> None:
        super().__init__(css_path=list(style_files))
        self.palette_colours = PaletteColours(enabled=False)
        """Switched on where the terminal has 256 colours at most."""
        self._key_seconds = 0.0

    @property
    def is_typed_in(self) -> bool:
        """Whether someone types just now: a repaint moves an input method's window."""
        has_pressed = time.monotonic() - self._key_seconds < _TYPING_SECONDS
        return has_pressed and self.has_editor_focus

    @property
    def has_editor_focus(self) -> bool:
        """Whether letters are typed into a field where the focus is."""
        return self.focused is not None and self.focused.check_consume_key("a", "a")

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and ours for terminals without 24-bit colours."""
        if self.no_color:  # Textual's own would send greys
            return [_WITHOUT_COLOURS]
        filters = list(super().get_line_filters())
        return (
            [*filters, self.palette_colours]
            if self.palette_colours.enabled
            else filters
        )

    def on_copy_requested(self, message: CopyRequested) -> None:
        """Copy, and say what came of it."""
        self._copy(message.text, message.what)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy the selected text of any widget."""
        self._clipboard = text  # what Ctrl+V of an editor takes
        self._copy(text, _("the selected text"))

    @work
    async def _copy(self, text: str, what: str) -> None:
        from mlxtui.ui.clipboard import copy_text

        copied = await copy_text(self, text)
        self.notify(
            copied.notice(what),
            severity="information" if copied.worked else "error",
        )

    async def on_event(self, event: events.Event) -> None:
        """Make a pasted text harmless before any editor gets it."""
        if isinstance(event, events.Key):
            self._key_seconds = time.monotonic()
        elif isinstance(event, events.Paste):
            lines = event.text.replace("\r\n", "\n").replace("\r", "\n")
            event.text = harmless(lines)
        await super().on_event(event)

    def notify_outside(self, text: str) -> None:
        """Let the terminal tell something to who looks elsewhere, where it can."""
        from mlxtui.ui.terminal_notice import notice_sequence

        sequence = notice_sequence(os.environ, self.title, text)
        if sequence is not None and self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def notify_error(self, message: str, hint: str = "") -> None:
        """Show what went wrong, and the next step."""
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

    def _fatal_error(self) -> None:
        """Leave with one line instead of Textual's traceback, which goes to the log."""
        _log.exception("The screen met an error")
        message = _("mlxtui met an error and had to stop. Details are in {path}.")
        if not self._exit_renderables:  # the first error is the cause
            text = message.format(path=paths.log_file())
            self._exit_renderables.append(Text(text, no_wrap=True, overflow="ignore"))
        self._close_messages_no_wait()

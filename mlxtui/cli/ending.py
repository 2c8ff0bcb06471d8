"""Leaving the app in order, whatever ends it: a signal, or an error in any thread.

The terminal is put back as it was before the app, and what cannot end in time is left
behind rather than waited for.
"""

import logging
import os
import signal
import sys
import termios
import threading
import time
from types import TracebackType
from typing import Any, Self

from rich.text import Text
from textual.app import App

from mlxtui import paths
from mlxtui.i18n import _

_log = logging.getLogger(__name__)

# How long an ordered end may take after a signal; then the process goes without one.
_GRACE_SECONDS = 5.0

# Everything that the app switches on, off again: bracketed paste, line wrap, in-band
# resize, mouse, focus reports, Kitty keys, the alternate screen; the cursor shown.
_RESET = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l"
    "\x1b[?1015l\x1b[?1004l\x1b[<u\x1b[?1049l\x1b[?25h"
)


class Ending:
    """While it is open, signals and errors of threads end the app."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._ended = threading.Event()
        self.exit_code = 0
        """128 + the signal, 1 after an error, 0 otherwise."""

    def __enter__(self) -> Self:
        self._terminal = self._attributes()
        self._signals = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
        }
        self._excepthook = threading.excepthook
        threading.excepthook = self._on_thread_error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        threading.excepthook = self._excepthook
        for number, handler in self._signals.items():
            signal.signal(number, handler)
        self._restore_attributes()
        if kind is not None:
            self._reset_screen()  # Textual had no chance to

    def _on_signal(self, number: int, _frame: object) -> None:
        _log.info("Ended by signal %d", number)
        self._end(128 + number, "")

    def _on_thread_error(self, error: threading.ExceptHookArgs) -> None:
        name = error.thread.name if error.thread else "?"
        value = error.exc_value or error.exc_type()
        _log.error("Error in thread %s", name, exc_info=value)
        self._end(
            1,
            _("mlxtui met an error and had to stop. Details are in {path}.").format(
                path=paths.log_file()
            ),
        )

    def _end(self, exit_code: int, message: str) -> None:
        if self.exit_code:
            return
        self.exit_code = exit_code
        threading.Thread(target=self._watch, daemon=True, name="mlxtui-end").start()
        try:
            self._app.call_later(
                self._app.exit, None, exit_code, Text(message) if message else None
            )
        except RuntimeError:
            pass  # the loop has ended on its own

    def _watch(self) -> None:
        """Without its terminal the app can hang in a write: then nothing is waited
        for."""
        if not self._ended.wait(_GRACE_SECONDS):
            self._restore_attributes()
            self._reset_screen()
            os._exit(self.exit_code)
        time.sleep(_GRACE_SECONDS)
        os._exit(self.exit_code)  # a model that is still loading cannot be interrupted

    def _reset_screen(self) -> None:
        try:
            os.write(sys.__stderr__.fileno(), _RESET.encode())  # type: ignore[union-attr]
        except OSError:
            pass  # the terminal has gone

    def _restore_attributes(self) -> None:
        try:
            if self._terminal is not None:
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._terminal)
        except (OSError, termios.error):
            pass  # the terminal has gone

    @staticmethod
    def _attributes() -> list[Any] | None:
        try:
            return termios.tcgetattr(sys.stdin.fileno())
        except termios.error:
            return None

"""A terminal with the real program in it: keys in, a screen to read, modes to check."""

import contextlib
import re
import signal
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pyte

from tests.e2e.xterm import answers

# Long enough for the slowest machine; a test that waits this long has failed.
_DEADLINE_SECONDS = 40
_POLL_SECONDS = 0.1
_READ = 65536

# What pyte does not know: private modes, Kitty's key stack, requests for reports.
_PRIVATE = re.compile(
    r"\x1b\[\?(?P<modes>[\d;]+)(?P<on>[hl])|\x1b\[(?P<keys>[<>=])[\d;]*u"
    r"|\x1b\[[?>=<][\d;]*\$?[a-zA-Z]|\x1bP.*?\x1b\\|\x1b_.*?\x1b\\",
    re.DOTALL,
)
_UNFINISHED = re.compile(r"\x1b(\[[?<>=]?[\d;]*\$?|[P_][^\x1b]*\x1b?)?$")

_ALTERNATE_SCREEN = "1049"
# On in a terminal before any program runs: line wrap and the cursor.
_ON_AT_FIRST = {"7", "25"}


class Terminal:
    """Runs a Python program on a pseudo-terminal of its own.

    As in xterm, questions are answered, and leaving the alternate screen puts the
    cursor back to where it was when the screen was entered, each time it is asked for.
    """

    def __init__(
        self,
        *arguments: str,
        environment: dict[str, str],
        folder: Path,
        rows: int = 24,
        columns: int = 80,
    ) -> None:
        self._process = pexpect.spawn(
            sys.executable,
            list(arguments),
            env=environment,
            cwd=str(folder),
            dimensions=(rows, columns),
            timeout=_DEADLINE_SECONDS,
            encoding="utf-8",
            codec_errors="replace",
        )
        self._process.delaybeforesend = None
        self.attributes_before = self.attributes()
        self.modes = set(_ON_AT_FIRST)
        self.key_stack = 0
        self.output = ""
        self._rest = ""
        self._draws = True
        self._main: Any = pyte.Screen(columns, rows)
        self._alternate: Any = pyte.Screen(columns, rows)
        self._streams = {
            id(screen): pyte.Stream(screen) for screen in (self._main, self._alternate)
        }
        self._cursor = (0, 0)

    @property
    def process_id(self) -> int:
        """The program's."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def screen(self) -> Any:
        """The screen that is shown."""
        return self._alternate if _ALTERNATE_SCREEN in self.modes else self._main

    @property
    def shown(self) -> str:
        """The text on the screen."""
        # A wide character takes two cells, of which pyte leaves the second empty; its
        # `display` fails where such a half is left alone.
        screen = self.screen
        lines = (
            "".join(screen.buffer[row][column].data for column in range(screen.columns))
            for row in range(screen.lines)
        )
        return "\n".join(line.rstrip() for line in lines)

    def attributes(self) -> list[Any]:
        """The line's settings: echo, line mode, special keys."""
        return termios.tcgetattr(self._process.child_fd)

    def press(self, text: str) -> None:
        """Send keys as a terminal does."""
        self._process.send(text)

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size."""
        for screen in (self._main, self._alternate):
            screen.resize(rows, columns)
        self._process.setwinsize(rows, columns)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self._process.kill(number)

    def close_window(self) -> None:
        """Take the terminal away, as closing its window does."""
        self._process.ptyproc.fileobj.close()  # type: ignore[attr-defined]

    def until_pause(self, seconds: float, *, draws: bool = True) -> None:
        """Read until nothing comes for some time.

        Args:
            draws: Drawing takes long. Without it the screen is wrong until a `resize`,
                for which the app draws all of it.
        """
        self._draws = draws
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while time.monotonic() < deadline:
            try:
                text = self._process.read_nonblocking(_READ, timeout=seconds)
            except pexpect.TIMEOUT:
                break
            except pexpect.EOF:
                raise AssertionError(f"The program has ended.\n{self.shown}") from None
            self._follow(text)
        self._draws = True

    def until(self, condition: Callable[[], object]) -> None:
        """Read until the condition holds."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.shown
            assert self._read(), f"The program has ended.\n{self.shown}"

    def until_shown(self, text: str) -> None:
        """Read until the screen has this text."""
        self.until(lambda: text in self.shown)

    def wait_for_end(self) -> int:
        """Read to the end; the exit code, or the negative number of a signal."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while self._read():
            assert time.monotonic() < deadline, self.shown
        self._process.wait()
        if self._process.signalstatus is not None:
            return -int(self._process.signalstatus)
        assert self._process.exitstatus is not None
        return int(self._process.exitstatus)

    def kill(self) -> None:
        """End the program if a test has left it running."""
        with contextlib.suppress(pexpect.ExceptionPexpect):  # someone waited for it
            if self._process.isalive():
                self._process.kill(signal.SIGKILL)
                self._process.wait()

    def _read(self) -> bool:
        try:
            text = self._process.read_nonblocking(_READ, timeout=_POLL_SECONDS)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.output += text
        self._follow(text)
        return True

    def _follow(self, text: str) -> None:
        text = self._rest + text
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._rest = text[end:]
        drawn = 0
        for match in _PRIVATE.finditer(text, 0, end):
            self._feed(text[drawn : match.start()])
            drawn = match.end()
            if match["modes"]:
                for mode in match["modes"].split(";"):
                    self._switch(mode, match["on"] == "h")
            elif match["keys"]:
                self.key_stack += {">": 1, "<": -1}.get(match["keys"], 0)
        self._feed(text[drawn:end])
        cursor = (self.screen.cursor.y, self.screen.cursor.x)
        for answer in answers(text[:end], modes=self.modes, cursor=cursor):
            self.press(answer)

    def _feed(self, text: str) -> None:
        if text and self._draws:
            self._streams[id(self.screen)].feed(text)

    def _switch(self, mode: str, on: bool) -> None:
        cursor = self._main.cursor
        if mode == _ALTERNATE_SCREEN and on:
            self._cursor = (cursor.x, cursor.y)
            self._alternate.reset()
        elif mode == _ALTERNATE_SCREEN:
            cursor.x, cursor.y = self._cursor
        if on:
            self.modes.add(mode)
        else:
            self.modes.discard(mode)

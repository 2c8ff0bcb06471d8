"""A terminal that measures: cheap enough to leave the app its share of two cores.

It knows where each character stands, and nothing of colours; pyte would take more time
than the app.
"""

import codecs
import fcntl
import functools
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import psutil
from rich.cells import get_character_cell_size

from tests.e2e.xterm import answers

ROWS, COLUMNS = 40, 120

_DEADLINE_SECONDS = 60
_READ_BYTES = 1 << 16

_CHECKOUT = Path(__file__).parents[2]
_NOT_PASSED_ON = {"NO_COLOR", "TERM_PROGRAM", "TEXTUAL_DISABLE_KITTY_KEY", "TMUX"}

_SYNCHRONIZED = "2026"
_UNPAINTED = "\0"
_COLOUR = re.compile(r"\x1b\[[\d;:]*m")
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f]+)"
    r"|\x1b\[(?P<prefix>[<-?]?)(?P<numbers>[\d;:]*)(?P<middle>[ -/]*)(?P<final>[@-~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_].*?\x1b\\|\x1b[^\[\]P_]"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])",
    re.DOTALL,
)
_UNFINISHED = re.compile(
    r"\x1b(\[[<-?]?[\d;:]*[ -/]*|\][^\x07\x1b]*\x1b?|[P_][^\x1b]*\x1b?)?$"
)


class Grid:
    """The characters on a screen.

    Raises:
        ValueError: A sequence came that would move text, which is not followed here.
    """

    def __init__(self) -> None:
        self.modes = {"7", "25"}
        self.cursor = (0, 0)
        self._cells = [[_UNPAINTED] * COLUMNS for _row in range(ROWS)]
        self._lines = [_UNPAINTED * COLUMNS] * ROWS
        self._drawn_rows: set[int] = set()
        self._rest = ""

    def feed(self, text: str) -> str:
        """Draw a program's output; returns it, cut between sequences, colourless."""
        text = self._rest + text
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._rest = text[end:]
        text = _COLOUR.sub("", text[:end])
        for token in _TOKEN.finditer(text):
            if drawn := token["text"]:
                self._draw(drawn)
            elif control := token["control"]:
                self._control(control)
            elif token["final"]:
                self._sequence(token)
        return text

    @property
    def is_whole(self) -> bool:
        """Whether no frame is being drawn."""
        return _SYNCHRONIZED not in self.modes

    @property
    def is_painted(self) -> bool:
        """Whether something, a blank at least, was drawn in every cell."""
        return not any(_UNPAINTED in line for line in self.lines())

    @property
    def filled_cells(self) -> int:
        """How many cells hold more than a blank."""
        return sum(len(line) - line.count(" ") for line in self.lines())

    def lines(self) -> list[str]:
        """The text of each row; a wide character counts as one."""
        self.changed_lines()
        return self._lines

    def changed_lines(self) -> list[str]:
        """The rows in which a character has changed since the last look."""
        changed = []
        for row in self._drawn_rows:
            line = "".join(self._cells[row])
            if line != self._lines[row]:
                self._lines[row] = line
                changed.append(line)
        self._drawn_rows.clear()
        return changed

    def _draw(self, text: str) -> None:
        row, column = self.cursor
        cells = self._cells[row]
        if not text.isascii():
            sizes = [(char, get_character_cell_size(char)) for char in text]
            parts = [part for char, size in sizes for part in (char, "")[:size]]
        else:
            parts = list(text)
        parts = parts[: COLUMNS - column]
        cells[column : column + len(parts)] = parts
        self._drawn_rows.add(row)
        self.cursor = (row, column + len(parts))

    def _control(self, control: str) -> None:
        row, column = self.cursor
        if control == "\r":
            self.cursor = (row, 0)
        elif control == "\n":
            self.cursor = (min(row + 1, ROWS - 1), column)

    def _sequence(self, token: re.Match[str]) -> None:
        numbers, final = token["numbers"], token["final"]
        if token["prefix"] == "?" and final in "hl":
            for mode in numbers.split(";"):
                self.modes.add(mode) if final == "h" else self.modes.discard(mode)
        elif token["prefix"] or token["middle"]:
            return
        elif final == "H":
            row, _, column = numbers.partition(";")
            self.cursor = (
                min(int(row or 1), ROWS) - 1,
                min(int(column or 1), COLUMNS) - 1,
            )
        elif final in "ABCDEFGJKLMPSTX@":
            raise ValueError(f"The app sent {token.group()!r}")


class Probe:
    """A program on a pseudo-terminal, and the moments at which its screen changes.

    All moments are those of `time.monotonic`, which all processes share.

    Args:
        arguments: For Python.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.grid = Grid()
        self.read_seconds: list[float] = []
        """How long each read took to draw: the most that a moment can be late by."""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._terminal, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._start = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            env=_environment(),
            preexec_fn=functools.partial(os.login_tty, slave),
            pass_fds=(slave,),
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    @property
    def shown(self) -> str:
        """The text on the screen."""
        return "\n".join(line.rstrip() for line in self.grid.lines())

    def press(self, keys: str) -> float:
        """Send keys; returns the moment."""
        moment = time.monotonic()
        os.write(self._terminal, keys.encode())
        return moment

    def next_frame(self, until: float) -> float | None:
        """The moment at which a whole frame has come; None if none came until then.

        Raises:
            EOFError: The program has ended.
        """
        while True:
            left = max(until - time.monotonic(), 0)
            if not select.select([self._terminal], [], [], left)[0]:
                return None
            moment = time.monotonic()
            try:
                output = os.read(self._terminal, _READ_BYTES)
            except OSError:  # Linux, for the end of a pseudo-terminal
                output = b""
            if not output:
                raise EOFError(f"The program has ended.\n{self.shown}")
            text = self.grid.feed(self._decode(output))
            cursor = self.grid.cursor
            for answer in answers(text, modes=self.grid.modes, cursor=cursor):
                self.press(answer)
            self.read_seconds.append(time.monotonic() - moment)
            if self.grid.is_whole:
                return moment

    def wait_for(self, condition: Callable[[], object]) -> float:
        """The moment of the first frame with which the condition holds."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while True:
            moment = self.next_frame(deadline)
            if moment is not None and condition():
                return moment
            if moment is None:
                raise TimeoutError(self.shown)

    def wait_for_text(self, text: str) -> float:
        """The moment at which this text is on the screen, all in one row."""
        return self.wait_for(lambda: any(text in line for line in self.grid.lines()))

    def start_to(self, condition: Callable[[], object]) -> float:
        """Seconds from the start to the first frame with which the condition holds."""
        return self.wait_for(condition) - self._start

    def let_pass(self, seconds: float) -> None:
        """Draw for some time."""
        until = time.monotonic() + seconds
        while self.next_frame(until) is not None:
            pass

    def wait_for_end(self) -> None:
        """Draw until the program has ended."""
        try:
            self.wait_for(lambda: False)
        except EOFError:
            self._process.wait()

    def resident_bytes(self) -> int:
        """Memory of the program and its child processes."""
        return sum(process.memory_info().rss for process in self._family())

    def processor_seconds(self) -> float:
        """Processor time of the program and its child processes so far."""
        times = [process.cpu_times() for process in self._family()]
        return sum(time.user + time.system for time in times)

    def _family(self) -> list[psutil.Process]:
        process = psutil.Process(self._process.pid)
        return [process, *process.children(recursive=True)]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in os.environ.keys() - _NOT_PASSED_ON}
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    return {**kept, **terminal, "PYTHONPATH": str(_CHECKOUT)}

"""Someone who types into an app on and on, and how soon each key shows."""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.terminal_probe import Grid, Probe

# From a key's echo to the next key. An app that falls behind is not buried under keys.
_KEY_SECONDS = (0.05, 0.12)
_AFTER_SECONDS = 3.0
_DEADLINE_SECONDS = 400
_ECHO_DEADLINE_SECONDS = 60
_POLL_SECONDS = 0.02

# Capitals that no text here has three of in a row: no echo is mistaken for another.
_LETTERS = "QXZJKVW"
_SURE_LETTERS = 3
_TAIL_LETTERS = 8
_LINE_LETTERS = 40
_CLEAR_LINE = "\x15"


@dataclass(frozen=True, slots=True)
class _Key:
    """A key that was pressed, and what will tell that the app has drawn it."""

    moment: float
    appears: str = ""
    disappears: str = ""

    def shows(self, changed: Sequence[str], grid: Grid) -> bool:
        """Whether the frame that changed these lines shows it."""
        if self.disappears:
            return not any(self.disappears in line for line in grid.lines())
        return any(self.appears in line for line in changed)


class Typist:
    """Types the same letters in each run, and looks at each before the next."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._random = random.Random(1)
        self._line = ""
        self._waiting: _Key | None = None
        self._due = 0.0
        self.echoes: list[tuple[float, float]] = []
        """When a key was pressed, and the seconds until it showed."""

    def type_until(
        self, finished: Callable[[], bool], *, last_words: str
    ) -> float | None:
        """Type until some seconds after the end, and until every key shows.

        Args:
            last_words: The end of what is streamed; empty where nobody knows.

        Returns:
            The moment at which the last words showed.

        Raises:
            TimeoutError: A key, or the end, did not come.
        """
        shown = None
        end = math.inf
        start = time.monotonic()
        while (now := time.monotonic()) < end or self._waiting:
            self._check_patience(now, start)
            if now >= self._due and not self._waiting and now < end:
                self._press_next()
            until = self._due if self._due > now else now + _POLL_SECONDS
            moment = self._probe.next_frame(until)
            if moment is not None:
                changed = self._probe.grid.changed_lines()
                self._look(moment, changed)
                if shown is None and any(last_words in line for line in changed):
                    shown = moment
            if math.isinf(end) and finished() and (shown or not last_words):
                end = time.monotonic() + _AFTER_SECONDS
        return shown if last_words else None

    def _check_patience(self, now: float, start: float) -> None:
        waited = now - self._waiting.moment if self._waiting else 0
        if waited > _ECHO_DEADLINE_SECONDS or now - start > _DEADLINE_SECONDS:
            raise TimeoutError(f"{self._waiting}\n{self._probe.shown}")

    def _press_next(self) -> None:
        if len(self._line) == _LINE_LETTERS:
            # Textual may draw what is typed behind this key before it.
            moment = self._probe.press(_CLEAR_LINE)
            self._waiting = _Key(moment, disappears=self._line[:_TAIL_LETTERS])
            self._line = ""
            return
        letter = self._random.choice(_LETTERS)
        self._line += letter
        moment = self._probe.press(letter)
        if len(self._line) >= _SURE_LETTERS:
            self._waiting = _Key(moment, appears=self._line[-_TAIL_LETTERS:])
        self._wait_from(moment)

    def _wait_from(self, moment: float) -> None:
        self._due = moment + self._random.uniform(*_KEY_SECONDS)

    def _look(self, moment: float, changed: Sequence[str]) -> None:
        key = self._waiting
        if key is not None and key.shows(changed, self._probe.grid):
            self.echoes.append((key.moment, moment - key.moment))
            self._waiting = None
            self._wait_from(moment)

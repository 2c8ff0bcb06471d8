"""The questions of earlier days, kept in a file, walked through with the arrows."""

import json
import logging
from pathlib import Path

from mlxtui import paths

_log = logging.getLogger(__name__)

MAX_ENTRIES = 1000


class PromptHistory:
    """Earlier prompts, the draft that is being written, and proposals after it.

    Args:
        file: JSON lines, a string each; read when it is first needed.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._entries: list[str] | None = None
        self._is_cut = False
        """The file's last line has no end: a crash cut it off."""
        self._position = 0
        """0 is the draft, -1 the last entry, 1 the first proposal."""
        self._draft = ""
        self.proposals: tuple[str, ...] = ()
        """What may be asked, offered below an empty draft."""

    @property
    def entries(self) -> list[str]:
        """Earlier prompts, the oldest first."""
        if self._entries is None:
            self._entries, self._is_cut = _read(self._file)
        return self._entries

    def add(self, text: str) -> None:
        """Keep a prompt that was sent; the same one twice in a row is kept once.

        Raises:
            OSError: The file cannot be written; the entry is kept in memory.
        """
        self._position, self._draft = 0, ""
        if self.entries and self.entries[-1] == text:
            return
        self.entries.append(text)
        line = json.dumps(text, ensure_ascii=True)
        paths.append_line(self._file, f"\n{line}" if self._is_cut else line)
        self._is_cut = False

    def shows(self, current: str) -> bool:
        """Whether the editor holds an entry or a proposal, unchanged."""
        return self._position != 0 and current == self._at(self._position)

    def older(self, current: str) -> str | None:
        """The entry before the one that is shown; None at the oldest.

        Args:
            current: What the editor holds; a draft is given back by `newer`.
        """
        return self._move(current, -1)

    def newer(self, current: str) -> str | None:
        """The entry after the one that is shown, at last draft and proposals."""
        return self._move(current, 1)

    def _move(self, current: str, step: int) -> str | None:
        if current != self._at(self._position):  # changed by hand: the draft now
            self._position, self._draft = 0, current
        wanted = self._position + step
        last = 0 if self._draft else len(self.proposals)
        if not -len(self.entries) <= wanted <= last:
            return None
        self._position = wanted
        return self._at(wanted)

    def _at(self, position: int) -> str:
        if position < 0:
            return self.entries[position]
        return self.proposals[position - 1] if position else self._draft


def _read(file: Path) -> tuple[list[str], bool]:
    """The newest entries, and whether the last line was cut off."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return [], False
    except (OSError, UnicodeDecodeError):
        _log.exception("The prompt history cannot be read")
        return [], False
    lines = text.splitlines()
    entries = [entry for line in lines if (entry := _entry(line)) is not None]
    if len(lines) > 2 * MAX_ENTRIES:
        kept = "".join(f"{json.dumps(entry)}\n" for entry in entries[-MAX_ENTRIES:])
        try:
            paths.write_atomically(file, kept)
            text = kept
        except OSError:
            _log.exception("The prompt history cannot be shortened")
    return entries[-MAX_ENTRIES:], bool(text) and not text.endswith("\n")


def _entry(line: str) -> str | None:
    """A line's text; a line that a crash cut off is left out."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, str) else None

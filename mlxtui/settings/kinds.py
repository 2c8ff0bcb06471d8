"""The kinds of values that a setting may have, and the way to and from text."""

import math
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlxtui import paths
from mlxtui.i18n import _

# No control characters, and nothing that UTF-8 cannot hold.
_BAD = r"\x00-\x1f\x7f\ud800-\udfff"
_LINE = re.compile(rf"[^{_BAD}]+")
_ADDRESS = re.compile(rf"https?://[^\s/?#@{_BAD}][^\s?#@{_BAD}]*", re.IGNORECASE)
# What a header can carry.
_SECRET = re.compile(r"[\x21-\x7e]*")
_KEYS = re.compile(rf"[^\s,{_BAD}]+( *, *[^\s,{_BAD}]+)*")

_FLAG_WORDS = {
    "on": True, "true": True, "yes": True, "1": True,
    "off": False, "false": False, "no": False, "0": False,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Setting(ABC):
    """One thing that the user can set.

    Its values are `Any` here: each kind has its own type, that of the field of
    `Settings` with the same name.
    """

    key: str
    """Its name in the file and for commands."""
    group: str
    """What it belongs to, marked with `N_`; settings of a group stand together."""
    title: str
    """A word or two for lists, marked with `N_`."""
    meaning: str
    """A sentence without its full stop, marked with `N_`."""
    needs_restart: bool = False
    """Whether a change takes effect at the next start only."""
    is_hidden: bool = False
    """Whether it is the app's own note rather than the user's wish."""

    @abstractmethod
    def allowed(self) -> str:
        """Which values it may have, in the user's language: `one of auto, en, ja`."""

    @abstractmethod
    def from_toml(self, value: object) -> Any:
        """A value of the file as one of the app.

        Raises:
            ValueError: It is not allowed.
        """

    def from_text(self, text: str) -> Any:
        """A value that was typed.

        Raises:
            ValueError: It is not allowed.
        """
        return self.from_toml(text.strip())

    def to_toml(self, value: Any) -> Any:
        """A value of the app as one of the file."""
        return value

    def text(self, value: Any) -> str:
        """A value as the user would type it."""
        return str(value)

    def shown(self, value: Any) -> str:
        """A value for a line of text, in the user's language."""
        return self.text(value)

    def quoted(self, value: object) -> str:
        """A value that is not allowed, for the message that says so."""
        return str(value)


@dataclass(frozen=True, kw_only=True)
class Choice(Setting):
    """One of a few words."""

    choices: Mapping[str, str]
    """Each word with its meaning, which is marked with `N_`."""

    def allowed(self) -> str:
        return _("one of {choices}").format(choices=", ".join(self.choices))

    def from_toml(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise ValueError(value)
        return value


class Flag(Setting):
    """On or off."""

    def allowed(self) -> str:
        return _("on or off")

    def from_toml(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError(value)
        return value

    def from_text(self, text: str) -> bool:
        word = text.strip().lower()
        if word not in _FLAG_WORDS:
            raise ValueError(text)
        return _FLAG_WORDS[word]

    def text(self, value: bool) -> str:
        return "on" if value else "off"


@dataclass(frozen=True, kw_only=True)
class Number(Setting):
    """A number with its bounds, both of them allowed."""

    least: float
    most: float
    unit: str

    def allowed(self) -> str:
        return _("a number from {least} to {most}").format(
            least=f"{self.least:g}", most=f"{self.most:g}"
        )

    def from_toml(self, value: object) -> float:
        # A bool is an int for Python, but no number for the user.
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(value)
        if not math.isfinite(value) or not self.least <= value <= self.most:
            raise ValueError(value)
        return float(value)

    def from_text(self, text: str) -> float:
        return self.from_toml(float(text))

    def to_toml(self, value: float) -> float:
        return int(value) if value.is_integer() else value

    def text(self, value: float) -> str:
        return str(self.to_toml(value))


class Line(Setting):
    """A text of one line."""

    def allowed(self) -> str:
        return _("a text of one line")

    def from_toml(self, value: object) -> str:
        if not isinstance(value, str) or not _LINE.fullmatch(value):
            raise ValueError(value)
        return value


class Secret(Setting):
    """A password of one word, never shown; empty is none.

    No text that comes from here holds it, be it an error's.
    """

    def allowed(self) -> str:
        return _("letters, digits and signs without a space; never shown")

    def from_toml(self, value: object) -> str:
        if not isinstance(value, str) or not _SECRET.fullmatch(value):
            raise ValueError
        return value

    def text(self, value: str) -> str:
        return ""

    def shown(self, value: str) -> str:
        return _("set, and not shown") if value else _("not set")

    def quoted(self, value: object) -> str:
        return _("this text")


class Address(Setting):
    """A web address, `https://host` or `http://host`; empty is none.

    It has no `user:password@` part: that would be shown.
    """

    def allowed(self) -> str:
        return _("an address such as {example}").format(example="https://hub.example")

    def from_toml(self, value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(value)
        address = value.rstrip("/")
        if address and not _is_address(address):
            raise ValueError(value)
        return address

    def quoted(self, value: object) -> str:
        return re.sub(r"\S*@", "", str(value))


def _is_address(text: str) -> bool:
    if not _ADDRESS.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Folder(Setting):
    """The path of a folder, None for the app's own; it need not exist yet."""

    def allowed(self) -> str:
        return _("the path of a folder")

    def from_toml(self, value: object) -> Path:
        if not isinstance(value, str) or not _LINE.fullmatch(value):
            raise ValueError(value)
        return Path(value)

    def from_text(self, text: str) -> Path:
        # Whole, so that it holds wherever the next command is run.
        return paths.expand(self.from_toml(text.strip()))

    def to_toml(self, value: Path) -> str:
        return str(value)

    def text(self, value: Path | None) -> str:
        return "" if value is None else str(value)


class Folders(Setting):
    """Several paths of folders; as text, separated like those of `PATH`."""

    def allowed(self) -> str:
        return _("paths of folders, separated by {separator}").format(
            separator=os.pathsep
        )

    def from_toml(self, value: object) -> tuple[Path, ...]:
        if not isinstance(value, list):
            raise ValueError(value)
        if not all(isinstance(part, str) and _LINE.fullmatch(part) for part in value):
            raise ValueError(value)
        return tuple(Path(part) for part in value)

    def from_text(self, text: str) -> tuple[Path, ...]:
        parts = [part.strip() for part in text.split(os.pathsep) if part.strip()]
        return tuple(paths.expand(part) for part in self.from_toml(parts))

    def to_toml(self, value: tuple[Path, ...]) -> list[str]:
        return [str(path) for path in value]

    def text(self, value: tuple[Path, ...]) -> str:
        return os.pathsep.join(map(str, value))


class Keys(Setting):
    """The keys of each action: a table, whose entries have this kind.

    Which actions there are, and which keys clash, the screen knows.
    """

    def allowed(self) -> str:
        return _("keys such as {example}, separated by commas").format(example="ctrl+n")

    def from_toml(self, value: object) -> str:
        if not isinstance(value, str) or not _KEYS.fullmatch(value):
            raise ValueError(value)
        return ",".join(key.strip() for key in value.split(","))

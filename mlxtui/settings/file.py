"""Reading the settings: the user's file, and the environment over it."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlxtui import paths
from mlxtui.errors import SettingsError
from mlxtui.i18n import _
from mlxtui.settings.table import (
    KEYS_PREFIX,
    SETTINGS,
    Settings,
    from_toml,
    known_hint,
    parse,
    variable,
)

Origin = Literal["default", "file", "environment"]
"""Where a value comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The settings that can be used, and what had to be left out of them."""

    settings: Settings
    """Values that are not allowed, or cannot be read, are the defaults here."""
    origins: Mapping[str, Origin]
    problems: tuple[SettingsError, ...] = ()
    """What is wrong, in the file or a variable."""
    notices: tuple[SettingsError, ...] = ()
    """Keys that this version does not know: a typing mistake, or a newer version's."""

    @property
    def warning(self) -> str:
        """Everything to tell the user at the start; empty when all is well."""
        lines: list[str] = []
        for error in (*self.problems, *self.notices):
            lines += filter(None, (error.message, error.hint))
        return "\n".join(dict.fromkeys(lines))


def load() -> Settings:
    """The settings for a command: all of them as the user wrote them, or none.

    Raises:
        SettingsError: The file cannot be read, or a value in it or in a variable is
            not allowed.
    """
    reading = read()
    if reading.problems:
        raise reading.problems[0]
    return reading.settings


def read() -> Reading:
    """The settings for the app, which starts whatever is wrong with some of them."""
    problems: list[SettingsError] = []
    notices: list[SettingsError] = []
    values: dict[str, Any] = {"keys": {}}
    origins: dict[str, Origin] = dict.fromkeys(SETTINGS, "default")
    try:
        text = read_text()
        table = parse_toml(text)
    except SettingsError as error:
        problems.append(error)
        text, table = "", {}
    for key, value in _entries(table):
        where = _where(text, key)
        if key.partition(".")[0] not in SETTINGS:
            message = _("{where}: there is no setting {key}.")
            notices.append(
                SettingsError(message.format(where=where, key=key), known_hint(key))
            )
            continue
        try:
            used = from_toml(key, value)
        except SettingsError as error:
            hint = _("Mend it there, or: mlxtui config set {key} VALUE")
            problems.append(
                SettingsError(f"{where}: {error.message}", hint.format(key=key))
            )
            continue
        origins[key] = "file"
        if key.startswith(KEYS_PREFIX):
            origins["keys"] = "file"
            values["keys"][key.removeprefix(KEYS_PREFIX)] = used
        else:
            values[key] = used
    for key in SETTINGS:
        if not (typed := environment_text(key)):
            continue
        try:
            values[key] = parse(key, typed)
            origins[key] = "environment"
        except SettingsError as error:
            hint = _("Change or unset the variable {name}.")
            problems.append(
                SettingsError(
                    f"{variable(key)}: {error.message}", hint.format(name=variable(key))
                )
            )
    return Reading(
        settings=Settings(**values),
        origins=origins,
        problems=tuple(problems),
        notices=tuple(notices),
    )


def origin(key: str) -> Origin:
    """Where the value of a setting comes from, or that of `keys.chat.new`."""
    return read().origins.get(key, "default")


def _entries(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its value, those of actions as `keys.chat.new`.

    Without quotes, `chat.new = "ctrl+n"` is a table in a table for TOML.
    """
    for name, value in table.items():
        key = prefix + name
        if isinstance(value, dict) and (key + ".").startswith(KEYS_PREFIX):
            yield from _entries(value, key + ".")
        else:
            yield key, value


def environment_text(key: str) -> str:
    """The text of the variable that overrides a setting; empty for none."""
    # A table does not go into one variable.
    return "" if key == "keys" else os.environ.get(variable(key), "")


def read_text() -> str:
    """The text of the file; empty where there is none.

    Raises:
        SettingsError: It cannot be read.
    """
    try:
        return paths.settings_file().read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error


def parse_toml(text: str) -> dict[str, Any]:
    """The text as a table.

    Raises:
        SettingsError: It is not TOML; the message has the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(error) from error


def _unreadable(reason: Exception) -> SettingsError:
    return SettingsError(
        _("{path} cannot be read: {reason}").format(
            path=paths.settings_file(), reason=reason
        ),
        hint=_("Mend or delete the file."),
    )


def _where(text: str, key: str) -> str:
    """The file and, where the key stands at the beginning of one, the line."""
    name = re.escape(key.removeprefix(KEYS_PREFIX))
    begins = re.compile(rf"\s*\[?\s*[\"']?{name}[\"']?\s*[].=]")
    for number, line in enumerate(text.splitlines(), 1):
        if begins.match(line):
            return _("{path}, line {line}").format(
                path=paths.settings_file(), line=number
            )
    return str(paths.settings_file())

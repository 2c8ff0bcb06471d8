"""Writing settings into the user's file, beside what else stands in it."""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlxtui import paths
from mlxtui.errors import SettingsError
from mlxtui.i18n import _
from mlxtui.settings.file import parse_toml, read, read_text
from mlxtui.settings.table import KEYS_PREFIX, Settings, parse, setting_of

# A save takes milliseconds; whoever holds the lock for longer is stopped.
_LOCK_SECONDS = 2.0
_LOCK_POLL_SECONDS = 0.01


def save_value(key: str, text: str) -> Settings:
    """Set one key to a value given as text, keeping the rest of the file.

    Args:
        key: A setting, or `keys.` and the name of an action.
        text: Its value; empty brings the default back.

    Returns:
        All settings as they are now.

    Raises:
        SettingsError: The key or value is not allowed, or the file cannot be written.
    """
    return save_values({key: text})


def save_values(texts: Mapping[str, str]) -> Settings:
    """Set several keys at once, all or none of them.

    Raises:
        SettingsError: A key or value is not allowed, or the file cannot be written.
    """
    values = {key: parse(key, text) for key, text in texts.items()}
    import tomlkit  # 30 ms that only a change costs

    with _lock():
        text = read_text()
        parse_toml(text)  # a file that is broken by hand is mended by hand
        document = tomlkit.parse(text)
        for key, value in values.items():
            if texts[key].strip():
                _put(document, key, value)
            else:
                _drop(document, key)
        # A file that is kept elsewhere and linked to stays linked to.
        _write(paths.settings_file().resolve(), tomlkit.dumps(document))
    return read().settings


def _place(
    table: MutableMapping[str, Any], key: str
) -> tuple[MutableMapping[str, Any], str] | None:
    """The table that a key stands in, and its name there; None if it does not.

    `chat.new = "ctrl+n"` without quotes is a table in a table for TOML.
    """
    for name, value in table.items():
        if name == key:
            return table, name
        if isinstance(value, MutableMapping) and key.startswith(f"{name}."):
            if place := _place(value, key.removeprefix(f"{name}.")):
                return place
    return None


def _put(document: MutableMapping[str, Any], key: str, value: Any) -> None:
    action = key.removeprefix(KEYS_PREFIX)
    if place := _place(document, key):
        table, name = place
    elif action == key:
        table, name = document, key
    else:
        if not isinstance(document.get("keys"), MutableMapping):
            document["keys"] = {}
        table, name = document["keys"], action
    table[name] = setting_of(key).to_toml(value)


def _drop(document: MutableMapping[str, Any], key: str) -> None:
    if place := _place(document, key):
        table, name = place
        del table[name]


@contextmanager
def _lock() -> Iterator[None]:
    """Keep other processes from saving between our reading and writing.

    Raises:
        SettingsError: Another process does not let go of it, or there is no place.
    """
    file = paths.settings_file()
    try:
        paths.make_private(file.parent)
        descriptor = os.open(
            file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600
        )
    except OSError as error:
        raise _unwritable(error) from error
    try:
        _wait_for(descriptor)
        yield
    finally:
        os.close(descriptor)  # which frees the lock


def _wait_for(descriptor: int) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise SettingsError(
                    _("Another mlxtui is writing the settings."),
                    hint=_("Try it again; end a stopped mlxtui if there is one."),
                ) from error
            time.sleep(_LOCK_POLL_SECONDS)
        except OSError:
            return  # a file system without locks: the last one who writes wins


def _write(file: Path, text: str) -> None:
    try:
        paths.write_atomically(file, text)
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> SettingsError:
    return SettingsError(
        _("{path} cannot be written: {reason}").format(
            path=paths.settings_file(), reason=error.strerror or error
        ),
        hint=_("Free some disk space or mend the folder's permissions."),
    )

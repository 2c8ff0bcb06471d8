"""What can be set: the record of all values, and the description of each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from mlxtui import paths
from mlxtui.errors import SettingsError
from mlxtui.i18n import N_, _
from mlxtui.settings.kinds import (
    Address,
    Choice,
    Flag,
    Folder,
    Folders,
    Keys,
    Line,
    Number,
    Secret,
    Setting,
)

KEYS_PREFIX = "keys."
"""Before the name of an action: the keys of that action alone."""

_KEYS_OF_ACTION = re.compile(r"keys(\.[a-z_]+){2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user can set; `mlxtui config show` lists it."""

    language: Literal["auto", "en", "ja"] = "auto"
    theme: Literal["dark", "light", "contrast", "ansi"] = "dark"
    send_key: Literal["enter", "ctrl+s"] = "enter"
    reduced_motion: bool = False
    model: str = "guide"
    models_folder: Path | None = None
    model_folders: tuple[Path, ...] = ()
    other_programs: bool = True
    memory_limit_gib: float = 0.0
    prompt_cache_gib: float = 2.0
    wired_limit: Literal["off", "model", "max"] = "off"
    hub_token: str = field(default="", repr=False)
    hub_endpoint: str = ""
    offline: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action name to keys; an action that is not in it keeps its own."""
    setup_done: bool = False

    def models_dir(self) -> Path:
        """The folder for the user's own models."""
        return paths.expand(self.models_folder or paths.models_dir())


_ALL: tuple[Setting, ...] = (
    Choice(
        key="language",
        group=N_("Screen"),
        title=N_("Language"),
        meaning=N_("Language of the app"),
        choices={
            "auto": N_("the terminal's language, English if it has another"),
            "en": N_("English"),
            "ja": N_("Japanese"),
        },
    ),
    Choice(
        key="theme",
        group=N_("Screen"),
        title=N_("Colours"),
        meaning=N_("Colours of the screen"),
        choices={
            "dark": N_("light text on a dark ground"),
            "light": N_("dark text on a light ground"),
            "contrast": N_("black and white, strongest contrast"),
            "ansi": N_("the terminal's own sixteen colours"),
        },
    ),
    Choice(
        key="send_key",
        group=N_("Screen"),
        title=N_("Sending"),
        meaning=N_("Key that sends a message"),
        choices={
            "enter": N_("Enter sends; Ctrl+J begins a new line"),
            "ctrl+s": N_("Ctrl+S or Ctrl+Enter sends; Enter begins a new line"),
        },
    ),
    Flag(
        key="reduced_motion",
        group=N_("Screen"),
        title=N_("Less motion"),
        meaning=N_("Nothing on the screen moves by itself but text and numbers"),
    ),
    Line(
        key="model",
        group=N_("Models"),
        title=N_("First model"),
        meaning=N_("Model that is loaded at the start"),
    ),
    Folder(
        key="models_folder",
        group=N_("Models"),
        title=N_("Models folder"),
        meaning=N_("Folder for your models, instead of mlxtui's own"),
    ),
    Folders(
        key="model_folders",
        group=N_("Models"),
        title=N_("More folders"),
        meaning=N_("More folders that are looked through for models"),
    ),
    Flag(
        key="other_programs",
        group=N_("Models"),
        title=N_("Other programs"),
        meaning=N_("Models of Ollama and LM Studio are listed, too; they stay theirs"),
    ),
    Number(
        key="memory_limit_gib",
        group=N_("Memory"),
        title=N_("Memory for models"),
        meaning=N_("GiB of memory that models may use; 0 is automatic"),
        least=0,
        most=4096,
        unit="GiB",
    ),
    Number(
        key="prompt_cache_gib",
        group=N_("Memory"),
        title=N_("Memory for prompts"),
        meaning=N_("GiB of memory for prompts that were read before"),
        least=0,
        most=1024,
        unit="GiB",
        needs_restart=True,
    ),
    Choice(
        key="wired_limit",
        group=N_("Memory"),
        title=N_("Wired memory"),
        meaning=N_("Memory that macOS may not swap out; more than off is risky"),
        choices={
            "off": N_("none"),
            "model": N_("as much as the model needs"),
            "max": N_("as much as macOS recommends"),
        },
        needs_restart=True,
    ),
    Secret(
        key="hub_token",
        group=N_("Hugging Face"),
        title=N_("Access token"),
        meaning=N_("Token for gated and private models; empty takes that of `hf auth`"),
    ),
    Address(
        key="hub_endpoint",
        group=N_("Hugging Face"),
        title=N_("Mirror"),
        meaning=N_("Address of a mirror of Hugging Face, instead of its own"),
    ),
    Flag(
        key="offline",
        group=N_("Hugging Face"),
        title=N_("Offline"),
        meaning=N_("Nothing is asked of the network"),
    ),
    Keys(
        key="keys",
        group=N_("Keys"),
        title=N_("Keys"),
        meaning=N_("Keys of actions; what is not listed keeps its own"),
    ),
    Flag(
        key="setup_done",
        group=N_("Keys"),
        title=N_("First questions"),
        meaning=N_("Whether the questions of the first start were answered"),
        is_hidden=True,
    ),
)

SETTINGS: Mapping[str, Setting] = {setting.key: setting for setting in _ALL}
"""Every setting by its key, in the order in which they are shown."""

DEFAULTS = Settings()


def keys() -> tuple[str, ...]:
    """The names of all settings that are the user's, in the order of `SETTINGS`."""
    return tuple(key for key, setting in SETTINGS.items() if not setting.is_hidden)


def description(key: str) -> str:
    """What a setting does, in the user's language."""
    return _(setting_of(key).meaning)


def variable(key: str) -> str:
    """The environment variable that overrides the file: `MLXTUI_THEME`."""
    return f"MLXTUI_{key.upper()}"


def setting_of(key: str) -> Setting:
    """The setting of a key; `keys.chat.new` belongs to `keys`.

    Raises:
        SettingsError: There is none.
    """
    name = "keys" if _KEYS_OF_ACTION.fullmatch(key) else key
    if name not in SETTINGS:
        raise SettingsError(
            _("There is no setting {key}.").format(key=key), hint=known_hint(key)
        )
    return SETTINGS[name]


def known_hint(key: str) -> str:
    """The name that was probably meant, or all names."""
    import difflib

    if close := difflib.get_close_matches(key, keys(), n=1):
        return _("Did you mean {key}?").format(key=close[0])
    return _("Settings: {keys}").format(keys=", ".join(keys()))


def parse(key: str, text: str) -> Any:
    """The value that a text stands for; the default for an empty one.

    Args:
        key: A setting, or `keys.` and the name of an action.

    Raises:
        SettingsError: There is no such setting, or it cannot have this value; the
            message names what is allowed.
    """
    setting = setting_of(key)
    if not text.strip():
        return getattr(DEFAULTS, key, "")
    return _converted(key, setting.from_text, text)


def from_toml(key: str, value: object) -> Any:
    """The value of the app that a value of the file stands for.

    Raises:
        SettingsError: There is no such setting, or it cannot have this value.
    """
    return _converted(key, setting_of(key).from_toml, value)


def _converted(key: str, convert: Callable[[Any], Any], value: object) -> Any:
    setting = setting_of(key)
    try:
        if key == "keys":
            raise ValueError(value)  # one action at a time: `keys.chat.new`
        return convert(value)
    except ValueError as error:
        message = _("{key} cannot be {value}: {allowed}.")
        raise SettingsError(
            message.format(
                key=key, value=setting.quoted(value), allowed=setting.allowed()
            ),
            hint=f"{setting.key}: {_(setting.meaning)}",
        ) from error


# As long as this holds, every field has its description, in the same order.
assert tuple(SETTINGS) == tuple(one.name for one in fields(Settings))

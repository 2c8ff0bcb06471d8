"""The settings: their keys, types and ranges, and the file they are kept in."""

import tomllib
from pathlib import Path
from typing import Any, Literal

import tomlkit
import tomlkit.exceptions
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlxtui import paths
from mlxtui.errors import SettingsError
from mlxtui.i18n import N_, _


class Settings(BaseModel):
    """What the user can set; `mlxtui config show` lists it."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    language: Literal["auto", "en", "ja"] = Field(
        "auto", description=N_("Language of the app: auto, en, ja")
    )
    theme: str = Field("textual-dark", description=N_("Colour theme of the screen"))
    model: str = Field("guide", description=N_("Model that is loaded at the start"))
    models_folder: Path | None = Field(
        None, description=N_("Folder for your models, instead of mlxtui's own")
    )
    model_folders: tuple[Path, ...] = Field(
        (), description=N_("More folders that are looked through for models")
    )
    memory_limit_gib: float = Field(
        0,
        ge=0,
        le=4096,
        description=N_("GiB of memory that models may use, 0 to 4096; 0 is automatic"),
    )
    prompt_cache_gib: float = Field(
        2,
        ge=0,
        le=1024,
        description=N_("GiB of memory for prompts that were read before, 0 to 1024"),
    )
    wired_limit: Literal["off", "model", "max"] = Field(
        "off",
        description=N_("Memory that macOS may not swap out (risky): off, model, max"),
    )

    def models_dir(self) -> Path:
        """The folder for the user's own models."""
        return paths.expand(self.models_folder or paths.models_dir())


def keys() -> tuple[str, ...]:
    """The names of all settings, in the order in which they are shown."""
    return tuple(Settings.model_fields)


def description(key: str) -> str:
    """What a setting does, in the user's language."""
    return _(str(Settings.model_fields[key].description))


def load() -> Settings:
    """The settings of the user's file; the defaults where there is none.

    Raises:
        SettingsError: The file cannot be read, or a key or value is not allowed.
    """
    path = paths.settings_file()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            _("{path} cannot be read: {reason}").format(path=path, reason=error),
            hint=_("Mend or delete the file."),
        ) from error
    return _checked(table, str(path))


def save_value(key: str, text: str) -> Settings:
    """Set one key to a value given as text, keeping the file's comments.

    Raises:
        SettingsError: The key or value is not allowed, or the file cannot be written.
    """
    path = paths.settings_file()
    if key not in keys():
        raise SettingsError(
            _("There is no setting {key}.").format(key=key),
            hint=_("Settings: {keys}").format(keys=", ".join(keys())),
        )
    load()  # a file that is broken by hand is mended by hand
    document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    try:
        text.encode()  # bytes that are no text cannot be written
        value = _value(key, text)
    except ValueError as error:
        raise _not_allowed(key, key, text) from error
    if value is None:
        document.pop(key, None)
    else:
        document[key] = value
    checked = _checked(document.unwrap(), key)
    try:
        paths.write_atomically(path, tomlkit.dumps(document))
    except OSError as error:
        raise SettingsError(
            _("{path} cannot be written: {reason}").format(path=path, reason=error),
            hint=_("Free some disk space or mend the folder's permissions."),
        ) from error
    return checked


def _value(key: str, text: str) -> Any:
    if text == "":
        return None
    if key == "model_folders":
        return [str(paths.expand(part)) for part in text.split(":") if part]
    if key == "models_folder":
        return str(paths.expand(text))
    if Settings.model_fields[key].annotation is float:
        return float(text)
    return text


def _checked(table: dict[str, Any], where: str) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else where
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                _("{where}: there is no setting {key}.").format(where=where, key=key),
                hint=_("Settings: {keys}").format(keys=", ".join(keys())),
            ) from error
        raise _not_allowed(where, key, first["input"]) from error


def _not_allowed(where: str, key: str, value: object) -> SettingsError:
    return SettingsError(
        _("{where}: {key} cannot be {value}.").format(
            where=where, key=key, value=value
        ),
        hint=f"{key}: {description(key)}" if key in keys() else "",
    )

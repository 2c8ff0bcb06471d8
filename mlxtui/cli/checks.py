"""What `mlxtui doctor` can find, and the checks of mlxtui's own files and folders."""

import os
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mlxtui import paths, settings
from mlxtui.i18n import _
from mlxtui.settings import Settings
from mlxtui.units import bytes_text

Level = Literal["ok", "warning", "problem"]

_LEAST_DISK_BYTES = 10 * 1000**3


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found out."""

    name: str
    """The check's name for scripts; never translated."""
    level: Level
    message: str
    """One line that can be understood alone."""
    fix: str = ""
    """What to do about it; empty when it is in order."""


def check_settings() -> Finding:
    """The settings file can be read, and its values are allowed."""
    reading = settings.read()
    for error in (*reading.problems, *reading.notices):
        return Finding("settings", "problem", error.message, error.hint)
    file = paths.settings_file()
    if file.exists():
        text = _("The settings in {path} are in order.").format(path=file)
    else:
        text = _("There is no settings file, so all settings have their defaults.")
    return Finding("settings", "ok", text)


def check_folders() -> list[Finding]:
    """mlxtui's own folders and the Hugging Face cache can be used."""
    return [
        _own_folder("config-folder", _("Settings"), paths.config_dir()),
        _own_folder("data-folder", _("Data"), paths.data_dir()),
        _own_folder("cache-folder", _("Cache"), paths.cache_dir()),
        _own_folder("log-folder", _("Log"), paths.log_dir()),
        _folder("hub-cache", _("Hugging Face cache"), _hub_cache()),
    ]


def check_disk(used: Settings) -> list[Finding]:
    """There is room for a model where models go and where downloads go."""
    downloads = _disk("disk-downloads", _("Downloads"), _hub_cache())
    return [_disk("disk-models", _("Models"), used.models_dir()), downloads]


def _hub_cache() -> Path:
    from huggingface_hub import constants

    return paths.expand(constants.HF_HUB_CACHE)


def _own_folder(name: str, what: str, folder: Path) -> Finding:
    """The hub cache belongs to other tools, too; these are the user's alone."""
    finding = _folder(name, what, folder)
    # Through `os.path`, which takes a folder that we may not look into as missing.
    if finding.level == "ok" and os.path.isdir(folder):
        if folder.stat().st_mode & 0o077:
            return Finding(
                name,
                "warning",
                _("{what}: others on this machine can open {path}.").format(
                    what=what, path=folder
                ),
                f"chmod 700 {shlex.quote(str(folder))}",
            )
    return finding


def _folder(name: str, what: str, folder: Path) -> Finding:
    place = _nearest(folder)
    if not os.path.isdir(place):
        return Finding(
            name,
            "problem",
            _("{what}: {path} is not a folder.").format(what=what, path=place),
            _("Move it away, or choose another place for mlxtui's files."),
        )
    if place != folder:
        if os.access(place, os.W_OK | os.X_OK):
            text = _("{what}: {path} will be made when it is needed.")
            return Finding(name, "ok", text.format(what=what, path=folder))
        return _not_writable(name, what, place, _("Permission denied"))
    try:
        # Only a real file tells: macOS and full disks refuse where `access` does not.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return _not_writable(name, what, folder, error.strerror or str(error))
    text = _("{what}: {path} can be written.")
    return Finding(name, "ok", text.format(what=what, path=folder))


def _not_writable(name: str, what: str, folder: Path, reason: str) -> Finding:
    quoted = shlex.quote(str(folder))
    if os.access(folder, os.W_OK | os.X_OK):
        fix = _("Free some disk space or mend the folder's permissions.")
    elif folder.stat().st_uid == os.getuid():
        fix = f"chmod u+rwx {quoted}"
    else:
        fix = f'sudo chown -R "$(whoami)" {quoted}'
    text = _("{what}: {path} cannot be written: {reason}")
    return Finding(
        name, "problem", text.format(what=what, path=folder, reason=reason), fix
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest of its parents that exists."""
    return next(
        (place for place in (folder, *folder.parents) if os.path.lexists(place)),
        folder,
    )


def _disk(name: str, what: str, folder: Path) -> Finding:
    try:
        free_bytes = shutil.disk_usage(_nearest(folder)).free
    except OSError as error:
        text = _("{what}: the free space at {path} is not known: {reason}")
        text = text.format(what=what, path=folder, reason=error.strerror)
        return Finding(name, "warning", text)
    text = _("{what}: {free} are free at {path}.").format(
        what=what, free=bytes_text(free_bytes), path=folder
    )
    if free_bytes >= _LEAST_DISK_BYTES:
        return Finding(name, "ok", text)
    fix = _("A model needs 1 to 50 GB: free some space, or move the folder.")
    return Finding(name, "warning", text, fix)

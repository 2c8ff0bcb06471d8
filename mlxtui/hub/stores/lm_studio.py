"""LM Studio's folder of models: `PUBLISHER/REPOSITORY/…`, as on Hugging Face.

The layout is documented (https://lmstudio.ai/docs/app/basics/import-model). Where it is
follows what its own command line does (lmstudio-ai/lms, `importCmd.ts`): the home
folder of LM Studio stands in `~/.lmstudio-home-pointer`, the models folder that the
user chose as `downloadsFolder` in `settings.json` there.
"""

import json
import os
from pathlib import Path

from mlxtui.paths import expand

# A path, and a file of settings; what is longer is something else.
_MAX_POINTER_BYTES = 8192
_MAX_SETTINGS_BYTES = 4_000_000


def models_folders() -> tuple[Path, ...]:
    """The folders that LM Studio keeps models in, the one that it uses now first; none
    of them need be there."""
    homes = [expand("~/.lmstudio"), expand("~/.cache/lm-studio")]
    pointer = expand("~/.lmstudio-home-pointer")
    if pointed := _absolute(_start_of(pointer, _MAX_POINTER_BYTES)):
        homes.insert(0, pointed)
    chosen = [folder for home in homes if (folder := _chosen_folder(home))]
    found: dict[str, Path] = {}
    for folder in (*chosen, *(home / "models" for home in homes)):
        found.setdefault(os.path.realpath(folder), folder)
    return tuple(found.values())


def _chosen_folder(home: Path) -> Path | None:
    try:
        content = _start_of(home / "settings.json", _MAX_SETTINGS_BYTES)
        settings = json.loads(content)
    except (ValueError, RecursionError):
        return None
    folder = settings.get("downloadsFolder") if isinstance(settings, dict) else None
    return _absolute(folder) if isinstance(folder, str) else None


def _start_of(file: Path, most_bytes: int) -> str:
    """The text of a file; empty for what cannot be read."""
    try:
        if not file.is_file():
            return ""  # a pipe would never end
        with file.open("rb") as content:
            return content.read(most_bytes).decode("utf-8").strip()
    except (OSError, ValueError):
        return ""


def _absolute(text: str) -> Path | None:
    """The folder of a whole path; None for anything else."""
    if "\0" in text or not text.startswith(("/", "~")):
        return None
    path = expand(text)
    return path if path.is_absolute() and path.parent != path else None

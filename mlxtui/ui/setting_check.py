"""What is wrong with a value that is being typed."""

import asyncio
from pathlib import Path

from mlxtui import settings
from mlxtui.errors import SettingsError
from mlxtui.i18n import _
from mlxtui.settings import Folder, Folders
from mlxtui.settings.models_folder import folder_problem


async def value_problem(key: str, text: str) -> str:
    """Why a setting cannot have this value; empty when it can.

    Folders are looked for on the disk, in a thread: that of a network can be slow.
    """
    try:
        setting = settings.setting_of(key)
        value = settings.parse(key, text)
    except SettingsError as error:
        return error.message
    if not text.strip():
        return ""  # the default
    if isinstance(setting, Folder):
        return await asyncio.to_thread(folder_problem, text.strip())
    if isinstance(setting, Folders):
        return await asyncio.to_thread(_missing, value)
    return ""


def _missing(folders: tuple[Path, ...]) -> str:
    for folder in folders:
        if not folder.is_dir():
            return _("There is no folder {path}.").format(path=folder)
    return ""

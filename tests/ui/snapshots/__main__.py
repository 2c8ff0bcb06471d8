"""`python -m tests.ui.snapshots` draws the pictures again, after a wanted change.

Look at the difference (`git diff tests/ui/snapshots`) before it is committed.
"""

import asyncio
import os
import tempfile

from mlxtui.i18n import LANGUAGES
from tests.ui.snapshots.pictures import FOLDER, RECORDED_WITH, pictures, versions


async def record() -> None:
    """Write every picture, and take away those that are no longer drawn."""
    drawn = {RECORDED_WITH}
    for language in LANGUAGES:
        async for file, picture in pictures(language):
            file.write_text(picture, encoding="utf-8")
            drawn.add(file)
    RECORDED_WITH.write_text(f"{versions()}\n", encoding="utf-8")
    for file in set(FOLDER.glob("*.txt")) - drawn:
        file.unlink()


with tempfile.TemporaryDirectory() as folder:
    os.environ.update(MLXTUI_HOME=folder, HF_HOME=folder, HF_HUB_CACHE=folder)
    for name in ("NO_COLOR", "COLORTERM", "TERM_PROGRAM", "TMUX"):
        os.environ.pop(name, None)
    os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
    asyncio.run(record())

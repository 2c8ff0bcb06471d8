"""A real GGUF file, imported and talked to by keys alone."""

import shutil
from pathlib import Path

from textual.widgets import Input

from mlxtui.backend.backend import Backend
from mlxtui.plans import JobSpec
from mlxtui.ui.messages import PlanRequested
from mlxtui.ui.screens.plan import PlanScreen
from tests.data import SHARED, needs_shared_data
from tests.ui.harness import User, open_app

_STORIES = SHARED / "models" / "gguf" / "stories260K-F16.gguf"


async def ask(user: User, file: Path) -> None:
    """Ask for the import of a file, and wait for its plan."""
    user.app.post_message(PlanRequested(JobSpec(source=str(file))))
    await user.until(lambda: isinstance(user.app.screen, PlanScreen))
    await user.until(lambda: "GGUF model" in user.picture)
    await user.settle()


@needs_shared_data
async def test_a_file_is_imported_and_opened(tmp_path: Path) -> None:
    file = tmp_path / "stories.gguf"
    shutil.copy(_STORIES, file)
    async with open_app(make_backend=Backend, size=(90, 40)) as user:
        await ask(user, file)
        for text in ("faithful", "exact", "import", "no chat template", "Start"):
            assert text in user.picture, text
        await user.press("right")
        await user.until(
            lambda: user.app.screen.query_one(Input).value == "stories-exact"
        )
        await user.press("left")
        await user.until(lambda: user.app.screen.query_one(Input).value == "stories")
        await user.press("enter")
        await user.until(lambda: "stories is here" in user.picture)
        # The second time there is nothing to be done.
        await ask(user, file)
        assert "It is here already" in user.picture and "stories" in user.picture
        await user.press("right")
        await user.until(lambda: "Start" in user.picture)
        await user.press("left")
        await user.until(lambda: "Chat with it" in user.picture)
        await user.press("enter")
        await user.until(lambda: user.model_line.startswith("● stories"))
        turn = await user.ask("Once upon a time")
        await user.until(lambda: turn.text)
        await user.press("escape")

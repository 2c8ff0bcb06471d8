"""Real GGUF files, imported and talked to by keys alone."""

import shutil
from pathlib import Path

from textual.widgets import Input

from mlxtui.backend.backend import Backend
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from mlxtui.ui.messages import PlanRequested
from mlxtui.ui.screens.choose_file import ChooseFile
from tests.data import SHARED, needs_shared_data
from tests.hub_server import HubServer
from tests.ui.harness import User, open_app

_FILES = SHARED / "models" / "gguf"


async def ask(user: User, source: str) -> None:
    """Ask for an import, and wait for its plan or for the choice among several."""
    user.app.post_message(PlanRequested(JobSpec(source=source)))
    await user.until(lambda: "GGUF model" in user.picture or _is_choosing(user))
    await user.settle()


def _is_choosing(user: User) -> bool:
    return isinstance(user.app.screen, ChooseFile)


async def start(user: User, name: str) -> None:
    """Start what is planned, and wait until the model of that name is here."""
    await user.press("enter")
    await user.until(lambda: f"{name} is here" in user.picture)


async def chat(user: User, name: str) -> None:
    """Open what is here already, and have it answer."""
    assert "It is here already" in user.picture and "Chat with it" in user.picture
    await user.press("enter")
    await user.until(lambda: user.model_line.startswith(f"● {name}"))
    turn = await user.ask("Once upon a time")
    await user.until(lambda: turn.text)
    await user.press("escape")


@needs_shared_data
async def test_a_file_is_imported_once_and_opened(tmp_path: Path) -> None:
    file = tmp_path / "stories.gguf"
    shutil.copy(_FILES / "stories260K-F16.gguf", file)
    async with open_app(make_backend=Backend, size=(90, 40)) as user:
        await ask(user, str(file))
        for text in ("faithful", "exact", "import", "no chat template", "Start"):
            assert text in user.picture, text
        await user.press("right")
        await user.until(lambda: _name(user) == "stories-exact")
        await user.press("left")
        await user.until(lambda: _name(user) == "stories")
        await start(user, "stories")
        await ask(user, str(file))
        assert "It is here already" in user.picture
        await user.press("right")
        await user.until(lambda: "Start" in user.picture)
        await user.press("left")
        await user.until(lambda: "Chat with it" in user.picture)
        await chat(user, "stories")


@needs_shared_data
async def test_one_of_a_repository_is_chosen_fetched_and_imported() -> None:
    with HubServer() as hub:
        files = {path.name: path.read_bytes() for path in _FILES.glob("*.gguf")}
        assert len(files) == 2
        hub.add("owner/stories-GGUF", files)
        used = Settings(setup_done=True, language="en", hub_endpoint=hub.endpoint)
        async with open_app(make_backend=Backend, settings=used, size=(90, 40)) as user:
            await ask(user, "owner/stories-GGUF")
            assert _is_choosing(user)
            assert "★ F16" in user.picture and "✓ fits" in user.picture
            await user.press("enter")
            await user.until(lambda: "To fetch" in user.picture)
            assert _name(user) == "stories260K-F16"
            await start(user, "stories260K-F16")
            await ask(user, "owner/stories-GGUF")
            await user.press("enter")
            await user.until(lambda: "Chat with it" in user.picture)
            await chat(user, "stories260K-F16")


def _name(user: User) -> str:
    return user.app.screen.query_one("#plan-name", Input).value

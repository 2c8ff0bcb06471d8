"""What the app imports, and in which thread: a slow import freezes the screen."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.models import write_model

HEAVY = ("mlx", "mlx_lm", "transformers", "torch", "chromadb", "sentence_transformers")

# What a chat does not need, the first paint does not wait for.
LATER = {
    "pydantic", "mlxtui.plans", "mlxtui.recipes", "mlxtui.repositories",
    "mlxtui.plan_words", "mlxtui.backend.job_commands", "mlxtui.backend.job_events",
    "mlxtui.backend.job_info", "mlxtui.backend.answering",
}  # fmt: skip

# Prints, for each import, the package and the thread that asked for it.
PROGRAM = """
import asyncio, json, sys, threading
from pathlib import Path

seen = set()

def hear(event, arguments):
    if event == "import":
        package = arguments[0].partition(".")[0]
        seen.add((package, threading.current_thread().name))

sys.addaudithook(hear)

from mlxtui.settings import Settings
from mlxtui.types import LocalModel
from mlxtui.ui.app import MlxTuiApp
from mlxtui.ui.widgets.prompt import PromptArea

folder = sys.argv[1] if len(sys.argv) > 1 else ""

def find_model():
    if folder:
        return LocalModel(name="small", path=Path(folder), source="path")

async def use():
    app = MlxTuiApp(Settings(), find_model)
    try:
        async with app.run_test() as pilot:
            await pilot.pause()
            await pilot.press("enter")  # the questions of the first start
            while len(app.screen_stack) > 1:
                await pilot.pause()
            if folder:
                while app.model_state.phase != "ready":
                    assert app.model_state.phase != "failed", app.model_state
                    await pilot.pause()
                app.workspace.query_one(PromptArea).insert("Hello?")
                await pilot.press("enter")
                await pilot.pause()
                while app.workspace.chat.check_action("stop", ()):
                    await pilot.pause()
            for key in ("ctrl+b", "f3", "f8", "f1", "escape", "ctrl+p", "escape"):
                await pilot.press(key)
                await pilot.pause()
    finally:
        app.backend.close()

asyncio.run(use())
print(json.dumps(sorted(seen)))
"""


def imports_of(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> set[tuple[str, str]]:
    """Each package that the app imports, with the thread."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return {(package, thread) for package, thread in json.loads(ran.stdout)}


def test_the_heavy_packages_are_imported_in_the_engine_thread_only(
    tmp_path: Path, command_environment: dict[str, str]
) -> None:
    model = write_model(tmp_path / "small", max_position_embeddings=64, endless=True)
    seen = imports_of([str(model)], tmp_path, command_environment)
    assert ("textual", "MainThread") in seen
    assert ("mlx", "mlxtui-engine") in seen
    heavy = {(package, thread) for package, thread in seen if package in HEAVY}
    assert {thread for _package, thread in heavy} == {"mlxtui-engine"}


def test_without_a_model_the_heavy_packages_are_not_imported(
    tmp_path: Path, command_environment: dict[str, str]
) -> None:
    seen = imports_of([], tmp_path, command_environment)
    assert not {package for package, _thread in seen} & set(HEAVY)


@pytest.mark.parametrize("module", ["mlxtui.ui.app", "mlxtui.cli.start"])
def test_importing_the_app_imports_what_a_chat_needs_only(
    module: str, tmp_path: Path, command_environment: dict[str, str]
) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=command_environment,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert not set(ran.stdout.split()) & {*HEAVY, *LATER}

"""The real app over a backend that says what it was asked; `run` in a child process."""

import hashlib
from collections.abc import Callable
from functools import partial

from mlxtui.backend.commands import Generate
from mlxtui.backend.job_commands import Command
from mlxtui.backend.job_events import Event
from mlxtui.cli.main import main
from mlxtui.sampling import SamplingParams
from mlxtui.settings import Settings
from mlxtui.ui import app as ui_app
from mlxtui.ui.messages import SettingChanged
from mlxtui.ui.widgets.parameters import ParametersPanel
from tests.recorded import Answer, RecordedBackend, Script

RUN = "from tests.e2e.recorded_app import run; run()"


def answer_to(question: str) -> str:
    """What the backend says: nobody can make that up who has read another text."""
    digest = hashlib.sha256(question.encode()).hexdigest()[:12]
    return f"I have read {len(question)} letters: {digest}"


class ReadingBackend(RecordedBackend):
    """Has read every question to its end."""

    def __init__(self, emit: Callable[[Event], None], _settings: Settings) -> None:
        self._answers: list[Answer] = []
        super().__init__(emit, Script(answers=self._answers))

    def submit(self, command: Command) -> None:
        """Answer."""
        if isinstance(command, Generate):
            text = answer_to(command.messages[-1].content)
            self._answers.append(Answer([("answer", text)]))
        super().submit(command)


class RecordedApp(ui_app.MlxTuiApp):
    """Cannot be left, and keeps its keys: who presses any keys will meet both."""

    async def action_quit(self) -> None:
        """Stay."""

    def on_setting_changed(self, message: SettingChanged) -> None:
        """Change a setting, but no key."""
        if message.key.startswith("keys."):
            message.prevent_default()


def _default_parameters(_panel: ParametersPanel) -> SamplingParams:
    """Whatever was typed: with a wrong one, nothing can be asked."""
    return SamplingParams()


def run() -> None:
    """Start it, with the built-in model as far as the screen knows."""
    recorded = partial(RecordedApp, make_backend=ReadingBackend)
    ui_app.MlxTuiApp = recorded  # type: ignore[misc, assignment]
    ParametersPanel.sampling = _default_parameters  # type: ignore[assignment]
    main(["--model", "guide"])

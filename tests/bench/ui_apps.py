"""The apps that `ui.py` measures from outside, each in a process of its own.

    python -m tests.bench.ui_apps ours|peer fence|table|FOLDER REPORT

FOLDER is a model that answers at its full speed. REPORT gets what only the inside
knows, as JSON; REPORT.finished comes to be when the answer is complete.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from mlxtui import paths
from mlxtui.backend.backend import Backend
from mlxtui.backend.commands import SCREEN_SECONDS, Generate
from mlxtui.backend.events import GenerationFinished, TextDelta
from mlxtui.backend.job_commands import Command
from mlxtui.backend.job_events import Event
from mlxtui.backend.replies import GenerationReply
from mlxtui.cli import start
from mlxtui.cli.main import main as run_command
from mlxtui.settings import Settings
from mlxtui.types import RequestId
from tests.bench.ui_texts import Text, pieces
from tests.recorded import STATS, RecordedBackend, Script

Emit = Callable[[Event], None]
MakeBackend = Callable[[Emit, Settings], Backend]

_TOKENS_PER_SECOND = 200
_SLEEP_SECONDS = 0.005


class PacedBackend(RecordedBackend):
    """Plays a recorded text at a fixed speed, merged as the engine's is."""

    def __init__(self, emit: Emit, text: Text) -> None:
        super().__init__(emit, Script())
        self._answer_with = emit
        self._pieces = pieces(text)

    def submit(self, command: Command) -> None:
        """Answer from a thread of its own, as the engine does."""
        if isinstance(command, Generate):
            play = threading.Thread(
                target=self._play, args=(command.request_id,), daemon=True
            )
            play.start()
        else:
            super().submit(command)

    def _play(self, request_id: RequestId) -> None:
        reply = GenerationReply(
            self._answer_with, request_id, threading.Event(), SCREEN_SECONDS
        )
        start = time.monotonic()
        for number, piece in enumerate(self._pieces, start=1):
            due = start + number / _TOKENS_PER_SECOND
            time.sleep(max(due - time.monotonic(), 0))
            reply.text("answer", piece, number)
        reply.finished("stop", STATS)


class Recorder:
    """What happens inside, at moments of `time.monotonic`."""

    def __init__(self, report: Path) -> None:
        self._report = report
        self._text_moments: list[float] = []
        self._tokens = 0
        self._lags: list[tuple[float, float]] = []

    def backend(self, make_backend: MakeBackend) -> MakeBackend:
        """A backend whose events are seen on their way."""

        def make(emit: Emit, settings: Settings) -> Backend:
            def emit_seen(event: Event) -> None:
                if isinstance(event, TextDelta):
                    self._text_moments.append(time.monotonic())
                    self._tokens = event.generated_tokens
                emit(event)
                if isinstance(event, GenerationFinished):
                    self._report.with_suffix(".finished").touch()

            return make_backend(emit_seen, settings)

        return make

    async def feel_the_loop(self) -> None:
        """Note by how much the loop is late, again and again."""
        while True:
            start = time.monotonic()
            await asyncio.sleep(_SLEEP_SECONDS)
            lag = time.monotonic() - start - _SLEEP_SECONDS
            self._lags.append((start, lag))

    def write(self) -> None:
        """Leave the report."""
        content = {
            "first_text": self._text_moments[0],
            "last_text": self._text_moments[-1],
            "tokens": self._tokens,
            "lags": self._lags,
        }
        self._report.write_text(json.dumps(content))


def run_ours(make_backend: MakeBackend, folder: Path, recorder: Recorder) -> None:
    """The app itself with another backend, until it is left."""
    prepare_terminal = start._prepare_terminal

    def prepare_and_watch() -> None:
        prepare_terminal()
        # Not before: Textual reads its variables when it is imported.
        from mlxtui.ui import app as ui_app

        class WatchedApp(ui_app.MlxTuiApp):
            def on_ready(self) -> None:
                self.run_worker(recorder.feel_the_loop())

        watched = partial(WatchedApp, make_backend=make_backend)
        ui_app.MlxTuiApp = watched  # type: ignore[misc, assignment]

    start._prepare_terminal = prepare_and_watch
    with suppress(SystemExit):
        run_command(["--model", str(folder)])


def _run_peer(make_backend: MakeBackend, folder: Path, recorder: Recorder) -> None:
    from tests.bench.ui_peer import PeerApp

    app = PeerApp(make_backend, folder, recorder.feel_the_loop)
    app.run()
    app.backend.close()


def _main(which: str, text: str, report: str) -> None:
    recorder = Recorder(Path(report))
    if text == "fence":
        folder, make_backend = paths.guide_model_dir(), _paced("fence")
    elif text == "table":
        folder, make_backend = paths.guide_model_dir(), _paced("table")
    else:
        folder, make_backend = Path(text), Backend
    run = {"ours": run_ours, "peer": _run_peer}[which]
    run(recorder.backend(make_backend), folder, recorder)
    recorder.write()


def _paced(text: Text) -> MakeBackend:
    return lambda emit, _settings: PacedBackend(emit, text)


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""`mlxtui run`: an answer on standard output, or a chat line by line."""

import json
import os
import sys
from dataclasses import asdict
from typing import Any

import click

from mlxtui import settings
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import Generate
from mlxtui.backend.events import GenerationFinished, Progress, TextDelta
from mlxtui.cli.completion import complete_model
from mlxtui.cli.error_line import print_error
from mlxtui.cli.gguf_source import import_for_use
from mlxtui.cli.sampling_options import sampling_from, sampling_options
from mlxtui.cli.session import Session, keyboard_interrupts, open_session
from mlxtui.cli.start import local_model, log_to_file
from mlxtui.errors import MlxTuiError
from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _
from mlxtui.sampling import SamplingParams
from mlxtui.types import LoadedModel, Message

_INTERRUPTED = 130


@click.command("run", help=_("Answer on standard output, or chat line by line."))
@click.argument("name", shell_complete=complete_model)
@click.argument("prompt", required=False)
@sampling_options
@click.option("--system", metavar="TEXT", help=_("System prompt"))
@click.option("--raw", is_flag=True, help=_("Continue the text, no chat template"))
@click.option("--no-think", is_flag=True, help=_("Answer without reasoning first"))
@click.option("--stats", is_flag=True, help=_("Statistics as JSON on standard error"))
def run_command(name: str, prompt: str | None, **options: Any) -> int:
    """Load a model, answer, leave."""
    sampling = sampling_from(options)
    used = settings.load()
    model = local_model(name, used)
    if prompt is not None:  # bytes that are no text came as half characters
        prompt = os.fsencode(prompt).decode("utf-8", "replace")
    if not sys.stdin.isatty():
        piped = sys.stdin.buffer.read().decode("utf-8", "replace")
        prompt = "\n\n".join(part for part in (prompt, piped.strip("\n")) if part)
    log_to_file()
    with open_session(used) as session:
        model = import_for_use(session, model, used)
        try:
            loaded = session.load(model, _show_progress)
        finally:
            _clear_progress()
        runner = _Runner(session, loaded, sampling, options)
        if prompt is not None:
            return runner.answer(prompt)
        return runner.chat()


class _Runner:
    """One model, asked once or again and again."""

    def __init__(
        self,
        session: Session,
        model: LoadedModel,
        sampling: SamplingParams,
        options: dict[str, Any],
    ) -> None:
        self._session = session
        self._model = model
        self._sampling = sampling
        self._options = options
        system = options["system"]
        self._messages = [Message("system", system)] if system else []

    def answer(self, prompt: str) -> int:
        """Write one answer; the exit code tells whether it was interrupted."""
        raw = bool(self._options["raw"])
        self._messages.append(Message("user", prompt))
        command = Generate(
            request_id=new_request_id(),
            path=self._model.path,
            messages=() if raw else tuple(self._messages),
            raw_prompt=prompt if raw else None,
            sampling=self._sampling,
            thinking=not self._options["no_think"],
        )
        text = ""
        code = 0
        for event in self._session.events(command):
            match event:
                case Progress():
                    _show_progress(event)
                case TextDelta(kind="reasoning", text=piece):
                    _show_reasoning(piece)
                case TextDelta(text=piece):
                    if not text:
                        _clear_progress()
                    text += piece
                    _write(piece)
                case GenerationFinished(reason=reason, stats=stats):
                    if not text:
                        _clear_progress()
                    code = _INTERRUPTED if reason == "cancelled" else 0
                    if not raw or sys.stdout.isatty():
                        _write("" if text.endswith("\n") else "\n")
                    if self._options["stats"]:
                        line = {**asdict(stats), "finish_reason": reason}
                        click.echo(json.dumps(line), err=True)
                case _:
                    pass
        self._messages.append(Message("assistant", text))
        return code

    def chat(self) -> int:
        """Ask for lines until the user leaves."""
        _enable_line_editing()
        click.echo(
            _("Chatting with {name}. /bye or Ctrl+D leaves.").format(
                name=one_line(self._model.name)
            ),
            err=True,
        )
        while True:
            try:
                with keyboard_interrupts():
                    line = input("> ").strip()
            except EOFError:
                click.echo()
                return 0
            except KeyboardInterrupt:
                click.echo()
                return _INTERRUPTED
            if line == "/bye":
                return 0
            if line:
                asked = len(self._messages)
                try:
                    self.answer(line)
                except MlxTuiError as error:
                    del self._messages[asked:]
                    print_error(error.message, error.hint)


def _write(text: str) -> None:
    """Text for a person is made harmless; a program gets it as it is."""
    sys.stdout.write(harmless(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def _show_reasoning(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(click.style(harmless(text), dim=True), nl=False, err=True)


def _show_progress(event: Progress) -> None:
    if not sys.stderr.isatty():
        return
    if event.stage == "prefill":
        if event.total < 512:
            return  # over before it can be read
        text = _("Reading the prompt, {done} of {total} tokens")
    else:
        text = _("Loading the model…")
    line = text.format(done=event.done, total=event.total)
    click.echo(f"\r\x1b[2K{line}", nl=False, err=True)


def _clear_progress() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[2K", nl=False, err=True)


def _enable_line_editing() -> None:
    try:
        import readline  # noqa: F401  arrows and history in `input`
    except ImportError:
        pass

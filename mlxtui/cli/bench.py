"""`mlxtui bench`: a model's speed and memory, measured with real requests."""

import json
import random
import statistics
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from mlxtui import settings
from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import Generate
from mlxtui.backend.events import GenerationFinished
from mlxtui.cli.chips import bandwidth_bytes_per_second
from mlxtui.cli.completion import complete_model
from mlxtui.cli.gguf_source import made_of
from mlxtui.cli.lines import table_lines
from mlxtui.cli.session import Session, open_session
from mlxtui.cli.start import local_model, log_to_file
from mlxtui.errors import MlxTuiError
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.sampling import SamplingParams
from mlxtui.types import GenerationStats, LoadedModel
from mlxtui.units import bytes_text, rate_text, seconds_text

_PROMPT_TOKENS = 512
_ANSWER_TOKENS = 128
_ROUNDS = 3
# A shorter answer does not tell a rate, and does not count.
_LEAST_ANSWER_TOKENS = 16
_MAX_ATTEMPTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Medians over the rounds, under the names that scripts rely on."""

    name: str
    prefill_tokens_per_second: float
    generation_tokens_per_second: float
    time_to_first_token_seconds: float
    peak_memory_bytes: int
    """The highest of all rounds."""
    bandwidth_share: float | None
    """Of the speed at which the memory can deliver the weights; None if not known."""
    rounds: int


@click.command("bench", help=_("Measure a model's speed and memory."))
@click.argument("name", shell_complete=complete_model)
@click.option("--json", "as_json", is_flag=True, help=_("As JSON, for scripts"))
def bench_command(name: str, as_json: bool) -> None:
    """Load a model, measure it, print the medians."""
    # Without a cache of prompts: it would add every round's to the memory of the next.
    used = replace(settings.load(), prompt_cache_gib=0)
    model = made_of(local_model(name, used), used)
    log_to_file()
    try:
        with open_session(used) as session:
            _show(_("Loading the model…"))
            loaded = session.load(model, lambda _progress: None)
            rounds = _Asker(session, loaded).rounds()
    finally:
        _show("")
    measured = _measured(loaded, rounds)
    if as_json:
        click.echo(json.dumps(asdict(measured)))
    else:
        _print(measured, rounds)


class _Asker:
    """Prompts that no cache has seen, each of new random words."""

    def __init__(self, session: Session, model: LoadedModel) -> None:
        self._session = session
        self._model = model
        self._random = random.Random()
        # Random words vary by a quarter in their tokens: the answer keeps its room.
        self._prompt_tokens = min(_PROMPT_TOKENS, model.context_tokens * 9 // 16)
        self._answer_tokens = min(_ANSWER_TOKENS, model.context_tokens // 4)

    def rounds(self) -> list[GenerationStats]:
        """The counted rounds.

        Raises:
            MlxTuiError: The model ends every answer at once.
            click.Abort: The user has pressed Ctrl+C.
        """
        # How many tokens a word has is known after the first, short prompt.
        _show(_("Warming up…"))
        words = max(1, min(32, self._model.context_tokens // 16))
        words = self._words_for(words, self._ask(words, 1))
        words = self._words_for(words, self._ask(words, self._answer_tokens))
        rounds: list[GenerationStats] = []
        for _attempt in range(_MAX_ATTEMPTS):
            _show(
                _("Measuring, round {number} of {count}").format(
                    number=len(rounds) + 1, count=_ROUNDS
                )
            )
            stats = self._ask(words, self._answer_tokens)
            if stats.generated_tokens >= min(_LEAST_ANSWER_TOKENS, self._answer_tokens):
                rounds.append(stats)
            if len(rounds) == _ROUNDS:
                break
        if not rounds:
            raise MlxTuiError(
                _("{name} ends its answers too early to be measured.").format(
                    name=one_line(self._model.name)
                ),
                hint=_("Try again, or measure another model."),
            )
        return rounds

    def _words_for(self, words: int, stats: GenerationStats) -> int:
        """How many words the wanted number of tokens takes."""
        return max(1, round(self._prompt_tokens * words / stats.prompt_tokens))

    def _ask(self, words: int, answer_tokens: int) -> GenerationStats:
        command = Generate(
            request_id=new_request_id(),
            path=self._model.path,
            raw_prompt=" ".join(self._word() for _number in range(words)),
            # Without the penalties that a model's authors may want: they cost time.
            sampling=SamplingParams(
                temperature=0, repetition_penalty=1, max_tokens=answer_tokens
            ),
        )
        for event in self._session.events(command):
            if isinstance(event, GenerationFinished) and event.reason != "cancelled":
                return event.stats
        raise click.Abort

    def _word(self) -> str:
        syllables = self._random.randint(1, 3)
        choose = self._random.choice
        return "".join(
            choose("bdfgklmnprstvz") + choose("aeiou") for _number in range(syllables)
        )


def _measured(model: LoadedModel, rounds: list[GenerationStats]) -> Measured:
    def median(name: str) -> float:
        return float(statistics.median(getattr(stats, name) for stats in rounds))

    tokens_per_second = median("generation_tokens_per_second")
    bandwidth = bandwidth_bytes_per_second()
    share = None
    if bandwidth is not None and not _is_mixture(model.path):
        share = tokens_per_second * model.memory_bytes / bandwidth
    return Measured(
        name=model.name,
        prefill_tokens_per_second=median("prefill_tokens_per_second"),
        generation_tokens_per_second=tokens_per_second,
        time_to_first_token_seconds=median("time_to_first_token_seconds"),
        peak_memory_bytes=max(stats.peak_memory_bytes for stats in rounds),
        bandwidth_share=share,
        rounds=len(rounds),
    )


def _is_mixture(folder: Path) -> bool:
    """Whether a token reads only some of the weights (mixture of experts)."""
    try:
        config: Any = json.loads((folder / "config.json").read_text("utf-8"))
        tables = [config, config.get("text_config") or {}]
        return any("expert" in key for table in tables for key in table)
    except (OSError, ValueError, AttributeError, TypeError):
        return False


def _print(measured: Measured, rounds: list[GenerationStats]) -> None:
    prompt_tokens = statistics.median(stats.prompt_tokens for stats in rounds)
    answer_tokens = statistics.median(stats.generated_tokens for stats in rounds)
    share = measured.bandwidth_share
    prefill = rate_text(measured.prefill_tokens_per_second)
    decode = rate_text(measured.generation_tokens_per_second)
    rows: list[tuple[str, ...]] = [
        (_("Prefill"), _("{rate} tokens/s").format(rate=prefill)),
        (_("Decoding"), _("{rate} tokens/s").format(rate=decode)),
        (_("First token"), seconds_text(measured.time_to_first_token_seconds)),
        (_("Peak memory"), bytes_text(measured.peak_memory_bytes)),
        (_("Bandwidth used"), "–" if share is None else f"{share:.0%}"),
    ]
    click.echo(one_line(measured.name))
    for line in table_lines(rows):
        click.echo(f"  {line}")
    click.echo(
        _(
            "Medians of {rounds} rounds, {prompt} tokens read and {answer} made in each"
        ).format(
            rounds=measured.rounds,
            prompt=round(prompt_tokens),
            answer=round(answer_tokens),
        )
    )


def _show(text: str) -> None:
    """What is going on now, in one line that is overwritten."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{text}", nl=False, err=True)

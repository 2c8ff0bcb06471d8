"""The engine against bare mlx-lm, on the same model and prompt, in one run."""

import queue
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlxtui import paths
from mlxtui.backend.backend import Backend, new_request_id
from mlxtui.backend.commands import Generate, LoadModel
from mlxtui.backend.events import Failed, GenerationFinished, TextDelta
from mlxtui.backend.job_events import Event
from mlxtui.sampling import SamplingParams
from mlxtui.settings import Settings
from mlxtui.types import GenerationStats, RequestId
from tests.bench.measure import Measurement, paired
from tests.data import STORIES
from tests.models import write_model

_TOKENS = 24
_ROUNDS = 3
_PROMPT = "One day, a little boy named Tim went to the park. "
_HISTORY_TOKENS = 2000

# 12 layers of 768: 85 M parameters in the layers, 12 M in the embedding.
_MODEL_100M: dict[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 2048,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_key_value_heads": 12,
    "head_dim": 64,
    "vocab_size": 16_000,
    "max_position_embeddings": 4096,
    "quantization": {"group_size": 64, "bits": 4},
    "eos_token_id": [],
}


def run() -> list[Measurement]:
    """All measurements of the engine."""
    with tempfile.TemporaryDirectory() as home:
        folder = write_model(Path(home) / "llama-100m", **_MODEL_100M)
        measured = _measure(folder, "random 4-bit Llama, 100 M", pass_marks=True)
        others = {"guide": paths.guide_model_dir(), "stories260K": STORIES}
        for name, path in others.items():
            if (path / "config.json").is_file():
                measured += _measure(path, name, pass_marks=False)
    return measured


def _measure(folder: Path, name: str, *, pass_marks: bool) -> list[Measurement]:
    with _loaded(folder) as (ask, network, tokenizer):
        prompt = tokenizer.encode(_PROMPT * 2)
        text = tokenizer.decode(prompt)
        results = [
            paired(
                f"{name}: tokens/s, one request, against stream_generate",
                lambda: _TOKENS / ask([text]),
                lambda: _TOKENS / _bare_stream(network, tokenizer, prompt),
                rounds=_ROUNDS,
                at_least=0.97 if pass_marks else None,
            ),
            paired(
                f"{name}: tokens/s, 8 requests, against BatchGenerator",
                lambda: 8 * _TOKENS / ask([text] * 8),
                lambda: 8 * _TOKENS / _bare_batch(network, [prompt] * 8),
                rounds=_ROUNDS,
                at_least=0.95 if pass_marks else None,
            ),
        ]
        if pass_marks:
            results.append(_warm_turn(name, ask.first_token_seconds))
        return results


class _Asker:
    """Sends requests to a backend and reads its event queue."""

    def __init__(self, backend: Backend, events: "queue.SimpleQueue[Event]") -> None:
        self._backend = backend
        self._events = events
        self.path = Path()
        self._turn = 0

    def load(self, folder: Path) -> None:
        self.path = folder
        self._backend.submit(
            LoadModel(request_id=new_request_id(), path=folder, name=folder.name)
        )
        event = self._events.get()
        while getattr(event, "model", None) is None:
            assert not isinstance(event, Failed), event
            event = self._events.get()

    def __call__(self, texts: Sequence[str]) -> float:
        """Seconds until the last event; no prompt was read before."""
        self._turn += 1
        start = time.perf_counter()
        self._submit([f"{self._turn}{n} {text}" for n, text in enumerate(texts)])
        self._wait(len(texts))
        return time.perf_counter() - start

    def first_token_seconds(self, text: str) -> GenerationStats:
        self._submit([text])
        return self._wait(1)

    def _submit(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._backend.submit(
                Generate(
                    request_id=new_request_id(),
                    path=self.path,
                    raw_prompt=text,
                    sampling=SamplingParams(temperature=0, max_tokens=_TOKENS),
                )
            )

    def _wait(self, count: int) -> GenerationStats:
        texts: dict[RequestId, str] = {}
        while True:
            event = self._events.get()
            assert not isinstance(event, Failed), event
            if isinstance(event, TextDelta):
                texts[event.request_id] = texts.get(event.request_id, "") + event.text
            elif isinstance(event, GenerationFinished):
                count -= 1
                if not count:
                    return event.stats


@contextmanager
def _loaded(folder: Path) -> Iterator[tuple[_Asker, Any, Any]]:
    """The model in the engine thread, and bare in this one."""
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    backend = Backend(events.put, Settings())
    try:
        ask = _Asker(backend, events)
        ask.load(folder)
        # The engine's import comes first: it keeps torch out.
        from mlx_lm import load

        network, tokenizer = load(str(folder))[:2]
        yield ask, network, tokenizer
    finally:
        backend.close()


def _bare_stream(network: Any, tokenizer: Any, prompt: list[int]) -> float:
    from mlx_lm import stream_generate

    start = time.perf_counter()
    for _response in stream_generate(network, tokenizer, prompt, max_tokens=_TOKENS):
        pass
    return time.perf_counter() - start


def _bare_batch(network: Any, prompts: list[list[int]]) -> float:
    from mlx_lm.generate import BatchGenerator

    start = time.perf_counter()
    generator = BatchGenerator(network, max_tokens=_TOKENS)
    left = len(generator.insert(prompts))
    while left:
        left -= sum(r.finish_reason is not None for r in generator.next_generated())
    return time.perf_counter() - start


def _warm_turn(name: str, ask: Callable[[str], GenerationStats]) -> Measurement:
    """Time to first token after a long history that was read before, and of a short
    prompt that was not."""
    words = _PROMPT.split()
    history = " ".join(words[n % len(words)] for n in range(_HISTORY_TOKENS))
    while ask(history).prompt_tokens < _HISTORY_TOKENS:
        history += " " + _PROMPT * 4
    warm, cold = [], []
    for turn in range(_ROUNDS):
        stats = ask(f"{history} And then, {turn}")
        assert stats.cached_tokens > 0.9 * _HISTORY_TOKENS, stats
        warm.append(stats.time_to_first_token_seconds)
        short = f"{turn} " + " ".join(words[:9])
        cold.append(ask(short).time_to_first_token_seconds)
    return Measurement.of_ratios(
        f"{name}: seconds to first token, warm turn after {_HISTORY_TOKENS} tokens,"
        " against a 20-token prompt",
        [a / b for a, b in zip(warm, cold, strict=True)],
        ours=statistics.median(warm),
        peer=statistics.median(cold),
        at_most=2.0,
    )

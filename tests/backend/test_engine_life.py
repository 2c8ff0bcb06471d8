"""Loads, refusals, cancels and failures: the engine goes on whatever happens."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlxtui.backend.backend import new_request_id
from mlxtui.backend.commands import Generate, LoadModel, ScanLibrary, UnloadModel
from mlxtui.backend.events import (
    Cancelled,
    GenerationFinished,
    LibraryScanned,
    ModelLoaded,
    ModelUnloaded,
)
from mlxtui.convert import model_folder
from mlxtui.inference import machine_memory
from mlxtui.settings import Settings
from mlxtui.types import Message
from tests.engine_harness import EngineHarness, running_engine
from tests.models import Shape, write_model


def test_all_of_mlx_happens_in_the_engine_thread(
    engine: EngineHarness, llama: Path
) -> None:
    outcome = engine.ask(llama, "fox", temperature=0, max_tokens=2)
    assert outcome.threads == {"mlxtui-engine"}


def test_loading_reports_bytes_and_ends_with_the_facts(
    engine: EngineHarness, model_of: Callable[[Shape], Path]
) -> None:
    path = model_of("qwen3")
    engine.unload(path)
    outcome = engine.load_outcome(path)
    assert isinstance(outcome.end, ModelLoaded)
    load = [event for event in outcome.progress if event.stage == "load"]
    assert load[-1].done == load[-1].total == outcome.end.model.memory_bytes
    assert outcome.end.model.has_chat_template and outcome.end.model.can_think


def test_a_request_to_a_model_that_is_not_loaded_is_refused(
    engine: EngineHarness, tmp_path: Path
) -> None:
    failed = engine.ask(tmp_path, "fox").failed
    assert str(tmp_path) in failed.message and failed.hint


def test_an_empty_message_is_refused(engine: EngineHarness, llama: Path) -> None:
    assert engine.ask(llama, [Message("user", "  ")]).failed.hint


def test_a_prompt_longer_than_the_context_is_refused_with_numbers(
    engine: EngineHarness, llama: Path
) -> None:
    failed = engine.ask(llama, "fox " * 4000).failed
    assert "2048" in failed.message and failed.hint


def test_an_answer_ends_where_the_context_ends(
    engine: EngineHarness, llama: Path
) -> None:
    outcome = engine.ask(llama, "fox " * 2030, temperature=0, logit_bias={1: -100})
    stats = outcome.finished.stats
    assert outcome.finished.reason == "length"
    assert stats.prompt_tokens + stats.generated_tokens == 2048


def test_a_template_that_refuses_names_its_reason(
    engine: EngineHarness, tmp_path: Path
) -> None:
    path = write_model(
        tmp_path / "m", chat_template="{{ raise_exception('only odd turns') }}"
    )
    engine.load(path)
    failed = engine.ask(path, [Message("user", "fox")]).failed
    assert "only odd turns" in failed.message and failed.hint
    assert engine.ask(path, "fox", max_tokens=2).finished
    engine.unload(path)


def test_a_template_without_a_system_role_gets_it_in_the_question(
    engine: EngineHarness, tmp_path: Path
) -> None:
    template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}"
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    )
    path = write_model(tmp_path / "m", chat_template=template)
    engine.load(path)
    talk = [Message("system", "Be brief."), Message("user", "fox")]
    with_system = engine.ask(path, talk, max_tokens=2).finished.stats
    without = engine.ask(path, talk[1:], max_tokens=2).finished.stats
    assert with_system.prompt_tokens > without.prompt_tokens
    engine.unload(path)


def test_a_bias_outside_the_vocabulary_is_refused(
    engine: EngineHarness, llama: Path
) -> None:
    failed = engine.ask(llama, "fox", logit_bias={10**6: 1}).failed
    assert "1000000" in failed.message


def test_esc_keeps_what_was_written_and_read(
    engine: EngineHarness, llama: Path
) -> None:
    # Without a blank at its end, which would become one token with what follows.
    prompt = "the park with his mom " * 3 + "mom"
    command, outcome = engine.start(
        llama, prompt, temperature=0, logit_bias={1: -100, 70: 100}
    )
    while len(outcome.text) < 20 and not outcome.ended.is_set():
        time.sleep(0.001)
    engine.backend.cancel(command.request_id)
    engine.wait(outcome)
    assert outcome.finished.reason == "cancelled"
    assert set(outcome.text) == {"b"}
    made = outcome.finished.stats.generated_tokens
    again = engine.ask(llama, prompt + outcome.text, max_tokens=2).finished.stats
    assert again.cached_tokens >= outcome.finished.stats.prompt_tokens + made - 8


def test_a_cancel_while_the_prompt_is_read_keeps_the_read_part(
    tmp_path: Path,
) -> None:
    path = write_model(tmp_path / "m", max_position_embeddings=40_000)
    prompt = "fox " * 8000
    with running_engine() as engine:
        engine.load(path)
        seen = threading.Event()
        inner = engine._receive

        def receive(event: Any) -> None:
            inner(event)
            if getattr(event, "stage", "") == "prefill":
                seen.set()

        engine.backend._front_end = receive
        command, outcome = engine.start(path, prompt, max_tokens=1)
        assert seen.wait(60)
        engine.backend.cancel(command.request_id)
        engine.wait(outcome)
        assert outcome.finished.reason == "cancelled"
        read = outcome.progress[-1].done
        assert 0 < read < outcome.finished.stats.prompt_tokens
        again = engine.ask(path, prompt, max_tokens=1).finished.stats
        assert again.cached_tokens == read


def test_a_request_cancelled_before_its_turn_never_starts(
    engine: EngineHarness, llama: Path, model_of: Callable[[Shape], Path]
) -> None:
    mixtral = model_of("mixtral")
    engine.unload(mixtral)
    command, answering = engine.start(llama, "fox", max_tokens=4)
    load = LoadModel(request_id=new_request_id(), path=mixtral, name="m")
    outcome = engine.submit(load)
    engine.backend.cancel(load.request_id)
    engine.wait(outcome)
    engine.wait(answering)
    # The cancel came before the engine looked, or the load was already over.
    assert isinstance(outcome.end, Cancelled | ModelLoaded)


def test_a_model_that_answers_is_unloaded_when_it_has_answered(
    engine: EngineHarness, tmp_path: Path
) -> None:
    path = write_model(tmp_path / "m")
    engine.load(path)
    command, answering = engine.start(path, "fox", logit_bias={1: -100})
    engine.wait_for_text(command.request_id)
    unload = UnloadModel(request_id=new_request_id(), path=path)
    unloading = engine.submit(unload)
    assert engine.ask(path, "dog", max_tokens=2).finished  # it still answers
    assert not unloading.ended.is_set()
    engine.backend.cancel(command.request_id)
    assert engine.wait(answering).finished.reason == "cancelled"
    assert isinstance(engine.wait(unloading).end, ModelUnloaded)
    assert str(path) in engine.ask(path, "fox").failed.message


def test_closing_ends_an_unload_that_waits(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m")
    with running_engine() as engine:
        engine.load(path)
        command, _outcome = engine.start(path, "fox", logit_bias={1: -100})
        engine.wait_for_text(command.request_id)
        unload = UnloadModel(request_id=new_request_id(), path=path)
        unloading = engine.submit(unload)
        engine.backend.close()
        assert isinstance(unloading.end, ModelUnloaded | Cancelled)


def test_unloading_what_is_not_loaded_is_no_error(
    engine: EngineHarness, tmp_path: Path
) -> None:
    assert isinstance(engine.unload(tmp_path).end, ModelUnloaded)


def test_a_model_too_big_for_its_limit_is_refused_with_numbers(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m")
    with running_engine(Settings(memory_limit_gib=0.0001)) as engine:
        failed = engine.load_outcome(path).failed
        assert "1.6 MB" in failed.message and "free" in failed.message and failed.hint


def test_an_idle_model_makes_room_for_a_new_one(tmp_path: Path) -> None:
    import mlx.core as mx

    first, second = (write_model(tmp_path / name) for name in ("first", "second"))
    folder = model_folder.check(first, "first")
    cache_bytes = machine_memory.cache_to_load(folder.cache, folder.context_length)
    needed_bytes = machine_memory.needed_bytes(folder.size_bytes, cache_bytes)
    # What other tests' models hold counts, too: the memory is the process's.
    limit = (mx.get_active_memory() + needed_bytes * 1.1) / 1024**3
    with running_engine(Settings(memory_limit_gib=limit)) as engine:
        engine.load(first)
        engine.load(second)
        assert engine.ask(second, "fox", max_tokens=2).finished
        assert "loaded" in engine.ask(first, "fox").failed.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", "{"),
        ("config.json", '{"model_type": "llama", "hidden_size": "many"}'),
        ("model.safetensors", "not tensors"),
        ("tokenizer.json", "{}"),
        ("tokenizer.json", "{"),
    ],
)
def test_a_damaged_folder_is_refused_by_name(
    engine: EngineHarness, tmp_path: Path, name: str, content: str
) -> None:
    path = write_model(tmp_path / "broken-model")
    (path / name).write_text(content)
    failed = engine.load_outcome(path).failed
    assert "broken-model" in failed.message and failed.hint
    assert "met an error" not in failed.message


def test_weights_that_do_not_fit_the_config_are_refused(
    engine: EngineHarness, tmp_path: Path
) -> None:
    path = write_model(tmp_path / "broken-model")
    text = (path / "config.json").read_text()
    (path / "config.json").write_text(
        text.replace('"num_hidden_layers": 2', '"num_hidden_layers": 3')
    )
    failed = engine.load_outcome(path).failed
    assert "broken-model" in failed.message and failed.hint


def test_code_of_a_tokenizer_is_not_run(engine: EngineHarness, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m")
    proof = tmp_path / "ran"
    (path / "evil.py").write_text(f"open({str(proof)!r}, 'w')\nclass T: pass\n")
    config = path / "tokenizer_config.json"
    config.write_text(
        config.read_text().replace(
            '"tokenizer_class"',
            '"auto_map": {"AutoTokenizer": ["evil.T", "evil.T"]}, "x"',
        )
    )
    engine.load_outcome(path)
    assert not proof.exists()


class _Poison:
    """A network that fails when it reads a certain token."""

    def __init__(self, network: Any, token: int) -> None:
        self._network = network
        self._token = token

    def __call__(self, tokens: Any, **kwargs: Any) -> Any:
        if self._token in tokens.flatten().tolist():
            raise RuntimeError("poisoned step")
        return self._network(tokens, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


@pytest.fixture
def poisoned(
    engine: EngineHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A model that fails on the letter z."""
    from mlx_lm.utils import load_model
    from transformers import AutoTokenizer

    path = write_model(tmp_path / "poisoned")
    (token,) = AutoTokenizer.from_pretrained(path).encode("z")

    def load(*args: Any, **kwargs: Any) -> Any:
        network, config = load_model(*args, **kwargs)
        return _Poison(network, token), config

    monkeypatch.setattr("mlxtui.inference.model.load_model", load)
    engine.load(path)
    return path


def test_a_failing_step_ends_its_request_and_no_other(
    engine: EngineHarness, poisoned: Path
) -> None:
    sampling: dict[str, Any] = {
        "temperature": 1.0, "max_tokens": 40, "logit_bias": {1: -100},
    }  # fmt: skip
    alone = engine.ask(poisoned, "fox", seed=5, **sampling)
    command, healthy = engine.start(poisoned, "fox", seed=5, **sampling)
    engine.wait_for_text(command.request_id)
    failed = engine.ask(poisoned, "a z b", **sampling).failed
    assert "poisoned step" in failed.message and failed.hint
    assert engine.wait(healthy).text == alone.text
    assert healthy.finished.stats.generated_tokens == 40
    engine.unload(poisoned)


def test_text_that_waits_to_be_merged_comes_before_the_failure(
    engine: EngineHarness, poisoned: Path
) -> None:
    from transformers import AutoTokenizer

    first, second, poison = AutoTokenizer.from_pretrained(poisoned).encode("bcz")
    outcome = engine.ask(
        poisoned, "fox", temperature=0, max_tokens=8, repetition_penalty=2,
        logit_bias={first: 60, second: 50, poison: 40}, merge_seconds=1000,
    )  # fmt: skip
    assert outcome.failed.message
    assert outcome.text == "bc"


@pytest.fixture
def no_log_records() -> Iterator[None]:
    """pytest keeps log records, whose tracebacks keep frames, which keep arrays."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_active_memory_is_back_after_200_cancels_failures_and_reloads(
    engine: EngineHarness, poisoned: Path, no_log_records: None
) -> None:
    import mlx.core as mx

    def reloaded() -> int:
        engine.unload(poisoned)
        engine.load(poisoned)
        return int(mx.get_active_memory())

    before = reloaded()
    chance = random.Random(7)
    for _turn in range(200):
        kind = chance.choice(["cancel", "early", "fail", "reload", "answer"])
        if kind == "reload":
            engine.unload(poisoned)
            engine.load(poisoned)
            continue
        prompt = "fox z" if kind == "fail" else f"fox {chance.random()} " * 9
        command, outcome = engine.start(poisoned, prompt, max_tokens=12)
        if kind == "cancel" and not outcome.ended.is_set():
            engine.wait_for_text(command.request_id)
        if kind in ("cancel", "early"):
            engine.backend.cancel(command.request_id)
        engine.wait(outcome)
    assert abs(reloaded() - before) <= before * 0.01
    assert engine.stray.empty()  # one terminal event each, nothing after it


def test_closing_ends_every_request_once(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m")
    with running_engine() as engine:
        engine.load(path)
        open_answers = [
            engine.start(path, f"{n} fox", logit_bias={1: -100})[1] for n in range(3)
        ]
        late = engine.submit(ScanLibrary(request_id=new_request_id()))
        engine.backend.close()
        for outcome in open_answers:
            assert outcome.ended.is_set()
            assert isinstance(outcome.end, GenerationFinished)
        assert isinstance(late.end, Cancelled | LibraryScanned)
        names = {thread.name for thread in threading.enumerate()}
        assert not any(name.startswith("mlxtui-job") for name in names)
        assert engine.stray.empty()


def test_commands_and_events_are_plain_records() -> None:
    command = Generate(request_id=new_request_id(), path=Path("m"))
    with pytest.raises(AttributeError):
        command.path = Path("other")  # type: ignore[misc]

"""Answers of real small models: texts, stops, seeds, caches, statistics."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlxtui.types import Message
from tests.data import STORIES, needs_shared_data
from tests.engine_harness import EngineHarness
from tests.models import Shape

FIRST_STORY = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside "
    "in the park. One day, she saw a big, red ball. She wanted to play with it, but it "
    "was too high."
)  # shared/data/README.md


@pytest.fixture(scope="module")
def stories(engine: EngineHarness) -> Path:
    engine.load(STORIES)
    return STORIES


@needs_shared_data
def test_an_empty_prompt_begins_the_known_story(
    engine: EngineHarness, stories: Path
) -> None:
    outcome = engine.ask(stories, "", temperature=0, max_tokens=80)
    assert outcome.text.startswith(FIRST_STORY)


@needs_shared_data
def test_a_continuation_keeps_its_first_blank(
    engine: EngineHarness, stories: Path
) -> None:
    from transformers import AutoTokenizer

    prompt = "One day, a little boy"
    outcome = engine.ask(stories, prompt, temperature=0, max_tokens=12)
    tokenizer = AutoTokenizer.from_pretrained(stories)
    assert outcome.text.startswith(" ")
    again = tokenizer.encode(prompt + outcome.text)
    assert tokenizer.decode(again, skip_special_tokens=True) == prompt + outcome.text


@needs_shared_data
def test_a_stop_text_across_tokens_is_never_shown(
    engine: EngineHarness, stories: Path
) -> None:
    whole = engine.ask(stories, "", temperature=0, max_tokens=60).text
    for stop in ("named Lily", "e girl nam", "park. One", "\n"):
        outcome = engine.ask(stories, "", temperature=0, max_tokens=60, stop=(stop,))
        assert outcome.text == whole.partition(stop)[0]
        expected = "stop" if stop in whole else "length"
        assert outcome.finished.reason == expected


@needs_shared_data
def test_text_held_back_for_a_stop_that_does_not_come_is_shown(
    engine: EngineHarness, stories: Path
) -> None:
    whole = engine.ask(stories, "", temperature=0, max_tokens=5).text
    outcome = engine.ask(
        stories, "", temperature=0, max_tokens=5, stop=(whole[-3:] + "§",)
    )
    assert outcome.text == whole


@pytest.mark.parametrize("shape", ["llama", "qwen3", "gemma3_text", "mixtral"])
def test_every_shape_answers_alike_alone_and_in_a_batch(
    engine: EngineHarness, model_of: Callable[[Shape], Path], shape: Shape
) -> None:
    path = model_of(shape)
    engine.load(path)
    sampling = {"temperature": 1.0, "top_p": 0.9, "seed": 7, "max_tokens": 24}
    alone = engine.ask(path, "The quick brown fox", **sampling)
    others = [
        engine.start(path, f"{n} lazy dogs", seed=n, max_tokens=30)[1] for n in range(3)
    ]
    together = engine.ask(path, "The quick brown fox", **sampling)
    for other in others:
        engine.wait(other)
    assert together.text == alone.text != ""
    assert engine.unload(path).end


def test_seeds_differ_and_repeat(engine: EngineHarness, llama: Path) -> None:
    texts = [
        engine.ask(llama, "fox", temperature=1.0, seed=seed, max_tokens=16).text
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_greedy_repeats_without_a_seed(engine: EngineHarness, llama: Path) -> None:
    first, second = (
        engine.ask(llama, "dog", temperature=0, max_tokens=16).text for _ in range(2)
    )
    assert first == second


def test_a_biased_token_is_all_that_comes(engine: EngineHarness, llama: Path) -> None:
    token = 70
    outcome = engine.ask(
        llama, "fox", temperature=0, max_tokens=5, logit_bias={token: 100}
    )
    (char,) = set(outcome.text)
    assert len(outcome.text) == 5
    banned = engine.ask(
        llama, "fox", temperature=0, max_tokens=5,
        logit_bias={token: -100},
    )  # fmt: skip
    assert char not in banned.text


@pytest.mark.parametrize(
    "penalty",
    [{"presence_penalty": 2}, {"frequency_penalty": 2}, {"repetition_penalty": 2}],
)
def test_a_penalty_lets_the_second_likeliest_token_in(
    engine: EngineHarness, llama: Path, penalty: dict[str, float]
) -> None:
    bias = {70: 20.0, 71: 19.0}
    plain = engine.ask(llama, "fox", temperature=0, max_tokens=8, logit_bias=bias)
    assert len(set(plain.text)) == 1
    changed = engine.ask(
        llama, "fox", temperature=0, max_tokens=8, logit_bias=bias, **penalty
    )
    assert len(set(changed.text)) > 1


def test_a_penalty_forgets_what_left_its_window(
    engine: EngineHarness, llama: Path
) -> None:
    sampling = {
        "temperature": 0, "max_tokens": 8, "repetition_penalty": 2,
        "logit_bias": {70: 60.0, 71: 50.0, 72: 40.0},
    }  # fmt: skip
    narrow = engine.ask(llama, "fox", penalty_window=1, **sampling)
    wide = engine.ask(llama, "fox", penalty_window=8, **sampling)
    assert len(set(narrow.text)) == 2 < len(set(wide.text))


def test_the_next_turn_reuses_what_was_read(engine: EngineHarness, llama: Path) -> None:
    talk = [Message("user", "What does the quick brown fox jump over?")]
    words = {"temperature": 0, "max_tokens": 8, "logit_bias": {70: 100}}
    first = engine.ask(llama, talk, **words).finished.stats
    answer = engine.ask(llama, talk, **words)
    talk += [Message("assistant", answer.text), Message("user", "And then?")]
    second = engine.ask(llama, talk, **words).finished.stats
    assert first.cached_tokens < first.prompt_tokens
    assert answer.finished.stats.cached_tokens == first.prompt_tokens - 1
    assert second.cached_tokens >= first.prompt_tokens
    assert second.prompt_tokens > first.prompt_tokens


def test_a_sliding_window_past_its_end_reuses_the_question(
    engine: EngineHarness, model_of: Callable[[Shape], Path]
) -> None:
    path = model_of("gemma3_text")
    engine.load(path)
    question = "The quick brown fox jumps over the lazy dog. " * 4
    talk = [Message("user", question)]
    first = engine.ask(path, talk, temperature=0, max_tokens=40)
    # As with reasoning that a template drops: the answer comes back changed.
    talk += [Message("assistant", "something else"), Message("user", "And then?")]
    second = engine.ask(path, talk, temperature=0, max_tokens=4)
    fresh = engine.ask(path, talk, temperature=0, max_tokens=4)
    read = first.finished.stats.prompt_tokens
    assert second.finished.stats.cached_tokens > read // 2
    assert second.text == fresh.text


def test_reused_and_fresh_prompts_give_the_same_answer(
    engine: EngineHarness, llama: Path
) -> None:
    prompt = "東京と大阪。" * 5
    fresh = engine.ask(llama, prompt, temperature=0, max_tokens=20)
    reused = engine.ask(llama, prompt, temperature=0, max_tokens=20)
    assert reused.finished.stats.cached_tokens > fresh.finished.stats.cached_tokens
    assert reused.text == fresh.text


def test_no_character_is_ever_broken(engine: EngineHarness, llama: Path) -> None:
    for seed in range(5):
        outcome = engine.ask(
            llama, "日本語の", temperature=1.2, seed=seed, max_tokens=40
        )
        deltas = [getattr(event, "text", "") for event in outcome.events]
        joined = "".join(deltas)
        # Random weights make bytes that are no characters; never half of a real one.
        assert joined.encode("utf-8").decode("utf-8") == joined


def test_stop_markers_do_not_reach_the_reader(
    engine: EngineHarness, llama: Path
) -> None:
    talk = [Message("user", "fox")]
    for marker in range(5):  # the special tokens of tests/models.py
        outcome = engine.ask(
            llama, talk, temperature=0, max_tokens=4, logit_bias={marker: 100}
        )
        assert outcome.text == ""
        assert outcome.finished.reason == ("stop" if marker == 1 else "length")


def test_reasoning_is_told_apart(engine: EngineHarness, thinker: Path) -> None:
    from transformers import AutoTokenizer

    start, end = AutoTokenizer.from_pretrained(thinker).convert_tokens_to_ids(
        ["<think>", "</think>"]
    )
    talk = [Message("user", "fox")]
    thinking = engine.ask(
        thinker, talk, temperature=0, max_tokens=6, logit_bias={start: 100}
    )
    assert thinking.reasoning == "" == thinking.text  # nothing but markers
    free = engine.ask(thinker, talk, temperature=0, max_tokens=10)
    assert (free.text, free.reasoning) != ("", "")
    forced = engine.ask(
        thinker, talk, temperature=1, seed=3, max_tokens=60,
        logit_bias={start: 6, end: 6},
    )  # fmt: skip
    assert forced.reasoning
    assert "think>" not in forced.reasoning + forced.text


def test_statistics_add_up(engine: EngineHarness, llama: Path) -> None:
    outcome = engine.ask(llama, "a new prompt, 123", temperature=0, max_tokens=9)
    stats = outcome.finished.stats
    assert stats.generated_tokens == 9
    assert 0 <= stats.cached_tokens < stats.prompt_tokens
    assert stats.time_to_first_token_seconds > 0
    assert stats.prefill_tokens_per_second > 0
    assert stats.generation_tokens_per_second > 0
    assert stats.peak_memory_bytes > 0


def test_progress_counts_the_tokens_of_a_long_prompt(
    engine: EngineHarness, llama: Path
) -> None:
    outcome = engine.ask(llama, "fox " * 700, temperature=0, max_tokens=2)
    done = [event.done for event in outcome.progress]
    total = outcome.finished.stats.prompt_tokens
    cached = outcome.finished.stats.cached_tokens
    assert done == sorted(done) and done[-1] == total
    assert {event.total for event in outcome.progress} == {total}
    steps = [b - a for a, b in zip([cached, *done], done, strict=False)]
    assert len(steps) > 2 and max(steps) <= 512

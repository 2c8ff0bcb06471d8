"""Tokens to text: the text that comes in pieces is the text of the whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlxtui.inference.detokenizer import Detokenizer
from mlxtui.inference.markers import find_markers
from mlxtui.inference.reader import Reader
from tests.data import SHARED, STORIES, needs_shared_data
from tests.inference.stand_in import small_tokenizer

_TEXTS = [
    " refining the answer",
    "日本語の文章、東京と大阪。",
    "emoji 👩‍👩‍👧 and flags 🇯🇵, café, ß",
    "  two blanks\n\n\tand a tab \n",
    "def f(x):\n    return x  # code\n",
    "a b  c   d",
]


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Byte-level BPE, and SentencePiece with byte fallback where the data is there."""
    from mlx_lm.tokenizer_utils import load

    found = {"bpe": small_tokenizer(tmp_path_factory.mktemp("bpe"), None)}
    for name, path in {
        "stories": STORIES,
        "phi": SHARED / "tokenizers" / "phi-3-mini",
    }.items():
        if path.is_dir():
            found[name] = load(path)
    return found


def _decode(tokenizer: Any, ids: Sequence[int]) -> str:
    text: str = tokenizer.decode(
        ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
    )
    return text


def _streamed(tokenizer: Any, prompt: Sequence[int], tokens: Sequence[int]) -> str:
    detokenizer = Detokenizer(lambda ids: _decode(tokenizer, ids), prompt)
    return "".join(detokenizer.add(token) for token in tokens)


@pytest.mark.parametrize("text", _TEXTS)
def test_a_continuation_is_what_the_tokenizer_says_of_the_whole(
    tokenizers: dict[str, Any], text: str
) -> None:
    for name, tokenizer in tokenizers.items():
        prompt = tokenizer.encode("One day,")
        whole = tokenizer.encode("One day," + text)
        if whole[: len(prompt)] != prompt:
            continue  # the border lies inside a token: no model can continue so
        streamed = _streamed(tokenizer, prompt, whole[len(prompt) :])
        assert _decode(tokenizer, prompt) + streamed == _decode(tokenizer, whole), name


@pytest.mark.parametrize("text", _TEXTS)
def test_a_text_from_its_start_has_no_blank_of_the_tokenizer(
    tokenizers: dict[str, Any], text: str
) -> None:
    for name, tokenizer in tokenizers.items():
        tokens = tokenizer.encode(text.strip(), add_special_tokens=False)
        assert _streamed(tokenizer, (), tokens) == _decode(tokenizer, tokens), name


@given(text=st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_whole(tokenizers: dict[str, Any], text: str) -> None:
    tokenizer = tokenizers["bpe"]
    tokens = tokenizer.encode(text, add_special_tokens=False)
    assert _streamed(tokenizer, (), tokens) == text


@needs_shared_data
def test_bytes_that_are_no_character_do_not_hold_the_text_for_ever(
    tokenizers: dict[str, Any],
) -> None:
    tokenizer = tokenizers["phi"]
    broken = tokenizer.convert_tokens_to_ids("<0xE3>")
    word = tokenizer.encode("park", add_special_tokens=False)
    assert "park" in _streamed(tokenizer, (), [broken] * 6 + word)


_ANSWERS = [
    ("<think>why</think>\n\nbecause", "why", "because"),
    ("\n<think>\nwhy\n</think>because", "why\n", "because"),
    ("no reasoning", "", "no reasoning"),
    ("<think>never closed", "never closed", ""),
    ("<think>a</think>b<think>c</think>d", "ac", "bd"),
    ("a < b and <thin", "", "a < b and <thin"),
]


def _read(tokenizer: Any, text: str, **options: Any) -> dict[str, str]:
    reader = Reader(
        tokenizer, find_markers(tokenizer), tokenizer.encode("<|assistant|>"), **options
    )
    seen = {"reasoning": "", "answer": ""}
    for token in tokenizer.encode(text, add_special_tokens=False):
        for kind, piece in reader.add(token):
            seen[kind] += piece
        if reader.stopped:
            break
    for kind, piece in reader.finish():
        seen[kind] += piece
    return seen


@pytest.mark.parametrize(("text", "reasoning", "answer"), _ANSWERS)
def test_reasoning_and_answer_are_told_apart(
    tokenizers: dict[str, Any], text: str, reasoning: str, answer: str
) -> None:
    seen = _read(tokenizers["bpe"], text)
    assert (seen["reasoning"], seen["answer"]) == (reasoning, answer)


def test_a_prompt_that_opened_the_reasoning_is_gone_on_with(
    tokenizers: dict[str, Any],
) -> None:
    seen = _read(tokenizers["bpe"], "why</think>because", in_reasoning=True)
    assert seen == {"reasoning": "why", "answer": "because"}


def test_a_raw_text_keeps_its_markers(tokenizers: dict[str, Any]) -> None:
    seen = _read(tokenizers["bpe"], " <think>why", raw=True)
    assert seen == {"reasoning": "", "answer": " <think>why"}


@given(
    text=st.text(alphabet="abc 日本\n", max_size=40),
    stop=st.text(alphabet="abc 日本\n", min_size=1, max_size=4),
)
@example(text="日日日日", stop="a")  # tokens of this text end within characters
@settings(max_examples=150, deadline=None)
def test_the_text_ends_before_the_first_stop(
    tokenizers: dict[str, Any], text: str, stop: str
) -> None:
    seen = _read(tokenizers["bpe"], text, raw=True, stop=(stop,))
    assert seen["answer"] == text.partition(stop)[0]


def test_stops_are_not_looked_for_in_the_reasoning(
    tokenizers: dict[str, Any],
) -> None:
    seen = _read(tokenizers["bpe"], "<think>a. b</think>c. d", stop=(".",))
    assert seen == {"reasoning": "a. b", "answer": "c"}


def test_harmony_channels_are_reasoning_and_answer(tmp_path: Path) -> None:
    tokenizer = small_tokenizer(tmp_path, None)
    tokenizer.add_tokens(
        ["<|channel|>", "<|message|>", "<|start|>"], special_tokens=True
    )
    seen = _read(
        tokenizer,
        "<|channel|>analysis<|message|>why<|end|><|start|>assistant"
        "<|channel|>final<|message|>because",
    )
    assert seen == {"reasoning": "why", "answer": "because"}

"""Chat templates of real families: each one renders, or is refused with a reason."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mlxtui.errors import PromptRefused
from mlxtui.inference.prompt import Prompt, chat_prompt
from mlxtui.inference.turns import end_of_turn_token
from mlxtui.types import Message
from tests.data import SHARED, needs_shared_data
from tests.inference.stand_in import model_with_tokenizer, small_tokenizer

_TEMPLATES = sorted(SHARED.glob("chat_templates/*/*.jinja"))

_TALKS = {
    "question": [Message("user", "Where is Tim?")],
    "system": [Message("system", "Be brief."), Message("user", "Where is Tim?")],
    "turns": [
        Message("user", "Where is Tim?"),
        Message("assistant", "In the park."),
        Message("user", "And the fox?"),
    ],
    "two questions": [Message("user", "Where is"), Message("user", "Tim?")],
}


def _prompt(folder: Path, template: str, talk: Sequence[Message]) -> Prompt:
    tokenizer = small_tokenizer(folder, template)
    return chat_prompt(model_with_tokenizer(tokenizer), talk, thinking=True)


@needs_shared_data
@pytest.mark.parametrize("talk", _TALKS)
@pytest.mark.parametrize("file", _TEMPLATES, ids=lambda file: file.stem)
def test_a_template_renders_or_is_refused_with_a_reason(
    tmp_path: Path, file: Path, talk: str
) -> None:
    try:
        prompt = _prompt(tmp_path, file.read_text(encoding="utf-8"), _TALKS[talk])
    except PromptRefused as refusal:
        assert "template" in refusal.message and refusal.hint
        pytest.skip(f"refused: {refusal.message}")
    tokenizer = small_tokenizer(tmp_path, None)
    text = tokenizer.decode(prompt.tokens)
    for message in _TALKS[talk]:
        if message.role == "user":
            assert message.content in text
    assert 0 <= prompt.stable_tokens <= len(prompt.tokens)


@needs_shared_data
def test_nearly_all_of_them_render(tmp_path: Path) -> None:
    refused = []
    for file in _TEMPLATES:
        try:
            _prompt(tmp_path, file.read_text(encoding="utf-8"), _TALKS["question"])
        except PromptRefused as refusal:
            refused.append((file.stem, refusal.message))
    assert len(refused) <= len(_TEMPLATES) // 20, refused


def test_the_end_of_a_turn_is_found_in_the_template(tmp_path: Path) -> None:
    template = (
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
        "{% if m.role == 'assistant' %}<|system|>{% endif %}{% endfor %}"
    )
    tokenizer = small_tokenizer(tmp_path, template)
    (token,) = end_of_turn_token(tokenizer)
    assert tokenizer.decode([token]) == "<|system|>"


def test_a_template_that_writes_plain_text_after_a_turn_has_no_end_token(
    tmp_path: Path,
) -> None:
    template = "{% for m in messages %}{{ m.content }} ### {% endfor %}"
    assert end_of_turn_token(small_tokenizer(tmp_path, template)) == set()


def test_the_prompt_of_the_next_turn_begins_with_the_stable_part(
    tmp_path: Path,
) -> None:
    template = (
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|><think>{% endif %}"
    )
    first = _prompt(tmp_path, template, _TALKS["question"])
    second = _prompt(tmp_path, template, _TALKS["turns"])
    assert first.in_reasoning
    stable = first.stable_tokens
    assert 0 < stable < len(first.tokens)
    assert first.tokens[:stable] == second.tokens[:stable]

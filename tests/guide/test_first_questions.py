"""The questions that the app proposes to a newcomer have the right answers."""

from typing import Any

import pytest
from mlx_lm import generate, load

from mlxtui import i18n
from mlxtui.guide import MODEL_FOLDER
from mlxtui.guide.questions import load_topics
from mlxtui.ui.widgets.welcome import example_questions

# In the order of the questions.
_TOPICS = ("first-steps", "choose-model", "all-keys")


@pytest.fixture(scope="module")
def guide() -> tuple[Any, Any]:
    """The built-in model with its tokenizer."""
    model, tokenizer = load(str(MODEL_FOLDER))[:2]
    return model, tokenizer


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_the_guide_knows_what_the_app_proposes_to_ask(
    guide: tuple[Any, Any], language: i18n.Language
) -> None:
    model, tokenizer = guide
    wordings = {topic.identifier: topic.wordings for topic in load_topics()}
    i18n.set_language(language)
    for question, topic in zip(example_questions(), _TOPICS, strict=True):
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}], add_generation_prompt=True
        )
        answer = generate(model, tokenizer, prompt, max_tokens=100)
        assert answer == wordings[topic][language].answer

"""Variations of questions: repeatable, never empty, and really different."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlxtui.guide.augment import augment
from mlxtui.guide.questions import LANGUAGES, Language, load_topics

QUESTIONS: dict[Language, str] = {
    "en": "How do I quit the app?",
    "ja": "アプリを終了するにはどうすればいいですか？",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_gives_the_same_variation(language: Language) -> None:
    question = QUESTIONS[language]
    first = [augment(question, language, Random(seed)) for seed in range(50)]
    again = [augment(question, language, Random(seed)) for seed in range(50)]
    assert first == again


@pytest.mark.parametrize("language", LANGUAGES)
def test_variations_differ(language: Language) -> None:
    generator = Random(0)
    question = QUESTIONS[language]
    varied = {augment(question, language, generator) for _ in range(200)}
    assert len(varied) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_most_variations_keep_a_word_of_the_topic(language: Language) -> None:
    generator = Random(0)
    varied = [augment("Ctrl+T", language, generator) for _ in range(200)]
    kept = [text for text in varied if "t" in text.lower() or "ｔ" in text.lower()]
    assert len(kept) > 180


def test_every_trained_question_can_be_varied() -> None:
    generator = Random(0)
    for topic in load_topics():
        for language, wording in topic.wordings.items():
            for ask in wording.asks:
                assert augment(ask, language, generator).strip()


@given(question=st.text(min_size=1), seed=st.integers(0, 2**32))
def test_any_text_is_varied_without_error(question: str, seed: int) -> None:
    for language in LANGUAGES:
        assert augment(question, language, Random(seed))

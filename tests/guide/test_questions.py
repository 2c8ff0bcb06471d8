"""The questions file: enough of each, no repeats, and clear errors."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlxtui.guide.questions import (
    HELD_OUT_COUNT,
    LANGUAGES,
    Language,
    load_topics,
    normalised,
)

WriteFile = Callable[[str], Path]

TOPIC = """
[[topic]]
id = "{id}"
[topic.en]
answer = "{answer}"
held_out = ["one", "two"]
ask = ["{ask}"]
[topic.ja]
answer = "{answer}"
held_out = ["一", "二"]
ask = ["三"]
"""


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    def write_file(text: str) -> Path:
        path = tmp_path / "questions.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_there_are_at_least_sixty_topics() -> None:
    assert len(load_topics()) >= 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_topic_has_at_least_seven_ways_of_which_two_are_held_out(
    language: Language,
) -> None:
    for topic in load_topics():
        wording = topic.wordings[language]
        assert len(wording.held_out) == HELD_OUT_COUNT == 2
        assert len(wording.asks) + len(wording.held_out) >= 7


def test_no_held_out_question_is_trained_on() -> None:
    topics = load_topics()
    for language in LANGUAGES:
        wordings = [topic.wordings[language] for topic in topics]
        trained = {normalised(ask) or ask for one in wordings for ask in one.asks}
        held_out = {normalised(ask) or ask for one in wordings for ask in one.held_out}
        assert not trained & held_out


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_unique_in_a_language(language: Language) -> None:
    answers = [topic.wordings[language].answer for topic in load_topics()]
    assert len(set(answers)) == len(answers)


def test_normalised_ignores_case_width_spaces_and_punctuation() -> None:
    assert normalised("Ｈow do I Quit？") == normalised("how do i quit!")


def test_a_file_of_one_topic_is_read(write: WriteFile) -> None:
    (topic,) = load_topics(write(TOPIC.format(id="a-b", answer="x", ask="three")))
    assert topic.identifier == "a-b"
    assert topic.wordings["en"].asks == ("three",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[topic", "is not TOML"),
        (TOPIC.format(id="A b", answer="x", ask="y"), "'A b'.*kebab-case"),
        (TOPIC.format(id="a", answer="", ask="y"), "topic a, en: the answer"),
        (TOPIC.format(id="a", answer="x", ask="One?"), "topic a, en: 'One\\?'.*also"),
        (TOPIC.format(id="a", answer="x", ask=" "), "topic a, en: ask has an entry"),
        (TOPIC.format(id="a", answer="x", ask="y") * 2, "topic a: the id occurs twice"),
        (
            TOPIC.format(id="a", answer="x", ask="y")
            + TOPIC.format(id="b", answer="x", ask="z"),
            "topic b, en: the answer is also that of topic a",
        ),
        (
            TOPIC.format(id="a", answer="x", ask="y").replace('"two"', ""),
            "topic a, en: held_out needs exactly 2",
        ),
        ('[[topic]]\nid = "a"\n', "topic a, en: this language is missing"),
    ],
)
def test_a_wrong_file_is_refused_with_topic_and_reason(
    write: WriteFile,
    text: str,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        load_topics(write(text))

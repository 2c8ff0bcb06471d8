"""The single questions that training draws from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mlxtui.guide.questions import LANGUAGES, Language, Topic

_NONSENSE_TOPIC: Final = "off-nonsense"


@dataclass(frozen=True)
class Example:
    """One question of training with its answer.

    Attributes:
        answer_number: Place of its answer among the answers of all topics and
            languages, from 0.
        language: Language of the question and of the answer.
        question: As written in the questions file.
        answer: Word for word.
        means_nothing: Whether random letters would get the same answer.
    """

    answer_number: int
    language: Language
    question: str
    answer: str
    means_nothing: bool = False


def examples_of(topics: Sequence[Topic]) -> list[Example]:
    """Returns the trained questions of all topics, never the held-out ones."""
    return [
        Example(
            topic_number * len(LANGUAGES) + language_number,
            language,
            ask,
            topic.wordings[language].answer,
            means_nothing=topic.identifier == _NONSENSE_TOPIC,
        )
        for topic_number, topic in enumerate(topics)
        for language_number, language in enumerate(LANGUAGES)
        for ask in topic.wordings[language].asks
    ]

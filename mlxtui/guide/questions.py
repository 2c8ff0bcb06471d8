"""Reads and checks the questions and answers that the guide is trained on."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Language = Literal["en", "ja"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ja")
QUESTIONS_FILE: Final = Path(__file__).parent / "questions.toml"
HELD_OUT_COUNT: Final = 2  # questions per topic and language, never trained on
_IDENTIFIER: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Wording:
    """One language of a topic.

    Attributes:
        answer: The answer, word for word, as Markdown.
        asks: The questions that training sees.
        held_out: The questions that only measure the trained model.
    """

    answer: str
    asks: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """One thing that the guide can answer, in every language."""

    identifier: str
    wordings: Mapping[Language, Wording]


def normalised(question: str) -> str:
    """Returns a question without case, character width, spaces and punctuation.

    Two questions with the same normalised form count as the same question.
    """
    folded = unicodedata.normalize("NFKC", question).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def load_topics(path: Path = QUESTIONS_FILE) -> tuple[Topic, ...]:
    """Reads and checks a questions file.

    Args:
        path: A TOML file of `[[topic]]` entries.

    Returns:
        The topics in the order of the file.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If the file is not TOML, or a topic is wrong; the message
            names the topic and the reason.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("topic", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name} is not TOML: {error}") from error
    topics = tuple(_topic(entry) for entry in entries)
    _check_no_repeats(topics)
    return topics


def _topic(entry: Mapping[str, object]) -> Topic:
    identifier = entry.get("id")
    if not isinstance(identifier, str) or not _IDENTIFIER.fullmatch(identifier):
        raise ValueError(f"topic {identifier!r}: the id is not kebab-case")
    wordings = {
        language: _wording(f"topic {identifier}, {language}", entry.get(language))
        for language in LANGUAGES
    }
    return Topic(identifier, wordings)


def _wording(place: str, entry: object) -> Wording:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{place}: this language is missing")
    answer = entry.get("answer")
    if not isinstance(answer, str) or not answer or answer != answer.strip():
        raise ValueError(f"{place}: the answer is missing or has outer spaces")
    asks = _questions(place, "ask", entry.get("ask"))
    held_out = _questions(place, "held_out", entry.get("held_out"))
    if len(held_out) != HELD_OUT_COUNT:
        raise ValueError(f"{place}: held_out needs exactly {HELD_OUT_COUNT} questions")
    return Wording(answer, asks, held_out)


def _questions(place: str, key: str, entry: object) -> tuple[str, ...]:
    if not isinstance(entry, list) or not entry:
        raise ValueError(f"{place}: {key} is missing")
    questions = tuple(question for question in entry if isinstance(question, str))
    if len(questions) != len(entry) or not all(map(str.strip, questions)):
        raise ValueError(f"{place}: {key} has an entry that is not text")
    return questions


def _check_no_repeats(topics: tuple[Topic, ...]) -> None:
    identifiers: set[str] = set()
    answers: dict[tuple[Language, str], str] = {}
    questions: dict[tuple[Language, str], str] = {}
    for topic in topics:
        if topic.identifier in identifiers:
            raise ValueError(f"topic {topic.identifier}: the id occurs twice")
        identifiers.add(topic.identifier)
        for language, wording in topic.wordings.items():
            place = f"topic {topic.identifier}, {language}"
            other = answers.setdefault((language, wording.answer), place)
            if other != place:
                raise ValueError(f"{place}: the answer is also that of {other}")
            for question in (*wording.held_out, *wording.asks):
                # A question without any letter, such as "???", is its own form.
                key = (language, normalised(question) or question)
                if key in questions:
                    raise ValueError(
                        f"{place}: {question!r} is also asked in {questions[key]}"
                    )
                questions[key] = place

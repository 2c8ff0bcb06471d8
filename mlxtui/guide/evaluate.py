"""Measures how often the guide gives the right answer word for word."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import mlx.core as mx
import numpy as np
from tokenizers import Tokenizer

from mlxtui.guide.questions import LANGUAGES, Language, Topic
from mlxtui.guide.tokenizer import ASSISTANT, BEGIN, END, USER, token_id

_BATCH_QUESTIONS: Final = 25  # 25 conversations of 900 tokens take about 1 GB


@dataclass(frozen=True)
class Asked:
    """A question with the answer it should get."""

    topic: str
    language: Language
    question: str
    answer: str


def held_out_questions(topics: Sequence[Topic]) -> list[Asked]:
    """Returns all held-out questions."""
    return [
        Asked(topic.identifier, language, question, topic.wordings[language].answer)
        for topic in topics
        for language in LANGUAGES
        for question in topic.wordings[language].held_out
    ]


def earlier_turns(topics: Sequence[Topic], turns: int, seed: int) -> str:
    """Returns random trained turns that stand before a question, as text.

    Args:
        topics: Where the turns come from.
        turns: How many turns.
        seed: Gives the choice.
    """
    generator = Random(seed)
    text = BEGIN
    for _ in range(turns):
        wording = generator.choice(topics).wordings[generator.choice(LANGUAGES)]
        question = generator.choice(wording.asks)
        text += f"{USER} {question}{ASSISTANT}{wording.answer}{END}"
    return text


def right_answers(
    network: Any, tokenizer: Tokenizer, asked: Sequence[Asked], before: Sequence[str]
) -> list[bool]:
    """Tells for each question whether its answer is right word for word.

    The likeliest next token is looked up after each token of the right answer;
    if it is always the next one, then an answer at temperature 0 is this one.

    Args:
        network: A network with the interface of `mlx_lm`.
        tokenizer: Its tokenizer.
        asked: The questions.
        before: The conversation before each question, from the begin token on.
    """
    end = token_id(tokenizer, END)
    right: list[bool] = []
    for first in range(0, len(asked), _BATCH_QUESTIONS):
        part = asked[first : first + _BATCH_QUESTIONS]
        prompts = [
            tokenizer.encode(f"{earlier}{USER} {one.question}{ASSISTANT}").ids
            for earlier, one in zip(before[first:], part, strict=False)
        ]
        answers = [[*tokenizer.encode(one.answer).ids, end] for one in part]
        rows = [
            prompt + answer for prompt, answer in zip(prompts, answers, strict=True)
        ]
        tokens = np.full((len(rows), max(map(len, rows))), end, dtype=np.int32)
        for number, row in enumerate(rows):
            tokens[number, : len(row)] = row
        likeliest = np.array(mx.argmax(network(mx.array(tokens)), axis=-1))
        for number, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
            start = len(prompt) - 1
            found = likeliest[number, start : start + len(answer)]
            right.append(found.tolist() == answer)
    return right

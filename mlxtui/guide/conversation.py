"""Packs questions and answers into conversations for training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from mlxtui.guide.augment import augment
from mlxtui.guide.examples import Example
from mlxtui.guide.letters import random_letters
from mlxtui.guide.tokenizer import (
    ASSISTANT,
    BEGIN,
    END,
    USER,
    QuestionEncoder,
    token_id,
)

# In most conversations all answers end after their first tokens, without an end token
# and so without a loss there: those tokens choose the answer, which is what training
# is short of, and such a conversation holds twice the questions at the same cost. The
# others, and all long ones, are as in the app.
_SHORT_SHARE: Final = 0.6
_LONG_TOKENS: Final = 512  # from this length on no conversation has short answers
_SHORT_TOKENS: Final = 6

# No list of nonsense is long enough: half of it is made new each time.
_RANDOM_SHARE: Final = 0.5

_PLAIN_SHARE: Final = 0.2  # questions kept as written in the file
_CUT_SHARE: Final = 0.08  # words of a question cut in two (see QuestionEncoder)
# The first tokens of an answer choose it, and all others only go on.
_FIRST_TOKENS: Final = 6
_FIRST_WEIGHT: Final = 3.0


@dataclass(frozen=True)
class Batch:
    """Conversations of one training step.

    Attributes:
        tokens: int32 (conversations, length), filled up with the end token.
        places: int32 (predictions,), indices into the flattened tokens where the
            next token is learnt.
        targets: int32 (predictions,), these next tokens.
        weights: float32 (predictions,), their share of the loss.
        starts: int32 (answers,), indices of the assistant tokens.
        answer_numbers: int32 (answers,), which answer it is; see `Example`.
    """

    tokens: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int32]
    answer_numbers: npt.NDArray[np.int32]


class Packer:
    """Makes batches without end; the same seed gives the same batches."""

    def __init__(
        self, examples: Sequence[Example], tokenizer: Tokenizer, generator: Random
    ) -> None:
        self._examples = list(examples)
        self._generator = generator
        self._encoder = QuestionEncoder(tokenizer)
        self._begin, self._user, self._assistant, self._end = (
            token_id(tokenizer, token) for token in (BEGIN, USER, ASSISTANT, END)
        )
        self._answers = {
            example.answer: [*tokenizer.encode(example.answer).ids, self._end]
            for example in examples
        }
        self._order = self._endless()

    def question(self) -> tuple[list[int], int]:
        """Returns the tokens of the next question and the number of its answer."""
        example = next(self._order)
        return self._question(example), example.answer_number

    def batch(self, conversations: int, length: int) -> Batch:
        """Returns a batch of so many conversations, each filled to `length`."""
        tokens = np.full((conversations, length), self._end, dtype=np.int32)
        places: list[int] = []
        targets: list[int] = []
        weights: list[float] = []
        starts: list[int] = []
        numbers: list[int] = []
        for row in range(conversations):
            first = row * length
            text = [self._begin]
            is_short = length < _LONG_TOKENS and self._generator.random() < _SHORT_SHARE
            while len(text) < length:
                example = next(self._order)
                text += [self._user, *self._question(example), self._assistant]
                start = len(text) - 1
                answer = self._answers[example.answer]
                if is_short:
                    answer = answer[:_SHORT_TOKENS]
                if start < length:
                    starts.append(first + start)
                    numbers.append(example.answer_number)
                learnt = answer[: max(0, length - start)]
                places += range(first + start, first + start + len(learnt))
                targets += learnt
                weights += [
                    _FIRST_WEIGHT if number < _FIRST_TOKENS else 1.0
                    for number in range(len(learnt))
                ]
                text += answer
            tokens[row] = text[:length]
        return Batch(
            tokens,
            np.array(places, dtype=np.int32),
            np.array(targets, dtype=np.int32),
            np.array(weights, dtype=np.float32),
            np.array(starts, dtype=np.int32),
            np.array(numbers, dtype=np.int32),
        )

    def _question(self, example: Example) -> list[int]:
        generator = self._generator
        if example.means_nothing and generator.random() < _RANDOM_SHARE:
            letters = random_letters(example.language, generator)
            return self._encoder.encode(letters, generator, 0.0)
        if generator.random() < _PLAIN_SHARE:
            return self._encoder.encode(example.question, generator, 0.0)
        question = augment(example.question, example.language, generator)
        return self._encoder.encode(question, generator, _CUT_SHARE)

    def _endless(self) -> Iterator[Example]:
        while True:
            self._generator.shuffle(self._examples)
            yield from self._examples

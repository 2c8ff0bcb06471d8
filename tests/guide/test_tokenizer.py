"""The tokenizer: any text comes back, and questions encode as in a chat."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mlxtui.guide import MODEL_FOLDER
from mlxtui.guide.questions import load_topics
from mlxtui.guide.tokenizer import (
    SPECIAL_TOKENS,
    USER,
    QuestionEncoder,
    train_tokenizer,
)

TEXTS = [
    "How do I quit the app? Press **Ctrl+Q**.",
    "終了するには？ アプリを閉じます。",
]
SMALL = train_tokenizer(TEXTS * 3, 320)
BUILT = Tokenizer.from_file(str(MODEL_FOLDER / "tokenizer.json"))


def decoded(tokenizer: Tokenizer, ids: list[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=False)


@given(text=st.text())
def test_any_text_comes_back(text: str) -> None:
    assert decoded(SMALL, SMALL.encode(text).ids) == text
    assert decoded(BUILT, BUILT.encode(text).ids) == text


def test_training_is_repeatable() -> None:
    assert train_tokenizer(TEXTS * 3, 320).to_str() == SMALL.to_str()


def test_special_tokens_are_the_first_tokens() -> None:
    assert [SMALL.token_to_id(token) for token in SPECIAL_TOKENS] == [0, 1, 2, 3]


@given(question=st.text(min_size=1).filter(lambda text: "<|" not in text))
def test_a_question_without_cuts_encodes_as_in_the_chat(question: str) -> None:
    encoder = QuestionEncoder(SMALL)
    ids = encoder.encode(question, Random(0), 0.0)
    assert [SMALL.token_to_id(USER), *ids] == SMALL.encode(f"{USER} {question}").ids


@given(question=st.text(min_size=1), seed=st.integers(0, 2**32))
def test_a_question_with_cuts_is_the_same_text(question: str, seed: int) -> None:
    ids = QuestionEncoder(SMALL).encode(question, Random(seed), 0.5)
    assert decoded(SMALL, ids) == f" {question}"


def test_the_built_tokenizer_covers_every_answer() -> None:
    for topic in load_topics():
        for wording in topic.wordings.values():
            ids = BUILT.encode(wording.answer).ids
            assert decoded(BUILT, ids) == wording.answer
            # A text that training saw has far fewer tokens than bytes.
            assert len(ids) < len(wording.answer.encode()) / 2

"""Changes the letters of a question, as fast or careless typing does."""

import re
import string
from random import Random
from typing import Final

from mlxtui.guide.questions import Language

_TYPO_SHARE: Final = 0.3  # of the questions
_WIDE_QUESTION_MARK: Final = "\uff1f"
_KANA: Final = (
    "\u3042\u3044\u3048\u304a\u304b\u3051\u3055\u305d\u306c\u307b\u3084\u3093"
)
_NONSENSE_LETTERS: Final = {"en": string.ascii_lowercase + "0123?!.", "ja": _KANA}
_LATIN: Final = re.compile(r"[A-Za-z]")


def letter_case(question: str, generator: Random) -> str:
    """Returns a question in lower case, upper case, or with a large first letter."""
    chance = generator.random()
    if chance < 0.4:
        return question.lower()
    if chance < 0.44:
        return question.upper()
    return question[:1].upper() + question[1:] if chance < 0.75 else question


def width(question: str, generator: Random) -> str:
    """Returns a question with Japanese wide signs, or all in wide letters."""
    chance = generator.random()
    if chance < 0.08:
        # U+FF01 to U+FF5E are the wide forms of "!" to "~".
        wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
        return question.translate(wide)
    if chance < 0.5:
        return question.replace("?", _WIDE_QUESTION_MARK)
    return question


def typo(question: str, generator: Random) -> str:
    """Returns a question with one Latin letter swapped, missing, doubled or wrong."""
    places = [found.start() for found in _LATIN.finditer(question)]
    if len(places) < 4 or generator.random() >= _TYPO_SHARE:
        return question
    place = generator.choice(places[:-1])
    pair = question[place : place + 2]
    neighbour = generator.choice(string.ascii_lowercase)
    typed = generator.choice(
        [pair[::-1], pair[1:], pair[0] + pair, neighbour + pair[1:]]
    )
    return question[:place] + typed + question[place + 2 :]


def random_letters(language: Language, generator: Random) -> str:
    """Returns one or two words of letters that mean nothing."""
    letters = _NONSENSE_LETTERS[language]
    words = [
        "".join(generator.choices(letters, k=generator.randint(2, 9)))
        for _ in range(generator.randint(1, 2))
    ]
    return " ".join(words)

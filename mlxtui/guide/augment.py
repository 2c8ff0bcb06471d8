"""Varies the wording of questions, so that training sees how people write.

All functions are pure: the same question and the same random numbers give the
same variation.
"""

import re
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from mlxtui.guide.letters import letter_case, typo, width
from mlxtui.guide.questions import Language

_WORDING_FILE: Final = Path(__file__).parent / "wording.toml"

# Shares of the questions that one kind of change touches. Together they leave
# about one question in six as it was written.
_REPLACE_SHARE: Final = 0.35  # of the words that a group knows
_ENDS_SHARE: Final = 0.45
_BEFORE_SHARE: Final = 0.2
_KEYWORDS_SHARE: Final = 0.06
_DROP_SHARE: Final = 0.35
_END_SIGNS: Final = "?!. \u3002\uff01\uff1f"  # the last three are Japanese


def augment(question: str, language: Language, generator: Random) -> str:
    """Returns a variation of a question in the same language.

    Args:
        question: The question as written in the questions file.
        language: Its language.
        generator: Gives the choices.

    Returns:
        A question with the same meaning, or the same question; never empty.
    """
    varied = _JAPANESE if language == "ja" else _ENGLISH
    changed = question
    for change in varied:
        changed = change(changed, generator)
    changed = changed.strip()
    return changed if any(map(str.isalnum, changed)) else question


@cache
def _lists(language: Language) -> dict[str, list[str]]:
    words = tomllib.loads(_WORDING_FILE.read_text(encoding="utf-8"))[language]
    return {key: value for key, value in words.items() if key != "groups"}


@cache
def _groups(language: Language) -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """Returns what finds the words of all groups, and the others of each word."""
    words = tomllib.loads(_WORDING_FILE.read_text(encoding="utf-8"))[language]
    others: dict[str, list[str]] = {}
    for group in words["groups"]:
        for word in group:
            others.setdefault(word.casefold(), []).extend(group)
    longest_first = sorted(others, key=lambda word: (-len(word), word))
    pattern = "|".join(map(re.escape, longest_first))
    if language == "en":
        pattern = rf"\b(?:{pattern})\b"
    return re.compile(pattern, re.IGNORECASE), others


def _replace(language: Language) -> Callable[[str, Random], str]:
    def replace(question: str, generator: Random) -> str:
        pattern, others = _groups(language)

        def other(found: re.Match[str]) -> str:
            if generator.random() >= _REPLACE_SHARE:
                return found[0]
            return generator.choice(others.get(found[0].casefold(), [found[0]]))

        return pattern.sub(other, question)

    return replace


def _surround(language: Language) -> Callable[[str, Random], str]:
    def surround(question: str, generator: Random) -> str:
        lists = _lists(language)
        if generator.random() < _BEFORE_SHARE:
            first = question[:1] if question[:2].isupper() else question[:1].lower()
            question = generator.choice(lists["before"]) + first + question[1:]
        if generator.random() < _ENDS_SHARE:
            bare = question.rstrip(_END_SIGNS)
            question = bare + generator.choice(lists["after"])
        return question

    return surround


def _drop_english(question: str, generator: Random) -> str:
    light = set(_lists("en")["light"])
    words = question.split(" ")
    if generator.random() < _KEYWORDS_SHARE:
        words = [word for word in words if word.lower().strip("?.,!") not in light]
    elif len(words) > 3 and generator.random() < _DROP_SHARE:
        places = [
            place
            for place, word in enumerate(words)
            if word.lower() in light or generator.random() < 0.15
        ]
        if places:
            del words[generator.choice(places)]
    return " ".join(words)


def _drop_japanese(question: str, generator: Random) -> str:
    if generator.random() >= _DROP_SHARE:
        return question
    light = "|".join(_lists("ja")["light"])
    # Only after kanji, katakana or Latin letters: elsewhere it may be half a word.
    pattern = rf"(?<=[\u4e00-\u9fff\u30a0-\u30ffA-Za-z])(?:{light})"
    space = generator.choice(["", "", " ", "、"])
    return re.sub(
        pattern,
        lambda found: space if generator.random() < 0.5 else found[0],
        question,
    )


def _swap_ends(question: str, generator: Random) -> str:
    bare = question.rstrip(_END_SIGNS)
    for key in ("ends", "verb_ends", "ask_ends", "short_ends"):
        ends: Sequence[str] = _lists("ja")[key]
        for end in sorted(ends, key=len, reverse=True):
            if len(bare) > len(end) + 1 and bare.endswith(end):
                if generator.random() >= _ENDS_SHARE:
                    return question
                return bare[: -len(end)] + generator.choice(ends)
    return question


_ENGLISH: Final = (_replace("en"), _drop_english, _surround("en"), letter_case, typo)
_JAPANESE: Final = (
    _swap_ends,
    _replace("ja"),
    _drop_japanese,
    _surround("ja"),
    width,
    letter_case,
    typo,
)

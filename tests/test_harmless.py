"""Text of strangers on a terminal: nothing in it drives the terminal."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlxtui.harmless import harmless, one_line

# Unicode's classes of the characters that reorder what is read.
_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}

_ALL_CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1)]


def _drives_the_terminal(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        (category == "Cc" and character not in "\t\n")
        or category in ("Cs", "Zl", "Zp")
        or unicodedata.bidirectional(character) in _REORDERING
        or unicodedata.name(character, "").startswith(("TAG ", "LANGUAGE TAG"))
        or unicodedata.name(character, "") == "CANCEL TAG"
    )


def test_no_character_of_unicode_that_drives_the_terminal_survives() -> None:
    dangerous = [each for each in _ALL_CHARACTERS if _drives_the_terminal(each)]
    assert "\x1b" in dangerous
    survivors = [each for each in dangerous if each in harmless(f"a{each}b")]
    assert survivors == []


def test_every_other_assigned_character_of_unicode_stays() -> None:
    assigned = "".join(
        each
        for each in _ALL_CHARACTERS
        if not _drives_the_terminal(each) and unicodedata.category(each) != "Cn"
    )
    assert harmless(assigned) == assigned


@given(st.text())
def test_what_comes_out_is_harmless_already(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)


@given(st.text(st.characters().filter(str.isprintable)))
def test_printable_text_is_unchanged(text: str) -> None:
    assert harmless(text) == text


@given(st.lists(st.text(st.characters(max_codepoint=0x2100) | st.characters())))
def test_pieces_of_a_stream_come_out_as_the_whole_does(pieces: list[str]) -> None:
    assert "".join(map(harmless, pieces)) == harmless("".join(pieces))


@given(st.text())
def test_only_a_carriage_return_vanishes(text: str) -> None:
    without_returns = text.replace("\r", "")
    assert harmless(text) == harmless(without_returns)
    assert len(harmless(text)) >= len(without_returns)


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧",
        "日本語の\u3000文",
        "שלום",
        "e\u0301",
        "a\tb\nc",
        "co\u00adop",
    ],
)
def test_living_scripts_tabs_and_line_breaks_stay(text: str) -> None:
    assert harmless(text) == text


def test_an_escape_is_seen_as_its_picture() -> None:
    assert harmless("\x1b[2J") == f"{unicodedata.lookup('SYMBOL FOR ESCAPE')}[2J"


def test_hidden_characters_are_seen_by_their_number() -> None:
    override = unicodedata.lookup("RIGHT-TO-LEFT OVERRIDE")
    assert f"{ord(override):X}" in harmless(override)


@given(st.text())
def test_one_line_is_one_line_without_blanks_around_it(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()


def test_one_line_keeps_the_words() -> None:
    assert one_line("a\n  b\t\x07c") == f"a b {harmless(chr(7))}c"

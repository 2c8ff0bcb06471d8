"""Lines break where Japanese and English break them, and nothing is lost."""

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, split_graphemes

from mlxtui.ui.markdown.kinsoku import NO_LINE_END, NO_LINE_START, SPACES
from mlxtui.ui.markdown.wrap import wrap
from tests.data import SHARED, needs_shared_data

JAPANESE = "あいアイ漢字ー、。」）（「…ッょABCdef12"
WESTERN = "abc é’“ ,.)(-"
ODD = " \u3000\u0301\u200d\ufe0f👩👧❤한국A、「"

widths = st.integers(1, 24)


def lines(text: str, width: int) -> list[str]:
    """The lines of a text."""
    return [text[start:end] for start, end in wrap(text, width)]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 8, ["one two", "three"]),
        ("one  two", 4, ["one", "two"]),
        ("internationalization", 8, ["internat", "ionaliza", "tion"]),
        ("これはtextualの話", 10, ["これは", "textualの", "話"]),
        ("これはtextualの話", 14, ["これはtextual", "の話"]),
        ("東京に行く。明日", 10, ["東京に行", "く。明日"]),
        ("彼は「はい」と", 6, ["彼は", "「は", "い」と"]),
        ("もっとーーー", 6, ["もっ", "とーー", "ー"]),
        ("。。。。", 4, ["。。", "。。"]),
        ("漢字", 1, ["漢", "字"]),
        ("価格は￥100です", 8, ["価格は", "￥100で", "す"]),
        ("see the .gitignore", 8, ["see the", ".gitigno", "re"]),
        ("call f( x ) now", 7, ["call", "f( x )", "now"]),
        ("한국어 문장", 8, ["한국어", "문장"]),
        ("全角\u3000空白", 5, ["全角", "空白"]),
        ("", 5, [""]),
        ("   ", 2, [""]),
    ],
)
def test_where_lines_break(text: str, width: int, expected: list[str]) -> None:
    assert lines(text, width) == expected


def test_spaces_at_the_start_are_the_author_s() -> None:
    assert lines("  one two", 6) == ["  one", "two"]


@given(st.text(JAPANESE + WESTERN + ODD, max_size=60), widths)
def test_only_spaces_are_lost(text: str, width: int) -> None:
    kept = "".join(lines(text, width))
    assert [c for c in kept if c not in SPACES] == [c for c in text if c not in SPACES]


@given(st.text(JAPANESE + WESTERN + ODD, max_size=60), widths)
def test_no_line_is_too_wide(text: str, width: int) -> None:
    for line in lines(text, width):
        # One character that does not fit stands alone.
        assert cell_len(line) <= width or len(split_graphemes(line)[0]) == 1


@given(st.text(JAPANESE + ODD, max_size=60), widths)
def test_characters_that_are_seen_as_one_stay_together(text: str, width: int) -> None:
    edges = {start for start, _end, _cells in split_graphemes(text)[0]}
    for start, _end in wrap(text, width)[1:]:
        assert start in edges


def may_break(text: str, index: int) -> bool:
    """Whether kinsoku lets a line begin at this character."""
    return text[index] not in NO_LINE_START and text[index - 1] not in NO_LINE_END


@given(st.text(JAPANESE, max_size=80), widths)
def test_kinsoku_yields_only_when_a_line_could_not_end_elsewhere(
    text: str, width: int
) -> None:
    spans = wrap(text, width)
    for (first, _end), (start, _next) in zip(spans, spans[1:], strict=False):
        if not may_break(text, start):
            assert not any(may_break(text, index) for index in range(first + 1, start))


@given(st.text("あ漢、」abc", max_size=60), st.integers(6, 24))
def test_a_latin_word_is_whole_when_a_line_has_room_for_it(
    text: str, width: int
) -> None:
    words = [match.span() for match in re.finditer("[abc]+", text)]
    for start, _end in wrap(text, width)[1:]:
        for first, last in words:
            # Marks that stay with it need room, too.
            after = len(re.match("[、」]*", text[last:]).group())  # type: ignore[union-attr]
            if cell_len(text[first : last + after]) <= width - 2:
                assert not first < start < last


def japanese_texts() -> Iterator[str]:
    """Paragraphs that people wrote."""
    squad = json.loads((SHARED / "rag" / "jsquad-valid-v1.3.json").read_text("utf-8"))
    for article in squad["data"][::2]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"].partition("[SEP]")[2].strip()
    for page in sorted((SHARED / "docs" / "ja_rust_book").rglob("*.md")):
        for line in page.read_text("utf-8").split("\n"):
            if re.search("[ぁ-ん]", line):
                yield line


@needs_shared_data
@pytest.mark.parametrize("width", [16, 31, 80])
def test_no_line_of_japanese_begins_or_ends_where_it_may_not(width: int) -> None:
    count = 0
    for text in japanese_texts():
        spans = wrap(text, width)
        count += len(spans)
        for start, _end in spans[1:]:
            # ASCII has words like `.gitignore`.
            assert text[start].isascii() or text[start] not in NO_LINE_START, text
        for _start, end in spans[:-1]:
            assert text[end - 1].isascii() or text[end - 1] not in NO_LINE_END, text
    assert count > 1000

"""A text that streams in ends as the same blocks as the whole text at once."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlxtui.ui.markdown import document as document_module
from mlxtui.ui.markdown.blocks import Block, Fence, Heading, Item, Paragraph, Plain, Run
from mlxtui.ui.markdown.document import Document
from mlxtui.ui.markdown.parse import BlockParser, ListContext, Parsed

# Lines that make, end or change blocks in each other's company.
LINES = (
    "text", "more *text*", "**b", "- a", "- b", "  - c", "    - d", "* x", "1. one",
    "2. two", "10. ten", "10.5 x", "   2. in", "", "```", "```py", "   ```", "~~~",
    "````", "  code", "    indented", "\ttab", "| a | b |", "|---|---|", "| 1 | 2 |",
    "|--|", "a | b", "--|--", "---", "===", "***", "# h", "> q", "> - x", "> ```",
    ">", "[r]: http://x", "[r]", "<div>", "</div>", "<!-- c", "-->", "- [ ] t",
    "- [x] u", "-", "+", "1.", "1) z", "日本語。", "`code`", "a\\", "http://e.example",
)  # fmt: skip


def pieces_of(text: str, lengths: list[int]) -> list[str]:
    """The text cut into pieces of these lengths, over and over."""
    pieces = []
    turn = 0
    while text:
        length = lengths[turn % len(lengths)]
        pieces.append(text[:length])
        text = text[length:]
        turn += 1
    return pieces


def streamed(pieces: list[str]) -> Document:
    """The document of a text that came in these pieces, and did not end."""
    document = Document()
    for piece in pieces:
        document.append(piece)
    return document


def finished(pieces: list[str]) -> list[Block]:
    """The blocks of a text that came in these pieces."""
    document = streamed(pieces)
    document.finish()
    assert document.all_blocks == document.blocks
    return document.blocks


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=14).map("\n".join),
    st.lists(st.integers(1, 12), min_size=1, max_size=30),
)
def test_streamed_text_ends_as_the_whole_text_would(
    text: str, lengths: list[int]
) -> None:
    assert finished(pieces_of(text, lengths)) == Document.of(text).blocks


def test_pieces_of_any_size_change_nothing() -> None:
    chance = random.Random(3)
    text = "\n".join(chance.choices(LINES, k=400))
    whole = Document.of(text).blocks
    assert finished([text]) == whole
    assert finished(list(text)) == whole


def heading_and(tail: str) -> Document:
    """A document that has a heading before its open end."""
    return streamed([f"# Head\n\n{tail}"])


@pytest.mark.parametrize(
    "last", ["`", "``", "```", "```py", "~~~", "-", "--", "---", "=", "#", "|", "| a",
             "1", "12.", "- ", "* [", ">", "+"],
)  # fmt: skip
def test_a_line_that_may_become_a_marker_is_held_back(last: str) -> None:
    document = heading_and("Text.\n" + last)
    assert document.tail == (Paragraph((Run("Text."),)),)
    document.finish()
    assert document.blocks == Document.of(f"# Head\n\nText.\n{last}").blocks


def test_other_lines_are_shown_while_they_are_written() -> None:
    assert heading_and("Tex").tail == (Paragraph((Run("Tex"),)),)
    assert heading_and("10.5 m").tail == (Paragraph((Run("10.5 m"),)),)


def test_a_table_s_header_is_held_back_until_it_is_one() -> None:
    document = heading_and("| a | b |\n|--")
    assert document.tail == ()
    document.append("-|---|\n| 1")
    assert document.open_lines is not None
    assert document.open_lines.lines == ["| a | b |", "|---|---|"]
    assert document.open_lines.partial == ""
    document.append(" | 2 |\n\nEnd")
    assert document.open_lines is None
    assert [type(block).__name__ for block in document.all_blocks] == [
        "Heading", "Table", "Paragraph",
    ]  # fmt: skip


def test_a_bar_that_no_table_follows_is_text() -> None:
    assert heading_and("| a | b |\nno").tail == (Paragraph((Run("| a | b | no"),)),)


def test_an_open_fence_is_plain_lines() -> None:
    document = heading_and("```py\nx = 1\n  y")
    opened = document.open_lines
    assert opened is not None and opened.language == "py"
    assert (opened.lines, opened.partial) == (["x = 1"], "  y")
    document.append(" = 2\n``")
    assert (opened.lines, opened.partial) == (["x = 1", "  y = 2"], "")
    assert document.all_blocks[-1] == Fence("py", "x = 1\n  y = 2\n")
    document.append("`\n")
    assert document.open_lines is None
    assert document.blocks[-1] == Fence("py", "x = 1\n  y = 2\n")


class CountingParser(BlockParser):
    """Counts the characters that it reads."""

    characters = 0

    def parse(
        self,
        source: str,
        references: dict[str, object] | None = None,
        within: ListContext | None = None,
    ) -> Parsed:
        type(self).characters += len(source)
        return super().parse(source, references, within)


@pytest.mark.parametrize(
    "text",
    [
        "```py\n" + "x = call(y)\n" * 500 + "```\n",
        "| a | b |\n|---|---|\n" + "| some | thing |\n" * 300,
        "".join(f"- item {number} of many\n" for number in range(500)),
        "".join(f"{number}. item\n\n   more\n\n" for number in range(300)),
        "A paragraph of words.\n\n" * 300,
    ],
    ids=["fence", "table", "list", "numbers", "paragraphs"],
)
def test_what_is_finished_is_not_parsed_again(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_module, "BlockParser", CountingParser)
    CountingParser.characters = 0
    assert finished(pieces_of(text, [20])) == Document.of(text).blocks
    assert CountingParser.characters < 8 * len(text)


def test_finished_items_of_a_long_list_keep_their_numbers() -> None:
    document = streamed([f"{1}. item\n"] * 40)
    assert len(document.blocks) == 39
    markers = [block.marker for block in document.all_blocks if isinstance(block, Item)]
    assert markers == [f"{number}." for number in range(1, 41)]


def test_an_address_that_comes_late_is_found_at_the_end() -> None:
    document = streamed(["See [it][r].\n\n", "More.\n\n", "[r]: https://a.example\n"])
    assert document.blocks[0] == Paragraph((Run("See [it][r]."),))
    document.finish()
    assert document.revision == 1
    assert document.blocks[0] == Paragraph(
        (Run("See "), Run("it", "link", "https://a.example"), Run("."))
    )


def test_a_text_that_the_parser_cannot_read_is_shown_as_it_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    document = heading_and("Te")

    def fail(*_arguments: object) -> Parsed:
        raise IndexError("odd")

    monkeypatch.setattr(BlockParser, "parse", fail)
    document.append("xt \x1b.\n\nMore")
    document.finish()
    assert document.blocks == [
        Heading(1, (Run("Head"),)),
        Plain("Text ␛.\n\nMore"),
    ]
    assert "odd" in caplog.text


@given(st.text("ab\n`|-#>* [](1.)~", max_size=60))
def test_no_word_is_lost_on_the_way(text: str) -> None:
    document = streamed(list(text))
    document.finish()
    shown = repr(document.blocks)
    for word in ("aa", "bb", "ab"):
        assert (word in text) <= (word in shown) or "](" in text or "]" in text

"""Markdown becomes blocks that have no power over the app."""

import pytest

from mlxtui.ui.markdown.blocks import (
    Block,
    Fence,
    Heading,
    Item,
    Paragraph,
    Plain,
    Quote,
    Rule,
    Run,
    Table,
)
from mlxtui.ui.markdown.document import Document


def blocks(text: str) -> list[Block]:
    """The blocks of a text."""
    return Document.of(text).blocks


def runs(text: str) -> tuple[Run, ...]:
    """The runs of a text of one paragraph."""
    (block,) = blocks(text)
    assert isinstance(block, Paragraph)
    return block.text


def plain(text: str) -> tuple[Run, ...]:
    """A text without styles."""
    return (Run(text),)


def test_styles_are_named_and_nest() -> None:
    assert runs("a **b *c* `d`** ~~e~~") == (
        Run("a "),
        Run("b ", "strong"),
        Run("c", "strong emphasis"),
        Run(" ", "strong"),
        Run("d", "strong code"),
        Run(" "),
        Run("e", "strike"),
    )


def test_links_keep_their_address() -> None:
    assert runs("[a](https://b.example)") == (Run("a", "link", "https://b.example"),)
    assert runs("https://b.example") == (
        Run("https://b.example", "link", "https://b.example"),
    )
    assert runs("![alt](https://b.example/c.png)") == (
        Run("alt", "link", "https://b.example/c.png"),
    )


def test_an_image_without_words_shows_its_address() -> None:
    assert runs("![](c.png)") == (Run("c.png", "link", "c.png"),)


def test_a_line_break_is_a_space_but_not_in_japanese() -> None:
    assert runs("one\ntwo") == plain("one two")
    assert runs("日本\n語") == plain("日本語")
    assert runs("one<br>two") == plain("one\ntwo")


def test_html_is_shown_as_it_was_written() -> None:
    assert blocks("<div>\n<b>x</b>\n</div>") == [Plain("<div>\n<b>x</b>\n</div>")]
    assert runs("a <b>c</b>") == plain("a <b>c</b>")


def test_blocks_of_every_kind() -> None:
    text = "# h\n\n> q\n\n---\n\n```py x\n1\n```\n\n    2\n\n|a|b|\n|:-:|-:|\n|c|\n"
    cells = (plain("a"), plain("b"))
    assert blocks(text) == [
        Heading(1, plain("h")),
        Quote((Paragraph(plain("q")),)),
        Rule(),
        Fence("py", "1\n"),
        Fence("", "2\n"),
        Table(("center", "right"), cells, ((plain("c"), ()),)),
    ]


def item(text: str, marker: str = "•", **options: object) -> Item:
    """An item of one paragraph."""
    kept = {"is_done": None, "is_apart": False, "is_loose": False, **options}
    return Item(marker, blocks=(Paragraph(plain(text)),), **kept)  # type: ignore[arg-type]


def test_a_list_is_its_items() -> None:
    assert blocks("- a\n- b\n\n- c") == [
        item("a", is_apart=True),
        item("b"),
        item("c", is_apart=True),
    ]


def test_numbers_go_on_from_the_first() -> None:
    found = blocks("3. a\n3. b\n\n   c\n9. d")
    assert [block.marker for block in found if isinstance(block, Item)] == [
        "3.", "4.", "5.",
    ]  # fmt: skip


def test_tasks_have_boxes() -> None:
    assert blocks("- [x] a\n- [ ] b\n- [y] c") == [
        item("a", is_done=True, is_apart=True),
        item("b", is_done=False),
        item("[y] c"),
    ]


@pytest.mark.parametrize("text", ["\x1b[31mx", "&#27;[31mx", "`\x1b`", "a&#x202e;b"])
def test_text_is_harmless_when_entities_are_decoded_too(text: str) -> None:
    shown = "".join(run.text for run in runs(text))
    assert not set(shown) & {"\x1b", "\u202e"}


def test_markup_is_text() -> None:
    assert runs("[bold]x[/] [@click=app.quit]") == plain("[bold]x[/] [@click=app.quit]")


def test_code_is_as_it_was_written() -> None:
    (fence,) = blocks("```\n\ta\x1b[0m  \n\n```")
    assert fence == Fence("", "\ta\x1b[0m  \n\n")


def test_a_paragraph_without_an_end_is_parsed_whole() -> None:
    text = "word **bold** " * 2000
    assert "".join(run.text for run in runs(text)) == ("word bold " * 2000).strip()


def test_deep_nesting_ends_somewhere() -> None:
    assert blocks("> " * 500 + "x")
    assert blocks("".join("  " * depth + "- x\n" for depth in range(100)))

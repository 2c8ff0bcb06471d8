"""Blocks become lines of a width; text is never cut off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mlxtui import i18n
from mlxtui.ui.markdown.code import highlight
from mlxtui.ui.markdown.document import Document
from mlxtui.ui.markdown.line import Line
from mlxtui.ui.markdown.lines import blocks_lines
from mlxtui.ui.markdown.tables import column_widths

EVERYTHING = """# A heading that is rather long for a narrow window

Text with **bold words** and `code in it`, [a link](https://a.example/path).

- an item that is long enough to be wrapped
  1. inner
     - [x] innermost, with words

> A quote of several words
> > nested

| Model | Size |
|:------|-----:|
| guide | 2.6 MB |
| a long name of a model | **2.3 GB** |

```python
def function(parameter):\treturn parameter  # a long line of code
```

---

日本語の文章です。「折り返し」ます。
"""


def lines(text: str, width: int = 40) -> list[Line]:
    """The lines of Markdown."""
    return list(blocks_lines(Document.of(text).blocks, width))


def texts(text: str, width: int = 40) -> list[str]:
    """What the lines of Markdown say."""
    return [line.text.rstrip() for line in lines(text, width)]


@pytest.mark.parametrize("width", range(1, 60))
def test_no_line_is_too_wide(width: int) -> None:
    for line in lines(EVERYTHING, width):
        # A wide character does not fit into one cell.
        assert cell_len(line.text) <= max(width, 2)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 13, 21])
def test_no_character_is_lost_at_a_narrow_width(width: int) -> None:
    # A narrow table says its header in each row.
    text = EVERYTHING.partition("| Model")[0] + "\n```\nsome code here\n```\n"

    def letters(drawn: list[Line]) -> str:
        return "".join(c for line in drawn for c in line.text if c.isalnum())

    assert letters(lines(text, width)).replace("copy", "") == letters(
        lines(text, 200)
    ).replace("copy", "")


def test_items_hang_under_their_text() -> None:
    assert texts("- one two three\n  1. four five six\n- [ ] x", 14) == [
        "• one two",
        "  three",
        "   1. four",
        "      five six",
        "• [ ] x",
    ]


def test_numbers_stand_under_each_other() -> None:
    assert texts("9. a\n10. b") == [" 9. a", "10. b"]


def test_items_are_apart_as_they_were_written() -> None:
    assert texts("- a\n- b\n\n  c\n\n- d") == ["• a", "• b", "", "  c", "", "• d"]


def test_a_quote_has_a_bar() -> None:
    assert texts("> a\n> > b", 20) == ["▎ a", "▎", "▎ ▎ b"]


def test_a_table_aligns_its_columns() -> None:
    table = "| a | b | c |\n|---|:-:|--:|\n| one | two | three |\n| x | y | z |\n"
    assert texts(table) == [
        "a   │  b  │     c",
        "────┼─────┼──────",
        "one │ two │ three",
        "x   │  y  │     z",
    ]


def test_cells_wrap_and_rows_are_apart_then() -> None:
    assert texts("| n | text |\n|-|-|\n| 1 | some words here |\n| 2 | x |\n", 14) == [
        "n │ text",
        "──┼───────────",
        "1 │ some words",
        "  │ here",
        "──┼───────────",
        "2 │ x",
    ]


def test_a_table_too_wide_for_the_window_becomes_a_list() -> None:
    header = "|".join(f"name{index}" for index in range(6))
    row = "|".join(f"some value {index}" for index in range(6))
    shown = texts(f"{header}\n{'|'.join('---' for _ in range(6))}\n{row}\n{row}", 30)
    assert shown[0] == "name0: some value 0"
    assert shown[6] == ""
    assert len(shown) == 13


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(1, 120))
def test_columns_fit_into_the_width(natural: list[int], width: int) -> None:
    widths = column_widths(natural, width)
    if widths is None:
        return
    assert sum(widths) + 3 * (len(widths) - 1) <= width
    for wanted, got in zip(natural, widths, strict=True):
        assert got == wanted or 6 <= got < wanted


def test_code_has_a_header_and_keeps_its_spaces() -> None:
    drawn = lines("```py\nx  =  1\n\n\ty\n```", 20)
    assert [line.text for line in drawn] == [
        " py            copy",
        " x  =  1",
        " ",
        "     y",
    ]
    assert all(line.fill == "fence" for line in drawn)
    assert [line.copied for line in drawn[1:]] == ["x  =  1", "", "    y"]


def test_long_code_goes_on_under_itself() -> None:
    assert texts("```\n" + "x" * 20 + "\n```", 12)[1:] == [" " + "x" * 10] * 2


def test_the_header_speaks_the_user_s_language() -> None:
    i18n.set_language("ja")
    (header, *_others) = texts("```py\nx\n```")
    assert "py" in header and i18n._("copy") in header


def test_the_header_is_harmless() -> None:
    assert "⟨U+202E⟩" in texts("```\u202e\nx\n```")[0]


def test_headings_have_styles_and_no_boxes() -> None:
    (heading,) = lines("## Two")
    assert [run.style for run in heading.runs] == ["heading"]
    assert lines("##### Five")[0].runs[0].style == "subheading"


def test_a_line_of_text_has_the_same_ink_at_every_width() -> None:
    whole = sum(line.ink for line in lines(EVERYTHING, 200))
    for width in (40, 60, 80):
        assert sum(line.ink for line in lines(EVERYTHING, width)) == whole


def test_code_is_coloured_line_by_line() -> None:
    code = 'def f():\n    """Doc\n    more"""\n    return 1  # one\n'
    coloured = highlight("python", code)
    assert coloured is not None
    assert ["".join(text for text, _ in line) for line in coloured] == code.split("\n")[
        :-1
    ]
    assert ("def", "keyword") in coloured[0]
    assert coloured[2] == (('    more"""', "string"),)
    assert coloured[3][-1] == ("# one", "comment")


@pytest.mark.parametrize(
    ("language", "code"),
    [("", "x\n"), ("no such language", "x\n"), ("python", "x" * 300_000 + "\n"),
     ("python", "x" * 3000 + "\n")],
)  # fmt: skip
def test_some_code_stays_plain(language: str, code: str) -> None:
    assert highlight(language, code) is None


def test_colouring_can_be_cancelled() -> None:
    assert highlight("python", "x = 1\n" * 9000, lambda: True) is None

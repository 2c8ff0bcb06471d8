"""Markdown that streams in ends as the same blocks as the whole text at once."""

import random

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownFence

from mlxtui.ui.widgets.turn import AnswerTurn
from tests.recorded import STATS

HEADINGS = """# One

Text.

## Two
More *text*.

Setext
======

### Three

End."""

LISTS = """Before:

- one
- two
  - inner
  - inner too

    with a paragraph
- three

1. first
2. second
   1. deeper
   2. deepest
3. third

After.
"""

TABLE = """A table:

| Model | Size |
|:------|-----:|
| guide | 2.6 MB |
| `Qwen3` | **2.3 GB** |

Text after it.

| a |
|---|
| b |
"""

FENCES = """Run:

```sh
mlxtui run guide 'hi'

# not a heading
```

and then

```python
def f():
    return 1
- not a list
```
Text right after it.

~~~
```
inner
```
~~~

The *end*.
"""

NESTED = """> A quote
> - with a list
>   ```py
>   x = 1
>   ```
> and more

1. Step:

   ```sh
   ls -l
   ```

   | a | b |
   |---|---|
   | 1 | 2 |

2. Next

---

Last **words**, [a link](https://example.com) and `code`.
"""

JAPANESE = """## 手順

1. **Ctrl+O** を押す
2. 選ぶ

| 名前 | 大きさ |
|---|---|
| 案内 | 2 MB |
"""

OPEN_ENDED = "Text\n\n```python\nprint('never closed')\n\n# still code"

EVERYTHING = "\n".join((HEADINGS, LISTS, TABLE, FENCES, NESTED, JAPANESE))

DOCUMENTS = {
    "headings": HEADINGS,
    "lists": LISTS,
    "table": TABLE,
    "fences": FENCES,
    "nested": NESTED,
    "japanese": JAPANESE,
    "open-ended": OPEN_ENDED,
    "everything": EVERYTHING,
}

Block = tuple[str, str, list["Block"]]


class OneAnswer(App[None]):
    """An answer alone on the screen."""

    def compose(self) -> ComposeResult:
        yield AnswerTurn("guide")


def blocks_of(widget: Widget) -> list[Block]:
    """The blocks inside a widget: their kinds, texts and own blocks."""
    return [
        (kind_of(child), text_of(child), blocks_of(child))
        for child in widget.children
        if child.display
    ]


def kind_of(widget: Widget) -> str:
    """The class of a block; a table's cells have one or the other after an update."""
    return "Cell" if widget.has_class("cell") else type(widget).__name__


def text_of(widget: Widget) -> str:
    """What a block says itself."""
    if isinstance(widget, MarkdownFence):
        return widget.code
    return str(widget.visual) if isinstance(widget, Static) else ""


async def finished(pilot: Pilot[None], pieces: list[str]) -> list[Block]:
    """The blocks of an answer that came in these pieces."""
    turn = AnswerTurn("guide")
    await pilot.app.screen.mount(turn)
    for piece in pieces:
        await turn.add("answer", piece)
    await turn.finish("stop", STATS)
    await pilot.pause()
    markdown = turn.query_one(Markdown)
    assert markdown.source == "".join(pieces)
    blocks = blocks_of(markdown)
    await turn.remove()
    return blocks


def cut(text: str, chance: random.Random, longest: int) -> list[str]:
    """The text in random pieces."""
    pieces = []
    while text:
        length = chance.randint(1, longest)
        pieces.append(text[:length])
        text = text[length:]
    return pieces


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_streamed_text_ends_as_the_whole_text_would(name: str) -> None:
    text = DOCUMENTS[name]
    chance = random.Random(name)
    async with OneAnswer().run_test(size=(100, 40)) as pilot:
        whole = await finished(pilot, [text])
        assert whole
        for longest in (3, 12, 40):
            assert await finished(pilot, cut(text, chance, longest)) == whole


async def test_streaming_character_by_character_changes_nothing() -> None:
    text = FENCES + TABLE
    async with OneAnswer().run_test(size=(100, 40)) as pilot:
        assert await finished(pilot, list(text)) == await finished(pilot, [text])


async def test_pieces_that_are_drawn_one_by_one_change_nothing() -> None:
    async with OneAnswer().run_test(size=(100, 40)) as pilot:
        whole = await finished(pilot, [NESTED])
        turn = pilot.app.query_one(AnswerTurn)
        for piece in cut(NESTED, random.Random(0), 20):
            await turn.add("answer", piece)
            await pilot.pause()
        await turn.finish("stop", STATS)
        assert blocks_of(turn.query_one(Markdown)) == whole

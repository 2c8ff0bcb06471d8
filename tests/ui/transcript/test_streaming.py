"""An answer on the screen while it is written, and when it has ended."""

import random

import pytest

from mlxtui import i18n
from mlxtui.ui.transcript.turns import AnswerTurn
from tests.recorded import STATS
from tests.ui.transcript.harness import PARAGRAPHS, Reader, open_transcript

MARKDOWN = """# Head

- one
- two

| a | b |
|---|---|
| 1 | 2 |

```python
x = 1
```

Last **words** with [r].

[r]: https://a.example
"""


def body(reader: Reader) -> list[str]:
    """What is drawn, from the first line of the answer."""
    lines = reader.transcript.plain_text.split("\n")
    return lines[lines.index("guide") + 1 :]


async def test_a_turn_says_who_speaks() -> None:
    async with open_transcript() as reader:
        await reader.read("Yes.\n\nNo.")
        assert reader.picture[1:8] == [
            "  You", "    Tell me.", "", "  guide", "    Yes.", "", "    No.",
        ]  # fmt: skip
        assert reader.picture[9].startswith("    finished · 48 tokens")


async def test_an_answer_that_waits_says_for_what() -> None:
    async with open_transcript() as reader:
        turn = await reader.ask()
        turn.show_state("Reading the prompt…")
        await reader.settle()
        assert body(reader) == ["Reading the prompt…"]
        await reader.hear("Yes")
        assert body(reader) == ["Yes"]
        assert turn.state == "streaming"


@pytest.mark.parametrize("longest", [3, 40])
async def test_streamed_lines_are_those_of_the_whole_text(longest: int) -> None:
    async with open_transcript((60, 40)) as reader:
        await reader.read(MARKDOWN)
        whole = body(reader)
        reader.transcript.clear()
        turn = await reader.ask()
        chance = random.Random(longest)
        rest = MARKDOWN
        while rest:
            length = chance.randint(1, longest)
            turn.add("answer", rest[:length])
            rest = rest[length:]
            if chance.random() < 0.2:
                await reader.settle()
        turn.finish("stop", STATS)
        await reader.settle()
        assert body(reader) == whole
        assert turn.text == MARKDOWN


async def test_what_is_drawn_is_what_the_lines_say_at_every_moment() -> None:
    async with open_transcript((60, 40)) as reader:
        await reader.ask()
        for start in range(0, len(MARKDOWN), 5):
            await reader.hear(MARKDOWN[start : start + 5])
            drawn = [line.strip() for line in reader.picture if line.strip()]
            said = [line.strip() for line in reader.transcript.plain_text.split("\n")]
            assert drawn == [line for line in said if line]


async def test_what_came_while_it_was_hidden_is_shown() -> None:
    async with open_transcript() as reader:
        await reader.ask()
        await reader.hear(PARAGRAPHS)
        reader.transcript.display = False
        await reader.settle()
        await reader.hear("Meanwhile.\n\n" * 10)
        reader.answer.finish("stop", STATS)
        reader.transcript.display = True
        await reader.until(lambda: "2.6 GB" in "".join(reader.picture[-2:]))
        assert reader.is_at_end


async def test_code_blocks_are_as_the_model_wrote_them() -> None:
    async with open_transcript() as reader:
        turn = await reader.ask()
        await reader.hear("```py\n\tx\x1b\n```\n\n- a\n\n  ```\n  y\n  ```\n\n~~~c\nz")
        blocks = [(block.language, block.code) for block in turn.code_blocks]
        assert blocks == [("py", "\tx\x1b\n"), ("", "y\n"), ("c", "z")]


async def test_an_error_stands_under_what_there_is() -> None:
    async with open_transcript() as reader:
        turn = await reader.ask()
        await reader.hear("Because")
        turn.fail("Out of memory.", "Close other apps.")
        await reader.settle()
        assert body(reader) == ["Because", "", "Out of memory.", "Close other apps."]
        assert turn.state == "failed"


async def test_an_answer_that_is_stopped_keeps_its_text() -> None:
    async with open_transcript() as reader:
        turn = await reader.ask()
        await reader.hear("Because\n``")
        turn.finish("cancelled", STATS)
        await reader.settle()
        assert body(reader)[:2] == ["Because ``", ""]
        assert turn.state == "cancelled"


async def think(reader: Reader, text: str) -> AnswerTurn:
    """An answer that has thought, and says nothing yet."""
    turn = await reader.ask()
    turn.add("reasoning", text)
    await reader.settle()
    return turn


async def test_reasoning_is_folded_until_it_is_asked_for() -> None:
    async with open_transcript() as reader:
        turn = await think(reader, "Hmm.\n")
        assert body(reader) == ["▸ Thinking…"]
        reader.transcript.fold_reasoning(False)
        await reader.settle()
        assert body(reader) == ["▾ Thinking…", "Hmm."]
        turn.add("reasoning", "\nWell")
        await reader.settle()
        assert body(reader) == ["▾ Thinking…", "Hmm.", "", "Well"]
        await reader.hear("Yes.")
        assert body(reader)[0].startswith("▾ Thought for ")
        assert body(reader)[-2:] == ["", "Yes."]
        reader.transcript.fold_reasoning(True)
        await reader.settle()
        assert body(reader)[1:] == ["", "Yes."]
        assert turn.reasoning == "Hmm.\n\nWell"


async def test_a_click_folds_one_answer_only() -> None:
    async with open_transcript() as reader:
        first = await think(reader, "First.")
        first.finish("stop", STATS)
        second = await think(reader, "Second.")
        await reader.click("▸ Thinking")
        assert (first.is_folded, second.is_folded) == (True, False)
        assert "Second." in reader.transcript.plain_text
        assert "First." not in reader.transcript.plain_text


async def test_new_answers_are_folded_as_is_said() -> None:
    async with open_transcript() as reader:
        turn = reader.transcript.add_answer("guide", reasoning_folded=False)
        turn.add("reasoning", "Hmm.")
        await reader.settle()
        assert "    ▎ Hmm." in reader.picture


async def test_turns_can_be_taken_out() -> None:
    async with open_transcript() as reader:
        await reader.read("First.")
        kept = await reader.read("Second.")
        reader.transcript.remove_turn(reader.transcript.turns[1])
        await reader.settle()
        assert "First." not in "".join(reader.picture)
        assert reader.transcript.turns[-1] is kept
        reader.transcript.clear()
        await reader.settle()
        assert not "".join(reader.picture)
        kept.show_state("Nobody sees this.")
        await reader.settle()
        assert not "".join(reader.picture)


async def test_the_words_around_it_change_their_language() -> None:
    async with open_transcript() as reader:
        await reader.read(PARAGRAPHS)
        await reader.press("home")
        i18n.set_language("ja")
        reader.transcript.retranslate()
        await reader.settle()
        assert reader.picture[1].strip() == i18n._("You") != "You"

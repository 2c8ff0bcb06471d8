"""A cursor goes over turns and code; clicks copy, fold, and follow links."""

import pytest

from tests.recorded import STATS
from tests.ui.transcript.harness import PARAGRAPHS, Reader, open_transcript

ANSWER = "Run:\n\n```sh\nls  -l\n```\n\n- then\n\n  ```py\n  x\n  ```\n\nDone.\n"


def marked(reader: Reader) -> list[str]:
    """The lines at the cursor."""
    return [line.strip("▌ ") for line in reader.picture if "▌" in line]


async def test_the_cursor_goes_over_turns_and_their_code() -> None:
    async with open_transcript((80, 40)) as reader:
        await reader.read(ANSWER)
        await reader.press("n")
        assert marked(reader) == ["You", "Tell me."]
        await reader.press("n")
        assert marked(reader)[0] == "guide"
        await reader.press("n")
        assert marked(reader)[1:] == ["ls  -l"]
        await reader.press("n", "n", "n")
        assert marked(reader)[1:] == ["x"]
        await reader.press("p", "p", "p", "p", "p")
        assert marked(reader) == ["You", "Tell me."]


async def test_the_cursor_begins_where_it_is_looked_at() -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        await reader.read(PARAGRAPHS)
        await reader.press("p")
        assert marked(reader)[0] == "guide"
        await reader.press("p")
        assert marked(reader) == ["You", "Tell me."]
        await reader.press("p")
        assert marked(reader)[1:] == ["x"]


async def test_the_part_at_the_cursor_is_copied_as_it_was_written() -> None:
    async with open_transcript((80, 40)) as reader:
        await reader.read(ANSWER)
        await reader.press("n", "c", "n", "enter", "n", "c", "n", "c")
        assert reader.app.copied == [
            ("the question", "Tell me."),
            ("the answer", ANSWER),
            ("the code block", "ls  -l\n"),
            ("the code block", "x\n"),
        ]


async def test_the_cursor_is_shown_with_the_focus_only() -> None:
    async with open_transcript((80, 40)) as reader:
        await reader.read(ANSWER)
        await reader.press("n")
        reader.app.set_focus(None)
        await reader.settle()
        assert not marked(reader)


async def test_space_folds_the_turn_at_the_cursor() -> None:
    async with open_transcript((80, 40)) as reader:
        turn = await reader.ask()
        turn.add("reasoning", "Hmm.")
        turn.finish("stop", STATS)
        await reader.press("p", "space")
        assert "▎ Hmm." in "\n".join(reader.picture)
        await reader.press("space")
        assert "▎ Hmm." not in "\n".join(reader.picture)


async def test_keys_without_turns_do_no_harm() -> None:
    async with open_transcript() as reader:
        await reader.press("n", "p", "c", "space", "pageup", "end", "home")
        assert reader.app.copied == []


async def test_a_click_copies_the_code_under_it() -> None:
    async with open_transcript((80, 40)) as reader:
        await reader.ask()
        await reader.hear(ANSWER + "\n```\nopen")
        for y in [y for y, line in enumerate(reader.picture) if line.endswith("copy")]:
            await reader.pilot.click(offset=(reader.picture[y].index("copy"), y))
        await reader.settle()
        texts = [text for _what, text in reader.app.copied]
        assert texts == ["ls  -l\n", "x\n", "open"]


@pytest.mark.parametrize(
    "href", ["https://a.example/b", "http://a.example", "mailto:a@b.example"]
)
async def test_what_a_browser_opens_is_opened(href: str) -> None:
    async with open_transcript() as reader:
        await reader.read(f"See [there]({href}), please.")
        await reader.click("there")
        await reader.click("please")
        assert reader.app.opened == [href]


async def test_links_are_opened_by_key_one_after_the_other() -> None:
    async with open_transcript((80, 40)) as reader:
        await reader.press("o")
        await reader.read(
            "[a](https://a.example) and <https://b.example>, [a][1].\n\n[1]: https://a.example"
        )
        await reader.press("o", "o", "o")
        assert reader.app.opened == [
            "https://a.example", "https://b.example", "https://a.example"
        ]  # fmt: skip
        await reader.press("p", "p", "o")
        assert len(reader.app.opened) == 3


@pytest.mark.parametrize(
    "href", ["ssh://host", "x-apple.settings:com", "/bin/sh", "#a"]
)
async def test_other_links_are_named_and_not_opened(href: str) -> None:
    async with open_transcript() as reader:
        await reader.read(f"See [there]({href}).")
        await reader.click("there")
        assert reader.app.opened == []
        (note,) = reader.app._notifications
        assert note.message == f"This link is not opened: {href}"


@pytest.mark.parametrize("href", ["file:///etc/passwd", "javascript:alert(1)"])
async def test_dangerous_addresses_are_no_links(href: str) -> None:
    async with open_transcript() as reader:
        await reader.read(f"See [there]({href}).")
        await reader.click("there")
        assert not reader.app.opened and not reader.app._notifications


async def test_a_click_leaves_the_focus_where_it_is() -> None:
    async with open_transcript() as reader:
        await reader.read(ANSWER)
        reader.app.set_focus(None)
        await reader.click("Run:")
        assert reader.app.focused is None

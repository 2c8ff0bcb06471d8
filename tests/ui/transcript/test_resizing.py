"""A window that changes its size loses neither text nor the place in it."""

import pytest

from tests.recorded import STATS
from tests.ui.transcript.harness import Reader, open_transcript

PARTS = "\n\n".join(
    " ".join(f"w{number}" for number in range(start, start + 150))
    for start in range(0, 3000, 150)
)
SIZES = [(60, 24), (100, 30), (40, 10), (160, 50), (24, 8), (80, 24)]


def words_in(reader: Reader) -> list[str]:
    """The words in view."""
    return " ".join(reader.picture).split()


async def test_what_is_at_the_top_stays_there() -> None:
    async with open_transcript((80, 24)) as reader:
        await reader.read(PARTS)
        await reader.press("pageup", "pageup", "pageup", "up")
        first = words_in(reader)[0]
        for width, height in SIZES:
            await reader.pilot.resize_terminal(width, height)
            await reader.settle()
            assert first in " ".join(reader.picture[:2]).split()
            assert not reader.transcript.is_following
        # Many sizes later it has not crept away.
        assert words_in(reader)[0] == first


@pytest.mark.parametrize("has_ended", [True, False])
async def test_the_end_stays_the_end(has_ended: bool) -> None:
    async with open_transcript((80, 24)) as reader:
        turn = await reader.ask()
        await reader.hear(PARTS)
        if has_ended:
            turn.finish("stop", STATS)
        for width, height in SIZES:
            await reader.pilot.resize_terminal(width, height)
            await reader.settle()
            assert reader.is_at_end and reader.transcript.is_following
            assert not has_ended or "tokens/s" in " ".join(words_in(reader)[-20:])


async def test_no_word_is_lost_at_any_width() -> None:
    async with open_transcript((80, 24)) as reader:
        await reader.read(PARTS)
        for width in (30, 81, 12, 120):
            await reader.pilot.resize_terminal(width, 24)
            await reader.settle()
            drawn = reader.transcript.plain_text.split()
            assert [word for word in drawn if word[0] == "w"] == PARTS.split()


async def test_lines_stay_short_enough_to_read_in_a_wide_window() -> None:
    async with open_transcript((200, 40)) as reader:
        await reader.read(PARTS)
        longest = max(len(line.strip()) for line in reader.picture)
        assert longest <= 102


@pytest.mark.parametrize("size", [(5, 3), (2, 2), (1, 1), (80, 1)])
async def test_tiny_windows_do_no_harm(size: tuple[int, int]) -> None:
    async with open_transcript(size) as reader:
        await reader.read(
            "# Head\n\n- a\n\n| a | b |\n|-|-|\n| 日本 | 2 |\n\n```py\nx\n```"
        )
        await reader.pilot.resize_terminal(80, 24)
        await reader.settle()
        assert "    Head" in reader.picture

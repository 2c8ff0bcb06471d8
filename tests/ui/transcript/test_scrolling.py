"""The view stays at the newest text, unless the reader scrolled away from it."""

import pytest
from textual import events

from mlxtui.ui.transcript.turns import AnswerTurn, QuestionTurn
from tests.recorded import STATS
from tests.ui.transcript.harness import PARAGRAPHS, Reader, open_transcript

CODE = "```py\n" + "".join(f"x{number} = {number}\n" for number in range(60))
TABLE = "| a | b |\n|---|---|\n" + "".join(f"| {n} | b |\n" for n in range(60))


async def stream(reader: Reader, text: str) -> None:
    """A question, and the beginning of an answer."""
    await reader.ask()
    await reader.hear(text)


async def test_the_view_follows_the_answer() -> None:
    async with open_transcript() as reader:
        await reader.ask()
        for number in range(30):
            await reader.hear(f"Paragraph {number}.\n\n")
        assert reader.is_at_end and reader.transcript.is_following
        assert reader.picture[-1].strip() == "Paragraph 29."


@pytest.mark.parametrize(
    "text", [PARAGRAPHS, CODE, TABLE], ids=["prose", "code", "rows"]
)
async def test_what_is_read_stays_where_it_is(text: str) -> None:
    async with open_transcript() as reader:
        await stream(reader, text)
        await reader.press("pageup", "up")
        assert not reader.transcript.is_following
        read = reader.picture
        await reader.hear(text[-40:] * 8)
        assert reader.picture == read
        reader.answer.add("answer", "\n\n# End\n\nof it.")
        reader.answer.finish("stop", STATS)
        await reader.settle()
        if text is not TABLE:
            assert reader.picture == read
        assert not reader.transcript.is_following


@pytest.mark.parametrize("keys", [("end",), ("down",) * 3, ("pagedown", "pagedown")])
async def test_the_end_is_followed_again(keys: tuple[str, ...]) -> None:
    async with open_transcript() as reader:
        await stream(reader, PARAGRAPHS)
        await reader.press("up", "up")
        assert not reader.transcript.is_following
        await reader.press(*keys)
        assert reader.transcript.is_following
        await reader.hear("More.\n\n" * 10)
        assert reader.is_at_end


async def test_the_wheel_and_the_scrollbar_release_the_view() -> None:
    async with open_transcript() as reader:
        await stream(reader, PARAGRAPHS)
        wheel = events.MouseScrollUp(
            None, 10, 10, 0, 0, 0, False, False, False, screen_x=10, screen_y=10
        )
        reader.app.post_message(wheel)
        await reader.until(lambda: not reader.transcript.is_following)
        reader.transcript.follow()
        await reader.settle()
        assert reader.is_at_end
        await reader.pilot.click(offset=(79, 2))
        await reader.until(lambda: not reader.transcript.is_following)


async def test_home_is_the_first_line() -> None:
    async with open_transcript() as reader:
        await stream(reader, PARAGRAPHS)
        await reader.press("home")
        assert reader.picture[1].strip() == "You"


async def test_a_new_question_goes_to_the_end() -> None:
    async with open_transcript() as reader:
        await reader.read(PARAGRAPHS)
        await reader.press("home")
        await reader.ask("And?")
        assert reader.transcript.is_following
        assert "    And?" in reader.picture


async def test_folding_above_leaves_the_text_where_it_is() -> None:
    async with open_transcript() as reader:
        turn = await reader.ask()
        turn.add("reasoning", "Thought.\n" * 30)
        await reader.hear(PARAGRAPHS)
        await reader.press("pageup")
        read = reader.picture
        reader.transcript.fold_reasoning(False)
        await reader.settle()
        assert reader.picture == read
        reader.transcript.fold_reasoning(True)
        await reader.settle()
        assert reader.picture == read


async def test_nothing_glides() -> None:
    async with open_transcript() as reader:
        await stream(reader, PARAGRAPHS)
        reader.transcript.scroll_home(duration=5)
        assert reader.transcript.scroll_y == 0


def conversation(count: int) -> list[QuestionTurn | AnswerTurn]:
    """Stored turns, some long and some short."""
    turns: list[QuestionTurn | AnswerTurn] = []
    for number in range(count):
        text = f"Answer {number}.\n\n" + "- item\n- item\n\n| a |\n|---|\n" * (
            number % 7
        )
        turns.append(QuestionTurn(f"Question {number}?"))
        turns.append(AnswerTurn.stored("guide", text))
    return turns


async def test_turns_far_away_are_neither_parsed_nor_laid_out() -> None:
    async with open_transcript() as reader:
        turns = conversation(500)
        reader.transcript.add_turns(turns)
        await reader.settle()
        assert reader.is_at_end
        parsed = [t for t in turns if isinstance(t, AnswerTurn) and t._document]
        assert 0 < len(parsed) < 30
        await reader.press("home")
        assert reader.picture[2].strip() == "Question 0?"


async def test_no_line_is_missed_on_the_way_up() -> None:
    async with open_transcript() as reader:
        reader.transcript.add_turns(conversation(40))
        await reader.settle()
        while reader.transcript.scroll_y > 0:
            first_line = reader.picture[0]
            reader.transcript.scroll_relative(y=-23)
            await reader.settle()
            if reader.transcript.scroll_y > 0:
                assert reader.picture[-1] == first_line
        assert reader.picture[2].strip() == "Question 0?"


async def test_far_turns_give_their_lines_back() -> None:
    async with open_transcript() as reader:
        reader.transcript.add_turns(conversation(400))
        await reader.settle()
        for part in range(40):
            height = reader.transcript.virtual_size.height
            reader.transcript.scroll_to(y=height * part // 40)
        await reader.settle()
        assert len(reader.transcript._stack._layouts) <= 140

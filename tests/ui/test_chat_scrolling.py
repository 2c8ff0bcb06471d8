"""The view of a conversation: at the newest text, unless the reader scrolled away."""

from tests.ui.harness import User, answer, open_app

LONG = "".join(f"Line {number}.\n\n" for number in range(40))


def is_at_end(user: User) -> bool:
    """Whether the newest text is in view."""
    return user.transcript.scroll_y >= user.transcript.max_scroll_y


async def test_the_view_follows_the_answer() -> None:
    async with open_app(answer("Begin.\n\n", holds=True)) as user:
        await user.ask("Tell me.")
        for number in range(30):
            await user.say(f"Paragraph {number}.\n\n")
        assert user.transcript.max_scroll_y > 0
        await user.until(lambda: is_at_end(user))
        assert "Paragraph 29." in user.picture


async def test_the_view_stays_where_the_reader_scrolled() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        await user.until(lambda: is_at_end(user))
        await user.press("pageup")
        place = user.transcript.scroll_y
        assert 0 < place < user.transcript.max_scroll_y
        await user.say("More.\n\n" * 10)
        assert user.transcript.scroll_y == place
        assert not is_at_end(user)


async def test_ctrl_end_returns_to_the_newest_text_and_stays_there() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        await user.press("pageup", "pageup")
        assert not is_at_end(user)
        await user.press("ctrl+end")
        assert is_at_end(user)
        await user.say("More.\n\n" * 10)
        await user.until(lambda: is_at_end(user))


async def test_page_down_to_the_end_follows_again() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        await user.press("pageup")
        await user.press("pagedown")
        assert is_at_end(user)
        await user.say("More.\n\n" * 10)
        await user.until(lambda: is_at_end(user))


async def test_the_mouse_wheel_scrolls_the_conversation() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        end = user.transcript.scroll_y
        await user.turn_wheel_up(user.transcript)
        await user.until(lambda: user.transcript.scroll_y < end)
        await user.say("More.\n\n" * 10)
        assert not is_at_end(user)


async def test_the_next_question_goes_to_the_newest_text() -> None:
    async with open_app(answer(LONG), answer("Short.")) as user:
        await user.ask("Tell me.")
        await user.press("pageup", "pageup")
        await user.ask("And?")
        await user.until(lambda: "Short." in user.picture)
        assert is_at_end(user)


async def test_scrolling_leaves_the_prompt_its_text_and_its_focus() -> None:
    async with open_app(answer(LONG)) as user:
        await user.ask("Tell me.")
        await user.type_text("half a quest")
        await user.press("pageup", "pagedown", "ctrl+end", "i")
        assert user.prompt.text == "half a questi"
        assert user.app.focused is user.prompt

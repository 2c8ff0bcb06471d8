"""The view of a conversation: at the newest text, unless the reader scrolled away."""

from textual.containers import VerticalScroll

from tests.ui.harness import User, answer, open_app

LONG = "".join(f"Line {number}.\n\n" for number in range(40))


def transcript(user: User) -> VerticalScroll:
    """What scrolls."""
    return user.chat.query_one("#transcript", VerticalScroll)


def is_at_end(user: User) -> bool:
    """Whether the newest text is in view."""
    return transcript(user).scroll_y >= transcript(user).max_scroll_y


async def test_the_view_follows_the_answer() -> None:
    async with open_app(answer("Begin.\n\n", holds=True)) as user:
        await user.ask("Tell me.")
        for number in range(30):
            await user.say(f"Paragraph {number}.\n\n")
        assert transcript(user).max_scroll_y > 0
        await user.until(lambda: is_at_end(user))
        assert "Paragraph 29." in user.picture


async def test_the_view_stays_where_the_reader_scrolled() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        await user.until(lambda: is_at_end(user))
        await user.press("pageup")
        await user.pilot.wait_for_animation()
        place = transcript(user).scroll_y
        assert 0 < place < transcript(user).max_scroll_y
        await user.say("More.\n\n" * 10)
        assert transcript(user).scroll_y == place
        assert not is_at_end(user)


async def test_ctrl_end_returns_to_the_newest_text_and_stays_there() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        await user.press("pageup", "pageup")
        await user.pilot.wait_for_animation()
        assert not is_at_end(user)
        await user.press("ctrl+end")
        assert is_at_end(user)
        await user.say("More.\n\n" * 10)
        await user.until(lambda: is_at_end(user))


async def test_page_down_to_the_end_follows_again() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        await user.press("pageup")
        await user.pilot.wait_for_animation()
        await user.press("pagedown")
        await user.pilot.wait_for_animation()
        assert is_at_end(user)
        await user.say("More.\n\n" * 10)
        await user.until(lambda: is_at_end(user))


async def test_the_mouse_wheel_scrolls_the_conversation() -> None:
    async with open_app(answer(LONG, holds=True)) as user:
        await user.ask("Tell me.")
        end = transcript(user).scroll_y
        await user.turn_wheel_up(transcript(user))
        await user.pilot.wait_for_animation()
        await user.until(lambda: transcript(user).scroll_y < end)
        await user.say("More.\n\n" * 10)
        assert not is_at_end(user)


async def test_the_next_question_goes_to_the_newest_text() -> None:
    async with open_app(answer(LONG), answer("Short.")) as user:
        await user.ask("Tell me.")
        await user.press("pageup", "pageup")
        await user.pilot.wait_for_animation()
        await user.ask("And?")
        await user.until(lambda: is_at_end(user))
        assert "Short." in user.picture


async def test_scrolling_leaves_the_prompt_its_text_and_its_focus() -> None:
    async with open_app(answer(LONG)) as user:
        await user.ask("Tell me.")
        await user.type_text("half a quest")
        await user.press("pageup", "pagedown", "ctrl+end", "i")
        assert user.prompt.text == "half a questi"
        assert user.app.focused is user.prompt

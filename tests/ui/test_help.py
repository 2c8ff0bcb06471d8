"""F1 explains what has the focus, ? shows every key."""

from mlxtui import i18n
from mlxtui.settings import Settings
from mlxtui.ui.actions import key_text
from mlxtui.ui.places import APP_ACTIONS, PLACES, all_actions
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.widgets.parameters import ParametersPanel
from mlxtui.ui.widgets.prompt import PromptArea
from tests.ui.harness import User, answer, open_app


def page(user: User) -> str:
    """The words on the screen, without borders and line breaks."""
    text = user.picture.replace("│", " ").replace("▁", " ")
    return " ".join(text.split())


async def test_f1_explains_what_has_the_focus() -> None:
    async with open_app(answer("Yes."), size=(120, 80)) as user:
        await user.ask("Is it?")
        chat, models, settings = PLACES
        for keys, help_text in (
            ([], PromptArea.HELP),
            (["tab"], chat.HELP),
            (["ctrl+b"], ParametersPanel.HELP),
            (["ctrl+b", "f3"], models.HELP),
            (["f8"], settings.HELP),
        ):
            await user.press(*keys, "f1")
            assert isinstance(user.app.screen, KeysScreen)
            assert help_text and " ".join(help_text.split()) in page(user)
            for action in (*user.app.workspace.place.ACTIONS, *APP_ACTIONS):
                assert action.meaning in page(user)
            await user.press("escape")
            assert len(user.app.screen_stack) == 1


async def test_the_sheet_shows_every_key() -> None:
    async with open_app(size=(120, 120)) as user:
        await user.press("f3", "question_mark")
        assert isinstance(user.app.screen, KeysScreen)
        for action in all_actions():
            slash = f" /{action.slash}" if action.slash else ""
            row = f"{key_text(action.keys)}{slash} {action.meaning}"
            assert row in page(user), row


async def test_a_page_closes_by_esc_and_by_the_key_that_opened_it() -> None:
    async with open_app() as user:
        await user.type_text("half")
        for opening, closing in (("f1", "escape"), ("f1", "f1"), ("f1", "q")):
            await user.press(opening)
            assert isinstance(user.app.screen, KeysScreen)
            await user.press(closing)
            assert len(user.app.screen_stack) == 1
        await user.press("x")
        assert user.prompt.text == "halfx"
        await user.press("f3", "question_mark", "question_mark")
        assert len(user.app.screen_stack) == 1
        await user.press("f1", "f2")
        assert user.place == "chat" and len(user.app.screen_stack) == 1


async def test_a_question_mark_types_in_the_prompt() -> None:
    async with open_app() as user:
        await user.press("question_mark")
        assert user.prompt.text == "?"
        assert len(user.app.screen_stack) == 1


async def test_a_page_scrolls_in_a_small_window() -> None:
    async with open_app(size=(60, 20)) as user:
        await user.press("f3", "question_mark")
        first = user.picture
        await user.press("down", "pagedown")
        assert user.picture != first
        await user.press("end")
        assert "Ctrl+C" in user.picture or "Esc" in user.picture


async def test_help_speaks_the_language_in_use() -> None:
    async with open_app(
        settings=Settings(setup_done=True, language="ja"), size=(100, 90)
    ) as user:
        await user.press("f1")
        for action in APP_ACTIONS:
            words = i18n._(action.meaning).replace(" ", "")
            assert words[:10] in page(user).replace(" ", "")

"""Slash commands: what is one, what the menu offers, what its keys do."""

import pytest
from rich.cells import cell_len

from mlxtui import paths, settings
from mlxtui.ui import slash
from mlxtui.ui.places import all_actions
from mlxtui.ui.widgets.slash_menu import SlashMenu
from tests.ui.harness import User, answer, find_none, open_app

ACTIONS = tuple(all_actions())


def offered(user: User) -> list[str]:
    """The commands in the menu; none when it is closed."""
    menu = user.chat.query_one(SlashMenu)
    return [action.slash for action in menu.offered] if menu.display else []


@pytest.mark.parametrize(
    ("text", "word", "argument"),
    [
        ("/new", "new", ""),
        ("/model qwen 3", "model", "qwen 3"),
        ("/model   qwen \n", "model", "qwen"),
        ("/theme ", "theme", ""),
        ("/nothing-of-ours x", "nothing-of-ours", "x"),
    ],
)
def test_what_is_a_command(text: str, word: str, argument: str) -> None:
    command = slash.parse(text, ACTIONS)
    assert command is not None
    assert (command.word, command.argument) == (word, argument)
    assert (command.action is None) == (word == "nothing-of-ours")


@pytest.mark.parametrize(
    ("text", "holds_secret"),
    [
        ("/set hub_token hf_Secret", True),
        ("/set hub_token", False),
        ("/set theme light", False),
        ("/new", False),
    ],
)
def test_a_command_that_holds_a_secret_is_known(text: str, holds_secret: bool) -> None:
    command = slash.parse(text, ACTIONS)
    assert command is not None
    assert command.holds_secret == holds_secret


async def test_a_token_set_by_a_command_is_in_no_history() -> None:
    async with open_app(find_model=find_none) as user:
        for words in ("theme light", "hub_token hf_Secret"):
            await user.press("f2")
            await user.type_text(f"/set {words}")
            await user.press("enter")
        await user.until(lambda: settings.load().hub_token == "hf_Secret")
        kept = paths.prompt_history_file().read_text()
        assert "/set theme light" in kept and "hf_Secret" not in kept


@pytest.mark.parametrize(
    "text",
    ["", "new", " /new", "/usr/bin is what?", "/", "//", "/New", "/日本", "a /new"],
)
def test_what_is_a_text_for_the_model(text: str) -> None:
    assert slash.parse(text, ACTIONS) is None


def test_the_whole_word_comes_before_longer_ones() -> None:
    for action in ACTIONS:
        if action.slash:
            assert slash.completions(f"/{action.slash}", ACTIONS)[0] == action
    assert slash.completions("", ACTIONS) == slash.completions("/new ", ACTIONS) == []
    with_slash = [action for action in ACTIONS if action.slash]
    assert slash.completions("/", ACTIONS) == with_slash


async def test_the_menu_follows_what_is_typed_and_shows_what_commands_do() -> None:
    async with open_app() as user:
        assert offered(user) == []
        await user.press("/")
        assert len(offered(user)) > 20
        await user.press("c", "o")
        assert offered(user) == ["copy", "code", "compare", "commands"]
        assert "Copy the last answer as it was written" in user.picture
        await user.press("m", "m")
        assert offered(user) == ["commands"]
        await user.press("x")
        assert offered(user) == []
        await user.press(*["backspace"] * 3, "down")
        await user.press("tab")
        assert user.prompt.text == "/code "
        assert offered(user) == []
        assert user.app.focused is user.prompt


async def test_arrows_go_round_and_the_row_in_question_is_in_sight() -> None:
    async with open_app() as user:
        await user.press("/")
        count = len(offered(user))
        for number, key in enumerate(["up"] * 3 + ["down"] * (count + 3)):
            await user.pilot.press(key)
            menu = user.chat.query_one(SlashMenu)
            assert f"/{menu.offered[menu.cursor].slash}" in user.picture, number
        assert menu.cursor == 0


async def test_enter_runs_what_needs_no_argument() -> None:
    async with open_app(answer("One")) as user:
        await user.ask("Count.")
        await user.press("/", "n", "e", "enter")
        assert not user.answers
        assert user.prompt.text == ""


async def test_escape_closes_the_menu_and_stops_nothing() -> None:
    async with open_app(answer("One", holds=True)) as user:
        await user.ask("Count.")
        await user.press("/", "escape")
        assert offered(user) == []
        assert user.prompt.text == "/"
        assert user.is_answering
        await user.press("escape")
        assert not user.is_answering


async def test_a_click_takes_a_command() -> None:
    async with open_app(answer("One")) as user:
        await user.ask("Count.")
        await user.press("/", "n")
        menu = user.chat.query_one(SlashMenu)
        await user.pilot.click(menu, offset=(4, 0))
        await user.settle()
        assert not user.answers


async def test_an_unknown_command_stays_in_the_prompt_and_the_way_out_is_said() -> None:
    async with open_app(answer("Fine.")) as user:
        await user.type_text("/nwe")
        await user.press("enter")
        assert user.toasts == [
            "There is no command /nwe.\n/ lists them; a blank before it sends it as"
            " text."
        ]
        assert user.prompt.text == "/nwe"
        await user.press("home", "space", "enter")
        assert user.questions == [" /nwe"]


async def test_commands_work_while_an_answer_is_written_and_without_a_model() -> None:
    async with open_app(answer("One", holds=True)) as user:
        await user.ask("Count.")
        await user.type_text("/reasoning")
        await user.press("enter")
        assert user.is_answering
        assert user.script.asked()[1:] == []
    async with open_app(find_model=find_none) as user:
        await user.type_text("/models")
        await user.press("enter")
        assert user.place == "models"


async def test_arguments_reach_their_action() -> None:
    used = settings.save_values({"setup_done": "true", "language": "en"})
    async with open_app(settings=used) as user:
        for text in ("/theme light", "/set send_key ctrl+s"):
            await user.type_text(text)
            await user.press("enter", "f2")
        await user.until(lambda: settings.load().send_key == "ctrl+s")
        assert user.app.theme == "light"
        await user.type_text("/model qwen3-4b-4bit")
        await user.press("ctrl+s")
        await user.until(lambda: user.app.model_state.name.endswith("Qwen3-4B-4bit"))
        assert user.place == "chat"


async def test_wide_letters_leave_the_meanings_in_a_column(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = {"NAME": "名前"}
    monkeypatch.setattr(
        "mlxtui.ui.widgets.slash_menu._", lambda text: words.get(text, f"= {text}")
    )
    async with open_app() as user:
        await user.press("/", "m")
        rows = [line for line in user.picture.splitlines() if line.startswith("  /")]
        assert len(rows) == len(offered(user)) > 1
        assert any("名前" in row for row in rows)
        assert len({cell_len(row.partition("= ")[0]) for row in rows}) == 1

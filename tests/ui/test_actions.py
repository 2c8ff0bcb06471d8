"""Every action is reached by its key, by the palette, by a slash command, by mouse."""

from collections import Counter
from collections.abc import Iterator
from functools import wraps

import pytest
from textual.command import CommandPalette, Hit
from textual.widgets import OptionList

from mlxtui import settings
from mlxtui.ui import slash
from mlxtui.ui.actions import Action, key_text
from mlxtui.ui.app import MlxTuiApp
from mlxtui.ui.palette import ActionProvider, palette_title
from mlxtui.ui.place import Place
from mlxtui.ui.place_info import PlaceInfo
from mlxtui.ui.places import APP_ACTIONS, PLACES, ROOMS, all_actions, load_place
from mlxtui.ui.screens.keys import KeysScreen
from mlxtui.ui.transcript.part_actions import PART_ACTIONS
from mlxtui.ui.transcript.transcript import Transcript
from mlxtui.ui.widgets.key_line import KeyLine
from mlxtui.ui.widgets.place_bar import PlaceBar
from tests.ui.harness import User, answer, open_app

ACTIONS = tuple(all_actions())
KINDS = {room.NAME: load_place(room.NAME) for room in ROOMS}

WITHOUT_SLASH = {
    "chat.send": "sends what is in the prompt, which would be the command itself",
    "chat.new_line": "types into the prompt, where the command stands",
    "chat.newest": "a move of the view",
    "chat.page_up": "a move of the view",
    "chat.page_down": "a move of the view",
    "chat.next_part": "a move of the cursor",
    "chat.previous_part": "a move of the cursor",
    "models.back": "a move of the focus",
    "settings.next": "a move from the cursor on; /set names setting and value",
    "settings.previous": "a move from the cursor on; /set names setting and value",
    "settings.back": "a move of the focus",
    "jobs.leave": "a move of the focus",
    "jobs.close": "/jobs does it",
}

Call = tuple[str, tuple[object, ...]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """The actions that were called, which do nothing else."""
    called: list[Call] = []

    def stub(kind: type, verb: str) -> None:
        method = getattr(kind, f"action_{verb}")

        @wraps(method)
        def record(_self: object, *arguments: object) -> None:
            called.append((verb, arguments))

        # Textual keeps how many parameters it counted.
        vars(record).pop("_param_count", None)
        monkeypatch.setattr(kind, f"action_{verb}", record)

    for place in KINDS.values():
        monkeypatch.setattr(place, "check_action", lambda *_arguments: True)
        for action in place.ACTIONS:
            stub(place, action.verb)
    for action in PART_ACTIONS:
        stub(Transcript, action.verb)
    for verb in {action.verb for action in APP_ACTIONS}:
        stub(MlxTuiApp, verb)
    return called


def wanted(action: Action) -> Call:
    """How an action is called without an argument of the user's."""
    extra = ("",) if action.argument else ()
    return action.verb, (*action.parameters, *extra)


def kind_of(action: Action) -> type[Place] | type[MlxTuiApp]:
    """The class that has its method."""
    return KINDS.get(action.place, MlxTuiApp)


def at(user: User, line: type[KeyLine] | type[PlaceBar], text: str) -> tuple[int, int]:
    """Where a text stands on the screen."""
    region = user.app.workspace.query_one(line).region
    return user.picture.splitlines()[region.y].index(text), region.y


# The registry


def test_names_and_slash_words_are_unique() -> None:
    names = Counter(action.name for action in ACTIONS)
    words = Counter(action.slash for action in ACTIONS if action.slash)
    assert max(names.values()) == max(words.values()) == 1
    for word in words:
        parsed = slash.parse(f"/{word}", ACTIONS)
        assert parsed is not None and parsed.action is not None
        assert parsed.action.slash == word


@pytest.mark.parametrize("place", ROOMS, ids=lambda place: str(place.NAME))
def test_every_action_has_keys_that_nothing_else_in_reach_has(
    place: type[PlaceInfo],
) -> None:
    keys = Counter[str]()
    for action in (*place.ACTIONS, *APP_ACTIONS):
        assert action.keys
        keys.update(action.keys.split(","))
    assert max(keys.values()) == 1, keys.most_common(3)


def test_every_action_has_its_method_and_says_what_it_does() -> None:
    for action in ACTIONS:
        assert callable(getattr(kind_of(action), f"action_{action.verb}"))
        assert action.title and action.meaning
    for place in ROOMS:
        assert all(action.place == place.NAME for action in place.ACTIONS)
        assert place.HELP and place.PURPOSE
        assert any(action.keys == place.KEY for action in APP_ACTIONS)


def test_only_moves_have_no_slash_command() -> None:
    without = {action.name for action in ACTIONS if not action.slash}
    assert without == set(WITHOUT_SLASH)


# The four ways


@pytest.mark.parametrize("place", ROOMS, ids=lambda place: str(place.NAME))
async def test_every_key_does_its_action(
    place: type[PlaceInfo], calls: list[Call]
) -> None:
    async with open_app(answer("Yes.")) as user:
        await user.ask("Is it?")
        await user.app.workspace.go(place.NAME)
        await user.settle()
        for action in (*place.ACTIONS, *APP_ACTIONS):
            if action.in_editor:
                continue  # the prompt's own: test_prompt.py presses them
            for key in action.keys.split(","):
                calls.clear()
                await user.app.workspace.go(place.NAME)
                if action.types_text and place.NAME == "chat":
                    user.transcript.focus()  # where no editor has the focus
                await user.pilot.press(key)
                name, arguments = wanted(action)
                assert [call[0] for call in calls] == [name], (action.name, key)
                assert calls[0][1] in (arguments, action.parameters)


async def test_every_action_can_be_done_from_every_place(calls: list[Call]) -> None:
    async with open_app() as user:
        for place in PLACES:
            for action in ACTIONS:
                await user.app.workspace.go(place.NAME)
                calls.clear()
                await user.app.perform(action.name)
                assert calls == [wanted(action)]
                stays = action.place in ("app", "jobs")  # the drawer lies under it
                assert user.place == (place.NAME if stays else action.place)


async def test_the_palette_finds_every_action_and_does_it(calls: list[Call]) -> None:
    async with open_app() as user:
        provider = ActionProvider(user.app.screen)
        listed = [str(hit.prompt) async for hit in provider.discover()]
        assert listed == [palette_title(action) for action in ACTIONS]
        for action in ACTIONS:
            queries = [palette_title(action), action.meaning]
            queries += [f"/{action.slash}"] if action.slash else []
            for query in queries:
                hits = [hit async for hit in provider.search(query)]
                best = max(hits, key=lambda hit: hit.score)
                assert isinstance(best, Hit)
                assert str(best.match_display) == palette_title(action), query
                assert best.help is not None
                assert key_text(action.keys) in best.help
            calls.clear()
            best.command()
            await user.settle()
            assert calls == [wanted(action)]


async def test_every_slash_command_does_its_action(calls: list[Call]) -> None:
    async with open_app() as user:

        async def send(text: str, *keys: str) -> None:
            await user.app.workspace.go("chat")
            calls.clear()
            user.prompt.replace_text(text)
            await user.pilot.pause()
            await user.pilot.press(*keys)
            await user.until(lambda: calls)
            assert user.prompt.text == ""

        for action in (item for item in ACTIONS if item.slash):
            if action.argument:
                await send(f"/{action.slash} some thing", "enter")
                assert calls == [(action.verb, (*action.parameters, "some thing"))]
            else:
                await send(f"/{action.slash}", "enter")
                assert calls == [wanted(action)]
        # Where an argument may follow, the menu first writes the command out.
        await send("/theme", "enter", "enter")
        assert calls == [("theme", ("",))]


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_the_mouse_reaches_places_actions_and_the_palette(
    size: tuple[int, int], calls: list[Call]
) -> None:
    async with open_app(size=size) as user:
        for place in PLACES:
            await user.app.workspace.go(place.NAME)
            await user.settle()
            for other in PLACES:
                calls.clear()
                await user.pilot.click(offset=at(user, PlaceBar, other.TITLE))
                assert calls == [("go", (other.NAME,))]
            shown = user.app.workspace.query_one(KeyLine).actions
            clicked = []
            for action in (*(each for each, _title in shown), *APP_ACTIONS):
                entry = f"{key_text(action.keys)} {action.title}"
                if entry in user.key_line:
                    calls.clear()
                    await user.pilot.click(offset=at(user, KeyLine, entry))
                    assert calls == [wanted(action)]
                    clicked.append(action.verb)
                    await user.app.workspace.go(place.NAME)
                    await user.pilot.pause()
            assert "command_palette" in clicked


# The real thing, once through


async def test_the_palette_is_opened_searched_and_closed() -> None:
    async with open_app(answer("One")) as user:
        await user.ask("Count.")
        await user.press("ctrl+p")
        assert isinstance(user.app.screen, CommandPalette)
        assert "New chat" in user.picture
        await user.press("escape", "a", "ctrl+p")
        palette = user.app.screen
        assert isinstance(palette, CommandPalette)
        await user.type_text("begin again")
        await user.until(lambda: not palette._show_busy)
        await user.until(lambda: palette.query_one(OptionList).option_count == 1)
        assert "Ctrl+N" in user.picture and "/new" in user.picture
        await user.press("enter")
        if user.app.screen is palette:  # the first Enter marks, the second one runs
            await user.press("enter")
        await user.until(lambda: not user.answers)
        assert user.prompt.text == "a"
        assert user.app.focused is user.prompt


async def test_what_cannot_be_done_now_says_so() -> None:
    async with open_app(answer("One", holds=True)) as user:
        await user.app.perform("chat.stop")
        await user.settle()
        assert user.toasts == ["There is nothing to do for that now."]
        await user.app.perform("chat.stop", "a word that it does not take")
        await user.settle()
        assert user.toasts == ["There is nothing to do for that now."] * 2
        turn = await user.ask("Count.")
        await user.type_text("/stop")
        await user.press("enter")
        assert turn.state == "cancelled"


async def test_esc_is_offered_only_while_there_is_something_to_stop() -> None:
    async with open_app(answer("One", holds=True)) as user:
        assert "Stop" not in user.key_line
        await user.ask("Count.")
        assert user.key_line.startswith("Esc Stop")
        await user.press("escape")
        assert "Stop" not in user.key_line


# Other keys


@pytest.fixture
def rebound() -> Iterator[settings.Settings]:
    """Three actions have other keys in the settings file."""
    yield settings.save_values(
        {
            "setup_done": "true",
            "language": "en",
            "keys.chat.new": "f5",
            "keys.app.go.models": "f6,ctrl+y",
            "keys.app.command_palette": "f12",
        }
    )


async def test_other_keys_work_and_are_shown_everywhere(
    rebound: settings.Settings,
) -> None:
    async with open_app(settings=rebound, size=(120, 40)) as user:
        for key, place in (("f3", "chat"), ("f6", "models"), ("ctrl+y", "models")):
            await user.app.workspace.go("chat")
            await user.press(key)
            assert user.place == place
        await user.app.workspace.go("chat")
        await user.settle()
        assert "F5 New chat" in user.key_line and "F12 Commands" in user.key_line
        assert "F6" in user.place_bar and "F3" not in user.place_bar
        provider = ActionProvider(user.app.screen)
        (hit,) = [hit async for hit in provider.search("begin again")]
        assert hit.help is not None
        assert "F5" in hit.help and "Ctrl+N" not in hit.help
        await user.press("f12")
        assert isinstance(user.app.screen, CommandPalette)
        await user.press("escape")
        for name in ("app.keys", "app.help"):
            await user.app.perform(name)
            await user.settle()
            assert isinstance(user.app.screen, KeysScreen)
            assert "F5  /new" in user.picture and "Ctrl+N" not in user.picture
            await user.press("escape")


async def test_a_new_key_works_at_once(rebound: settings.Settings) -> None:
    async with open_app(answer("One"), settings=rebound) as user:
        await user.ask("Count.")
        await user.app.perform("settings.set", "keys.chat.new f4")
        await user.until(lambda: settings.load().keys["chat.new"] == "f4")
        await user.press("f2")
        assert "F4 New chat" in user.key_line
        await user.press("f5")
        assert user.answers
        await user.press("f4")
        assert not user.answers
        await user.app.perform("settings.reset", "keys.chat.new")
        await user.until(lambda: "chat.new" not in settings.load().keys)
        await user.press("f2")
        assert "Ctrl+N New chat" in user.key_line

"""Every visible text comes from the catalogue, and follows the language at once.

A made-up language draws the letters of each message as other letters. What is still
seen in plain letters did not come from the catalogue.
"""

import gettext
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from textual.command import CommandPalette
from textual.widgets import DataTable, Input, OptionList

from mlxtui import i18n, settings
from mlxtui.backend.job_info import JobId, JobState
from mlxtui.errors import ModelNotFound
from mlxtui.plans import JobSpec
from mlxtui.settings import Settings
from mlxtui.ui.messages import PlanRequested
from mlxtui.ui.model_columns import COLUMNS
from mlxtui.ui.places import PLACES, all_actions
from mlxtui.ui.themes import THEMES
from tests.recorded import LIBRARY, Answer, Script
from tests.recorded_gguf import gguf_plan, plan_of_several, plan_without_template
from tests.recorded_hub import job
from tests.ui.harness import User, answer, find_none, open_app
from tests.ui.test_hub_place import hub_script

_FIRST = {"en": 0x1D5A0, "ja": 0x1D670}
"""The first letter of each language: mathematical sans-serif and monospace."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# What is the same in every language: names, keys, units, what is typed as it stands.
_ALLOWED = (
    r"mlxtui", r"MLXTUI_[A-Z_]+", r"English", r"Hugging Face",
    r"(Ctrl|Alt|Shift)\+[A-Z]\w*", r"\bF\d+\b",
    r"\b(Esc|Enter|Tab|Delete|Backspace|Space|Home|End|PageUp|PageDown)\b",
    r"\b(TB|GB|MB|kB|GiB)\b", r"\b\d+-bit\b",
    r"/[a-z_]+(/[\w.-]+)*",  # slash commands and paths
    r"\b(llama|qwen3|group \d+)\b",  # as the model's folder says it
)  # fmt: skip


class Pseudo(gettext.NullTranslations):
    """Each message in other letters."""

    def __init__(self, language: str) -> None:
        super().__init__()
        first = _FIRST[language]
        self._letters = {
            ord(letter): chr(first + place) for place, letter in enumerate(_LETTERS)
        }

    def gettext(self, message: str) -> str:
        """The message; what is put into it later keeps its letters."""
        parts = re.split(r"(\{[^}]*\})", message)
        parts[::2] = [part.translate(self._letters) for part in parts[::2]]
        return "".join(parts)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The message for a count."""
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture(autouse=True)
def pseudo_languages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both languages are made-up ones."""
    with monkeypatch.context() as patch:
        patch.setattr(
            gettext,
            "translation",
            lambda _domain, _folder, languages, **_options: Pseudo(languages[0]),
        )
        yield


def plain_words(text: str, *own: str) -> list[str]:
    """The words in plain letters that need a reason.

    Args:
        own: Texts of the user's, of models and of files.
    """
    for allowed in own:
        text = text.replace(allowed, " ")
    for pattern in _ALLOWED:
        text = re.sub(pattern, " ", text)
    return re.findall(r"[A-Za-z]{2,}", text)


def has_letters_of(text: str, language: str) -> bool:
    """Whether anything is said in this language."""
    first = _FIRST[language]
    return any(first <= ord(letter) < first + len(_LETTERS) for letter in text)


def settings_in(language: i18n.Language) -> Settings:
    """Nothing but the language is set, in the file, too."""
    return settings.save_values({"setup_done": "true", "language": language})


NAMES = [
    text
    for model in LIBRARY
    for text in (model.name, model.name.rpartition("/")[2], str(model.path))
]


def assert_translated(user: User, *own: str) -> None:
    """Nothing on the screen has bypassed the catalogue."""
    words = plain_words(user.picture, *own, *NAMES)
    assert not words, f"{words}\n{user.picture}"


def test_the_made_up_language_can_be_told_from_plain_letters() -> None:
    assert plain_words(i18n._("Quit")) == ["Quit"]
    i18n.set_language("en")
    assert plain_words(i18n._("Quit")) == []
    text = i18n.ngettext("{count} model", "{count} models", 2).format(count=2)
    assert plain_words(text) == [] and has_letters_of(text, "en")
    assert plain_words("Ctrl+N 2.3 GB Bypassed guide", "guide") == ["Bypassed"]


async def test_the_chat_and_its_parts() -> None:
    thought = Answer([("reasoning", "1 + 1"), ("answer", "2\n\n```\n3\n```\n")])
    held = Answer([], holds=True)
    async with open_app(thought, held, settings=settings_in("en")) as user:
        await user.pilot.resize_terminal(110, 40)
        await user.settle()
        assert_translated(user)
        await user.ask("1?")
        await user.press("ctrl+t")
        assert_translated(user)
        await user.ask("2?")
        assert_translated(user)
        await user.press("escape")
        assert_translated(user)
        await user.press("ctrl+b", "1", "tab", "tab", *"1.1.1")
        assert_translated(user)
        await user.press("ctrl+b", "/")
        assert_translated(user)
        await user.press("down", "down", "up", "pageup", "backspace")
        assert_translated(user)


async def test_states_of_the_model() -> None:
    def find_nothing() -> None:
        raise ModelNotFound(i18n._("No model is loaded."))

    gate = threading.Event()
    async with open_app(settings=settings_in("en"), find_model=find_none) as user:
        assert_translated(user)
    async with open_app(
        settings=settings_in("en"), script=Script(load_gate=gate)
    ) as user:
        await user.ask("1?")
        assert_translated(user)
        gate.set()
    async with open_app(settings=settings_in("en"), find_model=find_nothing) as user:
        assert_translated(user)


async def test_notices() -> None:
    async with open_app(answer("", holds=True), settings=settings_in("en")) as user:
        await user.pilot.resize_terminal(100, 60)
        for name, argument in (
            ("chat.copy", ""), ("chat.copy_code", ""), ("chat.stop", ""),
            ("app.theme", "nord"), ("app.language", "xx"),
            ("models.rescan", ""), ("models.sort", "xx"), ("models.load", "xx"),
            ("settings.set", "xx yy"), ("settings.set", "theme xx"),
        ):  # fmt: skip
            await user.app.perform(name, argument)
        await user.press("f2")
        await user.type_text("/xx")
        await user.press("enter")
        await user.settle()
        assert len(user.toasts) >= 9
        typed = {"nord", "xx", "yy", *(column.name for column in COLUMNS)}
        typed |= {*settings.keys(), *i18n.LANGUAGES, *(one.name for one in THEMES)}
        words = set(plain_words("\n".join(user.toasts), *NAMES))
        words -= set(plain_words(" ".join(typed)))
        assert not words, f"{words}\n{user.toasts}"


async def test_the_models() -> None:
    broken = replace(LIBRARY[3], problem="1", hint="2")
    script = Script(models=(*LIBRARY[:3], broken))
    used = settings_in("en")
    async with open_app(script=script, settings=used, size=(140, 40)) as user:
        await user.press("f3")
        for _row in range(user.app.screen.query_one(DataTable).row_count):
            assert_translated(user)
            await user.press("down")
        for text in ("zzz", "/no/folder", ""):
            user.app.screen.query_one("ModelFilter", Input).value = text
            await user.settle()
            assert_translated(user, "zzz")
        user.script.models = LIBRARY[:1]
        await user.press("r")
        assert_translated(user)


async def test_the_hub_and_the_dialogs_of_models() -> None:
    script = hub_script()
    script.models = LIBRARY
    own = (
        *script.repositories, *(name.partition("/")[2] for name in script.repositories),
        "apache-2.0", "Qwen/Qwen3-4B", "Good all round", "MLX", "GGUF", "safetensors",
        "config.json", "model.safetensors", "tokenizer.json", "0123456789ab",
        "A model of four billion parameters.", "Qwen3 4B", "owner/name", "affine",
        "mxfp4", "mxfp8", "nvfp4", "float16", "bfloat16", "float32", "mlx-community",
        "meta-llama",
        *(f"Qwen3-4B-4bit-{made}" for made in ("16bit", "4bit", "mixed-4-6", "fit")),
        "Qwen3-4B-4bit-copy", "日本語モデル-8bit-copy",
    )  # fmt: skip
    own = tuple(sorted(own, key=len, reverse=True))
    used = settings_in("en")
    async with open_app(script=script, settings=used, size=(150, 70)) as user:
        await user.press("f3", "f")
        assert_translated(user, *own)
        await user.press("0", "enter")
        await user.until(lambda: "apache-2.0" in user.picture)
        assert_translated(user, *own)
        await user.press("q")
        for _way in range(4):
            assert_translated(user, *own)
            await user.press("right")
        await user.press("escape", "escape", "down", "down")
        for keys in (("y",), ("m", "ctrl+u", "enter"), ("x", "0", "enter"), ("v",)):
            await user.press(*keys)
            await user.until(lambda: len(user.app.screen_stack) > 1)
            await user.settle()
            assert_translated(user, *own)
            await user.press("escape")
        await user.press("d")
        await user.until(lambda: len(user.app.screen_stack) > 1)
        await user.settle()
        assert_translated(user, *own)


async def test_the_settings() -> None:
    async with open_app(settings=settings_in("en"), size=(140, 70)) as user:
        await user.press("f8")
        rows = user.app.screen.query_one(OptionList)
        values = ("auto", "en", "ja", "dark", "light", "contrast", "ansi", "enter",
                  "ctrl", "off", "model", "max", "on")  # fmt: skip
        own = (*settings.keys(), *(f"keys.{item.name}" for item in all_actions()))
        own += ("https://hub.example",)
        own = tuple(sorted(own, key=len, reverse=True))
        for _row in range(rows.option_count):
            picture = user.picture
            words = set(plain_words(picture, *own, *NAMES)) - set(values)
            assert not words, f"{words}\n{picture}"
            await user.pilot.press("down")
        await user.press("enter")
        words = set(plain_words(user.picture, *own, *NAMES)) - set(values)
        assert not words, f"{words}\n{user.picture}"


async def test_help_sheet_palette_and_the_first_questions() -> None:
    async with open_app(settings=settings_in("en"), size=(120, 150)) as user:
        for place in PLACES:
            await user.press(place.KEY, "f1")
            assert_translated(user, "mlxtui config")
            await user.press("escape")
        await user.press("f3", "question_mark")
        assert_translated(user)
        await user.press("escape", "ctrl+p")
        palette = user.app.screen
        assert isinstance(palette, CommandPalette)
        await user.until(lambda: palette.query_one(OptionList).option_count > 9)
        await user.settle()
        assert_translated(user)
        await user.press("0", "0")
        await user.settle()
        assert_translated(user)
    async with open_app(settings=Settings(language="en"), size=(100, 40)) as user:
        await user.until(lambda: "GB" in user.picture or "TB" in user.picture)
        assert_translated(user, str(Settings().models_dir()))


async def test_the_jobs_and_their_plan() -> None:
    name = "mlx-community/Qwen3-4B-4bit"
    own = (name, "Qwen3-4B-4bit", "config.json", "model.safetensors", "tokenizer.json")
    states: tuple[JobState, ...] = (
        "running", "waiting", "paused", "failed", "cancelled", "finished",
    )  # fmt: skip
    first = replace(job(own[1]), done=1, total=2, message="1", result_name=name)
    script = Script()
    for state in states:
        script.jobs[JobId(state)] = replace(first, job_id=JobId(state), state=state)
    held = replace(first, job_id=JobId("held"), held_by_process_id=1)
    left = replace(first, job_id=JobId("l"), state="paused", was_interrupted=True)
    script.jobs |= {held.job_id: held, left.job_id: left}
    async with open_app(
        script=script, settings=settings_in("en"), size=(160, 50)
    ) as user:
        await user.press("f7")
        await user.until(lambda: own[1] in user.picture)
        for _job in script.jobs:
            assert_translated(user, *own)
            await user.press("down")
        await user.press("l")
        assert_translated(user, *own)
        await user.press("escape")
        user.app.post_message(PlanRequested(JobSpec(source=name)))
        await user.until(lambda: "config.json" in user.picture)
        await user.settle()
        assert_translated(user, *own)
        await user.press("f1")
        assert_translated(user, *own)


async def test_the_plan_of_a_gguf_file_and_the_choice_among_several() -> None:
    own = ("Qwen3-4B", "K_M-exact", "_K_M", "BF16", "chatml", ".gguf", "owner", "GGUF")
    script = Script(
        plans={
            "bare": plan_without_template,
            "here": lambda spec: replace(gguf_plan(spec), steps=()),
            "several": plan_of_several,
        }
    )
    async with open_app(
        script=script, settings=settings_in("en"), size=(100, 50)
    ) as user:
        for source in script.plans:
            user.app.post_message(PlanRequested(JobSpec(source=source)))
            await user.until(lambda: len(user.app.screen_stack) > 1)
            await user.settle()
            assert_translated(user, *own)
            await user.press("right", "tab", "right", "down")
            assert_translated(user, *own)
            await user.press("f1")
            assert_translated(user, *own)
            await user.press("escape", "escape", "escape")


@pytest.mark.parametrize("way", ["f10", "/language"])
async def test_a_new_language_changes_every_text_and_loses_nothing(way: str) -> None:
    answers = [
        Answer([("reasoning", "1"), ("answer", "2")]),
        Answer([("answer", "3")], holds=True),
    ]
    async with open_app(*answers, settings=settings_in("en"), size=(120, 40)) as user:
        await user.press("f3")
        user.app.screen.query_one("ModelFilter", Input).value = "8"
        await user.press("f8", "down", "down", "f2")
        await user.ask("1?")
        await user.ask("2?")
        await user.press("ctrl+b", "7", "tab", "tab", *"0.5", "ctrl+b")
        await user.type_text("/language" if way == "/language" else "9")
        assert has_letters_of(user.picture, "en")
        await user.press(*([way] if way == "f10" else ["enter", "enter"]))
        assert i18n.current_language() == "ja"
        assert settings.load().language == "ja"
        for place in PLACES:
            await user.press(place.KEY)
            assert has_letters_of(user.picture, "ja")
            assert not has_letters_of(user.picture, "en"), user.picture
        await user.press("f2", "ctrl+b")
        assert not has_letters_of(user.picture, "en"), user.picture
        for key in ("f1", "ctrl+p"):
            await user.press(key)
            assert has_letters_of(user.picture, "ja")
            assert not has_letters_of(user.picture, "en"), user.picture
            await user.press("escape")
        # Nothing was lost.
        assert user.prompt.text == ("9" if way == "f10" else "")
        assert user.questions == ["1?", "2?"]
        assert [turn.text for turn in user.answers] == ["2", "3"]
        assert user.chat.query_one("#temperature", Input).value == "0.5"
        await user.say("4")
        assert user.answers[-1].text == "34"
        await user.press("f3")
        assert user.app.screen.query_one("ModelFilter", Input).value == "8"
        await user.press("f8")
        assert user.app.screen.query_one(OptionList).highlighted == 3

"""`mlxtui config setup`: the questions of the first start, in a plain terminal."""

import sys
from collections.abc import Callable

import click

from mlxtui import i18n, paths, settings
from mlxtui.errors import SettingsError
from mlxtui.harmless import one_line
from mlxtui.i18n import LANGUAGES, _
from mlxtui.settings import SETTINGS, Settings
from mlxtui.settings.models_folder import folder_problem

_SEND_KEYS = ("enter", "ctrl+s")


@click.command(
    "setup",
    help=_(
        "Ask for language, models folder and the key that sends. Enter takes the value"
        " in brackets; Ctrl+C or Ctrl+D leaves everything as it was. Answers may be"
        " piped in, one on a line: where they end, the values in brackets are taken; a"
        " wrong one is an error. An option answers its question."
    ),
)
@click.option("--language", type=click.Choice(LANGUAGES), help=_("Language of the app"))
@click.option("--models-folder", metavar=_("FOLDER"), help=_("Folder for your models"))
@click.option(
    "--send-key", type=click.Choice(_SEND_KEYS), help=_("Key that sends a message")
)
def setup_command(
    language: str | None, models_folder: str | None, send_key: str | None
) -> None:
    """Ask, then save all answers at once."""
    used = settings.load()
    answers = {"setup_done": "true"}
    try:
        answers["language"] = _answer(
            "language", language, _("Language / 言語"), _language(used), _word_problem
        )
        i18n.set_language("ja" if answers["language"] == "ja" else "en")
        folder = _answer(
            "models_folder", models_folder, _("Folder for your models"),
            str(used.models_dir()), lambda _key, text: folder_problem(text),
        )  # fmt: skip
        answers["models_folder"] = _unless_own(folder)
        if i18n.current_language() == "ja" and send_key is None:
            click.echo(_("Enter also confirms kanji; Ctrl+S never sends too early."))
        answers["send_key"] = _answer(
            "send_key", send_key, _("Key that sends a message"), _send_key(used),
            _word_problem,
        )  # fmt: skip
    except (EOFError, KeyboardInterrupt) as error:
        click.echo()
        click.echo(_("Nothing was changed."), err=True)
        raise click.Abort from error
    for key, option in (
        ("language", language), ("models_folder", models_folder), ("send_key", send_key)
    ):  # fmt: skip
        if option is None and settings.origin(key) == "environment":
            del answers[key]  # the variable's word is not the user's answer
    settings.save_values(answers)
    click.echo(_("Saved in {path}.").format(path=one_line(str(paths.settings_file()))))


def _language(used: Settings) -> str:
    return i18n.language_of_locale() if used.language == "auto" else used.language


def _send_key(used: Settings) -> str:
    if settings.origin("send_key") == "default" and i18n.current_language() == "ja":
        return "ctrl+s"
    return used.send_key


def _unless_own(folder: str) -> str:
    """The text to save for a models folder: none for mlxtui's own."""
    return "" if paths.expand(folder) == paths.models_dir() else folder


def _word_problem(key: str, text: str) -> str:
    """Why a word is none of the choices; empty when it is one."""
    try:
        settings.parse(key, text)
    except SettingsError as error:
        return error.message
    return ""


def _answer(
    key: str,
    option: str | None,
    question: str,
    shown: str,
    problem_of: Callable[[str, str], str],
) -> str:
    """The answer of the option, the variable or the user.

    Raises:
        SettingsError: The option or a piped answer is wrong.
        EOFError: The user closed the terminal's input.
    """
    setting = SETTINGS[key]
    if option is None and settings.origin(key) == "environment":
        text = _("{title}: from the variable {name}")
        name = settings.variable(key)
        click.echo(text.format(title=_(setting.title), name=name))
        return setting.text(getattr(settings.load(), key)) or shown
    choices = ""
    if isinstance(setting, settings.Choice):
        choices = f" ({', '.join(word for word in setting.choices if word != 'auto')})"
    while True:
        text = option or _read(f"{question}{choices} [{one_line(shown)}]: ") or shown
        problem = problem_of(key, text)
        if not problem:
            return text
        if option is not None or not sys.stdin.isatty():
            raise SettingsError(problem, hint=f"{key}: {settings.description(key)}")
        click.echo(f"  {one_line(problem)}")


def _read(prompt: str) -> str:
    if sys.stdin.isatty():
        return input(prompt).strip()
    # Without a terminal nobody else writes the answer beside its question.
    answer = sys.stdin.readline().strip()
    click.echo(f"{prompt}{one_line(answer)}")
    return answer

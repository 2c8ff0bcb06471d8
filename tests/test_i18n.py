"""The language of messages: whose it is, and that it changes while running."""

import threading
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from mlxtui import i18n, paths
from mlxtui.i18n import LANGUAGES, N_, _, ngettext

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")

_MESSAGE = N_("A message of this test")


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Japanese catalogue with two messages."""
    japanese = Catalog(locale="ja")
    japanese.add(_MESSAGE, "この試験の文")
    japanese.add(("{count} file", "{count} files"), ("{count}個",))
    file = tmp_path / "locale" / "ja" / "LC_MESSAGES" / "mlxtui.mo"
    file.parent.mkdir(parents=True)
    with open(file, "wb") as opened:
        write_mo(opened, japanese)
    monkeypatch.setattr(paths, "locale_dir", lambda: tmp_path / "locale")


@pytest.mark.parametrize("variable", _VARIABLES)
@pytest.mark.parametrize("value", ["ja_JP.UTF-8", "ja", "ja_JP.eucJP", "JA_jp"])
def test_a_japanese_locale_asks_for_japanese(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANG")
    monkeypatch.setenv(variable, value)
    assert i18n.language_of_locale() == "ja"


@pytest.mark.parametrize("value", ["C", "POSIX", "C.UTF-8", "en_US.UTF-8", "fr_FR", ""])
def test_every_other_locale_gets_english(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", value)
    assert i18n.language_of_locale() == "en"


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [("LC_ALL", "LC_MESSAGES"), ("LC_ALL", "LANG"), ("LC_MESSAGES", "LANG")],
)
def test_the_variables_have_the_order_that_the_system_gives_them(
    stronger: str, weaker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(stronger, "en_US.UTF-8")
    monkeypatch.setenv(weaker, "ja_JP.UTF-8")
    assert i18n.language_of_locale() == "en"
    monkeypatch.setenv(stronger, "")  # an empty one counts as not set
    assert i18n.language_of_locale() == "ja"


def test_auto_takes_the_language_of_the_locale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    i18n.set_language("auto")
    assert i18n.current_language() == "ja"


def test_a_given_language_wins_over_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    i18n.set_language("en")
    assert i18n.current_language() == "en"


@pytest.mark.usefixtures("catalogue")
def test_the_language_changes_while_the_program_runs() -> None:
    seen = []
    for language in (*LANGUAGES, *LANGUAGES):
        i18n.set_language(language)
        seen.append(_(_MESSAGE))
    assert seen == [_MESSAGE, "この試験の文"] * 2


@pytest.mark.usefixtures("catalogue")
def test_another_thread_sees_the_change() -> None:
    i18n.set_language("ja")
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(_(_MESSAGE)))
    thread.start()
    thread.join()
    assert seen == ["この試験の文"]


@pytest.mark.usefixtures("catalogue")
def test_counts_follow_the_plural_rule_of_the_language() -> None:
    forms = ("{count} file", "{count} files")
    assert [ngettext(*forms, count) for count in (1, 2)] == list(forms)
    i18n.set_language("ja")
    assert {ngettext(*forms, count) for count in (1, 2)} == {"{count}個"}


@pytest.mark.usefixtures("catalogue")
def test_a_message_without_a_translation_is_english() -> None:
    i18n.set_language("ja")
    assert _("Nobody translated this") == "Nobody translated this"


def test_a_missing_catalogue_leaves_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "locale_dir", lambda: tmp_path / "nothing")
    i18n.set_language("ja")
    assert _(_MESSAGE) == _MESSAGE

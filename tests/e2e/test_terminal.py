"""The real program in a real terminal: starting, asking, stopping, resizing."""

from pathlib import Path

from mlxtui import paths
from tests.e2e.conftest import OpenTerminal

CTRL_J, ESCAPE, CTRL_Q, F1 = "\n", "\x1b", "\x11", "\x1bOP"


def test_it_starts_and_shows_the_prompt(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal("--no-model")
    terminal.until_shown("Ask a question")
    terminal.until_shown("no model – Ctrl+O chooses one")
    assert {"1049", "1004", "2004", "1006"} <= terminal.modes
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_the_built_in_model_answers(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal(rows=40)
    terminal.until_shown("● guide")
    terminal.press("Which keys are there?\r")
    terminal.until_shown("tokens/s")
    terminal.until(lambda: "Esc Stop" not in terminal.shown)
    lines = [line.strip() for line in terminal.shown.splitlines()]
    answer = lines.index("guide")
    assert lines.index("Which keys are there?") < answer
    assert any(lines[answer + 1 : answer + 3])
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_an_answer_is_stopped_and_stays(
    open_terminal: OpenTerminal, long_model: Path
) -> None:
    terminal = open_terminal("--model", str(long_model))
    terminal.until_shown("Ask a question")
    terminal.press("Tell me a long story.\r")  # the model is not there yet
    terminal.until_shown("tokens/s")
    terminal.press(ESCAPE)
    terminal.until_shown("stopped by you")
    terminal.press("And then?\r")
    terminal.until_shown("Esc Stop")
    terminal.press(ESCAPE)
    terminal.until(lambda: "Esc Stop" not in terminal.shown)
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_what_is_typed_ahead_is_not_lost(
    open_terminal: OpenTerminal, short_model: Path
) -> None:
    terminal = open_terminal("--model", str(short_model))
    terminal.until_shown("● short")
    terminal.press("first\rsecond")
    terminal.until_shown("cut at the length limit")
    terminal.until_shown("│ second")
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_several_lines_and_japanese_are_typed(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal("--no-model")
    terminal.until_shown("Ask a question")
    terminal.press(f"日本語{CTRL_J}two")
    terminal.until_shown("│ two")
    assert "日本語" in terminal.shown.replace(" ", "")
    terminal.press("\x1b[13;2u")  # Shift+Enter, as terminals with Kitty's keys send it
    terminal.press("three")
    terminal.until_shown("│ three")
    terminal.press("\x1b[200~pasted\rlines\x1b[201~")
    terminal.until_shown("│ lines")
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_the_window_changes_its_size(
    open_terminal: OpenTerminal, long_model: Path
) -> None:
    terminal = open_terminal("--model", str(long_model))
    terminal.until_shown("● long")
    terminal.press("Tell me a long story.\r")
    terminal.until_shown("Esc Stop")
    for rows, columns in ((40, 120), (5, 20), (10, 40), (24, 80)):
        terminal.resize(rows, columns)
    terminal.press(ESCAPE)
    terminal.until_shown("stopped by you")
    terminal.until(lambda: "Commands" in terminal.screen.display[23])
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_the_keys_page_opens_by_f1(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal("--no-model")
    terminal.until_shown("Ask a question")
    terminal.press(F1)
    terminal.until_shown("Esc closes")
    terminal.press(ESCAPE)
    terminal.until(lambda: "Esc closes" not in terminal.shown)
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_a_broken_settings_file_is_told_and_the_app_starts(
    open_terminal: OpenTerminal,
) -> None:
    file = paths.settings_file()
    file.write_text("theme = [not toml")
    terminal = open_terminal("--no-model")
    terminal.until_shown("Ask a question")
    terminal.until_shown("Mend or delete the file.")
    assert "config.toml" in "".join(terminal.shown.replace("▌", "").split())
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0
    assert file.read_text() == "theme = [not toml"


def test_a_model_that_is_not_there_is_told(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal("--model", "no-such-model")
    terminal.until_shown("There is no model no-such-model on this machine.")
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0


def test_a_very_small_window_is_no_error(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal("--no-model", rows=5, columns=20)
    terminal.until(lambda: terminal.shown.strip())
    terminal.press("hello")
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0

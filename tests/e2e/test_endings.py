"""Whatever ends the app: an exit code, a terminal as it was, nothing left behind."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from mlxtui import paths
from tests.e2e.conftest import OpenTerminal
from tests.e2e.terminal import Terminal

CTRL_Q, F1 = "\x11", "\x1bOP"
ERROR_LINE = "mlxtui met an error and had to stop. Details are in"

# Longer than an app without its terminal may live, and a process needs to be gone.
_CLOSED_SECONDS = 30

# F1 breaks the app; what follows stands for its action.
PROGRAM = """
import threading
from mlxtui.cli.main import main
from mlxtui.ui.app import MlxTuiApp

{broken}

main(["--no-model"])
"""

BREAKS = {
    "handler": """
def broken(self):
    raise ZeroDivisionError("a fault of ours")

MlxTuiApp.action_help = broken
""",
    "coroutine": """
async def broken(self):
    self.run_worker(fail())

async def fail():
    raise ZeroDivisionError("a fault of ours")

MlxTuiApp.action_help = broken
""",
    "thread": """
def fail():
    raise ZeroDivisionError("a fault of ours")

def broken(self):
    threading.Thread(target=fail).start()

MlxTuiApp.action_help = broken
""",
    "drawing": """
from mlxtui.ui.screens.keys import KeysScreen

def broken(self, *arguments):
    raise ZeroDivisionError("a fault of ours")

KeysScreen.render_line = broken
KeysScreen.render = broken
KeysScreen.compose = broken
""",
}


def assert_terminal_is_as_before(terminal: Terminal) -> None:
    """Everything that the app switched is switched back."""
    assert terminal.modes == {"7", "25"}
    assert terminal.key_stack == 0
    assert terminal.attributes() == terminal.attributes_before


def started(open_terminal: OpenTerminal, *arguments: str, script: str = "") -> Terminal:
    """An app that shows its prompt."""
    terminal = open_terminal(*arguments, script=script)
    terminal.until_shown("Ask a question")
    terminal.until_shown("Commands")
    return terminal


def test_ctrl_q_leaves_the_terminal_as_it_was(open_terminal: OpenTerminal) -> None:
    terminal = started(open_terminal, "--no-model")
    assert terminal.attributes() != terminal.attributes_before
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0
    assert_terminal_is_as_before(terminal)
    assert terminal.shown.strip() == "", "an ordered end says nothing"


def test_ctrl_q_while_a_model_loads(
    open_terminal: OpenTerminal, long_model: Path
) -> None:
    terminal = open_terminal("--model", str(long_model))
    terminal.until(lambda: "starting" in terminal.shown or "loading" in terminal.shown)
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0
    assert_terminal_is_as_before(terminal)


def test_ctrl_q_while_an_answer_is_written(
    open_terminal: OpenTerminal, long_model: Path
) -> None:
    terminal = started(open_terminal, "--model", str(long_model))
    terminal.press("Tell me.\r")
    terminal.until_shown("Esc Stop")
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0
    assert_terminal_is_as_before(terminal)
    assert terminal.shown.strip() == ""


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_signal_ends_the_app_in_order(
    number: signal.Signals, exit_code: int, open_terminal: OpenTerminal
) -> None:
    terminal = started(open_terminal, "--no-model")
    terminal.send_signal(number)
    assert terminal.wait_for_end() == exit_code
    assert_terminal_is_as_before(terminal)
    assert "Traceback" not in terminal.output


def test_a_signal_is_heard_on_a_screen_where_nothing_moves(
    open_terminal: OpenTerminal,
) -> None:
    terminal = started(open_terminal, "--no-model")
    terminal.press(F1)
    terminal.until_shown("Esc closes")
    terminal.send_signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 143
    assert_terminal_is_as_before(terminal)
    assert "\x1b[?1049l" in terminal.output


def test_a_signal_while_an_answer_is_written(
    open_terminal: OpenTerminal, long_model: Path
) -> None:
    terminal = started(open_terminal, "--model", str(long_model))
    terminal.press("Tell me.\r")
    terminal.until_shown("Esc Stop")
    terminal.send_signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 143
    assert_terminal_is_as_before(terminal)


@pytest.mark.parametrize("where", BREAKS)
def test_an_error_of_ours_leaves_with_one_line(
    where: str, open_terminal: OpenTerminal
) -> None:
    terminal = started(open_terminal, script=PROGRAM.format(broken=BREAKS[where]))
    terminal.press(F1)
    assert terminal.wait_for_end() == 1
    assert_terminal_is_as_before(terminal)
    shown = terminal.shown.strip()
    assert shown.startswith(ERROR_LINE)
    assert str(paths.log_file()) in shown.replace("\n", "")
    assert "Traceback" not in terminal.output
    assert "a fault of ours" not in terminal.output
    assert "NOTE" not in terminal.output
    log = paths.log_file().read_text()
    assert "ZeroDivisionError: a fault of ours" in log and "Traceback" in log
    lines = terminal.shown.rstrip().splitlines()
    assert terminal.screen.cursor.y >= len(lines), "the shell goes on under the line"


def test_closing_the_window_ends_the_process(
    open_terminal: OpenTerminal, long_model: Path
) -> None:
    terminal = started(open_terminal, "--model", str(long_model))
    terminal.press("Tell me.\r")
    terminal.until_shown("Esc Stop")
    process = psutil.Process(terminal.process_id)
    family = [process, *process.children(recursive=True)]
    terminal.close_window()
    _gone, alive = psutil.wait_procs(family, timeout=_CLOSED_SECONDS)
    assert alive == []


def test_the_log_is_private_and_nothing_else_is_written(
    open_terminal: OpenTerminal, tmp_path: Path
) -> None:
    terminal = started(open_terminal, "--no-model")
    terminal.press(CTRL_Q)
    assert terminal.wait_for_end() == 0
    assert os.stat(paths.log_dir()).st_mode & 0o077 == 0
    home = tmp_path / "home"
    written = {path for path in home.rglob("*") if path.is_file()}
    of_the_fixture = set(paths.config_dir().iterdir())
    assert written - of_the_fixture == {paths.log_file()}

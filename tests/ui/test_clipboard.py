"""Copying, with little programs on PATH in place of the system's, and a real tmux."""

import asyncio
import base64
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
from textual.app import App

from mlxtui.ui.clipboard import CopyResult, copy_text

_DEADLINE_SECONDS = 20

PutProgram = Callable[[str, str], Path]


class Terminal:
    """A running app, and what it writes to its terminal."""

    def __init__(self, app: App[None]) -> None:
        self.app = app
        self.written: list[str] = []

    @property
    def clipboard(self) -> str | None:
        """What came by OSC 52; None if nothing did."""
        texts = [
            base64.b64decode(data.removeprefix("\x1b]52;c;").removesuffix("\a"))
            for data in self.written
            if data.startswith("\x1b]52;c;")
        ]
        return texts[-1].decode() if texts else None


@pytest.fixture
async def terminal(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Terminal]:
    app: App[None] = App()
    async with app.run_test():
        terminal = Terminal(app)
        monkeypatch.setattr(app._driver, "write", terminal.written.append)
        yield terminal


@pytest.fixture
def put_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PutProgram:
    """Puts a shell script on a PATH that holds nothing else of the kind."""
    for name in (
        *("SSH_CONNECTION", "SSH_TTY", "TMUX", "STY", "TERM_PROGRAM"),
        *("WAYLAND_DISPLAY", "DISPLAY", "WSL_DISTRO_NAME"),
    ):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "cat", "sleep", "echo"):
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, script: str) -> Path:
        taken = tmp_path / f"{name}.taken"
        path = folder / name
        path.write_text(f"#!{folder}/sh\nTAKEN={taken}\n{script}\n")
        path.chmod(0o755)
        return taken

    return put


KEEPS = "cat > $TAKEN"
FAILS = "cat > $TAKEN; exit 3"


async def test_on_a_mac_pbcopy_takes_the_text_in_utf_8(
    terminal: Terminal, put_program: PutProgram
) -> None:
    taken = put_program("pbcopy", 'cat > $TAKEN; echo "$LC_ALL $*" > $TAKEN.how')
    assert await copy_text(terminal.app, "日本語\n") == CopyResult("copied")
    assert taken.read_text(encoding="utf-8") == "日本語\n"
    assert Path(f"{taken}.how").read_text().strip() == "en_US.UTF-8"
    assert terminal.clipboard is None


def _runs(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("variable", "program"),
    [("WAYLAND_DISPLAY", "wl-copy"), ("DISPLAY", "xclip"), ("DISPLAY", "xsel")],
)
async def test_a_desktops_program_is_used_where_there_is_that_desktop(
    variable: str,
    program: str,
    terminal: Terminal,
    put_program: PutProgram,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = put_program(program, KEEPS)
    assert (await copy_text(terminal.app, "text")).outcome == "sent"
    assert not taken.exists()
    monkeypatch.setenv(variable, "there")
    assert (await copy_text(terminal.app, "text")).outcome == "copied"
    assert taken.read_text() == "text"


async def test_windows_takes_utf_16(
    terminal: Terminal, put_program: PutProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WSL_DISTRO_NAME", "Debian")
    taken = put_program("clip.exe", KEEPS)
    assert (await copy_text(terminal.app, "日本")).outcome == "copied"
    assert taken.read_bytes().decode("utf-16-le") == "日本"


async def test_a_program_that_fails_gives_way_to_the_next(
    terminal: Terminal, put_program: PutProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("DISPLAY", ":0")
    first, second = put_program("wl-copy", FAILS), put_program("xclip", KEEPS)
    assert (await copy_text(terminal.app, "text")).outcome == "copied"
    assert first.read_text() == second.read_text() == "text"


async def test_a_program_that_hangs_is_ended_and_nothing_waits_for_it(
    terminal: Terminal, put_program: PutProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM_PROGRAM", "Apple_Terminal")
    taken = put_program("pbcopy", "sleep 600 & echo $! > $TAKEN; wait")
    copying = asyncio.create_task(copy_text(terminal.app, "x" * 1_000_000))
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while not (taken.exists() and taken.read_text().strip()):
            await asyncio.sleep(0.01)
        assert not copying.done()  # the loop goes on meanwhile
        result = await copying
    assert result.outcome == "failed"
    assert "pbcopy" in result.notice("the answer")
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while _runs(int(taken.read_text())):  # its child is ended with it
            await asyncio.sleep(0.01)


async def test_a_program_that_stays_behind_is_not_waited_for(
    terminal: Terminal, put_program: PutProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As xclip does: it reads all, then serves the clipboard in the background."""
    monkeypatch.setenv("DISPLAY", ":0")
    script = "cat > $TAKEN; (sleep 600; exit) & echo $! > $TAKEN.child"
    taken = put_program("xclip", script)
    assert (await copy_text(terminal.app, "text")).outcome == "copied"
    child = int(Path(f"{taken}.child").read_text())
    os.kill(child, 0)  # it lives
    os.killpg(os.getpgid(child), 9)


async def test_a_program_that_does_not_read_does_not_break_the_copying(
    terminal: Terminal, put_program: PutProgram
) -> None:
    put_program("pbcopy", "exit 1")
    assert (await copy_text(terminal.app, "x" * 1_000_000)).outcome == "sent"


async def test_a_program_that_cannot_be_run_gives_way_to_the_terminal(
    terminal: Terminal, put_program: PutProgram
) -> None:
    put_program("pbcopy", KEEPS)
    (Path(os.environ["PATH"]) / "pbcopy").write_bytes(b"\x00no program")
    assert (await copy_text(terminal.app, "text")).outcome == "sent"
    assert terminal.clipboard == "text"


async def test_a_megabyte_is_copied_whole(
    terminal: Terminal, put_program: PutProgram
) -> None:
    taken = put_program("pbcopy", KEEPS)
    text = "あ" * 350_000
    assert (await copy_text(terminal.app, text)).outcome == "copied"
    assert taken.read_text(encoding="utf-8") == text


async def test_what_is_no_text_becomes_a_question_mark(
    terminal: Terminal, put_program: PutProgram
) -> None:
    assert (await copy_text(terminal.app, "a\udcffb")).outcome == "sent"
    assert terminal.clipboard == "a?b"
    taken = put_program("pbcopy", KEEPS)
    assert (await copy_text(terminal.app, "a\udcffb")).outcome == "copied"
    assert taken.read_text() == "a?b"


@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY"])
async def test_over_ssh_the_far_machines_clipboard_is_left_alone(
    variable: str,
    terminal: Terminal,
    put_program: PutProgram,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, "10.0.0.1 50000 10.0.0.2 22")
    taken = put_program("pbcopy", KEEPS)
    assert await copy_text(terminal.app, "日本語") == CopyResult("sent")
    assert terminal.clipboard == "日本語"
    assert not taken.exists()


@pytest.mark.parametrize(("bytes_sent", "warns"), [(74_994, False), (74_995, True)])
async def test_a_text_longer_than_terminals_take_is_said_to_be_long(
    bytes_sent: int, warns: bool, terminal: Terminal, put_program: PutProgram
) -> None:
    result = await copy_text(terminal.app, "x" * bytes_sent)
    assert result.outcome == "sent"
    assert bool(result.hint) is warns


@pytest.mark.parametrize(
    ("name", "value"), [("TERM_PROGRAM", "Apple_Terminal"), ("STY", "1.tty")]
)
async def test_where_nothing_can_take_it_the_user_learns_another_way(
    name: str,
    value: str,
    terminal: Terminal,
    put_program: PutProgram,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, value)
    result = await copy_text(terminal.app, "text")
    assert not result.worked
    assert "Fn" in result.notice("the answer")
    assert terminal.clipboard is None


def test_only_a_copy_that_is_certain_says_copied() -> None:
    assert CopyResult("copied").notice("the answer") == "Copied the answer."
    sent = CopyResult("sent").notice("the answer")
    assert sent.startswith("Sent the answer to the terminal")
    failed = CopyResult("failed", reason="pbcopy failed", hint="Do this.")
    assert failed.notice("the answer") == (
        "Could not copy the answer: pbcopy failed\nDo this."
    )


async def test_inside_tmux_the_text_goes_by_way_of_tmux(
    terminal: Terminal,
    put_program: PutProgram,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = put_program("tmux", 'cat > $TAKEN; echo "$*" > $TAKEN.how')
    monkeypatch.setenv("TMUX", "/tmp/tmux-0/default,1,0")
    assert await copy_text(terminal.app, "text") == CopyResult("sent")
    assert taken.read_text() == "text"
    assert Path(f"{taken}.how").read_text().strip() == "load-buffer -w -"
    assert terminal.clipboard is None


_TMUX = shutil.which("tmux")


@pytest.mark.skipif(_TMUX is None, reason="no tmux on this machine")
async def test_a_real_tmux_takes_the_text(
    terminal: Terminal,
    put_program: PutProgram,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _TMUX
    (Path(os.environ["PATH"]) / "tmux").symlink_to(_TMUX)
    socket = tmp_path / "s"
    command = [_TMUX, "-S", str(socket), "-f", "/dev/null"]
    subprocess.run([*command, "new-session", "-d", "cat"], check=True)
    try:
        monkeypatch.setenv("TMUX", f"{socket},1,0")
        assert await copy_text(terminal.app, "日本語\n") == CopyResult("sent")
        shown = subprocess.run([*command, "show-buffer"], stdout=subprocess.PIPE)
        assert shown.stdout.decode() == "日本語\n"
    finally:
        subprocess.run([*command, "kill-server"], check=True)

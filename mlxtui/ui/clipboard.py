"""Copying text to the user's clipboard, and saying truly whether that worked."""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from textual.app import App

from mlxtui.i18n import _

_TIMEOUT_SECONDS = 2.0
# A sequence of 100,000 bytes less 8 for its frame, at 4 bytes of base64 for 3 of text:
# the bound of hterm's osc52.sh (OSC_52_MAX_SEQUENCE), which others keep to as well.
_OSC_52_TEXT_BYTES = 74_994


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What became of a text that was to be copied."""

    outcome: Literal["copied", "sent", "failed"]
    """Sent: the terminal has it, and no terminal says whether it made use of it."""
    reason: str = ""
    """Why it failed, in the user's language."""
    hint: str = ""
    """What to know or to do, in the user's language."""

    @property
    def worked(self) -> bool:
        """Whether nothing is known to have failed."""
        return self.outcome != "failed"

    def notice(self, what: str) -> str:
        """One sentence for the user, and the hint.

        Args:
            what: The name of what was copied, in the user's language: "the answer".
        """
        if self.outcome == "copied":
            text = _("Copied {what}.").format(what=what)
        elif self.outcome == "sent":
            text = _(
                "Sent {what} to the terminal, which does not say whether it copied it."
            ).format(what=what)
        else:
            text = _("Could not copy {what}: {reason}").format(
                what=what, reason=self.reason
            )
        return "\n".join(filter(None, (text, self.hint)))


@dataclass(frozen=True, slots=True)
class _Program:
    """A program that takes the text on its standard input."""

    command: tuple[str, ...]
    encoding: str = "utf-8"
    locale: str = ""
    """LC_ALL, where the program reads by it."""
    tells_terminal: bool = False
    """It hands the text on to the terminal, and success says no more than that."""


# By `man pbcopy` it reads in the encoding of the locale, which may be none.
_PBCOPY = _Program(("pbcopy",), locale="en_US.UTF-8")
_WAYLAND = _Program(("wl-copy",))
_X11 = (
    _Program(("xclip", "-selection", "clipboard")),
    _Program(("xsel", "--clipboard", "--input")),
)
# UTF-8 it would take for the Windows code page (microsoft/WSL#4852).
_WSL = _Program(("clip.exe",), encoding="utf-16-le")
# -w, since tmux 3.2, sends it on; OSC 52 from inside is dropped by tmux's defaults.
_TMUX = _Program(("tmux", "load-buffer", "-w", "-"), tells_terminal=True)


async def copy_text(app: App[Any], text: str) -> CopyResult:
    """Copy text to the clipboard of the machine in front of which the user sits.

    Programs of this machine come first, or over SSH not at all: their clipboard is not
    the user's. What remains is to ask the terminal (OSC 52), by way of tmux within it.
    Characters that are no text, as lone surrogates, become question marks.

    Args:
        app: The running app, whose driver writes to the terminal. It may override
            `copy_to_clipboard` to call this function.
    """
    environment = os.environ
    reason = ""
    for program in _programs(environment):
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                exit_code = await _feed(program, text)
        except FileNotFoundError:
            continue
        except TimeoutError:
            reason = _("{program} did not finish").format(program=program.command[0])
            continue
        except OSError as error:
            reason = f"{program.command[0]}: {error.strerror}"
            continue
        if exit_code == 0:
            return _sent(text) if program.tells_terminal else CopyResult("copied")
        reason = _("{program} failed").format(program=program.command[0])
    if _takes_osc_52(environment):
        App.copy_to_clipboard(app, text.encode(errors="replace").decode())
        return _sent(text)
    return CopyResult(
        "failed",
        reason=reason or _("this terminal takes no text for the clipboard"),
        hint=_(
            "Hold Fn (in iTerm2 Option, elsewhere Shift) and select with the mouse."
        ),
    )


def _programs(environment: Mapping[str, str]) -> Iterator[_Program]:
    if "SSH_CONNECTION" not in environment and "SSH_TTY" not in environment:
        yield _PBCOPY
        if environment.get("WAYLAND_DISPLAY"):
            yield _WAYLAND
        if environment.get("DISPLAY"):
            yield from _X11
        if "WSL_DISTRO_NAME" in environment:
            yield _WSL
    if "TMUX" in environment:
        yield _TMUX


def _takes_osc_52(environment: Mapping[str, str]) -> bool:
    """Apple's Terminal does not know it; GNU screen keeps it for itself."""
    if "TMUX" in environment:
        return True
    return environment.get("TERM_PROGRAM") != "Apple_Terminal" and (
        "STY" not in environment
    )


def _sent(text: str) -> CopyResult:
    if len(text.encode(errors="replace")) <= _OSC_52_TEXT_BYTES:
        return CopyResult("sent")
    hint = _("It is long: many terminals take no more than 75 kB.")
    return CopyResult("sent", hint=hint)


async def _feed(program: _Program, text: str) -> int:
    """Run a program with the text as its input; give its exit code.

    It gets no part of the terminal, and nothing is read from it: xclip and wl-copy stay
    behind to serve the clipboard, and would hold a pipe open.
    """
    locale = {"LC_ALL": program.locale} if program.locale else {}
    process = await asyncio.create_subprocess_exec(
        *program.command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **locale},
        start_new_session=True,
    )
    try:
        await process.communicate(text.encode(program.encoding, errors="replace"))
    except asyncio.CancelledError:
        # Its own session, so its children end with it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return process.returncode or 0

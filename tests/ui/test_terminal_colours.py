"""The palette of 256 colours: which terminals get it, and what it makes of colours."""

import shutil
import subprocess
from pathlib import Path

import pytest
from rich._palettes import EIGHT_BIT_PALETTE
from rich.color import Color as RichColor
from rich.color import ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color
from textual.filter import LineFilter
from textual.widgets import Static

from mlxtui.ui import themes
from mlxtui.ui.terminal_colours import PaletteColours, needs_palette
from tests.ui.test_themes import contrast_of

_BLACK = Color(0, 0, 0)


def _in_palette(style: Style) -> Style:
    (segment,) = PaletteColours().apply([Segment("text", style)], _BLACK)
    assert segment.style is not None
    return segment.style


def _shown(colour: str) -> Color:
    """What a terminal with 256 colours shows for a colour."""
    shown = _in_palette(Style(color=Color.parse(colour).rich_color)).color
    assert shown is not None
    assert shown.type == ColorType.EIGHT_BIT
    assert shown.number is not None
    assert shown.number >= 16
    return Color(*EIGHT_BIT_PALETTE[shown.number])


@pytest.mark.parametrize(
    "dark_grey", ["#24273a", "#1e1e2e", "#1a1b26", "#282c34", "#16191c", "#272c31"]
)
def test_dark_greys_stay_grey(dark_grey: str) -> None:
    red, green, blue = _shown(dark_grey).rgb
    assert red == green == blue
    assert red > 0


def test_rich_alone_makes_a_dark_grey_navy() -> None:
    """Else this module has no reason left."""
    assert RichColor.parse("#24273a").downgrade(ColorSystem.EIGHT_BIT).number == 17


def test_a_colour_of_the_palette_is_kept() -> None:
    for number in range(16, 256):
        triplet = EIGHT_BIT_PALETTE[number]
        assert _shown(triplet.hex).rgb == tuple(triplet)


def test_the_text_the_attributes_and_the_terminals_own_colours_are_unchanged() -> None:
    own = Style(color="red", bgcolor="default", bold=True, link="https://x.y")
    fixed = Style(color="#24273a", underline=True, meta={"@click": "app.quit"})
    segments = [Segment("one\t", own), Segment("日本", None), Segment("two", fixed)]
    out = PaletteColours().apply(segments, _BLACK)
    assert [segment.text for segment in out] == ["one\t", "日本", "two"]
    assert out[0].style == own
    assert out[1].style is None
    assert out[2].style is not None
    assert out[2].style.underline
    assert out[2].style.meta == {"@click": "app.quit"}


@pytest.mark.parametrize("name", ["dark", "light", "contrast"])
def test_our_themes_keep_their_steps_and_can_be_read(name: str) -> None:
    (theme,) = (theme for theme in themes.THEMES if theme.name == name)
    grounds = [
        _shown(str(colour)) for colour in (theme.background, theme.surface, theme.panel)
    ]
    assert len(set(grounds)) == 3
    texts = [
        _shown(value)
        for key, value in theme.variables.items()
        if key.startswith(("text", "code-"))
    ]
    least = 7.0 if name == "contrast" else 4.5
    for text in texts:
        for ground in grounds:
            assert contrast_of(text, ground) >= least, (text, ground)
    row = _shown(theme.variables["block-cursor-background"])
    assert contrast_of(_shown(theme.variables["text"]), row) >= least
    assert row not in grounds


class PaletteApp(App[None]):
    """An app that draws in the palette."""

    CSS = "Static { color: #24273a; background: #fafaf8; border: round #84cbc7; }"

    def compose(self) -> ComposeResult:
        """One line in a border."""
        yield Static("text", markup=False)

    def get_line_filters(self) -> list[LineFilter]:
        """Textual's filters, then ours."""
        return [*super().get_line_filters(), PaletteColours()]


async def test_an_app_draws_nothing_else() -> None:
    app = PaletteApp()
    async with app.run_test() as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        segments = [segment for strip in strips for segment in strip]
        assert "text" in "".join(segment.text for segment in segments)
        colours = {
            colour
            for segment in segments
            if segment.style is not None
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None
        }
        assert {colour.type for colour in colours} == {ColorType.EIGHT_BIT}


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal of whoever runs the tests is not asked."""
    for name in ("TMUX", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("program", "version", "system", "expected"),
    [
        ("Apple_Terminal", "455.1", "truecolor", True),  # macOS 15
        ("Apple_Terminal", "466", "truecolor", False),  # macOS 26.2
        ("Apple_Terminal", "466", "256", True),
        ("Apple_Terminal", "", "truecolor", True),
        ("Apple_Terminal", "?", "truecolor", True),
        ("Apple_Terminal", "455", "standard", False),
        ("ghostty", "1.2", "truecolor", False),
        ("ghostty", "1.2", "256", True),
        ("ghostty", "1.2", None, False),
    ],
)
def test_the_palette_is_for_those_who_know_no_more(
    program: str,
    version: str,
    system: str | None,
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM_PROGRAM", program)
    monkeypatch.setenv("TERM_PROGRAM_VERSION", version)
    assert needs_palette(system) is expected


_TMUX = shutil.which("tmux")


@pytest.mark.skipif(_TMUX is None, reason="no tmux on this machine")
@pytest.mark.parametrize(("build", "expected"), [("455.1", True), ("466", False)])
def test_inside_tmux_the_terminal_around_it_counts(
    build: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _TMUX
    monkeypatch.setenv("TERM_PROGRAM", "Apple_Terminal")
    monkeypatch.setenv("TERM_PROGRAM_VERSION", build)
    socket = tmp_path / "s"
    command = [_TMUX, "-S", str(socket), "-f", "/dev/null"]
    subprocess.run([*command, "new-session", "-d", "cat"], check=True)
    try:
        monkeypatch.setenv("TMUX", f"{socket},1,0")
        monkeypatch.setenv("TERM_PROGRAM", "tmux")
        monkeypatch.setenv("TERM_PROGRAM_VERSION", "3.4")
        assert needs_palette("truecolor") is expected
    finally:
        subprocess.run([*command, "kill-server"], check=True)


def test_a_tmux_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/none,1,0")
    sleep = shutil.which("sleep")
    assert sleep
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\nexec {sleep} 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert needs_palette("truecolor") is False
    program.unlink()
    assert needs_palette("truecolor") is False

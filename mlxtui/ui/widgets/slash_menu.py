"""The slash commands that fit what is typed, above the prompt."""

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style

from mlxtui.i18n import _
from mlxtui.ui.actions import Action
from mlxtui.ui.widgets.line_widget import LineWidget

_MAX_ROWS = 8


class SlashMenu(LineWidget):
    """Shown while there is something to offer; the prompt gives it its keys."""

    PREFIX = "slash-menu"
    COMPONENT_CLASSES = {"slash-menu--command", "slash-menu--cursor"}

    offered: reactive[tuple[Action, ...]] = reactive((), layout=True)
    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """The user took a command.

        Args:
            run: Whether it is run at once, or only written out for its argument.
        """

        def __init__(self, action: Action, *, run: bool) -> None:
            super().__init__()
            self.action = action
            self.run = run

    def watch_offered(self, offered: tuple[Action, ...]) -> None:
        """Begin at the first one."""
        self.cursor = 0
        self.display = bool(offered)

    def takes(self, key: str) -> bool:
        """Do what a key means to the menu; False leaves it to the prompt."""
        if not self.offered:
            return False
        if key in ("up", "down"):
            step = 1 if key == "down" else -1
            self.cursor = (self.cursor + step) % len(self.offered)
        elif key == "escape":
            self.offered = ()
        elif key in ("tab", "enter"):
            self._choose(run=key == "enter")
        else:
            return False
        return True

    def action_choose(self, row: int) -> None:
        """Take the command that was clicked on."""
        self.cursor = row
        self._choose(run=True)

    def _choose(self, *, run: bool) -> None:
        action = self.offered[self.cursor]
        self.post_message(self.Chosen(action, run=run and not action.argument))

    def render(self) -> Content:
        """The rows around the cursor."""
        command_style = self.part_style("command")
        cursor_style = self.part_style("cursor")
        first = max(0, min(self.cursor - _MAX_ROWS // 2, len(self.offered) - _MAX_ROWS))
        width = max((cell_len(_usage(action)) for action in self.offered), default=0)
        rows: list[Content] = []
        for number, action in enumerate(self.offered[first : first + _MAX_ROWS], first):
            row = Content.assemble(
                (set_cell_size(_usage(action), width), command_style),
                "  ",
                _(action.meaning),
            ).truncate(self.content_size.width or 80, ellipsis=True, pad=True)
            if number == self.cursor:
                row = row.stylize(cursor_style)
            rows.append(row.stylize(Style.from_meta({"@click": f"choose({number})"})))
        return Content("\n").join(rows)


def _usage(action: Action) -> str:
    argument = f" {_(action.argument)}" if action.argument else ""
    return f"/{action.slash}{argument}"

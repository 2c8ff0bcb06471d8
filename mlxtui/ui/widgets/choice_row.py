"""A few words in a row, one of which is chosen."""

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style

from mlxtui.ui.widgets.line_widget import LineWidget


class ChoiceRow(LineWidget, can_focus=True):
    """Chosen from by left and right, or by a click."""

    PREFIX = "choice-row"
    COMPONENT_CLASSES = {"choice-row--chosen", "choice-row--other"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right,space", "step(1)", show=False),
    ]

    choices: reactive[Mapping[str, str]] = reactive(dict, layout=True)
    """Each value with the word that is shown for it."""
    value: reactive[str] = reactive("")

    class Chosen(Message):
        """The user has chosen a value."""

        def __init__(self, row: "ChoiceRow", value: str) -> None:
            super().__init__()
            self.row = row
            self.value = value

        @property
        def control(self) -> "ChoiceRow":
            """The row that it comes from."""
            return self.row

    def render(self) -> Content:
        """The chosen word stands on a ground of its own."""
        parts = []
        for value, word in self.choices.items():
            is_chosen = value == self.value
            style = self.part_style("chosen" if is_chosen else "other")
            # A style sheet's `reverse` does not reach the parts of a widget.
            style += Style(reverse=is_chosen) + Style.from_meta({"choice": value})
            parts.append(Content.styled(f" {word} ", style))
        return Content(" ").join(parts)

    def action_step(self, by: int) -> None:
        """Choose the next word, or the one before."""
        values = list(self.choices)
        place = values.index(self.value) if self.value in values else -1
        self._choose(values[(place + by) % len(values)])

    def on_click(self, event: events.Click) -> None:
        """Choose the word under the mouse."""
        value = event.style.meta.get("choice")
        if isinstance(value, str):
            self._choose(value)

    def _choose(self, value: str) -> None:
        self.value = value
        self.post_message(self.Chosen(self, value))

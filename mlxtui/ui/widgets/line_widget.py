"""The base of widgets that draw themselves in one piece, with named part styles."""

from typing import ClassVar

from textual.style import Style
from textual.widget import Widget


class LineWidget(Widget):
    """A widget whose parts are styled as `PREFIX--part` in the style sheet."""

    PREFIX: ClassVar[str]

    # Parts that can be clicked keep their own style; Textual would underline them.
    auto_links = False

    def part_style(self, part: str) -> Style:
        """The style of a part alone, without that of the widget.

        `get_visual_style(partial=True)` would lose the background (Textual 8.2.8).
        """
        styles = self.get_component_styles(f"{self.PREFIX}--{part}")
        text_style = styles.text_style
        return Style(
            styles.background if styles.has_rule("background") else None,
            styles.color if styles.has_rule("color") else None,
            bold=text_style.bold,
            dim=text_style.dim,
            underline=text_style.underline,
        )

"""Markdown that a model wrote: drawn, but without any power over the app."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from textual.app import ComposeResult
from textual.widgets import Markdown
from textual.widgets._markdown import (
    MarkdownBlock,
    MarkdownTable,
    MarkdownTableContent,
)

from mlxtui.harmless import harmless, one_line
from mlxtui.i18n import _

# Links of models' texts open in the browser only with these schemes.
_SAFE_LINKS = ("https://", "http://", "mailto:")


class _TableContent(MarkdownTableContent):
    """Cells without Textual's tooltips, which take a cell's text for markup."""

    def compose(self) -> ComposeResult:
        for cell in super().compose():
            cell.tooltip = None
            yield cell


class _Table(MarkdownTable):
    def compose(self) -> ComposeResult:
        for content in super().compose():
            assert isinstance(content, MarkdownTableContent)
            yield _TableContent(content.headers, content.rows)


class ModelMarkdown(Markdown):
    """Shows text of a model; its links open only what a browser opens."""

    BLOCKS: dict[str, type[MarkdownBlock]] = {**Markdown.BLOCKS, "table_open": _Table}

    def __init__(self) -> None:
        super().__init__(open_links=False, parser_factory=_parser)

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """Open an address in the browser; other programs are not started."""
        event.stop()
        if event.href.lower().startswith(_SAFE_LINKS):
            self.app.open_url(event.href)
        else:
            self.app.notify(
                _("This link is not opened: {link}").format(link=one_line(event.href)),
                severity="warning",
            )


def _parser() -> MarkdownIt:
    """Textual's own parser, whose entities (`&#x202e;`) cannot bring back what
    `harmless` took out of the text."""
    parser = MarkdownIt("gfm-like")
    parser.core.ruler.push("harmless", _make_harmless)
    return parser


def _make_harmless(state: StateCore) -> None:
    for token in state.tokens:
        for child in token.children or ():
            child.content = harmless(child.content)

"""The Markdown parser for models' texts."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from mlxtui.harmless import harmless


def harmless_parser() -> MarkdownIt:
    """Textual's own parser, whose entities (`&#x202e;`) cannot bring back what
    `harmless` took out of the text."""
    parser = MarkdownIt("gfm-like")
    parser.core.ruler.push("harmless", _make_harmless)
    return parser


def _make_harmless(state: StateCore) -> None:
    for token in state.tokens:
        for child in token.children or ():
            child.content = harmless(child.content)

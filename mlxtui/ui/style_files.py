"""The style sheets of places, read when a place is opened."""

from typing import Any

from textual.app import App

from mlxtui import paths


def add_styles(app: App[Any], name: str) -> None:
    """Read a style sheet for the widgets that come next.

    Args:
        name: Of the file in `styles/`, without `.tcss`.
    """
    path = paths.styles_dir() / f"{name}.tcss"
    # Not `Stylesheet.read`: it goes on with the rules that it has (Textual 8.2.8).
    app.stylesheet.add_source(path.read_text("utf-8"), (str(path), ""))

"""Whether the user has something before them when an answer comes late."""

from textual.widget import Widget


def is_in_sight(widget: Widget) -> bool:
    """Whether a widget is neither put away nor under another page.

    An answer may come when its place was left: a page that it opened then would take
    the keys that are typed somewhere else.
    """
    shown = (
        node.display for node in widget.ancestors_with_self if isinstance(node, Widget)
    )
    return widget.is_attached and widget.screen.is_current and all(shown)

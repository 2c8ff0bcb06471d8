"""Key descriptions in the user's language."""

from dataclasses import replace

from textual.dom import DOMNode

from mlxtui.i18n import _


def translate_bindings(node: DOMNode) -> None:
    """Translate the descriptions of a node's keys.

    `BINDINGS` are made when the class is; the language is known, and can change, later.
    Textual has no public way to the bindings of one node.
    """
    for key, bindings in node._bindings.key_to_bindings.items():
        node._bindings.key_to_bindings[key] = [
            replace(binding, description=_(binding.description))
            if binding.description
            else binding
            for binding in bindings
        ]

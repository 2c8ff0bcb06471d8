"""What the user can do: keys, palette, slash commands, the key line, the key sheet and
the settings of keys are all made from the actions that the places declare.

A method is named after its action: `chat.new` is `action_new` of the place `chat`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.binding import Binding, BindingType
from textual.keys import format_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that the user can do, reachable by key, mouse, palette and slash."""

    name: str
    """Where it belongs and what it does: `chat.new`; the id of its key binding."""
    title: str
    """A word or two for the key line and the palette, marked with `N_`."""
    meaning: str
    """A sentence for the palette and the key sheet, marked with `N_`."""
    keys: str
    """Default keys as Textual names them, separated by commas."""
    slash: str = ""
    """Its slash command without the slash; empty for moves of cursor or focus."""
    argument: str = ""
    """What may follow the slash command, marked with `N_`; its method then takes it."""
    in_key_line: bool = False
    """Whether the key line under the place shows it."""
    in_editor: bool = False
    """The prompt takes its key, in the order of what is typed."""
    types_text: bool = False
    """Its key is a printable one: it works where no editor has the focus."""

    @property
    def place(self) -> str:
        """Where it belongs: `app`, or the name of a place."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The name of its method without `action_`."""
        return self.name.split(".")[1]

    @property
    def parameters(self) -> tuple[str, ...]:
        """What its method is called with: `models` of `app.go.models`."""
        return tuple(self.name.split(".")[2:])


def bindings(actions: Sequence[Action]) -> list[BindingType]:
    """The key bindings of a place's actions, for its `BINDINGS`.

    They go before those of the editors inside the place, except keys that edit text.
    """
    return [
        Binding(
            action.keys,
            f"{action.verb}({', '.join(map(repr, action.parameters))})",
            action.title,
            show=False,
            priority=not action.in_editor and not _edits_text(action.keys),
            id=action.name,
        )
        for action in actions
    ]


_EDITING_KEYS = frozenset({
    "enter", "escape", "delete", "backspace", "tab", "up", "down", "left", "right",
    "home", "end",
})  # fmt: skip


def _edits_text(keys: str) -> bool:
    return any(
        key.strip() in _EDITING_KEYS or len(format_key(key.strip())) == 1
        for key in keys.split(",")
    )


def key_text(keys: str) -> str:
    """Keys as people write them: `Ctrl+N`, `F3`, `PageUp`.

    Args:
        keys: Textual's names, separated by commas.
    """
    return ", ".join(_one_key_text(key.strip()) for key in keys.split(","))


_KEY_NAMES = {
    "escape": "Esc", "pageup": "PageUp", "pagedown": "PageDown", "enter": "Enter",
    "delete": "Delete", "backspace": "Backspace", "space": "Space", "tab": "Tab",
    "home": "Home", "end": "End", "insert": "Insert",
}  # fmt: skip


def _one_key_text(key: str) -> str:
    *modifiers, name = key.split("+")
    if name in _KEY_NAMES:
        shown = _KEY_NAMES[name]
    else:
        shown = format_key(name)
        shown = shown.upper() if len(modifiers) or name[1:].isdigit() else shown
    return "+".join([*(modifier.capitalize() for modifier in modifiers), shown])

"""Slash commands: what a prompt that begins with `/` asks the app to do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlxtui.settings import SETTINGS, Secret
from mlxtui.ui.actions import Action

# `/usr/bin is what?` is a question; `/quit` and `/model qwen` are commands.
_COMMAND = re.compile(r"/([a-z_-]+)(?:\s+(.*))?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """What was typed."""

    word: str
    argument: str
    action: Action | None
    """None when there is no command of this name."""

    @property
    def holds_secret(self) -> bool:
        """Whether it sets a password, which no history may keep."""
        key, _blank, value = self.argument.partition(" ")
        return bool(value) and isinstance(SETTINGS.get(key), Secret)


def parse(text: str, actions: Sequence[Action]) -> SlashCommand | None:
    """The command in a prompt; None when it is a text for the model."""
    match = _COMMAND.fullmatch(text)
    if match is None:
        return None
    word = match[1]
    action = next((item for item in actions if item.slash == word), None)
    return SlashCommand(word, (match[2] or "").strip(), action)


def completions(text: str, actions: Sequence[Action]) -> list[Action]:
    """The actions whose slash command begins with what is typed so far."""
    if not re.fullmatch(r"/[a-z_-]*", text):
        return []
    return [
        action
        for action in actions
        if action.slash and action.slash.startswith(text[1:])
    ]

"""What the keys of the prompt do, beside editing its text."""

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action

SEND = Action(
    name="chat.send",
    title=N_("Send"),
    meaning=N_("Send the message, also where Enter breaks the line"),
    keys="ctrl+s",
    in_editor=True,
)
NEW_LINE = Action(
    name="chat.new_line",
    title=N_("New line"),
    meaning=N_("Begin a new line in the message, also where Enter sends"),
    keys="ctrl+j",
    in_editor=True,
)
PROMPT_ACTIONS = (SEND, NEW_LINE)

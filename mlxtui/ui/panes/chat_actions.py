"""What the chat is called, and what can be done in it."""

from typing import ClassVar

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action
from mlxtui.ui.place_info import PlaceInfo
from mlxtui.ui.transcript.part_actions import PART_ACTIONS
from mlxtui.ui.widgets.prompt_actions import PROMPT_ACTIONS

CHAT_ACTIONS = (
    Action(
        name="chat.stop",
        title=N_("Stop"),
        meaning=N_("Stop the answer; what was written stays"),
        keys="escape",
        slash="stop",
        in_key_line=True,
    ),
    *PROMPT_ACTIONS,
    Action(
        name="chat.new",
        title=N_("New chat"),
        meaning=N_("Begin again, without the earlier turns"),
        keys="ctrl+n",
        slash="new",
        in_key_line=True,
    ),
    Action(
        name="chat.parameters",
        title=N_("Sampling"),
        meaning=N_("System prompt and sampling parameters, beside the chat"),
        keys="ctrl+b",
        slash="parameters",
        in_key_line=True,
    ),
    Action(
        name="chat.copy",
        title=N_("Copy answer"),
        meaning=N_("Copy the last answer as it was written"),
        keys="ctrl+g",
        slash="copy",
        in_key_line=True,
    ),
    Action(
        name="chat.copy_code",
        title=N_("Copy code"),
        meaning=N_("Copy the last code block; again for the one before it"),
        keys="ctrl+l",
        slash="code",
    ),
    Action(
        name="chat.reasoning",
        title=N_("Reasoning"),
        meaning=N_("Show or hide the reasoning of answers"),
        keys="ctrl+t",
        slash="reasoning",
        in_key_line=True,
    ),
    Action(
        name="chat.newest",
        title=N_("Newest text"),
        meaning=N_("Go to the end of the conversation and stay there"),
        keys="ctrl+end",
    ),
    Action(
        name="chat.page_up",
        title=N_("Page up"),
        meaning=N_("Scroll the conversation up"),
        keys="pageup",
    ),
    Action(
        name="chat.page_down",
        title=N_("Page down"),
        meaning=N_("Scroll the conversation down"),
        keys="pagedown",
    ),
    *PART_ACTIONS,
)


class ChatInfo(PlaceInfo):
    """The names and actions of the place."""

    NAME = "chat"
    TITLE = N_("Chat")
    PURPOSE = N_("Talk to the model")
    KEY = "f2"
    HELP: ClassVar[str | None] = N_(
        "The conversation. ↑ and ↓ scroll it, n and p go from part to part, c copies"
        " the part that is marked. Tab goes back to the prompt."
    )
    ACTIONS = CHAT_ACTIONS
    WIDGET = "mlxtui.ui.panes.chat:ChatPane"

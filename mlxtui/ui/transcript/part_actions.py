"""What can be done with the parts of a conversation: turns and blocks of code."""

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action

PART_ACTIONS: tuple[Action, ...] = (
    Action(
        name="chat.next_part",
        title=N_("Next part"),
        meaning=N_("Mark the next turn or block of code of the conversation"),
        keys="n",
        types_text=True,
    ),
    Action(
        name="chat.previous_part",
        title=N_("Previous part"),
        meaning=N_("Mark the turn or block of code before"),
        keys="p",
        types_text=True,
    ),
    Action(
        name="chat.copy_part",
        title=N_("Copy part"),
        meaning=N_("Copy the part that is marked, as it was written"),
        keys="c,enter",
        slash="part",
        types_text=True,
    ),
    Action(
        name="chat.open_link",
        title=N_("Open link"),
        meaning=N_("Open the first link of the marked part; again for the next one"),
        keys="o",
        slash="link",
        types_text=True,
    ),
    Action(
        name="chat.fold",
        title=N_("Fold"),
        meaning=N_("Show or hide the reasoning of the turn that is marked"),
        keys="space",
        slash="fold",
        types_text=True,
    ),
)
"""They are keys of the transcript, which has them while it has the focus."""

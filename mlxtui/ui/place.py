"""What a place is: one of the app's rooms, with its key, its actions and its help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.reactive import reactive

from mlxtui.backend.backend import Backend
from mlxtui.i18n import _
from mlxtui.ui.actions import Action
from mlxtui.ui.model_state import ModelState
from mlxtui.ui.place_info import PlaceInfo

if TYPE_CHECKING:
    from mlxtui.backend.job_events import Event


class Place(PlaceInfo, Vertical):
    """A part of the app that fills the screen between the place bar and the meter.

    A place asks for things by the messages of `ui.messages`, which the app answers, and
    is told of things by `receive`, `model_state` and the app's `settings`.
    """

    model_state: reactive[ModelState] = reactive(ModelState())
    """The chat's model, kept up to date by the workspace."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(id=f"place-{self.NAME}", classes="place")
        self.backend = backend
        self.all_actions: tuple[Action, ...] = ()
        """Those of the whole app, given by the workspace."""

    async def receive(self, event: Event) -> None:
        """Look at an event of the backend; those of others' requests are not ours."""

    def on_opened(self) -> None:
        """The user has come here from another place."""

    def offers(self, action: Action) -> bool:
        """Whether the key line shows an action now."""
        return self.check_action(action.verb, ()) is not False

    def title_of(self, action: Action) -> str:
        """What the key line calls an action now."""
        return _(action.title)

    def focus_first(self) -> None:
        """Give the focus to the widget that the user works in.

        At once: `Widget.focus` would let a key that is on its way go elsewhere.
        """

    def retranslate(self) -> None:
        """Show every text in the language that is in use now."""

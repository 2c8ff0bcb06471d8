"""What every dialog has: keys that F1 shows, and a mouse that hits what is there."""

from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from mlxtui.ui.screens.safe_mouse import SafeMouse

ResultT = TypeVar("ResultT")


class Dialog(SafeMouse, ModalScreen[ResultT]):
    """A page over the workspace that asks for something; F1 explains it."""

    DIALOG_TITLE: ClassVar[str]
    """Its name for the user, marked with `N_`."""
    DIALOG_HELP: ClassVar[str]
    """What it is for: a few lines of plain text, marked with `N_`."""
    DIALOG_KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Keys, and what they do there, marked with `N_`."""

    def retranslate(self) -> None:
        """Show every text in the language that is in use now, or close."""
        self.dismiss()

    def dismiss(self, result: ResultT | None = None) -> AwaitComplete:
        """Close it; keys in one burst may ask for that twice."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

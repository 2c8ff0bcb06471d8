"""What the app knows of a place that nobody has opened yet."""

from typing import ClassVar

from mlxtui.ui.actions import Action


class PlaceInfo:
    """The names of a place and what can be done in it; its widgets are imported when it
    is opened.
    """

    NAME: ClassVar[str]
    """Its name in `ACTIONS`, in the place bar's order of `places.PLACES`."""
    TITLE: ClassVar[str]
    """Its name for the user, marked with `N_`."""
    PURPOSE: ClassVar[str]
    """What it is for in a few words, marked with `N_`."""
    KEY: ClassVar[str]
    """The key that opens it from everywhere."""
    HELP: ClassVar[str | None]
    """How it is used: a few lines of plain text for F1, marked with `N_`."""
    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    WIDGET: ClassVar[str]
    """Module and class of the place itself."""

"""What the models place is called, and what can be done in it."""

from typing import ClassVar

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action
from mlxtui.ui.place_info import PlaceInfo

MODELS_ACTIONS: tuple[Action, ...] = (
    Action(
        name="models.chat",
        title=N_("Chat"),
        meaning=N_("Load the model under the cursor and open a chat with it"),
        keys="enter",
        slash="model",
        argument=N_("NAME"),
        in_key_line=True,
    ),
    Action(
        name="models.load",
        title=N_("Load"),
        meaning=N_("Load the model under the cursor and stay in the list"),
        keys="l",
        slash="load",
        argument=N_("NAME"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.unload",
        title=N_("Unload"),
        meaning=N_("Free the memory of the model that is loaded"),
        keys="u",
        slash="unload",
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.filter",
        title=N_("Filter"),
        meaning=N_("Show only models with these words, or type a folder's path"),
        keys="/",
        slash="filter",
        argument=N_("WORDS"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.sort",
        title=N_("Sort"),
        meaning=N_("Sort by the next column, or by the one that is named"),
        keys="s",
        slash="sort",
        argument=N_("COLUMN"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.copy_path",
        title=N_("Copy path"),
        meaning=N_("Copy the path of the model's folder"),
        keys="c",
        slash="path",
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.rescan",
        title=N_("Look again"),
        meaning=N_("Look for models on this machine again"),
        keys="r",
        slash="rescan",
        types_text=True,
    ),
    Action(
        name="models.show_all",
        title=N_("Show all"),
        meaning=N_("Empty the filter and go back to the list"),
        keys="escape",
    ),
)


class ModelsInfo(PlaceInfo):
    """The names and actions of the place."""

    NAME = "models"
    TITLE = N_("Models")
    PURPOSE = N_("The models on this machine, and which of them fit into its memory")
    KEY = "f3"
    HELP: ClassVar[str | None] = N_(
        "Enter opens a chat with the model under the cursor; l only loads it.\n"
        "“fits”, “tight” and “too big” compare what a model needs with the memory that"
        " is free now. Tight: it takes more than three quarters of it.\n"
        "/ filters by name, family, quantization and abilities. The path of a model"
        " folder, typed there, loads that folder.\n"
        "Models in the Hugging Face cache, in mlxtui's models folder and in the folders"
        " of the setting model_folders are found by themselves."
    )
    ACTIONS = MODELS_ACTIONS
    WIDGET = "mlxtui.ui.panes.models:ModelsPane"

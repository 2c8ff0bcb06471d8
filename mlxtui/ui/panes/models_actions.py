"""What the models place is called, and what can be done in it."""

from typing import ClassVar

from mlxtui.i18n import N_
from mlxtui.ui.actions import Action
from mlxtui.ui.place_info import PlaceInfo

MODELS_ACTIONS: tuple[Action, ...] = (
    Action(
        name="models.chat",
        title=N_("Chat"),
        meaning=N_(
            "Open a chat with the model under the cursor; a GGUF file is imported first"
        ),
        keys="enter",
        slash="model",
        argument=N_("NAME"),
        in_key_line=True,
    ),
    Action(
        name="models.pull",
        title=N_("Fetch"),
        meaning=N_("Fetch a model from the hub, after its plan was shown"),
        keys="p",
        slash="pull",
        argument=N_("OWNER/NAME"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.find",
        title=N_("Find"),
        meaning=N_("Search the Hugging Face hub for models, or look at an address"),
        keys="f",
        slash="find",
        argument=N_("WORDS"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.quantize",
        title=N_("Quantize"),
        meaning=N_("Convert the model under the cursor: fewer bits, or another type"),
        keys="q",
        slash="quantize",
        argument=N_("NAME"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.kind",
        title=N_("Kind"),
        meaning=N_("On the hub: text, embedding, vision, adapter, or all"),
        keys="k",
        slash="kind",
        argument=N_("KIND"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.format",
        title=N_("Format"),
        meaning=N_("On the hub: MLX, GGUF, safetensors, or any"),
        keys="o",
        slash="format",
        argument=N_("FORMAT"),
        in_key_line=True,
        types_text=True,
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
        name="models.compare",
        title=N_("Compare"),
        meaning=N_("Compare all quantizations of a model by size, speed and loss"),
        keys="v",
        slash="compare",
        argument=N_("NAME"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.remove",
        title=N_("Remove"),
        meaning=N_("Remove a model from this machine, after showing what that frees"),
        keys="d,delete",
        slash="remove",
        argument=N_("NAME"),
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
        name="models.rename",
        title=N_("Rename"),
        meaning=N_("Give a model of the models folder another name"),
        keys="m",
        slash="rename",
        argument=N_("NAME"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.copy_model",
        title=N_("Copy"),
        meaning=N_("Make a second model of the same weights, which take no room again"),
        keys="y",
        slash="cp",
        argument=N_("NAME"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.publish",
        title=N_("Publish"),
        meaning=N_("Send a model of this machine to a repository of your own"),
        keys="x",
        slash="publish",
        argument=N_("NAME"),
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.copy_path",
        title=N_("Copy path"),
        meaning=N_("Copy the path of the model's folder, or its address on the hub"),
        keys="c",
        slash="path",
        in_key_line=True,
        types_text=True,
    ),
    Action(
        name="models.rescan",
        title=N_("Look again"),
        meaning=N_("Look for models on this machine, or on the hub, again"),
        keys="r",
        slash="rescan",
        types_text=True,
    ),
    Action(
        name="models.back",
        title=N_("Back"),
        meaning=N_("Empty the filter, or go back from the hub to your own models"),
        keys="escape",
        in_key_line=True,
    ),
)

LIBRARY_ONLY = frozenset({
    "chat", "load", "unload", "filter", "compare", "remove", "rename", "copy_model",
    "publish",
})  # fmt: skip
"""What the key line shows for the models of this machine alone."""

HUB_ONLY = frozenset({"pull", "kind", "format", "back"})
"""The same for the hub."""


class ModelsInfo(PlaceInfo):
    """The names and actions of the place."""

    NAME = "models"
    TITLE = N_("Models")
    PURPOSE = N_("The models on this machine, and which of them fit into its memory")
    KEY = "f3"
    HELP: ClassVar[str | None] = N_(
        "Enter opens a chat with the model under the cursor; l only loads it. f"
        " searches the hub and fetches; q packs a model into fewer bits; v compares"
        " what was made of one.\n"
        "“fits”, “tight” and “does not fit” compare what a model needs with the memory"
        " that is free now. Tight: little of the machine's memory would be left.\n"
        "/ filters by name, family, quantization and abilities. The path of a model"
        " folder, typed there, opens that folder: one that is not for MLX is converted."
        " An address of the hub is looked up there.\n"
        "Models in the Hugging Face cache, in mlxtui's models folder and in the folders"
        " of the setting model_folders are found by themselves, and so are those of"
        " Ollama and LM Studio: they are read where they lie and never changed.\n"
        "A GGUF file is marked “to import”: Enter shows what it becomes, and makes an"
        " MLX model of it, once. After that, Enter opens a chat with that model, and q,"
        " “as it is”, makes the one with the exact weights, too."
    )
    ACTIONS = MODELS_ACTIONS
    WIDGET = "mlxtui.ui.panes.models:ModelsPane"

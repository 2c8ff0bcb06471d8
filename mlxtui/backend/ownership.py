"""Which models are ours to copy, rename and remove."""

import os
from pathlib import Path

from mlxtui.errors import ModelRefused
from mlxtui.harmless import one_line
from mlxtui.hub.removal import snapshot_of
from mlxtui.i18n import _
from mlxtui.plan_words import source_text
from mlxtui.types import LocalModel
from mlxtui.units import bytes_text

OTHER_PROGRAMS = ("ollama", "lm-studio")
"""Sources whose files belong to another program: they are read and never changed."""


def check_copy(model: LocalModel) -> None:
    """Refuse a copy of what is no model of ours.

    Raises:
        ModelRefused: It is a GGUF file, or belongs to another program.
    """
    if model.kind == "gguf":
        raise ModelRefused(
            _("{name} is a GGUF file; there is no copy of it here.").format(
                name=one_line(model.name)
            ),
            hint=_("Import it: the result is a model of your own."),
        )
    if model.source in OTHER_PROGRAMS:
        raise ModelRefused(
            _("{name} belongs to {program}; a copy would share its files.").format(
                name=one_line(model.name), program=source_text(model.source)
            ),
            hint=_("Quantize it: the result is a model of your own."),
        )


def check_rename(model: LocalModel) -> None:
    """Refuse another name for what is no folder of ours.

    Raises:
        ModelRefused: It is not in the models folder, or is a GGUF file.
    """
    if model.kind == "gguf":
        raise ModelRefused(
            _("{name} is a GGUF file and keeps its name.").format(
                name=one_line(model.name)
            ),
            hint=_("Import it: the result can have any name."),
        )
    if model.source in OTHER_PROGRAMS:
        raise ModelRefused(
            _("{name} belongs to {program}, so its name stays.").format(
                name=one_line(model.name), program=source_text(model.source)
            ),
            hint=_("Quantize it: the result can have any name."),
        )
    if model.source != "models":
        raise ModelRefused(
            _("{name} is not in the models folder, so its name stays.").format(
                name=one_line(model.name)
            ),
            hint=_("Copy it under another name: that takes no room."),
        )


def check_place(model: LocalModel, models_folder: Path) -> None:
    """Refuse to change what a link leads to: a folder that was linked into the models
    folder is another program's, or the user's own.

    Args:
        models_folder: Where our own models are.

    Raises:
        ModelRefused: It lies somewhere else; a link in the folder itself may go.
    """
    if model.source == "models":
        place = models_folder
    elif model.kind == "gguf" and model.source == "hugging-face":
        place = snapshot_of(model.path)
    else:
        return
    real_place = os.path.realpath(place)
    for path in model.files or (model.path,):
        real_folder = os.path.realpath(path.parent)
        if os.path.commonpath((real_place, real_folder)) != real_place:
            raise ModelRefused(
                _("A link leads to {path}, which mlxtui only reads.").format(
                    path=one_line(os.path.join(real_folder, path.name))
                ),
                hint=_("Change it there, or remove the link."),
            )


def check_removal(model: LocalModel) -> None:
    """Refuse to remove what others put there.

    Raises:
        ModelRefused: It is built in, belongs to another program, or lies in a folder
            that is only read.
    """
    if model.source == "built-in":
        raise ModelRefused(
            _("{name} is built in and stays.").format(name=model.name),
            hint=_("It takes {size} only.").format(size=bytes_text(model.size_bytes)),
        )
    if model.source in OTHER_PROGRAMS:
        raise ModelRefused(
            _("{name} belongs to {program}, whose files mlxtui never changes.").format(
                name=one_line(model.name), program=source_text(model.source)
            ),
            hint=(
                _("`ollama rm {name}` removes it.").format(name=one_line(model.name))
                if model.source == "ollama"
                else _("Remove it in LM Studio, under My Models.")
            ),
        )
    if model.source in ("extra", "path"):
        raise ModelRefused(
            _("{path} lies in a folder that mlxtui only reads.").format(
                path=one_line(str(model.path))
            ),
            hint=_("Remove it with the program that put it there."),
        )

"""One namespace for models: what a name that the user typed stands for."""

import os
import re
from collections.abc import Sequence

from mlxtui import paths
from mlxtui.errors import InvalidParameter, ModelNotFound
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.types import LocalModel

# A folder's name that every file system takes, with at most one owner before it. What
# begins with a dot is half made or hidden, and a dash looks like an option.
_NEW_NAME = re.compile(r"[^\W_][\w.+ -]*(/[^\W_][\w.+ -]*)?")
_MAX_NAME_BYTES = 200


def check_new_name(name: str, models: Sequence[LocalModel]) -> str:
    """A name for a model that is about to be made, without blanks at its ends.

    Args:
        models: Those that are here; none may have the name already.

    Raises:
        InvalidParameter: It cannot be a folder's name, or is taken.
    """
    name = name.strip()
    if not _NEW_NAME.fullmatch(name) or len(name.encode()) > _MAX_NAME_BYTES:
        raise InvalidParameter(
            _("A model cannot be called {name}.").format(name=one_line(name) or "“”"),
            hint=_("Use letters and digits, and blanks and . _ - + between them."),
        )
    if any(model.name.lower() == name.lower() for model in models):
        raise InvalidParameter(
            _("There is a model {name} already.").format(name=name),
            hint=_("Choose another name, or remove that model first."),
        )
    return name


def looks_like_path(name: str) -> bool:
    """Whether the user means a folder: `./x`, `/x`, `~/x`, `..`."""
    return name in (".", "..") or name.startswith(("./", "../", "/", "~"))


def resolve(name: str, models: Sequence[LocalModel]) -> LocalModel:
    """The model that a name, an alias or a folder's path stands for.

    Case does not matter and a trailing `:latest` is ignored. The part of a full name
    after its last `/` is an alias as long as one model has it.

    Raises:
        ModelNotFound: None or several have the name; the hint lists the candidates.
    """
    if looks_like_path(name):
        path = paths.expand(name)
        if not os.path.isdir(path):  # no error where it may not or cannot look
            raise ModelNotFound(
                _("There is no folder {path}.").format(path=path),
                hint=_("A model is a folder with config.json and *.safetensors."),
            )
        named = path.resolve() if path.name in ("", "..") else path
        return LocalModel(name=named.name, path=path, source="path")
    wanted = name.strip().lower().removesuffix(":latest")
    exact = [model for model in models if model.name.lower() == wanted]
    if exact:
        return exact[0]
    aliases = [model for model in models if _alias(model.name) == wanted]
    if len(aliases) == 1:
        return aliases[0]
    if aliases:
        raise ModelNotFound(
            _("{name} stands for {count} models.").format(
                name=name, count=len(aliases)
            ),
            hint=_("Say which: {names}").format(
                names=", ".join(model.name for model in aliases)
            ),
        )
    raise ModelNotFound(
        _("There is no model {name} on this machine.").format(name=name),
        hint=_hint(wanted, models),
    )


def _alias(full_name: str) -> str:
    return full_name.rsplit("/", 1)[-1].lower()


def _hint(wanted: str, models: Sequence[LocalModel]) -> str:
    parts = wanted.split("/")
    if len(parts) == 3:
        return _("Did you mean {name}?").format(name="/".join(parts[1:]))
    near = [model.name for model in models if _alias(wanted) in model.name.lower()]
    if near:
        return _("Did you mean {name}?").format(name=near[0])
    return _("`mlxtui list` shows the models that are here.")

"""One namespace for models: what a name that the user typed stands for."""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from mlxtui import paths
from mlxtui.errors import InvalidParameter, ModelNotFound, ModelRefused
from mlxtui.harmless import one_line
from mlxtui.i18n import _
from mlxtui.types import LocalModel

# A folder's name that every file system takes, with at most one owner before it. What
# begins with a dot is half made or hidden, and a dash looks like an option.
_NEW_NAME = re.compile(r"[^\W_][\w.+ -]*(/[^\W_][\w.+ -]*)?")
_MAX_NAME_BYTES = 200

# With room for what is set behind it: `-exact`, `-mixed_3_6`.
_MAX_IMPORTED_BYTES = 180

_LATEST = ":latest"
_GGUF = ".gguf"
_PART = re.compile(r"-\d{5}-of-\d{5}(?=\.gguf$)", re.IGNORECASE)
_GGUF_MAGIC = b"GGUF"


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


def imported_name(full_name: str) -> str:
    """What a GGUF model is called when it was imported, unless the user says another.

    `owner/repo/tiny-Q4_0-00001-of-00002.gguf` becomes `tiny-Q4_0`, Ollama's
    `llama3.2:latest` becomes `llama3.2`, and `llama3.2:1b` `llama3.2-1b`.
    """
    name = without_part(full_name.rsplit("/", 1)[-1])
    if name.lower().endswith(_GGUF):
        name = name[: -len(_GGUF)]
    name = re.sub(r"[^\w.+ -]", "-", name.removesuffix(_LATEST))
    name = re.sub(r"^[\W_]+", "", name)
    short = name.encode()[:_MAX_IMPORTED_BYTES].decode(errors="ignore")
    return short.strip() or "model"


def without_part(file_name: str) -> str:
    """The name of a part of a split GGUF file without its number; others stay."""
    return _PART.sub("", file_name)


def looks_like_path(name: str) -> bool:
    """Whether the user means a folder or a file: `./x`, `/x`, `~/x`, `..`."""
    return name in (".", "..") or name.startswith(("./", "../", "/", "~"))


def resolve(name: str, models: Sequence[LocalModel]) -> LocalModel:
    """The model that a name, an alias or a path stands for.

    Case does not matter and a trailing `:latest` is ignored. The part of a full name
    after its last `/` is an alias as long as one model has it. A GGUF file is meant
    where no model has the name: also without its `.gguf`, and by its repository's name
    as long as that holds one.

    Raises:
        ModelNotFound: None or several have the name; the hint lists the candidates.
    """
    if looks_like_path(name):
        return _at_path(paths.expand(name))
    wanted = name.strip().lower()
    for of_models in (_with_name, _with_name_but_latest, _with_alias, _with_short_name):
        found = of_models(wanted, models)
        usable = [model for model in found if model.kind != "gguf"]
        if len(found) == 1 or len(usable) == 1:
            return (usable or found)[0]
        if found:
            raise ModelNotFound(
                _("{name} stands for {count} models.").format(
                    name=name, count=len(found)
                ),
                hint=_("Say which: {names}").format(
                    names=", ".join(model.name for model in found)
                ),
            )
    raise ModelNotFound(
        _("There is no model {name} on this machine.").format(name=name),
        hint=_hint(wanted.removesuffix(_LATEST), models),
    )


def to_load(model: LocalModel, models: Sequence[LocalModel]) -> LocalModel:
    """The model itself; for a GGUF file, what was made of it.

    Raises:
        ModelRefused: It is a GGUF file that was not imported yet; the hint says how.
    """
    if model.kind != "gguf":
        return model
    for other in models:
        if model.imported_as and other.name == model.imported_as:
            return other
    name = str(model.path) if model.source == "path" else model.name
    raise ModelRefused(
        model.problem
        or _("{name} is a GGUF file, which is imported before it answers.").format(
            name=one_line(model.name)
        ),
        hint=model.hint
        or _("`mlxtui convert {name}` imports it.").format(
            name=one_line(shlex.quote(name))
        ),
    )


def _at_path(path: Path) -> LocalModel:
    if os.path.isdir(path):  # no error where it may not or cannot look
        named = path.resolve() if path.name in ("", "..") else path
        return LocalModel(name=named.name, path=path, source="path")
    if _is_gguf(path):
        name = path.name
        return LocalModel(
            name=name, path=path, files=(path,), source="path", kind="gguf"
        )
    if os.path.lexists(path):
        message = _("{path} is neither a model's folder nor a GGUF file.")
    elif path.name.lower().endswith(".gguf"):
        message = _("There is no file {path}.")
    else:
        message = _("There is no folder {path}.")
    raise ModelNotFound(
        message.format(path=path),
        hint=_("A model is a folder with config.json and *.safetensors."),
    )


def _is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF files do, whatever it is called."""
    try:
        if not path.is_file():
            return False  # a pipe would never end
        with path.open("rb") as file:
            return file.read(len(_GGUF_MAGIC)) == _GGUF_MAGIC
    except (OSError, ValueError):
        return False


def _with_name(wanted: str, models: Sequence[LocalModel]) -> list[LocalModel]:
    return [model for model in models if model.name.lower() == wanted][:1]


def _with_name_but_latest(
    wanted: str, models: Sequence[LocalModel]
) -> list[LocalModel]:
    name = wanted.removesuffix(_LATEST)
    return [
        model for model in models if model.name.lower().removesuffix(_LATEST) == name
    ]


def _with_alias(wanted: str, models: Sequence[LocalModel]) -> list[LocalModel]:
    alias = wanted.removesuffix(_LATEST)
    return [model for model in models if _alias(model.name) == alias]


def _with_short_name(wanted: str, models: Sequence[LocalModel]) -> list[LocalModel]:
    """GGUF files without their ending, and those of a repository."""
    found = []
    for model in models:
        if model.kind == "gguf" and model.name.lower().endswith(_GGUF):
            name = model.name.lower().removesuffix(_GGUF)
            repository = name.rpartition("/")[0]
            known = {name, _alias(name), repository, _alias(repository)}
            if wanted in known - {""}:
                found.append(model)
    return found


def _alias(full_name: str) -> str:
    return full_name.rsplit("/", 1)[-1].lower().removesuffix(_LATEST)


def _hint(wanted: str, models: Sequence[LocalModel]) -> str:
    parts = wanted.split("/")
    if len(parts) == 3:
        return _("Did you mean {name}?").format(name="/".join(parts[1:]))
    near = [model.name for model in models if _alias(wanted) in model.name.lower()]
    if near:
        return _("Did you mean {name}?").format(name=near[0])
    return _("`mlxtui list` shows the models that are here.")

"""What a folder or a repository is, told from the content of its files."""

from dataclasses import replace

from mlxtui.convert import other_formats
from mlxtui.convert.adapters import is_adapter, look_at_adapter
from mlxtui.convert.embedders import embedder_modules, look_at_embedder
from mlxtui.convert.gguf.files import look_at_gguf
from mlxtui.convert.language_model import look_at_language_model
from mlxtui.convert.source import Source
from mlxtui.convert.weight_files import INDEX, weight_names
from mlxtui.i18n import _
from mlxtui.plans import Contents


def look_at(source: Source, file: str = "") -> Contents:
    """Tell what a source of files is; what speaks against it is part of the answer.

    Args:
        file: The one that was chosen, where there are several models in GGUF form.

    Raises:
        MlxTuiError: The hub does not give a file that is needed.
    """
    try:
        return _looked_at(source, file)
    except OSError as error:
        return Contents(
            kind="unknown",
            problem=_("It cannot be read: {reason}").format(reason=error),
            hint=_("Look whether the folder is there and may be read."),
        )


def _looked_at(source: Source, file: str) -> Contents:
    files = source.files()
    if pointer := other_formats.lfs_pointer(source):
        return Contents(
            kind="unknown",
            problem=_(
                "Its files are not here: {name} is a git-lfs pointer to one."
            ).format(name=pointer),
            hint=_("Run `git lfs pull` in the folder, or fetch the model again."),
        )
    has_gguf = any(name.lower().endswith(".gguf") for name in files)
    if has_gguf and file:
        return look_at_gguf(source, file)
    if modules := embedder_modules(source):
        return look_at_embedder(source, modules)
    has_weights = bool(weight_names(files)) or INDEX in files
    if not has_weights and is_adapter(source):
        return look_at_adapter(source)
    has_config = "config.json" in files
    if has_config and has_weights:
        return look_at_language_model(source)
    if has_gguf:
        return look_at_gguf(source, file)
    if pickle := other_formats.pickle_file(source):
        contents = other_formats.look_at_pickle(source, pickle)
        return _with_config(source, contents) if has_config else contents
    if has_config:
        return look_at_language_model(source)
    return other_formats.look_at_the_rest(source)


def _with_config(source: Source, contents: Contents) -> Contents:
    """What its config says, although it cannot be used."""
    told = look_at_language_model(source)
    return replace(
        contents,
        architecture=told.architecture,
        context_length=told.context_length,
        capabilities=told.capabilities,
        layer_count=told.layer_count,
        cache=told.cache,
    )

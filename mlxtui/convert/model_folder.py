"""A folder of this machine as the library and a load see it."""

from pathlib import Path

from mlxtui.convert.contents import look_at
from mlxtui.convert.gguf.groups import is_gguf
from mlxtui.convert.refusals import no_code
from mlxtui.convert.source import LocalSource
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import Contents
from mlxtui.types import LocalModel, ModelKind, Source


def describe(path: Path, name: str, source: Source) -> LocalModel:
    """Look at a folder without loading it; a problem becomes part of the answer."""
    contents = look_at(LocalSource(path))
    problem, hint = contents.problem, contents.hint
    if contents.code_file and not problem:
        refusal = no_code(contents.code_file)
        problem, hint = refusal.message, refusal.hint
    return LocalModel(
        name=name,
        path=path,
        source=source,
        kind=_kind(contents),
        architecture=contents.architecture,
        parameter_count=contents.parameter_count,
        bits_per_weight=contents.bits_per_weight,
        quantization=contents.quantization,
        size_bytes=contents.size_bytes,
        context_length=contents.context_length,
        cache=contents.cache,
        capabilities=contents.capabilities,
        problem=f"{path}: {problem}" if problem else "",
        hint=hint if problem else "",
    )


def check(path: Path, name: str) -> LocalModel:
    """Look at a folder that is about to be loaded.

    Raises:
        ModelRefused: It is damaged, unsupported, or not a language model.
    """
    if is_gguf(path):
        raise _to_import(path)
    model = describe(path, name, "path")
    if model.problem:
        raise ModelRefused(model.problem, hint=model.hint)
    if model.kind == "embedder":
        raise ModelRefused(
            _("{name} turns text into vectors; it does not answer.").format(name=name),
            hint=_("Choose a chat or text-generation model."),
        )
    if model.kind == "gguf":
        raise _to_import(path)
    if model.kind == "adapter":
        raise ModelRefused(
            _("{name} is an adapter, not a whole model.").format(name=name),
            hint=_("Choose the model that it was made for."),
        )
    return model


def _to_import(path: Path) -> ModelRefused:
    return ModelRefused(
        _("{path} is in GGUF form, which is imported before it answers.").format(
            path=path
        ),
        hint=_("`mlxtui convert {path}` imports it.").format(path=path),
    )


def _kind(contents: Contents) -> ModelKind:
    if contents.kind in ("embedder", "adapter", "gguf"):
        return contents.kind
    return "model"

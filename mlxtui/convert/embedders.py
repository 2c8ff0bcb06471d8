"""Models for sentence-transformers, which turn text into vectors."""

from collections.abc import Mapping
from typing import Any

from mlxtui.convert import architectures, config_file, counting, refusals
from mlxtui.convert.safetensors_header import Tensor, read_header_of
from mlxtui.convert.source import Source, read_json, read_object
from mlxtui.convert.weight_files import weight_names
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.plans import Contents

MODULES = "modules.json"
_OWN = "sentence_transformers."
_PICKLED = "pytorch_model.bin"


def embedder_modules(source: Source) -> list[dict[str, Any]]:
    """The parts of a sentence-transformers model; empty when it is none."""
    if MODULES not in source.files():
        return []
    try:
        modules = read_json(source, MODULES)
    except (OSError, ValueError):
        return []
    if not isinstance(modules, list) or not all(
        isinstance(part, dict) and isinstance(part.get("type"), str) for part in modules
    ):
        return []
    return modules if any(part["type"].startswith(_OWN) for part in modules) else []


def look_at_embedder(source: Source, modules: list[dict[str, Any]]) -> Contents:
    """Tell what a sentence-transformers model is.

    Raises:
        OSError: A file cannot be read.
    """
    files = source.files()
    first = modules[0].get("path")
    prefix = f"{first}/" if isinstance(first, str) and first else ""
    config = read_object(source, prefix + "config.json") or read_object(
        source, "config.json"
    )
    limits = read_object(source, prefix + "sentence_bert_config.json")
    code = next((part for part in modules if not part["type"].startswith(_OWN)), None)
    code_file = f"{code['type'].split('.')[0]}.py" if code else _code_of(config)
    tensors: dict[str, Tensor] = {}
    weight_files: tuple[str, ...] = ()
    problem = hint = ""
    try:
        hint = refusals.no_code(code_file).hint if code_file else ""
        weight_files = _weight_files(source, modules)
        for file in weight_files:
            tensors |= {f"{file}/{k}": v for k, v in _tensors(source, file).items()}
        if isinstance(config.get("quantization"), dict):
            raise ModelRefused(
                _("It is an embedding model quantized for MLX, which"
                  " sentence-transformers cannot read."),
                hint=_("Take the model that it was made from."),
            )  # fmt: skip
    except ModelRefused as refusal:
        problem, hint = refusal.message, refusal.hint
    size_bytes = sum(files[name] for name in weight_files)
    count = sum(tensor.size for tensor in tensors.values())
    return Contents(
        kind="embedder",
        architecture=config_file.model_type(config),
        parameter_count=count or None,
        bits_per_weight=size_bytes * 8 / count if count else None,
        quantization=counting.storage_text({}, tensors),
        size_bytes=size_bytes,
        weight_files=weight_files,
        context_length=(
            config_file.count(limits, "max_seq_length")
            or config_file.context_length(config)
        ),
        code_file=code_file,
        problem=problem,
        hint=hint,
    )


def _weight_files(source: Source, modules: list[dict[str, Any]]) -> tuple[str, ...]:
    """The safetensors files of all parts; the first part must have some.

    Raises:
        ModelRefused: They are missing or pickled.
    """
    files = source.files()
    found: list[str] = []
    for part in modules:
        path = part.get("path")
        prefix = f"{path}/" if isinstance(path, str) and path else ""
        names = weight_names(
            name.removeprefix(prefix) for name in files if name.startswith(prefix)
        )
        found += [name for each in names if (name := prefix + each) not in found]
        if not names and prefix + _PICKLED in files:
            raise refusals.only_pickles(prefix + _PICKLED)
        if not names and not found:
            raise ModelRefused(
                _("It has no weights (model*.safetensors)."),
                hint=_(refusals.FETCH_AGAIN),
            )
    return tuple(found)


def _tensors(source: Source, name: str) -> Mapping[str, Tensor]:
    """The tensors of a file.

    Raises:
        ModelRefused: It is damaged.
    """
    try:
        return read_header_of(source, name, source.files()[name]).tensors
    except ValueError as error:
        raise ModelRefused(
            _("{file} is damaged: {reason}").format(file=name, reason=error),
            hint=_(refusals.FETCH_FILE_AGAIN),
        ) from error


def _code_of(config: dict[str, Any]) -> str:
    """Its model's program code, where transformers has none for it."""
    said = config.get("auto_map")
    model = said.get("AutoModel") if isinstance(said, dict) else None
    if not isinstance(model, str) or architectures.is_in_transformers(
        config_file.model_type(config)
    ):
        return ""
    return model.rpartition("--")[2].split(".")[0] + ".py"

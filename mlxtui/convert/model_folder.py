"""What a folder is: a language model that MLX can load, or why it is not."""

import json
from pathlib import Path
from typing import Any

from mlxtui.convert import architectures
from mlxtui.convert.safetensors_header import Tensor, read_header
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.types import LocalModel, Source

_TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "tiktoken.model", "vocab.json",
    "tekken.json",
)  # fmt: skip

_INDEX_ERRORS = (
    OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError,
)  # fmt: skip

# What mlx.core.quantize of 0.32.4 takes.
_BITS = (1, 2, 3, 4, 5, 6, 8)
_GROUP_SIZES = (32, 64, 128)

# Words of `architectures` entries that are no causal language models.
_OTHER_KINDS = (
    "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification",
    "ForSpeechSeq2Seq", "ForImageClassification", "ForCTC", "ForQuestionAnswering",
)  # fmt: skip
_OTHER_TYPES = frozenset({
    "bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "clip", "siglip",
    "whisper", "wav2vec2", "vit", "t5", "modernbert", "nomic_bert", "sam",
})  # fmt: skip


def describe(path: Path, name: str, source: Source) -> LocalModel:
    """Look at a folder without loading it; a problem becomes part of the answer."""
    try:
        return _described(path, name, source)
    except ModelRefused as refusal:
        return LocalModel(
            name=name,
            path=path,
            source=source,
            size_bytes=sum(_size(file) for file in path.glob("*.safetensors")),
            problem=refusal.message,
            hint=refusal.hint,
        )


def check(path: Path, name: str) -> LocalModel:
    """Look at a folder that is about to be loaded.

    Raises:
        ModelRefused: It is damaged, unsupported, or not a language model.
    """
    return _described(path, name, "path")


def _described(path: Path, name: str, source: Source) -> LocalModel:
    config = _config(path)
    model_type = str(config.get("model_type", ""))
    _check_kind(path, config, model_type)
    tensors = _tensors(path)
    if not any((path / file).is_file() for file in _TOKENIZER_FILES):
        raise ModelRefused(
            _("{path} has no tokenizer.").format(path=path),
            hint=_("Fetch the missing files: tokenizer.json and its config."),
        )
    size_bytes = sum(_size(file) for file in path.glob("model*.safetensors"))
    parameter_count = _parameter_count(path, tensors, config)
    text_config = config.get("text_config")
    text = text_config if isinstance(text_config, dict) else config
    context = text.get("max_position_embeddings") or config.get("model_max_length")
    return LocalModel(
        name=name,
        path=path,
        source=source,
        architecture=model_type,
        parameter_count=parameter_count or None,
        bits_per_weight=size_bytes * 8 / parameter_count if parameter_count else None,
        quantization=_quantization(config, tensors),
        size_bytes=size_bytes,
        context_length=context if isinstance(context, int) else None,
        capabilities=_capabilities(path),
    )


def _config(path: Path) -> dict[str, Any]:
    file = path / "config.json"
    if not file.is_file():
        if next(path.glob("*.gguf"), None):
            what = _("{path} holds GGUF files, which this version cannot load.")
        elif (path / "adapter_config.json").is_file():
            what = _("{path} is an adapter, not a whole model.")
        elif (path / "model_index.json").is_file():
            what = _("{path} is an image model, not a language model.")
        else:
            what = _("{path} has no config.json, so it is not a model folder.")
        raise ModelRefused(
            what.format(path=path),
            hint=_("Choose a folder with config.json and *.safetensors."),
        )
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelRefused(
            _("{path} cannot be read: {reason}").format(path=file, reason=error),
            hint=_("Fetch this file again."),
        ) from error
    if not isinstance(config, dict) or not isinstance(
        config.get("architectures") or [], list | str
    ):
        raise ModelRefused(
            _("{path} is not a model's config.").format(path=file),
            hint=_("Fetch this file again."),
        )
    return config


def _check_kind(path: Path, config: dict[str, Any], model_type: str) -> None:
    kinds = [str(kind) for kind in config.get("architectures") or ()]
    if (
        model_type in _OTHER_TYPES
        or any(kind.endswith(_OTHER_KINDS) for kind in kinds)
        or (path / "modules.json").is_file()  # sentence-transformers
    ):
        raise ModelRefused(
            _("{path} ({kind}) is not a model that writes text.").format(
                path=path, kind=", ".join(kinds) or model_type
            ),
            hint=_("Choose a chat or text-generation model."),
        )
    if config.get("model_file"):
        raise ModelRefused(
            _("{path} wants to run its own program code ({file}).").format(
                path=path, file=config["model_file"]
            ),
            hint=_("mlxtui does not run code from models. Choose another one."),
        )
    if not model_type:
        raise ModelRefused(
            _("{path} does not name its architecture (model_type).").format(
                path=path / "config.json"
            ),
            hint=_("Fetch the model again."),
        )
    if (
        not architectures.is_supported(model_type)
        or model_type in architectures.NOT_BATCHABLE
    ):
        raise ModelRefused(
            _("The architecture {kind} is not supported.").format(kind=model_type),
            hint=_("Choose a model of another family (Llama, Qwen, Gemma, …)."),
        )


def _tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of the folder's weight files; every file is there and whole."""
    files = sorted(path.glob("model*.safetensors"))
    missing = _indexed_files(path) - {file.name for file in files}
    if missing:
        raise ModelRefused(
            _("{path} lacks {count} weight files, the first is {name}.").format(
                path=path, count=len(missing), name=min(missing)
            ),
            hint=_("The download is not complete. Fetch the model again."),
        )
    if not files:
        raise ModelRefused(
            _("{path} has no weights (model*.safetensors).").format(path=path),
            hint=_("The download is not complete. Fetch the model again."),
        )
    tensors: dict[str, Tensor] = {}
    for file in files:
        try:
            tensors |= read_header(file)
        except (OSError, ValueError) as error:
            raise ModelRefused(
                _("{path} is damaged: {reason}").format(path=file, reason=error),
                hint=_("Fetch this file again."),
            ) from error
    return tensors


def _indexed_files(path: Path) -> set[str]:
    index = path / "model.safetensors.index.json"
    if not index.is_file():
        return set()
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        files = {str(name) for name in weight_map.values()}
        if files != set(weight_map.values()):
            raise TypeError("names of files are text")
        return files
    except _INDEX_ERRORS as error:
        raise ModelRefused(
            _("{path} cannot be read: {reason}").format(path=index, reason=error),
            hint=_("Fetch this file again."),
        ) from error


def _parameter_count(
    path: Path, tensors: dict[str, Tensor], config: dict[str, Any]
) -> int:
    """Weights as the model's authors count them: packed codes, no scales or biases."""
    quantization = config.get("quantization")
    quantization = quantization if isinstance(quantization, dict) else {}
    count = 0
    for name, tensor in tensors.items():
        layer, _dot, part = name.rpartition(".")
        if f"{layer}.scales" not in tensors:
            count += tensor.size
        elif part == "weight":
            own = quantization.get(layer)
            bits = (own if isinstance(own, dict) else quantization).get("bits", 4)
            if bits not in _BITS:
                raise ModelRefused(
                    _("{path} says {bits} bits for {layer}, which cannot be.").format(
                        path=path / "config.json", bits=bits, layer=layer
                    ),
                    hint=_("Fetch this file again."),
                )
            count += tensor.size * 32 // int(bits)
        elif part == "bias":
            count += tensor.size
    return count


def _quantization(config: dict[str, Any], tensors: dict[str, Tensor]) -> str:
    """How the weights are stored, in the words of the field."""
    quantization = config.get("quantization")
    if not isinstance(quantization, dict):
        foreign = config.get("quantization_config")
        method = foreign.get("quant_method") if isinstance(foreign, dict) else None
        return method if isinstance(method, str) else _most_common_dtype(tensors)
    mode = quantization.get("mode", "affine")
    if isinstance(mode, str) and mode != "affine":
        return mode
    layers = [quantization, *quantization.values()]
    said = [layer.get("bits") for layer in layers if isinstance(layer, dict)]
    bits = [number for number in _BITS if number in said]
    text = "/".join(map(str, bits)) + "-bit" if bits else ""
    group_size = quantization.get("group_size")
    return f"{text} group {group_size}" if group_size in _GROUP_SIZES else text


def _most_common_dtype(tensors: dict[str, Tensor]) -> str:
    sizes: dict[str, int] = {}
    for tensor in tensors.values():
        sizes[tensor.dtype] = sizes.get(tensor.dtype, 0) + tensor.size
    return max(sizes, key=lambda dtype: sizes[dtype], default="").lower()


def _capabilities(path: Path) -> tuple[str, ...]:
    template = _chat_template(path)
    if not template:
        return ()
    found = ["chat"]
    if "tools" in template:
        found.append("tools")
    if "<think>" in template or "enable_thinking" in template:
        found.append("thinking")
    return tuple(found)


def _chat_template(path: Path) -> str:
    file = path / "chat_template.jinja"
    try:
        if file.is_file():
            return file.read_text(encoding="utf-8")
        config = json.loads((path / "tokenizer_config.json").read_text("utf-8"))
        return str(config.get("chat_template") or "")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""  # a folder without one continues text


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0

"""What a model's `config.json` says, whatever it says."""

from collections.abc import Mapping
from typing import Any

from mlxtui.convert import refusals
from mlxtui.convert.source import Source, read_json
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

FILE = "config.json"

_CONTEXT_KEYS = (
    "max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len",
    "seq_length", "n_ctx",
)  # fmt: skip

# More than any model has; a number beyond it is no number of anything.
_MOST = 2**40


def read_config(source: Source) -> dict[str, Any]:
    """The config of a model.

    Raises:
        ModelRefused: It is damaged, or no model's config.
        OSError: It cannot be read.
    """
    try:
        config = read_json(source, FILE)
    except ValueError as error:
        raise ModelRefused(
            _("{file} cannot be read: {reason}").format(file=FILE, reason=error),
            hint=_(refusals.FETCH_FILE_AGAIN),
        ) from error
    if not isinstance(config, dict) or not isinstance(
        config.get("architectures") or [], list | str
    ):
        raise ModelRefused(
            _("{file} is not a model's config.").format(file=FILE),
            hint=_(refusals.FETCH_FILE_AGAIN),
        )
    return config


def model_type(config: Mapping[str, Any]) -> str:
    """Its architecture, as text even where it is something else."""
    return str(config.get("model_type") or "")


def class_names(config: Mapping[str, Any]) -> list[str]:
    """Its `architectures`: the classes of transformers that it was made for."""
    names = config.get("architectures") or []
    return [names] if isinstance(names, str) else [str(name) for name in names]


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part on the language model, where there are other parts."""
    for key in ("text_config", "llm_config", "language_config"):
        part = config.get(key)
        if isinstance(part, dict):
            return {"model_type": model_type(config), **part}
    return config


def count(config: Mapping[str, Any], *keys: str) -> int | None:
    """The first of these values that is a count; None when none is."""
    for key in keys:
        value = config.get(key)
        if type(value) is int and 0 < value < _MOST:
            return value
    return None


def context_length(config: Mapping[str, Any]) -> int | None:
    """Tokens that the model was made for; None where it does not say."""
    return (
        count(text_config(config), *_CONTEXT_KEYS)
        or count(config, *_CONTEXT_KEYS, "model_max_length")
    )  # fmt: skip


def float_bits(config: Mapping[str, Any]) -> int:
    """Bits of the type that its weights were made in, 16 where it does not say."""
    return 32 if _float_name(config) == "float32" else 16


def float_text(config: Mapping[str, Any]) -> str:
    """That type in short: `bf16`; empty where it does not say."""
    short = {"bfloat16": "bf16", "float16": "f16", "float32": "f32"}
    return short.get(_float_name(config), "")


def _float_name(config: Mapping[str, Any]) -> str:
    for part in (text_config(config), config):
        for key in ("dtype", "torch_dtype"):
            if isinstance(name := part.get(key), str):
                return name
    return ""

"""A model's safetensors files: which belong to it, and whether all are there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from mlxtui.convert import refusals
from mlxtui.convert.safetensors_header import Header, Tensor, read_header_of
from mlxtui.convert.source import Source, read_json
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

INDEX = "model.safetensors.index.json"

# mlx-lm loads `model*.safetensors` of the folder itself.
_WEIGHTS = re.compile(r"model[^/]*\.safetensors")
# Copies in another type, as diffusers and some others name them.
_COPY = re.compile(r"\.(fp16|fp32|bf16|non_ema)(-\d+-of-\d+)?\.safetensors$")
_PART = re.compile(r"-\d{5}-of-(\d{5})\.safetensors$")

# One read each; a model in more parts is judged by its index alone.
_MAX_HEADERS = 64
_REQUESTS = 8


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's weights, described."""

    files: tuple[str, ...]
    size_bytes: int
    names: frozenset[str]
    """Of all tensors."""
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    """Empty when there are too many files to look into each."""
    written_by: str = ""
    """`mlx`, `pt`, …, as the files say."""
    parameter_count: int | None = None
    """As the index says; what the tensors say comes first."""


def weight_names(files: Iterable[str], indexed: Iterable[str] = ()) -> tuple[str, ...]:
    """Those of the files that are the model's weights.

    Args:
        indexed: The files that the index names, where there is one.
    """
    found = {name for name in files if _WEIGHTS.fullmatch(name)}
    if indexed:
        return tuple(sorted(found & set(indexed)))
    whole = {name for name in found if not _COPY.search(name)} or found
    if "model.safetensors" in whole and any(map(_PART.search, whole)):
        whole = {"model.safetensors"}
    return tuple(sorted(whole))


def read_weights(source: Source, *, is_local: bool = True) -> Weights:
    """Look into a model's weight files.

    Raises:
        ModelRefused: Some are missing, cut or damaged; the first is named.
        OSError: A file cannot be read.
    """
    files = source.files()
    index = read_index(source)
    indexed = set(index["weight_map"].values()) if index else set()
    names = weight_names(files, indexed)
    missing = sorted(indexed - set(files)) or _missing_parts(names)
    if missing:
        raise ModelRefused(
            _("It lacks {count} weight files, the first is {name}.").format(
                count=len(missing), name=missing[0]
            ),
            hint=_(refusals.FETCH_AGAIN),
        )
    if not names:
        raise ModelRefused(
            _("It has no weights (model*.safetensors)."), hint=_(refusals.FETCH_AGAIN)
        )
    size_bytes = sum(files[name] for name in names)
    if indexed and len(names) > _MAX_HEADERS and not is_local:
        return Weights(
            names,
            size_bytes,
            frozenset(index["weight_map"]),
            parameter_count=_stated_count(index),
        )
    tensors: dict[str, Tensor] = {}
    written_by = ""
    for header in _headers(source, names, is_local=is_local):
        tensors |= header.tensors
        written_by = written_by or str(header.metadata.get("format", ""))
    return Weights(names, size_bytes, frozenset(tensors), tensors, written_by)


def read_index(source: Source) -> dict[str, Any]:
    """The index of a model in parts, checked; `{}` where there is none.

    Raises:
        ModelRefused: It is damaged.
        OSError: It cannot be read.
    """
    if INDEX not in source.files():
        return {}
    try:
        index = read_json(source, INDEX)
        weight_map = index["weight_map"]
        if not all(isinstance(name, str) for name in weight_map.values()):
            raise ValueError(_("names of files are text"))
        if not weight_map:
            raise ValueError(_("it names no files"))
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise ModelRefused(
            _("{file} cannot be read: {reason}").format(file=INDEX, reason=error),
            hint=_(refusals.FETCH_FILE_AGAIN),
        ) from error
    assert isinstance(index, dict)
    return index


def _headers(
    source: Source, names: Sequence[str], *, is_local: bool
) -> Iterable[Header]:
    """Those of all files, in their order; a hub is asked for several at once."""

    def read(name: str) -> Header:
        return _header(source, name, source.files()[name])

    if is_local or len(names) == 1:
        return map(read, names)
    with ThreadPoolExecutor(_REQUESTS, thread_name_prefix="mlxtui-header") as pool:
        return list(pool.map(read, names))


def _header(source: Source, name: str, size_bytes: int) -> Header:
    try:
        return read_header_of(source, name, size_bytes)
    except ValueError as error:
        raise ModelRefused(
            _("{file} is damaged: {reason}").format(file=name, reason=error),
            hint=_(refusals.FETCH_FILE_AGAIN),
        ) from error


def _missing_parts(names: tuple[str, ...]) -> list[str]:
    """Parts that the names of the others tell of, where no index does."""
    parts = [(name, match) for name in names if (match := _PART.search(name))]
    missing: list[str] = []
    for name, match in parts[:1]:
        stem, total = name[: match.start()], int(match[1])
        if total > len(parts):
            wanted = (
                f"{stem}-{number:05d}-of-{total:05d}.safetensors"
                for number in range(1, total + 1)
            )
            missing = [each for each in wanted if each not in names]
    return missing


def _stated_count(index: Mapping[str, Any]) -> int | None:
    metadata = index.get("metadata")
    stated = metadata.get("total_parameters") if isinstance(metadata, dict) else None
    return stated if type(stated) is int and stated > 0 else None

"""The headers of a GGUF file, or of all parts of a split one, as one description."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mlxtui.convert import refusals
from mlxtui.convert.gguf.header import (
    GgufHeader,
    GgufTensor,
    UnknownFormat,
    read_gguf_header,
)
from mlxtui.convert.source import Source
from mlxtui.errors import ModelRefused
from mlxtui.i18n import _

_REQUESTS = 8


@dataclass(frozen=True, slots=True)
class GgufParts:
    """What all parts say together."""

    headers: tuple[GgufHeader, ...]
    """In the order of the files; all facts of the model are the first one's."""
    tensors: Mapping[str, GgufTensor]
    places: Mapping[str, int]
    """Number of the file that holds a tensor, from 0, by the tensor's name."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Those of the first part; the others only say that they are parts."""
        return self.headers[0].facts


def read_parts(source: Source, files: Sequence[str]) -> GgufParts:
    """Read all headers and hold them against each other.

    Args:
        files: All parts, the first one first.

    Raises:
        ModelRefused: One is damaged or missing, or they are of different models.
        OSError: One cannot be read.
    """
    headers = _headers(source, files)
    count = headers[0].facts.get("split.count", 0)
    if type(count) is int and count > len(files):
        raise ModelRefused(
            _("{file} is one of {count} parts; the others are missing.").format(
                file=files[0], count=count
            ),
            hint=_(refusals.FETCH_AGAIN),
        )
    tensors: dict[str, GgufTensor] = {}
    places: dict[str, int] = {}
    for number, (file, header) in enumerate(zip(files, headers, strict=True)):
        if len(files) > 1 and not _belongs(header, headers[0], number, len(files)):
            raise _stranger(file)
        for name, tensor in header.tensors.items():
            if name in tensors:
                raise _stranger(file)
            tensors[name], places[name] = tensor, number
    total = headers[0].facts.get("split.tensors.count")
    if len(files) > 1 and type(total) is int and total != len(tensors):
        raise _stranger(files[-1])
    return GgufParts(tuple(headers), tensors, places)


def _headers(source: Source, files: Sequence[str]) -> list[GgufHeader]:
    """Those of all parts; a hub is asked for several at once."""
    source.files()  # listed once, not by each thread
    if len(files) == 1:
        return [header_of(source, files[0])]
    with ThreadPoolExecutor(_REQUESTS, thread_name_prefix="mlxtui-header") as pool:
        return list(pool.map(lambda file: header_of(source, file), files))


def header_of(source: Source, file: str) -> GgufHeader:
    """The header of one file.

    Raises:
        ModelRefused: It is damaged, or nothing that can be read.
        OSError: It cannot be read.
    """
    try:
        return read_gguf_header(source, file, source.files().get(file, 0))
    except UnknownFormat as error:
        raise ModelRefused(
            _("{file} cannot be read: {reason}").format(file=file, reason=error),
            hint=_("Choose another file of this model."),
        ) from error
    except ValueError as error:
        raise ModelRefused(
            _("{file} is damaged: {reason}").format(file=file, reason=error),
            hint=_(refusals.FETCH_FILE_AGAIN),
        ) from error


def _belongs(header: GgufHeader, first: GgufHeader, number: int, count: int) -> bool:
    """Whether it is this part, and names no other model than the first."""
    return (
        header.facts.get("split.no") == number
        and header.facts.get("split.count") == count
        and all(
            header.facts.get(key, first.facts.get(key)) == first.facts.get(key)
            for key in ("general.architecture", "general.name", "split.tensors.count")
        )
    )


def _stranger(file: str) -> ModelRefused:
    return ModelRefused(
        _("{file} does not belong to the same model as the other parts.").format(
            file=file
        ),
        hint=_(refusals.FETCH_AGAIN),
    )

"""The hub's JSON as our records: nothing in it is trusted to have the right type."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mlxtui.hub.address import looks_like_address
from mlxtui.hub.kinds import formats_of, kind_of, weights_of
from mlxtui.repositories import FoundRepository


def found_repository(line: object) -> FoundRepository | None:
    """A line of a search's result; None for what cannot be one."""
    if not isinstance(line, dict):
        return None
    repo_id = text_of(line, "id")
    # Names from before owners were needed (`gpt2`) cannot be fetched by that name.
    if not looks_like_address(repo_id):
        return None
    tags = texts_of(line, "tags")
    library = text_of(line, "library_name")
    if library:
        tags = (*tags, library)
    files = file_names(line)
    safetensors = line.get("safetensors")
    counts = safetensors.get("parameters") if isinstance(safetensors, dict) else None
    parameter_count, size_bytes = weights_of(
        counts if isinstance(counts, dict) else {}, repo_id, tags
    )
    gguf = line.get("gguf")
    if parameter_count is None and isinstance(gguf, dict):
        parameter_count = number_of(gguf, "total") or None
    return FoundRepository(
        repo_id=repo_id,
        kind=kind_of(text_of(line, "pipeline_tag"), tags, files),
        weight_formats=formats_of(tags, files),
        downloads=number_of(line, "downloads"),
        likes=number_of(line, "likes"),
        updated=time_of(line, "lastModified"),
        parameter_count=parameter_count,
        size_bytes=size_bytes,
        is_gated=line.get("gated") not in (None, False, ""),
    )


def text_of(table: Mapping[str, Any], key: str) -> str:
    """A text of a table; empty where there is none."""
    value = table.get(key)
    return value if isinstance(value, str) else ""


def texts_of(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A text or the texts of a list."""
    value = table.get(key)
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return ()
    return tuple(part for part in value if isinstance(part, str))


def number_of(table: Mapping[str, Any], key: str) -> int:
    """A count of a table; 0 where there is none."""
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return max(0, value)


def time_of(table: Mapping[str, Any], key: str) -> datetime | None:
    """A moment of a table, None where there is none."""
    try:
        moment = datetime.fromisoformat(text_of(table, key))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def file_names(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of `siblings`."""
    siblings = table.get("siblings")
    if not isinstance(siblings, list):
        return ()
    names = (text_of(one, "rfilename") for one in siblings if isinstance(one, dict))
    return tuple(name for name in names if name)

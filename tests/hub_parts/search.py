"""The local hub's search: filters, orders and pages as the real one has them."""

import base64
from typing import Any

from tests.hub_parts.repository import HubRepository

_ORDERS = ("downloads", "likes", "lastModified", "createdAt", "trendingScore")
_SHORT = (
    "_id", "id", "modelId", "likes", "trendingScore", "private", "downloads", "tags",
    "pipeline_tag", "library_name", "createdAt",
)  # fmt: skip
_FULL = (*_SHORT, "author", "sha", "lastModified", "gated", "disabled", "siblings")
_MOST = 1000


class BadQuery(ValueError):
    """A query that the hub refuses."""


def _first(query: dict[str, list[str]], key: str) -> str:
    return query.get(key, [""])[0]


def _is_on(query: dict[str, list[str]], key: str) -> bool:
    return _first(query, key).lower() in ("true", "1")


def _number(text: str) -> float:
    scale = {"K": 1e3, "M": 1e6, "B": 1e9}
    return float(text.rstrip("KMB")) * scale.get(text[-1:], 1)


def _matches(repository: HubRepository, query: dict[str, list[str]]) -> bool:
    tags = {tag.lower() for tag in repository.all_tags()}
    wanted = [part for text in query.get("filter", []) for part in text.split(",")]
    if any(tag.lower() not in tags for tag in wanted):
        return False
    words = _first(query, "search").lower().split()
    if any(word not in repository.repo_id.lower() for word in words):
        return False
    author = _first(query, "author")
    if author and repository.repo_id.partition("/")[0] != author:
        return False
    task = _first(query, "pipeline_tag")
    if task and repository.info().get("pipeline_tag") != task:
        return False
    if gated := _first(query, "gated"):
        if bool(repository.gated) != (gated.lower() == "true"):
            return False
    if bounds := _first(query, "num_parameters"):
        count = sum(repository.parameters().values())
        for bound in bounds.split(","):
            name, _, value = bound.partition(":")
            if name == "min" and count < _number(value):
                return False
            if name == "max" and count > _number(value):
                return False
    return True


def found(
    repositories: list[HubRepository], query: dict[str, list[str]]
) -> tuple[list[dict[str, Any]], str]:
    """One page of a search.

    Args:
        repositories: Those that the asker may see.

    Returns:
        The lines, and the cursor of the next page; empty at the end.

    Raises:
        BadQuery: The order or the cursor is not known.
    """
    order = _first(query, "sort") or "trendingScore"
    if order not in _ORDERS:
        raise BadQuery(f'"sort" must be one of {", ".join(_ORDERS)}')
    lines = [one.info() for one in repositories if _matches(one, query)]
    # The hub's only direction now; its ids break ties.
    lines.sort(key=lambda line: line["id"])
    lines.sort(key=lambda line: line[order], reverse=_first(query, "direction") != "1")
    limit = min(int(_first(query, "limit") or _MOST), _MOST)
    start = 0
    if cursor := _first(query, "cursor"):
        try:
            start = int(base64.urlsafe_b64decode(cursor))
        except ValueError as error:
            raise BadQuery("invalid cursor") from error
    page = lines[start : start + limit]
    stop = start + limit
    following = (
        base64.urlsafe_b64encode(str(stop).encode()).decode()
        if stop < len(lines)
        else ""
    )
    return [_fields(line, query) for line in page], following


def _fields(line: dict[str, Any], query: dict[str, list[str]]) -> dict[str, Any]:
    wanted: tuple[str, ...] = _FULL if _is_on(query, "full") else _SHORT
    if expand := query.get("expand"):
        wanted = ("_id", "id", "modelId", *expand)
    if _is_on(query, "config"):
        wanted = (*wanted, "config")
    if _is_on(query, "cardData"):
        wanted = (*wanted, "cardData")
    return {key: line[key] for key in dict.fromkeys(wanted) if key in line}

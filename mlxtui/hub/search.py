"""Searching the hub."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from mlxtui.errors import InvalidParameter, RepositoryNotFound
from mlxtui.hub.access import HubAccess
from mlxtui.hub.address import is_web_address, parse_address
from mlxtui.hub.asking import Parameters, ask_json, open_client
from mlxtui.hub.failures import nonsense
from mlxtui.hub.listing import found_repository
from mlxtui.i18n import _
from mlxtui.repositories import FoundRepository, SearchPage, SearchQuery

if TYPE_CHECKING:
    import httpx2

PAGE_LINES = 30
"""Lines of one page."""

# A page of this order is sorted here, so it is a larger one.
_SORTED_PAGE_LINES = 100

_ORDERS = {
    "downloads": "downloads",
    "likes": "likes",
    "updated": "lastModified",
    "size": "downloads",
}
_TASKS = {"text": "text-generation", "vision": "image-text-to-text"}
_KIND_TAGS = {"embedding": "sentence-transformers", "adapter": "peft"}
_FORMAT_TAGS = {
    "mlx": "mlx", "gguf": "gguf", "safetensors": "safetensors", "pickle": "pytorch",
}  # fmt: skip

_WANTED = (
    "downloads", "gated", "gguf", "lastModified", "library_name", "likes",
    "pipeline_tag", "safetensors", "tags",
)  # fmt: skip


def search(access: HubAccess, query: SearchQuery, page: str = "") -> SearchPage:
    """One page of the repositories that a query finds.

    The hub cannot order by size: a page of that order is one of a hundred of the most
    downloaded, the largest first, those of unknown size last.

    Args:
        query: Words that are an address find that repository alone, if it is there.
        page: `next_page` of the page before; empty for the first.

    Raises:
        InvalidParameter: The words are the address of a page that is no model's.
        HubError: The hub cannot be asked, or answers nonsense.
    """
    with open_client(access) as client:
        if not page and (one := _addressed(client, access, query)):
            return SearchPage(found=(one,))
        lines, following = ask_json(
            client,
            access,
            "/api/models",
            _parameters(query, page),
            address=_("a search"),
        )
    if not isinstance(lines, list):
        raise nonsense(access.endpoint)
    found = [one for line in lines if (one := found_repository(line))]
    if query.order == "size":
        found.sort(key=lambda one: -(one.size_bytes or 0))
    return SearchPage(found=tuple(found), next_page=_cursor(following))


def _addressed(
    client: "httpx2.Client", access: HubAccess, query: SearchQuery
) -> FoundRepository | None:
    """The repository whose address stands in the place of words."""
    try:
        address = parse_address(query.words)
    except InvalidParameter:
        if is_web_address(query.words):
            raise
        return None
    try:
        line, _following = ask_json(
            client,
            access,
            f"/api/models/{quote(address.repo_id)}",
            {"expand": _WANTED},
            address=address,
        )
    except RepositoryNotFound:
        if is_web_address(query.words):
            raise
        return None
    return found_repository(line)


def _parameters(query: SearchQuery, page: str) -> Parameters:
    parameters: dict[str, str | int | tuple[str, ...]] = {
        "sort": _ORDERS[query.order],
        "limit": _SORTED_PAGE_LINES if query.order == "size" else PAGE_LINES,
        "expand": _WANTED,
    }
    words = query.words.strip()
    # `mlx-community/qwen` asks for what that owner has of this name.
    owner, slash, rest = words.partition("/")
    if slash and owner and " " not in owner and "/" not in rest:
        parameters["author"] = owner
        words = rest.strip()
    if words:
        parameters["search"] = words
    if query.kind in _TASKS:
        parameters["pipeline_tag"] = _TASKS[query.kind]
    tags: list[str] = []
    if query.kind in _KIND_TAGS:
        tags.append(_KIND_TAGS[query.kind])
    if query.weight_format:
        tags.append(_FORMAT_TAGS[query.weight_format])
    if tags:
        parameters["filter"] = tuple(tags)
    if page:
        parameters["cursor"] = page
    return parameters


def _cursor(following: str) -> str:
    """The cursor of the next page; its address may name any host and is not used."""
    try:
        return parse_qs(urlsplit(following).query).get("cursor", [""])[0]
    except ValueError:
        return ""

"""What a model hub says of its repositories, as records that cross threads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RepositoryKind = Literal["text", "embedding", "vision", "adapter", "other"]
WeightFormat = Literal["mlx", "gguf", "safetensors", "pickle"]
SearchOrder = Literal["downloads", "likes", "updated", "size"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What to look for on the hub."""

    words: str = ""
    kind: RepositoryKind | None = None
    weight_format: WeightFormat | None = None
    order: SearchOrder = "downloads"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRepository:
    """One line of a search's result."""

    repo_id: str
    """`owner/name`."""
    kind: RepositoryKind
    weight_formats: tuple[WeightFormat, ...]
    downloads: int
    """In the last thirty days, as the hub counts them."""
    likes: int
    updated: datetime | None
    parameter_count: int | None
    size_bytes: int | None
    """Of its weights, where the hub says it."""
    is_gated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A part of a search's result."""

    found: tuple[FoundRepository, ...]
    next_page: str = ""
    """What the next part is asked for with; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryAddress:
    """A repository, as it was typed or pasted."""

    repo_id: str
    """`owner/name`."""
    revision: str = "main"
    """Branch, tag or commit."""
    file: str = ""
    """A file in it that the address pointed at; may be empty."""

    def __str__(self) -> str:
        suffix = "" if self.revision == "main" else f"@{self.revision}"
        return self.repo_id + suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One file of a repository."""

    path: str
    """Below the repository, parts separated by `/`."""
    size_bytes: int
    sha256: str = ""
    """Of its content, for files that git-lfs keeps; else empty."""
    blob_id: str = ""
    """git's SHA-1 of it, for files that git itself keeps; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Everything that is known of a repository before anything is fetched."""

    address: RepositoryAddress
    commit: str
    """The revision's commit, 40 hexadecimal digits."""
    kind: RepositoryKind
    weight_formats: tuple[WeightFormat, ...]
    files: tuple[RemoteFile, ...]
    license: str = ""
    base_models: tuple[str, ...] = ()
    """What it was made from, as its card says."""
    is_gated: bool = False
    """Its owner wants a licence accepted first."""
    is_private: bool = False
    downloads: int = 0
    likes: int = 0
    updated: datetime | None = None
    card: str = ""
    """README.md without its front matter: Markdown, untrusted; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A model that the list of recommended ones names."""

    repo_id: str
    kind: RepositoryKind
    parameter_count: int
    size_bytes: int
    """To fetch, and what its weights take in memory."""
    cache_bytes: int = 0
    """What a conversation of 4,096 tokens takes in memory; 0 where it is not known."""
    languages: tuple[str, ...] = ()
    """`en`, `ja`, … that it is good at."""
    note_en: str = ""
    note_ja: str = ""
    is_from_user: bool = False
    """It stands in the user's own list."""

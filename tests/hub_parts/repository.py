"""One repository of the local hub: its commits, and what the hub says of it."""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from huggingface_hub import RepoCard

from tests.hub_parts.content import Given, HubFile

_LFS_SUFFIXES = (
    ".safetensors", ".bin", ".gguf", ".pt", ".pth", ".onnx", ".npz", ".model", ".h5",
)  # fmt: skip

# From this size on the hub takes no file without git-lfs.
_LFS_BYTES = 10_000_000

_BYTES_OF_DTYPE = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "U32": 4, "I32": 4, "U8": 1}


def hub_file(path: str, given: Given) -> HubFile:
    """A file as the hub keeps it: by git, or by git-lfs."""
    file = HubFile(given, is_lfs=path.endswith(_LFS_SUFFIXES))
    if file.size_bytes >= _LFS_BYTES:
        file.is_lfs = True
    return file


@dataclass
class HubRepository:
    """A model repository with all its commits."""

    repo_id: str
    gated: Literal["auto", "manual", False] = False
    is_private: bool = False
    downloads: int = 0
    likes: int = 0
    updated: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    pipeline_tag: str = ""
    library_name: str = ""
    tags: tuple[str, ...] = ()
    parameter_count: int | None = None
    """None counts the tensors of safetensors files."""
    commits: dict[str, dict[str, HubFile]] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=dict)
    """Branches and tags to commits."""

    def commit(self, files: Mapping[str, Given], revision: str = "main") -> str:
        """Add files to a branch; returns the commit."""
        old = self.commits.get(self.revisions.get(revision, ""), {})
        new = old | {path: hub_file(path, given) for path, given in files.items()}
        seed = f"{self.repo_id}{revision}{len(self.commits)}".encode()
        commit = hashlib.sha1(seed, usedforsecurity=False).hexdigest()
        self.commits[commit] = new
        self.revisions[revision] = commit
        return commit

    def change(self, path: str, given: Given, revision: str = "main") -> None:
        """Put another content under the same commit, which the real hub cannot."""
        self.commits[self.revisions[revision]][path] = hub_file(path, given)

    def tag(self, name: str, revision: str = "main") -> None:
        """Give the commit of a revision another name."""
        self.revisions[name] = self.revisions[revision]

    def resolve(self, revision: str) -> str | None:
        """The commit of a branch, a tag or a commit; None if there is none."""
        if revision in self.commits:
            return revision
        return self.revisions.get(revision)

    @property
    def files(self) -> dict[str, HubFile]:
        """The files of the main branch."""
        return self.commits.get(self.revisions.get("main", ""), {})

    def card(self) -> dict[str, Any]:
        """The front matter of its README.md."""
        readme = self.files.get("README.md")
        if readme is None:
            return {}
        text = readme.all_bytes().decode(errors="replace")
        if not text.startswith("---"):
            return {}
        try:
            card = RepoCard(text, ignore_metadata_errors=True)
        except (ValueError, TypeError):
            return {}
        return dict(vars(card.data))

    def all_tags(self) -> list[str]:
        """Its own tags, and those that the hub works out."""
        card = self.card()
        tags = [*self.tags, *(card.get("tags") or [])]
        suffixes = {PurePosixPath(path).suffix for path in self.files}
        tags += [name for name in ("safetensors", "gguf") if f".{name}" in suffixes]
        tags += ["pytorch"] if ".bin" in suffixes else []
        tags += [self.library_name or card.get("library_name") or ""]
        tags += [self._pipeline_tag(card), str(self.config().get("model_type", ""))]
        if card.get("license"):
            tags.append(f"license:{card['license']}")
        bases = card.get("base_model") or []
        for base in [bases] if isinstance(bases, str) else bases:
            tags.append(f"base_model:{base}")
        return [tag for tag in dict.fromkeys(tags) if tag] + ["region:us"]

    def _pipeline_tag(self, card: Mapping[str, Any]) -> str:
        return self.pipeline_tag or str(card.get("pipeline_tag", ""))

    def config(self) -> dict[str, Any]:
        """Its config.json, if it is one."""
        file = self.files.get("config.json")
        try:
            found = json.loads(file.all_bytes()) if file else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def parameters(self) -> dict[str, int]:
        """The count of its weights by their type."""
        if self.parameter_count is not None:
            return {"BF16": self.parameter_count}
        counts: dict[str, int] = {}
        for path, file in self.files.items():
            if not path.endswith(".safetensors") or file.size_bytes < 8:
                continue
            (length,) = struct.unpack("<Q", bytes(file.read(0, 8)))
            if length > min(file.size_bytes - 8, 1_000_000):
                continue
            try:
                header = json.loads(bytes(file.read(8, length)))
            except ValueError:
                continue
            for name, entry in header.items():
                if name == "__metadata__":
                    continue
                start, stop = entry["data_offsets"]
                dtype = entry["dtype"]
                size = (stop - start) // _BYTES_OF_DTYPE.get(dtype, 1)
                counts[dtype] = counts.get(dtype, 0) + size
        return counts

    def info(self, commit: str | None = None, *, blobs: bool = False) -> dict[str, Any]:
        """Everything that the hub says of it, as `/api/models/…` answers."""
        commit = commit or self.revisions.get("main", "")
        files = self.commits.get(commit, {})
        card = self.card()
        counts = self.parameters()
        config = self.config()
        info: dict[str, Any] = {
            "_id": hashlib.sha1(self.repo_id.encode()).hexdigest()[:24],
            "id": self.repo_id,
            "modelId": self.repo_id,
            "author": self.repo_id.partition("/")[0],
            "sha": commit,
            "lastModified": self.updated.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "createdAt": "2025-01-01T00:00:00.000Z",
            "private": self.is_private,
            "gated": self.gated,
            "disabled": False,
            "downloads": self.downloads,
            "likes": self.likes,
            "trendingScore": 0,
            "tags": self.all_tags(),
            "cardData": card,
            "siblings": [
                self._sibling(path, file, blobs) for path, file in sorted(files.items())
            ],
            "spaces": [],
            "usedStorage": sum(file.size_bytes for file in files.values()),
        }
        if library := self.library_name or card.get("library_name"):
            info["library_name"] = library
        if task := self._pipeline_tag(card):
            info["pipeline_tag"] = task
        if config:
            keys = ("architectures", "model_type", "quantization_config")
            info["config"] = {key: config[key] for key in keys if key in config}
        if counts:
            info["safetensors"] = {"parameters": counts, "total": sum(counts.values())}
        ggufs = [file for path, file in files.items() if path.endswith(".gguf")]
        if ggufs:
            info["gguf"] = {
                "total": self.parameter_count or ggufs[0].size_bytes,
                "architecture": "llama",
                "context_length": 2048,
            }
        return info

    @staticmethod
    def _sibling(path: str, file: HubFile, blobs: bool) -> dict[str, Any]:
        sibling: dict[str, Any] = {"rfilename": path}
        if blobs:
            sibling |= {"size": file.size_bytes, "blobId": file.blob_id}
            if file.is_lfs:
                sibling["lfs"] = {
                    "sha256": file.sha256,
                    "size": file.size_bytes,
                    "pointerSize": file.pointer_bytes,
                }
        return sibling

    def tree_entry(self, path: str, file: HubFile) -> dict[str, Any]:
        """One line of `/tree/` and `/paths-info/`."""
        entry: dict[str, Any] = {
            "type": "file",
            "path": path,
            "size": file.size_bytes,
            "oid": file.blob_id,
        }
        if file.is_lfs:
            entry["lfs"] = {
                "oid": file.sha256,
                "size": file.size_bytes,
                "pointerSize": file.pointer_bytes,
            }
        return entry

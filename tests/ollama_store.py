"""A store of Ollama's, written as Ollama writes it; and what is in any folder."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MEDIA_TYPE = "application/vnd.ollama.image."


class OllamaStore:
    """Manifests and blobs.

    Args:
        folder: What `OLLAMA_MODELS` names.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def blob(self, content: bytes) -> Path:
        """Write a blob under its hash."""
        path = self.path_of(hashlib.sha256(content).hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def path_of(self, sha256: str) -> Path:
        """Where the content of a hash is kept."""
        return self.folder / "blobs" / f"sha256-{sha256}"

    def manifest(self, path: str, content: str | bytes) -> Path:
        """Write a manifest as it is, by `HOST/NAMESPACE/MODEL/TAG`."""
        file = self.folder / "manifests" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def add(
        self, path: str, layers: Mapping[str, bytes], *, config: Any = None
    ) -> dict[str, Path]:
        """Write a model: its layers by kind, `model`, `template`, `projector`, …

        Returns:
            The blob of each layer.
        """
        blobs = {kind: self.blob(content) for kind, content in layers.items()}
        config_blob = self.blob(json.dumps(config or {"model_format": "gguf"}).encode())
        content = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": layer(
                "application/vnd.docker.container.image.v1+json", config_blob
            ),
            "layers": [layer(MEDIA_TYPE + kind, blob) for kind, blob in blobs.items()],
        }
        self.manifest(path, json.dumps(content))
        return blobs


def layer(media_type: str, blob: Path, **changes: Any) -> dict[str, Any]:
    """How a manifest tells of a blob."""
    digest = blob.name.replace("-", ":")
    size_bytes = blob.stat().st_size
    return {"mediaType": media_type, "digest": digest, "size": size_bytes, **changes}


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """All that is in a folder: kind, size, links, owner, times of writing and of any
    change, and content of each. The times of reading are left out."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        content: object = None
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(folder))] = (
            status.st_mode, status.st_size, status.st_nlink, status.st_uid,
            status.st_mtime_ns, status.st_ctime_ns, content,
        )  # fmt: skip
    return found

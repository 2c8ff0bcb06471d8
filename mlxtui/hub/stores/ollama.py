"""Ollama's store: a manifest for each name, and blobs named after their SHA-256.

The layout is that of Ollama's own `manifest` package (github.com/ollama/ollama):
`manifests/HOST/NAMESPACE/MODEL/TAG` is JSON that lists layers by their kind and digest,
`blobs/sha256-…` holds them. Where it is: `OLLAMA_MODELS`, else `~/.ollama/models`, on
Linux also the home folder of the service's own user (docs/faq.mdx there). Nothing here
writes, and no file's link is followed out of the store.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mlxtui.i18n import _
from mlxtui.paths import expand

_SERVICE_STORE = Path("/usr/share/ollama/.ollama/models")

# A manifest with a layer for each tensor of a large model takes some MB.
_MAX_MANIFEST_BYTES = 16_000_000
_MAX_CONFIG_BYTES = 1_000_000
_MAX_MANIFESTS = 5_000

_DIGEST = re.compile(r"sha256[:-]([0-9a-fA-F]{64})")

# As `types/model/name.go` has them: host, namespace, model, tag.
_PARTS = (
    re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}"),
    re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,79}"),
    re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}"),
    re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}"),
)
_DEFAULT_HOST, _DEFAULT_NAMESPACE = "registry.ollama.ai", "library"

_MEDIA_TYPE = "application/vnd.ollama.image."


class OllamaModel(NamedTuple):
    """A name of the store that stands for weights on this machine."""

    name: str
    """As Ollama shows it: `llama3.2:latest`, `hf.co/owner/repo:Q4_K_M`."""
    path: Path
    """Its GGUF file; the manifest where it has none that can be used."""
    size_bytes: int
    """Of its weights, as the manifest says."""
    problem: str = ""
    """Why it cannot be imported; empty when nothing speaks against it yet."""
    hint: str = ""
    is_gguf: bool = True
    """Not what Ollama keeps for its engine for MLX."""


class _Layer(NamedTuple):
    kind: str
    """`model`, `projector`, `adapter`, `tensor`, …"""
    digest: str
    size_bytes: int


def stores() -> tuple[Path, ...]:
    """The folders that Ollama keeps models in; none of them need be there."""
    if chosen := os.environ.get("OLLAMA_MODELS", "").strip().strip("\"'"):
        return (expand(chosen),)
    own = expand("~/.ollama/models")
    return (own, _SERVICE_STORE) if sys.platform == "linux" else (own,)


def find_models() -> Iterator[OllamaModel]:
    """What Ollama has on this machine, in the order of its names; models that run in
    its cloud are left out. Manifests are read, weights are not."""
    for store in stores():
        manifests = store / "manifests"
        for manifest, parts in _manifests(manifests):
            if _is_inside(manifest, manifests):
                model = _model(store / "blobs", manifest, _shown(*parts))
                if model is not None:
                    yield model


def _manifests(folder: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Every file four levels deep whose path is a name."""
    waiting: list[tuple[Path, tuple[str, ...]]] = [(folder, ())]
    patience = _MAX_MANIFESTS
    while waiting and patience > 0:
        path, parts = waiting.pop(0)
        try:
            children = sorted(os.listdir(path))
        except (OSError, ValueError):
            continue  # not there, or not ours to read
        patience -= len(children)
        for child in children:
            if not _PARTS[len(parts)].fullmatch(child):
                continue
            if len(parts) < len(_PARTS) - 1:
                waiting.append((path / child, (*parts, child)))
            elif os.path.isfile(path / child):
                yield path / child, (*parts, child)


def _shown(host: str, namespace: str, model: str, tag: str) -> str:
    """The name as `ollama list` shows it."""
    if host.lower() != _DEFAULT_HOST:
        return f"{host}/{namespace}/{model}:{tag}"
    if namespace.lower() != _DEFAULT_NAMESPACE:
        return f"{namespace}/{model}:{tag}"
    return f"{model}:{tag}"


def _model(blobs: Path, manifest: Path, name: str) -> OllamaModel | None:
    try:
        content = _read_json(manifest, _MAX_MANIFEST_BYTES)
        layers = [_layer(layer) for layer in content.get("layers") or ()]
    except (OSError, ValueError, RecursionError, TypeError, AttributeError):
        return OllamaModel(
            name, manifest, 0,
            _("Ollama's manifest of it is damaged."),
            _("Fetch it again with Ollama: `ollama pull {name}`.").format(name=name),
        )  # fmt: skip
    kinds = {layer.kind for layer in layers}
    models = [layer for layer in layers if layer.kind == "model"]
    if not models and "tensor" not in kinds and _is_remote(blobs, content):
        return None
    if not models or "adapter" in kinds:
        size_bytes = sum(layer.size_bytes for layer in layers)
        problem, hint = _why_not(kinds)
        is_gguf = "tensor" not in kinds
        return OllamaModel(name, manifest, size_bytes, problem, hint, is_gguf)
    weights = models[-1]  # as Ollama itself takes the last one
    path = blobs / f"sha256-{weights.digest}"
    problem = _problem_of_blob(path, weights.size_bytes)
    if problem:
        hint = _("Fetch it again with Ollama: `ollama pull {name}`.").format(name=name)
        return OllamaModel(name, manifest, weights.size_bytes, problem, hint)
    return OllamaModel(name, path, weights.size_bytes)


def _layer(content: Mapping[str, Any]) -> _Layer:
    """A layer, checked.

    Raises:
        ValueError, TypeError, AttributeError: It is none.
    """
    media_type, digest = content.get("mediaType"), content.get("digest")
    size_bytes = content.get("size", 0)
    if not isinstance(media_type, str) or not isinstance(digest, str):
        raise ValueError
    match = _DIGEST.fullmatch(digest)
    if match is None or type(size_bytes) is not int or size_bytes < 0:
        raise ValueError
    kind = media_type.partition(";")[0].strip().removeprefix(_MEDIA_TYPE)
    return _Layer(kind, match[1].lower(), size_bytes)


def _why_not(kinds: set[str]) -> tuple[str, str]:
    """Why a model without a GGUF file of its own cannot be used, and what to do."""
    if "tensor" in kinds:
        return (
            _("Ollama keeps it in single tensors, for its own engine alone."),
            _("Fetch its MLX version from the hub."),
        )
    if "adapter" in kinds:
        return (
            _("It is a model with an adapter (LoRA), which cannot be imported."),
            _("Import the model that the adapter was made for."),
        )
    return _("It holds no weights."), _("Choose a chat or text-generation model.")


def _problem_of_blob(path: Path, size_bytes: int) -> str:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return _("Its file is missing in Ollama's store.")
    if not _is_inside(path, path.parent):
        return _("Its file is a link that leads out of Ollama's store.")
    if not os.path.isfile(path) or status.st_size != size_bytes:
        return _("Its file in Ollama's store is not whole.")
    return ""


def _is_remote(blobs: Path, content: Mapping[str, Any]) -> bool:
    """Whether it runs in Ollama's cloud: its config names another machine."""
    try:
        config = _layer(content["config"])
        path = blobs / f"sha256-{config.digest}"
        return bool(_read_json(path, _MAX_CONFIG_BYTES).get("remote_host"))
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return False


def _read_json(path: Path, most_bytes: int) -> dict[str, Any]:
    """The content of a JSON file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is longer, damaged, no object, or no file.
        RecursionError: It is nested too deeply.
    """
    if not path.is_file():
        raise ValueError  # a pipe would never end
    with path.open("rb") as file:
        text = file.read(most_bytes + 1)
    content = json.loads(text) if len(text) <= most_bytes else None
    if not isinstance(content, dict):
        raise ValueError
    return content


def _is_inside(path: Path, folder: Path) -> bool:
    """Whether a path, links followed, is in the folder, which may be one itself: it is
    moved to larger disks that way."""
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)

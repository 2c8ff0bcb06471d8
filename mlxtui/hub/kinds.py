"""What a repository is by what the hub says of it; its files say more, once read."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mlxtui.repositories import RepositoryKind, WeightFormat

_TEXT_TASKS = ("text-generation", "text2text-generation", "conversational")
_EMBEDDING_TASKS = ("sentence-similarity", "feature-extraction")
_VISION_TASKS = (
    "image-text-to-text", "any-to-any", "video-text-to-text", "audio-text-to-text",
    "visual-question-answering",
)  # fmt: skip
_ADAPTER_TAGS = ("peft", "lora", "adapter")
_ADAPTER_FILES = ("adapter_config.json", "adapters.safetensors")

_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")

_BITS_OF_TYPE = {
    "F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16,
    "BF16": 16, "I16": 16, "U16": 16,
}  # fmt: skip

_BITS_TAG = re.compile(r"([2-8])-?bit", re.IGNORECASE)
_BITS_IN_NAME = re.compile(r"[-_.]([2-8])-?bit(?![a-z])", re.IGNORECASE)
_MX_IN_NAME = re.compile(r"(?:mxfp|nvfp)([48])", re.IGNORECASE)


def kind_of(
    task: str, tags: Iterable[str], files: Iterable[str] = ()
) -> RepositoryKind:
    """The kind of a repository.

    Args:
        task: The hub's `pipeline_tag`; may be empty.
        tags: The hub's tags.
        files: Paths of its files, as far as they are known.
    """
    tags = {tag.lower() for tag in tags}
    names = {path.rpartition("/")[2] for path in files}
    # Models into which an adapter was merged often keep its tags.
    if names.intersection(_ADAPTER_FILES) or (
        not names and tags.intersection(_ADAPTER_TAGS)
    ):
        return "adapter"
    if task in _EMBEDDING_TASKS or "sentence-transformers" in tags:
        return "embedding"
    if task in _VISION_TASKS:
        return "vision"
    if task in _TEXT_TASKS:
        return "text"
    if task:
        return "other"
    return "text" if tags.intersection(_TEXT_TASKS) or "mlx" in tags else "other"


def formats_of(tags: Iterable[str], files: Iterable[str]) -> tuple[WeightFormat, ...]:
    """The forms that its weights are there in, by tags and names of files."""
    tags = {tag.lower() for tag in tags}
    found: list[WeightFormat] = []
    if "mlx" in tags:
        found.append("mlx")
    ends = [path.lower() for path in files]
    if "gguf" in tags or any(path.endswith(".gguf") for path in ends):
        found.append("gguf")
    if "safetensors" in tags or any(path.endswith(".safetensors") for path in ends):
        found.append("safetensors")
    if any(path.endswith(_PICKLE_SUFFIXES) for path in ends) or (
        "pytorch" in tags and not ends
    ):
        found.append("pickle")
    return tuple(found)


def weights_of(
    counts: Mapping[str, Any], repo_id: str, tags: Iterable[str]
) -> tuple[int | None, int | None]:
    """The parameter count and the bytes of weights in safetensors.

    MLX packs several weights into each 32-bit word, which the hub counts as one.

    Args:
        counts: The hub's counts of numbers by their type: `{"U32": …, "BF16": …}`.

    Returns:
        Both, or None where the hub does not say.
    """
    known = {
        kind: count
        for kind, count in counts.items()
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0
    }
    if not known:
        return None, None
    size_bytes = sum(
        count * _BITS_OF_TYPE.get(kind, 8) // 8 for kind, count in known.items()
    )
    packed = known.get("U32", 0)
    if not packed:
        return sum(known.values()), size_bytes
    bits = _bits_of(repo_id, tags)
    if bits is None:
        return None, size_bytes
    # Beside the packed words stand their scales and biases, which are no parameters:
    # one of each for 64 weights.
    parameter_count = packed * 32 // bits
    others = sum(count for kind, count in known.items() if kind != "U32")
    overhead = parameter_count // 64 * 2
    return parameter_count + max(0, others - overhead), size_bytes


def _bits_of(repo_id: str, tags: Iterable[str]) -> int | None:
    for tag in tags:
        if match := _BITS_TAG.fullmatch(tag):
            return int(match[1])
    match = _BITS_IN_NAME.search(repo_id) or _MX_IN_NAME.search(repo_id)
    return int(match[1]) if match else None

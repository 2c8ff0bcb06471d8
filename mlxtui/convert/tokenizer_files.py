"""A model's tokenizer files: whether there are any, and what its template can do."""

from collections.abc import Collection
from typing import Any

from mlxtui.convert.source import Source, read_object

CONFIG = "tokenizer_config.json"
TEMPLATE = "chat_template.jinja"

# Templates are kilobytes; a larger file is none.
_MAX_TEMPLATE_BYTES = 4_000_000

_VOCABULARIES = (
    "tokenizer.json", "tokenizer.model", "tiktoken.model", "vocab.json",
    "tekken.json",
)  # fmt: skip


def has_tokenizer(files: Collection[str]) -> bool:
    """Whether there is a vocabulary."""
    return any(name in files for name in _VOCABULARIES) or any(
        name.endswith(".tiktoken") and "/" not in name for name in files
    )


def capabilities(source: Source, config: dict[str, Any]) -> tuple[str, ...]:
    """What the chat template can do; nothing without one.

    Args:
        config: Of the tokenizer.
    """
    return template_capabilities(_template(source, config))


def template_capabilities(template: str) -> tuple[str, ...]:
    """What a chat template can do; nothing where it is empty."""
    if not template:
        return ()
    found = ["chat"]
    if "tools" in template:
        found.append("tools")
    if "<think>" in template or "enable_thinking" in template:
        found.append("thinking")
    return tuple(found)


def tokenizer_config(source: Source) -> dict[str, Any]:
    """`tokenizer_config.json`; `{}` where there is none."""
    return read_object(source, CONFIG)


def tokenizer_code(files: Collection[str], config: dict[str, Any]) -> str:
    """The file of program code without which the tokenizer does not work; or empty.

    Where the fast tokenizer's own file is there, no code is needed.
    """
    if "tokenizer.json" in files:
        return ""
    said = config.get("auto_map")
    if isinstance(said, dict):
        said = said.get("AutoTokenizer")
    for reference in said if isinstance(said, list) else [said]:
        if isinstance(reference, str) and "." in reference:
            return reference.rpartition("--")[2].split(".")[0] + ".py"
    return ""


def _template(source: Source, config: dict[str, Any]) -> str:
    size_bytes = source.files().get(TEMPLATE)
    if size_bytes is not None and size_bytes < _MAX_TEMPLATE_BYTES:
        try:
            return source.read(TEMPLATE, 0, size_bytes).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""  # without one it continues text
    return str(config.get("chat_template") or "")

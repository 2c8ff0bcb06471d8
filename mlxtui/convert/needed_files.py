"""Which files of a repository are fetched: what its use needs, and no copies."""

import re
from collections.abc import Callable, Sequence

from mlxtui.convert.foreign import MODELOPT_FILE
from mlxtui.convert.weight_files import INDEX
from mlxtui.plans import Contents
from mlxtui.repositories import RemoteFile

_ABOUT = re.compile(r"(README\.md|LICEN[CS]E.*|NOTICE.*|USE_POLICY.*)", re.IGNORECASE)

_CONFIGS = frozenset({
    "config.json", "generation_config.json", MODELOPT_FILE, "preprocessor_config.json",
    "processor_config.json", "mlxtui.json",
})  # fmt: skip
_TOKENIZER = frozenset({
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model",
    "tiktoken.model", "tekken.json", "spiece.model", "sentencepiece.bpe.model",
    "chat_template.jinja", "chat_template.json", "tokenizer.bpe.model", "bpe.codes",
})  # fmt: skip
_EMBEDDER = frozenset({
    "modules.json", "config_sentence_transformers.json", "sentence_bert_config.json",
})  # fmt: skip
# The folders of an embedder's parts: `1_Pooling`, `2_Dense`.
_PART = re.compile(r"\d+_\w+/[^/]+\.(json|txt|model|jinja)")


def needed_files(
    files: Sequence[RemoteFile], contents: Contents, allow_code: bool = False
) -> tuple[RemoteFile, ...]:
    """The files that are fetched of a repository; none of one without a use here.

    Args:
        contents: What the repository is, as `look_at` tells it.
        allow_code: The user said yes to its program code.
    """
    wants = _rule(contents)
    if wants is None:
        return ()
    weights = set(contents.weight_files)
    with_code = bool(contents.code_file) and allow_code
    return tuple(
        one
        for one in files
        if one.path in weights
        or _ABOUT.fullmatch(one.path)
        or wants(one.path)
        or (with_code and one.path.endswith(".py"))
    )


def _rule(contents: Contents) -> Callable[[str], bool] | None:
    match contents.kind:
        case "mlx" | "safetensors":
            is_split = len(contents.weight_files) != 1
            return lambda path: (
                path in _CONFIGS or _is_tokenizer(path) or (is_split and path == INDEX)
            )
        case "embedder":
            return lambda path: (
                path in _CONFIGS | _EMBEDDER
                or _is_tokenizer(path)
                or bool(_PART.fullmatch(path))
            )
        case "adapter":
            return lambda path: path == "adapter_config.json"
        case "gguf":
            return lambda path: False
        case _:
            return None


def _is_tokenizer(path: str) -> bool:
    return (
        path in _TOKENIZER
        or path.startswith("additional_chat_templates/")
        or ("/" not in path and path.endswith(".tiktoken"))
    )

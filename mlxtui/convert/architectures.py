"""Which architectures the installed mlx-lm can load, found without importing it.

`import mlx_lm` takes seconds (transformers); its folder of models and the table of
other names at the head of `utils.py` say the same in milliseconds.
"""

import ast
import importlib.util
import os
import re
from functools import cache
from pathlib import Path

# Base classes, helpers and what only works as a part of other models.
_NOT_MODELS = frozenset({
    "__init__", "base", "cache", "activations", "rope_utils", "bitlinear_layers",
    "gated_delta", "mla", "pipeline", "ssm", "switch_layers",
    "olmo",  # its code ends the process without the package ai2-olmo
})  # fmt: skip

# BatchGenerator cannot merge their caches (ChunkedKVCache, ConcatenateKVCache).
NOT_BATCHABLE = frozenset({"llama4", "llama4_text", "afm7"})


@cache
def _package(name: str = "mlx_lm") -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return Path("/nonexistent")
    return Path(spec.origin).parent


@cache
def _remapping() -> dict[str, str]:
    """`MODEL_REMAPPING` of mlx_lm/utils.py."""
    try:
        tree = ast.parse((_package() / "utils.py").read_text(encoding="utf-8"))
    except OSError:
        return {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id == "MODEL_REMAPPING":
                return dict(ast.literal_eval(node.value))
    return {}


def module_name(model_type: str) -> str:
    """The module of mlx-lm that a config's `model_type` is loaded by."""
    return _remapping().get(model_type, model_type)


@cache
def is_supported(model_type: str) -> bool:
    """Whether mlx-lm has code for a config's `model_type`."""
    name = module_name(model_type)
    if not re.fullmatch(r"[\w-]+", name) or name in _NOT_MODELS:
        return False
    return os.path.isfile(_package() / "models" / f"{name}.py")


@cache
def mentions(model_type: str, word: str) -> bool:
    """Whether mlx-lm's code for a `model_type` has a word in it.

    It tells which names of weights its `sanitize` understands, and whether it makes
    caches of its own.
    """
    if not is_supported(model_type):
        return False
    path = _package() / "models" / f"{module_name(model_type)}.py"
    return word in path.read_text(encoding="utf-8")


@cache
def is_in_transformers(model_type: str) -> bool:
    """Whether transformers has code of its own for a `model_type`."""
    name = model_type.replace("-", "_")
    if not re.fullmatch(r"\w+", name):
        return False
    return os.path.isdir(_package("transformers") / "models" / name)

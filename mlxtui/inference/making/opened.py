"""A source as mlx-lm's network with its weights, of which none is read yet."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten
from mlx_lm.utils import _get_classes, load_model

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.inference.making.source_files import StoredTensor
from mlxtui.inference.model import LOADING_ERRORS, refusal

Arrays = dict[str, mx.array]


@dataclass(slots=True)
class OpenedModel:
    """Everything about a source but its bytes. Engine thread only."""

    network: nn.Module
    config: dict[str, Any]
    """As mlx-lm's `load_model` leaves it."""
    files: list[Path]
    stored: dict[str, StoredTensor]
    """The tensors of the files."""
    dtypes: dict[str, mx.Dtype]
    """As which MLX reads them."""
    weights: Arrays
    """What the network takes, unevaluated."""
    origins: dict[str, str]
    """Names of weights that are tensors of the files as they are, to these names."""
    sanitized: frozenset[str]
    """Names of weights that `sanitize` made of the tensors."""
    sanitizer: Callable[[], Callable[[Arrays], Arrays]]
    """Gives what the architecture makes of tensors of the files, for one use."""

    def forget_network(self) -> None:
        """Let go of the network: what it holds would stay in memory once computed."""
        self.network = nn.Module()  # type: ignore[no-untyped-call]


def open_model(
    source: Path, files: list[Path], stored: dict[str, StoredTensor]
) -> OpenedModel:
    """Build the network of a folder; takes no memory for weights.

    mlx-lm's own `load_model` does it, foreign quantizations included; what it takes
    from the files and what it hands to the network is looked at on the way.

    Args:
        files: The weight files.
        stored: Their tensors.

    Raises:
        ModelRefused: mlx-lm cannot build it, or names and shapes of the tensors do
            not fit the architecture; the message names the tensor.
    """
    seen: dict[str, Any] = {}

    def classes(config: dict[str, Any]) -> tuple[type, Any]:
        model_class, arguments_class = _get_classes(config)

        class Watched(model_class):  # type: ignore[misc, valid-type]
            def __init__(self, arguments: Any) -> None:
                super().__init__(arguments)
                seen["fresh"] = lambda: model_class(arguments)

            def sanitize(self, weights: Arrays) -> Arrays:
                if not weights:
                    weights = all_arrays(files)
                seen["tensors"] = dict(weights)
                made = _sanitized(super(), weights)
                seen["sanitized"] = dict(made)
                return made

            def load_weights(self, items: Any, strict: bool = True) -> Any:
                seen["weights"] = dict(items)
                _check_fit(source, self, seen["weights"])
                return super().load_weights(items, strict=True)

        return Watched, arguments_class

    try:
        network, config = load_model(
            source,
            lazy=True,
            strict=False,
            get_model_classes=classes,
            trust_remote_code=False,
        )
    except LOADING_ERRORS as error:
        raise refusal(source, error) from error
    tensors: Arrays = seen["tensors"]
    sanitized: Arrays = seen["sanitized"]
    weights: Arrays = seen["weights"]
    fresh: Callable[[], Any] = seen["fresh"]
    # The network's class refers to it, and it to every tensor.
    seen.clear()
    names = {id(array): name for name, array in tensors.items()}
    return OpenedModel(
        network=network,
        config=config,
        files=files,
        stored=stored,
        dtypes={name: array.dtype for name, array in tensors.items()},
        weights=weights,
        origins={
            name: names[id(array)]
            for name, array in weights.items()
            if id(array) in names
        },
        sanitized=frozenset(
            name for name, array in weights.items() if sanitized.get(name) is array
        ),
        sanitizer=lambda: partial(_sanitized, fresh()),
    )


def _sanitized(network: Any, weights: Arrays) -> Arrays:
    made: Arrays = (
        network.sanitize(weights) if hasattr(network, "sanitize") else weights
    )
    return made


def all_arrays(files: list[Path]) -> Arrays:
    """All tensors of some files, unevaluated."""
    arrays: Arrays = {}
    for file in files:
        loaded: Any = mx.load(str(file))
        arrays |= loaded
    return arrays


def _check_fit(source: Path, network: nn.Module, weights: Arrays) -> None:
    """Every parameter has its weight, and every weight its parameter.

    Raises:
        ModelRefused: It is not so.
    """
    flat: Any = tree_flatten(network.parameters())  # type: ignore[no-untyped-call]
    wanted: Arrays = dict(flat)
    hint = _("Its files do not fit together. Fetch the model again.")
    for name in wanted:
        if name not in weights:
            raise ModelRefused(
                _("{path} lacks the tensor {name}.").format(path=source, name=name),
                hint=hint,
            )
    for name, array in weights.items():
        if name not in wanted:
            raise ModelRefused(
                _(
                    "{path} holds a tensor that has no place in the model: {name}"
                ).format(path=source, name=name),
                hint=hint,
            )
        if array.shape != wanted[name].shape:
            raise ModelRefused(
                _("{path}: {name} has the shape {shape} instead of {wanted}.").format(
                    path=source, name=name, shape=array.shape, wanted=wanted[name].shape
                ),
                hint=hint,
            )

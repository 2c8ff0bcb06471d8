"""A model in memory: loading it with progress, and what is known of it."""

import json
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_flatten
from mlx_lm.models.cache import make_prompt_cache
from mlx_lm.tokenizer_utils import TokenizerWrapper
from mlx_lm.utils import load_model, load_tokenizer

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.inference.cpu_floats import widen_scales
from mlxtui.inference.markers import Markers, find_markers
from mlxtui.inference.turns import end_of_turn_token
from mlxtui.sampling import RANGES
from mlxtui.types import LoadedModel, LocalModel

# Evaluated together while loading: small enough for a moving bar and a quick cancel.
_LOAD_STEP_BYTES = 256 * 1024**2

# A config without a context length is one of the old, short models.
_DEFAULT_CONTEXT_TOKENS = 2048

# What third-party model code raises for a config or weights that do not fit it; some
# of it calls `exit`, which would end the engine thread.
LOADING_ERRORS = (
    ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError,
    ValueError, ImportError, SystemExit,
)  # fmt: skip


class LoadCancelled(Exception):
    """The load was cancelled; nothing of it is kept."""


@dataclass(slots=True)
class Model:
    """A language model with its tokenizer. Engine thread only."""

    path: Path
    name: str
    network: nn.Module
    tokenizer: Any
    context_tokens: int
    memory_bytes: int
    vocabulary_size: int
    stop_token_ids: frozenset[int]
    markers: Markers
    defaults: dict[str, float | int]
    """Sampling defaults from `generation_config.json`."""

    def facts(self) -> LoadedModel:
        """What a front end may know of it."""
        return LoadedModel(
            path=self.path,
            name=self.name,
            memory_bytes=self.memory_bytes,
            context_tokens=self.context_tokens,
            has_chat_template=bool(self.tokenizer.has_chat_template),
            can_think=bool(self.tokenizer.has_thinking),
        )


def load(
    folder: LocalModel,
    on_progress: Callable[[int, int], None],
    is_cancelled: Callable[[], bool],
) -> Model:
    """Load a folder that was checked before, evaluated and ready for use.

    Args:
        on_progress: Called with bytes done and bytes in all.
        is_cancelled: Looked at after each 256 MiB.

    Raises:
        ModelRefused: mlx-lm cannot build it; the message says what it said.
        LoadCancelled: Cancelled in between.
    """
    steps = load_in_steps(folder, _LOAD_STEP_BYTES)
    while True:
        try:
            done_bytes, total_bytes = next(steps)
        except StopIteration as stop:
            loaded: Model = stop.value
            return loaded
        on_progress(done_bytes, total_bytes)
        if is_cancelled() and done_bytes < total_bytes:
            raise LoadCancelled


def load_in_steps(
    folder: LocalModel, step_bytes: int
) -> Generator[tuple[int, int], None, Model]:
    """Load a folder as `load` does, a part at a time.

    Args:
        step_bytes: Read in one step; one weight is the least.

    Yields:
        Bytes done and bytes in all, before each step and at the end.

    Raises:
        ModelRefused: mlx-lm cannot build it; the message says what it said.
    """
    try:
        network, config = load_model(folder.path, lazy=True, trust_remote_code=False)
        widen_scales(network)
        tokenizer = load_tokenizer(
            folder.path,
            {"trust_remote_code": False, "local_files_only": True},
            eos_token_ids=config.get("eos_token_id"),
        )
        yield from _evaluate(network, step_bytes)
        cache = make_prompt_cache(network)
    except LOADING_ERRORS as error:
        raise refusal(folder.path, error) from error
    if not all(hasattr(layer, "merge") for layer in cache):
        raise ModelRefused(
            _("The architecture {kind} is not supported.").format(
                kind=folder.architecture
            ),
            hint=_("Choose a model of another family (Llama, Qwen, Gemma, …)."),
        )
    stop_token_ids = set(tokenizer.eos_token_ids)
    stop_token_ids |= end_of_turn_token(tokenizer)
    return Model(
        path=folder.path,
        name=folder.name,
        network=network,
        tokenizer=tokenizer,
        context_tokens=folder.context_length or _DEFAULT_CONTEXT_TOKENS,
        memory_bytes=sum(array.nbytes for array in _arrays(network)),
        vocabulary_size=_vocabulary_size(network, tokenizer),
        stop_token_ids=frozenset(stop_token_ids),
        markers=find_markers(tokenizer),
        defaults=_sampling_defaults(folder.path),
    )


def refusal(path: Path, error: BaseException) -> ModelRefused:
    """What a user is told of one of `LOADING_ERRORS`."""
    return ModelRefused(
        _("{path} cannot be loaded: {reason}").format(
            path=path, reason=_first_line(error)
        ),
        hint=_("Its files do not fit together. Fetch the model again."),
    )


def _arrays(network: nn.Module) -> Iterable[mx.array]:
    flat: Any = tree_flatten(network.parameters())  # type: ignore[no-untyped-call]
    return (array for _name, array in flat)


def _evaluate(
    network: nn.Module, step_bytes: int
) -> Generator[tuple[int, int], None, None]:
    """Read the weights from the disk in steps: a lazy load only opened the files."""
    arrays = list(_arrays(network))
    total_bytes = sum(array.nbytes for array in arrays)
    done_bytes, step, waiting_bytes = 0, [], 0
    yield 0, total_bytes
    for array in arrays:
        step.append(array)
        waiting_bytes += array.nbytes
        if waiting_bytes >= step_bytes or array is arrays[-1]:
            mx.eval(step)
            done_bytes += waiting_bytes
            yield done_bytes, total_bytes
            step, waiting_bytes = [], 0


def _vocabulary_size(network: nn.Module, tokenizer: TokenizerWrapper) -> int:
    """Rows of the output: one forward step tells it for every architecture."""
    logits = network(mx.array([[0]]), cache=make_prompt_cache(network))
    mx.eval(logits)
    return int(logits.shape[-1])


def _sampling_defaults(path: Path) -> dict[str, float | int]:
    """The authors' sampling parameters; greedy where they say `do_sample: false`."""
    try:
        config = json.loads((path / "generation_config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(config, dict):
        return {}
    if config.get("do_sample") is False:
        return {"temperature": 0.0}
    names = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty")
    return {
        name: config[name] for name in names if RANGES[name].contains(config.get(name))
    }


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]

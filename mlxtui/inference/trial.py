"""Trying a model that was fetched or made: does it load, and does it answer?"""

from typing import Any

import mlx.core as mx
from mlx_lm.models.cache import make_prompt_cache

from mlxtui.errors import ModelRefused
from mlxtui.i18n import _
from mlxtui.inference import machine_memory, memory
from mlxtui.inference.model import LOADING_ERRORS, Model, load_in_steps, refusal
from mlxtui.inference.prompt import chat_prompt
from mlxtui.inference.step import Step, Work
from mlxtui.types import LocalModel, Message

_QUESTION = "Hello!"
_ANSWER_TOKENS = 8

# Read from the disk in one step: some 30 ms.
_STEP_BYTES = 64 * 1024**2

# Prompt tokens read in one step; a template may add a long system prompt.
_CHUNK_TOKENS = 64


def try_model(folder: LocalModel, limit_bytes: int) -> Work[str]:
    """Load a model beside those that are in memory, ask it something, free it again.

    Args:
        folder: Checked before.
        limit_bytes: The user's limit for all models together; 0 is none.

    Returns:
        The beginning of its answer.

    Raises:
        ModelTooLarge: It does not fit beside them.
        ModelRefused: It does not load, or its answer is no numbers.
        PromptRefused: Its chat template refuses a simple question.
    """
    memory.check_fit(
        folder.name,
        folder.size_bytes,
        machine_memory.cache_to_load(folder.cache, folder.context_length),
        limit_bytes=limit_bytes,
    )
    loading = load_in_steps(folder, _STEP_BYTES)
    while True:
        try:
            done_bytes, total_bytes = next(loading)
        except StopIteration as stop:
            model: Model = stop.value
            break
        yield Step(stage="try", done=done_bytes, total=total_bytes, unit="bytes")
    try:
        return (yield from _answer(model))
    except LOADING_ERRORS as error:
        raise refusal(folder.path, error) from error


def _answer(model: Model) -> Work[str]:
    """The first tokens of a greedy answer."""
    tokens = list(chat_prompt(model, [Message("user", _QUESTION)], False).tokens)
    total = len(tokens) + _ANSWER_TOKENS
    cache = make_prompt_cache(model.network)
    waiting, answer, done = tokens, list[int](), 0
    while True:
        chunk, waiting = waiting[:_CHUNK_TOKENS], waiting[_CHUNK_TOKENS:]
        logits = model.network(mx.array([chunk]), cache=cache)[0, -1]
        done += len(chunk)
        if not waiting:
            answer.append(_best(model, logits))
            if answer[-1] in model.stop_token_ids or len(answer) == _ANSWER_TOKENS:
                text: str = model.tokenizer.decode(answer)
                return text
            waiting = answer[-1:]
        else:
            mx.eval(logits)
        yield Step(stage="try", done=done, total=total, unit="tokens")


def _best(model: Model, logits: mx.array) -> int:
    """The most probable token of a vocabulary's logits."""
    if not mx.isfinite(mx.logsumexp(logits.astype(mx.float32))).item():
        raise ModelRefused(
            _("{path} loads, but what it computes is no numbers.").format(
                path=model.path
            ),
            hint=_(
                "Its weights are damaged, or too large for their 16 bits: make it again"
                " as bfloat16, or exactly where it comes from a GGUF file."
            ),
        )
    token: Any = mx.argmax(logits).item()
    return int(token)

"""Messages, or a text to continue, to the token ids that a model reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from mlxtui.errors import PromptRefused
from mlxtui.i18n import _
from mlxtui.inference.markers import starts_in_reasoning
from mlxtui.inference.model import Model
from mlxtui.types import Message

_TEMPLATE_ERRORS = (jinja2.TemplateError, TypeError, ValueError, LookupError)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt, ready for the model."""

    tokens: tuple[int, ...]
    stable_tokens: int
    """How many of them the next turn's prompt will begin with, too."""
    in_reasoning: bool
    """It ends inside an open reasoning block."""


def chat_prompt(model: Model, messages: Sequence[Message], thinking: bool) -> Prompt:
    """The prompt that asks for the next answer of a conversation.

    A model without a chat template gets the texts, one under the other, to go on with.

    Raises:
        PromptRefused: No message, or the template or the context cannot take it.
    """
    if not any(message.content.strip() for message in messages):
        raise PromptRefused(_("The message is empty."), hint=_("Type something."))
    if not model.tokenizer.has_chat_template:
        return raw_prompt(model, "\n\n".join(item.content for item in messages))
    turns, options, tokens = _accepted(model.tokenizer, _merged(messages), thinking)
    question = _render(model.tokenizer, turns, add_generation_prompt=False, **options)
    _check_length(model, tokens)
    return Prompt(
        tokens=tuple(tokens),
        stable_tokens=_common_prefix(tokens, question),
        in_reasoning=starts_in_reasoning(model.tokenizer, tokens),
    )


def raw_prompt(model: Model, text: str) -> Prompt:
    """The prompt that continues a text; an empty one begins a new text.

    Raises:
        PromptRefused: It is longer than the context, or empty where the model knows no
            token to begin with.
    """
    tokenizer = model.tokenizer
    has_bos = tokenizer.bos_token is not None and text.startswith(tokenizer.bos_token)
    tokens: list[int] = tokenizer.encode(text, add_special_tokens=not has_bos)
    if text == "":
        # Some tokenizers put a blank for an empty text: begin with the start alone.
        bos = tokenizer.bos_token_id
        tokens = [bos] if bos is not None else tokens
    if not tokens:
        raise PromptRefused(_("The message is empty."), hint=_("Type something."))
    _check_length(model, tokens)
    return Prompt(tuple(tokens), stable_tokens=len(tokens), in_reasoning=False)


_Turns = list[dict[str, str]]


def _accepted(
    tokenizer: Any, turns: _Turns, thinking: bool
) -> tuple[_Turns, dict[str, Any], list[int]]:
    """The first form of a conversation that the template takes: as it is, without a
    system role (Gemma 2), or with an empty list of tools (templates for tool use).

    Raises:
        PromptRefused: It takes none; the message says why it refused the first.
    """
    options: dict[str, Any] = {"enable_thinking": thinking}
    forms = (
        (turns, options),
        (_system_in_first_question(turns), options),
        (turns, {**options, "tools": []}),
    )
    errors: list[Exception] = []
    for form, used in forms:
        try:
            tokens = _render(tokenizer, form, add_generation_prompt=True, **used)
        except _TEMPLATE_ERRORS as error:
            errors.append(error)
        else:
            return form, used, tokens
    raise PromptRefused(
        _("The model's chat template refuses this conversation: {reason}").format(
            reason=str(errors[0])[:300]
        ),
        hint=_("Start a new chat, or choose another model."),
    ) from errors[0]


def _render(tokenizer: Any, turns: _Turns, **options: Any) -> list[int]:
    tokens: list[int] = tokenizer.apply_chat_template(turns, tokenize=True, **options)
    return tokens


def _merged(messages: Sequence[Message]) -> _Turns:
    """Turns that alternate, as most templates demand: neighbours of a role are joined,
    empty messages (a stopped answer) left out."""
    turns: _Turns = []
    for message in messages:
        if not message.content.strip():
            continue
        if turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += "\n\n" + message.content
        else:
            turns.append({"role": message.role, "content": message.content})
    return turns


def _system_in_first_question(turns: _Turns) -> _Turns:
    """For templates without a system role (Gemma 2): the question begins with it."""
    if len(turns) < 2 or turns[0]["role"] != "system":
        return turns
    system, first, *rest = turns
    content = f"{system['content']}\n\n{first['content']}"
    return [{"role": first["role"], "content": content}, *rest]


def _common_prefix(tokens: Sequence[int], others: Sequence[int]) -> int:
    count = 0
    for token, other in zip(tokens, others, strict=False):
        if token != other:
            break
        count += 1
    return count


def _check_length(model: Model, tokens: Sequence[int]) -> None:
    if len(tokens) >= model.context_tokens:
        raise PromptRefused(
            _("The conversation has {count} tokens, {name} takes {limit}.").format(
                count=len(tokens), name=model.name, limit=model.context_tokens
            ),
            hint=_("Start a new chat or shorten the message."),
        )

"""What a tokenizer and its chat template put around a turn."""

from typing import Any

import jinja2

_MARK = "\u2402mark\u2403"  # does not occur in templates


def special_token_ids(tokenizer: Any) -> frozenset[int]:
    """Tokens that are no text: those with a role, and those added as special."""
    added = tokenizer.added_tokens_decoder.items()
    return frozenset(tokenizer.all_special_ids) | {
        token_id for token_id, token in added if token.special
    }


def end_of_turn_token(tokenizer: Any) -> set[int]:
    """The special token that the template writes after an answer, if there is one.

    Many repositories forget it in `eos_token_id`, so that the model runs on and the
    reader sees `<|im_end|>`.
    """
    if not tokenizer.has_chat_template:
        return set()
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": _MARK},
    ]
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False)
    except (jinja2.TemplateError, TypeError, ValueError):
        return set()  # a template that refuses two plain turns says so at the first use
    _before, mark, after = str(text).rpartition(_MARK)
    if not mark or not after.strip():
        return set()
    first = tokenizer.encode(after.strip(), add_special_tokens=False)[:1]
    return set(first) & special_token_ids(tokenizer)

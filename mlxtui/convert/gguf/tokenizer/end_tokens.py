"""Which tokens end an answer.

Files name one or two of them; the others are known by their text, as in llama.cpp.
"""

from collections.abc import Mapping
from typing import Any

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer.roles import roles_of
from mlxtui.convert.gguf.tokenizer.tokens import CONTROL, Tokens, unique_tokens

_ROLES = ("eos", "eot", "eom", "fim_pad", "fim_rep", "fim_sep")

_ENDS = (
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>",
    "<|calls|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<|end_of_text|>",
    "<end_of_utterance>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>",
)  # fmt: skip

# Some vocabularies have these as ordinary text, too.
_ENDS_IF_CONTROL = (
    "</s>", "<eos>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "[e~[", "<|fim_pad|>",
    "<|repo_name|>", "<|file_sep|>",
)  # fmt: skip

# Beside these, `<|end|>` only ends a part of an answer.
_ENDS_OF_PARTS = (("<|return|>", "<|call|>"), ("<|calls|>", "<|flush|>"))
# Beside these, `</s>` is text.
_ENDS_OF_TEXT = ("<|tool_response>", "<|plamo:eos|>")


def end_token_ids(facts: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[int, ...]:
    """Ids of the tokens that end an answer, the file's own end of text first."""
    roles = roles_of(facts, vocabulary)
    return ends_among(unique_tokens(vocabulary, roles.values()), roles)


def ends_among(tokens: Tokens, roles: Mapping[str, int]) -> tuple[int, ...]:
    """The same, from tokens and roles."""
    ids = tokens.ids
    found = [roles[role] for role in _ROLES if role in roles]
    found += [ids[text] for text in _ENDS if text in ids]
    found += [
        ids[text]
        for text in _ENDS_IF_CONTROL
        if text in ids and tokens.types[ids[text]] == CONTROL
    ]
    left_out = set()
    if any(all(text in ids for text in pair) for pair in _ENDS_OF_PARTS):
        left_out.add(ids.get("<|end|>"))
    if any(text in ids for text in _ENDS_OF_TEXT):
        left_out.add(ids.get("</s>"))
    left_out.discard(roles.get("eos"))
    return tuple(dict.fromkeys(end for end in found if end not in left_out))

"""The tokens with a role: beginning, end, padding, unknown."""

from collections.abc import Mapping
from typing import Any

from mlxtui.convert.gguf.described import Vocabulary

_KEYS = {
    "bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding", "eot": "eot",
    "eom": "eom",
}  # fmt: skip
_FILL_KEYS = {"fim_pad": "fim_pad", "fim_rep": "fim_rep", "fim_sep": "fim_sep"}

# What a SentencePiece vocabulary has where the file names no ids.
_USUAL = {"bos": "<s>", "eos": "</s>", "unk": "<unk>"}


def roles_of(facts: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, int]:
    """Ids by role: bos, eos, unk, pad, eot, eom, fim_pad, fim_rep, fim_sep.

    A role that no token has is left out; 4294967295 and all other ids beyond the
    vocabulary mean none.
    """
    roles = {}
    for role, key in {**_KEYS, **_FILL_KEYS}.items():
        token_id = facts.get(f"tokenizer.ggml.{key}_token_id")
        if type(token_id) is int and 0 <= token_id < len(vocabulary.tokens):
            roles[role] = token_id
    if facts.get("tokenizer.ggml.model") == "llama":
        first = list(vocabulary.tokens[:8])
        for role, text in _USUAL.items():
            if role not in roles and text in first:
                roles[role] = first.index(text)
    return roles


def special_token_ids(
    facts: Mapping[str, Any], vocabulary: Vocabulary
) -> dict[str, int]:
    """`bos_token_id` and `pad_token_id`, as far as the file names them."""
    roles = roles_of(facts, vocabulary)
    return {f"{role}_token_id": roles[role] for role in ("bos", "pad") if role in roles}

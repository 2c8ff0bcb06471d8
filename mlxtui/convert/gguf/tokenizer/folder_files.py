"""The tokenizer's files in the folder of a new model, and its generation defaults."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer.end_tokens import ends_among
from mlxtui.convert.gguf.tokenizer.families import BEGINNING, template_of
from mlxtui.convert.gguf.tokenizer.kinds import ByteLevel, TokenizerKind, kind_of
from mlxtui.convert.gguf.tokenizer.roles import roles_of
from mlxtui.convert.gguf.tokenizer.tokenizer_json import tokenizer_json
from mlxtui.convert.gguf.tokenizer.tokens import CONTROL, Tokens, unique_tokens
from mlxtui.convert.gguf.tokenizer.word_splits import WORD_SPLITS

# transformers makes the tokenizers of these models anew, by architecture: with the
# words of this kind, and with a token for each role that the file says nothing of.
_MADE_ANEW = {"qwen2": "qwen2", "qwen35": "qwen35", "qwen35moe": "qwen35"}
_NO_ROLES = {"eos_token": None, "unk_token": None, "pad_token": None}

_SAMPLING = {
    "temperature": "temp",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "repetition_penalty": "penalty_repeat",
}

# Phi-3 and 3.5: all added tokens but these swallow the line end after them.
_KEEP_SPACE = ("<unk>", "<s>", "<|endoftext|>", "<|endofprompt|>")


def tokenizer_files(
    facts: Mapping[str, Any],
    vocabulary: Vocabulary,
    *,
    chat_template: str | None,
    context_length: int | None,
) -> dict[str, bytes]:
    """The files by name: tokenizer.json, its config, template, generation defaults.

    Args:
        facts: Of the GGUF file.
        chat_template: Family whose template the model gets where it has none of its
            own; None or an empty text gives it none.
        context_length: Tokens; None where it is not known.

    Raises:
        ModelRefused: The tokenizer is of a kind that is not taken, or not whole.
        ValueError: There is no template family of that name.
    """
    kind = kind_of(facts)
    roles = roles_of(facts, vocabulary)
    tokens = unique_tokens(vocabulary, roles.values())
    ends = ends_among(tokens, roles)
    tokens = _with_specials(tokens, (*ends, *_ids(roles, "bos")))
    bos, eos = _around(kind, facts, roles)
    files = {
        "tokenizer.json": _text(
            tokenizer_json(
                kind,
                tokens,
                vocabulary,
                unknown=tokens.texts[roles["unk"]] if "unk" in roles else None,
                around=(bos, eos),
                strips_after=_strips_after(facts, tokens),
            ),
            indent=None,
        ),
        "tokenizer_config.json": _text(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                **_for_transformers(facts, kind),
                **_role_texts(tokens, roles),
                "add_bos_token": bool(bos),
                "add_eos_token": bool(eos),
                "clean_up_tokenization_spaces": False,
                **({"model_max_length": context_length} if context_length else {}),
            }
        ),
        "generation_config.json": _text(_generation(facts, roles, ends)),
    }
    own = facts.get("tokenizer.chat_template")
    template = own if isinstance(own, str) and own.strip() else ""
    if not template and chat_template:
        template = template_of(chat_template)
        if not bos:
            template = template.removeprefix(BEGINNING)
    if template:
        files["chat_template.jinja"] = template.encode("utf-8", "replace")
    return files


def _with_specials(tokens: Tokens, token_ids: tuple[int, ...]) -> Tokens:
    """Tokens that begin a text or end an answer are no text, whatever the file says."""
    types = list(tokens.types)
    for token_id in token_ids:
        types[token_id] = CONTROL
    return replace(tokens, types=types)


def _around(
    kind: TokenizerKind, facts: Mapping[str, Any], roles: Mapping[str, int]
) -> tuple[list[int], list[int]]:
    """Ids that go before and after each text."""
    adds_bos = facts.get("tokenizer.ggml.add_bos_token", kind.adds_bos)
    if facts.get("tokenizer.ggml.model") == "gemma4":
        adds_bos = True  # its first files say no, by mistake (llama.cpp#21500)
    adds_eos = facts.get("tokenizer.ggml.add_eos_token", False)
    return (
        _ids(roles, "bos") if adds_bos else [],
        _ids(roles, "eos") if adds_eos else [],
    )


def _ids(roles: Mapping[str, int], role: str) -> list[int]:
    return [roles[role]] if role in roles else []


def _strips_after(facts: Mapping[str, Any], tokens: Tokens) -> frozenset[int]:
    if facts.get("general.architecture") != "phi3":
        return frozenset()
    return frozenset(
        token_id
        for token_id, text in enumerate(tokens.texts)
        if not tokens.is_plain(token_id) and text not in _KEEP_SPACE
    )


def _for_transformers(facts: Mapping[str, Any], kind: TokenizerKind) -> dict[str, Any]:
    """What keeps transformers from changing the tokenizer, or warning of it."""
    words = _MADE_ANEW.get(str(facts.get("general.architecture")))
    if words is not None:
        if kind == ByteLevel(WORD_SPLITS[words]):
            return _NO_ROLES
        # There is no code here to be run: these words have
        # `TokenizersBackend.convert_to_native_format` (5.23) take tokenizer.json as it
        # is. A class in `auto_map` that is none would do so, too, but fails where the
        # user allows code.
        return {**_NO_ROLES, "trust_remote_code": True}
    if facts.get("tokenizer.ggml.pre") == "tekken":
        return {"fix_mistral_regex": False}  # nothing is wrong with it here
    return {}


def _role_texts(tokens: Tokens, roles: Mapping[str, int]) -> dict[str, str]:
    """Roles by text. A piece of text among them would vanish from answers."""
    return {
        f"{role}_token": tokens.texts[roles[role]]
        for role in ("bos", "eos", "unk", "pad")
        if role in roles and not tokens.is_plain(roles[role])
    }


def _generation(
    facts: Mapping[str, Any], roles: Mapping[str, int], ends: tuple[int, ...]
) -> dict[str, Any]:
    found: dict[str, Any] = {
        f"{role}_token_id": roles[role] for role in ("bos", "pad") if role in roles
    }
    if ends:
        found["eos_token_id"] = list(ends)
    sampling = {
        name: _number(facts.get(f"general.sampling.{key}"))
        for name, key in _SAMPLING.items()
    }
    sampling = {name: value for name, value in sampling.items() if value is not None}
    if sampling:
        found["do_sample"] = sampling.get("temperature") != 0
    return found | sampling


def _number(value: object) -> int | float | None:
    """A number as its author wrote it: 0.6, which a GGUF file has in 32 bits."""
    if type(value) is int:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.7g}")
    return None


def _text(content: Mapping[str, Any], indent: int | None = 2) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=indent) + "\n").encode()

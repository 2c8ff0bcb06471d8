"""Families of chat templates, for files that have none: which one fits, and its text.

The templates are ours, one file for each family in `chat_templates/`. They are offered
and never used unasked. To add a family: its file, and how it is known in `_MARKERS`
or `_NAMES`.
"""

from collections.abc import Collection, Mapping
from importlib import resources
from typing import Any

TEMPLATE_FAMILIES = (
    "alpaca", "chatml", "command-r", "deepseek", "gemma", "granite", "llama-2",
    "llama-3", "mistral", "mistral-tekken", "phi-3", "vicuna", "zephyr",
)  # fmt: skip

BEGINNING = "{{- bos_token -}}\n"
"""How templates of families begin whose texts begin with a token."""

# Tokens that only the vocabularies of a family have. The first that fits counts; an
# empty name is a family without a template here.
_MARKERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("<|im_start|>", "<|im_sep|>"), ""),
    (("<|channel|>", "<|message|>"), ""),
    (("<|im_start|>", "<|im_end|>"), "chatml"),
    (("<|start_header_id|>", "<|eot_id|>"), "llama-3"),
    (("<start_of_turn>", "<end_of_turn>"), "gemma"),
    (("<|start_of_role|>", "<|end_of_role|>"), "granite"),
    (("<|START_OF_TURN_TOKEN|>", "<|CHATBOT_TOKEN|>"), "command-r"),
    (("<｜User｜>", "<｜Assistant｜>"), "deepseek"),
    (("<|user|>", "<|assistant|>", "<|end|>"), "phi-3"),
    (("[INST]", "[/INST]"), "mistral"),
)

# Where the tokens do not tell: words of the model's name.
_NAMES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("zephyr",), "zephyr"),
    (("tinyllama", "chat"), "zephyr"),
    (("vicuna",), "vicuna"),
    (("alpaca",), "alpaca"),
    (("llama", "2", "chat"), "llama-2"),
    (("codellama", "instruct"), "llama-2"),
    (("mistral", "instruct"), "mistral"),
    (("mixtral", "instruct"), "mistral"),
)


def offered_template(facts: Mapping[str, Any], tokens_hint: Collection[str]) -> str:
    """The family whose template fits a file without one; empty where none is known.

    Args:
        facts: Of the file.
        tokens_hint: Its tokens, or those that look like markers.
    """
    own = facts.get("tokenizer.chat_template")
    if isinstance(own, str) and own.strip():
        return ""
    for markers, family in _MARKERS:
        if all(marker in tokens_hint for marker in markers):
            is_tekken = facts.get("tokenizer.ggml.pre") == "tekken"
            return "mistral-tekken" if family == "mistral" and is_tekken else family
    name = " ".join(
        str(facts.get(f"general.{key}", "")) for key in ("name", "basename", "finetune")
    ).lower()
    for words, family in _NAMES:
        if all(word in name for word in words):
            return family
    return ""


def template_of(family: str) -> str:
    """The Jinja text of a family's template.

    Raises:
        ValueError: There is no such family.
    """
    if family not in TEMPLATE_FAMILIES:
        raise ValueError(f"no chat template of the family {family!r}")
    folder = resources.files(__package__) / "chat_templates"
    return (folder / f"{family}.jinja").read_text("utf-8")

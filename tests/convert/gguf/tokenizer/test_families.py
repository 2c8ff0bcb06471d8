"""Chat templates of families: what they write, and to whom they are offered."""

from collections.abc import Iterator
from typing import Any

import jinja2
import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer import (
    TEMPLATE_FAMILIES,
    offered_template,
    template_of,
)
from tests.convert.gguf.tokenizer.samples import made
from tests.data import SHARED, needs_shared_data

_Turns = list[dict[str, str]]

_TURNS: _Turns = [
    {"role": "user", "content": "Who are you?"},
    {"role": "assistant", "content": "A model."},
    {"role": "user", "content": "日本語で"},
]
_SYSTEM: _Turns = [{"role": "system", "content": "Be brief."}, *_TURNS]


def _rendered(template: str, turns: _Turns, *, is_asked: bool = True) -> str:
    """As transformers renders it."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render(
        messages=turns,
        add_generation_prompt=is_asked,
        bos_token="<s>",
        eos_token="</s>",
        raise_exception=_raise,
    )


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


@pytest.mark.parametrize(
    ("family", "file", "has_system", "has_bos"),
    [
        ("chatml", "chujiezheng/chatml", True, True),
        ("llama-2", "chujiezheng/llama-2-chat", True, True),
        ("llama-3", "chujiezheng/llama-3-instruct", True, True),
        # Theirs put the system's words before the first turn's mark.
        ("mistral", "chujiezheng/mistral-instruct", False, True),
        ("gemma", "chujiezheng/gemma-it", True, False),
        ("gemma", "llama.cpp/google-gemma-2-2b-it", False, True),
        ("phi-3", "chujiezheng/phi-3", True, True),
        ("phi-3", "llama.cpp/microsoft-Phi-3.5-mini-instruct", True, True),
        ("granite", "chujiezheng/granite-3.0-instruct", True, True),
        ("zephyr", "chujiezheng/zephyr", True, True),
        ("vicuna", "chujiezheng/vicuna", True, True),
        ("alpaca", "chujiezheng/alpaca", True, True),
        (
            "mistral-tekken",
            "llama.cpp/mistralai-Mistral-Nemo-Instruct-2407",
            True,
            True,
        ),
    ],
)
@needs_shared_data
def test_a_family_writes_what_its_models_were_trained_with(
    family: str, file: str, has_system: bool, has_bos: bool
) -> None:
    theirs = (SHARED / "chat_templates" / f"{file}.jinja").read_text("utf-8")
    if file.startswith("chujiezheng"):
        # Theirs are indented for reading; its README says to join the lines.
        theirs = theirs.replace("    ", "").replace("\n", "")
    for turns in (_SYSTEM, _TURNS, _TURNS[:1]) if has_system else (_TURNS, _TURNS[:1]):
        ours = _rendered(template_of(family), turns)
        assert ours == ("" if has_bos else "<s>") + _rendered(theirs, turns)


@needs_shared_data
def test_deepseek_writes_what_its_models_were_trained_with() -> None:
    folder = SHARED / "chat_templates" / "llama.cpp"
    theirs = folder / "deepseek-ai-DeepSeek-R1-Distill-Llama-8B.jinja"
    template = theirs.read_text("utf-8")
    thought: _Turns = [*_SYSTEM]
    thought[2] = {"role": "assistant", "content": "<think>hm</think>A model."}
    for turns in (_SYSTEM, _TURNS, thought):
        ours = _rendered(template_of("deepseek"), turns)
        # Theirs opens the model's thoughts, which not all of the family have.
        assert ours + "<think>\n" == _rendered(template, turns)


def test_command_r_writes_its_turns() -> None:
    assert _rendered(template_of("command-r"), _SYSTEM[:2]) == (
        "<s><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>Be brief.<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Who are you?<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>"
    )


@pytest.mark.parametrize("family", TEMPLATE_FAMILIES)
def test_a_next_question_leaves_what_was_before_as_it_was(family: str) -> None:
    # What is in the prompt's cache stays of use.
    template = template_of(family)
    turns = _TURNS if family == "mistral-tekken" else _SYSTEM
    asked = _rendered(template, turns[:-2])
    answered = _rendered(template, turns[:-1], is_asked=False)
    again = _rendered(template, turns)
    assert answered.startswith(asked.rstrip("\n")) or family in ("vicuna",)
    assert again.startswith(answered)
    for turn in turns:
        assert turn["content"] in again


def _offers() -> Iterator[tuple[dict[str, Any], tuple[str, ...], str]]:
    yield {}, ("<|im_start|>", "<|im_end|>", "<|endoftext|>"), "chatml"
    yield {}, ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"), "llama-3"
    yield {}, ("<start_of_turn>", "<end_of_turn>"), "gemma"
    yield {}, ("<|user|>", "<|assistant|>", "<|end|>"), "phi-3"
    yield {}, ("<|start_of_role|>", "<|end_of_role|>"), "granite"
    yield {}, ("<｜User｜>", "<｜Assistant｜>"), "deepseek"
    yield {}, ("<|START_OF_TURN_TOKEN|>", "<|CHATBOT_TOKEN|>"), "command-r"
    yield {}, ("[INST]", "[/INST]"), "mistral"
    tekken = {"tokenizer.ggml.pre": "tekken"}
    yield tekken, ("[INST]", "[/INST]"), "mistral-tekken"
    yield {"general.name": "Zephyr 7B Beta"}, ("<s>",), "zephyr"
    yield {"general.name": "Llama 2 7b Chat Hf"}, ("<s>",), "llama-2"
    yield {"general.name": "vicuna-7b-v1.5"}, (), "vicuna"
    finetune = {"general.basename": "Mistral-7B", "general.finetune": "Instruct"}
    yield finetune, (), "mistral"
    # No template of ours fits these.
    yield {}, ("<|im_start|>", "<|im_end|>", "<|im_sep|>"), ""
    yield {}, ("<|channel|>", "<|message|>", "<|start|>", "<|end|>"), ""
    yield {"general.name": "stories260K"}, ("<s>", "</s>"), ""
    own = {"tokenizer.chat_template": "{{ messages }}"}
    yield own, ("<|im_start|>", "<|im_end|>"), ""


@pytest.mark.parametrize(("facts", "tokens", "family"), _offers())
def test_the_family_is_told_by_its_tokens_or_its_name(
    facts: dict[str, Any], tokens: tuple[str, ...], family: str
) -> None:
    assert offered_template(facts, frozenset(tokens)) == family
    assert family == "" or family in TEMPLATE_FAMILIES


_FACTS = {"tokenizer.ggml.model": "llama", "general.architecture": "llama"}
_VOCABULARY = Vocabulary(["<unk>", "<s>", "</s>", "▁", "a"], types=[2, 3, 3, 1, 1])


def test_a_template_is_used_only_where_it_was_asked_for() -> None:
    assert "chat_template.jinja" not in made(_FACTS, _VOCABULARY)
    asked = made(_FACTS, _VOCABULARY, "llama-2")
    assert asked["chat_template.jinja"] == template_of("llama-2")
    with pytest.raises(ValueError, match="nonsense"):
        made(_FACTS, _VOCABULARY, "nonsense")


def test_the_files_own_template_goes_first() -> None:
    facts = {
        **_FACTS,
        "tokenizer.chat_template": "{{ messages }}",
        "tokenizer.chat_template.tool_use": "{{ tools }}",
        "tokenizer.chat_templates": ("tool_use",),
    }
    files = made(facts, _VOCABULARY, "llama-2")
    assert files["chat_template.jinja"] == "{{ messages }}"
    empty = made({**_FACTS, "tokenizer.chat_template": " "}, _VOCABULARY)
    assert "chat_template.jinja" not in empty


def test_a_model_whose_texts_begin_with_no_token_gets_none() -> None:
    facts = {**_FACTS, "tokenizer.ggml.add_bos_token": False}
    template = made(facts, _VOCABULARY, "chatml")["chat_template.jinja"]
    assert _rendered(template, _TURNS[:1]) == (
        "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n"
    )

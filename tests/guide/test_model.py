"""The built model folder, and a tiny build of a new one."""

import json
from pathlib import Path
from typing import Any

import pytest
from mlx.utils import tree_flatten
from mlx_lm import generate, load
from mlx_lm.utils import get_total_parameters
from tokenizers import Tokenizer

from mlxtui.guide import MODEL_FOLDER
from mlxtui.guide.build import build
from mlxtui.guide.evaluate import Asked, right_answers
from mlxtui.guide.folder import folder_size
from mlxtui.guide.network import NetworkSize
from mlxtui.guide.plan import Plan
from mlxtui.guide.questions import Topic, load_topics
from mlxtui.guide.tokenizer import ASSISTANT, BEGIN, END, USER

LARGEST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def guide() -> tuple[Any, Any]:
    model, tokenizer = load(str(MODEL_FOLDER))[:2]
    return model, tokenizer


def ask(guide: tuple[Any, Any], messages: list[dict[str, str]]) -> str:
    model, tokenizer = guide
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    answer: str = generate(model, tokenizer, prompt, max_tokens=100)
    return answer


def test_the_folder_is_small_and_complete() -> None:
    assert folder_size(MODEL_FOLDER) <= LARGEST_BYTES
    names = {path.name for path in MODEL_FOLDER.iterdir()}
    assert {
        "README.md",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    } <= names


def test_the_model_has_one_to_five_million_parameters(guide: tuple[Any, Any]) -> None:
    assert 1_000_000 <= get_total_parameters(guide[0]) <= 5_000_000


def test_every_layer_is_quantized_to_8_bits_with_float32_scales(
    guide: tuple[Any, Any],
) -> None:
    config = json.loads((MODEL_FOLDER / "config.json").read_text())
    assert config["quantization"]["bits"] == 8
    assert config["quantization"]["group_size"] == 64
    weights: Any = tree_flatten(guide[0].parameters())
    for name, weight in weights:
        kind = weight.dtype
        if name.endswith("proj.weight") or name.endswith("embed_tokens.weight"):
            assert str(kind) == "mlx.core.uint32"
        else:
            assert str(kind) == "mlx.core.float32"


def test_the_chat_template_keeps_turns_and_drops_the_system_message(
    guide: tuple[Any, Any],
) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": " Hello "},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Bye"},
    ]
    text = guide[1].apply_chat_template(
        messages, add_generation_prompt=True, tokenize=False
    )
    assert text == (f"{BEGIN}{USER} Hello{ASSISTANT}Hi.{END}{USER} Bye{ASSISTANT}")


def test_the_end_token_ends_an_answer(guide: tuple[Any, Any]) -> None:
    end = guide[1].convert_tokens_to_ids(END)
    assert guide[1].eos_token_ids == {end}
    generation = json.loads((MODEL_FOLDER / "generation_config.json").read_text())
    assert generation["eos_token_id"] == end
    assert generation["do_sample"] is False


def test_nine_of_ten_trained_questions_get_their_answers(
    guide: tuple[Any, Any],
) -> None:
    asked = [
        Asked(topic.identifier, language, wording.asks[0], wording.answer)
        for topic in load_topics()
        for language, wording in topic.wordings.items()
    ]
    tokenizer = Tokenizer.from_file(str(MODEL_FOLDER / "tokenizer.json"))
    right = right_answers(guide[0], tokenizer, asked, [BEGIN] * len(asked))
    assert sum(right) >= 0.9 * len(right)


def test_a_second_question_gets_its_own_answer(guide: tuple[Any, Any]) -> None:
    first, second = (load_topics()[number].wordings["en"] for number in (3, 8))
    messages = [
        {"role": "user", "content": first.asks[0]},
        {"role": "assistant", "content": first.answer},
        {"role": "user", "content": second.asks[0]},
    ]
    assert ask(guide, messages) == second.answer


def few_topics() -> tuple[Topic, ...]:
    return load_topics()[:3]


def test_a_tiny_build_makes_a_folder_that_loads(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "model"
    lines: list[str] = []
    for _ in range(2):  # the second one replaces the first
        build(
            folder,
            few_topics(),
            Plan(steps=3, first_sense_steps=1, tokens=256),
            NetworkSize(64, 1, 64),
            vocabulary_size=400,
            checked_turns=(1, 3),
            report=lines.append,
        )
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert any(line.startswith("step 3/3  loss ") for line in lines)
    model, tokenizer = load(str(folder))[:2]
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}], add_generation_prompt=True
    )
    assert isinstance(generate(model, tokenizer, prompt, max_tokens=4), str)


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    weights = []
    for name in ("one", "two"):
        folder = tmp_path / name
        build(
            folder,
            few_topics(),
            Plan(steps=2, first_sense_steps=1, tokens=256),
            NetworkSize(64, 1, 64),
            vocabulary_size=400,
            checked_turns=(1,),
            report=lambda _: None,
        )
        weights.append((folder / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]

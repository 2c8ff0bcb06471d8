"""The files of a tokenizer, loaded as the app loads a model's."""

import json
from pathlib import Path
from typing import Any

import pytest
from mlx_lm.utils import load_tokenizer
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

from mlxtui.convert.gguf.described import Vocabulary
from mlxtui.convert.gguf.tokenizer import tokenizer_files
from mlxtui.inference.detokenizer import Detokenizer
from tests.convert.gguf.tokenizer.samples import TEXTS, encoded

_LETTERS = [chr(code) for code in range(0x21, 0x7F)] + ["Ġ", "Ċ"]
# The first two are only made where words are cut as Qwen 2 cuts them.
_MERGES = ["- t", "l C", "t h", "th e", "Ġ the"]
_TOKENS = [*_LETTERS, "-t", "lC", "th", "the", "Ġthe", "<|a|>", "<tool>", "  "]
_FIRST = len(_TOKENS) - 3


@pytest.mark.parametrize(
    ("architecture", "model_type"),
    [
        ("llama", "llama"),
        ("llama", "mistral"),
        ("qwen2", "qwen2"),
        ("qwen2moe", "qwen2_moe"),
        ("qwen3", "qwen3"),
        ("qwen35", "qwen3_5"),
        ("phi3", "phi3"),
        ("gemma3", "gemma3_text"),
        ("starcoder2", "starcoder2"),
        ("gpt-oss", "gpt_oss"),
    ],
)
@pytest.mark.parametrize("kind", ["smollm", "tekken", "deepseek-r1-qwen"])
@pytest.mark.parametrize("is_trusted", [False, True])
def test_transformers_takes_the_tokenizer_as_it_is(
    tmp_path: Path, architecture: str, model_type: str, kind: str, is_trusted: bool
) -> None:
    # Some of its classes would cut words in their own way instead, or add tokens.
    # Other programs load with code allowed: a class of its own would be looked for.
    facts = {
        "general.architecture": architecture,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": kind,
        "tokenizer.ggml.bos_token_id": _FIRST,
        "tokenizer.ggml.eos_token_id": _FIRST,
        "tokenizer.ggml.add_bos_token": True,
    }
    vocabulary = Vocabulary(_TOKENS, types=[*[1] * _FIRST, 3, 4, 4], merges=_MERGES)
    files = tokenizer_files(facts, vocabulary, chat_template=None, context_length=64)
    _write(tmp_path, files, {"model_type": model_type})
    own = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    loaded = _load(tmp_path, is_trusted)
    for text in (
        "the theTHE 1234 the's",
        "a<tool>b   c<|a|>\n\nthe",
        "camelCase a-the",
    ):
        assert loaded.encode(text) == own.encode(text).ids
        assert loaded.encode(text)[0] == _FIRST
        plain = loaded.encode(text, add_special_tokens=False)
        assert plain == encoded(own, text)
    assert len(loaded) == len(_TOKENS)
    assert loaded.eos_token_id == _FIRST
    assert loaded.decode([_FIRST, 0, _FIRST + 1], skip_special_tokens=True) == "!<tool>"


@pytest.mark.parametrize(
    ("architecture", "model_type", "kind"),
    [
        ("qwen2", "qwen2", "qwen2"),
        ("qwen2", "qwen2", "deepseek-r1-qwen"),
        ("qwen2", "qwen2", "default"),
        ("qwen35", "qwen3_5", "qwen35"),
        ("qwen35moe", "qwen3_5_moe", "qwen35"),
    ],
)
@pytest.mark.parametrize("is_trusted", [False, True])
def test_qwens_own_tokenizer_needs_nothing_special(
    tmp_path: Path, architecture: str, model_type: str, kind: str, is_trusted: bool
) -> None:
    facts = {
        "general.architecture": architecture,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": kind,
        "tokenizer.ggml.eos_token_id": _FIRST,
        "tokenizer.ggml.add_bos_token": False,
    }
    letters = sorted(ByteLevel.alphabet())
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>"]
    vocabulary = Vocabulary(
        [*specials, *letters, "th", "the", "Ġthe"],
        types=[3, 3, 3, 4, *[1] * (len(letters) + 3)],
        merges=["t h", "th e", "Ġ the"],
    )
    files = tokenizer_files(facts, vocabulary, chat_template=None, context_length=64)
    config = json.loads(files["tokenizer_config.json"])
    assert not {"auto_map", "trust_remote_code"} & config.keys()
    _write(tmp_path, files, {"model_type": model_type})
    own = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    loaded = _load(tmp_path, is_trusted)
    for text in (*TEXTS, "<|im_start|>user\nthe<|im_end|>\n<tool_call> the"):
        ids = loaded.encode(text)
        assert ids == own.encode(text).ids, text
        assert loaded.decode(ids) == own.decode(ids, skip_special_tokens=False)
    assert len(loaded) == len(vocabulary.tokens)


def test_a_loaded_tokenizer_uses_the_template_and_streams_its_text(
    tmp_path: Path,
) -> None:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokens += ["▁", "a", "b", "▁a", "ab", "<|im_start|>", "<|im_end|>"]
    types = [2, 3, 3, *[6] * 256, *[1] * 5, 3, 3]
    facts = {"general.architecture": "llama", "tokenizer.ggml.model": "llama"}
    files = tokenizer_files(
        facts,
        Vocabulary(tokens, types=types),
        chat_template="chatml",
        context_length=64,
    )
    _write(tmp_path, files, {"model_type": "llama"})
    loaded = _load(tmp_path)
    turns = [{"role": "user", "content": "ab"}]
    text = loaded.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert text == "<s><|im_start|>user\nab<|im_end|>\n<|im_start|>assistant\n"
    prompt = loaded.encode("a ")
    for sample in TEXTS:
        ids = loaded.encode(sample, add_special_tokens=False)
        stream = Detokenizer(
            lambda some: loaded.decode(some, skip_special_tokens=False), prompt
        )
        streamed = "".join(stream.add(token_id) for token_id in ids)
        whole = loaded.decode([*prompt, *ids], skip_special_tokens=False)
        assert whole.endswith(streamed)
        assert whole == loaded.decode(prompt, skip_special_tokens=False) + streamed


def _write(folder: Path, files: dict[str, bytes], config: dict[str, Any]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "config.json").write_text(json.dumps(config))


def _load(folder: Path, is_trusted: bool = False) -> Any:
    """As `inference.model` loads it, or other programs."""
    return load_tokenizer(
        folder, {"trust_remote_code": is_trusted, "local_files_only": True}
    )

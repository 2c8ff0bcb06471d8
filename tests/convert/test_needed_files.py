"""What is fetched of a repository, and what is left where it is."""

import pytest

from mlxtui.convert.needed_files import needed_files
from mlxtui.plans import Contents
from mlxtui.repositories import RemoteFile

_LEFT = (
    "pytorch_model.bin", "consolidated.safetensors", "original/consolidated.00.pth",
    "onnx/model.onnx", "model.fp32.safetensors", "tf_model.h5", "images/a.png",
    ".gitattributes", "model-Q4_K_M.gguf", "pytorch_model.bin.index.json",
    "training_args.bin", "modeling_own.py", "runs/events.out",
)  # fmt: skip


def _needed(contents: Contents, *paths: str, allow_code: bool = False) -> set[str]:
    files = [RemoteFile(path=path, size_bytes=1) for path in (*paths, *_LEFT)]
    return {one.path for one in needed_files(files, contents, allow_code)}


_TEXT = (
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.jinja", "README.md", "LICENSE", "merges.txt", "qwen.tiktoken",
)  # fmt: skip


def test_of_a_model_its_weights_config_and_tokenizer() -> None:
    contents = Contents(kind="mlx", weight_files=("model.safetensors",))
    index = "model.safetensors.index.json"
    wanted = {*_TEXT, "model.safetensors"}
    assert _needed(contents, *wanted, index) == wanted


def test_of_a_model_in_parts_its_index_too() -> None:
    parts = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    contents = Contents(kind="safetensors", weight_files=parts)
    wanted = {*_TEXT, *parts, "model.safetensors.index.json"}
    assert _needed(contents, *wanted, "model.safetensors") == wanted


@pytest.mark.parametrize("allow_code", [False, True])
def test_program_code_only_after_a_yes(allow_code: bool) -> None:
    contents = Contents(
        kind="mlx", weight_files=("model.safetensors",), code_file="modeling_own.py"
    )
    needed = _needed(contents, "config.json", allow_code=allow_code)
    assert ("modeling_own.py" in needed) == allow_code
    plain = Contents(kind="mlx", weight_files=("model.safetensors",))
    assert "modeling_own.py" not in _needed(plain, "config.json", allow_code=True)


def test_of_an_embedder_all_its_parts() -> None:
    weights = ("model.safetensors", "2_Dense/model.safetensors")
    wanted = {
        *weights, "modules.json", "config.json", "sentence_bert_config.json",
        "config_sentence_transformers.json", "1_Pooling/config.json",
        "2_Dense/config.json", "vocab.txt", "tokenizer.json",
    }  # fmt: skip
    contents = Contents(kind="embedder", weight_files=weights)
    assert _needed(contents, *wanted, "2_Dense/pytorch_model.bin") == wanted


def test_of_an_adapter_its_own() -> None:
    contents = Contents(kind="adapter", weight_files=("adapter_model.safetensors",))
    wanted = {"adapter_config.json", "adapter_model.safetensors", "README.md"}
    assert _needed(contents, *wanted, "tokenizer.json") == wanted


def test_of_gguf_files_all_parts_of_the_chosen_one() -> None:
    parts = ("Q8_0/m-Q8_0-00001-of-00002.gguf", "Q8_0/m-Q8_0-00002-of-00002.gguf")
    contents = Contents(kind="gguf", weight_files=parts)
    others = ("m-Q4_0.gguf", "mmproj-F16.gguf", "imatrix.gguf", "config.json")
    wanted = {*parts, "README.md", "LICENSE"}
    assert _needed(contents, *wanted, *others) == wanted


@pytest.mark.parametrize("kind", ["pickle", "other", "unknown"])
def test_of_what_has_no_use_nothing(kind: str) -> None:
    assert _needed(Contents(kind=kind), "config.json", "README.md") == set()  # type: ignore[arg-type]

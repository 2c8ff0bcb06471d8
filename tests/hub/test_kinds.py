"""What a repository is by its tags and the names of its files."""

import pytest

from mlxtui.hub.kinds import formats_of, kind_of, weights_of
from mlxtui.repositories import RepositoryKind


@pytest.mark.parametrize(
    ("task", "tags", "files", "kind"),
    [
        ("text-generation", ["mlx"], [], "text"),
        ("", ["MLX"], [], "text"),
        ("", ["text-generation"], [], "text"),
        ("", [], [], "other"),
        ("text-to-image", ["mlx"], [], "other"),
        ("automatic-speech-recognition", ["mlx"], [], "other"),
        ("feature-extraction", [], [], "embedding"),
        ("", ["sentence-transformers"], [], "embedding"),
        ("image-text-to-text", ["mlx"], [], "vision"),
        ("text-generation", ["peft", "lora"], [], "adapter"),
        ("text-generation", [], ["x/adapter_config.json"], "adapter"),
        ("text-generation", ["lora"], ["model.safetensors"], "text"),
    ],
)
def test_kinds(
    task: str, tags: list[str], files: list[str], kind: RepositoryKind
) -> None:
    assert kind_of(task, tags, files) == kind


@pytest.mark.parametrize(
    ("tags", "files", "formats"),
    [
        (["mlx", "safetensors"], [], ("mlx", "safetensors")),
        ([], ["a/b.GGUF", "x.safetensors"], ("gguf", "safetensors")),
        ([], ["pytorch_model.bin"], ("pickle",)),
        (["pytorch"], [], ("pickle",)),
        (["pytorch"], ["model.safetensors"], ("safetensors",)),
        ([], ["README.md"], ()),
    ],
)
def test_formats(tags: list[str], files: list[str], formats: tuple[str, ...]) -> None:
    assert formats_of(tags, files) == formats


@pytest.mark.parametrize(
    ("counts", "name", "tags", "weights"),
    [
        ({}, "a/b", [], (None, None)),
        ({"BF16": 1000}, "a/b", [], (1000, 2000)),
        ({"F32": 10, "I64": 1, "U8": 4}, "a/b", [], (15, 52)),
        # Llama 3.2 1B: 1,235,814,400 parameters in 4 bits, groups of 64.
        (
            {"U32": 154_460_160, "BF16": 38_615_040 + 67_584},
            "mlx-community/Llama-3.2-1B-Instruct-4bit", [],
            (1_235_748_864, 695_205_888),
        ),
        ({"U32": 100}, "a/b-8bit", [], (400, 400)),
        ({"U32": 100}, "a/b", ["4-bit"], (800, 400)),
        ({"U32": 96}, "a/b-3bit-mlx", [], (1024, 384)),
        ({"U32": 100, "U8": 50}, "a/b-MXFP4", [], (826, 450)),
        ({"U32": 100}, "a/b", [], (None, 400)),
        ({"BF16": -1, "F32": "many", "U8": True}, "a/b", [], (None, None)),
    ],
)  # fmt: skip
def test_weights(
    counts: dict[str, object],
    name: str,
    tags: list[str],
    weights: tuple[int | None, int | None],
) -> None:
    assert weights_of(counts, name, tags) == weights
